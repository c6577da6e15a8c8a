"""What is tried again, how long it waits, and what a caller sees of it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from email.utils import formatdate
from typing import Any

import pytest

from psbridge.client import AsyncClient, Cancellation, Client, Configuration
from psbridge.client.errors import (
    BadRequestError,
    CallCancelledError,
    ConnectionFailedError,
    DeadlineError,
    QuotaError,
    RateLimitError,
    ServerError,
    StatusError,
)
from psbridge.client.exchange.retry import backoff, retry_after
from psbridge.client.message.headers import Headers
from psbridge.offline import Fault, OfflineServer

from .conftest import BODY, Caller, MovedClock
from .faulty import COMPLETION, Connection


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_passing_failure_is_tried_again(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock, status: int
) -> None:
    """Two failures, then an answer: the caller gets the answer and sees three attempts."""
    server.faults.add(Fault(status=status, times=2))
    reply = caller.create(caller.client(configuration, clock=clock))
    assert reply.attempts == 3
    assert len(clock.slept) == 2
    assert 0.375 <= clock.slept[0] <= 0.5 and 0.75 <= clock.slept[1] <= 1.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 410])
def test_a_lasting_failure_is_not_tried_again(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock, status: int
) -> None:
    """The first answer is the error."""
    server.faults.add(Fault(status=status))
    with pytest.raises(StatusError) as caught:
        caller.create(caller.client(configuration, clock=clock))
    assert (caught.value.status, caught.value.attempts, clock.slept) == (status, 1, [])


def test_retries_end_after_max_retries(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock
) -> None:
    """Four tries with MaxRetryCount 3; the error counts them."""
    armed = server.faults.add(Fault(status=500))
    with pytest.raises(ServerError, match="4 attempts") as caught:
        caller.create(caller.client(configuration, clock=clock), max_retries=3)
    assert caught.value.attempts == 4 == armed.hits


def test_used_up_quota_is_never_tried_again(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock
) -> None:
    """Not even when the server says that it should be."""
    armed = server.faults.add(Fault(status=429, code="insufficient_quota", should_retry=True))
    with pytest.raises(QuotaError) as caught:
        caller.create(caller.client(configuration, clock=clock))
    assert armed.hits == 1
    assert caught.value.error_id == "PSBridge.QuotaExceeded"


@pytest.mark.parametrize(("status", "told", "attempts"), [(503, False, 1), (400, True, 3)])
def test_x_should_retry_decides_over_the_status(
    caller: Caller,
    server: OfflineServer,
    configuration: Configuration,
    clock: MovedClock,
    status: int,
    told: bool,
    attempts: int,
) -> None:
    """The server knows best."""
    server.faults.add(Fault(status=status, should_retry=told))
    with pytest.raises(StatusError) as caught:
        caller.create(caller.client(configuration, clock=clock))
    assert caught.value.attempts == attempts


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (Fault(status=429, retry_after=7, times=1), 7),
        (Fault(status=429, retry_after="1.5", times=1), 1.5),
        (Fault(status=503, retry_after=0, times=1), None),
        (Fault(status=503, retry_after_ms=250, retry_after=9, times=1), 0.25),
    ],
    ids=["seconds", "fraction", "zero", "milliseconds win"],
)
def test_retry_after_is_kept_to(
    caller: Caller,
    server: OfflineServer,
    configuration: Configuration,
    clock: MovedClock,
    fault: Fault,
    waited: float | None,
) -> None:
    """The wait is the one asked for, in each of its forms."""
    server.faults.add(fault)
    assert caller.create(caller.client(configuration, clock=clock)).attempts == 2
    assert clock.slept == ([] if waited is None else [waited])


def test_a_retry_after_date_is_kept_to(caller: Caller, faulty: Any, clock: MovedClock) -> None:
    """Ninety seconds after the moment the server says it is, which is decades off ours."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        date = formatdate(1_000_000, usegmt=True)
        await connection.reply({}, 429, retry_after=formatdate(1_000_090, usegmt=True), date=date)
        await connection.request()
        await connection.reply(COMPLETION)

    client = caller.client(Configuration(base_url=faulty(handler).base_url), clock=clock)
    assert caller.create(client).attempts == 2
    assert clock.slept == [90]


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "", "1e999", "Sun, 99 Foo 2025 00:00:00 GMT"])
def test_an_unreadable_retry_after_does_not_count(text: str) -> None:
    """The usual backoff applies then."""
    assert retry_after(Headers([(b"Retry-After", text.encode())]), 0.0) is None


def test_a_retry_after_date_does_not_depend_on_the_local_clock() -> None:
    """It is read against the reply's own date; only without one against the system's clock; never below 0."""
    until = (b"retry-after", formatdate(5_000, usegmt=True).encode())
    said = (b"date", formatdate(4_980, usegmt=True).encode())
    assert retry_after(Headers([until, said]), now=9e9) == 20
    assert retry_after(Headers([until]), now=4_990) == 10
    assert retry_after(Headers([until]), now=6_000) == 0


def test_backoff_doubles_up_to_eight_seconds() -> None:
    """Less up to a quarter, so that many clients do not come back at the same moment."""
    assert [backoff(n, 0.0) for n in (1, 2, 3, 4, 5, 6, 5000)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert backoff(5, 0.999999) == pytest.approx(6, abs=1e-4)


def test_a_wait_longer_than_the_deadline_fails_at_once(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock
) -> None:
    """And says how long the server asked for."""
    server.faults.add(Fault(status=429, retry_after=300))
    with pytest.raises(RateLimitError, match=r"asks to wait 300 s, longer than the .* s left") as caught:
        caller.create(caller.client(configuration, clock=clock), timeout=20)
    assert (caught.value.retry_after, caught.value.attempts, clock.slept) == (300, 1, [])


def test_a_jump_of_the_system_clock_moves_no_limit(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock
) -> None:
    """A day forward or back between two tries changes neither the wait nor the deadline."""
    server.faults.add(Fault(status=503, times=2))
    client = caller.client(configuration, clock=clock)

    def jump(retry: Any) -> None:
        clock.jump += 86_400 if retry.attempts == 1 else -2 * 86_400

    reply = caller.create(client, timeout=30, on_retry=jump)
    assert reply.attempts == 3
    assert 0 <= reply.elapsed < 30


def test_every_try_carries_the_same_idempotency_key(
    caller: Caller, server: OfflineServer, configuration: Configuration, clock: MovedClock
) -> None:
    """And two calls carry different ones, unless the caller chooses."""
    server.faults.add(Fault(status=500, times=2))
    client = caller.client(configuration, clock=clock)
    caller.create(client)
    caller.create(client)
    caller.create(client, idempotency_key="mine")
    keys = Counter(request.headers["idempotency-key"] for request in server.requests)
    assert sorted(keys.values()) == [1, 1, 3]
    assert keys["mine"] == 1


def test_each_retry_is_told(
    caller: Caller,
    server: OfflineServer,
    configuration: Configuration,
    clock: MovedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """To the observer, as a line, and in the log."""
    server.faults.add(Fault(status=429, retry_after=2, times=1))
    told: list[Any] = []
    with caplog.at_level("INFO", logger="psbridge.client"):
        caller.create(caller.client(configuration, clock=clock), on_retry=told.append)
    assert [retry.attempts for retry in told] == [1]
    assert "429" in str(told[0]) and "2 s" in str(told[0])
    assert str(told[0]) in caplog.text


def test_a_refused_connection_is_tried_again_and_then_told(
    caller: Caller, clock: MovedClock, dead_address: str
) -> None:
    """Nothing listens there."""
    client = caller.client(Configuration(base_url=f"http://{dead_address}/v1"), clock=clock)
    with pytest.raises(ConnectionFailedError) as caught:
        caller.create(client)
    assert (caught.value.attempts, caught.value.status) == (3, None)
    assert "\n" not in str(caught.value)


def test_a_broken_connection_is_tried_again(caller: Caller, faulty: Any, clock: MovedClock) -> None:
    """The first two connections are reset, the third answers."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        if connection.number < 3:
            connection.reset()
        else:
            await connection.reply(COMPLETION)

    client = caller.client(Configuration(base_url=faulty(handler).base_url), clock=clock)
    assert caller.create(client).attempts == 3


def test_a_bad_request_is_told_whole(
    caller: Caller, server: OfflineServer, configuration: Configuration
) -> None:
    """Status, code, param, type, request id, body and headers, under the names a ported catch block uses
    too.
    """
    with pytest.raises(BadRequestError) as caught:
        caller.create(caller.client(configuration), {"model": "gpt-4o"})
    error = caught.value
    assert (error.status, error.param, error.type) == (400, "messages", "invalid_request_error")
    assert error.code == "missing_required_parameter"
    assert error.request_id and error.request_id == error.Exception.Response.Headers["X-Request-Id"]
    assert "missing_required_parameter" in error.ErrorDetails
    assert error.category == "InvalidArgument"


def test_cancelling_from_another_thread_ends_a_wait(
    server: OfflineServer, configuration: Configuration
) -> None:
    """A call that waits for ten minutes ends when it is cancelled."""
    server.faults.add(Fault(status=503, retry_after=500))
    cancellation = Cancellation()
    with Client(configuration) as client, pytest.raises(CallCancelledError):
        client.create(BODY, cancellation=cancellation, on_retry=lambda _: cancellation.cancel())


def test_cancelling_from_another_thread_ends_a_read(
    server: OfflineServer, configuration: Configuration
) -> None:
    """A call whose server never answers ends when it is cancelled."""
    armed = server.faults.add(Fault(stall=True))
    cancellation = Cancellation()

    def cancel_once_it_waits() -> None:
        while not armed.hits:
            pass
        cancellation.cancel()

    thread = threading.Thread(target=cancel_once_it_waits)
    thread.start()
    with Client(configuration) as client, pytest.raises(CallCancelledError):
        client.create(BODY, cancellation=cancellation)
    thread.join()


def test_a_cancelled_task_closes_its_socket(faulty: Any) -> None:
    """The server sees the end of the connection."""
    closed = threading.Event()

    async def handler(connection: Connection) -> None:
        try:
            await connection.request()
            await connection.reader.read()
        finally:
            closed.set()

    server = faulty(handler)

    async def main() -> None:
        async with AsyncClient(Configuration(base_url=server.base_url)) as client:
            task = asyncio.create_task(client.create(BODY))
            while not server.connections:
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert closed.wait(10)


def test_the_deadline_covers_all_tries(
    caller: Caller, server: OfflineServer, configuration: Configuration
) -> None:
    """A server that never answers is given up when the whole call's time is used up, not tried again."""
    server.faults.add(Fault(stall=True))
    with pytest.raises(DeadlineError) as caught:
        caller.create(caller.client(configuration), timeout=0.2)
    assert caught.value.attempts == 1
    assert caught.value.error_id == "PSBridge.DeadlineExceeded"

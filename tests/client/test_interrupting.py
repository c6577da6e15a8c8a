"""Ctrl+C and cancelling end a call wherever it is, and the server sees its connection end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Awaitable, Generator, Iterator
from itertools import count
from typing import Any

import pytest

from psbridge.client import AsyncClient, Cancellation, Client, Configuration
from psbridge.client.errors import CallCancelledError, DeadlineError
from psbridge.client.wire.blocking_transport import BlockingTransport
from psbridge.offline import Fault, OfflineServer

from .conftest import BODY
from .faulty import COMPLETION, STREAM_HEAD, Connection, event_stream

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no way to send itself Ctrl+C alone"
)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("way", ["create", "stream", "map"])
def test_ctrl_c_ends_a_read(faulty: Any, way: str) -> None:
    """The connection is closed at once, not when the process ends."""
    closed = threading.Event()

    async def handler(connection: Connection) -> None:
        await connection.request()
        if way == "stream":
            await connection.send(STREAM_HEAD + event_stream("a", done=False, finish=False))
        interrupt()
        try:
            await connection.reader.read()
        finally:
            closed.set()

    with Client(Configuration(base_url=faulty(handler).base_url)) as client:
        with pytest.raises(KeyboardInterrupt):
            if way == "create":
                client.create(BODY)
            elif way == "stream":
                list(client.stream(BODY))
            else:
                list(client.map((BODY for _ in count()), concurrency=1))
        assert closed.wait(10)


def test_ctrl_c_ends_a_wait(server: OfflineServer, configuration: Configuration) -> None:
    """Of five hundred seconds, between two tries."""
    server.faults.add(Fault(status=503, retry_after=500))
    with Client(configuration) as client, pytest.raises(KeyboardInterrupt):
        client.create(BODY, on_retry=lambda _: threading.Timer(0.05, interrupt).start())


def test_closing_the_client_tells_who_still_iterates(faulty: Any) -> None:
    """Requests under way are lost to them, so the iteration does not just end."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reader.read()

    client = Client(Configuration(base_url=faulty(handler).base_url))
    results = client.map([BODY], concurrency=1)
    threading.Timer(0.1, client.close).start()
    with pytest.raises(CallCancelledError, match="client was closed"):
        next(results)


def test_a_cancellation_ends_many_at_once(faulty: Any) -> None:
    """From another thread, with those that were under way."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        cancellation.cancel()
        await connection.reader.read()

    cancellation = Cancellation()
    with (
        Client(Configuration(base_url=faulty(handler).base_url)) as client,
        pytest.raises(CallCancelledError, match="call was cancelled"),
    ):
        list(client.map((BODY for _ in count()), concurrency=3, cancellation=cancellation))


def test_a_connection_that_was_in_use_when_the_client_was_closed_is_not_kept(
    configuration: Configuration,
) -> None:
    """Nobody would ever close it; the client itself goes on working."""
    transport = BlockingTransport()
    client = Client(configuration, transport=transport)
    stream = client.stream(BODY)
    client.close()
    assert "Hello there" in "".join(stream.text())
    assert transport._idle.drain() == []
    client.create(BODY)
    idle = transport._idle.drain()
    assert len(idle) == 1
    idle[0].connection.close()


@pytest.fixture
def deaf_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Names are not answered before the end of the test; the event is set once one was asked for."""
    asked, end = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if host != "silent.example" or options.get("flags"):
            return real(host, *args, **options)
        asked.set()
        end.wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    end.set()


@pytest.mark.parametrize("way", ["cancel", "deadline", "Ctrl+C"])
def test_a_look_up_is_left(deaf_resolver: threading.Event, way: str) -> None:
    """Though the system's resolver cannot be interrupted."""
    cancellation = Cancellation()

    def end() -> None:
        deaf_resolver.wait(60)
        cancellation.cancel() if way == "cancel" else interrupt()

    configuration = Configuration(base_url="http://silent.example/v1", max_retries=0)
    wanted = {"cancel": CallCancelledError, "deadline": DeadlineError, "Ctrl+C": KeyboardInterrupt}[way]
    thread = threading.Thread(target=end)
    if way != "deadline":
        thread.start()
    with Client(configuration) as client, pytest.raises(wanted):
        client.create(BODY, cancellation=cancellation, timeout=0.2 if way == "deadline" else 60)
    if way != "deadline":
        thread.join()


class _CancelledAt:
    """Awaits `work`, and cancels it the moment it waits for the `moment`th time."""

    def __init__(self, work: Awaitable[Any], moment: int) -> None:
        self.work = work
        self.moment = moment

    def __await__(self) -> Generator[Any, None, Any]:
        steps = self.work.__await__()
        throw = False
        while True:
            try:
                waited_for = steps.throw(asyncio.CancelledError()) if throw else steps.send(None)
            except StopIteration as stop:
                return stop.value
            self.moment -= 1
            throw = self.moment == 0
            if not throw:
                yield waited_for


@pytest.mark.parametrize("streamed", [False, True])
def test_cancelled_at_any_moment_no_connection_is_left_behind(faulty: Any, streamed: bool) -> None:
    """A call on a new connection and one on a kept connection, cancelled at each of their waits in turn."""

    async def handler(connection: Connection) -> None:
        while True:
            await connection.request()
            if streamed:
                await connection.send(STREAM_HEAD + event_stream("a", "b"))
                return
            await connection.reply(COMPLETION)

    async def calls(client: AsyncClient) -> None:
        for _ in range(2):
            if streamed:
                async for _chunk in await client.stream(BODY):
                    pass
            else:
                await client.create(BODY)

    async def main(moment: int) -> bool:
        async with AsyncClient(configuration) as client:
            try:
                await _CancelledAt(calls(client), moment)
            except asyncio.CancelledError:
                return True
        return False

    configuration = Configuration(base_url=faulty(handler).base_url)
    gc.collect()
    gc.freeze()  # only what comes from here on is looked at each time
    moments = 0
    try:
        with warnings.catch_warnings(record=True) as left:
            warnings.simplefilter("always", ResourceWarning)
            while asyncio.run(main(moments + 1)):
                moments += 1
                gc.collect()
                assert [str(warning.message) for warning in left] == [], f"cancelled at wait {moments}"
    finally:
        gc.unfreeze()
    assert moments > 2

"""Many at once: every request is accounted for, in order or not, in bounded memory. Limits: test_limits."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from psbridge.client import AsyncClient, Client, Configuration, Outcome
from psbridge.client.errors import RequestError, ServerError

from .conftest import Caller
from .faulty import COMPLETION, Connection


def body(number: int) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": str(number)}]}


async def echo(connection: Connection) -> None:
    """Answer with the content that was sent; every seventh request fails for good."""
    while True:
        received = await connection.request()
        content = received.json["messages"][0]["content"]
        if int(content) % 7 == 0:
            await connection.reply(
                {"error": {"message": content, "code": "seventh"}}, 500, x_should_retry="false"
            )
        else:
            answer = {**COMPLETION, "id": content}
            await connection.reply(answer)


def check(outcome: Outcome, number: int) -> None:
    assert outcome.request == body(number)
    if number % 7 == 0:
        assert isinstance(outcome.error, ServerError)
        assert outcome.error.code == "seventh" and f" {number}" in str(outcome.error)
        with pytest.raises(ServerError):
            _ = outcome.value
    else:
        assert outcome.value["id"] == str(number)


def test_ten_thousand_requests_with_every_seventh_failing(faulty: Any) -> None:
    """10,000 outcomes: each the right answer or the right error, in order."""
    with Client(Configuration(base_url=faulty(echo).base_url)) as client:
        number = -1
        for number, outcome in enumerate(client.map((body(n) for n in range(10_000)), concurrency=64)):
            assert outcome.index == number
            check(outcome, number)
        totals = client.usage.totals()
    assert number == 9_999
    assert (totals.requests, totals.errors) == (10_000 - 1_429, 1_429)


def test_without_order_every_outcome_still_names_its_request(caller: Caller, faulty: Any) -> None:
    """They come as they are ready, each once."""
    client = caller.client(Configuration(base_url=faulty(echo).base_url))
    found = caller.items(client.map((body(n) for n in range(500)), concurrency=16, ordered=False))
    assert sorted(outcome.index for outcome in found) == list(range(500))
    for outcome in found:
        check(outcome, outcome.index)


def test_no_more_run_at_once_than_allowed(caller: Caller, faulty: Any) -> None:
    """The server never sees a fourth request beside three."""
    running, most = 0, 0

    async def handler(connection: Connection) -> None:
        nonlocal running, most
        while True:
            await connection.request()
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1
            await connection.reply(COMPLETION)

    client = caller.client(Configuration(base_url=faulty(handler).base_url))
    assert len(caller.items(client.map((body(n) for n in range(60)), concurrency=3))) == 60
    assert most == 3


def test_a_slow_consumer_slows_the_source(faulty: Any) -> None:
    """Of an endless generator no more is drawn than twice the concurrency beyond what was taken."""
    drawn = 0

    def endless() -> Iterator[dict[str, Any]]:
        nonlocal drawn
        for number in count(1):
            drawn = number
            yield body(number)

    with (
        Client(Configuration(base_url=faulty(echo).base_url)) as client,
        client.map(endless(), concurrency=4) as results,
    ):
        for taken, _ in zip(range(1, 51), results, strict=False):
            assert drawn <= taken + 8


def test_requests_are_drawn_in_the_callers_thread(faulty: Any) -> None:
    """A generator over a database cursor, say, is not moved to another thread."""
    threads: set[threading.Thread] = set()

    def source() -> Iterator[dict[str, Any]]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield body(number)

    with Client(Configuration(base_url=faulty(echo).base_url)) as client:
        assert len(list(client.map(source(), concurrency=4))) == 20
    assert threads == {threading.current_thread()}


def test_closing_the_iterator_ends_what_is_under_way(faulty: Any) -> None:
    """The server sees its connections end; nothing hangs on replies that never come."""
    waiting, closed = threading.Semaphore(0), threading.Semaphore(0)

    async def handler(connection: Connection) -> None:
        received = await connection.request()
        if received.json["messages"][0]["content"] == "1":
            await connection.reply(COMPLETION)
            await connection.request()
        waiting.release()
        await connection.reader.read()
        closed.release()

    with (
        Client(Configuration(base_url=faulty(handler).base_url)) as client,
        client.map((body(n) for n in count(1)), concurrency=3) as results,
    ):
        assert next(results).ok
        for _ in range(3):
            assert waiting.acquire(timeout=10)
        results.close()
        assert list(results) == []
        for _ in range(3):
            assert closed.acquire(timeout=10)


def test_leaving_an_asynchronous_loop_ends_what_is_under_way(faulty: Any) -> None:
    """`aclose` cancels the workers."""

    async def main() -> None:
        async with AsyncClient(Configuration(base_url=faulty(echo).base_url)) as client:
            results = client.map((body(n) for n in count(1)), concurrency=8)
            async for outcome in results:
                if outcome.index == 10:
                    break
            await results.aclose()
            assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    asyncio.run(main())


def test_an_asynchronous_source_is_drawn_from(faulty: Any) -> None:
    """One item at a time."""

    async def source() -> Any:
        for number in range(30):
            await asyncio.sleep(0)
            yield body(number)

    async def main() -> list[Outcome]:
        async with AsyncClient(Configuration(base_url=faulty(echo).base_url)) as client:
            return [outcome async for outcome in client.map(source(), concurrency=4)]

    for number, outcome in enumerate(asyncio.run(main())):
        check(outcome, number)


def test_a_source_that_fails_is_told_after_what_it_gave(caller: Caller, faulty: Any) -> None:
    """Nothing drawn is lost."""

    def source() -> Iterator[dict[str, Any]]:
        yield from (body(1), body(2), body(3))
        raise RuntimeError("the file ends here")

    client = caller.client(Configuration(base_url=faulty(echo).base_url))
    found: list[Outcome] = []

    async def collect() -> None:
        async for outcome in client.map(source(), concurrency=2):
            found.append(outcome)

    with pytest.raises(RuntimeError, match="the file ends here"):
        if caller.loop is not None:
            caller.run(collect())
        for outcome in client.map(source(), concurrency=2):
            found.append(outcome)
    assert [outcome.value["id"] for outcome in found] == ["1", "2", "3"]


def test_a_request_that_cannot_be_sent_is_a_result_too(caller: Caller, faulty: Any) -> None:
    """The others go on."""
    bodies: list[Any] = [body(1), {"model": object()}, b"not json at all but sent as it is", [], body(2)]

    async def handler(connection: Connection) -> None:
        while True:
            received = await connection.request()
            try:
                json.loads(received.body)
            except ValueError:
                await connection.reply({"error": {"message": "no JSON"}}, 400)
            else:
                await connection.reply(COMPLETION)

    client = caller.client(Configuration(base_url=faulty(handler).base_url))
    found = caller.items(client.map(bodies))
    assert [outcome.ok for outcome in found] == [True, False, False, False, True]
    assert [type(outcome.error) for outcome in found if isinstance(outcome.error, RequestError)] == [
        RequestError
    ] * 2


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_a_wrong_concurrency_is_refused(caller: Caller, configuration: Configuration, wrong: Any) -> None:
    """Before anything is drawn."""
    with pytest.raises(RequestError, match="ThrottleLimit must be a whole number"):
        caller.client(configuration).map([], concurrency=wrong)

"""The limits that calls share: what a server refuses is sent again, in time, and at the pace it takes."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from psbridge.client import AsyncClient, Client, Configuration, KeyRing, RateLimits
from psbridge.client.chat import CREATE
from psbridge.client.errors import ConfigurationError, RateLimitError
from psbridge.client.exchange.limits import Pace

from .conftest import BODY, Caller, MovedClock
from .faulty import COMPLETION, Connection

KEY = "sk-test-0123456789abcdef"


def body(number: int) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": str(number)}]}


class Refusing:
    """A server that answers the first `times` requests with 429, and counts."""

    def __init__(self, times: float, **headers: str) -> None:
        self.times = times
        self.headers = headers
        self.asked: deque[str] = deque()
        self.lock = threading.Lock()

    async def __call__(self, connection: Connection) -> None:
        while True:
            received = await connection.request()
            with self.lock:
                self.asked.append(received.json["messages"][0]["content"])
                refuse = len(self.asked) <= self.times
            if refuse:
                await connection.reply({"error": {"message": "slow down"}}, 429, **self.headers)
            else:
                await connection.reply(COMPLETION)


# Requests that are refused


def test_no_row_is_lost_in_a_storm_of_429(caller: Caller, faulty: Any) -> None:
    """Every second request is refused, more often than any row has tries, and every row is answered."""
    asked = count()

    async def handler(connection: Connection) -> None:
        while True:
            await connection.request()
            if next(asked) % 2:
                await connection.reply({}, 429, retry_after_ms="1")
            else:
                await connection.reply(COMPLETION)

    client = caller.client(Configuration(base_url=faulty(handler).base_url, max_retries=0))
    rows = caller.items(client.map((body(n) for n in range(40)), concurrency=8, ordered=False))
    assert sorted(row.index for row in rows) == list(range(40))
    assert [row.error for row in rows if row.error] == []


def test_a_429_that_must_not_be_tried_again_is_the_rows_error(caller: Caller, faulty: Any) -> None:
    """The server says so, or the quota is used up."""
    server = Refusing(1, x_should_retry="false")
    client = caller.client(Configuration(base_url=faulty(server).base_url))
    rows = caller.items(client.map((body(n) for n in range(3)), concurrency=1))
    assert [type(row.error) for row in rows] == [RateLimitError, type(None), type(None)]


def test_everybody_waits_as_long_as_the_server_asked(faulty: Any, clock: MovedClock) -> None:
    """And everybody comes through."""
    server = Refusing(1, retry_after="30")
    with Client(Configuration(base_url=faulty(server).base_url), clock=clock) as client:
        assert all(row.ok for row in client.map((body(n) for n in range(20)), concurrency=1))
    assert sum(clock.slept) >= 30


def test_a_single_call_keeps_its_tries(caller: Caller, faulty: Any) -> None:
    """Only what is sent in numbers is sent back without end."""
    server = Refusing(float("inf"), retry_after_ms="1")
    client = caller.client(
        Configuration(base_url=faulty(server).base_url, max_retries=1), limits=RateLimits()
    )
    with pytest.raises(RateLimitError):
        caller.create(client)
    assert len(server.asked) == 2


@pytest.mark.parametrize("ring", [False, True])
def test_a_pause_without_end_fails_what_is_under_way_and_one_at_a_time_tries(
    caller: Caller, faulty: Any, ring: bool
) -> None:
    """One reply asks for a day: its row fails at once and says so, the others go on as soon as one got
    through.
    """
    server = Refusing(1, retry_after="100000")
    key: Any = KeyRing([KEY]) if ring else KEY
    client = caller.client(Configuration(base_url=faulty(server).base_url, access_token=key))
    rows = caller.items(client.map((body(n) for n in range(20)), concurrency=4, timeout=30))
    errors = [row.error for row in rows if row.error is not None]
    assert errors and len(errors) <= 4
    for error in errors:
        assert isinstance(error, RateLimitError) and error.error_id == "PSBridge.RateLimit"
        assert error.retry_after == pytest.approx(100000, rel=0.01)


@pytest.mark.parametrize("ring", [False, True])
def test_while_a_server_refuses_for_long_the_rest_is_not_drawn(faulty: Any, ring: bool) -> None:
    """Each row fails in its turn: no more are in hand than at first, and none waits."""
    server = Refusing(float("inf"), retry_after="100000")
    key: Any = KeyRing([KEY]) if ring else KEY
    drawn = 0

    def source() -> Iterator[dict[str, Any]]:
        nonlocal drawn
        for number in range(24):
            drawn += 1
            yield body(number)

    configuration = Configuration(base_url=faulty(server).base_url, access_token=key)
    with Client(configuration) as client, client.map(source(), concurrency=2, timeout=3600) as rows:
        for number, row in enumerate(rows, 1):
            assert isinstance(row.error, RateLimitError) and row.error.retry_after
            if number > 8:
                assert drawn <= number + 2


def test_two_maps_with_one_key_share_what_they_learn(faulty: Any, clock: MovedClock) -> None:
    """And one with another key does not."""
    server = Refusing(1, retry_after="50")
    configuration = Configuration(base_url=faulty(server).base_url, access_token=KEY)
    with Client(clock=clock) as client:
        from psbridge.client import use_configuration

        with use_configuration(configuration):
            assert all(row.ok for row in client.map([body(1)], concurrency=1))
            mine = client._core.gate(None, {})
            assert client._core.gate(None, {}).limits is mine.limits
        with use_configuration(configuration.replace(access_token=KEY + "2")):
            assert client._core.gate(None, {}).limits is not mine.limits
    assert mine.limits.reserve(clock.monotonic()).turn == 1


# Time


def test_waiting_for_a_place_takes_nothing_of_a_rows_time(faulty: Any, clock: MovedClock) -> None:
    """A row is drawn when there is a place for it: twenty seconds apart, with five seconds each."""
    server = Refusing(0)
    with Client(Configuration(base_url=faulty(server).base_url), clock=clock) as client:
        rows = client.map(
            (body(n) for n in range(6)), concurrency=4, limits=RateLimits(requests_per_minute=3), timeout=5
        )
        assert [row.ok for row in rows] == [True] * 6
    assert sum(clock.slept) >= 80


def test_requests_per_minute_are_spaced() -> None:
    """60 a minute is one a second."""
    limits = RateLimits(requests_per_minute=60)
    assert [limits.reserve(100.0).wait for _ in range(4)] == pytest.approx([0, 1, 2, 3], abs=0.1)
    assert limits.reserve(200.0).wait == 0


def test_tokens_per_minute_count_what_was_used() -> None:
    """The estimate holds the place until the reply tells the number."""
    limits = RateLimits(tokens_per_minute=6_000)
    assert limits.reserve(100.0, 500).wait == 0
    limits.succeeded(500, 100)
    assert limits.reserve(100.0, 100).wait == pytest.approx(1, abs=0.1)
    assert limits.reserve(100.0, 100).wait == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("form", ["bytes", "table"])
def test_a_request_counts_the_same_in_every_form(faulty: Any, clock: MovedClock, form: str) -> None:
    """2,000 tokens of answer are 2,000 tokens, and a minute's limit of 6,000 spaces them by 20 s."""
    import json

    request = {**BODY, "max_tokens": 2_000}
    given: Any = json.dumps(request).encode() if form == "bytes" else request
    limits = RateLimits(tokens_per_minute=6_000)
    with Client(Configuration(base_url=faulty(Refusing(0)).base_url), clock=clock) as client:
        core = client._core
        with core.sharing(core.gate(limits, {}), None):
            call = core.prepared(CREATE, {}, {}, given, {})
    assert call.outgoing.payload.tokens == pytest.approx(2_020, abs=10)


@pytest.mark.parametrize("wrong", [{"requests_per_minute": 0}, {"tokens_per_minute": -1}])
def test_a_limit_of_nothing_is_refused(wrong: dict[str, float]) -> None:
    """It would never let anything through."""
    with pytest.raises(ConfigurationError, match="must be greater than 0"):
        RateLimits(**wrong)


# The server's own count


def test_near_the_end_of_the_servers_count_its_count_sets_the_pace() -> None:
    """600 a minute of which few remain: a tenth of a second between two, with no 429 before."""
    limits = RateLimits()
    limits.counted(
        100.0,
        {
            "x-ratelimit-limit-requests": "600",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1m0s",
        },
    )
    assert [limits.reserve(100.0).wait for _ in range(3)] == pytest.approx([0, 0.1, 0.2], abs=0.03)


@pytest.mark.parametrize(
    "remaining, reset", [("599", "100ms"), ("-1", "1s"), ("0", "soon"), ("many", "1s"), ("", "")]
)
def test_a_count_that_says_nothing_changes_nothing(remaining: str, reset: str) -> None:
    """Plenty left, or no number."""
    limits = RateLimits()
    limits.counted(
        100.0,
        {
            "x-ratelimit-limit-requests": "600",
            "x-ratelimit-remaining-requests": remaining,
            "x-ratelimit-reset-requests": reset,
        },
    )
    assert [limits.reserve(100.0).wait for _ in range(3)] == [0, 0, 0]


# The pace that is learned, in time that only counts


def storm(
    rows: int, workers: int, rate: float, burst: float, pause: float, answer: float
) -> tuple[int, float]:
    """Send `rows` against a bucket of `burst` that fills at `rate` a second; refusals and seconds it took."""
    pace, now, tokens, filled = Pace(), 1000.0, burst, 1000.0
    turns: list[tuple[float, int, bool]] = [(now, number, True) for number in range(workers)]
    number, waiting, done, refused = workers, rows, 0, 0
    while done < rows:
        now, _, fresh = heapq.heappop(turns)
        if fresh and not waiting:
            continue
        place = pace.reserve(now, 0.0, 600.0, fresh)
        number += 1
        if place.wait > 0 or not pace.take(place, now):
            # The place is held until its time comes, and given up when a refusal made it void meanwhile.
            pace.next_request = min(pace.next_request, max(now + place.wait, pace.paused_until))
            heapq.heappush(turns, (now + max(place.wait, 0.0005), number, fresh))
            continue
        waiting -= fresh
        tokens, filled = min(burst, tokens + (now - filled) * rate), now
        if tokens >= 1:
            tokens -= 1
            done += 1
            pace.admitted(place, now)
            heapq.heappush(turns, (now + answer, number, True))
        else:
            refused += 1
            pace.refused(place, now + 0.003, pause, 600.0)
            heapq.heappush(turns, (now + 0.003 + pause, number, False))
    return refused, now - 1000.0


@pytest.mark.parametrize(
    "rate, burst, pause", [(150, 37.5, 1.0), (150, 37.5, 0.0), (40, 40, 1.0), (800, 200, 1.0)]
)
@pytest.mark.parametrize("workers", [32, 64])
def test_the_pace_finds_what_a_server_takes(workers: int, rate: float, burst: float, pause: float) -> None:
    """Few are refused, and little of what the server would have taken is left unused."""
    rows = int(rate * 40)
    refused, seconds = storm(rows, workers, rate, burst, pause, 0.02)
    assert refused <= 0.03 * rows
    assert seconds <= 1.25 * (rows - burst) / rate


def test_a_pace_is_numbers_only() -> None:
    """So that several processes can keep one where all of them reach it."""
    from dataclasses import astuple

    pace = Pace(request_interval=1.0)
    pace.refused(pace.reserve(5.0, 0, 600, True), 5.0, 2.0, 600)
    again = Pace(*astuple(pace))
    assert all(isinstance(number, float) for number in astuple(again))
    assert again.reserve(6.0, 0, 600, True) == pace.reserve(6.0, 0, 600, True)


def test_many_at_once_on_asyncio_and_in_threads_have_one_pace(faulty: Any) -> None:
    """The same limits object serves both, whoever meets the 429."""
    import asyncio

    limits = RateLimits()
    server = Refusing(1, retry_after_ms="5")
    configuration = Configuration(base_url=faulty(server).base_url)

    async def main() -> None:
        async with AsyncClient(configuration) as client:
            rows = [row async for row in client.map([body(1), body(2)], limits=limits)]
            assert all(row.ok for row in rows)

    asyncio.run(main())
    with Client(configuration) as client:
        assert all(row.ok for row in client.map([body(3)], limits=limits))
    assert limits.reserve(0.0).turn == 1

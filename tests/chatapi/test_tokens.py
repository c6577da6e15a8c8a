"""Tokens, the providers that hand them out, and the circuit breaker, on a clock that waits by moving."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise

import pytest

from psbridge import BearerToken, ChatApi, RateLimitProvider, TokenContainer, TokenProvider
from psbridge.chatapi import CircuitOpenError, HostConfiguration
from psbridge.client import Cancellation, Configuration, set_configuration
from psbridge.client.errors import CallCancelledError, ConnectionFailedError, ServerError
from psbridge.offline import Fault, OfflineServer, fingerprint

from .conftest import BODY, FakeClock


def _tokens(*pairs: tuple[str, float]) -> TokenContainer:
    return TokenContainer(BearerToken(text, timeout) for text, timeout in pairs)


def test_a_token_comes_no_faster_than_its_timeout_allows(clock: FakeClock) -> None:
    provider = RateLimitProvider(_tokens(("slow", 10), ("fast", 1)), clock)

    async def draw() -> list[tuple[str, float]]:
        drawn = []
        for _ in range(40):
            token = await provider.GetAsync()
            drawn.append((token.Value.reveal(), clock.now))
        return drawn

    drawn = asyncio.run(draw())
    for name, timeout in (("slow", 10), ("fast", 1)):
        times = [at for text, at in drawn if text == name]
        pairs = list(pairwise(times))
        assert all(later - earlier >= timeout - 1e-6 for earlier, later in pairs)
    elapsed = drawn[-1][1] - drawn[0][1]
    assert elapsed == pytest.approx(36, abs=3)  # 1.1 tokens a second: neither faster nor idle


def test_who_asks_first_is_served_first(clock: FakeClock) -> None:
    provider = RateLimitProvider(_tokens(("a", 2), ("b", 2)), clock)
    waits = [provider.reserve(clock.now)[1] for _ in range(9)]
    assert waits == [0, 0, 2, 2, 4, 4, 6, 6, 8]


def test_a_crowd_of_threads_gets_every_slot_once(clock: FakeClock) -> None:
    provider = RateLimitProvider(_tokens(("a", 1), ("b", 3)), clock)
    slots: list[tuple[str, float]] = []

    def ask() -> None:
        for _ in range(50):
            key, wait = provider.reserve(1000.0)
            slots.append((key.reveal(), wait))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slots) == sorted(
        [("a", float(i)) for i in range(300)] + [("b", 3.0 * i) for i in range(100)]
    )


def test_the_plain_provider_hands_tokens_out_in_turn(clock: FakeClock) -> None:
    provider = TokenProvider(_tokens(("a", 9), ("b", 9)), clock)
    assert [provider.reserve(clock.now)[0].reveal() for _ in range(4)] == ["a", "b", "a", "b"]
    assert clock.now == 1000.0


def test_waiting_for_a_token_can_be_cancelled(clock: FakeClock) -> None:
    provider = RateLimitProvider(_tokens(("a", 60)), clock)
    cancellation = Cancellation()

    async def draw() -> None:
        await provider.get_async(cancellation)
        cancellation.cancel()
        with pytest.raises(CallCancelledError):
            await provider.get_async(cancellation)

    asyncio.run(draw())


def test_two_tokens_of_one_text_are_one_token(clock: FakeClock) -> None:
    provider = RateLimitProvider(_tokens(("a", 1), ("a", 5)), clock)
    assert [provider.reserve(clock.now)[1] for _ in range(3)] == [0, 5, 10]


def test_no_token_shows(clock: FakeClock) -> None:
    token = BearerToken("sk-very-secret-text")
    provider = RateLimitProvider(TokenContainer([token]), clock)
    shown = f"{token!r}{token}{provider!r}{token.Value!r}{TokenContainer([token])!r}"
    assert "secret" not in shown


def test_calls_use_the_tokens_as_their_timeouts_allow(server: OfflineServer, clock: FakeClock) -> None:
    options = HostConfiguration().AddTokens(_tokens(("sk-one-1", 10), ("sk-two-2", 10)))
    set_configuration(base_url=server.base_url)
    with ChatApi(options, clock) as api:
        for _ in range(4):
            api.CreateChatCompletion(BODY)
    used = [request.headers["authorization"] for request in server.requests]
    one, two = fingerprint("sk-one-1"), fingerprint("sk-two-2")
    assert [("one" if one in line else "two" if two in line else line) for line in used] == ["one", "two"] * 2
    assert clock.now == 1010.0


class LastToken(TokenProvider):
    """Always the token added last."""

    def reserve(self, now: float):  # type: ignore[no-untyped-def]
        return self._tokens[-1].Value, 0.0


def test_a_provider_of_ones_own_decides(server: OfflineServer) -> None:
    options = HostConfiguration().AddTokens(_tokens(("sk-one-1", 0), ("sk-two-2", 0))).UseProvider(LastToken)
    set_configuration(base_url=server.base_url)
    with ChatApi(options) as api:
        api.CreateChatCompletion(BODY)
    assert fingerprint("sk-two-2") in server.requests[-1].headers["authorization"]


def _guarded(failures: int, duration: float, retries: int = 0) -> HostConfiguration:
    return HostConfiguration().AddApiHttpClients(
        builder=lambda b: b.AddRetryPolicy(retries).AddCircuitBreakerPolicy(failures, duration)
    )


def test_the_circuit_opens_after_a_row_of_failures_and_closes_after_a_success(
    here: Configuration, server: OfflineServer, clock: FakeClock
) -> None:
    server.faults.add(Fault(status=500, times=3))
    with ChatApi(_guarded(2, 30), clock) as api:
        for _ in range(2):
            with pytest.raises(ServerError):
                api.CreateChatCompletion(BODY)
        with pytest.raises(CircuitOpenError) as refused:
            api.CreateChatCompletion(BODY)
        assert server.requests.total == 2
        assert refused.value.retry_after == pytest.approx(30)
        assert refused.value.error_id == "PSBridge.CircuitOpen"
        clock.now += 30
        with pytest.raises(ServerError):  # the one try let through fails: open again
            api.CreateChatCompletion(BODY)
        with pytest.raises(CircuitOpenError):
            api.CreateChatCompletion(BODY)
        clock.now += 30
        assert api.CreateChatCompletion(BODY).id
        assert api.CreateChatCompletion(BODY).id
    assert server.requests.total == 5


def test_a_success_between_failures_starts_the_count_again(
    here: Configuration, server: OfflineServer, clock: FakeClock
) -> None:
    with ChatApi(_guarded(2, 30), clock) as api:
        for _ in range(3):
            server.faults.add(Fault(status=503, times=1))
            with pytest.raises(ServerError):
                api.CreateChatCompletion(BODY)
            api.CreateChatCompletion(BODY)


def test_client_mistakes_do_not_open_the_circuit(
    here: Configuration, server: OfflineServer, clock: FakeClock
) -> None:
    server.faults.add(Fault(status=400, times=5))
    with ChatApi(_guarded(1, 30), clock) as api:
        for _ in range(5):
            with pytest.raises(Exception, match="HTTP 400"):
                api.CreateChatCompletion(BODY)
        assert api.CreateChatCompletion(BODY).id


def test_retries_count_and_stop_at_an_open_circuit(
    here: Configuration, server: OfflineServer, clock: FakeClock
) -> None:
    server.faults.add(Fault(status=500))
    with ChatApi(_guarded(2, 300, retries=5), clock) as api, pytest.raises(CircuitOpenError):
        api.CreateChatCompletion(BODY)
    assert server.requests.total == 2


def test_the_circuit_is_one_for_blocking_and_asyncio_calls(here: Configuration, clock: FakeClock) -> None:
    set_configuration(base_url="http://127.0.0.1:9/v1")

    async def call(api: ChatApi) -> None:
        async with api:
            with pytest.raises(CircuitOpenError):
                await api.CreateChatCompletionAsync(BODY)
            clock.now += 30
            with pytest.raises(ConnectionFailedError):
                await api.CreateChatCompletionAsync(BODY)

    api = ChatApi(_guarded(1, 30), clock)
    with pytest.raises(ConnectionFailedError):
        api.CreateChatCompletion(BODY)
    asyncio.run(call(api))

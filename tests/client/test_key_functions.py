"""Functions that give keys: each within its call's limits, each by itself, none kept for its key."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.client import AsyncClient, Cancellation, Client, Configuration
from psbridge.client.errors import CallCancelledError, ConfigurationError, DeadlineError
from psbridge.offline import OfflineServer

from .conftest import BODY, Caller


@pytest.fixture
def hanging() -> Iterator[Any]:
    """A key function that does not return before the test has ended."""
    release = threading.Event()

    def hang() -> str:
        release.wait(60)
        return "key-that-came-late"

    yield hang
    release.set()


def test_a_key_function_that_hangs_ends_with_the_call(
    caller: Caller, configuration: Configuration, hanging: Any
) -> None:
    """And asks nothing of the calls after it, nor of other configurations' calls beside it."""
    client = caller.client(configuration.replace(access_token=hanging, timeout=0.4))
    with pytest.raises(DeadlineError, match="key"):
        caller.create(client)
    other = configuration.replace(access_token=lambda: "another-key-1234")
    assert caller.create(client, configuration=other).status == 200
    with pytest.raises(DeadlineError):
        caller.create(client)


def test_a_hanging_key_function_makes_no_other_call_wait(configuration: Configuration, hanging: Any) -> None:
    """Even while it is waited for."""
    with Client(configuration.replace(access_token=hanging)) as client:
        cancellation = Cancellation()
        failures: list[Exception] = []

        def wait() -> None:
            try:
                client.create(BODY, cancellation=cancellation)
            except Exception as error:
                failures.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        other = configuration.replace(access_token=lambda: "another-key-1234")
        assert client.create(BODY, configuration=other, timeout=20).status == 200
        assert waiting.is_alive()
        cancellation.cancel()
        waiting.join(20)
    assert [type(failure) for failure in failures] == [CallCancelledError]


def test_a_coroutine_function_that_hangs_ends_with_the_call(configuration: Configuration) -> None:
    """One that raises is told by its kind only; one that answers is asked once for all who wait."""
    asked = []

    async def hangs() -> str:
        await asyncio.sleep(60)
        return "x"

    async def fails() -> str:
        raise ValueError("what the vault was asked with")

    async def answers() -> str:
        asked.append(1)
        await asyncio.sleep(0.05)
        return "a-key-for-everybody"

    async def main() -> None:
        async with AsyncClient(configuration) as client:
            with pytest.raises(DeadlineError):
                await client.create(
                    BODY, configuration=configuration.replace(access_token=hangs), timeout=0.3
                )
            with pytest.raises(ConfigurationError, match="ValueError") as caught:
                await client.create(BODY, configuration=configuration.replace(access_token=fails))
            assert "vault" not in str(caught.value)
            own = configuration.replace(access_token=answers)
            replies = await asyncio.gather(*(client.create(BODY, configuration=own) for _ in range(8)))
            assert [reply.status for reply in replies] == [200] * 8

    asyncio.run(main())
    assert asked == [1]


def test_key_functions_go_when_nobody_uses_them_any_more(server: OfflineServer) -> None:
    """Thousands of configurations with one each leave nothing behind."""
    references = []
    with Client(Configuration(base_url=server.base_url, access_token="first-key-1234")) as client:
        assert client.create(BODY).status == 200
        for number in range(30):

            def give(number: int = number) -> str:
                return f"key-number-{number:06}"

            references.append(weakref.ref(give))
            own = Configuration(base_url=server.base_url, access_token=give)
            assert client.create(BODY, configuration=own).status == 200
            del give, own
        gc.collect()
        assert [reference() for reference in references] == [None] * 30


def test_a_key_function_without_weak_references_works_too(server: OfflineServer) -> None:
    """It is asked once."""

    class Source:
        __slots__ = ("asked",)

        def __init__(self) -> None:
            self.asked = 0

        def __call__(self) -> str:
            self.asked += 1
            return "a-key-of-its-own"

    source = Source()
    with Client(Configuration(base_url=server.base_url, access_token=source)) as client:
        assert [client.create(BODY).status for _ in range(3)] == [200] * 3
    assert source.asked == 1

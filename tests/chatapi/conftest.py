"""What ChatApi's tests stand on: the offline server, a clock that waits by moving."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.client import Cancellation, Clock, Configuration, set_configuration
from psbridge.offline import OfflineServer

KEY = "sk-test-0123456789abcdef"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]}


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


@pytest.fixture
def here(server: OfflineServer) -> Configuration:
    """The process default points at the offline server."""
    return set_configuration(base_url=server.base_url, access_token=KEY, max_retries=0)


class FakeClock(Clock):
    """Time that stands still until someone waits or moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1.7e9 + self.now

    def sleep(self, seconds: float, cancellation: Cancellation | None = None) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()

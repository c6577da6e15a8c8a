"""What the client's tests stand on: both clients behind one face, a clock that can be
moved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.client import AsyncClient, Client, Clock, Configuration
from psbridge.client.clock import Cancellation
from psbridge.offline import OfflineServer

from .faulty import FaultyServer, Handler

KEY = "sk-test-0123456789abcdef"
BODY: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]}


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


@pytest.fixture
def configuration(server: OfflineServer) -> Configuration:
    return Configuration(base_url=server.base_url, access_token=KEY)


@pytest.fixture
def faulty() -> Iterator[Any]:
    """Start a raw server from a handler: `server = faulty(handler)`."""
    servers: list[FaultyServer] = []

    def start(handler: Handler, ssl_context: Any = None) -> FaultyServer:
        server = FaultyServer(handler, ssl_context)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


class MovedClock(Clock):
    """Real time that sleeping moves forward at once; the system's clock can be moved apart from it."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.offset = 0.0
        self.jump = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.offset

    def time(self) -> float:
        return super().time() + self.offset + self.jump

    def sleep(self, seconds: float, cancellation: Cancellation | None = None) -> None:
        self.slept.append(seconds)
        self.offset += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


class Caller:
    """The blocking and the asyncio client behind one face, so that each test is asked of both."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.loop = asyncio.new_event_loop() if kind == "async" else None
        self.clients: list[Any] = []

    def client(self, configuration: Configuration | None = None, **arguments: Any) -> Any:
        client: Any = (Client if self.loop is None else AsyncClient)(configuration, **arguments)
        self.clients.append(client)
        return client

    def run(self, result: Any) -> Any:
        return result if self.loop is None else self.loop.run_until_complete(result)

    def create(self, client: Any, body: Any = BODY, **options: Any) -> Any:
        return self.run(client.create(body, **options))

    def chunks(self, client: Any, body: Any = BODY, **options: Any) -> list[Any]:
        return self.items(self.run(client.stream(body, **options)))

    def completion(self, client: Any, body: Any = BODY, **options: Any) -> Any:
        return self.run(self.run(client.stream(body, **options)).completion())

    def items(self, iterable: Any) -> list[Any]:
        if self.loop is None:
            return list(iterable)

        async def collect() -> list[Any]:
            return [item async for item in iterable]

        return self.loop.run_until_complete(collect())

    def close(self) -> None:
        for client in self.clients:
            self.run(client.close())
        if self.loop is not None:
            self.loop.run_until_complete(asyncio.sleep(0))
            self.loop.close()


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = Caller(request.param)
    yield made
    made.close()

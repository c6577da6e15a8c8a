"""Fixtures of the worker's tests: one worker for those that leave it as it was, fresh ones for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from psbridge.offline import OfflineServer

from .worker_client import WorkerClient

KEY = "sk-canary-5f1e0c77a9d24b"
REQUEST: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]}


@pytest.fixture(scope="session")
def shared() -> Iterator[WorkerClient]:
    """A worker that no test may end or configure."""
    with WorkerClient() as client:
        yield client


Start = Callable[..., WorkerClient]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a worker of the test's own."""
    with ExitStack() as stack:
        yield lambda *args, **more: stack.enter_context(WorkerClient(*args, **more))


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


@pytest.fixture(scope="session")
def steady() -> Iterator[WorkerClient]:
    """The worker behind `connected`."""
    with WorkerClient() as client:
        yield client


@pytest.fixture
def connected(steady: WorkerClient, server: OfflineServer) -> WorkerClient:
    """A worker configured for the test's own server; no test may end it or leave a call under way."""
    connect(steady, server)
    return steady


def connect(client: WorkerClient, server: OfflineServer) -> None:
    """Point a worker at a server."""
    token = {"$psbridge": "secure", "value": KEY}
    client.run("Set-Configuration", {"BaseUrl": server.base_url, "AccessToken": token, "MaxRetryCount": 0})

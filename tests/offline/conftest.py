"""Fixtures of the offline server's tests: one server for all that change nothing, and clients that close."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from psbridge.offline import OfflineServer

Ask = Callable[..., httpx.Response]
#: Client options: past any proxy, with one TLS context for all, as making one is slow.
DIRECT: dict[str, Any] = {"trust_env": False, "verify": ssl.create_default_context()}
AUTHORISED = {"authorization": "Bearer sk-offline-test"}


@pytest.fixture(scope="session")
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


@pytest.fixture(scope="session")
def client(server: OfflineServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, headers=AUTHORISED, timeout=30, **DIRECT) as made:
        yield made


@pytest.fixture(scope="session")
def ask(client: httpx.Client) -> Ask:
    """Post a create request: a user's message unless `messages` is given, and whatever else is."""

    def post(said: str = "Hello", *, headers: dict[str, str] | None = None, **members: Any) -> httpx.Response:
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}], **members}
        return client.post("/chat/completions", json=body, headers=headers)

    return post

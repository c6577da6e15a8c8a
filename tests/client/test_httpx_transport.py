"""An httpx client of one's own serves as the transport: its hooks run, and failures are the client's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from psbridge.client import AsyncClient, Client, Configuration
from psbridge.client.errors import ConnectionFailedError, DeadlineError, TlsError
from psbridge.client.wire.httpx_transport import AsyncHttpxTransport, HttpxTransport
from psbridge.offline import Fault, OfflineServer

from .conftest import BODY, KEY


@pytest.fixture
def own() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


def test_a_reply_and_a_stream_come_through_it_and_its_hooks_run(
    configuration: Configuration, own: httpx.Client
) -> None:
    seen: list[str] = []
    own.event_hooks = {"request": [lambda request: seen.append(request.url.path)]}
    client = Client(configuration, transport=HttpxTransport(own))
    assert "Hello there" in client.create(BODY).value["choices"][0]["message"]["content"]
    assert "Hello there" in "".join(client.stream(BODY).text())
    assert seen == ["/v1/chat/completions"] * 2


def test_it_retries_by_the_one_retry_loop(
    server: OfflineServer, configuration: Configuration, own: httpx.Client
) -> None:
    server.faults.add(Fault(status=503, retry_after=0, times=1))
    assert Client(configuration, transport=HttpxTransport(own)).create(BODY).attempts == 2


def test_closing_the_client_leaves_the_callers_httpx_client_open(
    configuration: Configuration, own: httpx.Client
) -> None:
    with Client(configuration, transport=HttpxTransport(own)) as client:
        client.create(BODY)
    assert not own.is_closed


def test_a_refused_connection_is_the_clients_own_error(own: httpx.Client, dead_address: str) -> None:
    nobody = Configuration(base_url=f"http://{dead_address}/v1", access_token=KEY, max_retries=0)
    with pytest.raises(ConnectionFailedError):
        Client(nobody, transport=HttpxTransport(own)).create(BODY)


def test_a_server_that_speaks_no_tls_is_a_tls_error(server: OfflineServer, own: httpx.Client) -> None:
    wrong = Configuration(
        base_url=server.base_url.replace("http://", "https://"), access_token=KEY, max_retries=0
    )
    with pytest.raises(TlsError):
        Client(wrong, transport=HttpxTransport(own)).create(BODY)


def test_the_deadline_holds_while_a_server_keeps_silent(
    server: OfflineServer, configuration: Configuration, own: httpx.Client
) -> None:
    server.faults.add(Fault(delay=30))
    with pytest.raises(DeadlineError):
        Client(configuration, transport=HttpxTransport(own)).create(BODY, timeout=0.3)


def test_its_asyncio_twin_does_the_same(server: OfflineServer, configuration: Configuration) -> None:
    async def ask() -> tuple[Any, str]:
        async with httpx.AsyncClient(trust_env=False) as own:
            client = AsyncClient(configuration, transport=AsyncHttpxTransport(own))
            whole = (await client.create(BODY)).value
            stream = await client.stream(BODY)
            text = "".join([piece async for piece in stream.text()])
            server.faults.add(Fault(delay=30))
            with pytest.raises(DeadlineError):
                await client.create(BODY, timeout=0.3)
            return whole, text

    whole, text = asyncio.run(ask())
    assert text == whole["choices"][0]["message"]["content"]

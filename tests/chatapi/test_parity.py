"""The Python cmdlets, ChatApi and the worker send the same and fail the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.client import Configuration
from psbridge.offline import OfflineServer

from .conftest import KEY
from .parity import CASES, Case, Worker, by_chat_api, by_cmdlets, check


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    running = Worker()
    yield running
    running.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_interface_sends_the_same_and_fails_the_same(
    case: Case, here: Configuration, server: OfflineServer, worker: Worker
) -> None:
    settings = {"BaseUrl": server.base_url, "AccessToken": KEY, "MaxRetryCount": 0}
    assert "error" not in worker.ask("invoke", {"name": "Set-Configuration", "parameters": settings})
    wanted = check(case, server, by_cmdlets, None)
    for interface in (by_chat_api, worker):
        check(case, server, interface, wanted)

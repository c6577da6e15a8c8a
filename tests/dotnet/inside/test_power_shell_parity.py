"""A hosted PowerShell session sends what the Python cmdlets send, and fails as they fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chatapi.parity import CASES, Case, by_cmdlets, check

from psbridge.client import Configuration, set_configuration
from psbridge.dotnet import PowerShellError, PowerShellSession
from psbridge.offline import OfflineServer

SCRIPT = """
param($p)
$ErrorActionPreference = 'Stop'
New-ChatCompletion (Initialize-CreateChatCompletionRequest @p)
"""


@pytest.fixture(scope="module")
def session() -> Iterator[PowerShellSession]:
    with PowerShellSession() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        set_configuration(base_url=running.base_url, access_token="sk-test", max_retries=0)
        yield running
    set_configuration(Configuration())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_hosted_session_sends_the_same_and_fails_the_same(
    case: Case, server: OfflineServer, session: PowerShellSession
) -> None:
    def by_session(parameters: dict[str, Any]) -> str | None:
        try:
            session.run(SCRIPT, [parameters])
        except PowerShellError as error:
            return error.error_id.partition(",")[0]
        return None

    check(case, server, by_session, check(case, server, by_cmdlets, None))

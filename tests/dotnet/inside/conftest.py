"""What the tests share that run where .NET is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.dotnet import PowerShellSession


@pytest.fixture(scope="module")
def session() -> Iterator[PowerShellSession]:
    """A hosted PowerShell, one for a file of tests."""
    with PowerShellSession() as opened:
        yield opened

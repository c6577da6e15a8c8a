"""A real server on loopback, and the configuration that leads to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import psbridge as ps

KEY = "sk-test-key-000000000001"


@pytest.fixture
def server() -> Iterator[ps.OfflineServer]:
    """Set up as a script would: by the configuration cmdlets."""
    with ps.OfflineServer(api_key=KEY) as running:
        ps.Set_Configuration(BaseUrl=running.base_url, AccessToken=KEY)
        yield running

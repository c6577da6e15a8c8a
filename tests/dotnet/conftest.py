"""The tests in `inside` need a .NET runtime in their own process; `test_in_child` runs them in one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from psbridge.client import Configuration, set_configuration
from psbridge.offline import OfflineServer

collect_ignore = [] if os.environ.get("INSIDE_DOTNET") else ["inside"]


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    """A server that the process's configuration names."""
    with OfflineServer() as running:
        set_configuration(base_url=running.base_url, access_token="sk-test", max_retries=0)
        yield running
    set_configuration(Configuration())

"""A server whose answers each test dictates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.testing import OfflineOpenAI


@pytest.fixture
def server() -> Iterator[OfflineOpenAI]:
    with OfflineOpenAI() as server:
        yield server

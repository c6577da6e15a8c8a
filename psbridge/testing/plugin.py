"""The pytest fixture `offline_openai`. Loaded by every pytest run, so it loads nothing until it is used."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .server import OfflineOpenAI


@pytest.fixture
def offline_openai() -> Iterator[OfflineOpenAI]:
    """An open `psbridge.testing.OfflineOpenAI`: what psbridge and the official client talk to here."""
    from .server import OfflineOpenAI

    with OfflineOpenAI() as server:
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> Generator[None, Any, Any]:
    """Fail the test itself, and not its teardown, for what the fixture's server noticed."""
    outcome = yield
    server = pyfuncitem.funcargs.get("offline_openai")
    if server is not None:
        server.check()
    return outcome

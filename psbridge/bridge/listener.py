"""The call that runs here, found through a context variable, so that calls side by side do not mix."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """What a warning or a log line is said to."""

    def say(self, stream: str, text: str) -> None:
        """A line of the stream `warning`, `verbose` or `debug`."""


current: ContextVar[Listener | None] = ContextVar("psbridge_bridge_call", default=None)
"""The call that runs here."""

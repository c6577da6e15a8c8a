"""The lines of psbridge's log, for a host that shows them: which of PowerShell's streams each belongs to."""

from __future__ import annotations

import logging
from collections.abc import Callable

Says = Callable[[str, str], object]
"""Takes the name of a stream, `verbose` or `debug`, and a line for it."""


class LogLines(logging.Handler):
    """Hands each line to whoever is there where it arises: -Verbose gets what the log has at INFO and above,
    -Debug what is below.

    Args:
        whose: gives what says the lines of the thread and context that it is called in; None for nobody.
    """

    def __init__(self, whose: Callable[[], Says | None]) -> None:
        super().__init__()
        self._whose = whose

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the handler's lock: one for all calls would make each wait while another says a line."""
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one line."""
        say = self._whose()
        if say is not None:
            say("verbose" if record.levelno >= logging.INFO else "debug", record.getMessage())

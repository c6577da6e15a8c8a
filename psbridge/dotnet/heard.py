"""The lines of psbridge's log, brought to the call of a hosted session that wants them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from ..client.settings.configuration import current_configuration, use_configuration
from ..cmdlets.loglines import LogLines, Says

VERBOSE, DEBUG = 1, 2
"""Which streams a call wants: one, none, or the sum of both."""

_hears: ContextVar[Says | None] = ContextVar("psbridge_dotnet_hears", default=None)
_logger = logging.getLogger("psbridge")


class _Attention:
    """Has the log's lines made while somebody wants them: else making them only to drop them costs time, and
    this process's own handlers get what its program set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._level = logging.NOTSET
        self._handler = LogLines(_hears.get)

    def begin(self) -> None:
        with self._lock:
            self._wanted += 1
            if self._wanted == 1:
                self._level = _logger.level
                _logger.setLevel(logging.DEBUG)
                _logger.addHandler(self._handler)

    def end(self) -> None:
        with self._lock:
            self._wanted -= 1
            if not self._wanted:
                _logger.setLevel(self._level)
                _logger.removeHandler(self._handler)


_attention = _Attention()


def wanted(say: Says, heard: int) -> Says | None:
    """What is to hear the log for a call that wants the streams `heard`; None where it wants none."""
    if not heard:
        return None

    def hears(stream: str, line: str) -> None:
        if heard & (VERBOSE if stream == "verbose" else DEBUG):
            say(stream, line)

    return hears


def with_bodies(heard: int) -> AbstractContextManager[Any]:
    """Have the calls inside log bodies, too, where -Debug wants them."""
    if heard & DEBUG:
        return use_configuration(current_configuration().replace(log_bodies=True))
    return nullcontext()


@contextmanager
def log_wanted() -> Iterator[None]:
    """Have the log's lines made, inside the `with`."""
    _attention.begin()
    try:
        yield
    finally:
        _attention.end()


def hear_log(hears: Says | None) -> None:
    """Have the log's lines of what else runs in this context said to `hears`."""
    _hears.set(hears)


@contextmanager
def log_heard_by(hears: Says | None) -> Iterator[None]:
    """Have the log's lines of the calls inside said to `hears`; with None nobody wants them."""
    if hears is None:
        yield
        return
    token = _hears.set(hears)
    try:
        with log_wanted():
            yield
    finally:
        _hears.reset(token)

"""Warnings, as PowerShell's warning stream is: seen once where they arise, obeying -WarningAction."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import PSBridgeError

_PACKAGE = __name__.partition(".")[0]
# What -WarningAction of the cmdlet that runs here says. A context variable, because Python's own filters
# belong to the whole process and many calls may run at once.
_action: ContextVar[str] = ContextVar("psbridge_warning_action", default="Continue")
_hears: ContextVar[Callable[[str], None] | None] = ContextVar("psbridge_warning_hears", default=None)
_host: Callable[[str], None] | None = None


class PSBridgeWarning(UserWarning):
    """Something was done that the caller may not have meant; the message names the parameter."""


def warn(message: str) -> None:
    """Warn at the line outside psbridge that called.

    Raises:
        PSBridgeError: with PowerShell's id ActionPreferenceStop, where -WarningAction is Stop.
    """
    action = _action.get()
    if action in ("SilentlyContinue", "Ignore"):
        return
    if action == "Stop":
        raise PSBridgeError(
            'The running command stopped because the preference variable "WarningPreference" or common '
            f"parameter is set to Stop: {message}",
            error_id="ActionPreferenceStop",
            category="OperationStopped",
        )
    hears = _hears.get() or _host
    if hears is not None:
        hears(message)
        return
    warnings.warn(message, PSBridgeWarning, stacklevel=_frames_of_psbridge())


@contextmanager
def warning_action(action: str) -> Iterator[None]:
    """Obey `action` (a name of PowerShell's ActionPreference) for the warnings inside."""
    token = _action.set(action)
    try:
        yield
    finally:
        _action.reset(token)


@contextmanager
def heard_by(hears: Callable[[str], None]) -> Iterator[None]:
    """Have every warning inside said to `hears`, for a host with a warning stream of its own."""
    token = _hears.set(hears)
    try:
        yield
    finally:
        _hears.reset(token)


def hear(hears: Callable[[str], None]) -> None:
    """The same, for the rest of the context that runs here."""
    _hears.set(hears)


def hear_for_host(hears: Callable[[str], None]) -> None:
    """Have every warning that nobody else hears said to `hears`, for the rest of the process.

    For a process that only answers calls: Python's `warnings.catch_warnings`, in whatever library and thread,
    takes `warnings.showwarning` from every other thread for as long as it lasts.
    """
    global _host
    _host = hears


def _frames_of_psbridge() -> int:
    """How many frames up from `warn` the caller's own code is."""
    level = 2
    frame = sys._getframe(level)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        frame, level = frame.f_back, level + 1
    return level

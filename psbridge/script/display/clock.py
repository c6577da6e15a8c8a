"""How long rows have waited for others: by the work done meanwhile, and the time that the script has slept.

PowerShell takes the clock, which would make what is shown depend on how busy the machine is.
"""

from __future__ import annotations

from time import process_time
from time import sleep as _sleep

_FIRST = 0.35  # seconds


class _Slept:
    seconds = 0.0
    asked: set[str] = set()  # noqa: RUF012 - one for the process, as the seconds are


def sleep(seconds: float) -> None:
    """Wait as long as the script says."""
    _sleep(seconds)
    _Slept.seconds += seconds


def ask(way: str) -> None:
    """Count the first request of a kind as longer than rows wait: PowerShell loads then what it needs."""
    if way not in _Slept.asked:
        _Slept.asked.add(way)
        _Slept.seconds += _FIRST


def spent() -> float:
    """Seconds of work and sleep until now, from some moment on."""
    return process_time() + _Slept.seconds


__all__ = ["ask", "sleep", "spent"]

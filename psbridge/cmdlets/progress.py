"""How far an upload or a download is, said to whoever listens. Knows no cmdlet by name."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_EVERY = 0.25  # seconds between two lines

_listener: ContextVar[Callable[[str], Any] | None] = ContextVar("psbridge_progress", default=None)


def listen(listener: Callable[[str], Any]) -> None:
    """Have `listener` told lines such as `12.5 MB of 300.0 MB` for the rest of the context that runs here."""
    _listener.set(listener)


def progress() -> Callable[[int, int | None], None] | None:
    """What a transfer tells of bytes done, and of how many if known; None where nobody listens."""
    listener = _listener.get()
    if listener is None:
        return None
    said = time.monotonic()

    def say(done: int, total: int | None) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _EVERY:
            said = now
            listener(f"{_size(done)} of {_size(total)}" if total is not None else _size(done))

    return say


def tell(line: str) -> None:
    """Say a line of progress, where somebody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(line)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"

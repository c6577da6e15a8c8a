"""The process's standard streams, made safe: two are the protocol's, all else goes to standard error.

Whatever writes to descriptor 1 later (a print, a C library, a child process) reaches standard error, and
whatever reads descriptor 0 finds an empty file. What Python code writes there waits for no reader: a pipe of
Windows holds 4 KB. Knows nothing of messages.
"""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

# What POSIX promises a pipe that polls as writable takes without blocking.
PIPE_BUF = getattr(select, "PIPE_BUF", 512)
_KEPT = 1 << 18  # bytes of standard error that may wait for its reader
_MOMENT = 0.2  # seconds
_PIECE = 4096  # what an empty pipe takes at once everywhere: it stays readable though the process ends


def take_over() -> tuple[int, int]:
    """Take the protocol's two descriptors away from everybody else; returns (input, output).

    Raises:
        OSError: standard input or output is not open.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        os.fstat(2)
    except OSError:
        os.dup2(nothing, 2)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(source, os.O_BINARY)
        msvcrt.setmode(sink, os.O_BINARY)
    if sys.stderr is not None:
        sys.stderr.flush()
    buffer = io.BufferedWriter(_noise)
    noise = io.TextIOWrapper(
        buffer, encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True
    )
    sys.stdout = sys.stderr = noise
    sys.stdin = os.fdopen(os.dup(0), encoding="utf-8")
    return source, sink


def takes_more(descriptor: int) -> Callable[[], bool]:
    """A test whether `descriptor` takes `PIPE_BUF` bytes without blocking; always False where unknown."""
    if not hasattr(select, "poll"):
        return lambda: False
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)

    def test() -> bool:
        ready = poll.poll(0)
        return bool(ready) and ready[0][1] == select.POLLOUT

    return test


class _Noise(io.RawIOBase):
    """Standard error, written by a thread of its own: nobody else waits for a reader that has stopped.

    What is more than `_KEPT` bytes ahead of the reader is dropped, by whole writes.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._waiting = 0  # bytes handed over and not written yet
        self._stuck = False
        self._thread: threading.Thread | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        piece = bytes(data)
        with self._changed:
            if self._waiting + len(piece) > _KEPT:
                return len(piece)
            self._pieces.append(piece)
            self._waiting += len(piece)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._pump, name="standard error", daemon=True)
                self._thread.start()
            # Usually it is written at once, and in order with what others write there. Whoever finds the
            # reader stuck waits a moment, those after do not wait until it reads again.
            if not self._stuck:
                self._stuck = not self._changed.wait_for(lambda: not self._waiting, _MOMENT)
        return len(piece)

    def _pump(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._pieces))
                piece = self._pieces.popleft()
            rest = piece
            with suppress(OSError):  # nobody reads it any more
                while rest:
                    rest = rest[os.write(2, rest[:_PIECE]) :]
            with self._changed:
                self._waiting -= len(piece)
                self._stuck = self._stuck and bool(self._waiting)
                self._changed.notify_all()


_noise = _Noise()


def log(text: str) -> None:
    """Lines on standard error, together; dropped rather than waiting for a reader that has stopped."""
    lines = [line.encode("utf-8", "backslashreplace")[: PIPE_BUF - 1] + b"\n" for line in text.splitlines()]
    _noise.write(b"".join(lines))

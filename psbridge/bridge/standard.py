"""The process's standard streams, made safe: two are the protocol's, all else goes to standard error.

Whatever writes to descriptor 1 later (a print, a C library, a child process) reaches standard error, and
whatever reads descriptor 0 finds an empty file. Knows nothing of messages.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable

# What POSIX promises a pipe that polls as writable takes without blocking.
PIPE_BUF = getattr(select, "PIPE_BUF", 512)


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
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    sys.stdout = sys.stderr
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


_logging = threading.Lock()


def log(text: str) -> None:
    """Lines on standard error, together; dropped rather than waiting for a reader that has stopped."""
    room = takes_more(2) if hasattr(select, "poll") else lambda: True
    with _logging:
        for line in text.splitlines():
            data = line.encode("utf-8", "backslashreplace")[: PIPE_BUF - 1] + b"\n"
            try:
                if not room():
                    return
                os.write(2, data)
            except OSError:
                return

"""Whole lines onto a descriptor, from any thread, in the order they are handed over; never blocking who does.

A short line goes out at once when nothing waits and the pipe has room for it, which is the usual case and
saves a thread switch; everything else waits for a thread of its own. `wait_for_room` is the back-pressure.
Knows nothing of what the lines say.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable

from .standard import PIPE_BUF, takes_more

_JOINED = 1 << 18  # bytes of waiting lines written with one call


class Output:
    """Args:
    descriptor: written to; nobody else may.
    broken: called once, in any thread, when nobody reads the descriptor any more.
    """

    def __init__(self, descriptor: int, broken: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._broken = broken
        self._takes_more = takes_more(descriptor)
        lock = threading.Lock()
        self._lock = lock
        self._more = threading.Condition(lock)
        self._room = threading.Condition(lock)
        self._lines: deque[bytes] = deque()
        self._waiting = 0  # bytes not written yet
        self._ended = False
        threading.Thread(target=self._write, name="output", daemon=True).start()

    def put(self, line: bytes) -> None:
        """Hand over one line, line feed included. Does not block, however much waits already."""
        ended = False
        with self._lock:
            if self._ended:
                return
            if not self._waiting and len(line) <= PIPE_BUF and self._takes_more():
                try:
                    line = line[os.write(self._descriptor, line) :]
                except OSError:
                    self._ended = ended = True
            if line and not ended:
                self._lines.append(line)
                self._waiting += len(line)
                self._more.notify()
        if ended:
            self._broken()

    def wait_for_room(self, limit: int, wanted: Callable[[], bool] = lambda: True) -> None:
        """Wait while more than `limit` bytes wait, as long as `wanted()` says that there is something to say.

        `recheck` makes `wanted` be asked again.
        """
        if self._waiting <= limit:
            return
        with self._room:
            self._room.wait_for(lambda: self._waiting <= limit or self._ended or not wanted())

    def recheck(self) -> None:
        """Have those in `wait_for_room` look again whether they still want to."""
        with self._room:
            self._room.notify_all()

    def flush(self, patience: float) -> None:
        """Wait until everything is written, or nothing was for `patience` seconds."""
        with self._room:
            until = time.monotonic() + patience
            left = self._waiting
            while self._waiting and not self._ended and time.monotonic() < until:
                self._room.wait(0.1)
                if self._waiting < left:
                    left, until = self._waiting, time.monotonic() + patience

    def close(self) -> None:
        """Take no more lines, and end the thread that writes."""
        with self._lock:
            self._ended = True
            self._lines.clear()
            self._more.notify()

    def _write(self) -> None:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._lines or self._ended)
                if not self._lines:
                    return
                data = self._lines.popleft()
                if self._lines and len(data) < _JOINED:
                    joined = [data]
                    size = len(data)
                    while self._lines and size < _JOINED:
                        joined.append(self._lines.popleft())
                        size += len(joined[-1])
                    data = b"".join(joined)
            view = memoryview(data)
            while view:
                try:
                    written = os.write(self._descriptor, view[: 1 << 20])
                except OSError:
                    with self._room:
                        self._ended = True
                        self._room.notify_all()
                    self._broken()
                    return
                view = view[written:]
                with self._room:
                    self._waiting -= written
                    self._room.notify_all()

"""Lines of bytes out of a descriptor, with a limit on their length. Knows nothing of what they say."""

from __future__ import annotations

import os
from collections.abc import Iterator

LIMIT = 256 * 1024 * 1024
"""The longest line taken, in bytes."""

_PIECE = 1 << 16  # as much as a pipe holds; room for more costs a call of the system each time
_KEPT = 1024  # bytes of an overlong line that are kept: enough to find out whose it was
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Overlong(bytes):
    """The beginning of a line that was longer than the limit; the rest of it was read and thrown away."""


class Lines:
    """Every line without its line feed, until the input ends.

    A byte-order mark before the first line is left out. What stands behind the last line feed is dropped:
    its sender did not finish it.

    Args:
        descriptor: read from; nobody else may.
        limit: the longest line taken, in bytes.
    """

    def __init__(self, descriptor: int, limit: int = LIMIT) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._pending = bytearray()
        self._searched = 0  # bytes of it that hold no line feed
        self._overlong = False
        self._begun = False

    @property
    def more(self) -> bool:
        """Whether another line has been read already."""
        return self._pending.find(b"\n", self._searched) >= 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self._next()
        if not self._begun:
            self._begun = True
            if not isinstance(line, Overlong):
                return line.removeprefix(_BYTE_ORDER_MARK)
        return line

    def _next(self) -> bytes:
        pending = self._pending
        while True:
            if pending:
                end = pending.find(b"\n", self._searched)
                if end >= 0:
                    return self._cut(end)
                if self._overlong or len(pending) > self._limit:
                    self._overlong = True
                    del pending[_KEPT:]
                self._searched = len(pending)
            piece = _read(self._descriptor)
            if not piece:
                raise StopIteration
            if not pending and piece.find(b"\n") == len(piece) - 1 <= self._limit:
                return piece[:-1]
            pending += piece

    def _cut(self, end: int) -> bytes:
        pending = self._pending
        overlong = self._overlong or end > self._limit
        line = Overlong(pending[:_KEPT]) if overlong else bytes(pending[:end])
        del pending[: end + 1]
        self._searched, self._overlong = 0, False
        return line


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _PIECE)
    except OSError:
        return b""

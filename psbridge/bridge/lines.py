"""Lines of bytes out of a descriptor, with a limit on their length. Knows nothing of what they say."""

from __future__ import annotations

import os
from collections.abc import Iterator

LIMIT = 256 * 1024 * 1024
"""The longest line taken, in bytes."""

_PIECE = 1 << 20
_KEPT = 1024  # bytes of an overlong line that are kept: enough to find out whose it was
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Overlong(bytes):
    """The beginning of a line that was longer than the limit; the rest of it was read and thrown away."""


def lines(descriptor: int, limit: int = LIMIT) -> Iterator[bytes]:
    """Every line without its line feed, until the input ends.

    A byte-order mark before the first line is left out. What stands behind the last line feed is dropped:
    its sender did not finish it.
    """
    found = _split(descriptor, limit)
    for first in found:
        yield first if isinstance(first, Overlong) else first.removeprefix(_BYTE_ORDER_MARK)
        yield from found


def _split(descriptor: int, limit: int) -> Iterator[bytes]:
    pending = bytearray()
    overlong = False
    while piece := _read(descriptor):
        if not pending and piece.find(b"\n") == len(piece) - 1 <= limit:
            yield piece[:-1]
            continue
        searched = len(pending)
        pending += piece
        while (end := pending.find(b"\n", searched)) >= 0:
            yield Overlong(pending[:_KEPT]) if overlong or end > limit else bytes(pending[:end])
            del pending[: end + 1]
            searched, overlong = 0, False
        if overlong or len(pending) > limit:
            overlong = True
            del pending[_KEPT:]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _PIECE)
    except OSError:
        return b""

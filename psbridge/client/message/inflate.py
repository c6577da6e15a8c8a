"""Content-Encoding, undone piece by piece under a size limit, so that a decompression bomb is cut off early.

A label is only a label: a body that is plainly not encoded is taken as it is, whatever its header says.
"""

from __future__ import annotations

import zlib
from typing import Any

from ..errors import BadResponseError, ResponseTooLargeError
from .content import reads_as_text

ACCEPTED = "gzip, deflate"

_UNDONE = ("gzip", "x-gzip", "deflate")
# Codings of RFC 9110 and the registry behind it that are not undone here; any other word is not a coding at
# all (servers write `utf-8` and `none`), and the body is taken as it is.
_KNOWN = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz", "aes128gcm", "exi", "pack200-gzip"})
_MOST_LAYERS = 4


class Inflater:
    """Decodes a body's `gzip`, `deflate` or identity encoding, one over another where several are named.

    Raises:
        BadResponseError: the body is encoded in a way that was not asked for, or damaged, or cut off.
        ResponseTooLargeError: the decoded size passes `limit` bytes.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._size = 0
        names = [name.strip().lower() for name in encoding.split(",")]
        codings = [name for name in names if name in _UNDONE or name in _KNOWN]
        if len(codings) > _MOST_LAYERS:
            raise BadResponseError(f"The reply is encoded {len(codings)} times over.")
        self._encoding = ", ".join(codings)
        self._layers = [_Layer(name) for name in reversed(codings)]  # the last one named was put on last
        self._fresh = bool(codings)

    def feed(self, data: bytes) -> bytes:
        """The decoded form of the next piece."""
        if self._fresh and data:
            self._fresh = False
            if reads_as_text(data):
                self._layers = []
            elif any(layer.kind in _KNOWN for layer in self._layers):
                raise BadResponseError(
                    f"The reply is encoded as '{self._encoding}', which was not asked for."
                )
        room = self._limit - self._size
        for layer in self._layers:
            data = layer.inflate(data, room + 1)
        self._size += len(data)
        if self._size > self._limit:
            raise ResponseTooLargeError(f"The reply is larger than {self._limit:,} bytes.")
        return data

    def finish(self) -> None:
        """The body has ended; raises when its encoding has not."""
        for layer in self._layers:
            layer.finish()


class _Layer:
    """One coding. Gives at most `room` bytes for a piece: one more than may come shows the excess."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._decoder: Any = zlib.decompressobj(zlib.MAX_WBITS | (0 if kind == "deflate" else 16))
        self._fresh = True

    def inflate(self, data: bytes, room: int) -> bytes:
        pieces = []
        while data and room > 0:
            try:
                piece = self._decoder.decompress(data, room)
            except zlib.error:
                if self.kind == "deflate" and self._fresh:
                    # Some servers send raw deflate data under the name that means zlib (RFC 9110, 8.4.1.2).
                    self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
                    self._fresh = False
                    continue
                raise BadResponseError(f"The reply's {self.kind} data is damaged.") from None
            self._fresh = False
            pieces.append(piece)
            room -= len(piece)
            data = self._decoder.unconsumed_tail
            if self._decoder.eof:
                data = self._decoder.unused_data
                if not data or self.kind == "deflate":
                    break
                self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return b"".join(pieces)

    def finish(self) -> None:
        if not self._fresh and not self._decoder.eof:
            raise BadResponseError(f"The reply's {self.kind} data is cut off.")

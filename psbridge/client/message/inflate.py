"""Content-Encoding, undone piece by piece under a size limit, so that a decompression bomb is cut off
early.
"""

from __future__ import annotations

import zlib
from typing import Any

from ..errors import BadResponseError, ResponseTooLargeError

ACCEPTED = "gzip, deflate"


class Inflater:
    """Decodes a body's `gzip`, `deflate` or identity encoding.

    Raises:
        BadResponseError: the encoding is unknown, or the data is damaged or cut off.
        ResponseTooLargeError: the decoded size passes `limit` bytes.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._decoder: Any = None
        self._kind = encoding.strip().lower()
        if self._kind in ("gzip", "x-gzip"):
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
        elif self._kind == "deflate":
            self._decoder = zlib.decompressobj()
        elif self._kind not in ("", "identity"):
            raise BadResponseError(f"The reply is encoded as '{encoding:.40}', which was not asked for.")
        self._fresh = True

    def feed(self, data: bytes) -> bytes:
        """The decoded form of the next piece."""
        if self._decoder is not None and data:
            data = self._inflate(data)
        self._size += len(data)
        if self._size > self._limit:
            raise self._too_large()
        return data

    def finish(self) -> None:
        """The body has ended; raises when its encoding has not."""
        if self._decoder is not None and not self._fresh and not self._decoder.eof:
            raise BadResponseError(f"The reply's {self._kind} data is cut off.")

    def _inflate(self, data: bytes) -> bytes:
        room = self._limit - self._size + 1
        pieces = []
        while data:
            try:
                piece = self._decoder.decompress(data, room)
            except zlib.error:
                if self._kind == "deflate" and self._fresh:
                    # Some servers send raw deflate data under the name that means zlib (RFC 9110, 8.4.1.2).
                    self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)
                    self._fresh = False
                    continue
                raise BadResponseError(f"The reply's {self._kind} data is damaged.") from None
            self._fresh = False
            pieces.append(piece)
            room -= len(piece)
            if room <= 0:
                raise self._too_large()
            data = self._decoder.unconsumed_tail
            if self._decoder.eof:
                data = self._decoder.unused_data
                if data and self._kind != "deflate":
                    self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
                    self._fresh = False
                else:
                    break
        return b"".join(pieces)

    def _too_large(self) -> ResponseTooLargeError:
        return ResponseTooLargeError(f"The reply is larger than {self._limit:,} bytes.")

"""HTTP/1.1 on one connection, by h11, the parser that httpcore has under it, too: what is to be written, and
what has been read. No I/O.

Knows no retries, no proxy and no pool.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import h11

from ..message.form import pieces_of
from .blocking import WRITE_PIECE
from .transport import WireRequest

_LONGEST_HEAD = 100 * 1024  # bytes, as httpcore has it
_SWITCHING = 101


class Http1:
    """One connection's requests and replies, one after the other; its errors are h11's.

    Attributes:
        reply: status, reason and headers of the reply that is read.
        old: it is HTTP/1.0's.
    """

    def __init__(self) -> None:
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self.reply: tuple[int, bytes, list[tuple[bytes, bytes]]] = (0, b"", [])
        self.old = False

    def pieces(self, request: WireRequest) -> Iterator[bytes]:
        """What is to be written of a request: a small body goes with the head."""
        http = self._http
        head = http.send(
            h11.Request(method=request.method, target=request.url.target, headers=request.headers)
        )
        body = request.body
        if isinstance(body, bytes) and len(body) <= WRITE_PIECE:
            parts = [
                head,
                *([http.send(h11.Data(data=body))] if body else ()),
                http.send(h11.EndOfMessage()),
            ]
            yield b"".join(filter(None, parts))
            return
        yield head or b""
        for piece in pieces_of(body):
            yield http.send(h11.Data(data=piece)) or b""
        yield http.send(h11.EndOfMessage()) or b""

    def feed(self, data: bytes) -> None:
        """Take what was read; nothing, at the connection's end."""
        self._http.receive_data(data)

    def head(self) -> bool:
        """Whether the reply's head is there; if not, more has to be read."""
        while True:
            event: Any = self._http.next_event()
            if event is h11.NEED_DATA:
                return False
            kind = type(event)
            if kind is h11.Response or (
                kind is h11.InformationalResponse and event.status_code == _SWITCHING
            ):
                break
        self.reply = (event.status_code, event.reason, event.headers.raw_items())
        self.old = event.http_version == b"1.0"
        return True

    def body(self) -> bytes | None:
        """The next piece of the reply's body, empty at its end; None when more has to be read."""
        event: Any = self._http.next_event()
        if event is h11.NEED_DATA:
            return None
        return bytes(event.data) if type(event) is h11.Data else b""

    def finish(self) -> bool:
        """The reply was read to its end; whether the connection may serve again.

        It may not where more has come behind the reply, or where either side said that it is the last.
        """
        http = self._http
        if http.our_state is not h11.DONE or http.their_state is not h11.DONE or http.trailing_data[0]:
            return False
        http.start_next_cycle()
        return True

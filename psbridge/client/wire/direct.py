"""An asyncio connection straight to a server: HTTP/1.1 by h11, the parser that httpcore has under it, too.

httpcore takes locks, opens scopes and tells of events with every request, for callers that share a
connection. Here one call at a time has it, and needs none of that: a request costs a third less processor
time. Knows no retries, no proxy and no pool.
"""

from __future__ import annotations

from typing import Any

import h11

from ..message.form import pieces_of
from .blocking import WRITE_PIECE
from .bounds import Lease
from .failures import Kinds
from .looping import LoopBackend, LoopStream
from .transport import Route, WireRequest

_LONGEST_HEAD = 100 * 1024  # bytes, as httpcore has it
_READ = 1 << 16
_SWITCHING = 101


class _NeverError(Exception):
    """What is not raised here."""


class _NotTakenError(Exception):
    """The peer takes nothing more; it may have answered all the same."""


KINDS = Kinds(
    proxy=_NeverError,
    protocol=h11.RemoteProtocolError,
    request=h11.LocalProtocolError,
    timeout=_NeverError,
    network=_NotTakenError,
)


class Direct:
    """One connection, opened with the first request; its errors are those of `KINDS`, or the client's own.

    Args:
        lease: which call it serves, and what that waits for.

    Attributes:
        status, reason, headers: of the reply that is read.
    """

    kinds = KINDS
    proxy_status = None

    def __init__(self, route: Route, lease: Lease) -> None:
        self._route = route
        self._lease = lease
        self._stream: LoopStream | None = None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, request: WireRequest) -> None:
        """Send, and return when the reply's head is there."""
        stream = self._stream
        if stream is None:
            stream = self._stream = await self._connected(request)
        self._lease.connected()
        http = self._http
        head = http.send(
            h11.Request(method=request.method, target=request.url.target, headers=request.headers)
        )
        try:
            body = request.body
            if isinstance(body, bytes) and len(body) <= WRITE_PIECE:
                parts = [
                    head,
                    *([http.send(h11.Data(data=body))] if body else ()),
                    http.send(h11.EndOfMessage()),
                ]
                await stream.write(b"".join(filter(None, parts)))
            else:
                await stream.write(head or b"")
                for piece in pieces_of(body):
                    await stream.write(http.send(h11.Data(data=piece)) or b"")
                await stream.write(http.send(h11.EndOfMessage()) or b"")
        except _NotTakenError:  # who is refused before all of it was sent may have been told why
            pass
        while True:
            event = await self._event()
            kind = type(event)
            if kind is h11.Response or (
                kind is h11.InformationalResponse and event.status_code == _SWITCHING
            ):
                break
        self.status, self.reason, self.headers = event.status_code, event.reason, event.headers.raw_items()

    async def _connected(self, request: WireRequest) -> LoopStream:
        url, lease = request.url, self._lease
        stream = await LoopBackend(lambda: lease, _NotTakenError).connect_tcp(url.host, url.real_port)
        if url.scheme == "https":
            context = self._route.tls()
            context.set_alpn_protocols(["http/1.1"])
            stream = await stream.start_tls(context, url.host)
        return stream

    async def _event(self) -> Any:
        http = self._http
        while (event := http.next_event()) is h11.NEED_DATA:
            assert self._stream is not None
            http.receive_data(await self._stream.read(_READ))
        return event

    async def read(self) -> bytes:
        """The next piece of the reply's body, empty at its end."""
        event = await self._event()
        return bytes(event.data) if type(event) is h11.Data else b""

    async def finish(self) -> bool:
        """The reply was read to its end; whether the connection may serve again.

        It may not where more has come behind the reply, or where either side said that it is the last.
        """
        http = self._http
        if http.our_state is not h11.DONE or http.their_state is not h11.DONE or http.trailing_data[0]:
            return False
        http.start_next_cycle()
        return True

    def is_good(self) -> bool:
        """Whether it may be taken up again: nothing has come meanwhile, not even the end."""
        return self._stream is not None and not self._stream.unread()

    async def close(self) -> None:
        """Close at once."""
        if self._stream is not None:
            await self._stream.aclose()

"""A connection straight to a server, blocking and on asyncio.

httpcore takes locks, opens scopes and tells of events with every request, for callers that share a
connection. Here one call at a time has it, and needs none of that: a request costs a third less processor
time. Knows no retries, no proxy and no pool.
"""

from __future__ import annotations

import ssl
from typing import Generic, TypeVar

import h11

from ..message.url import Url
from .blocking import BlockingBackend, BlockingStream
from .bounds import Lease
from .failures import Kinds
from .http1 import Http1
from .looping import LoopBackend, LoopStream
from .transport import Route, WireRequest

StreamT = TypeVar("StreamT", BlockingStream, LoopStream)

_READ = 1 << 16


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


def _tls(route: Route) -> ssl.SSLContext:
    context = route.tls()
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Direct(Generic[StreamT]):
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
        self._stream: StreamT | None = None
        self._http = Http1()
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []

    @property
    def old(self) -> bool:
        """Whether the reply is HTTP/1.0's."""
        return self._http.old

    def is_good(self) -> bool:
        """Whether it may be taken up again: nothing has come meanwhile, not even the end."""
        return self._stream is not None and not self._stream.unread()


class BlockingDirect(_Direct[BlockingStream]):
    """One that blocks."""

    def send(self, request: WireRequest) -> None:
        """Send, and return when the reply's head is there."""
        stream = self._stream
        if stream is None:
            stream = self._stream = self._connected(request.url)
        self._lease.connected()
        http = self._http
        try:
            for piece in http.pieces(request):
                stream.write(piece)
        except _NotTakenError:  # who is refused before all of it was sent may have been told why
            pass
        while not http.head():
            http.feed(stream.read(_READ))
        self.status, self.reason, self.headers = http.reply

    def _connected(self, url: Url) -> BlockingStream:
        lease = self._lease
        stream = BlockingBackend(lambda: lease, _NotTakenError).connect_tcp(url.host, url.real_port)
        return stream.start_tls(_tls(self._route), url.host) if url.scheme == "https" else stream

    def read(self) -> bytes:
        """The next piece of the reply's body, empty at its end."""
        while (piece := self._http.body()) is None:
            assert self._stream is not None
            self._http.feed(self._stream.read(_READ))
        return piece

    def finish(self) -> bool:
        """The reply was read to its end; whether the connection may serve again."""
        return self._http.finish()

    def close(self) -> None:
        """Close at once."""
        if self._stream is not None:
            self._stream.close()


class Direct(_Direct[LoopStream]):
    """The asyncio twin of `BlockingDirect`."""

    async def send(self, request: WireRequest) -> None:
        """Send, and return when the reply's head is there."""
        stream = self._stream
        if stream is None:
            stream = self._stream = await self._connected(request.url)
        self._lease.connected()
        http = self._http
        try:
            for piece in http.pieces(request):
                await stream.write(piece)
        except _NotTakenError:  # who is refused before all of it was sent may have been told why
            pass
        while not http.head():
            http.feed(await stream.read(_READ))
        self.status, self.reason, self.headers = http.reply

    async def _connected(self, url: Url) -> LoopStream:
        lease = self._lease
        stream = await LoopBackend(lambda: lease, _NotTakenError).connect_tcp(url.host, url.real_port)
        return await stream.start_tls(_tls(self._route), url.host) if url.scheme == "https" else stream

    async def read(self) -> bytes:
        """The next piece of the reply's body, empty at its end."""
        while (piece := self._http.body()) is None:
            assert self._stream is not None
            self._http.feed(await self._stream.read(_READ))
        return piece

    async def finish(self) -> bool:
        """The reply was read to its end; whether the connection may serve again."""
        return self._http.finish()

    async def close(self) -> None:
        """Close at once."""
        if self._stream is not None:
            await self._stream.aclose()

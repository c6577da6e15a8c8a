"""The transport seam: one request out, one reply in. What goes through it is psbridge's own; no library's
types.

The contract, which one suite of tests holds every transport to:

- `send` returns when the reply's head is there, whatever its status; redirects are not followed, nothing
  is unpacked, no header is added or left out.
- It raises `ClientError`s only: `ConnectTimeoutError`, `IdleTimeoutError` and `DeadlineError` by the
  limit that was reached, `ProxyFailedError` for what a proxy is to blame for, `TlsError`,
  `ConnectionFailedError` for a connection that could not be made or broke, `BadResponseError` for a peer
  that breaks HTTP, `ResponseTooLargeError` for a head that never ends, `CallCancelledError` once the
  caller has cancelled. What the interpreter raises (KeyboardInterrupt, asyncio.CancelledError) goes
  through; the connection is closed first.
- Every wait ends by `Bounds`: connecting by the connect limit, a piece of the body by the moment the
  reader names, everything by the deadline, and blocking waits at once when the call is cancelled.
- A connection serves again only when its reply was read to the end and nothing else has come, then or
  until it is taken up. One that was idle and ends before the first byte of a reply is replaced by
  another, and the request is sent there, unless its body cannot be read twice.
- After a fork, a child uses nothing of the parent's, and does nothing to it.
- A blocking transport may be shared between threads; an asyncio one belongs to one loop at a time.

No retries, no decoding, no keys here.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..message.form import Content, Form
from ..message.url import Url
from .bounds import Bounds


@dataclass(frozen=True)
class WireRequest:
    """What goes out: method, absolute URL, header lines in order, body."""

    method: str
    url: Url = field(repr=False)
    headers: list[tuple[bytes, bytes]] = field(repr=False)
    body: Content = field(repr=False)

    @property
    def place(self) -> str:
        """The host and port, as an error names them."""
        return self.url.host_line

    @property
    def again(self) -> bool:
        """Whether the body can be read a second time."""
        return not isinstance(self.body, Form) or self.body.again


@dataclass(frozen=True)
class Route:
    """How an origin is reached: through which proxy, under which TLS context, by which library."""

    proxy: str | None = field(repr=False)
    tls_key: tuple[Any, ...]
    tls: Callable[[], ssl.SSLContext]
    library: str = "httpcore"

    @property
    def proxy_place(self) -> str | None:
        """Host and port of the proxy, as an error names them."""
        return None if self.proxy is None else urlsplit(self.proxy).netloc.rpartition("@")[2]

    def key(self, url: Url) -> tuple[Any, ...]:
        """What connections to `url`'s origin by this route have in common."""
        return (url.scheme, url.host, url.port, self.proxy, self.tls_key)


_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def phrase_of(reason: bytes, status: int) -> str:
    """A reason phrase as text; the usual one of the status where there is none."""
    return reason.decode("latin-1") or _PHRASES.get(status, "")


class WireResponse(Protocol):
    """A reply whose body is read piece by piece."""

    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]
    old: bool  # HTTP/1.0, whose servers end a body of unknown length by closing: they have no other way

    def read(self, until: float | None = None) -> bytes:
        """The next piece of the body as it came, empty at its end; it must come by `until` (monotonic
        seconds).
        """

    def close(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""


class AsyncWireResponse(Protocol):
    """The asyncio twin of `WireResponse`."""

    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]
    old: bool  # HTTP/1.0, whose servers end a body of unknown length by closing: they have no other way

    async def read(self, until: float | None = None) -> bytes:
        """The next piece of the body as it came, empty at its end; it must come by `until` (monotonic
        seconds).
        """

    async def close(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""


class Transport(Protocol):
    """Sends one request; see the module for what it promises."""

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's head is there."""

    def close(self) -> None:
        """Close all connections."""


class AsyncTransport(Protocol):
    """The asyncio twin of `Transport`."""

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's head is there."""

    async def close(self) -> None:
        """Close all connections."""

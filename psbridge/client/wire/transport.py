"""The transport seam: one request out, one reply in, over kept-alive connections. No retries, no decoding, no
keys.

`httpcore`, httpx's engine, does HTTP/1.1, TLS and proxies. Its pool searches all connections for every
request and
slows down with hundreds of them, so each connection here has a pool of its own, and idle ones wait on a
stack: the cost of a request does not depend on how many are under way.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.client import responses
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

import httpcore

from ..errors import (
    BadResponseError,
    CallCancelledError,
    ClientError,
    ConfigurationError,
    ConnectionFailedError,
    ConnectTimeoutError,
    DeadlineError,
    IdleTimeoutError,
    ProxyFailedError,
    ResponseTooLargeError,
    TlsError,
)
from ..message.form import Content, pieces_of
from ..settings.secret import mask_text
from .network import AsyncBackend, Bounds, Lease, SyncBackend

_KEEP_ALIVE = 30.0  # seconds an idle connection is kept
_MOST_IDLE = 1024  # idle connections kept at most


@dataclass(frozen=True)
class WireRequest:
    """What goes out: method, absolute URL, header lines in order, body."""

    method: str
    url: httpcore.URL = field(repr=False)
    headers: list[tuple[bytes, bytes]] = field(repr=False)
    body: Content = field(repr=False)

    @property
    def place(self) -> str:
        """The host and port, as an error names them."""
        host = self.url.host.decode("ascii", "replace")
        return host if self.url.port is None else f"{host}:{self.url.port}"


@dataclass(frozen=True)
class Route:
    """How an origin is reached: through which proxy, under which TLS context."""

    proxy: str | None = field(repr=False)
    tls_key: tuple[Any, ...]
    tls: Callable[[], ssl.SSLContext]


class WireResponse(Protocol):
    """A reply whose body is read piece by piece."""

    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]

    def read(self) -> bytes:
        """The next piece of the body as it came; empty at its end."""

    def close(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""


class AsyncWireResponse(Protocol):
    """The asyncio twin of `WireResponse`."""

    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]

    async def read(self) -> bytes:
        """The next piece of the body as it came; empty at its end."""

    async def close(self) -> None:
        """Give the connection back, or close it when the body was not read to its end."""


class Transport(Protocol):
    """Sends one request. Raises only ConnectionFailedError, CallTimeoutError, BadResponseError and their
    kinds.
    """

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's headers are there."""

    def close(self) -> None:
        """Close all connections."""


class AsyncTransport(Protocol):
    """The asyncio twin of `Transport`."""

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's headers are there."""

    async def close(self) -> None:
        """Close all connections."""


PoolT = TypeVar("PoolT", httpcore.ConnectionPool, httpcore.AsyncConnectionPool)


class _Slot(Generic[PoolT]):
    """One connection: a pool that may hold no more than it."""

    __slots__ = ("idle_since", "lease", "opened_in", "pool")

    pool: PoolT

    def __init__(self, pool: PoolT, lease: Lease, opened_in: int) -> None:
        self.pool = pool
        self.lease = lease
        self.opened_in = opened_in
        self.idle_since = 0.0


class _Slots(Generic[PoolT]):
    """The idle connections of each origin and route, the last used on top. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[tuple[Any, ...], deque[_Slot[PoolT]]] = {}
        self.drained = 0  # how often; a connection in use meanwhile is not kept when it comes back

    def take(self, key: tuple[Any, ...]) -> _Slot[PoolT] | None:
        """The connection used last, if one is idle."""
        with self._lock:
            idle = self._idle.get(key)
            return idle.pop() if idle else None

    def put(self, key: tuple[Any, ...], slot: _Slot[PoolT]) -> list[_Slot[PoolT]]:
        """Make `slot` idle; returns those that were idle for too long, to be closed."""
        slot.lease.bounds = None
        now = slot.idle_since = time.monotonic()
        stale = []
        with self._lock:
            if slot.opened_in != self.drained:
                return [slot]
            idle = self._idle.setdefault(key, deque())
            idle.append(slot)
            while len(idle) > _MOST_IDLE or now - idle[0].idle_since > _KEEP_ALIVE:
                stale.append(idle.popleft())
        return stale

    def drain(self) -> list[_Slot[PoolT]]:
        """All idle ones, now forgotten."""
        with self._lock:
            self.drained += 1
            slots = [slot for idle in self._idle.values() for slot in idle]
            self._idle.clear()
        return slots


def _slot_key(url: httpcore.URL, route: Route) -> tuple[Any, ...]:
    return (url.scheme, url.host, url.port, route.proxy, route.tls_key)


def _options(url: httpcore.URL, route: Route) -> tuple[type, type, dict[str, Any]]:
    """Which pool classes (sync, async) and arguments reach `url` by `route`."""
    options: dict[str, Any] = {"max_connections": 1, "keepalive_expiry": _KEEP_ALIVE}
    if url.scheme == b"https":
        options["ssl_context"] = route.tls()
    if route.proxy is None:
        return httpcore.ConnectionPool, httpcore.AsyncConnectionPool, options
    proxy = httpcore.URL(_without_user(route.proxy))
    auth = _proxy_user(route.proxy)
    options["proxy_url"] = proxy
    options["proxy_auth"] = auth
    if proxy.scheme in (b"socks5", b"socks5h"):
        try:
            import socksio  # noqa: F401  # httpcore imports it only while connecting
        except ImportError:
            raise ConfigurationError(
                "Proxy: a SOCKS proxy needs the package socksio: pip install psbridge[socks].",
                parameter="Proxy",
            ) from None
        return httpcore.SOCKSProxy, httpcore.AsyncSOCKSProxy, options
    if proxy.scheme == b"https":
        options["proxy_ssl_context"] = route.tls()
    return httpcore.HTTPProxy, httpcore.AsyncHTTPProxy, options


def _proxy_user(proxy: str) -> tuple[bytes, bytes] | None:
    parts = urlsplit(proxy)
    if parts.username is None:
        return None
    return unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or "")


def _without_user(proxy: str) -> str:
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


class _Body:
    """A request body that notes when it is asked for: the connection stands then, and its limit ends."""

    def __init__(self, content: Content, bounds: Bounds) -> None:
        self._content = content
        self._bounds = bounds

    def __iter__(self) -> Iterator[bytes]:
        self._bounds.connect_until = None
        yield from pieces_of(self._content)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._bounds.connect_until = None
        for piece in pieces_of(self._content):
            yield piece


def _core_request(request: WireRequest, bounds: Bounds) -> httpcore.Request:
    return httpcore.Request(
        request.method,
        request.url,
        headers=request.headers,
        content=_Body(request.body, bounds),
    )


class HttpcoreTransport:
    """The blocking transport; may be shared between threads."""

    def __init__(self) -> None:
        self._slots: _Slots[httpcore.ConnectionPool] = _Slots()

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's headers are there."""
        key = _slot_key(request.url, route)
        slot = self._slots.take(key)
        if slot is None:
            lease = Lease()
            kind, _, options = _options(request.url, route)
            slot = _Slot(kind(network_backend=SyncBackend(lease), **options), lease, self._slots.drained)
        slot.lease.bounds = bounds
        bounds.connect_until = bounds.idle_until = None
        try:
            response = slot.pool.handle_request(_core_request(request, bounds))
        except BaseException as error:
            slot.pool.close()
            failure = failure_of(error, bounds)
            if failure is None:
                raise
            raise failure from error
        return _SyncResponse(response, bounds, lambda ok: self._release(key, slot, ok))

    def _release(self, key: tuple[Any, ...], slot: _Slot[httpcore.ConnectionPool], reusable: bool) -> None:
        for stale in self._slots.put(key, slot) if reusable else [slot]:
            stale.pool.close()

    def close(self) -> None:
        """Close all idle connections."""
        for slot in self._slots.drain():
            slot.pool.close()


class _SyncResponse:
    def __init__(self, response: httpcore.Response, bounds: Bounds, release: Callable[[bool], None]) -> None:
        self.status = response.status
        self.reason = _reason(response)
        self.headers = response.headers
        self._response = response
        self._bounds = bounds
        self._release: Callable[[bool], None] | None = release
        self._pieces: Iterator[bytes] = response.iter_stream()
        self._whole = False

    def read(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._whole = True
            self.close()
            return b""
        except BaseException as error:
            self.close()
            failure = failure_of(error, self._bounds)
            if failure is None:
                raise
            raise failure from error

    def close(self) -> None:
        if self._release is not None:
            release, self._release = self._release, None
            try:
                self._response.close()
            finally:
                release(self._whole)


class AsyncHttpcoreTransport:
    """The asyncio transport; belongs to one event loop at a time."""

    def __init__(self) -> None:
        self._slots: _Slots[httpcore.AsyncConnectionPool] = _Slots()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's headers are there."""
        self._belong_here()
        key = _slot_key(request.url, route)
        slot = self._slots.take(key)
        if slot is None:
            lease = Lease()
            _, kind, options = _options(request.url, route)
            slot = _Slot(kind(network_backend=AsyncBackend(lease), **options), lease, self._slots.drained)
        slot.lease.bounds = bounds
        bounds.connect_until = bounds.idle_until = None
        try:
            response = await slot.pool.handle_async_request(_core_request(request, bounds))
        except BaseException as error:
            await slot.pool.aclose()
            failure = failure_of(error, bounds)
            if failure is None:
                raise
            raise failure from error
        return _AsyncResponse(response, bounds, self._slots, key, slot)

    async def close(self) -> None:
        """Close all idle connections."""
        self._belong_here()
        for slot in self._slots.drain():
            await slot.pool.aclose()

    def _belong_here(self) -> None:
        """Forget connections of another loop, which can be neither used nor closed in this one."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._slots.drain()
            self._loop = loop


class _AsyncResponse:
    def __init__(
        self,
        response: httpcore.Response,
        bounds: Bounds,
        slots: _Slots[httpcore.AsyncConnectionPool],
        key: tuple[Any, ...],
        slot: _Slot[httpcore.AsyncConnectionPool],
    ) -> None:
        self.status = response.status
        self.reason = _reason(response)
        self.headers = response.headers
        self._response = response
        self._bounds = bounds
        self._slots = slots
        self._key = key
        self._slot: _Slot[httpcore.AsyncConnectionPool] | None = slot
        self._pieces: AsyncIterator[bytes] = response.aiter_stream()
        self._whole = False

    async def read(self) -> bytes:
        try:
            return await self._pieces.__anext__()
        except StopAsyncIteration:
            self._whole = True
            await self.close()
            return b""
        except BaseException as error:
            await self.close()
            failure = failure_of(error, self._bounds)
            if failure is None:
                raise
            raise failure from error

    async def close(self) -> None:
        if self._slot is None:
            return
        slot, self._slot = self._slot, None
        if not self._whole:
            await slot.pool.aclose()
            return
        try:
            await self._response.aclose()
        except BaseException:  # cancelled in between: nobody else knows of the connection any more
            await slot.pool.aclose()
            raise
        for stale in self._slots.put(self._key, slot):
            await stale.pool.aclose()


def _reason(response: httpcore.Response) -> str:
    phrase: bytes = response.extensions.get("reason_phrase") or b""
    return phrase.decode("latin-1") or responses.get(response.status, "")


def failure_of(error: BaseException, bounds: Bounds) -> ClientError | None:
    """The client error for what httpcore raised; None for what is not its own, such as KeyboardInterrupt."""
    if isinstance(error, ClientError) or not isinstance(error, Exception):
        return None
    if bounds.cancelled:
        return CallCancelledError("The call was cancelled.")
    if isinstance(error, httpcore.TimeoutException):
        connecting = bounds.connect_until is not None
        limit = bounds.connect_until if connecting else bounds.idle_until
        if limit is None or limit >= bounds.deadline:
            return DeadlineError("The call did not finish within its time limit.")
        if connecting:
            return ConnectTimeoutError(
                f"There was no connection to {bounds.place} within {bounds.connect:g} s."
            )
        return IdleTimeoutError("The server went silent for longer than the idle limit.")
    reason = mask_text(str(error)) or type(error.__cause__ or error).__name__
    if isinstance(error, httpcore.ProxyError):
        status = int(reason[:3]) if reason[:3].isdigit() else None
        return ProxyFailedError(f"The proxy refused the connection: {reason}.", status=status)
    tls = _cause(error, ssl.SSLError)
    if tls is not None:
        told = getattr(tls, "verify_message", "") or getattr(tls, "reason", "") or str(tls)
        return TlsError(f"The TLS connection to {bounds.place} was not accepted: {told}.")
    if isinstance(error, httpcore.RemoteProtocolError):
        if "too long" in reason or "too large" in reason:
            return ResponseTooLargeError("The reply's headers are larger than 100 KiB.")
        if "without sending" in reason or "closed connection" in reason or "peer" in reason:
            return ConnectionFailedError("The server closed the connection before its reply was whole.")
        return BadResponseError(f"The reply breaks HTTP: {reason}.")
    if isinstance(error, httpcore.LocalProtocolError):
        return BadResponseError(f"The request breaks HTTP: {reason}.")
    if isinstance(error, httpcore.ConnectError):
        return ConnectionFailedError(f"There is no connection to {bounds.place}: {reason}.")
    if isinstance(error, httpcore.NetworkError | OSError):
        return ConnectionFailedError(f"The connection broke: {reason}.")
    if type(error).__module__.startswith("socksio"):
        return ProxyFailedError(f"The proxy refused the connection: {reason}.")
    return None


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None

"""The default transport, blocking: httpcore, httpx's engine, does HTTP/1.1, TLS and proxies over the sockets
of this room. On asyncio it does so where there is a proxy.

Its pool searches all connections for every request and slows down with hundreds of them, so each
connection here has a pool of its own, and idle ones wait on a stack: the cost of a request does not
depend on how many are under way.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpcore

from ...forks import leave_to_parent, start_afresh
from ..errors import ConfigurationError
from ..message.form import Content, pieces_of
from ..message.url import Url
from .blocking import BlockingBackend
from .bounds import Bounds, Lease
from .failures import Kinds, may_be_replaced, translated
from .handles import holds_idle
from .idle import KEEP_ALIVE, Idle
from .looping import LoopBackend
from .surplus import must_close
from .transport import Route, WireRequest, WireResponse, phrase_of

KINDS = Kinds(
    proxy=httpcore.ProxyError,
    protocol=httpcore.RemoteProtocolError,
    request=httpcore.LocalProtocolError,
    timeout=httpcore.TimeoutException,
    network=httpcore.NetworkError,
)


class _Slot:
    """One connection: a pool that may hold no more than it."""

    __slots__ = ("__weakref__", "idle_since", "lease", "opened_in", "pool")

    def __init__(self, pool: httpcore.ConnectionPool, lease: Lease, opened_in: int) -> None:
        self.pool = pool
        self.lease = lease
        self.opened_in = opened_in
        self.idle_since = 0.0


def _options(url: Url, route: Route) -> tuple[type, type, dict[str, Any]]:
    """Which pool classes (sync, async) and arguments reach `url` by `route`."""
    options: dict[str, Any] = {"max_connections": 1, "keepalive_expiry": KEEP_ALIVE}
    if url.scheme == "https":
        options["ssl_context"] = route.tls()
    if route.proxy is None:
        return httpcore.ConnectionPool, httpcore.AsyncConnectionPool, options
    proxy = httpcore.URL(_without_user(route.proxy))
    options["proxy_url"] = proxy
    options["proxy_auth"] = _proxy_user(route.proxy)
    if proxy.scheme in (b"socks5", b"socks5h"):
        check_socks()
        return httpcore.SOCKSProxy, httpcore.AsyncSOCKSProxy, options
    if proxy.scheme == b"https":
        options["proxy_ssl_context"] = route.tls()
    return httpcore.HTTPProxy, httpcore.AsyncHTTPProxy, options


def check_socks() -> None:
    """Refuse a SOCKS proxy where its package is missing.

    Raises:
        ConfigurationError: it is.
    """
    try:
        import socksio  # noqa: F401  # httpcore imports it only while connecting
    except ImportError:
        raise ConfigurationError(
            "Proxy: a SOCKS proxy needs the package socksio: pip install psbridge[socks].",
            parameter="Proxy",
        ) from None


def _proxy_user(proxy: str) -> tuple[bytes, bytes] | None:
    parts = urlsplit(proxy)
    if parts.username is None:
        return None
    return unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or "")


def _without_user(proxy: str) -> str:
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


class Pieces:
    """A request body that notes when it is asked for: the connection stands then, and its limit ends."""

    def __init__(self, content: Content, lease: Lease) -> None:
        self._content = content
        self._lease = lease

    def __iter__(self) -> Iterator[bytes]:
        self._lease.connected()
        yield from pieces_of(self._content)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._lease.connected()
        for piece in pieces_of(self._content):
            yield piece


@functools.lru_cache(maxsize=256)
def _core_url(url: Url) -> httpcore.URL:
    return httpcore.URL(scheme=url.scheme, host=url.host.encode("ascii"), port=url.port, target=url.target)


def _core_request(request: WireRequest, lease: Lease, watch: Any) -> httpcore.Request:
    return httpcore.Request(
        request.method,
        _core_url(request.url),
        headers=request.headers,
        content=Pieces(request.body, lease),
        extensions={} if watch is None else {"trace": watch},
    )


class ProxyWatch:
    """Notes the status of the last reply's head: before the request is out, it is a proxy's."""

    def __init__(self) -> None:
        self.status: int | None = None

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Note the status of a proxy's answer, among the events that the library tells."""
        if event.endswith("receive_response_headers.complete"):
            self.status = info["return_value"][1]

    async def on_loop(self, event: str, info: dict[str, Any]) -> None:
        """The same, as an asyncio library calls it."""
        self(event, info)


class HttpcoreTransport:
    """The blocking transport; may be shared between threads."""

    def __init__(self) -> None:
        self._idle: Idle[_Slot] = Idle()
        start_afresh(self)
        holds_idle(self)

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's head is there."""
        key = route.key(request.url)
        slot = self._idle.take(key)
        while True:
            if slot is None:
                slot = self._new(request.url, route)
            lease = slot.lease
            lease.begin(bounds, request.place, route.proxy_place)
            watch = ProxyWatch() if route.proxy is not None else None
            try:
                response = slot.pool.handle_request(_core_request(request, lease, watch))
            except BaseException as error:
                slot.pool.close()
                failure = translated(error, KINDS, lease, watch.status if watch else None)
                if may_be_replaced(request, lease, failure):
                    slot = None
                    continue
                if failure is None or failure is error:
                    raise
                raise failure from error
            return _Response(response, slot, functools.partial(self._back, key, slot))

    def _new(self, url: Url, route: Route) -> _Slot:
        lease = Lease()
        kind, _, options = _options(url, route)
        backend = BlockingBackend(lambda: lease, httpcore.WriteError)
        return _Slot(kind(network_backend=backend, **options), lease, self._idle.times_drained)

    def _back(self, key: tuple[Any, ...], slot: _Slot, reusable: bool) -> None:
        slot.lease.bounds = None
        for stale in self._idle.put(key, slot, slot.opened_in) if reusable else [slot]:
            stale.pool.close()

    def close(self) -> None:
        """Close all idle connections."""
        for slot in self._idle.drain():
            slot.pool.close()

    def give_up_idle(self) -> None:
        """Close all idle connections, since file handles have run out."""
        self.close()

    def after_fork(self) -> None:
        """In a child: forget what is the parent's."""
        leave_to_parent(self._idle)
        self._idle = Idle()


class _Response:
    def __init__(
        self,
        response: httpcore.Response,
        slot: _Slot,
        release: Callable[[bool], None],
    ) -> None:
        self.status = response.status
        self.reason = phrase_of(response.extensions.get("reason_phrase") or b"", response.status)
        self.headers = response.headers
        self._response = response
        self._lease = slot.lease
        self._release: Callable[[bool], None] | None = release
        self._pieces: Iterator[bytes] = response.iter_stream()
        self._whole = False

    def read(self, until: float | None = None) -> bytes:
        if self._release is None:
            return b""
        lease = self._lease
        lease.reading(until)
        try:
            return next(self._pieces)
        except StopIteration:
            self._whole = not must_close(self._response.stream)
            self.close()
            return b""
        except BaseException as error:
            failure = translated(error, KINDS, lease)
            self.close()
            if failure is None or failure is error:
                raise
            raise failure from error

    def close(self) -> None:
        if self._release is not None:
            release, self._release = self._release, None
            try:
                self._response.close()
            finally:
                release(self._whole)


class Proxied:
    """What `Direct` is, through a proxy: an httpcore pool that may hold no more than one connection."""

    kinds = KINDS

    def __init__(self, url: Url, route: Route, lease: Lease) -> None:
        _, kind, options = _options(url, route)
        backend = LoopBackend(lambda: lease, httpcore.WriteError)
        self._pool: httpcore.AsyncConnectionPool = kind(network_backend=backend, **options)
        self._lease = lease
        self._response: Any = None
        self._pieces: Any = None
        self.proxy_status: int | None = None
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, request: WireRequest) -> None:
        """See `Direct`."""
        watch = ProxyWatch()
        try:
            response = await self._pool.handle_async_request(
                _core_request(request, self._lease, watch.on_loop)
            )
        finally:
            self.proxy_status = watch.status
        self._response, self._pieces = response, response.aiter_stream()
        self.status, self.headers = response.status, response.headers
        self.reason = response.extensions.get("reason_phrase") or b""

    async def read(self) -> bytes:
        """See `Direct`."""
        piece: bytes = await anext(self._pieces, b"")
        return piece

    async def finish(self) -> bool:
        """See `Direct`."""
        if must_close(self._response.stream):
            return False
        await self._response.aclose()
        return True

    def is_good(self) -> bool:
        """See `Direct`; the pool looks by itself."""
        return True

    async def close(self) -> None:
        """See `Direct`."""
        await self._pool.aclose()

"""Connections through a proxy: httpcore, httpx's engine, does HTTP/1.1, TLS and proxies over the sockets of
this room.

Its pool searches all connections for every request and slows down with hundreds of them, so each
connection here has a pool of its own.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpcore

from ..errors import ConfigurationError
from ..message.form import Content, pieces_of
from ..message.url import Url
from .blocking import BlockingBackend
from .bounds import Lease
from .failures import Kinds
from .idle import KEEP_ALIVE
from .looping import LoopBackend
from .surplus import must_close
from .transport import Route, WireRequest

KINDS = Kinds(
    proxy=httpcore.ProxyError,
    protocol=httpcore.RemoteProtocolError,
    request=httpcore.LocalProtocolError,
    timeout=httpcore.TimeoutException,
    network=httpcore.NetworkError,
)


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


class _Proxied:
    """What both have: the reply that is read."""

    kinds = KINDS

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._response: Any = None
        self._pieces: Any = None
        self.proxy_status: int | None = None
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.old = False

    def _take(self, response: Any, pieces: Any) -> None:
        self._response, self._pieces = response, pieces
        self.status, self.headers = response.status, response.headers
        self.reason = response.extensions.get("reason_phrase") or b""
        self.old = response.extensions.get("http_version") == b"HTTP/1.0"

    def is_good(self) -> bool:
        """See `Direct`; the pool looks by itself."""
        return True


class BlockingProxied(_Proxied):
    """What `BlockingDirect` is, through a proxy: an httpcore pool of one connection."""

    def __init__(self, url: Url, route: Route, lease: Lease) -> None:
        kind, _, options = _options(url, route)
        backend = BlockingBackend(lambda: lease, httpcore.WriteError)
        self._pool: httpcore.ConnectionPool = kind(network_backend=backend, **options)
        super().__init__(lease)

    def send(self, request: WireRequest) -> None:
        """See `BlockingDirect`."""
        watch = ProxyWatch()
        try:
            response = self._pool.handle_request(_core_request(request, self._lease, watch))
        finally:
            self.proxy_status = watch.status
        self._take(response, response.iter_stream())

    def read(self) -> bytes:
        """See `BlockingDirect`."""
        piece: bytes = next(self._pieces, b"")
        return piece

    def finish(self) -> bool:
        """See `BlockingDirect`."""
        if must_close(self._response.stream):
            return False
        self._response.close()
        return True

    def close(self) -> None:
        """See `BlockingDirect`."""
        self._pool.close()


class Proxied(_Proxied):
    """The asyncio twin of `BlockingProxied`."""

    def __init__(self, url: Url, route: Route, lease: Lease) -> None:
        _, kind, options = _options(url, route)
        backend = LoopBackend(lambda: lease, httpcore.WriteError)
        self._pool: httpcore.AsyncConnectionPool = kind(network_backend=backend, **options)
        super().__init__(lease)

    async def send(self, request: WireRequest) -> None:
        """See `Direct`."""
        watch = ProxyWatch()
        try:
            response = await self._pool.handle_async_request(
                _core_request(request, self._lease, watch.on_loop)
            )
        finally:
            self.proxy_status = watch.status
        self._take(response, response.aiter_stream())

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

    async def close(self) -> None:
        """See `Direct`."""
        await self._pool.aclose()

"""The transport seam over httpx, or httpx2, its fork: a client of the caller's own, or one made for each
route.

A client of one's own is for what only it can be told: hooks, authentication, transports. It keeps its own
sockets: there the deadline is looked at between reads, and httpx's own limits are set to what is left of
it. Clients made here stand on the sockets of this room and keep the whole contract.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ...forks import leave_to_parent, start_afresh
from ..errors import ClientError, ConfigurationError
from .blocking import BlockingBackend
from .bounds import Bounds, Lease, Phase
from .failures import Kinds, may_be_replaced, translated
from .handles import holds_idle, most_idle
from .httpcore_transport import Pieces, ProxyWatch, check_socks
from .idle import KEEP_ALIVE
from .looping import LoopBackend, caught_up
from .surplus import must_close
from .transport import AsyncWireResponse, Route, WireRequest, WireResponse

_ENGINES = {"httpx": "httpcore", "httpx2": "httpcore2"}
_lease: ContextVar[Lease] = ContextVar("psbridge_lease")  # of the call that is under way here


@dataclass(frozen=True)
class _Library:
    """httpx or its fork, and what its errors mean."""

    module: Any
    engine: Any
    kinds: Kinds
    sync_body: type
    async_body: type


_libraries: dict[str, _Library] = {}


def _library(name: str) -> _Library:
    known = _libraries.get(name)
    if known is not None:
        return known
    try:
        module = importlib.import_module(name)
        engine = importlib.import_module(_ENGINES[name])
    except ImportError:
        raise ConfigurationError(
            f"Transport: {name} is not installed: pip install psbridge[{name}].", parameter="Transport"
        ) from None
    kinds = Kinds(
        proxy=module.ProxyError,
        protocol=module.RemoteProtocolError,
        request=module.LocalProtocolError,
        timeout=module.TimeoutException,
        network=module.NetworkError,
    )
    library = _Library(
        module,
        engine,
        kinds,
        type("Body", (Pieces, module.SyncByteStream), {}),
        type("AsyncBody", (Pieces, module.AsyncByteStream), {}),
    )
    return _libraries.setdefault(name, library)


def _library_of(client: Any) -> _Library:
    roots = [kind.__module__.partition(".")[0] for kind in type(client).__mro__]
    return _library(next((root for root in roots if root in _ENGINES), "httpx"))


def _built(library: _Library, body: type, request: WireRequest, lease: Lease, watch: Any) -> Any:
    assert lease.bounds is not None
    left = max(lease.bounds.left(), 0.001)
    timeout = library.module.Timeout(left, connect=min(lease.bounds.connect, left))
    return library.module.Request(
        request.method,
        str(request.url),
        headers=request.headers,
        stream=body(request.body, lease),
        extensions={"timeout": timeout.as_dict(), **({} if watch is None else {"trace": watch})},
    )


def _failure(
    error: BaseException, library: _Library, lease: Lease, own: bool, proxy_status: int | None = None
) -> ClientError | None:
    if not own:  # its sockets tell nothing: what is known of the phase is what the error's type says
        module = library.module
        if isinstance(error, module.ConnectTimeout | module.PoolTimeout | module.ConnectError):
            lease.phase = Phase.CONNECT
            lease.until = float("-inf") if isinstance(error, module.TimeoutException) else None
        lease.ended = lease.ended or lease.phase is Phase.BODY
    return translated(error, library.kinds, lease, proxy_status)


class HttpxTransport:
    """Sends through an `httpx.Client` or `httpx2.Client`; closing the psbridge client leaves it open.

    `Client(transport=HttpxTransport(httpx.Client(...)))`: what the httpx client says about proxies, TLS,
    authentication and hooks counts, and the configuration's proxy and TLS settings do not.
    """

    _own = False

    def __init__(self, client: Any) -> None:
        self._client = client
        self._library = _library_of(client)

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's head is there."""
        library = self._library
        while True:
            lease = Lease()
            lease.begin(bounds, request.place, route.proxy_place if self._own else None)
            watch = ProxyWatch() if self._own and route.proxy is not None else None
            _lease.set(lease)
            try:
                response = self._client_for(route).send(
                    _built(library, library.sync_body, request, lease, watch),
                    stream=True,
                    follow_redirects=False,
                )
            except BaseException as error:
                failure = _failure(error, library, lease, self._own, watch.status if watch else None)
                if self._own and may_be_replaced(request, lease, failure):
                    continue  # each that has ended leaves the library's pool, so this ends with a new one
                if failure is None or failure is error:
                    raise
                raise failure from error
            return _Response(response, library, lease, self._own)

    def _client_for(self, route: Route) -> Any:
        return self._client

    def close(self) -> None:
        """Nothing: the httpx client is the caller's."""


class _Response:
    def __init__(self, response: Any, library: _Library, lease: Lease, own: bool) -> None:
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.headers = response.headers.raw
        self.old = response.http_version == "HTTP/1.0"
        self._response = response
        self._library = library
        self._lease = lease
        self._own = own
        self._pieces: Iterator[bytes] = iter(response.stream)
        self._closed = False

    def read(self, until: float | None = None) -> bytes:
        if self._closed:
            return b""
        lease = self._lease
        lease.reading(until)
        _lease.set(lease)
        try:
            lease.left()
            return next(self._pieces)
        except StopIteration:
            must_close(self._response.stream)
            self.close()
            return b""
        except BaseException as error:
            failure = _failure(error, self._library, lease, self._own)
            self.close()
            if failure is None or failure is error:
                raise
            raise failure from error

    def close(self) -> None:
        self._closed = True
        self._response.close()


class OwnHttpxTransport(HttpxTransport):
    """Sends through httpx clients made here, one a route, over the sockets of this room."""

    _own = True

    def __init__(self, name: str) -> None:
        self._library = _library(name)
        self._clients: dict[tuple[Any, ...], Any] = {}
        start_afresh(self)
        holds_idle(self)

    def _client_for(self, route: Route) -> Any:
        key = (route.proxy, route.tls_key)
        client = self._clients.get(key)
        if client is None:
            module = self._library.module
            inner = module.HTTPTransport(**_settings(module, route))
            inner._pool._network_backend = BlockingBackend(_lease.get, self._library.engine.WriteError)
            client = self._clients.setdefault(key, module.Client(transport=inner, trust_env=False))
        return client

    def close(self) -> None:
        """Close all connections."""
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def give_up_idle(self) -> None:
        """Nothing: httpx does not tell its idle connections from the others."""

    def after_fork(self) -> None:
        """In a child: forget what is the parent's."""
        leave_to_parent(self._clients)
        self._clients = {}


def _settings(module: Any, route: Route) -> dict[str, Any]:
    context = route.tls()
    proxy = None
    if route.proxy is not None:
        if route.proxy.startswith("socks"):
            check_socks()
        secure = route.proxy.startswith("https:")
        proxy = module.Proxy(str(route.proxy), ssl_context=context if secure else None)
    return {
        "verify": context,
        "trust_env": False,
        "limits": module.Limits(
            max_connections=None, max_keepalive_connections=most_idle(), keepalive_expiry=KEEP_ALIVE
        ),
        "proxy": proxy,
    }


class AsyncHttpxTransport:
    """The asyncio twin of `HttpxTransport`, over an `httpx.AsyncClient` or `httpx2.AsyncClient`."""

    _own = False

    def __init__(self, client: Any) -> None:
        self._client = client
        self._library = _library_of(client)

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's head is there."""
        library = self._library
        await caught_up()
        while True:
            lease = Lease()
            lease.begin(bounds, request.place, route.proxy_place if self._own else None)
            watch = ProxyWatch() if self._own and route.proxy is not None else None
            _lease.set(lease)
            try:
                client = self._client_for(route)
                response = await client.send(
                    _built(library, library.async_body, request, lease, watch and watch.on_loop),
                    stream=True,
                    follow_redirects=False,
                )
            except BaseException as error:
                failure = _failure(error, library, lease, self._own, watch.status if watch else None)
                if self._own and may_be_replaced(request, lease, failure):
                    continue
                if failure is None or failure is error:
                    raise
                raise failure from error
            return _AsyncResponse(response, library, lease, self._own)

    def _client_for(self, route: Route) -> Any:
        return self._client

    async def close(self) -> None:
        """Nothing: the httpx client is the caller's."""


class _AsyncResponse:
    def __init__(self, response: Any, library: _Library, lease: Lease, own: bool) -> None:
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.headers = response.headers.raw
        self.old = response.http_version == "HTTP/1.0"
        self._response = response
        self._library = library
        self._lease = lease
        self._own = own
        self._pieces: AsyncIterator[bytes] = aiter(response.stream)
        self._closed = False

    async def read(self, until: float | None = None) -> bytes:
        if self._closed:
            return b""
        lease = self._lease
        lease.reading(until)
        _lease.set(lease)
        try:
            lease.left()
            return await anext(self._pieces)
        except StopAsyncIteration:
            must_close(self._response.stream)
            await self.close()
            return b""
        except BaseException as error:
            failure = _failure(error, self._library, lease, self._own)
            await self.close()
            if failure is None or failure is error:
                raise
            raise failure from error

    async def close(self) -> None:
        self._closed = True
        await self._response.aclose()


class AsyncOwnHttpxTransport(AsyncHttpxTransport):
    """The asyncio twin of `OwnHttpxTransport`; belongs to one event loop at a time."""

    _own = True

    def __init__(self, name: str) -> None:
        self._library = _library(name)
        self._clients: dict[tuple[Any, ...], Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        start_afresh(self)

    def _client_for(self, route: Route) -> Any:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._clients = loop, {}
        key = (route.proxy, route.tls_key)
        client = self._clients.get(key)
        if client is None:
            module = self._library.module
            inner = module.AsyncHTTPTransport(**_settings(module, route))
            inner._pool._network_backend = LoopBackend(_lease.get, self._library.engine.WriteError)
            client = self._clients[key] = module.AsyncClient(transport=inner, trust_env=False)
        return client

    async def close(self) -> None:
        """Close all connections."""
        clients, self._clients = list(self._clients.values()), {}
        if asyncio.get_running_loop() is self._loop:
            for client in clients:
                await client.aclose()

    def after_fork(self) -> None:
        """In a child: forget what is the parent's."""
        leave_to_parent(self._clients, self._loop)
        self._clients, self._loop = {}, None

"""The transport seam over an httpx client of the caller's own: its hooks, transports, proxies, certificates.

For what only an httpx client can be told. The default transport drives httpcore, the engine under httpx,
itself: that is faster with many connections and keeps to a deadline within every read. Here the deadline is
looked at between reads, and httpx's own limits are set to what is left of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from ..errors import ClientError
from ..message.form import Form
from .network import Bounds
from .transport import AsyncWireResponse, Route, WireRequest, WireResponse, failure_of


def _built(
    request: WireRequest, bounds: Bounds, form: Callable[[Form], Iterable[bytes] | AsyncIterable[bytes]]
) -> httpx.Request:
    bounds.connect_until = bounds.idle_until = None
    left = max(bounds.left(), 0.001)
    timeout = httpx.Timeout(left, connect=min(bounds.connect, left))
    return httpx.Request(
        request.method,
        bytes(request.url).decode("ascii"),
        headers=request.headers,
        content=form(request.body) if isinstance(request.body, Form) else request.body,
        extensions={"timeout": timeout.as_dict()},
    )


async def _pieces(form: Form) -> AsyncIterator[bytes]:
    for piece in form.pieces():
        yield piece


def _failure(error: BaseException, bounds: Bounds) -> ClientError | None:
    """The client error for what httpx raised: its exceptions have the names of httpcore's that they wrap."""
    if not isinstance(error, httpx.TransportError):
        return failure_of(error, bounds)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        bounds.connect_until = bounds.now()
    inner = error.__cause__
    if inner is None or not type(inner).__module__.startswith("httpcore"):
        inner = getattr(httpcore, type(error).__name__, httpcore.NetworkError)(str(error))
    return failure_of(inner, bounds)


@contextmanager
def _told(bounds: Bounds) -> Iterator[None]:
    """What httpx raises inside is raised as the client's own error."""
    try:
        yield
    except BaseException as error:
        failure = _failure(error, bounds)
        if failure is None:
            raise
        raise failure from error


def _check(bounds: Bounds) -> None:
    """Between two reads: raises what httpcore raises inside one when the time is up."""
    if bounds.left(bounds.idle_until) <= 0 or bounds.cancelled:
        raise httpcore.ReadTimeout("no time left")


class HttpxTransport:
    """Sends through an `httpx.Client`; closing the psbridge client leaves it open.

    `Client(transport=HttpxTransport(httpx.Client(...)))`: what the httpx client says about proxies, TLS,
    authentication and hooks counts, and the configuration's proxy and TLS settings do not.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's headers are there."""
        with _told(bounds):
            response = self._client.send(
                _built(request, bounds, Form.pieces), stream=True, follow_redirects=False
            )
        return _Response(response, bounds)

    def close(self) -> None:
        """Nothing: the httpx client is the caller's."""


class _Response:
    def __init__(self, response: httpx.Response, bounds: Bounds) -> None:
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.headers = response.headers.raw
        self._response = response
        self._bounds = bounds
        self._pieces: Iterator[bytes] = response.iter_raw()

    def read(self) -> bytes:
        try:
            with _told(self._bounds):
                _check(self._bounds)
                return next(self._pieces, b"")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._response.close()


class AsyncHttpxTransport:
    """The asyncio twin of `HttpxTransport`, over an `httpx.AsyncClient`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's headers are there."""
        with _told(bounds):
            response = await self._client.send(
                _built(request, bounds, _pieces), stream=True, follow_redirects=False
            )
        return _AsyncResponse(response, bounds)

    async def close(self) -> None:
        """Nothing: the httpx client is the caller's."""


class _AsyncResponse:
    def __init__(self, response: httpx.Response, bounds: Bounds) -> None:
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.headers = response.headers.raw
        self._response = response
        self._bounds = bounds
        self._pieces: AsyncIterator[bytes] = response.aiter_raw()

    async def read(self) -> bytes:
        try:
            with _told(self._bounds):
                _check(self._bounds)
                return await anext(self._pieces, b"")
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self._response.aclose()

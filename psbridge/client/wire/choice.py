"""The transport that a configuration's `transport` names, made when it is first used."""

from __future__ import annotations

from .asyncio_transport import AsyncioTransport
from .blocking_transport import BlockingTransport
from .bounds import Bounds
from .transport import AsyncTransport, AsyncWireResponse, Route, Transport, WireRequest, WireResponse


class ChosenTransport:
    """Sends by the library that the route names; the default's connections are there from the start."""

    def __init__(self) -> None:
        self._default = BlockingTransport()
        self._others: dict[str, Transport] = {}

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's head is there.

        Raises:
            ConfigurationError: the library is not installed.
        """
        if route.library == "httpcore":
            return self._default.send(request, route, bounds)
        transport = self._others.get(route.library)
        if transport is None:
            from .httpx_transport import OwnHttpxTransport

            transport = self._others.setdefault(route.library, OwnHttpxTransport(route.library))
        return transport.send(request, route, bounds)

    def close(self) -> None:
        """Close all idle connections."""
        self._default.close()
        for transport in list(self._others.values()):
            transport.close()


class AsyncChosenTransport:
    """The asyncio twin of `ChosenTransport`."""

    def __init__(self) -> None:
        self._default = AsyncioTransport()
        self._others: dict[str, AsyncTransport] = {}

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's head is there.

        Raises:
            ConfigurationError: the library is not installed.
        """
        if route.library == "httpcore":
            return await self._default.send(request, route, bounds)
        transport = self._others.get(route.library)
        if transport is None:
            from .httpx_transport import AsyncOwnHttpxTransport

            transport = self._others.setdefault(route.library, AsyncOwnHttpxTransport(route.library))
        return await transport.send(request, route, bounds)

    async def close(self) -> None:
        """Close all idle connections."""
        await self._default.close()
        for transport in list(self._others.values()):
            await transport.close()

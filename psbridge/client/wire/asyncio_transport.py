"""The default transport on asyncio: straight to a server by `direct`, through a proxy by httpcore.

Idle ones wait on a stack, so that the cost of a request does not depend on how many are under way.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from ...forks import leave_to_parent, start_afresh
from ..message.url import Url
from .bounds import Bounds, Lease
from .direct import Direct
from .failures import may_be_replaced, translated
from .handles import holds_idle
from .idle import KEEP_ALIVE, Idle, Slot
from .looping import caught_up
from .transport import AsyncWireResponse, Route, WireRequest, phrase_of

if TYPE_CHECKING:
    from .httpcore_transport import Proxied

    Connection: TypeAlias = Direct | Proxied


def _proxied(url: Url, route: Route, lease: Lease) -> Proxied:
    from .httpcore_transport import Proxied  # which loads httpcore

    return Proxied(url, route, lease)


class AsyncioTransport:
    """The asyncio transport; belongs to one event loop at a time."""

    def __init__(self) -> None:
        self._idle: Idle[Slot[Connection]] = Idle()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()
        start_afresh(self)
        holds_idle(self)

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, and return when the reply's head is there."""
        self._belong_here()
        if self._idle:
            await caught_up()
        key = route.key(request.url)
        proxy = route.proxy_place
        while True:
            slot = self._idle.take(key)
            while slot is not None and not slot.connection.is_good():
                await slot.connection.close()
                slot = self._idle.take(key)
            if slot is None:
                slot = self._new(request.url, route)
            lease, connection = slot.lease, slot.connection
            lease.begin(bounds, request.place, proxy)
            try:
                await connection.send(request)
            except BaseException as error:
                await connection.close()
                failure = translated(error, connection.kinds, lease, connection.proxy_status)
                if may_be_replaced(request, lease, failure):
                    continue
                if failure is None or failure is error:
                    raise
                raise failure from error
            return _Response(self, key, slot)

    def _new(self, url: Url, route: Route) -> Slot[Connection]:
        lease = Lease()
        connection = Direct(route, lease) if route.proxy is None else _proxied(url, route, lease)
        return Slot(connection, lease, self._idle.times_drained)

    async def back(self, key: tuple[Any, ...], slot: Slot[Connection]) -> None:
        """Make `slot` idle."""
        slot.lease.bounds = None
        for stale in self._idle.put(key, slot, slot.opened_in):
            await stale.connection.close()
        if self._sweep is None and self._idle:
            self._sweep = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._sweep_out)

    def _sweep_out(self) -> None:
        """Close what has been idle for too long, so that it holds no file handle."""
        self._sweep = None
        self._close_later(self._idle.expired())
        if self._idle:
            self._sweep = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._sweep_out)

    def _close_later(self, slots: list[Slot[Connection]]) -> None:
        async def close() -> None:
            for slot in slots:
                await slot.connection.close()

        if slots:
            task = asyncio.ensure_future(close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all idle connections."""
        self._belong_here()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for slot in self._idle.drain():
            await slot.connection.close()

    def give_up_idle(self) -> None:
        """Close all idle connections, since file handles have run out; from any thread, in the loop."""
        import threading

        loop = self._loop
        if loop is None or loop.is_closed() or not self._idle:
            return
        try:
            here = asyncio.get_running_loop() is loop
        except RuntimeError:
            here = False
        if here:
            self._close_later(self._idle.drain())
            return
        closed = threading.Event()

        async def give_up() -> None:
            try:
                for slot in self._idle.drain():
                    await slot.connection.close()
                await asyncio.sleep(0)  # the loop closes the sockets in its next round
            finally:
                closed.set()

        try:
            loop.call_soon_threadsafe(lambda: self._closing.add(loop.create_task(give_up())))
        except RuntimeError:  # it has been closed meanwhile
            return
        closed.wait(1.0)

    def after_fork(self) -> None:
        """In a child: forget what is the parent's, whose loop does not run here."""
        leave_to_parent(self._idle, self._loop, self._sweep, self._closing)
        self._idle, self._loop, self._sweep, self._closing = Idle(), None, None, set()

    def _belong_here(self) -> None:
        """Forget connections of another loop, which can be neither used nor closed in this one."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._idle.drain()
            self._loop, self._sweep = loop, None


class _Response:
    def __init__(self, transport: AsyncioTransport, key: tuple[Any, ...], slot: Slot[Connection]) -> None:
        connection = slot.connection
        self.status = connection.status
        self.reason = phrase_of(connection.reason, connection.status)
        self.headers = connection.headers
        self.old = connection.old
        self._transport = transport
        self._key = key
        self._slot: Slot[Connection] | None = slot

    async def read(self, until: float | None = None) -> bytes:
        slot = self._slot
        if slot is None:
            return b""
        slot.lease.reading(until)
        try:
            piece = await slot.connection.read()
            if not piece:
                again = await slot.connection.finish()
                self._slot = None
                await (self._transport.back(self._key, slot) if again else slot.connection.close())
            return piece
        except BaseException as error:
            failure = translated(error, slot.connection.kinds, slot.lease)
            self._slot = None
            await slot.connection.close()
            if failure is None or failure is error:
                raise
            raise failure from error

    async def close(self) -> None:
        slot, self._slot = self._slot, None
        if slot is not None:
            await slot.connection.close()

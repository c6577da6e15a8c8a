"""The default transport, blocking: straight to a server by `direct`, through a proxy by httpcore.

Idle ones wait on a stack, so that the cost of a request does not depend on how many are under way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ...forks import leave_to_parent, start_afresh
from ..message.url import Url
from .bounds import Bounds, Lease
from .direct import BlockingDirect
from .failures import may_be_replaced, translated
from .handles import holds_idle
from .idle import Idle, Slot
from .transport import Route, WireRequest, WireResponse, phrase_of

if TYPE_CHECKING:
    from .httpcore_transport import BlockingProxied

    Connection: TypeAlias = BlockingDirect | BlockingProxied


def _proxied(url: Url, route: Route, lease: Lease) -> BlockingProxied:
    from .httpcore_transport import BlockingProxied  # which loads httpcore

    return BlockingProxied(url, route, lease)


class BlockingTransport:
    """The blocking transport; may be shared between threads."""

    def __init__(self) -> None:
        self._idle: Idle[Slot[Connection]] = Idle()
        start_afresh(self)
        holds_idle(self)

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, and return when the reply's head is there."""
        key = route.key(request.url)
        proxy = route.proxy_place
        while True:
            slot = self._idle.take(key)
            while slot is not None and not (slot.is_fresh() and slot.connection.is_good()):
                slot.connection.close()
                slot = self._idle.take(key)
            if slot is None:
                slot = self._new(request.url, route)
            lease, connection = slot.lease, slot.connection
            lease.begin(bounds, request.place, proxy)
            try:
                connection.send(request)
            except BaseException as error:
                connection.close()
                failure = translated(error, connection.kinds, lease, connection.proxy_status)
                if may_be_replaced(request, lease, failure):
                    continue
                if failure is None or failure is error:
                    raise
                raise failure from error
            return _Response(self, key, slot)

    def _new(self, url: Url, route: Route) -> Slot[Connection]:
        lease = Lease()
        connection = BlockingDirect(route, lease) if route.proxy is None else _proxied(url, route, lease)
        return Slot(connection, lease, self._idle.times_drained)

    def back(self, key: tuple[Any, ...], slot: Slot[Connection]) -> None:
        """Make `slot` idle."""
        slot.lease.bounds = None
        for stale in self._idle.put(key, slot, slot.opened_in):
            stale.connection.close()

    def close(self) -> None:
        """Close all idle connections."""
        for slot in self._idle.drain():
            slot.connection.close()

    def give_up_idle(self) -> None:
        """Close all idle connections, since file handles have run out."""
        self.close()

    def after_fork(self) -> None:
        """In a child: forget what is the parent's."""
        leave_to_parent(self._idle)
        self._idle = Idle()


class _Response:
    def __init__(self, transport: BlockingTransport, key: tuple[Any, ...], slot: Slot[Connection]) -> None:
        connection = slot.connection
        self.status = connection.status
        self.reason = phrase_of(connection.reason, connection.status)
        self.headers = connection.headers
        self.old = connection.old
        self._transport = transport
        self._key = key
        self._slot: Slot[Connection] | None = slot

    def read(self, until: float | None = None) -> bytes:
        slot = self._slot
        if slot is None:
            return b""
        slot.lease.reading(until)
        try:
            piece = slot.connection.read()
            if not piece:
                again = slot.connection.finish()
                self._slot = None
                if again:
                    self._transport.back(self._key, slot)
                else:
                    slot.connection.close()
            return piece
        except BaseException as error:
            failure = translated(error, slot.connection.kinds, slot.lease)
            self._slot = None
            slot.connection.close()
            if failure is None or failure is error:
                raise
            raise failure from error

    def close(self) -> None:
        slot, self._slot = self._slot, None
        if slot is not None:
            slot.connection.close()

"""asyncio connections that keep to a lease: no task and no scope per read, about half the cost of anyio's.

The asyncio twin of `blocking`, in the form that httpcore and its fork take as a network backend. Knows
nothing of HTTP, retries or configuration.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from ...forks import track_socket
from ..errors import ConnectionFailedError
from .addresses import STAGGER, Address, look_up, numeric
from .blocking import WRITE_PIECE, is_head, is_readable
from .bounds import Lease
from .failures import no_connection, socket_failure
from .handles import make_room, ran_out

T = TypeVar("T")

_READ_AHEAD = 1 << 18  # bytes buffered before the peer is slowed down


class LoopBackend:
    """Opens connections; `lease` gives the lease of whoever asks, `write_error` is the library's class."""

    def __init__(self, lease: Callable[[], Lease], write_error: type[Exception]) -> None:
        self._lease = lease
        self._write_error = write_error

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> LoopStream:
        """A TCP connection to the address of `host` that answers first (RFC 8305)."""
        lease = self._lease()
        lease.connecting()
        try:
            protocol = await _within(lease, _connected(host, port))
        except (OSError, UnicodeError) as error:
            raise no_connection(error, lease) from error
        lease.reaching = False
        return LoopStream(protocol, self._lease, self._write_error)

    async def sleep(self, seconds: float) -> None:
        """Never asked for: connecting is tried again by the retry loop alone."""
        raise NotImplementedError


async def _connected(host: str, port: int) -> _Protocol:
    addresses = numeric(host, port)
    if addresses is None:
        addresses = await _looked_up(host, port)
    sock = await (_raced(addresses) if len(addresses) > 1 else _one(addresses))
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        track_socket(sock)
        _, protocol = await asyncio.get_running_loop().create_connection(_Protocol, sock=sock)
    except BaseException:
        sock.close()
        raise
    return protocol


async def _looked_up(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[list[Address]] = loop.create_future()

    def settle(answer: list[Address] | Exception) -> None:
        if waiter.done():
            return
        if isinstance(answer, Exception):
            waiter.set_exception(answer)
        else:
            waiter.set_result(answer)

    def deliver(answer: list[Address] | Exception) -> None:
        try:
            loop.call_soon_threadsafe(settle, answer)
        except RuntimeError:  # the loop has ended meanwhile, and nobody waits any more
            return

    look_up(host, port, deliver)
    return await waiter


async def _one(addresses: list[Address]) -> socket.socket:
    if not addresses:
        raise OSError("the name has no address")
    address = addresses[0]
    try:
        sock = socket.socket(address.family, address.kind, address.protocol)
    except OSError as error:
        if not ran_out(error):
            raise
        make_room()
        for _ in range(3):  # this loop's own are closed in its next rounds
            await asyncio.sleep(0)
        sock = socket.socket(address.family, address.kind, address.protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address.place)
    except BaseException:
        sock.close()
        raise
    return sock


async def _raced(addresses: list[Address]) -> socket.socket:
    """The first connection that stands; each address gets a head start before the next is tried beside it."""
    remaining = list(addresses)
    running: set[asyncio.Task[socket.socket]] = set()
    failure: BaseException = OSError("the name has no address")
    winner: socket.socket | None = None
    try:
        while remaining or running:
            if remaining:
                running.add(asyncio.ensure_future(_one([remaining.pop(0)])))
            done, _ = await asyncio.wait(
                running, timeout=STAGGER if remaining else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is not None:
                    running.discard(task)
                    failure = error
                elif winner is None:
                    running.discard(task)
                    winner = task.result()
            if winner is not None:
                return winner
        raise failure
    except BaseException:
        if winner is not None:
            winner.close()
        raise
    finally:
        for task in running:
            task.cancel()
        for loser in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(loser, socket.socket):
                loser.close()


async def _within(lease: Lease, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`; raises the lease's error when the time is up first.

    Not asyncio.wait_for, which before Python 3.12 loses a cancellation that comes as the work ends.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=lease.left())
        if task.done():
            return task.result()
        raise lease.expired()
    except BaseException:
        task.cancel()
        await asyncio.wait({task})
        if (
            not task.cancelled()
            and task.exception() is None
            and isinstance(result := task.result(), _Protocol)
        ):
            result.abort()
        raise


_COMPLETES: type | tuple[()] = getattr(asyncio, "ProactorEventLoop", ())


async def caught_up() -> None:
    """Return when idle connections have been told what has arrived on them.

    A loop over Windows' completion ports takes it from the socket ahead of time, so that looking at the
    socket says nothing; it is handed over in the loop's next turn but one. Elsewhere nothing is to be done.
    """
    if isinstance(asyncio.get_running_loop(), _COMPLETES):
        await asyncio.sleep(0)
        await asyncio.sleep(0)


class _Protocol(asyncio.Protocol):
    """Holds what has arrived until it is read."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.ended = False
        self.failure: BaseException | None = None
        self.reader: asyncio.Future[bool] | None = None
        self.writer: asyncio.Future[bool] | None = None
        self.may_write = True
        self.reading = True

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # asyncio hands a Transport to a Protocol

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.reading and len(self.buffer) > _READ_AHEAD and self.transport is not None:
            self.reading = False
            self.transport.pause_reading()
        _wake(self.reader)

    def eof_received(self) -> bool:
        self.ended = True
        _wake(self.reader)
        return False

    def connection_lost(self, exc: BaseException | None) -> None:
        self.ended = True
        self.failure = exc
        _wake(self.reader)
        _wake(self.writer)

    def pause_writing(self) -> None:
        self.may_write = False

    def resume_writing(self) -> None:
        self.may_write = True
        _wake(self.writer)


def _wake(waiter: asyncio.Future[bool] | None, ready: bool = True) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(ready)


async def _ready(waiter: asyncio.Future[bool], seconds: float) -> bool:
    """Wait for `waiter`; False when the time is up first."""
    timer = waiter.get_loop().call_later(seconds, _wake, waiter, False)
    try:
        return await waiter
    finally:
        timer.cancel()


class LoopStream:
    """An asyncio connection whose every operation ends by the lease."""

    def __init__(self, protocol: _Protocol, lease: Callable[[], Lease], write_error: type[Exception]) -> None:
        self._protocol = protocol
        self._lease = lease
        self._write_error = write_error
        self._head = b""  # a request's head, which goes out with what follows it

    @property
    def _transport(self) -> asyncio.Transport:
        assert self._protocol.transport is not None
        return self._protocol.transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, at most `max_bytes`; empty at the end."""
        if self._head:
            await self.write(b"")
        protocol = self._protocol
        lease = self._lease()
        if not protocol.buffer and not protocol.ended:
            protocol.reader = asyncio.get_running_loop().create_future()
            try:
                if not await _ready(protocol.reader, lease.left()):
                    raise lease.expired()
            finally:
                protocol.reader = None
        elif protocol.buffer:
            lease.left()
        if not protocol.buffer and protocol.failure is not None:
            raise _broken(protocol.failure, lease) from protocol.failure
        data = bytes(protocol.buffer[:max_bytes])
        del protocol.buffer[:max_bytes]
        if not protocol.reading and len(protocol.buffer) <= _READ_AHEAD and not protocol.ended:
            protocol.reading = True
            self._transport.resume_reading()
        if data:
            lease.received = True
        else:
            lease.ended = True
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Hand over all of `buffer`; waits while the peer takes no more. A request's head waits for the next
        write, as in `BlockingStream`.
        """
        head, self._head = self._head, b""
        if not head and is_head(buffer):
            self._head = buffer
            return
        protocol = self._protocol
        if protocol.ended and protocol.failure is not None:
            raise self._write_error(str(protocol.failure)) from protocol.failure
        if head and len(buffer) > WRITE_PIECE:
            self._transport.write(head)
        else:
            buffer = head + buffer
        self._transport.write(buffer)
        while not protocol.may_write and not protocol.ended:
            lease = self._lease()
            protocol.writer = asyncio.get_running_loop().create_future()
            try:
                if not await _ready(protocol.writer, lease.left()):
                    raise lease.expired()
            finally:
                protocol.writer = None

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> LoopStream:
        """The same connection under TLS."""
        lease = self._lease()
        starting = asyncio.get_running_loop().start_tls(
            self._transport,
            self._protocol,
            ssl_context,
            server_hostname=server_hostname,
            ssl_handshake_timeout=lease.left() + 60,  # ours comes first, and is told apart
        )
        try:
            self._protocol.transport = await _within(lease, starting)
        except OSError as error:
            self._protocol.abort()
            raise socket_failure(error, lease) from error
        except BaseException:
            self._protocol.abort()
            raise
        if self._protocol.transport is None:
            raise no_connection(OSError("it was closed during the TLS handshake"), lease)
        return self

    async def aclose(self) -> None:
        """Close at once; what was not sent is dropped."""
        self._transport.abort()

    def unread(self) -> bool:
        """Whether anything has come that nobody has asked for, if only the end."""
        # The socket itself is asked too: the loop may not have run since the peer closed it.
        protocol = self._protocol
        return (
            protocol.ended
            or bool(protocol.buffer)
            or self._transport.is_closing()
            or is_readable(self._transport.get_extra_info("socket"))
        )

    def get_extra_info(self, info: str) -> Any:
        """What libraries ask for: `ssl_object`, `is_readable`, `socket`, `client_addr`, `server_addr`."""
        if info == "is_readable":
            return self.unread()
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._transport.get_extra_info(name)


def _broken(failure: BaseException, lease: Lease) -> Exception:
    if isinstance(failure, OSError):
        return socket_failure(failure, lease)
    return ConnectionFailedError(f"The connection broke: {type(failure).__name__}.")

"""Sockets under httpcore that keep to one deadline, whatever a server does: even a byte at a time.

httpcore's own time limits start anew with every read. The streams here ask `Bounds` before each operation how
much time is left. Knows nothing of HTTP, retries or configuration.
"""

from __future__ import annotations

import asyncio
import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

import httpcore

from ..clock import Cancellation

T = TypeVar("T")

_READ_AHEAD = 1 << 18  # bytes buffered before the peer is slowed down
_WRITE_PIECE = 1 << 16  # bytes given to a socket under one time limit


class Bounds:
    """The time limits of one call, shared with the sockets that serve it.

    Attributes:
        deadline: monotonic second at which the whole call ends.
        idle_until: monotonic second by which something must have arrived, or None while no such limit runs.
        connect: seconds allowed for a connection, proxy and TLS included.
        place: the host and port that is asked, for errors.
    """

    __slots__ = ("cancellation", "connect", "connect_until", "deadline", "idle_until", "now", "place")

    def __init__(
        self,
        now: Callable[[], float],
        deadline: float,
        connect: float,
        cancellation: Cancellation | None = None,
    ) -> None:
        self.now = now
        self.deadline = deadline
        self.connect = connect
        self.connect_until: float | None = None
        self.idle_until: float | None = None
        self.cancellation = cancellation
        self.place = "the server"

    def left(self, also: float | None = None) -> float:
        """Seconds left until the nearest limit; 0 or less when one has passed."""
        until = self.deadline
        if also is not None and also < until:
            until = also
        return until - self.now()

    @property
    def cancelled(self) -> bool:
        """Whether the caller has cancelled."""
        return self.cancellation is not None and self.cancellation.cancelled


class Lease:
    """Which call a connection serves now; a connection outlives calls, so its streams look here."""

    __slots__ = ("bounds",)

    def __init__(self) -> None:
        self.bounds: Bounds | None = None

    def read_left(self) -> float:
        """Seconds left for a read; raises httpcore.ReadTimeout when none are."""
        bounds = self.bounds
        assert bounds is not None
        left = bounds.left(bounds.idle_until if bounds.connect_until is None else bounds.connect_until)
        if left <= 0:
            raise httpcore.ReadTimeout("no time left")
        return left

    def write_left(self) -> float:
        """Seconds left for a write; raises httpcore.WriteTimeout when none are."""
        bounds = self.bounds
        assert bounds is not None
        left = bounds.left(bounds.connect_until)
        if left <= 0:
            raise httpcore.WriteTimeout("no time left")
        return left

    def connect_left(self) -> float:
        """Seconds left for connecting; raises httpcore.ConnectTimeout when none are."""
        bounds = self.bounds
        assert bounds is not None
        if bounds.connect_until is None:
            bounds.connect_until = bounds.now() + bounds.connect
        left = bounds.left(bounds.connect_until)
        if left <= 0:
            raise httpcore.ConnectTimeout("no time left")
        return left


class SyncBackend(httpcore.NetworkBackend):
    """httpcore's own blocking sockets, held to a lease's bounds."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A TCP connection, tried address by address within one limit."""
        last: Exception | None = None
        for address in _addresses(host, port, self._lease):
            try:
                inner = self._inner.connect_tcp(
                    address, port, self._lease.connect_left(), local_address, socket_options
                )
            except httpcore.ConnectError as error:
                last = error
                continue
            return SyncStream(inner, self._lease)
        raise last or httpcore.ConnectError("the name has no address")


def _addresses(host: str, port: int, lease: Lease) -> list[str]:
    found = _numeric(host, port)
    if found is None:
        try:
            found = _looked_up(host, port, lease)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _numeric(host: str, port: int) -> list[Any] | None:
    """What the resolver says of an address, which needs no look-up and no thread for it; None for a name."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None


def _looked_up(host: str, port: int, lease: Lease) -> list[Any]:
    """What the resolver says, asked in a thread of its own: it cannot be interrupted, but it can be left."""
    answers: queue.SimpleQueue[list[Any] | Exception | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    cancellation = lease.bounds.cancellation if lease.bounds else None
    threading.Thread(target=ask, name="psbridge-look-up", daemon=True).start()
    if cancellation is not None:
        cancellation.register(answers, lambda: answers.put(None))
    try:
        while True:
            try:
                # In slices, so that Ctrl+C is seen on Windows.
                answer = answers.get(timeout=min(0.5, lease.connect_left()))
                break
            except queue.Empty:
                continue
    finally:
        if cancellation is not None:
            cancellation.register(answers, None)
    if answer is None:
        raise httpcore.ConnectError("cancelled")
    if isinstance(answer, Exception):
        raise answer
    return answer


class SyncStream(httpcore.NetworkStream):
    """A stream whose every operation ends by the lease's bounds, and at once when the call is cancelled."""

    def __init__(self, inner: httpcore.NetworkStream, lease: Lease) -> None:
        self._inner = inner
        self._lease = lease

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, at most `max_bytes`; empty at the end."""
        cancellation = self._lease.bounds.cancellation if self._lease.bounds else None
        if cancellation is None:
            return self._inner.read(max_bytes, self._lease.read_left())
        cancellation.register(self, self.shut)
        try:
            return self._inner.read(max_bytes, self._lease.read_left())
        finally:
            cancellation.register(self, None)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`."""
        if len(buffer) <= _WRITE_PIECE:
            self._inner.write(buffer, self._lease.write_left())
            return
        view = memoryview(buffer)
        for start in range(0, len(view), _WRITE_PIECE):
            self._inner.write(bytes(view[start : start + _WRITE_PIECE]), self._lease.write_left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same stream under TLS."""
        return SyncStream(
            self._inner.start_tls(ssl_context, server_hostname, self._lease.connect_left()), self._lease
        )

    def shut(self) -> None:
        """End a read that another thread waits in."""
        sock = self._inner.get_extra_info("socket")
        try:
            # The plain socket's own method: a TLS socket's would wait for the lock its reader holds.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """httpcore's extra information: `ssl_object`, `is_readable`, `socket`, ..."""
        return self._inner.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """asyncio transports without a task or a scope per read: about half the cost of httpcore's anyio
    backend.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A TCP connection, tried address by address within one limit."""
        return AsyncStream(await _within(self._lease.connect_left(), _connect(host, port)), self._lease)


async def _connect(host: str, port: int) -> _Protocol:
    loop = asyncio.get_running_loop()
    found = _numeric(host, port)
    if found is None:
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
    last: OSError | None = None
    for family, kind, proto, _, address in found:
        sock = socket.socket(family, kind, proto)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            _, protocol = await loop.create_connection(_Protocol, sock=sock)
        except OSError as error:
            sock.close()
            last = error
        except BaseException:
            sock.close()
            raise
        else:
            return protocol
    raise httpcore.ConnectError(str(last)) from last


async def _within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`; raises httpcore.ConnectTimeout when it takes longer.

    Not asyncio.wait_for, which before Python 3.12 loses a cancellation that comes as the work ends.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise httpcore.ConnectTimeout("no time left")
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


def _is_readable(transport: asyncio.Transport) -> bool:
    sock = transport.get_extra_info("socket")
    number = -1 if sock is None else sock.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):  # unlike select.select, not limited to 1,024 sockets
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([number], [], [], 0)[0])


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


class AsyncStream(httpcore.AsyncNetworkStream):
    """An asyncio connection whose every operation ends by the lease's bounds."""

    def __init__(self, protocol: _Protocol, lease: Lease) -> None:
        self._protocol = protocol
        self._lease = lease

    @property
    def _transport(self) -> asyncio.Transport:
        assert self._protocol.transport is not None
        return self._protocol.transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, at most `max_bytes`; empty at the end."""
        protocol = self._protocol
        if not protocol.buffer and not protocol.ended:
            protocol.reader = asyncio.get_running_loop().create_future()
            try:
                if not await _ready(protocol.reader, self._lease.read_left()):
                    raise httpcore.ReadTimeout("no time left")
            finally:
                protocol.reader = None
        elif protocol.buffer:
            self._lease.read_left()
        if not protocol.buffer and protocol.failure is not None:
            raise httpcore.ReadError(str(protocol.failure)) from protocol.failure
        data = bytes(protocol.buffer[:max_bytes])
        del protocol.buffer[:max_bytes]
        if not protocol.reading and len(protocol.buffer) <= _READ_AHEAD and not protocol.ended:
            protocol.reading = True
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Hand over all of `buffer`; waits while the peer takes no more."""
        protocol = self._protocol
        if protocol.ended and protocol.failure is not None:
            raise httpcore.WriteError(str(protocol.failure)) from protocol.failure
        self._transport.write(buffer)
        while not protocol.may_write and not protocol.ended:
            protocol.writer = asyncio.get_running_loop().create_future()
            try:
                if not await _ready(protocol.writer, self._lease.write_left()):
                    raise httpcore.WriteTimeout("no time left")
            finally:
                protocol.writer = None

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same stream under TLS."""
        left = self._lease.connect_left()
        starting = asyncio.get_running_loop().start_tls(
            self._transport,
            self._protocol,
            ssl_context,
            server_hostname=server_hostname,
            ssl_handshake_timeout=left + 60,  # ours comes first, and is told apart
        )
        try:
            self._protocol.transport = await _within(left, starting)
        except OSError as error:
            self._protocol.abort()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self._protocol.abort()
            raise
        if self._protocol.transport is None:
            raise httpcore.ConnectError("the connection was closed during the TLS handshake")
        return AsyncStream(self._protocol, self._lease)

    async def aclose(self) -> None:
        """Close at once; what was not sent is dropped."""
        self._transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """httpcore's extra information: `ssl_object`, `is_readable`, `socket`, ..."""
        if info == "is_readable":
            # The socket itself is asked too: the loop may not have run since the peer closed it.
            return self._protocol.ended or bool(self._protocol.buffer) or _is_readable(self._transport)
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return self._transport.get_extra_info(name)

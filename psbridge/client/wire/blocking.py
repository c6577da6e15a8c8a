"""Blocking sockets that keep to a lease, whatever a server does: even a byte at a time.

Libraries' own limits start anew with every read; the streams here ask the lease before each operation how
much time is left, and end at once when the call is cancelled. In the form that httpcore and its fork take
as a network backend. Knows nothing of HTTP, retries or configuration.
"""

from __future__ import annotations

import errno
import functools
import os
import queue
import select
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Any

from ...forks import track_socket
from ..errors import CallCancelledError
from .addresses import STAGGER, Address, look_up, numeric
from .bounds import Lease
from .failures import no_connection, socket_failure
from .handles import make_room, ran_out

WRITE_PIECE = 1 << 16  # bytes given to a socket under one time limit
_SLICE = 0.05  # seconds after which somebody who waits for several things looks whether the call is cancelled
_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})
_RECORD = 1 << 14  # bytes taken from under TLS at a time


class BlockingBackend:
    """Opens connections; `lease` gives the lease of whoever asks, `write_error` is the library's class."""

    def __init__(self, lease: Callable[[], Lease], write_error: type[Exception]) -> None:
        self._lease = lease
        self._write_error = write_error

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> BlockingStream:
        """A TCP connection to the address of `host` that answers first (RFC 8305)."""
        lease = self._lease()
        lease.connecting()
        try:
            sock = _raced(_addresses(host, port, lease), lease)
        except (OSError, UnicodeError) as error:
            raise no_connection(error, lease) from error
        lease.reaching = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        track_socket(sock)
        return BlockingStream(sock, self._lease, self._write_error)

    def sleep(self, seconds: float) -> None:
        """Never asked for: connecting is tried again by the retry loop alone."""
        raise NotImplementedError


def _addresses(host: str, port: int, lease: Lease) -> list[Address]:
    known = numeric(host, port)
    if known is not None:
        return known
    answers: queue.SimpleQueue[list[Address] | Exception | None] = queue.SimpleQueue()
    look_up(host, port, answers.put)
    cancellation = lease.cancellation
    if cancellation is not None:
        cancellation.register(answers, lambda: answers.put(None))
    try:
        while True:
            try:
                # In slices, so that Ctrl+C is seen on Windows.
                answer = answers.get(timeout=min(0.5, lease.left()))
                break
            except queue.Empty:
                continue
    finally:
        if cancellation is not None:
            cancellation.register(answers, None)
    if answer is None:
        raise CallCancelledError("The call was cancelled.")
    if isinstance(answer, Exception):
        raise answer
    return answer


def _raced(addresses: list[Address], lease: Lease) -> socket.socket:
    """The first connection that stands; each address gets a head start before the next is tried beside it."""
    waiting: dict[int, socket.socket] = {}
    remaining = list(addresses)
    failure: OSError = OSError("the name has no address")
    next_start = 0.0
    assert lease.bounds is not None
    now = lease.bounds.now
    try:
        while remaining or waiting:
            if remaining and (not waiting or now() >= next_start):
                next_start = now() + STAGGER
                try:
                    sock = _begun(remaining.pop(0))
                except OSError as error:
                    failure, next_start = error, 0.0
                    continue
                waiting[sock.fileno()] = sock
            patience = lease.left()
            if remaining:
                patience = min(patience, max(next_start - now(), 0.0))
            if lease.cancellation is not None:
                patience = min(patience, _SLICE)
                if lease.cancellation.cancelled:
                    raise CallCancelledError("The call was cancelled.")
            for number in _writable(list(waiting), min(patience, 0.5)):
                sock = waiting.pop(number)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return sock
                sock.close()
                failure, next_start = OSError(code, _words(code)), 0.0
        raise failure
    finally:
        for sock in waiting.values():
            sock.close()


def _begun(address: Address) -> socket.socket:
    """A socket on its way to `address`."""
    try:
        sock = socket.socket(address.family, address.kind, address.protocol)
    except OSError as error:
        if not ran_out(error):
            raise
        make_room()
        sock = socket.socket(address.family, address.kind, address.protocol)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address.place)
        if code not in _UNDER_WAY and code != getattr(errno, "WSAEWOULDBLOCK", 0):
            raise OSError(code, _words(code))
    except BaseException:
        sock.close()
        raise
    return sock


def _words(code: int) -> str:
    tab: dict[int, str] = getattr(socket, "errorTab", {})  # Windows', whose C library does not know sockets
    return tab.get(code) or os.strerror(code)


def _writable(numbers: list[int], seconds: float) -> list[int]:
    """Which sockets have connected, or failed to, within `seconds`."""
    if hasattr(select, "poll"):  # unlike select.select, not limited to 1,024 sockets
        poll = select.poll()
        for number in numbers:
            poll.register(number, select.POLLOUT)
        return [number for number, _ in poll.poll(seconds * 1000)]
    _, writable, failed = select.select([], numbers, numbers, seconds)
    return list({*writable, *failed})


def is_readable(sock: socket.socket | None) -> bool:
    """Whether there is something to read, if only the end; a closed socket is readable."""
    number = -1 if sock is None else sock.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([number], [], [], 0)[0])


def is_head(buffer: bytes) -> bool:
    """Whether a request's head is all that is to be written: what goes with it is still to come."""
    return len(buffer) <= WRITE_PIECE and buffer.endswith(b"\r\n\r\n")


class BlockingStream:
    """A connection whose every operation ends by the lease, and at once when the call is cancelled."""

    def __init__(self, sock: socket.socket, lease: Callable[[], Lease], write_error: type[Exception]) -> None:
        self._sock = sock
        self._lease = lease
        self._write_error = write_error
        self._head = b""  # a request's head, which goes out with what follows it

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, at most `max_bytes`; empty at the end."""
        if self._head:
            self.write(b"")
        lease = self._lease()
        cancellation = lease.cancellation
        if cancellation is not None:
            cancellation.register(self, self.shut)
        try:
            self._sock.settimeout(lease.left())
            data = self._sock.recv(max_bytes)
        except OSError as error:
            raise _failed(error, lease) from error
        finally:
            if cancellation is not None:
                cancellation.register(self, None)
        if data:
            lease.received = True
        else:
            lease.ended = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`; but a request's head waits for the next write, if only of nothing, which
        libraries do at a request's end: with a small body behind it, one look at the system is enough.
        """
        head, self._head = self._head, b""
        if not head and is_head(buffer):
            self._head = buffer
            return
        if head and len(buffer) > WRITE_PIECE:
            self._write(head)
        else:
            buffer = head + buffer
        if buffer:
            self._write(buffer)

    def _write(self, buffer: bytes) -> None:
        lease = self._lease()
        cancellation = lease.cancellation
        if cancellation is not None:
            cancellation.register(self, self.shut)
        try:
            view = memoryview(buffer)
            while view:
                self._sock.settimeout(lease.left())
                view = view[self._sock.send(view[:WRITE_PIECE]) :]
        except OSError as error:
            if _is_late(error):
                raise lease.expired() from error
            # The library's own, at which it still reads a reply that came early.
            raise self._write_error(str(error)) from error
        finally:
            if cancellation is not None:
                cancellation.register(self, None)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> BlockingStream:
        """The same connection under TLS."""
        lease = self._lease()
        cancellation = lease.cancellation
        if cancellation is not None:
            cancellation.register(self, self.shut)
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                return TlsOverTls(self, ssl_context, server_hostname)
            self._sock.settimeout(lease.left())
            self._sock = ssl_context.wrap_socket(
                self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            track_socket(self._sock)
            self._sock.settimeout(lease.left())
            self._sock.do_handshake()
        except OSError as error:
            self.close()
            raise _failed(error, lease) from error
        except BaseException:
            self.close()
            raise
        finally:
            if cancellation is not None:
                cancellation.register(self, None)
        return self

    def shut(self) -> None:
        """End what another thread waits for here."""
        try:
            # The plain socket's own method: a TLS socket's would wait for the lock its reader holds.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def unread(self) -> bool:
        """Whether anything has come that nobody has asked for, if only the end."""
        pending = isinstance(self._sock, ssl.SSLSocket) and self._sock.fileno() >= 0 and self._sock.pending()
        return bool(pending) or is_readable(self._sock)

    def get_extra_info(self, info: str) -> Any:
        """What libraries ask for: `ssl_object`, `is_readable`, `socket`, `client_addr`, `server_addr`."""
        if info == "is_readable":
            return self.unread()
        if info == "socket":
            return self._sock
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "client_addr":
            return self._sock.getsockname()
        return self._sock.getpeername() if info == "server_addr" else None


def _is_late(error: OSError) -> bool:
    """Whether it was our limit; a connection that the system gave up has a number."""
    return isinstance(error, TimeoutError) and error.errno is None


def _failed(error: OSError, lease: Lease) -> Exception:
    return lease.expired() if _is_late(error) else socket_failure(error, lease)


class TlsOverTls(BlockingStream):
    """A server's TLS inside that of a proxy, which the standard library's sockets cannot nest."""

    def __init__(self, outer: BlockingStream, context: ssl.SSLContext, server_hostname: str | None) -> None:
        super().__init__(outer._sock, outer._lease, outer._write_error)
        self._outer = outer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        self._through(self._tls.do_handshake)

    def _through(self, step: Callable[[], Any]) -> Any:
        while True:
            result, again = None, False
            try:
                result = step()
            except ssl.SSLWantReadError:
                again = True
            if self._outgoing.pending:
                self._outer.write(self._outgoing.read())
            if not again:
                return result
            data = self._outer.read(_RECORD)
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, at most `max_bytes`; empty at the end."""
        try:
            return bytes(self._through(lambda: self._tls.read(max_bytes)))
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self._lease().ended = True
            return b""
        except ssl.SSLError as error:
            raise socket_failure(error, self._lease()) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`."""
        view = memoryview(buffer)
        while view:
            piece = view[:WRITE_PIECE]
            view = view[self._through(functools.partial(self._tls.write, piece)) :]

    def unread(self) -> bool:
        """Whether anything has come that nobody has asked for, if only the end."""
        return bool(self._tls.pending() or self._incoming.pending) or self._outer.unread()

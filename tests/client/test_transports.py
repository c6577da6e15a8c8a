"""What every transport keeps to, over real sockets: three libraries, blocking and on asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import trustme

from psbridge.client import Cancellation
from psbridge.client.errors import (
    BadResponseError,
    CallCancelledError,
    ClientError,
    ConnectionFailedError,
    ConnectTimeoutError,
    DeadlineError,
    IdleTimeoutError,
    ProxyFailedError,
    ResponseTooLargeError,
    TlsError,
)
from psbridge.client.exchange.background import wind_up
from psbridge.client.message.url import Url
from psbridge.client.wire.bounds import Bounds
from psbridge.client.wire.choice import AsyncChosenTransport, ChosenTransport
from psbridge.client.wire.transport import Route, WireRequest

from .faulty import Connection, FaultyServer, reply

LIBRARIES = ("httpcore", "httpx", "httpx2")


class Sender:
    """One transport, blocking or on a loop of its own, behind one face."""

    def __init__(self, library: str, asynchronous: bool) -> None:
        self.asynchronous = asynchronous
        self._library = library
        self._loop = asyncio.new_event_loop() if asynchronous else None
        self._transport: Any = AsyncChosenTransport() if asynchronous else ChosenTransport()

    def run(self, result: Any) -> Any:
        return self._loop.run_until_complete(result) if self._loop is not None else result

    def open(self, url: str, **options: Any) -> Any:
        return self.run(self.sending(url, **options))

    def sending(
        self,
        url: str,
        *,
        body: bytes = b"{}",
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
        limit: float = 20.0,
        connect: float = 20.0,
        cancellation: Cancellation | None = None,
        method: str = "POST",
    ) -> Any:
        where = Url.parse(url)
        lines = [(b"Host", where.host_line.encode()), (b"Content-Length", str(len(body)).encode())]
        context = tls if tls is not None else ssl.create_default_context()
        route = Route(proxy, (id(tls),), lambda: context, self._library)
        bounds = Bounds(time.monotonic, time.monotonic() + limit, connect, cancellation)
        return self._transport.send(WireRequest(method, where, lines, body), route, bounds)

    def rest(self, response: Any, idle: float | None = None) -> bytes:
        pieces = []
        while piece := self.run(response.read(None if idle is None else time.monotonic() + idle)):
            pieces.append(piece)
        return b"".join(pieces)

    def ask(self, url: str, **options: Any) -> bytes:
        return self.rest(self.open(url, **options))

    def ask_and_cancel(self, url: str, under_way: threading.Event, seconds: float, **options: Any) -> None:
        """Ask, and cancel `seconds` after it is under way: from another thread, on asyncio the task."""
        if self._loop is None:
            cancellation = Cancellation()

            def cancel() -> None:
                under_way.wait(60)
                time.sleep(seconds)
                cancellation.cancel()

            timer = threading.Thread(target=cancel)
            timer.start()
            try:
                self.ask(url, cancellation=cancellation, **options)
            finally:
                timer.join()
            return

        async def asking() -> None:
            response = await self.sending(url, **options)
            while await response.read(None):
                continue

        async def cancelled() -> None:
            task = asyncio.ensure_future(asking())
            await asyncio.to_thread(under_way.wait, 60)
            await asyncio.sleep(seconds)
            assert not task.done()
            task.cancel()
            await task

        self._loop.run_until_complete(cancelled())

    def close(self) -> None:
        self.run(self._transport.close())
        if self._loop is not None:
            self._loop.run_until_complete(wind_up(asyncio.sleep(0)))
            self._loop.close()


@pytest.fixture(params=[(one, way) for one in LIBRARIES for way in (False, True)], ids=str)
def sender(request: pytest.FixtureRequest) -> Iterator[Sender]:
    library, asynchronous = request.param
    if library == "httpx2":
        pytest.importorskip("httpx2")
    one = Sender(library, asynchronous)
    yield one
    one.close()


def serving(*replies: bytes) -> Callable[[Connection], Awaitable[None]]:
    """Answers each request on a connection with the next of `replies`."""

    async def handler(connection: Connection) -> None:
        for one in replies:
            await connection.request()
            await connection.send(one)
        await connection.reader.read()

    return handler


async def silent(connection: Connection) -> None:
    await connection.reader.read()


# Connecting


def test_a_refused_connection_is_told_with_its_place(sender: Sender, dead_address: str) -> None:
    """Host and port."""
    with pytest.raises(ConnectionFailedError, match=f"no connection to {dead_address}"):
        sender.ask(f"http://{dead_address}/")


def test_a_name_that_does_not_exist_is_a_failed_connection(sender: Sender) -> None:
    """Not an error of the resolver's."""
    with pytest.raises(ConnectionFailedError, match=r"no connection to nowhere\.invalid"):
        sender.ask("http://nowhere.invalid/")


def test_a_dead_address_does_not_keep_a_live_one_waiting(
    sender: Sender, faulty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses are raced, whichever comes first."""
    server = faulty(serving(reply(b"reached")))
    with contextlib.ExitStack() as stack:
        full = ("127.0.0.1", _full_port(stack))
        real = socket.getaddrinfo

        def two(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            if host != "two.example":
                return real(host, port, *args, **more)
            if more.get("flags"):
                raise socket.gaierror(socket.EAI_NONAME, "a name")
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*kind, full), (*kind, ("127.0.0.1", server.port))]

        monkeypatch.setattr(socket, "getaddrinfo", two)
        assert sender.ask("http://two.example/", connect=15.0) == b"reached"


def test_a_look_up_that_hangs_ends_with_the_limit(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left behind in a daemon thread, which keeps no process."""
    release = threading.Event()

    def hangs(*args: Any, **more: Any) -> Any:
        if more.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        release.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    with pytest.raises(ConnectTimeoutError):
        sender.ask("http://slow.example/", connect=0.2)
    with pytest.raises(DeadlineError):
        sender.ask("http://slow.example/", limit=0.2)
    release.set()


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_side(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_tls_is_spoken_and_checked(sender: Sender, faulty: Any, authority: trustme.CA) -> None:
    """An unknown issuer, another's name: refused before anything is sent."""
    server = faulty(serving(reply(b"safe")), server_side(authority))
    url = f"https://127.0.0.1:{server.port}/"
    assert sender.ask(url, tls=client_side(authority)) == b"safe"
    with pytest.raises(TlsError, match="certificate"):
        sender.ask(url)
    other = faulty(serving(reply(b"safe")), server_side(authority, "elsewhere.example"))
    with pytest.raises(TlsError, match=r"127\.0\.0\.1"):
        sender.ask(f"https://127.0.0.1:{other.port}/", tls=client_side(authority))


def test_a_handshake_that_never_comes_is_a_connect_timeout(sender: Sender, faulty: Any) -> None:
    """The connect limit covers TLS."""
    with pytest.raises(ConnectTimeoutError, match=r"within 0\.2 s"):
        sender.ask(f"https://127.0.0.1:{faulty(silent).port}/", connect=0.2)


# Proxies


async def tunnelling(connection: Connection) -> None:
    """An HTTP proxy that connects to where it is asked to, on this machine."""
    head = (await connection.reader.readuntil(b"\r\n\r\n")).decode()
    port = int(head.split()[1].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await connection.send(b"HTTP/1.1 200 Fine\r\n\r\n")

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            return
        finally:
            sink.close()

    await asyncio.gather(pump(reader, connection.writer), pump(connection.reader, writer))


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_proxy_is_gone_through(sender: Sender, faulty: Any, authority: trustme.CA, secure: bool) -> None:
    """TLS to the server inside; the proxy itself may speak TLS, too."""
    server = faulty(serving(reply(b"one"), reply(b"two")), server_side(authority))
    proxy = faulty(tunnelling, server_side(authority) if secure else None)
    if secure and sender.asynchronous and not hasattr(asyncio, "timeout"):
        pytest.skip("asyncio nests TLS from Python 3.11 on")
    by = f"{'https' if secure else 'http'}://127.0.0.1:{proxy.port}"
    url, tls = f"https://127.0.0.1:{server.port}/", client_side(authority)
    assert sender.ask(url, proxy=by, tls=tls) == b"one"
    assert sender.ask(url, proxy=by, tls=tls) == b"two"


def test_a_proxy_that_cannot_be_reached_is_to_blame(sender: Sender, dead_address: str) -> None:
    """For plain and for tunnelled requests; by name or by port."""
    for scheme in ("http", "https"):
        with pytest.raises(ProxyFailedError, match=rf"the proxy {re.escape(dead_address)}"):
            sender.ask(f"{scheme}://server.example/", proxy=f"http://{dead_address}")
    with pytest.raises(ProxyFailedError, match=r"the proxy nowhere\.invalid"):
        sender.ask("https://server.example/", proxy="http://nowhere.invalid:1")
    with pytest.raises(ProxyFailedError, match="proxy"):
        sender.ask("https://server.example/", proxy=f"socks5://{dead_address}")


def test_a_proxys_refusal_has_its_status(sender: Sender, faulty: Any) -> None:
    """Taken from the reply's status line."""
    proxy = faulty(serving(reply(b"", 403)))
    with pytest.raises(ProxyFailedError) as caught:
        sender.ask("https://server.example/", proxy=f"http://127.0.0.1:{proxy.port}")
    assert caught.value.status == 403


def test_a_proxy_that_closes_or_speaks_no_http_is_to_blame(sender: Sender, faulty: Any) -> None:
    """Not the server behind it."""

    async def closing(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")

    for handler in (closing, serving(b"nonsense\r\n\r\n")):
        with pytest.raises(ProxyFailedError):
            sender.ask("https://server.example/", proxy=f"http://127.0.0.1:{faulty(handler).port}")


# Waiting


def test_a_server_that_takes_no_more_ends_with_the_deadline(sender: Sender, faulty: Any) -> None:
    """While the request is written."""

    async def takes_nothing(connection: Connection) -> None:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(30)

    url = f"http://127.0.0.1:{faulty(takes_nothing).port}/"
    with pytest.raises(DeadlineError):
        sender.ask(url, body=bytes(1 << 25), limit=0.5)


def test_a_server_that_does_not_answer_ends_with_the_deadline(sender: Sender, faulty: Any) -> None:
    """Before the first byte."""
    with pytest.raises(DeadlineError):
        sender.ask(f"http://127.0.0.1:{faulty(silent).port}/", limit=0.3, connect=0.2)


def test_a_dripping_head_ends_with_the_deadline(sender: Sender, faulty: Any) -> None:
    """Each byte is in time, the whole is not."""

    async def dripping(connection: Connection) -> None:
        await connection.request()
        for byte in b"HTTP/1.1 200 " + b"O" * 1000:
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.05)

    with pytest.raises(DeadlineError):
        sender.ask(f"http://127.0.0.1:{faulty(dripping).port}/", limit=0.4)


def test_a_body_that_stops_is_an_idle_timeout(sender: Sender, faulty: Any) -> None:
    """By the moment that the reader names."""

    async def stopping(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome")
        await connection.reader.read()

    response = sender.open(f"http://127.0.0.1:{faulty(stopping).port}/")
    with pytest.raises(IdleTimeoutError):
        sender.rest(response, idle=0.3)


@pytest.mark.parametrize("wait", ["connect", "tls", "write", "head", "body"])
def test_cancelling_ends_every_wait(sender: Sender, faulty: Any, wait: str) -> None:
    """From another thread; on asyncio by cancelling the task. The server sees the connection end."""
    ended, under_way = threading.Event(), threading.Event()

    async def handler(connection: Connection) -> None:
        if wait == "write":
            await connection.reader.readuntil(b"\r\n\r\n")
            connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
            under_way.set()
            await asyncio.to_thread(over.wait, 20)
            connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        if wait in ("head", "body"):
            await connection.request()
        if wait == "body":
            await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome")
        under_way.set()
        try:
            while await connection.reader.read(1 << 20):
                continue
        except ConnectionError:
            pass
        ended.set()

    if wait == "connect":
        under_way.set()
    over = threading.Event()
    body = bytes(1 << 25) if wait == "write" else b"{}"
    with contextlib.ExitStack() as stack:
        port = _full_port(stack) if wait == "connect" else faulty(handler).port
        url = f"{'https' if wait == 'tls' else 'http'}://127.0.0.1:{port}/"
        with pytest.raises(asyncio.CancelledError if sender.asynchronous else CallCancelledError):
            sender.ask_and_cancel(url, under_way, 0.3, body=body, limit=50.0, connect=50.0)
        over.set()
        assert wait == "connect" or ended.wait(10)
    assert sender.ask(f"http://127.0.0.1:{faulty(serving(reply(b'after'))).port}/") == b"after"


def _full_port(stack: contextlib.ExitStack) -> int:
    """A port whose queue is full, so that it never answers."""
    full = stack.enter_context(socket.socket())
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    for _ in range(4):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
    return int(full.getsockname()[1])


# Peers that break HTTP


def test_broken_replies_are_told_apart_by_what_happened(sender: Sender, faulty: Any) -> None:
    """Not by a library's words."""
    cases: list[tuple[bytes, type[ClientError]]] = [
        (b"nonsense\r\n\r\n", BadResponseError),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 60_000 + b"\r\n", ResponseTooLargeError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", ConnectionFailedError),
        (b"HTTP/1.1 200 O", ConnectionFailedError),
        (b"", ConnectionFailedError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", BadResponseError),
    ]
    for data, kind in cases:

        async def handler(connection: Connection, data: bytes = data) -> None:
            await connection.request()
            await connection.send(data)

        with pytest.raises(ClientError) as caught:
            sender.ask(f"http://127.0.0.1:{faulty(handler).port}/")
        assert type(caught.value) is kind, data[:40]


def test_an_early_reply_is_read_though_the_request_was_not_taken(sender: Sender, faulty: Any) -> None:
    """A server may refuse a request before it has read all of it."""

    async def early(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")
        await connection.send(reply(b"too much", 413, connection="close"))
        while await connection.reader.read(1 << 20):
            continue

    response = sender.open(f"http://127.0.0.1:{faulty(early).port}/", body=bytes(1 << 22))
    assert response.status == 413
    assert sender.rest(response) == b"too much"


# Serving again


def test_a_connection_serves_again(sender: Sender, faulty: Any) -> None:
    """Once its reply was read to the end."""
    server = faulty(serving(reply(b"1"), reply(b"2"), reply(b"3")))
    url = f"http://127.0.0.1:{server.port}/"
    assert [sender.ask(url) for _ in range(3)] == [b"1", b"2", b"3"]
    assert server.connections == 1


SURPLUS = reply(b"somebody else's")


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(
    "behind",
    [
        reply(b"mine") + SURPLUS,
        b"HTTP/1.1 204 Nothing\r\n\r\n" + SURPLUS,
        b"HTTP/1.1 204 Nothing\r\n\r\nx",
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"mine") + SURPLUS,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n" + SURPLUS,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n" + SURPLUS * 3000,
        reply(b"mine") + b"\r\n",
        reply(b"mine") + b"\0" * 100_000,
    ],
    ids=["length", "204", "204 with a body", "100", "chunked", "much", "line end", "junk"],
)
def test_what_comes_behind_a_reply_is_no_reply(
    sender: Sender, faulty: Any, authority: trustme.CA, behind: bytes, secure: bool
) -> None:
    """Not the next call's, nor anybody's."""
    first = True

    async def handler(connection: Connection) -> None:
        nonlocal first
        while True:
            await connection.request()
            data, first = (behind if first else reply(b"true")), False
            await connection.send(data)

    server = faulty(handler, server_side(authority) if secure else None)
    url = f"{'https' if secure else 'http'}://127.0.0.1:{server.port}/"
    tls = client_side(authority) if secure else None
    assert sender.ask(url, tls=tls) in (b"mine", b"")
    for _ in range(4):
        assert sender.ask(url, tls=tls) == b"true"


def test_what_comes_later_is_no_reply_either(sender: Sender, faulty: Any) -> None:
    """A connection is looked at again when it is taken up."""
    sent = threading.Event()

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(reply(b"mine" if connection.number == 1 else b"true"))
        if connection.number == 1:
            await asyncio.sleep(0.2)
            await connection.send(SURPLUS)
            sent.set()
        await connection.reader.read()

    url = f"http://127.0.0.1:{faulty(handler).port}/"
    assert sender.ask(url) == b"mine"
    assert sent.wait(10)
    assert sender.ask(url) == b"true"


def test_a_body_left_unread_is_nobody_elses(sender: Sender, faulty: Any) -> None:
    """A reply that was closed early takes its connection with it."""
    server = faulty(serving(reply(bytes(1 << 20)), reply(b"wrong")))
    url = f"http://127.0.0.1:{server.port}/"
    response = sender.open(url)
    sender.run(response.read())
    sender.run(response.close())
    assert sender.ask(url) == bytes(1 << 20)
    assert server.connections == 2


def test_a_connection_that_died_while_idle_is_replaced(sender: Sender, faulty: Any) -> None:
    """Closed at once, closed by the next request, reset by it: no call fails for it."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(reply(str(connection.number).encode()))
        if connection.number == 1:
            return
        await connection.reader.read(1)
        if connection.number == 2:
            connection.reset()

    url = f"http://127.0.0.1:{faulty(handler).port}/"
    assert [sender.ask(url) for _ in range(4)] == [b"1", b"2", b"3", b"4"]


def test_a_connection_that_dies_within_a_reply_is_not_replaced(sender: Sender, faulty: Any) -> None:
    """The server has done its work, and the caller must know."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(reply(b"1"))
        await connection.request()
        await connection.send(b"HTTP/1.1 200 O")

    server = faulty(handler)
    url = f"http://127.0.0.1:{server.port}/"
    assert sender.ask(url) == b"1"
    with pytest.raises(ConnectionFailedError):
        sender.ask(url)
    assert server.connections == 1


def test_a_transport_can_be_used_again_after_closing(sender: Sender, faulty: Any) -> None:
    """Only idle connections go."""
    server: FaultyServer = faulty(serving(reply(b"1"), reply(b"2")))
    url = f"http://127.0.0.1:{server.port}/"
    assert sender.ask(url) == b"1"
    sender.run(sender._transport.close())
    assert sender.ask(url) == b"1"

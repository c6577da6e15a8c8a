"""`OfflineServer`: the offline API on a loopback port, for synchronous code and for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Collection
from types import TracebackType

from .app import App
from .batches import Pace
from .faults import Faults
from .log import RequestLog
from .message import Reply, Request, error_reply
from .problems import injected
from .wire import Connection, Settings

_START_LIMIT = 30.0
_MEBIBYTE = 1024 * 1024


class OfflineServer:
    """An OpenAI-compatible server on loopback that needs no key and no network, and is not a model.

    Use it as `with OfflineServer() as server:` (own thread and event loop) or `async with` (the running
    loop). It listens from entering to leaving, which closes every connection and forgets files and batches.
    It can be entered again.

    Args:
        host: address to listen on.
        port: TCP port; 0 takes a free one.
        api_key: the key, or the keys, to accept; None accepts any that is not empty.
        default_model: model for requests that name none; None refuses them, as OpenAI does.
        max_body: largest request body in bytes; larger ones get 413.
        delay: seconds to wait before every reply.
        chunk_delay: seconds to wait before every event of a stream.
        log_entries: how many requests `requests` keeps.
        ssl_context: serve https with it.
        batches: how batches run: how long a line takes, how long 24 hours are, how many tokens may wait.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | Collection[str] | None = None,
        *,
        default_model: str | None = None,
        max_body: int = 128 * _MEBIBYTE,
        delay: float = 0.0,
        chunk_delay: float = 0.0,
        log_entries: int = 1000,
        ssl_context: ssl.SSLContext | None = None,
        batches: Pace | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.faults = Faults()
        self.requests = RequestLog(log_entries, 64 * _MEBIBYTE)
        self._asked_port = port
        self._ssl = ssl_context
        keys = {api_key} if isinstance(api_key, str) else None if api_key is None else set(api_key)
        self._app = App(keys, default_model=default_model, pace=batches, refuse=self._failing_line)
        self._settings = Settings(self._app, self.faults, self.requests, max_body, delay, chunk_delay)
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None

    def use(self, app: App, faults: Faults | None = None) -> None:
        """Answer with another `App` from now on, and other faults; for servers that answer as a test says."""
        self._settings.app = app
        if faults is not None:
            self.faults = self._settings.faults = faults

    def _failing_line(self, request: Request) -> Reply | None:
        """The reply to a line of a batch for which a fault with a status was added."""
        fault = self.faults.pick(request)
        if fault is None or fault.status is None:
            return None
        return error_reply(injected(fault.status, fault.code, fault.message))

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`, or `https://...`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._ssl else 'http'}://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What a client takes as base URL: the origin and `/v1`."""
        return f"{self.origin}/v1"

    # --- from asyncio

    async def open(self) -> None:
        """Listen, on the running loop. `OSError` when the address cannot be had."""
        if self._server is not None:
            raise RuntimeError("the offline server is already listening")
        self._settings.empty = asyncio.Event()
        self._settings.closing = False
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._settings), self.host, self._asked_port, ssl=self._ssl, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Stop listening and close every connection; returns when all sockets are closed."""
        if self._server is None:
            return
        server, self._server = self._server, None
        self._settings.closing = True
        empty = self._settings.empty
        assert empty is not None
        # asyncio forgets a connection that was accepted but is no transport yet when the server closes: no
        # more are accepted, and those become transports within these turns.
        with contextlib.suppress(NotImplementedError):
            for listener in server.sockets:
                asyncio.get_running_loop().remove_reader(listener.fileno())
        for _ in range(3):
            await asyncio.sleep(0)
        server.close()
        while self._settings.connections:
            empty.clear()
            for connection in list(self._settings.connections):
                connection.abort()
            await empty.wait()
        await self._app.close()
        # Not `wait_closed`: since Python 3.12 it waits for peers that began a TLS handshake and went silent.
        await asyncio.sleep(0)

    async def __aenter__(self) -> OfflineServer:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # --- from synchronous code

    def start(self) -> None:
        """Listen, in a thread of its own. `OSError` when the address cannot be had."""
        if self._thread is not None:
            raise RuntimeError("the offline server is already listening")
        ready = threading.Event()
        self._failure = None
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(ready)), name="psbridge-offline", daemon=True
        )
        self._thread.start()
        listening = ready.wait(_START_LIMIT)
        if self._failure is not None or not listening:
            self._thread.join(_START_LIMIT)
            self._thread = None
            raise self._failure or TimeoutError("the offline server did not start")

    def stop(self) -> None:
        """Stop listening, close every connection, end the thread; nothing happens when it is not running."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        assert self._loop is not None and self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        thread.join()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        try:
            await self.open()
        except OSError as error:
            self._failure = error
            return
        finally:
            ready.set()
        await self._stop.wait()
        await self.aclose()

    def __enter__(self) -> OfflineServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

"""One HTTP/1.1 connection: bytes to requests and replies to bytes, by h11 on an asyncio transport.

Faults happen here, as they are faults of the wire. What a reply says is `app`'s business.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate

import h11

from . import stream
from .app import App, split_target
from .faults import Fault, Faults
from .log import RequestLog, recorded
from .message import Reply, Request, error_reply
from .problems import ApiError, encode, injected
from .upload import LARGEST, Upload

_LOGGER = logging.getLogger("psbridge.offline")
_BATCH = 64 * 1024
_HEAD_LIMIT = 64 * 1024
_PIPELINE_LIMIT = 1024 * 1024
_FORM_ROOM = 1024 * 1024  # bytes that a form's other parts and its heads may have
_LINGER = 10.0
_NO_FAULT = Fault()


@dataclass
class Settings:
    """What connections share. `delay` and `chunk_delay` are seconds, `max_body` bytes."""

    app: App
    faults: Faults
    log: RequestLog
    max_body: int
    delay: float = 0.0
    chunk_delay: float = 0.0
    connections: set[Connection] = field(default_factory=set)
    empty: asyncio.Event | None = None
    closing: bool = False


class Connection(asyncio.Protocol):
    """The server's side of one connection."""

    _transport: asyncio.Transport

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_LIMIT)
        self._request: h11.Request | None = None
        self._body = bytearray()
        self._upload: Upload | None = None
        self._started = 0.0
        self._task: asyncio.Task[None] | None = None
        self._discarding = False
        self._waiting = 0
        self._writable: asyncio.Future[None] | None = None
        self._paused = False

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._settings.connections.add(self)
        if self._settings.closing:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: what is done for it ends."""
        self._drop_upload()
        if self._task is not None:
            self._task.cancel()
        if self._writable is not None and not self._writable.done():
            self._writable.cancel()
        self._settings.connections.discard(self)
        if self._settings.empty is not None and not self._settings.connections:
            self._settings.empty.set()

    def data_received(self, data: bytes) -> None:
        """Bytes have come: a request, a part of one, or the next one while one is being answered."""
        if self._discarding:
            return
        self._http.receive_data(data)
        if self._task is None:
            self._read()
        else:
            self._waiting += len(data)
            if self._waiting > _PIPELINE_LIMIT:
                self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The peer is done sending: taken as its leaving, so that a stalled reply does not wait for ever."""
        if self._discarding:
            return False
        self._http.receive_data(b"")
        if self._task is None:
            self._read()
        return False

    def pause_writing(self) -> None:
        """The client takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """The client takes more again."""
        self._paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # --- receiving

    def abort(self) -> None:
        """Close at once, sending nothing more."""
        self._transport.abort()

    def _read(self) -> None:
        """Take in what has arrived, as far as whole requests go."""
        try:
            while self._task is None and not self._discarding:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    if self._http.they_are_waiting_for_100_continue:
                        self._send(h11.InformationalResponse(status_code=100, headers=[]))
                    return
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self._take(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self._handle()
                elif isinstance(event, h11.ConnectionClosed):
                    self._transport.close()
                    return
        except h11.RemoteProtocolError as error:
            text = "The request is not valid HTTP/1.1."
            self._refuse(ApiError(error.error_status_hint, text))

    def _begin(self, event: h11.Request) -> None:
        self._request = event
        self._body = bytearray()
        self._drop_upload()
        self._started = time.perf_counter()
        headers = dict(event.headers)
        kind = headers.get(b"content-type", b"")
        if event.method == b"POST" and kind.lower().startswith(b"multipart/form-data"):
            try:
                self._upload = Upload(kind.decode("latin-1"))
            except ApiError as error:
                self._refuse(error)
                return
        if int(headers.get(b"content-length", b"0")) > self._most():
            self._refuse(self._too_large())

    def _most(self) -> int:
        """Bytes a body may have: a form goes to the disk and may have more."""
        return self._settings.max_body if self._upload is None else LARGEST + _FORM_ROOM

    def _take(self, data: bytes) -> None:
        if self._upload is None:
            self._body += data
            if len(self._body) > self._settings.max_body:
                self._refuse(self._too_large())
            return
        try:
            self._upload.feed(data)
        except ApiError as error:
            self._refuse(error)

    def _drop_upload(self) -> None:
        if self._upload is not None:
            self._upload.close()
            self._upload = None

    def _too_large(self) -> ApiError:
        return ApiError(
            413,
            f"The request body is larger than the {self._most()} bytes this server takes.",
            code="request_too_large",
        )

    def _refuse(self, error: ApiError) -> None:
        """Reply to a request that was not read to its end, then close without resetting the peer."""
        self._discarding = True
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._write(error_reply(error), close=True)
            if self._transport.can_write_eof():
                with contextlib.suppress(OSError):  # the peer may be gone already
                    self._transport.write_eof()
            asyncio.get_running_loop().call_later(_LINGER, self._transport.close)
        else:
            self._transport.close()

    def _handle(self) -> None:
        """A request is whole: reply at once, or start what takes time."""
        assert self._request is not None
        settings = self._settings
        path, query = split_target(self._request.target.decode("ascii"))
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._request.headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        method, upload = self._request.method.decode("ascii"), self._upload
        request = Request(method, path, dict(query), headers, bytes(self._body), upload)
        self._body = bytearray()
        settings.log.add(recorded(request))
        fault = None
        try:
            if upload is not None:
                upload.finish()
            fault = settings.faults.pick(request)
            reply = settings.app.answer(request) if fault is None or fault.status is None else _failed(fault)
        except ApiError as error:
            reply = error_reply(error)
        except Exception:
            _LOGGER.exception("the offline server failed to answer %s %s", request.method, request.path)
            reply = error_reply(ApiError(500, "The offline server failed; see its log.", type="server_error"))
        self._drop_upload()
        if fault is None and reply.events is None and reply.parts is None and not settings.delay:
            self._write(reply)
            self._next()
        else:
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._slowly(reply, fault or _NO_FAULT))
            self._task.add_done_callback(self._finished)

    def _next(self) -> None:
        """Make ready for the connection's next request, or close when there can be none."""
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        elif self._http.our_state in (h11.MUST_CLOSE, h11.CLOSED):
            self._transport.close()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            _LOGGER.error("the offline server failed while replying", exc_info=error)
            self._transport.abort()
            return
        if self._transport.is_closing():
            return
        self._waiting = 0
        self._transport.resume_reading()
        self._next()
        self._read()

    # --- sending

    def _send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._transport.write(data)

    def _head(self, reply: Reply, length: int | None, close: bool = False) -> h11.Response:
        elapsed = int((time.perf_counter() - self._started) * 1000) if self._started else 0
        headers = [
            (b"date", _date()),
            (b"content-type", reply.media_type.encode()),
            (b"openai-processing-ms", b"%d" % elapsed),
            (b"x-request-id", self._settings.app.request_id().encode()),
            *_ALWAYS,
            *((name.encode(), value.encode()) for name, value in reply.headers),
        ]
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
        if close:
            headers.append((b"connection", b"close"))
        return h11.Response(status_code=reply.status, headers=headers)

    def _write(self, reply: Reply, close: bool = False) -> None:
        send = self._http.send
        body = b"" if self._request is not None and self._request.method == b"HEAD" else reply.body
        head = send(self._head(reply, len(reply.body), close)) or b""
        content = send(h11.Data(data=body)) or b""
        self._transport.write(head + content + (send(h11.EndOfMessage()) or b""))

    async def _slowly(self, reply: Reply, fault: Fault) -> None:
        """Send `reply` with whatever takes time or goes wrong."""
        delay = fault.delay + self._settings.delay
        if delay:
            await asyncio.sleep(delay)
        if fault.stall:
            await _forever()
        if fault.cut:
            self._cut(fault)
            return
        _adorn(reply, fault)
        if reply.events is None:
            if fault.malformed and reply.parts is None:
                reply.body = reply.body[:-1] or b"{"
            length = len(reply.body)
            parts: Iterable[bytes] = [reply.body]
            if reply.parts is not None:
                length, parts = reply.length, reply.parts
        else:
            length = None
            parts = _faulty_events(reply.events, fault)
        self._send(self._head(reply, length))
        if fault.cut_after_bytes == 0:
            self._cut(fault)
            return
        sent = 0
        async for part in self._paced(parts, fault, streamed=length is None):
            for limit in (fault.cut_after_bytes, fault.stall_after_bytes):
                if limit is not None and sent + len(part) >= limit:
                    self._send(h11.Data(data=part[: limit - sent]))
                    if limit == fault.cut_after_bytes:
                        self._cut(fault)
                        return
                    await _forever()
            sent += len(part)
            self._send(h11.Data(data=part))
            if self._paused:
                self._writable = asyncio.get_running_loop().create_future()
                await self._writable
        if fault.cut_after_chunks is not None and length is None:
            self._cut(fault)
            return
        if fault.stall_after_chunks is not None and length is None:
            await _forever()
        self._send(h11.EndOfMessage())

    async def _paced(self, parts: Iterable[bytes], fault: Fault, *, streamed: bool) -> AsyncIterator[bytes]:
        """`parts` in the pieces and at the pace asked for; in batches when no pace is."""
        pause = fault.chunk_delay or (self._settings.chunk_delay if streamed else 0.0)
        if fault.chunk_bytes:
            size = fault.chunk_bytes
            parts = (part[at : at + size] for part in parts for at in range(0, len(part), size))
        if pause or fault.chunk_bytes:
            for part in parts:
                await asyncio.sleep(pause)
                yield part
            return
        batch: list[bytes] = []
        held = 0
        for part in parts:
            batch.append(part)
            held += len(part)
            if held >= _BATCH:
                yield b"".join(batch)
                batch, held = [], 0
                await asyncio.sleep(0)
        if batch:
            yield b"".join(batch)

    def _cut(self, fault: Fault) -> None:
        if fault.reset:
            peer = self._transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()


_ALWAYS = (
    (b"openai-version", b"2020-10-01"),
    (b"openai-organization", b"offline"),
    (b"x-ratelimit-limit-requests", b"10000"),
    (b"x-ratelimit-remaining-requests", b"9999"),
    (b"x-ratelimit-reset-requests", b"6ms"),
    (b"x-ratelimit-limit-tokens", b"2000000"),
    (b"x-ratelimit-remaining-tokens", b"1999900"),
    (b"x-ratelimit-reset-tokens", b"3ms"),
)

_stamp = (0, b"")


def _date() -> bytes:
    """The `date` header, formatted once a second."""
    global _stamp
    now = int(time.time())
    if _stamp[0] != now:
        _stamp = (now, formatdate(now, usegmt=True).encode())
    return _stamp[1]


async def _forever() -> None:
    """Until the connection is lost: that cancels the task."""
    await asyncio.Event().wait()


def _failed(fault: Fault) -> Reply:
    assert fault.status is not None
    if fault.status < 400:
        return Reply(fault.status)
    return error_reply(injected(fault.status, fault.code, fault.message))


def _adorn(reply: Reply, fault: Fault) -> None:
    """Give `reply` the headers and the body that `fault` sets."""
    headers = dict(reply.headers)
    if fault.retry_after is not None:
        headers["retry-after"] = str(fault.retry_after)
    if fault.retry_after_ms is not None:
        headers["retry-after-ms"] = str(fault.retry_after_ms)
    if fault.should_retry is not None:
        headers["x-should-retry"] = "true" if fault.should_retry else "false"
    for name, value in fault.headers.items():
        if name.lower() == "content-type":
            reply.media_type = value
        else:
            headers[name.lower()] = value
    reply.headers = list(headers.items())
    if fault.body is not None:
        reply.body, reply.events, reply.parts = fault.body, None, None


def _faulty_events(events: Iterable[bytes], fault: Fault) -> Iterable[bytes]:
    """The events of a stream up to where `fault` breaks it, with `[DONE]` when it does not."""
    ends = [
        count
        for count in (
            fault.cut_after_chunks,
            fault.stall_after_chunks,
            fault.end_after_chunks,
            fault.error_after_chunks,
        )
        if count is not None
    ]
    last = min(ends) if ends else None
    for position, event in enumerate(events):
        if position == last:
            break
        if fault.malformed and position == 1:
            yield event[:-4] + b"\n\n"
        else:
            yield event
    if last is None:
        if not fault.no_done:
            yield stream.DONE
    elif fault.error_after_chunks == last:
        yield stream.event(_error_event(fault))


def _error_event(fault: Fault) -> bytes:
    return encode(injected(500, fault.code, fault.message).payload())

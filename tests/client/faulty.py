"""A raw server for tests: each fault is a short async function that gets one connection and does as it
likes.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}


class Connection:
    """One accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number

    async def request(self) -> Received:
        """Read one whole request."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Received(first, headers, body)

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, body: bytes | dict[str, Any] = b"", status: int = 200, **headers: str) -> None:
        """Send a well-formed reply; `x_a="b"` is the header `x-a: b`."""
        await self.send(reply(body, status, **headers))

    def reset(self) -> None:
        """End with a TCP reset instead of an orderly close."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Received:
    """One request as it came."""

    def __init__(self, line: str, headers: dict[str, str], body: bytes) -> None:
        self.line = line
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def reply(body: bytes | dict[str, Any] = b"", status: int = 200, **headers: str) -> bytes:
    """The bytes of a well-formed reply."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(content))}
    lines.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + content


def event_stream(*texts: str, done: bool = True, finish: bool = True) -> bytes:
    """The bytes of an event stream whose chunks carry `texts`."""
    events = [_event({"content": text}, None) for text in texts]
    if finish:
        events.append(_event({}, "stop"))
    return "".join([*events, "data: [DONE]\n\n" if done else ""]).encode()


def _event(delta: dict[str, Any], finish: str | None) -> str:
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


RESET_KEEPS = pytest.mark.skipif(
    sys.platform == "win32", reason="a reset on Windows may take back what came before it"
)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"

Handler = Callable[[Connection], Awaitable[None]]


class FaultyServer:
    """Runs a handler for every connection, in a thread of its own."""

    def __init__(self, handler: Handler, ssl_context: Any = None) -> None:
        self._handler = handler
        self.connections = 0
        self.errors: list[BaseException] = []
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=ssl_context, limit=1 << 24)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.origin = f"{'https' if ssl_context else 'http'}://127.0.0.1:{self.port}"
        self.base_url = f"{self.origin}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._handler(Connection(reader, writer, self.connections))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        except BaseException as error:
            self.errors.append(error)
            writer.transport.abort()
        else:
            writer.close()
        finally:
            self._tasks.discard(task)

    def stop(self) -> None:
        """Close everything; raises what a handler raised unexpectedly."""

        async def close() -> None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self.errors:
            raise self.errors[0]

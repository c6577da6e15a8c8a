"""Replies as other servers than OpenAI's write them, and every way of reading one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from psbridge.client import AsyncClient, Client, Configuration
from psbridge.cmdlets.codec import ModelCodec

from .conftest import BODY
from .faulty import Connection, FaultyServer


def http(body: Any = b"", status: int = 200, kind: str | None = "application/json", **headers: str) -> bytes:
    """A whole reply; a body that is no bytes or text is written as JSON."""
    content = (
        body
        if isinstance(body, bytes)
        else (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogatepass")
    )
    lines = {"content-length": str(len(content)), **({"content-type": kind} if kind else {})}
    lines.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Reason\r\n{head}\r\n".encode("latin-1") + content


def events(*chunks: Any, done: bool = True, kind: str | None = "text/event-stream") -> bytes:
    """An event stream that ends in good order; a chunk that is a text goes out as it is."""
    texts = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    lines = [*(f"data: {text}\n\n" for text in texts), *(["data: [DONE]\n\n"] if done else [])]
    return http("".join(lines), kind=kind)


def chunk(delta: Any = None, finish: str | None = None, index: Any = 0, **top: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    choice = {"index": index, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **top,
    }


def closed(reply: bytes) -> bytes:
    """A reply that does not say where its body ends: the connection is closed behind it."""
    head, gap, body = reply.partition(b"\r\n\r\n")
    return b"\r\n".join(line for line in head.split(b"\r\n") if b"content-length" not in line) + gap + body


class Answers(FaultyServer):
    """Answers every request with `reply`, which may be changed between calls."""

    def __init__(self) -> None:
        self.reply = b""
        self.requests = 0
        super().__init__(self._answer)

    async def _answer(self, connection: Connection) -> None:
        while True:
            await connection.request()
            self.requests += 1
            await connection.send(self.reply)
            if b"content-length:" not in self.reply.partition(b"\r\n\r\n")[0]:
                return  # its end is the connection's

    def configuration(self, **changes: Any) -> Configuration:
        settings = {
            "base_url": self.base_url,
            "access_token": "sk-test-1234567890",
            "max_retries": 0,
            "proxy": "",
        }
        return Configuration(**{**settings, **changes})


async def _collected(stream: Any) -> list[Any]:
    return [item async for item in stream]


async def _asked(configuration: Configuration, read: Callable[[AsyncClient], Any]) -> Any:
    async with AsyncClient(configuration, codec=ModelCodec()) as client:
        return await read(client)


def _sync(read: Callable[[Client], Any]) -> Callable[[Configuration], Any]:
    def call(configuration: Configuration) -> Any:
        with Client(configuration, codec=ModelCodec()) as client:
            return read(client)

    return call


def _plain(read: Callable[[Client], Any]) -> Callable[[Configuration], Any]:
    def call(configuration: Configuration) -> Any:
        with Client(configuration) as client:
            return read(client)

    return call


def _asyncio(read: Callable[[AsyncClient], Any]) -> Callable[[Configuration], Any]:
    return lambda configuration: asyncio.run(_asked(configuration, read))


async def _streamed(client: AsyncClient, way: str) -> Any:
    stream: Any = await client.stream(BODY)
    if way == "completion":
        return await stream.completion()
    return await _collected(stream if way == "chunks" else getattr(stream, way)())


def _partial(client: Client) -> Any:
    stream = client.stream(BODY)
    next(stream, None)
    return stream.partial


WAYS: dict[str, Callable[[Configuration], Any]] = {
    "create": _sync(lambda client: client.create(BODY).value),
    "create, plain": _plain(lambda client: client.create(BODY).value),
    "create, asyncio": _asyncio(lambda client: client.create(BODY)),
    "map": _sync(lambda client: [outcome.value for outcome in client.map([BODY])]),
    "chunks": _sync(lambda client: list(client.stream(BODY))),
    "chunks, plain": _plain(lambda client: list(client.stream(BODY))),
    "text": _sync(lambda client: list(client.stream(BODY).text())),
    "events": _sync(lambda client: list(client.stream(BODY).events())),
    "completion": _sync(lambda client: client.stream(BODY).completion()),
    "partial": _sync(_partial),
    "chunks, asyncio": _asyncio(lambda client: _streamed(client, "chunks")),
    "text, asyncio": _asyncio(lambda client: _streamed(client, "text")),
    "events, asyncio": _asyncio(lambda client: _streamed(client, "events")),
    "completion, asyncio": _asyncio(lambda client: _streamed(client, "completion")),
}
STREAMED = [way for way in WAYS if not way.startswith(("create", "map", "partial"))]

"""A finished reply cut into the chunks of a stream, and the bytes of its server-sent events.

Per choice: the role first, then one chunk for every token of the content or of a call's arguments, then the
finish reason; last, when asked for, the usage with no choices. Joined, the chunks say exactly what the
unstreamed reply says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import tokens
from .problems import encode

DONE = b"data: [DONE]\n\n"
_PADDINGS = tuple(b',"obfuscation":"' + b"offlineserver"[:length] + b'"' for length in range(1, 14))


def event(payload: bytes) -> bytes:
    """One server-sent event."""
    return b"data: " + payload + b"\n\n"


def events(reply: dict[str, Any], options: dict[str, Any] | None) -> Iterator[bytes]:
    """The events of `reply` without the closing `[DONE]`.

    Args:
        reply: a `chat.completion` object made by `reply.build`.
        options: the request's `stream_options`, or None.
    """
    options = options or {}
    with_usage = options.get("include_usage", False)
    padded = options.get("include_obfuscation", True)
    head = {
        "id": reply["id"],
        "object": "chat.completion.chunk",
        "created": reply["created"],
        "model": reply["model"],
        "service_tier": reply["service_tier"],
        "system_fingerprint": reply["system_fingerprint"],
    }
    # What all chunks share is written once: a long reply has a chunk for every word.
    opening = b"data: " + encode(head)[:-1] + b',"choices":['
    closing = b'],"usage":null' if with_usage else b"]"
    for choice in reply["choices"]:
        for delta, logprobs, finish in _deltas(choice):
            part = {"index": choice["index"], "delta": delta, "logprobs": logprobs, "finish_reason": finish}
            written = encode(part)
            padding = _PADDINGS[len(written) % len(_PADDINGS)] if padded else b""
            yield b"".join((opening, written, closing, padding, b"}\n\n"))
    if "moderation" in reply:
        yield event(encode({**head, "choices": [], "moderation": reply["moderation"]}))
    if with_usage:
        yield event(encode({**head, "choices": [], "usage": reply["usage"]}))


_Delta = tuple[dict[str, Any], dict[str, Any] | None, str | None]


def _deltas(choice: dict[str, Any]) -> Iterator[_Delta]:
    """(delta, logprobs, finish_reason) of every chunk of one choice."""
    message = choice["message"]
    first: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if message.get("tool_calls"):
        yield first, None, None
        for position, call in enumerate(message["tool_calls"]):
            yield from _call(position, call)
    elif message.get("function_call"):
        called = message["function_call"]
        yield {**first, "function_call": {"name": called["name"], "arguments": ""}}, None, None
        for piece in tokens.pieces(called["arguments"]):
            yield {"function_call": {"arguments": piece}}, None, None
    elif message.get("audio"):
        audio = message["audio"]
        yield {**first, "audio": {"id": audio["id"], "transcript": ""}}, None, None
        for piece in tokens.pieces(audio["transcript"]):
            yield {"audio": {"transcript": piece}}, None, None
        yield {"audio": {"data": audio["data"]}}, None, None
        yield {"audio": {"expires_at": audio["expires_at"]}}, None, None
    else:
        yield {**first, "content": ""}, None, None
        kept = (choice["logprobs"] or {}).get("content")
        for position, piece in enumerate(tokens.pieces(message["content"] or "")):
            logprobs = {"content": [kept[position]], "refusal": None} if kept else None
            yield {"content": piece}, logprobs, None
    yield {}, None, choice["finish_reason"]


def _call(position: int, call: dict[str, Any]) -> Iterator[_Delta]:
    sort = call["type"]
    text = "arguments" if sort == "function" else "input"
    opening = {
        "index": position,
        "id": call["id"],
        "type": sort,
        sort: {"name": call[sort]["name"], text: ""},
    }
    yield {"tool_calls": [opening]}, None, None
    for piece in tokens.pieces(call[sort][text]):
        yield {"tool_calls": [{"index": position, sort: {text: piece}}]}, None, None

"""A stand-in for a tokeniser: deterministic, dependency-free, and only ever an estimate.

Completion text is cut into pieces that join back to exactly the text; prompts are estimated from their
length.
"""

from __future__ import annotations

import itertools
import re
import zlib
from typing import Any

_PIECE = re.compile(r" ?[^\W_]{1,12}|\s+|[\W_]")
PER_MESSAGE = 3
PRIMING = 3


def pieces(text: str, most: int | None = None) -> list[str]:
    """`text` in tokens: words with a leading space, white space, single marks. Joined, they are `text`.

    `most` stops after so many.
    """
    if most is None:
        return _PIECE.findall(text)
    return [found[0] for found in itertools.islice(_PIECE.finditer(text), most)]


def estimate(text: str) -> int:
    """Tokens of a prompt text: one for every four characters, rounded up."""
    return (len(text) + 3) // 4


def prompt_tokens(body: dict[str, Any]) -> int:
    """Tokens of the whole prompt: messages, their names and tool calls, and the tools offered."""
    total = PRIMING
    for message in body["messages"]:
        total += PER_MESSAGE + estimate(message_text(message))
        if message.get("name"):
            total += 1 + estimate(message["name"])
        for call in message.get("tool_calls") or ():
            total += estimate("".join(map(str, call[call["type"]].values())))
    for offered in (*body.get("tools", ()), *body.get("functions", ())):
        total += estimate(str(offered))
    return total


def message_text(message: dict[str, Any]) -> str:
    """The readable text of one message; parts that are not text are named in brackets."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    words = []
    for part in content:
        sort = part["type"]
        words.append(part[sort] if sort in ("text", "refusal") else f"[{sort}]")
    return " ".join(words)


def logprob(piece: str, index: int, alternatives: int) -> dict[str, Any]:
    """One entry of `logprobs.content`: a made-up but repeatable probability and `alternatives` candidates."""
    raw = piece.encode("utf-8", "surrogatepass")
    value = -((zlib.crc32(raw) + index) % 1000) / 1000
    top = [
        _candidate(piece if rank == 0 else f"{piece}~{rank}", value - rank) for rank in range(alternatives)
    ]
    return {**_candidate(piece, value), "top_logprobs": top}


def _candidate(token: str, value: float) -> dict[str, Any]:
    return {
        "token": token,
        "logprob": round(value, 6),
        "bytes": list(token.encode("utf-8", "surrogatepass")),
    }

"""How requests are divided into files of OpenAI's Batch. Arithmetic only; source: OpenAI's guide to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
SHARE = 0.5
"""Of the price that a live request has."""
_AROUND = 200  # bytes of a line around the request, at most


class Line(NamedTuple):
    """A request as a line of a part: which row's, and what counts of it."""

    seq: int
    model: str
    inputs: int
    size: int
    tokens: int


def line_of(seq: int, body: bytes, tokens: int) -> Line:
    """A request's line; an embedding counts as many requests as it has inputs."""
    members = json.loads(body)
    inputs = len(members["input"]) if isinstance(members.get("input"), list) else 1
    return Line(seq, str(members.get("model") or ""), inputs, len(body) + _AROUND, tokens)


@dataclass
class Part:
    """A file of requests of one model; `inputs`, `size` in bytes and `tokens` of all of them."""

    model: str
    inputs: int = 0
    size: int = 0
    tokens: int = 0
    rows: list[int] = field(default_factory=list)

    def takes(self, line: Line, most_tokens: int | None) -> bool:
        """Whether there is room for a line; an empty part takes any, which is a part by itself then."""
        full = self.inputs + line.inputs > MOST_REQUESTS or self.size + line.size > MOST_BYTES
        if most_tokens is not None:
            full = full or self.tokens + line.tokens > most_tokens
        return not self.size or not full

    def count(self, line: Line) -> None:
        """A line is in it."""
        self.inputs += line.inputs
        self.size += line.size
        self.tokens += line.tokens


def cut(lines: Iterable[Line], most_tokens: int | None = None) -> list[Part]:
    """Divide requests into parts, in their order: by model, `MOST_REQUESTS`, `MOST_BYTES` and tokens."""
    open_parts: dict[str, Part] = {}
    whole: list[Part] = []
    for line in lines:
        part = open_parts.setdefault(line.model, Part(line.model))
        if not part.takes(line, most_tokens):
            whole.append(part)
            part = open_parts[line.model] = Part(line.model)
        part.count(line)
        part.rows.append(line.seq)
    return [*whole, *open_parts.values()]


class PartCount:
    """How many parts lines make, without keeping them."""

    def __init__(self, most_tokens: int | None) -> None:
        self.parts = 0
        self._most_tokens = most_tokens
        self._open: dict[str, Part] = {}

    def add(self, line: Line) -> None:
        """One more line."""
        part = self._open.get(line.model)
        if part is None or not part.takes(line, self._most_tokens):
            part = self._open[line.model] = Part(line.model)
            self.parts += 1
        part.count(line)

"""What happens in a stream, as small typed events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True)
class ContentDelta:
    """A piece of a choice's content."""

    text: str
    choice: int = 0
    type: Literal["content"] = "content"


@dataclass(frozen=True)
class RefusalDelta:
    """A piece of a choice's refusal."""

    text: str
    choice: int = 0
    type: Literal["refusal"] = "refusal"


@dataclass(frozen=True)
class ToolCallDelta:
    """A piece of a tool call: the first of each `index` brings id and name, all bring arguments.

    `arguments` are a function's arguments, or a custom tool's input, as far as this piece holds them.
    """

    index: int
    arguments: str
    id: str | None = None
    name: str | None = None
    choice: int = 0
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True)
class UsageReport:
    """The stream's token usage, as the server's JSON has it."""

    usage: Mapping[str, Any]
    type: Literal["usage"] = "usage"


@dataclass(frozen=True)
class Done:
    """The stream is whole; `completion` is what the codec makes of all of it."""

    completion: Any
    type: Literal["done"] = "done"


StreamEvent: TypeAlias = ContentDelta | RefusalDelta | ToolCallDelta | UsageReport | Done


def events_of(chunk: Mapping[str, Any]) -> Iterator[StreamEvent]:
    """The events in one chunk."""
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        delta = choice.get("delta") if isinstance(choice, Mapping) else None
        if not isinstance(delta, Mapping):
            continue
        number = choice.get("index", 0)
        content, refusal = delta.get("content"), delta.get("refusal")
        if isinstance(content, str) and content:
            yield ContentDelta(content, number)
        if isinstance(refusal, str) and refusal:
            yield RefusalDelta(refusal, number)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            yield _tool_call(call, number)
    usage = chunk.get("usage")
    if isinstance(usage, Mapping):
        yield UsageReport(usage)


def _tool_call(call: Mapping[str, Any], choice: int) -> ToolCallDelta:
    function = call.get("function") or {}
    custom = call.get("custom") or {}
    return ToolCallDelta(
        index=call.get("index", 0),
        arguments=function.get("arguments") or custom.get("input") or "",
        id=call.get("id"),
        name=function.get("name") or custom.get("name"),
        choice=choice,
    )

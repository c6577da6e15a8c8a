"""What happens in a stream, as small typed events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..message import jsontext
from .assemble import choice_number, json_text
from .toolcalls import ToolCalls


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

    `index` counts a choice's calls as the whole completion has them, also where a server numbers them
    otherwise or not at all.
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


class EventReader:
    """Chunks in, in order; what happens in each comes out."""

    def __init__(self) -> None:
        self._calls: dict[int, ToolCalls] = {}

    def events_of(self, chunk: Mapping[str, Any]) -> Iterator[StreamEvent]:
        """The events in one chunk that `check_chunk` takes."""
        for position, choice in enumerate(chunk.get("choices") or ()):
            delta = choice.get("delta")
            if not delta:
                continue
            number = choice_number(choice, position)
            content, refusal = delta.get("content"), delta.get("refusal")
            if content.__class__ is str:
                if content:
                    yield ContentDelta(content, number)
            elif content is not None:
                for text in texts_of(content):
                    yield ContentDelta(text, number)
            if refusal is not None:
                for text in texts_of(refusal):
                    yield RefusalDelta(text, number)
            for call in delta.get("tool_calls") or ():
                calls = self._calls.setdefault(number, ToolCalls())
                yield _tool_call(call, calls.number(call), number)
        usage = chunk.get("usage")
        if isinstance(usage, Mapping):
            yield UsageReport(usage)


def text_in(content: object) -> str:
    """The whole text of a content, which some servers send in parts; empty for anything else."""
    return "".join(texts_of(content))


def texts_of(content: object) -> Iterator[str]:
    """A content that is a text, or the texts among the parts that some servers send; none is empty."""
    if isinstance(content, str):
        if content:
            yield content
    elif isinstance(content, list):
        for part in content:
            text = jsontext.field(part, "text") if jsontext.field(part, "type") == "text" else None
            if isinstance(text, str) and text:
                yield text


def _tool_call(call: Mapping[str, Any], number: int, choice: int) -> ToolCallDelta:
    function = call.get("function") or {}
    custom = call.get("custom") or {}
    arguments = function.get("arguments") or custom.get("input") or ""
    own_id, name = call.get("id"), function.get("name") or custom.get("name")
    return ToolCallDelta(
        index=number,
        arguments=arguments if isinstance(arguments, str) else json_text(arguments),
        id=own_id if isinstance(own_id, str) and own_id else None,
        name=name if isinstance(name, str) and name else None,
        choice=choice,
    )

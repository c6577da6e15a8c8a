"""What the PowerShell module's views show of replies, and the hidden members they read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.members import member

_SHORT = 60  # characters of a text in a list of replies


def _choices(reply: Any) -> Iterator[Any]:
    yield from member(reply, "choices") or ()


def _joined(parts: Iterator[Any], separator: str) -> str:
    return separator.join(to_text(part) for part in parts)


def _roles(reply: Any) -> str:
    return _joined((member(member(one, "message"), "role") for one in _choices(reply)), ", ")


def _text(reply: Any) -> str:
    return _joined((_answer(member(one, "message")) for one in _choices(reply)), os.linesep)


def _answer(message: Any) -> str:
    for name in ("content", "refusal"):
        if member(message, name):
            return to_text(member(message, name))
    called = [member(call, "function") for call in member(message, "tool_calls") or ()]
    return "; ".join(
        f"{to_text(member(one, 'name'))}({to_text(member(one, 'arguments'))})" for one in called if one
    )


def _finish_reasons(reply: Any) -> str:
    return _joined((member(one, "finish_reason") for one in _choices(reply)), ", ")


def _tokens(reply: Any) -> str | None:
    usage = member(reply, "usage")
    if usage is None:
        return None
    return f"{to_text(member(usage, 'prompt_tokens'))} in, {to_text(member(usage, 'completion_tokens'))} out"


def _of_deltas(name: str) -> Callable[[Any], str]:
    return lambda chunk: _joined((member(member(one, "delta"), name) for one in _choices(chunk)), "")


def _chunk_finish(chunk: Any) -> str:
    return _joined((member(one, "finish_reason") for one in _choices(chunk)), "")


HIDDEN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "CreateChatCompletionResponse": {
        "role": _roles,
        "text": _text,
        "finishreason": _finish_reasons,
        "tokens": _tokens,
    },
    "CreateChatCompletionStreamResponse": {
        "role": _of_deltas("role"),
        "text": _of_deltas("content"),
        "finishreason": _chunk_finish,
    },
}
"""By a model's name and a member's in lower case: how its value comes about."""


def _count(listed: Any) -> int:
    return len(member(listed, "data") or ())


def _line(text: Any) -> str:
    plain = re.sub(r"\s+", " ", to_text(text))
    return plain if len(plain) <= _SHORT else f"{plain[: _SHORT - 3]}..."


def _completions(listed: Any) -> str:
    return os.linesep.join(
        f"{to_text(member(one, 'id'))}  {to_text(member(one, 'model'))}  {_line(member(one, 'Text'))}"
        for one in member(listed, "data") or ()
    )


def _messages(listed: Any) -> str:
    return os.linesep.join(
        f"{to_text(member(one, 'role'))}: {_line(member(one, 'content'))}"
        for one in member(listed, "data") or ()
    )


LISTS: dict[str, dict[str, str | Callable[[Any], Any]]] = {
    "PSBridge.CreateChatCompletionResponse": {
        "Role": "Role",
        "Text": "Text",
        "FinishReason": "FinishReason",
        "Tokens": "Tokens",
        "Model": "model",
        "Id": "id",
    },
    "PSBridge.ChatCompletionList": {"Count": _count, "HasMore": "has_more", "Completions": _completions},
    "PSBridge.ChatCompletionMessageList": {"Count": _count, "HasMore": "has_more", "Messages": _messages},
    "PSBridge.HttpInfo": {
        name: name for name in ("StatusCode", "RequestId", "Attempts", "ElapsedSec", "Headers", "Response")
    },
}
"""By type name: the labels of a list, and the member or reading behind each."""

TABLES: dict[str, list[tuple[str, int, str, str]]] = {
    "PSBridge.CreateChatCompletionStreamResponse": [
        ("Role", 10, "left", "Role"),
        ("Text", 0, "left", "Text"),
        ("FinishReason", 14, "left", "FinishReason"),
    ],
}
"""By type name: heading, width (0 is as wide as needed), alignment and member of each column."""

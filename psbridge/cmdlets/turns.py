"""A reply among the messages of a chat request: the assistant's turn, with what a request may hold of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client.message import jsontext
from ..models.base import Model

_REPLIES = frozenset(("CreateChatCompletionResponse", "ChatCompletionResponseMessage"))


def is_reply(item: Any) -> bool:
    """Whether it is a chat reply or the message of one."""
    return type(item).__name__ in _REPLIES and isinstance(item, Model)


def turn(item: Any) -> Any:
    """A reply, or its message, as the message of a request; anything else as it is."""
    if not is_reply(item):
        return item
    if not hasattr(item, "choices"):
        return turn_of(item)
    return turn_of(item.choices[0].message) if item.choices else item


def turn_of(message: Any) -> dict[str, Any]:
    """A reply's message as a request carries it on: its content, refusal, calls and sound, nothing else."""
    members: dict[str, Any] = {"role": "assistant"}
    content = getattr(message, "content", None)
    calls = getattr(message, "tool_calls", None)
    refusal = getattr(message, "refusal", None)
    function_call = _plain(getattr(message, "function_call", None))
    sound = _plain(getattr(message, "audio", None))
    if content is not None or not (calls or refusal or function_call or sound):
        members["content"] = content or ""
    if refusal:
        members["refusal"] = refusal
    if calls:
        members["tool_calls"] = [_call(call) for call in calls]
    if function_call:
        members["function_call"] = _with_text(function_call, "arguments")
    if sound is not None:
        members["audio"] = {"id": sound.get("id")}
    return members


def with_turns(members: dict[str, Any]) -> dict[str, Any]:
    """The members of a request by JSON name; a reply among its messages is the assistant's turn."""
    messages = members.get("messages")
    if isinstance(messages, (list, tuple)) and any(map(is_reply, messages)):
        return {**members, "messages": [turn(one) for one in messages]}
    return members


def arguments_text(arguments: Any) -> str:
    """A call's arguments as text; some servers send them as an object. Empty for anything else."""
    if isinstance(arguments, Model):
        return arguments.model_dump_json()
    if isinstance(arguments, Mapping):
        return jsontext.written(arguments).decode()
    return arguments if isinstance(arguments, str) else ""


def _call(call: Any) -> dict[str, Any]:
    members: dict[str, Any] = _plain(call)
    for kind, name in (("function", "arguments"), ("custom", "input")):
        if isinstance(members.get(kind), dict):
            members[kind] = _with_text(members[kind], name)
    return members


def _with_text(members: dict[str, Any], name: str) -> dict[str, Any]:
    given = members.get(name)
    return {**members, name: arguments_text(given)} if isinstance(given, Mapping) else members


def _plain(value: Any) -> Any:
    """An object of a reply as a table; None for what should be one and is not."""
    if isinstance(value, Model):
        return value.model_dump()
    return dict(value) if isinstance(value, Mapping) else None

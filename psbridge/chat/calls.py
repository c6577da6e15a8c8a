"""New-ChatCompletion with all that stands around a question: templates, tools, typed answers, pictures.

The plain call never comes here: `entry` hands over what has one of its `PARAMETERS`, and items that are no
requests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client import Reply
from ..client.streams.events import text_in
from ..cmdlets import completion
from ..cmdlets.table import entry
from ..models.base import Model
from .asking import Question, drive, steps
from .entry import ITEM, PARAMETERS
from .errors import refusal
from .media import sound_format
from .prompts import request_of
from .rounds import MAX_ROUNDS, ToolCall
from .tools import Tool, checked_timeout
from .typed import answer_type

Bound = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """What -PassThru gives: the item, and the reply to it."""

    Input: Any
    Reply: Any

    def __ps_properties__(self) -> dict[str, Any]:
        return dict(vars(self))


def new_chat_completion(bound: Bound) -> Any:
    """Ask, run tools, check the answer.

    Returns:
        The reply, with `Parsed` and `ToolCalls` where asked for; with -TextOnly its text, with -ParsedOnly
        its value, with -PassThru an `Exchange`, with -Stream an `AnswerStream`, with -StreamText the pieces
        of its text.

    Raises:
        InvalidValueError: something that cannot be sent.
        ClientError: a call failed.
        AnswerError: the answer is not what it is held to.
    """
    question = question_of_bound(bound)
    options = completion.call_options(bound)
    if bound.get("Stream") or bound.get("StreamText"):
        from .streaming import AnswerStream

        stream = AnswerStream(question, options)
        return stream.text() if bound.get("StreamText") else stream
    last: list[Reply] = []

    def send(request: Model) -> Any:
        last[:] = [completion.client().create(completion.as_bytes(request), **options)]
        return last[0].value

    reply = drive(steps(question), question, send)
    return shown(reply, bound, last[0])


def shown(reply: Any, bound: Bound, sent: Reply | None = None) -> Any:
    """The reply as the switches want it."""
    if bound.get("PassThru"):
        return Exchange(bound.get(ITEM, bound.get("Messages")), reply)
    if bound.get("TextOnly"):
        return text_of(reply)
    if bound.get("ParsedOnly"):
        return reply.Parsed
    if sent is not None and bound.get("WithHttpInfo"):
        return completion.result_of(sent, bound)
    return reply


def text_of(reply: Any) -> str:
    """The text of the first answer; empty where there is none."""
    choices = getattr(reply, "choices", None) or ()
    return text_in(getattr(choices[0].message, "content", None)) if choices else ""


def question_of_bound(bound: Mapping[str, Any]) -> Question:
    """The whole question that the bound parameters ask.

    Raises:
        InvalidValueError: naming the parameter; nothing was sent.
    """
    members = {
        name: value for name, value in bound.items() if name not in PARAMETERS and name not in completion.CALL
    }
    for name in ("Messages", "WhatIf"):
        members.pop(name, None)
    tools = _tools(members)
    answer = None
    if bound.get("As") is not None or bound.get("JsonSchema") is not None:
        answer = answer_type(bound.get("As"), bound.get("JsonSchema"))
        members["ResponseFormat"] = answer.response_format
    elif bound.get("ParsedOnly"):
        raise refusal("ParsedOnly", "needs 'As' or 'JsonSchema', which say what the answer is parsed as")
    sound_file = bound.get("AudioOutFile")
    if sound_file is not None:
        _ask_for_sound(members, sound_format(sound_file))
    request = completion.sendable(request_of(bound, members))
    mode = str(bound.get("InvokeTools") or "None").capitalize()
    if mode not in ("Auto", "Confirm", "None"):
        raise refusal("InvokeTools", "must be one of Auto, Confirm, None")
    if mode != "None" and not tools and request.tools:
        raise refusal("InvokeTools", "needs tools that can be run, as New-ChatTool and @ps.tool make them")
    home = next((tool.home for tool in tools.values() if tool.home is not None), None)
    approve = None
    if mode == "Confirm" and tools:
        approve = _confirmed() if home is None else home.approve
    return Question(
        request,
        answer=answer,
        max_repair=_at_least(bound, "MaxRepair", 0, 0),
        tools=tools if mode != "None" else {},
        max_rounds=_at_least(bound, "MaxToolRounds", MAX_ROUNDS, 0),
        tool_timeout=checked_timeout(bound.get("ToolTimeoutSec"), "ToolTimeoutSec"),
        width=bound.get("ThrottleLimit") or 4,
        approve=approve,
        what_if=bool(bound.get("WhatIf")),
        sound_file=None if sound_file is None else str(sound_file),
        home=home,
    )


# What is a conversation's own business, or no matter of one message.
_NOT_HERE = frozenset(
    """Messages System Template Reply PassThru WithHttpInfo Unordered RequestsPerMinute TokensPerMinute
    CreateChatCompletionRequest""".split()
)


def parameters_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of New-ChatCompletion by their names, in any spelling that it takes, converted as it does.

    Raises:
        PSBridgeError: naming one that is none, or that a conversation does not take.
    """
    if not given:
        return {}
    bound = dict(entry("New-ChatCompletion").command.bind_call((), {"Messages": ("",), **given}))
    if "Messages" not in given:
        del bound["Messages"]
    misplaced = next((name for name in bound if name in _NOT_HERE), None)
    if misplaced is not None:
        raise refusal(misplaced, "must not be given to a conversation")
    return bound


def _tools(members: dict[str, Any]) -> dict[str, Tool]:
    """The tools that can run; in the request's members they become their definitions."""
    given = members.get("Tools")
    if given is None:
        return {}
    items = list(given) if isinstance(given, Sequence) and not isinstance(given, (str, bytes)) else [given]
    names: set[str] = set()
    for item in items:
        name = item.name if isinstance(item, Tool) else _declared_name(item)
        if name is not None and name in names:
            raise refusal("Tools", f"has two tools of the name '{name}'")
        names.update(() if name is None else (name,))
    members["Tools"] = [item.definition if isinstance(item, Tool) else item for item in items]
    return {item.name: item for item in items if isinstance(item, Tool)}


def _declared_name(item: Any) -> str | None:
    if callable(item) and not isinstance(item, (type, Mapping)) and not hasattr(item, "__ps_properties__"):
        raise refusal(
            "Tools",
            f"has the function '{getattr(item, '__name__', item)}', which is no tool yet: use '@ps.tool'",
        )
    function = item.get("function") if isinstance(item, Mapping) else getattr(item, "function", None)
    name = function.get("name") if isinstance(function, Mapping) else getattr(function, "name", None)
    return name if isinstance(name, str) else None


def _ask_for_sound(members: dict[str, Any], kind: str) -> None:
    members.setdefault("Modalities", ["text", "audio"])
    if members.get("Audio") is None:
        members["Audio"] = {"voice": "alloy", "format": kind}


def _confirmed() -> Callable[[ToolCall], bool]:
    """Asks at the console before each call.

    Raises:
        InvalidValueError: when nobody can be asked.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise refusal("InvokeTools", "'Confirm' needs a console to ask at; 'Auto' runs without asking")

    def approve(call: ToolCall) -> bool:
        print(f"The model asks for {call.Name} with {call.text}", file=sys.stderr)  # noqa: T201 - a question
        return input("Run it? [y/N] ").strip().lower() in ("y", "yes")

    return approve


def _at_least(bound: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = bound.get(name)
    if value is None:
        return default
    if value < least:
        raise refusal(name, f"must be {least} or more")
    return int(value)

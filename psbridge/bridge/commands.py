"""The module's commands as tools: asked for while a call runs, in the runspace that waits for it.

They run one after the other: a runspace does one thing at a time. What goes wrong with one is its own
`Error`; that the call was cancelled ends the question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..chat.commands import CommandTool, schema_of
from ..chat.rounds import ToolCall
from ..chat.running import Approve, limit_of, prepared
from ..chat.typed import AnswerType, answer_of
from ..errors import PSBridgeError
from .listener import current


class KeptResult:
    """Stands for what a command gave, which the module keeps."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __ps_properties__(self) -> dict[str, Any]:
        return {"Key": self._key}


class Module:
    """`Home` of the module's commands."""

    def run_all(
        self,
        calls: Sequence[ToolCall],
        tools: Mapping[str, Any],
        *,
        width: int = 1,
        timeout: float | None = None,
        approve: Approve | None = None,
    ) -> None:
        """Have the calls run, one after the other; each one's Result, Error and Elapsed are then set."""
        for call in calls:
            if prepared(call, tools, approve):
                self._run(call, tools[call.Name], timeout)

    def _run(self, call: ToolCall, tool: CommandTool, timeout: float | None) -> None:
        _, arguments = tool.arguments_of(call.text)
        told = _asked(
            {
                "does": "run",
                "number": tool.number,
                "name": tool.name,
                "arguments": arguments,
                "text": call.text,
                "limit": limit_of(tool, timeout),
            }
        )
        call.Elapsed = float(told.get("elapsed") or 0.0)
        if told.get("error") is not None:
            call.Error = str(told["error"])
            return
        call.told = str(told.get("text") or "")
        call.Result = KeptResult(str(told.get("key") or ""))

    def approve(self, call: ToolCall) -> bool:
        """Whether the user says yes."""
        return _asked({"does": "confirm", "name": call.Name, "text": call.text}).get("yes") is True

    def show(self, call: ToolCall) -> None:
        """Show a call as -WhatIf shows what it does not do."""
        _asked({"does": "show", "name": call.Name, "text": call.text})


_module = Module()


def command_tool(told: Mapping[str, Any] | str) -> CommandTool:
    """The tool of a command, by what the module says of it: a table, or its JSON text.

    Raises:
        InvalidValueError: its name is none the service takes.
        PSBridgeError: the text is no table.
    """
    return _known_tool(told) if isinstance(told, str) else CommandTool(told, _module)


def command_answer(name: str, shape: Mapping[str, Any] | str) -> AnswerType:
    """What an answer of a type of the module's is held to, by its shape or that one's JSON text.

    Raises:
        SchemaError: naming the place that strict mode cannot express.
        PSBridgeError: the text is no table.
    """
    return _known_answer(name, shape) if isinstance(shape, str) else answer_of(name, schema_of(shape))


@lru_cache(maxsize=256)
def _known_tool(told: str) -> CommandTool:
    return CommandTool(_table(told), _module)


@lru_cache(maxsize=256)
def _known_answer(name: str, shape: str) -> AnswerType:
    return answer_of(name, schema_of(_table(shape)))


def _table(text: str) -> dict[str, Any]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        raise PSBridgeError(
            "What is said of a command or a type must be a table.",
            error_id="PSBridge.InvalidValue",
            category="InvalidData",
        )
    return table


def _asked(what: dict[str, Any]) -> dict[str, Any]:
    ask = getattr(current.get(), "ask_command", None)
    if ask is None:
        raise PSBridgeError(
            "A command of PowerShell can be run during a call only.",
            error_id="PSBridge.InvalidOperation",
            category="InvalidOperation",
        )
    told = ask(what)
    return told if isinstance(told, dict) else {}

"""The loop of a model that uses tools: ask, run what it asks for, give back the results, until it answers.

`Rounds` decides and performs no I/O: whoever drives it sends `request`, hands it the reply, runs the calls it
names and gives it what they came to. Only declared tools run; whatever goes wrong with one becomes its
message to the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..cmdlets.turns import arguments_text
from ..models.base import Model
from .history import answer_message, message_of

MAX_ROUNDS = 10


@dataclass
class ToolCall:
    """One call that the model asked for, and what became of it.

    Attributes:
        Id: the model's id of the call.
        Name: the tool's name.
        Arguments: the arguments as a table; as the text they came in where that is no JSON object.
        Result: what the tool gave, or None.
        Error: why there is no result, as one sentence, or None. The model was told the same.
        Elapsed: seconds the tool took.
    """

    Id: str
    Name: str
    Arguments: Any
    Result: Any = None
    Error: str | None = None
    Elapsed: float = 0.0
    text: str = field(default="", repr=False)
    told: str | None = field(default=None, repr=False)

    def __ps_properties__(self) -> dict[str, Any]:
        names = ("Id", "Name", "Arguments", "Result", "Error", "Elapsed")
        return {name: getattr(self, name) for name in names}

    @property
    def content(self) -> str:
        """What the model is told; of a tool that ran elsewhere, as it was said there."""
        if self.Error is not None:
            return f"Error: {self.Error}"
        return as_text(self.Result) if self.told is None else self.told


def as_text(value: Any) -> str:
    """A tool's result as the model reads it: a text as it is, anything else as JSON; bytes in Base64."""
    if isinstance(value, str):
        return value
    from pydantic_core import to_json

    try:
        return to_json(value, fallback=str, inf_nan_mode="constants", bytes_mode="base64").decode()
    except Exception:  # what holds itself, or does not say what it is
        return f"<{type(value).__name__}>"


class Rounds:
    """One use of tools, from the first request to the last reply.

    Args:
        request: what is asked first; its `tools` are the declared ones.
        runnable: the names of the tools that can be run here. A reply that calls a declared tool which is
            not among them ends the loop: its calls are the caller's.
        most: how many rounds of calls are run.

    Attributes:
        request: what is to be sent next.
        calls: every call so far, in order.
        exhausted: the last reply asks for calls that were not run, because `most` was reached.
    """

    def __init__(self, request: Model, runnable: Iterable[str], most: int = MAX_ROUNDS) -> None:
        self.request = request
        self.calls: list[ToolCall] = []
        self.exhausted = False
        self._runnable = frozenset(runnable)
        self._declared = frozenset(_declared(request)) | self._runnable
        self._most = most
        self._round = 0
        self._asked: list[Model] = []

    def take(self, reply: Any) -> list[ToolCall]:
        """The calls to run for this reply; none when it is the last one."""
        choices = getattr(reply, "choices", None) or ()
        message = choices[0].message if choices else None
        wanted = [_call(one) for one in getattr(message, "tool_calls", None) or ()]
        if not wanted:
            return []
        if any(call.Name in self._declared and call.Name not in self._runnable for call in wanted):
            return []
        if self._round >= self._most:
            self.exhausted = True
            return []
        self._round += 1
        self._asked = [answer_message(message)]
        for call in wanted:
            if call.Name not in self._declared:
                known = ", ".join(sorted(self._declared)) or "none"
                call.Error = f"there is no tool '{call.Name}'; the tools are: {known}"
        return wanted

    def give(self, calls: Sequence[ToolCall]) -> None:
        """Take the results of a round; `request` is then the next one."""
        self.calls.extend(calls)
        results = [
            message_of({"role": "tool", "tool_call_id": call.Id, "content": call.content}) for call in calls
        ]
        messages = [*self.request.messages, *self._asked, *results]
        changes: dict[str, Any] = {"messages": messages}
        # A choice that forces a tool holds for the first request; kept, it would never let the model answer.
        forced = getattr(self.request, "tool_choice", None)
        if forced is not None and forced not in ("auto", "none"):
            changes["tool_choice"] = "auto"
        self.request = self.request.model_copy(update=changes)


def _declared(request: Model) -> Iterable[str]:
    for tool in getattr(request, "tools", None) or ():
        function = getattr(tool, "function", None) or getattr(tool, "custom", None)
        name = getattr(function, "name", None)
        if isinstance(name, str):
            yield name


def _call(call: Any) -> ToolCall:
    function = getattr(call, "function", None) or getattr(call, "custom", None)
    text = arguments_text(getattr(function, "arguments", None)) or arguments_text(
        getattr(function, "input", None)
    )
    try:
        arguments: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        arguments = text
    if not isinstance(arguments, Mapping):
        arguments = text
    return ToolCall(str(getattr(call, "id", "")), str(getattr(function, "name", "")), arguments, text=text)

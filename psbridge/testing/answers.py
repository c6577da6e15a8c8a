"""The answers that a test dictates, in order or by what was asked, and the replies they become.

Knows the offline server's requests and replies, and no sockets.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..offline import reply as offline_reply
from ..offline import stream, tokens
from ..offline.app import App
from ..offline.faults import Fault, Faults
from ..offline.message import Reply, Request
from ..offline.problems import ApiError, encode
from .differences import lacks

# What is said, a fault, or a function of the request's JSON that gives one of them.
Answer: TypeAlias = Any
# A text within the last user message, members that the request has, or a function of the request's JSON.
When: TypeAlias = "str | Mapping[str, Any] | Callable[[Any], bool] | None"

_CREATE = "/chat/completions"
CODE = "no_answer_in_this_test"


@dataclass(frozen=True)
class ToolCallAnswer:
    """A reply that asks for a tool; several in a list ask for several at once."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def tool_call(name: str, /, **arguments: Any) -> ToolCallAnswer:
    """An answer that asks for the tool `name` with these arguments."""
    return ToolCallAnswer(name, arguments)


class _Rule:
    """Answers for the requests that match; the last one is given again and again."""

    def __init__(self, when: When, answers: Sequence[Answer]) -> None:
        self._when = when
        self._answers = list(answers)

    def matches(self, body: Any) -> bool:
        if isinstance(self._when, str):
            return self._when in last_user_text(body)
        if isinstance(self._when, Mapping):
            return lacks(self._when, body) is None
        return self._when is not None and bool(self._when(body))

    def next(self) -> Answer:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Script:
    """What is answered, in which order; safe to use from any thread.

    Attributes:
        failures: what went wrong with the test's own script: requests that had no answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Answer] = []
        self._rules: list[_Rule] = []
        self._given = 0
        self._added: list[tuple[Sequence[Answer], When]] = []
        self.failures: list[str] = []

    def rewind(self) -> None:
        """Say everything anew, from the first answer on."""
        with self._lock:
            added, self._added = self._added, []
            self._queue, self._rules, self._given = [], [], 0
        for answers, when in added:
            self.add(answers, when)

    def add(self, answers: Sequence[Answer], when: When = None) -> None:
        """Append answers: to the queue, or for the requests that match `when`."""
        for answer in answers:
            check(answer)
        with self._lock:
            self._added.append((tuple(answers), when))
            if when is None:
                self._queue.extend(answers)
                self._given += len(answers)
            elif answers:
                self._rules.append(_Rule(when, answers))

    @property
    def left(self) -> int:
        """How many answers of the queue were not asked for."""
        return len(self._queue)

    def take(self, body: Any) -> tuple[bool, Answer]:
        """(whether the script answers this request, the answer).

        Raises:
            ApiError: when the script should answer and has nothing for it.
        """
        with self._lock:
            for rule in self._rules:
                if rule.matches(body):
                    return True, rule.next()
            if self._queue:
                return True, self._queue.pop(0)
            if not self._given and not self._rules:
                return False, None
            said = (
                f"a request came that no answer was given for (last message: {_shown(last_user_text(body))})"
            )
            if self._given and not self._rules:
                said = (
                    f"request {self._given + 1} came, but only {self._given} "
                    f"answer{'s were' if self._given > 1 else ' was'} given "
                    f"(last message: {_shown(last_user_text(body))})"
                )
            self.failures.append(said)
        raise ApiError(400, f"In this test {said}.", code=CODE)


def check(answer: Answer) -> None:
    """Refuse what is no answer.

    Raises:
        TypeError: naming what is allowed.
    """
    kinds = (str, Mapping, list, tuple, ToolCallAnswer, Fault, int, float, bool)
    if isinstance(answer, kinds) or callable(answer) or hasattr(answer, "model_dump"):
        return
    raise TypeError(
        "an answer is a text, a table (its JSON is said), tool_call(...), a list of tool calls, a Fault or a "
        f"function of the request, not {type(answer).__name__}"
    )


class ScriptedFaults(Faults):
    """Faults, those that the script dictates among them; what it says otherwise waits for the app."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script
        self.said: dict[int, Answer] = {}
        self.refused: dict[int, ApiError] = {}

    def pick(self, request: Request) -> Fault | None:
        """An armed fault, else the test's next answer, as what becomes of this request."""
        armed = super().pick(request)
        if armed is not None or request.method != "POST" or not request.path.endswith(_CREATE):
            return armed
        body = _json(request)
        try:
            answers, answer = self._script.take(body)
        except ApiError as error:
            self.refused[id(request)] = error
            return None
        if not answers:
            return None
        if callable(answer) and not isinstance(answer, type):
            answer = answer(body)
        if isinstance(answer, Fault):
            return answer
        self.said[id(request)] = answer
        return None


class ScriptedApp(App):
    """The offline API that says what the script dictates, where it dictates."""

    def __init__(self, faults: ScriptedFaults) -> None:
        super().__init__(None)
        self._faults = faults

    def _create(self, request: Request, model: str | None) -> Reply:
        refused = self._faults.refused.pop(id(request), None)
        if refused is not None:
            raise refused
        if id(request) not in self._faults.said:
            return super()._create(request, model)
        answer = self._faults.said.pop(id(request))
        # The server's own reply comes first: it checks the request as it always does.
        super()._create(request, model)
        body = _json(request)
        reply = dictated(body, body.get("model") or model or "offline", answer)
        if body.get("stream"):
            events = stream.events(reply, body.get("stream_options"))
            return Reply(200, events=events, media_type="text/event-stream")
        return Reply(200, encode(reply))


def dictated(body: dict[str, Any], model: str, answer: Answer) -> dict[str, Any]:
    """A whole reply to a request that says `answer`."""
    if isinstance(answer, Mapping) and answer.get("object") == "chat.completion":
        return dict(answer)
    plain: dict[str, Any] = {name: body[name] for name in ("messages", "model") if name in body}
    reply = offline_reply.build(plain, model)
    choice = reply["choices"][0]
    calls = _calls(answer)
    if calls:
        key = offline_reply.digest(body, [[call.name, dict(call.arguments)] for call in calls])
        choice["message"]["content"] = None
        choice["message"]["tool_calls"] = [
            {
                "id": f"call_{key[:16]}{number:08d}",
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(dict(call.arguments), ensure_ascii=False, default=str),
                },
            }
            for number, call in enumerate(calls)
        ]
        choice["finish_reason"] = "tool_calls"
        spent = sum(
            len(tokens.pieces(call["function"]["arguments"])) for call in choice["message"]["tool_calls"]
        )
    else:
        choice["message"]["content"] = text_of(answer)
        choice["finish_reason"] = "stop"
        spent = len(tokens.pieces(choice["message"]["content"]))
    usage = reply["usage"]
    usage["completion_tokens"] = spent
    usage["total_tokens"] = usage["prompt_tokens"] + spent
    return reply


def _calls(answer: Answer) -> list[ToolCallAnswer]:
    if isinstance(answer, ToolCallAnswer):
        return [answer]
    if (
        isinstance(answer, (list, tuple))
        and answer
        and all(isinstance(one, ToolCallAnswer) for one in answer)
    ):
        return list(answer)
    return []


def text_of(answer: Answer) -> str:
    """What an answer says: a text as it is, anything else as JSON."""
    if isinstance(answer, str):
        return answer
    if hasattr(answer, "model_dump_json"):
        return str(answer.model_dump_json())
    return json.dumps(answer, ensure_ascii=False, default=str)


def last_user_text(body: Any) -> str:
    """The text of the last user message of a request; empty where there is none."""
    messages = body.get("messages") if isinstance(body, Mapping) else None
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, Mapping) and message.get("role") == "user":
            return str(tokens.message_text(dict(message)))
    return ""


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return {}


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 80 else line[:79] + "…")

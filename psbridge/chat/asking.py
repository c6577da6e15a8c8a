"""One question from the first request to the answer: tool rounds, typed answers, repairs. Sends nothing.

`steps` says what to do next (send a request, run calls) and is told how it went; `drive` and `adrive` do it,
blocking and on asyncio. What PowerShell runs in its own runspace is driven from there, over the same steps.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..cmdlets import completion
from ..cmdlets.questions import question_by_id
from ..cmdlets.warning import warn
from ..models.base import Model
from .errors import AnswerInvalidError
from .history import answer_message, message_of
from .media import write_sound
from .rounds import MAX_ROUNDS, Rounds, ToolCall
from .running import Approve, arun_all, run_all
from .tools import Home, Tool
from .typed import AnswerType, checked_answer

_log = logging.getLogger("psbridge.cmdlets")


@dataclass
class Question:
    """What is asked, and what is to become of the answer.

    Attributes:
        request: the first request, complete.
        answer: what the answer is held to, or None.
        max_repair: how often an answer that is not valid is asked for again.
        tools: the tools that may run, by name; empty runs none.
        max_rounds: how many rounds of calls are run at most.
        tool_timeout: seconds for a call whose tool names none.
        width: how many calls run at a time.
        approve: asked before each call, or None.
        what_if: show the calls that the first reply asks for, and run none.
        sound_file: where the answer's sound is written, or None.
        home: where the calls run; None for here.
    """

    request: Model
    answer: AnswerType | None = None
    max_repair: int = 0
    tools: Mapping[str, Tool] = field(default_factory=dict)
    max_rounds: int = MAX_ROUNDS
    tool_timeout: float | None = None
    width: int = 4
    approve: Approve | None = None
    what_if: bool = False
    sound_file: str | None = None
    home: Home | None = None


@dataclass(frozen=True)
class Ask:
    """Send this request; the reply is to be sent back."""

    request: Model


@dataclass(frozen=True)
class Run:
    """Run these calls: set each one's Result, Error and Elapsed; None is to be sent back."""

    calls: list[ToolCall]


Steps: TypeAlias = Generator[Ask | Run, Any, Any]


def steps(question: Question) -> Steps:
    """The steps of a question; it returns the last reply, with `Parsed` and `ToolCalls` where asked for.

    Raises:
        AnswerError: the answer is not what it is held to.
    """
    request = question.request
    repairs = question.max_repair
    calls: list[ToolCall] = []
    while True:
        rounds = Rounds(request, question.tools, question.max_rounds)
        reply = yield Ask(request)
        while question.tools and (pending := rounds.take(reply)):
            if question.what_if:
                for call in pending:
                    (question.home.show if question.home is not None else _show)(call)
                calls.extend(pending)
                break
            yield Run(pending)
            rounds.give(pending)
            calls.extend(pending)
            reply = yield Ask(rounds.request)
        if rounds.exhausted:
            warn(
                f"PSBridge.ToolRounds: the model still asks for tools after {question.max_rounds} rounds; "
                "its calls were not run."
            )
        remember(reply, question=rounds.request)
        if question.tools:
            remember(reply, ToolCalls=calls)
        if question.answer is None or rounds.exhausted or question.what_if:
            break
        try:
            remember(reply, Parsed=checked_answer(reply, question.answer))
            break
        except AnswerInvalidError as error:
            if repairs <= 0 or not getattr(reply, "choices", None):  # there is no answer to be mended
                raise
            repairs -= 1
            request = _asking_again(rounds.request, reply, error)
    if question.sound_file is not None:
        write_sound(reply, question.sound_file)
    return reply


def _show(call: ToolCall) -> None:
    _log.info('What if: Performing the operation "%s" on target "%s".', call.Name, call.Arguments)


def _asking_again(request: Model, reply: Any, error: AnswerInvalidError) -> Model:
    again = f"That does not fit: {error.message}. Answer again, with nothing but what the schema asks for."
    messages = [*request.messages, answer_message(reply.choices[0].message), message_of(again)]
    return request.model_copy(update={"messages": messages})


def remember(reply: Any, *, question: Model | None = None, **attributes: Any) -> None:
    """Give a reply what it is not made of: attributes that no JSON, copy into PowerShell or job carries."""
    if not isinstance(reply, Model):
        return
    if question is not None:
        completion.remember(reply, question)
    for name, value in attributes.items():
        object.__setattr__(reply, name, value)


def question_of(reply: Any) -> Model | None:
    """The request that a reply answered, where it still knows; else None."""
    question = getattr(reply, "__dict__", {}).get("_question")
    if question is None:  # it may have been in PowerShell meanwhile
        question = question_by_id(getattr(reply, "id", None))
    return question if isinstance(question, Model) else None


def drive(work: Steps, question: Question, send: Callable[[Model], Any]) -> Any:
    """Do the steps, blocking; `send` gives the reply to a request."""
    outcome: Any = None
    try:
        while True:
            step = work.send(outcome)
            try:
                if isinstance(step, Ask):
                    outcome = send(step.request)
                else:
                    outcome = None
                    run_calls(step, question)
            except BaseException:
                work.close()
                raise
    except StopIteration as end:
        return end.value


def run_calls(step: Run, question: Question) -> None:
    """Do one `Run` step, blocking."""
    run = run_all if question.home is None else question.home.run_all
    run(step.calls, question.tools, **_running(question))


def _running(question: Question) -> Any:
    return {"width": question.width, "timeout": question.tool_timeout, "approve": question.approve}


async def adrive(work: Steps, question: Question, send: Callable[[Model], Awaitable[Any]]) -> Any:
    """`drive` on asyncio."""
    outcome: Any = None
    try:
        while True:
            step = work.send(outcome)
            if isinstance(step, Ask):
                outcome = await send(step.request)
            else:
                outcome = None
                await arun_all(step.calls, question.tools, **_running(question))
    except StopIteration as end:
        return end.value

"""Conversations: a history that grows with each answer, keeps to a budget, branches, and survives in a file.

A message that could not be sent leaves the history as it was. Over its budget a session forgets whole turns,
the oldest first; the system's messages stay, and tool calls stay with their results.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..client.message.reply import count
from ..cmdlets import completion
from ..cmdlets.cmdlet import COMMON, obeying
from ..cmdlets.warning import warn
from ..errors import PSBridgeError
from ..models.base import Model as _Model
from ..models.problems import InvalidValueError
from .asking import Question, adrive, drive, question_of, steps
from .calls import parameters_of, question_of_bound, text_of
from .errors import refusal
from .files import write_whole
from .history import (
    answer_message,
    is_instruction,
    message_of,
    messages_of,
    starts_turn,
    system_message,
    tokens_of,
)
from .prices import Prices

KIND = "psbridge chat session"
VERSION = 1


class SessionUsage:
    """What a session's calls used, summed up.

    Attributes:
        calls: replies that reported their usage.
        prompt_tokens, completion_tokens, total_tokens: sums; cached_tokens are a part of the prompts',
            reasoning_tokens of the answers'.
    """

    def __init__(self, **sums: int) -> None:
        self.calls = sums.get("calls", 0)
        self.prompt_tokens = sums.get("prompt_tokens", 0)
        self.completion_tokens = sums.get("completion_tokens", 0)
        self.total_tokens = sums.get("total_tokens", 0)
        self.cached_tokens = sums.get("cached_tokens", 0)
        self.reasoning_tokens = sums.get("reasoning_tokens", 0)

    def add(self, usage: Any) -> None:
        """Count one reply's usage; nothing where it has none."""
        if usage is None:
            return
        self.calls += 1
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            setattr(self, name, getattr(self, name) + count(usage, name))
        prompt = getattr(usage, "prompt_tokens_details", None)
        answer = getattr(usage, "completion_tokens_details", None)
        self.cached_tokens += count(prompt, "cached_tokens")
        self.reasoning_tokens += count(answer, "reasoning_tokens")

    def cost(self, prices: Prices, model: str) -> Any:
        """What that cost by a table of prices; None where the table has no such model."""
        price = prices.of(model)
        if price is None:
            return None
        return price.cost(self.prompt_tokens, self.completion_tokens, self.cached_tokens)

    def __ps_properties__(self) -> dict[str, int]:
        return dict(vars(self))

    def __repr__(self) -> str:
        return f"SessionUsage({', '.join(f'{name}={value}' for name, value in vars(self).items())})"


class ChatSession:
    """A conversation.

    Args:
        System: the instructions that stay in front of everything.
        Model: the model of every call; the configuration's where it is not given.
        MaxHistoryTokens: about how many tokens of history are sent (four characters count as one); None
            sends everything.
        Messages: what was said before: texts, messages, mappings.
        Parameters: further parameters of New-ChatCompletion for every call.

    Attributes:
        Messages: the history, system text included, as messages of a request.
        Id: tells it from other conversations.
        Usage: what the calls of this session used; UsageByModel: the same by the model that answered.

    Raises:
        InvalidValueError: a message that is none, or a budget below 1.
    """

    def __init__(
        self,
        System: str | None = None,
        Model: str | None = None,
        MaxHistoryTokens: int | None = None,
        Messages: Iterable[Any] = (),
        **Parameters: Any,
    ) -> None:
        if MaxHistoryTokens is not None and (not isinstance(MaxHistoryTokens, int) or MaxHistoryTokens < 1):
            raise refusal("MaxHistoryTokens", "must be a whole number, 1 or more")
        self.Id = uuid.uuid4().hex
        self.Model = Model
        self.MaxHistoryTokens = MaxHistoryTokens
        self.Parameters = parameters_of(Parameters)
        self.Usage = SessionUsage()
        self.UsageByModel: dict[str, SessionUsage] = {}
        self.Messages: list[Any] = messages_of(list(Messages))
        if System is not None:
            self.Messages.insert(0, system_message(System))
        self._weights: dict[int, tuple[Any, int]] = {}
        self._warned = False
        self._busy = threading.Lock()

    # --- asking

    def send(self, Message: Any, **Parameters: Any) -> Any:
        """Say something and have it answered; question and answer are then part of the history.

        Args:
            Message: a text, a message, or a list of them.
            Parameters: any parameter of New-ChatCompletion for this call, tools, pictures, `As` and
                `TextOnly` included; with `Stream=True` it gives an `AnswerStream`, and the history grows
                when that was read to its end.

        Returns:
            The reply; its text with `TextOnly`, its value with `ParsedOnly`.

        Raises:
            InvalidValueError, ClientError, AnswerError: the history is then as it was.
        """
        return self.say(Message, parameters_of(Parameters))

    def say(self, message: Any, parameters: Mapping[str, Any]) -> Any:
        """`send` with parameters that were bound already."""
        bound = {**self.Parameters, **parameters}
        if bound.get("Stream") or bound.get("StreamText"):
            return self._streamed(message, bound)
        with self._one_at_a_time(), obeying(bound):
            question = self._question(message, bound)
            options = completion.call_options(bound)

            def ask(request: _Model) -> Any:
                return completion.client().create(completion.as_bytes(request), **options).value

            reply = drive(steps(question), question, ask)
            self._grow(question, reply)
        return _wanted(reply, bound)

    def _streamed(self, message: Any, bound: dict[str, Any]) -> Any:
        from .streaming import AnswerStream

        def ask() -> Question:
            with obeying(bound):
                return self._question(message, bound)

        def begin() -> Question:
            return first if self.Messages == history else ask()  # the history may have grown since

        with obeying(bound):
            options = completion.call_options(bound)
        first, history = ask(), list(self.Messages)
        stream = AnswerStream(first, options, begin, self._grow, self._one_at_a_time())
        return stream.text() if bound.get("StreamText") else stream

    async def asend(self, Message: Any, **Parameters: Any) -> Any:
        """`send` on asyncio; streams are `send`'s alone."""
        bound = {**self.Parameters, **parameters_of(Parameters)}
        for name in ("Stream", "StreamText"):
            if bound.get(name):
                raise refusal(name, "must not be given to 'asend'; 'send' streams")
        client = await completion.async_client()
        with self._one_at_a_time(), obeying(bound):
            question = self._question(Message, bound)
            options = completion.call_options(bound)

            async def ask(request: _Model) -> Any:
                return (await client.create(completion.as_bytes(request), **options)).value

            reply = await adrive(steps(question), question, ask)
            self._grow(question, reply)
        return _wanted(reply, bound)

    def _question(self, message: Any, bound: dict[str, Any]) -> Question:
        said = messages_of(message, "Message")
        kept = self._within_budget(said)
        own = {name: value for name, value in bound.items() if name not in COMMON or name == "WhatIf"}
        if own.get("Stream") or own.get("StreamText"):
            # Without it a streamed answer does not tell what it used.
            own.setdefault("StreamOptions", {"include_usage": True})
        if self.Model is not None:
            own.setdefault("Model", self.Model)
        return question_of_bound({**own, "Messages": [*kept, *said]})

    def _grow(self, question: Question, reply: Any) -> None:
        """Make what was asked last, tool results included, and its answer the history."""
        asked = question_of(reply)
        messages = list(question.request.messages if asked is None else asked.messages)
        for choice in list(getattr(reply, "choices", None) or ())[:1]:
            # Calls that were not run have no results, and the service takes no history with such calls.
            if not (question.tools and getattr(choice.message, "tool_calls", None)):
                messages.append(answer_message(choice.message))
        self.Messages[:] = messages
        usage = getattr(reply, "usage", None)
        self.Usage.add(usage)
        model = getattr(reply, "model", None)
        self.UsageByModel.setdefault(model if isinstance(model, str) else "", SessionUsage()).add(usage)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Holds the session for one question: two at once would tear its history apart."""
        if not self._busy.acquire(blocking=False):
            raise PSBridgeError(
                "The session is still waiting for an answer; wait for it (read a stream to its end, or close "
                "it), or ask in a branch (copy).",
                error_id="PSBridge.SessionBusy",
                category="ResourceBusy",
            )
        try:
            yield
        finally:
            self._busy.release()

    # --- the budget

    def _within_budget(self, said: list[Any]) -> list[Any]:
        messages = list(self.Messages)
        if self.MaxHistoryTokens is None:
            return messages
        weights = self._weighed(messages)
        total = sum(weights) + sum(tokens_of(message) for message in said)
        if total <= self.MaxHistoryTokens:
            return messages
        turns = _turns(messages)
        dropped: set[int] = set()
        for turn in turns:
            if total <= self.MaxHistoryTokens:
                break
            dropped.update(turn)
            total -= sum(weights[place] for place in turn)
        if dropped and not self._warned:
            self._warned = True
            warn(
                f"The conversation is longer than MaxHistoryTokens ({self.MaxHistoryTokens}); its "
                "oldest turns are left out from now on."
            )
        return [message for place, message in enumerate(messages) if place not in dropped]

    def _weighed(self, messages: list[Any]) -> list[int]:
        """Each message's tokens, counted once for each message."""
        known = self._weights
        weights: dict[int, tuple[Any, int]] = {}
        for message in messages:
            entry = known.get(id(message))
            weights[id(message)] = entry if entry is not None else (message, tokens_of(message))
        self._weights = weights
        return [weights[id(message)][1] for message in messages]

    # --- the history

    def undo(self) -> list[Any]:
        """Take back the last user message and all behind it.

        Returns:
            The messages that were taken out; none where nothing was said yet.
        """
        for place in range(len(self.Messages) - 1, -1, -1):
            if starts_turn(self.Messages[place]):
                taken = self.Messages[place:]
                del self.Messages[place:]
                return taken
        return []

    def copy(self) -> ChatSession:
        """A branch: another session with the same history, which grows by itself; its usage starts at 0."""
        branch = ChatSession(Model=self.Model, MaxHistoryTokens=self.MaxHistoryTokens)
        branch.Parameters = dict(self.Parameters)
        branch.Messages = list(self.Messages)
        return branch

    def __copy__(self) -> ChatSession:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ChatSession:
        return self.copy()

    @property
    def System(self) -> str | None:
        """The text of the first system message; setting it replaces that, or puts one in front."""
        first = next((one for one in self.Messages if is_instruction(one)), None)
        content = getattr(first, "content", None)
        return content if isinstance(content, str) else None

    @System.setter
    def System(self, text: str | None) -> None:
        place = next((n for n, one in enumerate(self.Messages) if is_instruction(one)), None)
        if place is not None:
            del self.Messages[place]
        if text is not None:
            self.Messages.insert(0, system_message(text))

    def __ps_properties__(self) -> dict[str, Any]:
        return {
            "Id": self.Id,
            "Model": self.Model,
            "MaxHistoryTokens": self.MaxHistoryTokens,
            "Messages": self.Messages,
            "Usage": self.Usage,
            "UsageByModel": self.UsageByModel,
            "Parameters": self.Parameters,
            "BudgetWarned": self._warned,
        }

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> ChatSession:
        """A conversation out of its properties, as PowerShell holds it.

        Raises:
            InvalidValueError: when they are no conversation's.
        """
        if "Messages" not in members or "Id" not in members:
            raise refusal("Session", "must be a conversation from New-ChatSession")
        session = cls(
            Model=members.get("Model"),
            MaxHistoryTokens=members.get("MaxHistoryTokens"),
            Messages=members["Messages"] or (),
            **{str(name): value for name, value in _table(members.get("Parameters")).items()},
        )
        session.Id = str(members["Id"])
        session.Usage = _usage_of(members.get("Usage"))
        by_model = _table(members.get("UsageByModel"))
        session.UsageByModel = {str(model): _usage_of(used) for model, used in by_model.items()}
        session._warned = bool(members.get("BudgetWarned"))
        return session

    def __repr__(self) -> str:
        return f"<ChatSession {self.Model or 'default model'}, {len(self.Messages)} messages>"

    # --- files

    def export(self, Path: str | Path) -> None:
        """Write the session to a JSON file, which is whole or not there. It holds no key.

        Raises:
            InvalidValueError: when it cannot be written; a file that was there stays.
        """
        from pathlib import Path as FilePath

        document = {
            "kind": KIND,
            "version": VERSION,
            "model": self.Model,
            "max_history_tokens": self.MaxHistoryTokens,
            "messages": [message.model_dump() for message in self.Messages],
            "usage": dict(vars(self.Usage)),
            "usage_by_model": {model: dict(vars(used)) for model, used in self.UsageByModel.items()},
        }
        content = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        try:
            write_whole(FilePath(Path), content)
        except OSError as error:
            raise refusal("Path", f"'{Path}' cannot be written: {error.strerror}") from None

    @classmethod
    def load(cls, Path: str | Path) -> ChatSession:
        """A session out of a file that `export` wrote, of this version or an older one.

        Raises:
            InvalidValueError: when it cannot be read, was cut short, or is no session.
        """
        document = _read(Path)
        session = cls(Model=document.get("model"), MaxHistoryTokens=document.get("max_history_tokens"))
        for number, message in enumerate(document["messages"]):
            try:
                session.Messages.append(message_of(message))
            except InvalidValueError as error:
                raise refusal(
                    "Path", f"'{Path}' has no message at messages[{number}]: {error.message}"
                ) from None
        session.Usage = _usage_of(document.get("usage"))
        for model, used in _table(document.get("usage_by_model")).items():
            session.UsageByModel[model] = _usage_of(used)
        return session


def _table(value: Any) -> Mapping[Any, Any]:
    """A table or an object's properties by name; nothing for anything else."""
    bag = getattr(value, "__ps_properties__", None)
    members = value if bag is None else bag()
    return members if isinstance(members, Mapping) else {}


def _usage_of(sums: Any) -> SessionUsage:
    return SessionUsage(**{name: value for name, value in _table(sums).items() if isinstance(value, int)})


def _wanted(reply: Any, bound: Mapping[str, Any]) -> Any:
    if bound.get("TextOnly"):
        return text_of(reply)
    return reply.Parsed if bound.get("ParsedOnly") else reply


def _turns(messages: list[Any]) -> list[list[int]]:
    """The places of each turn's messages; instructions belong to none."""
    turns: list[list[int]] = []
    for place, message in enumerate(messages):
        if is_instruction(message):
            continue
        if starts_turn(message) or not turns:
            turns.append([])
        turns[-1].append(place)
    return turns


def _read(path: str | Path) -> dict[str, Any]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise refusal("Path", f"'{path}' cannot be read: {reason}") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal("Path", f"'{path}' is not a whole session file: {error}") from None
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise refusal("Path", f"'{path}' is not a session file of psbridge")
    version = document.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise refusal(
            "Path", f"'{path}' has version {version!r}; this psbridge reads versions up to {VERSION}"
        )
    if not isinstance(document.get("messages"), list):
        raise refusal("Path", f"'{path}' has no list of messages")
    return document

"""What a server's events mean: chunks, the end, an error, or nothing. And a whole stream at once.

Performs no I/O and knows nothing of calls or codecs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import BadResponseError, StreamEventError, TruncatedStreamError
from ..message import jsontext
from ..message.problem import Problem, problem_instead_of_choices, problem_of, stated_problem
from .assemble import DONE, Assembler, check_chunk
from .sse import EventDecoder, ServerSentEvent

_SHORT = 64  # bytes; no chunk has so few


class Reported(NamedTuple):
    """An error that the server reported inside the stream, and the event's data."""

    problem: Problem
    data: bytes

    @property
    def sentence(self) -> str:
        """What an error says of it."""
        return f"The server reported an error in the stream: {self.problem.reason or 'no message'}"


class Intake:
    """Sorts events as they come.

    Attributes:
        ready: the data of chunks that wait to be read.
        done: the stream said `[DONE]`.
        reported: the error that the server reported, behind the chunks, or None.
        suspect: an event without choices that says something, which is the error where the answer is not
            whole, or None.
    """

    def __init__(self) -> None:
        self.ready: deque[bytes] = deque()
        self.done = False
        self.reported: Reported | None = None
        self.suspect: Reported | None = None

    def take(self, events: Iterable[ServerSentEvent]) -> None:
        """Take in events, up to the end or an error."""
        for event in _apart(events):
            data, name, _ = event
            if len(data) < _SHORT and data.strip() == DONE:
                self.done = True
                return
            if b'"error"' in data or name == "error":
                self.reported = _reported(event)
                if self.reported is not None:
                    return
            if data and name == "message" and b'"choices"' not in data:
                self.suspect = _suspected(data) or self.suspect
            if data and (name == "message" or b'"choices"' in data):  # others are pings and the like
                self.ready.append(data)


def _apart(events: Iterable[ServerSentEvent]) -> Iterator[ServerSentEvent]:
    """The events, those apart that a server put no blank line between: each line is a chunk of its own."""
    for event in events:
        lines = event.data.split(b"\n") if b"\n" in event.data else ()
        if len(lines) > 1 and not _is_json(event.data) and all(map(_is_json, lines)):
            for line in lines:
                yield event._replace(data=line)
        else:
            yield event


def last_events(decoder: EventDecoder) -> tuple[ServerSentEvent, ...]:
    """What the end of a stream left without the blank line behind it, where that is all there."""
    last = decoder.end()
    events = () if last is None else tuple(_apart((last,)))
    return events if all(_is_json(event.data) for event in events) else ()


def _is_json(data: bytes) -> bool:
    if data.strip() == DONE:
        return True
    try:
        return isinstance(jsontext.read(data), dict)
    except (ValueError, RecursionError):
        return False


def _reported(event: ServerSentEvent) -> Reported | None:
    named = event.event == "error"
    try:
        value = jsontext.read(event.data)
    except ValueError:
        value = event.data.decode("utf-8", "replace")
    problem = problem_of(value) if named else stated_problem(value)
    return None if problem is None else Reported(problem, event.data)


def _suspected(data: bytes) -> Reported | None:
    try:
        problem = problem_instead_of_choices(jsontext.read(data))
    except (ValueError, RecursionError):
        return None
    return None if problem is None else Reported(problem, data)


def chunk_of(data: bytes) -> dict[str, Any]:
    """A chunk's JSON.

    Raises ValueError, in a sentence's second half, when it cannot be read as a chunk.
    """
    chunk = jsontext.read(data)
    check_chunk(chunk)
    value: dict[str, Any] = chunk
    return value


def as_chunk(completion: Mapping[str, Any]) -> dict[str, Any]:
    """A whole completion as the one chunk of a stream, for servers that do not stream."""
    choices = completion.get("choices")
    if not isinstance(choices, list):
        return dict(completion)
    return {
        **completion,
        "object": "chat.completion.chunk",
        "choices": [
            {("delta" if name == "message" else name): member for name, member in choice.items()}
            if isinstance(choice, Mapping)
            else choice
            for choice in choices
        ],
    }


def completion_of_events(data: bytes) -> dict[str, Any]:
    """The completion that a whole event stream adds up to.

    Raises:
        StreamEventError: the server reported an error in it.
        BadResponseError: a chunk cannot be read.
        TruncatedStreamError: it ended before it was finished.
    """
    decoder = EventDecoder(len(data) + 1)
    intake = Intake()
    intake.take([*decoder.feed(data), *last_events(decoder)])
    assembler = Assembler()
    try:
        for piece in intake.ready:
            assembler.add(chunk_of(piece))
    except (ValueError, RecursionError) as error:
        why = error if isinstance(error, ValueError) else "it is nested too deeply"
        raise BadResponseError(
            f"A chunk of the reply cannot be read: {why}.", body=data, partial=assembler.completion()
        ) from None
    whole = assembler.finished(intake.done)
    reported = intake.reported
    if reported is None and not (whole and assembler.begun):
        reported = intake.suspect
    if reported is not None:
        code, param, kind, _ = reported.problem
        raise StreamEventError(
            reported.sentence,
            code=code,
            param=param,
            type=kind,
            body=reported.data,
            partial=assembler.completion(),
        )
    if not whole:
        raise TruncatedStreamError(
            "The reply is an event stream that ended before it was finished.",
            body=data,
            partial=assembler.completion(),
        )
    return assembler.completion()

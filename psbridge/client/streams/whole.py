"""The whole reply behind a success status: its JSON, whatever it is wrapped in or labelled as.

Knows nothing of calls, codecs or I/O.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import BadResponseError, ReportedError
from ..message import jsontext
from ..message.content import as_utf8, json_in, kind_of
from ..message.jsontext import field
from ..message.problem import Problem, problem_instead_of_choices, stated_problem
from .assemble import DONE
from .intake import as_chunk, completion_of_events
from .sse import ServerSentEvent


def whole_body(body: bytes, label: str) -> bytes:
    """The JSON of a completion, from a reply labelled `label`; an event stream is folded into one.

    Raises:
        ReportedError: the reply says that there was an error.
        TruncatedStreamError, BadResponseError: it is an event stream that is not whole, or cannot be read.
    """
    if kind_of(body, label) == "events":
        return jsontext.written(completion_of_events(body))
    data = json_in(as_utf8(body, label))
    if b'"error"' in data or b'"choices"' not in data:
        _check(data, problem_instead_of_choices)
    return data


def check_shape(value: object, data: bytes) -> None:
    """Refuse a completion, decoded from `data`, whose choices, messages or tool calls are of no shape that
    can be read. A server may leave out anything, or send it as null; a reason instead of choices is an error.

    Raises:
        ReportedError: it says that there was an error.
        ValueError: naming the member.
    """
    choices = field(value, "choices")
    if choices is None:
        _check(data, problem_instead_of_choices)
        return
    _check_objects(choices, "choices")
    for choice in choices:
        message = field(choice, "message")
        if message.__class__ in _NO_OBJECTS:
            raise ValueError("a choice's 'message' is no object")
        calls = None if message is None else field(message, "tool_calls")
        if calls is not None:
            _check_objects(calls, "tool_calls")


_NO_OBJECTS = frozenset((str, int, float, bool, list))


def _check_objects(items: object, name: str) -> None:
    if not isinstance(items, list):
        raise ValueError(f"'{name}' is no array")
    for item in items:
        if item is None or item.__class__ in _NO_OBJECTS:
            raise ValueError(f"an item of '{name}' is no object")


def whole_reply(body: bytes) -> bytes:
    """The JSON of a reply that is no completion.

    Raises:
        ReportedError: the reply says that there was an error.
    """
    if b'"error"' in body:
        _check(body, stated_problem)
    return body


def reported(problem: Problem, body: bytes) -> ReportedError:
    """The error for a reply that says success by its status and reports `problem`."""
    return ReportedError(
        f"The server reported an error: {problem.reason or 'no message'}",
        code=problem.code,
        param=problem.param,
        type=problem.kind,
        body=body,
    )


def _check(data: bytes, problem_in: Callable[[object], Problem | None]) -> None:
    try:
        value = jsontext.read(data)
    except ValueError:
        return  # the codec says what is wrong with it
    problem = problem_in(value)
    if problem is not None:
        raise reported(problem, data)


def events_of_whole(body: bytes, label: str) -> tuple[ServerSentEvent, ...]:
    """A reply that should be an event stream and is not, as one's events: a whole completion is one chunk.

    Raises:
        ReportedError: the reply says that there was an error.
        BadResponseError: it is neither of them.
    """
    try:
        value = jsontext.read(json_in(as_utf8(body, label)))
    except ValueError:
        raise BadResponseError(f"The reply is not an event stream: '{label:.80}'.", body=body) from None
    problem = problem_instead_of_choices(value)
    if problem is not None:
        raise reported(problem, body)
    if not isinstance(value, dict) or not isinstance(value.get("choices"), list):
        raise BadResponseError(
            f"The reply is not an event stream and not a completion: '{label:.80}'.", body=body
        )
    return ServerSentEvent(jsontext.written(as_chunk(value))), ServerSentEvent(DONE)

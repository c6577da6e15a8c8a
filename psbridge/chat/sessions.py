"""The cmdlets of conversations: New-ChatSession, Send-ChatMessage and their kin, over `session`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..models.problems import InvalidValueError
from .session import ChatSession

Bound = dict[str, Any]


def new_chat_session(bound: Bound) -> ChatSession:
    """Begin a conversation."""
    further = {str(name): value for name, value in (bound.get("Parameters") or {}).items()}
    return ChatSession(
        System=bound.get("System"),
        Model=bound.get("Model"),
        MaxHistoryTokens=bound.get("MaxHistoryTokens"),
        Messages=bound.get("Messages") or (),
        **further,
    )


def send_chat_message(bound: Bound) -> Any:
    """Say something; the reply, or what the switches ask for."""
    session = session_of(bound["Session"])
    parameters = {name: value for name, value in bound.items() if name not in ("Message", "Session")}
    answer = session.say(bound["Message"], parameters)
    if session is bound["Session"]:
        return answer
    return _until_read(session, answer) if hasattr(answer, "__next__") else Turn(session, answer)


def undo_chat_message(bound: Bound) -> Any:
    """Take the last turn back; the messages that were taken out."""
    session = session_of(bound["Session"])
    taken = session.undo()
    return taken if session is bound["Session"] else Turn(session, taken)


def copy_chat_session(bound: Bound) -> ChatSession:
    """A branch of a conversation."""
    return session_of(bound["Session"]).copy()


def export_chat_session(bound: Bound) -> None:
    """Write a conversation to a file."""
    session_of(bound["Session"]).export(bound["Path"])


def import_chat_session(bound: Bound) -> ChatSession:
    """Read a conversation from a file."""
    return ChatSession.load(bound["Path"])


class Turn:
    """What goes back to a caller who holds a conversation's properties: these, and what was asked for."""

    def __init__(self, session: ChatSession, result: Any = None, last: bool = False) -> None:
        self._members = {"Session": session, **({} if last else {"Result": result})}

    def __ps_properties__(self) -> dict[str, Any]:
        return self._members


def _until_read(session: ChatSession, pieces: Iterator[Any]) -> Iterator[Any]:
    """A streamed answer, and behind it the conversation that it was added to."""
    yield from pieces
    yield Turn(session, last=True)


def session_of(given: Any) -> ChatSession:
    """The conversation that was bound, or one made of its properties.

    Raises:
        InvalidValueError: when it is none.
    """
    if isinstance(given, ChatSession):
        return given
    bag = getattr(given, "__ps_properties__", None)
    members = bag() if bag is not None else given
    if isinstance(members, Mapping):
        return ChatSession.of(members)
    raise InvalidValueError(
        "invalid value for 'Session', must be a conversation from New-ChatSession, not "
        f"{type(given).__name__}.",
        parameter="Session",
        path="Session",
    )

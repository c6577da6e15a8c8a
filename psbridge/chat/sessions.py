"""The cmdlets of conversations: New-ChatSession, Send-ChatMessage and their kin, over `session`."""

from __future__ import annotations

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
    session = session_of(bound)
    parameters = {name: value for name, value in bound.items() if name not in ("Message", "Session")}
    return session.send(bound["Message"], **parameters)


def undo_chat_message(bound: Bound) -> list[Any]:
    """Take the last turn back; the messages that were taken out."""
    return session_of(bound).undo()


def copy_chat_session(bound: Bound) -> ChatSession:
    """A branch of a conversation."""
    return session_of(bound).copy()


def export_chat_session(bound: Bound) -> None:
    """Write a conversation to a file."""
    session_of(bound).export(bound["Path"])


def import_chat_session(bound: Bound) -> ChatSession:
    """Read a conversation from a file."""
    return ChatSession.load(bound["Path"])


def session_of(bound: Bound) -> ChatSession:
    """The conversation that was bound.

    Raises:
        InvalidValueError: when it is none.
    """
    session = bound["Session"]
    if not isinstance(session, ChatSession):
        raise InvalidValueError(
            "invalid value for 'Session', must be a conversation from New-ChatSession, not "
            f"{type(session).__name__}.",
            parameter="Session",
            path="Session",
        )
    return session

"""Messages of a conversation: an answer as the next request's message, turns, and what they weigh.

A turn is a user message and all that belongs to it up to the next one: the answer, tool calls and their
results. Sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .. import models
from ..cmdlets.turns import turn_of
from ..models.base import Model, union_value
from ..models.problems import InvalidValueError
from .schema import plain

# What is not the text of a message costs about this much: role, separators, names.
MESSAGE_OVERHEAD = 4
_CHARACTERS_A_TOKEN = 4
# A picture, sound or file within a message, in tokens, where nothing better is known.
_MEDIA_TOKENS = 800


def message_of(given: Any, parameter: str = "Messages") -> Model:
    """A request's message out of a text (a user message), a mapping, a property bag or a message.

    Raises:
        InvalidValueError: when it is none of these.
    """
    if isinstance(given, str):
        given = {"role": "user", "content": given}
    if isinstance(given, Model) and "role" in type(given).model_fields:
        return given
    if hasattr(given, "__ps_properties__"):
        given = plain(given)
    if not isinstance(given, Mapping):
        raise InvalidValueError(
            f"invalid value for '{parameter}', must be a text or a message (role and content), "
            f"not {type(given).__name__}.",
            parameter=parameter,
            path=parameter,
        )
    message: Model = union_value(
        "ChatCompletionRequestMessage", models.ChatCompletionRequestMessage, dict(given)
    )
    return message


def messages_of(given: Any, parameter: str = "Messages") -> list[Model]:
    """A list of messages out of one or several of what `message_of` takes."""
    several = isinstance(given, Sequence) and not isinstance(given, (str, bytes, Mapping))
    return [message_of(item, parameter) for item in (given if several else [given])]


def system_message(text: str) -> Model:
    """The message that instructs the model, as the newest models have it."""
    return message_of({"role": "system", "content": text}, "System")


def answer_message(message: Any) -> Model:
    """A reply's message as a request carries it on: its content, refusal, calls and sound, nothing else."""
    return message_of(turn_of(message))


def continued(question: Iterable[Model], reply: Any) -> list[Model]:
    """The messages of a request that goes on from a reply: its question, and the answer.

    Raises:
        InvalidValueError: when the reply has no answer to go on from.
    """
    choices = getattr(reply, "choices", None)
    if not choices:
        raise InvalidValueError(
            "invalid value for 'Reply', must be a reply with an answer in it.",
            parameter="Reply",
            path="Reply",
        )
    return [*question, answer_message(choices[0].message)]


def tokens_of(message: Model) -> int:
    """About how many tokens a message takes: four characters each, and a flat sum for pictures and sound."""
    characters = 0
    extra = MESSAGE_OVERHEAD
    pending: list[Any] = [message.model_dump()]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if value.startswith("data:"):
                extra += _MEDIA_TOKENS
            else:
                characters += len(value)
        elif isinstance(value, dict):
            if "data" in value and "format" in value:
                extra += _MEDIA_TOKENS
                continue
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return extra + -(-characters // _CHARACTERS_A_TOKEN)


def is_instruction(message: Model) -> bool:
    """Whether it is a system or developer message, which no budget drops."""
    return getattr(message, "role", None) in ("system", "developer")


def starts_turn(message: Model) -> bool:
    """Whether a turn of a conversation begins with this message: the user's."""
    return getattr(message, "role", None) == "user"

"""What becomes a request: texts, files, replies, requests and templates, with the parameters beside them.

The cmdlet hands over what was bound; out comes one complete request. Reads files; sends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..binding.messages import AMBIGUOUS_SET
from ..cmdlets.builders import Builder, builder
from ..cmdlets.completion import as_request
from ..cmdlets.table import entry
from ..cmdlets.transfers import path_of
from ..errors import PSBridgeError
from ..models import CreateChatCompletionRequest, CreateChatCompletionResponse
from ..models.base import Model
from ..models.problems import InvalidValueError
from ..naming import folded
from .asking import question_of
from .entry import ITEM
from .errors import refusal
from .files import text_of_file
from .history import continued, message_of, messages_of, system_message
from .media import media_parts
from .template import Template

_MODEL_OPEN = frozenset(("Model",))


def request_of(bound: Mapping[str, Any], members: Mapping[str, Any]) -> Model:
    """The request for one item and the parameters beside it.

    Args:
        bound: what was bound: the item and what makes messages.
        members: the request's other members as bound, by parameter name.

    Raises:
        InvalidValueError: naming what cannot be sent; nothing was sent.
    """
    base, messages = _from_item(bound)
    if bound.get("Reply") is not None:
        messages = [*continued(_question_messages(bound["Reply"]), bound["Reply"]), *messages]
    if bound.get("Messages") is not None:
        if base is not None:
            raise _both_ways()
        given = messages_of(bound["Messages"])
        # What stands in -Messages comes behind a reply that was piped, and before a text that was.
        messages = (
            [*messages, *given] if _is_reply(bound.get(ITEM)) or ITEM not in bound else [*given, *messages]
        )
    if bound.get("System") is not None:
        messages = [system_message(str(bound["System"])), *messages]
    parts = media_parts(bound)
    if parts:
        messages = _with_parts(messages, parts)
    if not messages:
        raise InvalidValueError(
            "invalid value for 'Messages', must be given: a text, messages, or something on the pipeline.",
            parameter="Messages",
            path="Messages",
        )
    if base is None:
        request: Model = _builder()({**members, "Messages": messages}, _MODEL_OPEN)
        return request
    changed = base.model_copy(update={"messages": messages})
    for name, value in members.items():
        setattr(changed, name, value)
    return changed


def _builder() -> Builder:
    return _request_builder()


@lru_cache(maxsize=1)
def _request_builder() -> Builder:
    return builder(entry("Initialize-CreateChatCompletionRequest"))


def _from_item(bound: Mapping[str, Any]) -> tuple[Model | None, list[Model]]:
    """The request that an item is, if it is one, and the messages that come of it."""
    item = bound.get(ITEM)
    template = bound.get("Template")
    if item is None:
        if template is not None:
            raise refusal("Template", "must have items to fill it: pipe them in")
        return None, []
    if template is not None:
        return None, [message_of(_template(str(template)).fill(item))]
    if _is_reply(item):
        return None, continued(_question_messages(item), item)
    path = path_of(item)
    if path is not None:
        return None, [message_of(text_of_file(path, ITEM))]
    if isinstance(item, str) and not is_request_text(item):
        return None, [message_of(str(item))]
    if _is_message(item):
        return None, [message_of(item)]
    members = _members(item)
    if members is not None and members.isdisjoint(
        folded(name) for name in CreateChatCompletionRequest.model_fields
    ):
        raise refusal(
            ITEM,
            "must be a request with messages, a message or a text; 'Template' makes a text of properties",
        )
    request = as_request(item)
    return request, list(request.messages or ())


@lru_cache(maxsize=64)
def _template(text: str) -> Template:
    return Template(text)


def is_request_text(text: str) -> bool:
    """Whether a text is a JSON object with `messages`: a request, and not a prompt."""
    if not text.lstrip().startswith("{") or '"messages"' not in text:
        return False
    import json

    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(members, dict) and "messages" in members


def _is_reply(item: Any) -> bool:
    if isinstance(item, CreateChatCompletionResponse):
        return True
    members = _members(item)
    return members is not None and "choices" in members and "messages" not in members


def _is_message(item: Any) -> bool:
    if isinstance(item, CreateChatCompletionRequest):
        return False
    members = _members(item)
    return members is not None and "role" in members and "messages" not in members


def _members(item: Any) -> set[str] | None:
    bag = getattr(item, "__ps_properties__", None)
    if bag is not None:
        item = bag()
    return {folded(str(name)) for name in item} if isinstance(item, Mapping) else None


def _question_messages(reply: Any) -> list[Model]:
    question = question_of(reply)
    return [] if question is None else list(question.messages)


def _with_parts(messages: list[Model], parts: list[dict[str, Any]]) -> list[Model]:
    """The messages with parts behind the last user message's text, or in a user message of their own."""
    place = next(
        (n for n in range(len(messages) - 1, -1, -1) if getattr(messages[n], "role", None) == "user"), None
    )
    if place is None:
        return [*messages, message_of({"role": "user", "content": parts})]
    content = messages[place].content
    texts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())
    members = {**messages[place].model_dump(), "content": [_plain(part) for part in [*texts, *parts]]}
    return [*messages[:place], message_of(members), *messages[place + 1 :]]


def _plain(part: Any) -> Any:
    return part.model_dump() if isinstance(part, Model) else part


def _both_ways() -> PSBridgeError:
    """PowerShell's own error for a request that is given whole and by its messages."""
    return PSBridgeError(
        AMBIGUOUS_SET,
        error_id="AmbiguousParameterSet",
        category="InvalidArgument",
    )

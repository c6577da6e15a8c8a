"""New-ChatCompletion's way in: a plain call goes straight to the client and loads nothing else from here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..cmdlets import completion, session
from ..errors import PSBridgeError
from ..models import CreateChatCompletionRequest

Bound = dict[str, Any]

ITEM = "CreateChatCompletionRequest"
# The parameters that are this package's business.
PARAMETERS = frozenset(
    """System Template Reply PassThru TextOnly As JsonSchema ParsedOnly MaxRepair InvokeTools MaxToolRounds
    ToolTimeoutSec Images ImageDetail ImageMaxSide InputAudio Files AudioOutFile""".split()
)


def new_chat_completion(bound: Bound) -> Any:
    """Ask, in whichever way the parameters say; see `completion` and `calls`."""
    try:
        if is_plain(bound):
            return completion.new_chat_completion(bound)
        return import_module("psbridge.chat.calls").new_chat_completion(bound)
    except PSBridgeError as error:
        if error.target is None:
            error.target = bound.get(ITEM)
        raise


def is_plain(bound: Mapping[str, Any]) -> bool:
    """Whether nothing but a request is bound, whole or by its parameters."""
    if not PARAMETERS.isdisjoint(bound):
        return False
    tools = bound.get("Tools")
    if tools and any(hasattr(one, "definition") for one in tools):
        return False
    item = bound.get(ITEM)
    if item is None:
        return True
    if not completion.CALL.issuperset(bound):
        return False
    if item.__class__ is dict:
        return "messages" in item
    return isinstance(item, CreateChatCompletionRequest) or (isinstance(item, Mapping) and "messages" in item)


def get_chat_completion_usage(bound: Bound) -> Any:
    """What was used, by this process, a conversation or a reply, and what it cost by a table of prices."""
    if not bound:
        return session.usage_totals(bound)
    return import_module("psbridge.chat.costs").usage_of(bound)

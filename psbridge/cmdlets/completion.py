"""New-ChatCompletion: a request in, a reply or a stream out.

Everything on the wire is the client's business; here a request becomes a checked model and its bytes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ..client.settings.configuration import current_configuration
from ..errors import PSBridgeError
from ..models import CreateChatCompletionRequest
from ..models.base import Model
from .builders import Builder, builder
from .complete import completed
from .configuration import default_model
from .operations import as_bytes, whole
from .session import OPTIONS, async_client, call_options, client, result_of
from .table import entry

# With what is a call's in general, which whoever makes chat calls has from here too.
__all__ = [
    "CALL",
    "as_bytes",
    "as_request",
    "async_client",
    "call_options",
    "client",
    "new_chat_completion",
    "request_of",
    "result_of",
    "sendable",
]

Bound = dict[str, Any]

# A request given by its parameters may leave its model to the configuration.
_MODEL_OPEN = frozenset(("Model",))
# Parameters of the call itself; every other one belongs to the request.
_PIPELINE = ("ThrottleLimit", "Unordered", "RequestsPerMinute", "TokensPerMinute")
CALL = frozenset(
    ("CreateChatCompletionRequest", "WithHttpInfo", "Stream", "StreamText", *_PIPELINE, *OPTIONS)
)


def new_chat_completion(bound: Bound) -> Any:
    """Send the request, given whole or by its parameters.

    Returns:
        The reply; with -WithHttpInfo an `HttpInfo`; with -Stream a `ChatStream` of typed chunks; with
        -StreamText an iterator over the text alone.
    """
    request = request_of(bound)
    options = call_options(bound)
    if bound.get("Stream") or bound.get("StreamText") or request.stream:
        stream = client().stream(as_bytes(request), **options)
        return stream.text() if bound.get("StreamText") else stream
    reply = client().create(as_bytes(request), **options)
    if isinstance(reply.value, Model):
        remember(reply.value, request)
    return result_of(reply, bound)


def remember(reply: Model, request: Model) -> None:
    """Have a reply know what it answered, so that one can go on from it: no member, and in no JSON."""
    object.__setattr__(reply, "_question", request)


def forget(reply: Any) -> None:
    """Undo `remember`: many replies that are kept shall not keep all that was asked too."""
    if isinstance(reply, Model):
        reply.__dict__.pop("_question", None)


def request_of(bound: Bound) -> CreateChatCompletionRequest:
    """The request that the bound parameters ask for, complete and checked."""
    request: CreateChatCompletionRequest = sendable(_request(bound))
    return request


def _request(bound: Bound) -> CreateChatCompletionRequest:
    given = bound.get("CreateChatCompletionRequest")
    if given is not None:
        return as_request(given)
    members = {name: value for name, value in bound.items() if name not in CALL}
    if not members:
        raise PSBridgeError(
            "Error! The required parameter CreateChatCompletionRequest missing when calling "
            "New-ChatCompletion.",
            error_id="PSBridge.MissingRequest",
            category="InvalidArgument",
            parameter="CreateChatCompletionRequest",
        )
    if members["Messages"] is not None:
        members["Messages"] = [_message(item) for item in members["Messages"]]
    request: CreateChatCompletionRequest = _request_builder()(members, _MODEL_OPEN)
    return request


@cache
def _request_builder() -> Builder:
    return builder(entry("Initialize-CreateChatCompletionRequest"))


def _message(item: Any) -> Any:
    return {"role": "user", "content": str(item)} if isinstance(item, str) else item


def as_request(given: Any) -> CreateChatCompletionRequest:
    """A request out of what a caller holds: the model itself, a table, a property bag, JSON text.

    Raises:
        InvalidValueError: when it is none of these, or not a request.
    """
    hint = "a request with messages, a message or a text"
    return whole(
        given, CreateChatCompletionRequest, "CreateChatCompletionRequest", hint, open_members=("model",)
    )


def sendable(request: Any) -> Any:
    """A request ready to be sent: its model filled in, what was left open left out or refused."""
    return completed(request, model=lambda: default_model(current_configuration()))

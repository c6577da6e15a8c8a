"""New-ChatCompletion and the stored-completion cmdlets: a request in, a reply, a stream or pages out.

Everything on the wire is the client's business; here a request becomes a checked model and its bytes.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..client import Cancellation, Client, Reply, UsageTotals
from ..client.settings.configuration import current_configuration
from ..errors import PSBridgeError
from ..models import CreateChatCompletionRequest, CreateChatCompletionResponse, UpdateChatCompletionRequest
from ..models.base import Model
from ..models.problems import InvalidValueError
from .builders import Builder, builder, built, unwrapped
from .codec import ModelCodec
from .complete import completed
from .table import entry

Bound = dict[str, Any]

# The model of a request that leaves its own open, where the configuration names none.
DEFAULT_MODEL = "gpt-4o-mini"

_log = logging.getLogger("psbridge.cmdlets")
_lock = threading.Lock()
_client: Client | None = None


def client() -> Client:
    """The one client all cmdlets share: one set of connections, following the configuration in force."""
    global _client
    if _client is None:
        with _lock:
            if _client is None:
                _client = Client(codec=ModelCodec())
                atexit.register(_client.close)
    return _client


_cancellation: ContextVar[Cancellation | None] = ContextVar("psbridge_cancellation", default=None)


@contextmanager
def cancellable(cancellation: Cancellation) -> Iterator[None]:
    """Have `cancellation` end what the cmdlets called inside wait for, and the streams they return."""
    token = _cancellation.set(cancellation)
    try:
        yield
    finally:
        _cancellation.reset(token)


@dataclass(frozen=True)
class HttpInfo:
    """What -WithHttpInfo gives back: the reply and how it came.

    Attributes:
        Response: the reply as a model; StatusCode and Headers are HTTP's.
        RequestId: the server's id of the request, or None.
        Attempts: how often the request was sent.
        ElapsedSec: seconds from the first try to the end of the reply, waits included.
    """

    Response: Any
    StatusCode: int
    Headers: Mapping[str, str]
    RequestId: str | None
    Attempts: int
    ElapsedSec: float

    def __ps_properties__(self) -> dict[str, Any]:
        return dict(vars(self))


_OPTIONS = {
    "MaxRetryCount": "max_retries",
    "TimeoutSec": "timeout",
    "AdditionalBody": "additional_body",
    "AdditionalHeaders": "additional_headers",
    "AdditionalQuery": "additional_query",
}
# A request given by its parameters may leave its model to the configuration.
_MODEL_OPEN = frozenset(("Model",))
# Parameters of the call itself; every other one belongs to the request.
_PIPELINE = ("ThrottleLimit", "Unordered", "RequestsPerMinute", "TokensPerMinute")
CALL = frozenset(
    ("CreateChatCompletionRequest", "WithHttpInfo", "Stream", "StreamText", *_PIPELINE, *_OPTIONS)
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
    return result_of(client().create(as_bytes(request), **options), bound)


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
    if isinstance(given, CreateChatCompletionRequest):
        return given
    if isinstance(given, str) and given.lstrip().startswith("{"):
        return CreateChatCompletionRequest.model_validate_json(given)
    members = unwrapped(given, (CreateChatCompletionRequest,))
    if not isinstance(members, Mapping):
        raise InvalidValueError(
            "invalid value for 'CreateChatCompletionRequest', must be a request with messages and a model; "
            "a text alone goes to -Messages.",
            parameter="CreateChatCompletionRequest",
            path="CreateChatCompletionRequest",
            model="CreateChatCompletionRequest",
        )
    request = built(CreateChatCompletionRequest, dict(members), [] if "model" in members else ["model"])
    assert isinstance(request, CreateChatCompletionRequest)
    return request


def sendable(request: Any) -> Any:
    """A request ready to be sent: its model filled in, what was left open left out or refused."""
    return completed(request, model=_default_model())


def _default_model() -> str:
    return current_configuration().model or DEFAULT_MODEL


def as_bytes(model: Model) -> bytes:
    """The JSON that goes out: what is set, and nothing else."""
    return model.__pydantic_serializer__.to_json(model, exclude_unset=True, warnings=False)


def call_options(bound: Bound) -> Any:
    """The client's options of a call, as bound."""
    options = {option: bound[name] for name, option in _OPTIONS.items() if bound.get(name) is not None}
    for name in ("additional_headers", "additional_query"):
        if name in options:
            options[name] = {str(key): str(value) for key, value in options[name].items()}
    return {**options, **_cancelling()}


def _cancelling() -> Any:
    cancellation = _cancellation.get()
    return {} if cancellation is None else {"cancellation": cancellation}


def result_of(reply: Reply, bound: Bound) -> Any:
    """The reply as -WithHttpInfo or its absence wants it."""
    _log.debug("%s %s %s", reply.method, reply.url, reply.status)
    if not bound.get("WithHttpInfo"):
        return reply.value
    return HttpInfo(reply.value, reply.status, reply.headers, reply.request_id, reply.attempts, reply.elapsed)


def get_chat_completion(bound: Bound) -> Any:
    """One stored completion by its id; else a page of them, or with -All every one, as they are asked for."""
    if bound.get("CompletionId") is not None:
        return result_of(client().get(bound["CompletionId"], **_cancelling()), bound)
    query = _query(bound, "Model", "Metadata", "After", "Limit", "Order")
    return client().list_all(**query) if bound.get("All") else result_of(client().list(**query), bound)


def get_chat_completion_message(bound: Bound) -> Any:
    """The messages of a stored completion: a page, or with -All every one."""
    query = _query(bound, "After", "Limit", "Order")
    if bound.get("All"):
        return client().messages_all(bound["CompletionId"], **query)
    return result_of(client().messages(bound["CompletionId"], **query), bound)


def update_chat_completion(bound: Bound) -> CreateChatCompletionResponse:
    """Replace a stored completion's metadata; gives the completion back."""
    body = built(UpdateChatCompletionRequest, {"metadata": bound["Metadata"]}, [])
    metadata = body.model_dump()["metadata"]
    reply = client().update(bound["CompletionId"], metadata, **_cancelling())
    return result_of(reply, bound)  # type: ignore[no-any-return]


def remove_chat_completion(bound: Bound) -> Any:
    """Delete a stored completion; gives what the service says of it."""
    return result_of(client().delete(bound["CompletionId"], **_cancelling()), bound)


def get_chat_completion_usage(bound: Bound) -> UsageTotals:
    """What this session used so far, as the replies reported it."""
    return client().usage.totals()


def _query(bound: Bound, *names: str) -> Any:
    return {name.lower(): bound[name] for name in names if bound.get(name) is not None} | _cancelling()

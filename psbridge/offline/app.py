"""The API behind the offline server: a request in, a reply out. Paths, keys and JSON, but no sockets."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

from . import reply, schema, stream
from .problems import ApiError, encode
from .store import Store

MODELS = ("gpt-4o", "gpt-4o-mini", "gpt-4o-audio-preview", "gpt-5", "offline")
_CACHED_REPLIES = 512
_CACHED_BODY = 64 * 1024


@dataclass
class Request:
    """What came over the wire: header names in lower case, values as text, the target split at `?`."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What goes back: a body, or the events of a stream (without `[DONE]`)."""

    status: int
    body: bytes = b""
    events: Iterator[bytes] | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    media_type: str = "application/json"


@functools.lru_cache(maxsize=256)
def split_target(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """(path as sent, query pairs decoded) of a request target."""
    path, _, query = target.partition("?")
    return path, tuple(parse_qsl(query, keep_blank_values=True))


class App:
    """Everything the server knows between two requests.

    Args:
        keys: the API keys accepted, or None to accept any that is not empty.
        default_model: what a request without `model` runs on; None refuses it as OpenAI does.
        store_capacity: how many stored completions are kept.
    """

    def __init__(
        self, keys: Collection[str] | None, *, default_model: str | None = None, store_capacity: int = 10_000
    ) -> None:
        self.keys = keys
        self.default_model = default_model
        self.store = Store(store_capacity)
        self._serial = itertools.count(1)
        self._cache: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()

    def answer(self, request: Request) -> Reply:
        """The reply to `request`; a refusal is a reply too, never an exception."""
        try:
            self._authorise(request.headers)
            result = self._route(request)
        except ApiError as error:
            result = error_reply(error)
        except RecursionError:
            result = error_reply(ApiError(400, "The JSON body of the request is nested too deeply."))
        return result

    def request_id(self) -> str:
        """A new `x-request-id`, counted from the server's start."""
        return f"req_offline_{next(self._serial):08d}"

    def _authorise(self, headers: dict[str, str]) -> None:
        given = headers.get("api-key", "")
        authorization = headers.get("authorization", "")
        if not given and authorization[:7].lower() == "bearer ":
            given = authorization[7:].strip()
        if not given:
            raise ApiError(
                401,
                "You didn't provide an API key. Provide it in an Authorization header using Bearer auth "
                "(Authorization: Bearer YOUR_KEY), or in an api-key header.",
            )
        if self.keys is not None and given not in self.keys:
            raise ApiError(401, "Incorrect API key provided: ********.", code="invalid_api_key")

    def _route(self, request: Request) -> Reply:
        path = request.path
        for prefix in ("/v1/", "/openai/v1/"):
            if path.startswith(prefix):
                return self._openai(request, path[len(prefix) :])
        parts = path.split("/")
        if path.startswith("/openai/deployments/") and parts[4:] == ["chat", "completions"] and parts[3]:
            if not request.query.get("api-version"):
                raise ApiError(404, "Resource not found: the api-version parameter is missing.", code="404")
            if request.method != "POST":
                _not_allowed(request, "POST")
            return self._create(request, unquote(parts[3]))
        raise ApiError(404, f"Invalid URL ({request.method} {path[:200]})")

    def _openai(self, request: Request, rest: str) -> Reply:
        method, parts = request.method, [unquote(part) for part in rest.split("/")]
        if parts == ["chat", "completions"]:
            if method == "POST":
                return self._create(request, self.default_model)
            if method == "GET":
                return _json(self.store.listed(request.query))
            _not_allowed(request, "GET, POST")
        if parts[:2] == ["chat", "completions"] and len(parts) == 3 and parts[2]:
            if method == "GET":
                return _json(self.store.get(parts[2]))
            if method == "POST":
                body = _parsed(request)
                schema.UPDATE.check(body, "")
                return _json(self.store.update(parts[2], body["metadata"]))
            if method == "DELETE":
                return _json(self.store.delete(parts[2]))
            _not_allowed(request, "GET, POST, DELETE")
        if parts[:2] == ["chat", "completions"] and len(parts) == 4 and parts[3] == "messages":
            if method == "GET":
                return _json(self.store.messages(parts[2], request.query))
            _not_allowed(request, "GET")
        if parts[0] == "models" and len(parts) <= 2:
            if method != "GET":
                _not_allowed(request, "GET")
            return _json(_models(parts[1] if len(parts) == 2 else None))
        raise ApiError(404, f"Invalid URL ({method} {request.path[:200]})")

    def _create(self, request: Request, model: str | None) -> Reply:
        """The reply to a create request; `model` stands in when the body names none.

        A reply is a function of the request, so small bodies seen before are not computed again.
        """
        raw = request.body
        cache_key = (model or "", raw)
        known = self._cache.get(cache_key)
        if known is not None:
            _require_json(request)
            self._cache.move_to_end(cache_key)
            return Reply(200, known)
        body = _parsed(request)
        if model is not None and isinstance(body, dict) and not body.get("model"):
            body = {**body, "model": model}
        schema.check_create(body)
        stored = bool(body.get("store"))
        made = reply.build(body, body["model"], self.store.next_serial() if stored else None)
        if stored:
            self.store.add(made, body["messages"])
        if body.get("stream"):
            return Reply(
                200, events=stream.events(made, body.get("stream_options")), media_type="text/event-stream"
            )
        data = encode(made)
        if not stored and len(raw) + len(data) <= _CACHED_BODY:
            self._cache[cache_key] = data
            if len(self._cache) > _CACHED_REPLIES:
                self._cache.popitem(last=False)
        return Reply(200, data)


def error_reply(error: ApiError) -> Reply:
    """`error` as a reply."""
    return Reply(error.status, encode(error.payload()), headers=list(error.headers))


def _json(value: Any) -> Reply:
    return Reply(200, encode(value))


def _not_allowed(request: Request, allowed: str) -> NoReturn:
    raise ApiError(
        405,
        f"Not allowed to {request.method} on {request.path[:200]}. Allowed: {allowed}.",
        code="method_not_supported",
        headers=(("allow", allowed),),
    )


def _require_json(request: Request) -> None:
    sent = request.headers.get("content-type", "")
    if sent.partition(";")[0].strip().lower() != "application/json":
        named = f"'{sent[:100]}'" if sent else "none"
        raise ApiError(
            400,
            f"Unsupported content type: expected 'application/json', but the Content-Type header is {named}.",
        )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _parsed(request: Request) -> Any:
    _require_json(request)
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ApiError(400, "The JSON body of the request could not be parsed.") from None


def _models(name: str | None) -> dict[str, Any]:
    listed = [
        {"id": model, "object": "model", "created": reply.CLOCK, "owned_by": "psbridge"} for model in MODELS
    ]
    if name is None:
        return {"object": "list", "data": listed}
    for model in listed:
        if model["id"] == name:
            return model
    raise ApiError(404, f"The model '{name[:100]}' does not exist.", code="model_not_found", param="model")


def fingerprint(secret: str) -> str:
    """What the request log shows in place of a credential: enough to tell two apart, not to use one."""
    return f"***{hashlib.sha256(secret.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"

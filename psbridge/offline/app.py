"""The API behind the offline server: a request in, a reply out. Paths, keys and JSON, but no sockets."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Protocol
from urllib.parse import parse_qsl, unquote

from . import reply, schema, stream
from .batches import Batches, Pace
from .embeddings import Embeddings
from .files import Files
from .message import Reply, Request, error_reply, json_reply, not_allowed, nowhere, parsed, require_json
from .models import Models
from .moderations import Moderations
from .problems import ApiError, encode
from .store import Store

_CACHED_REPLIES = 512
_CACHED_BODY = 64 * 1024


@functools.lru_cache(maxsize=256)
def split_target(target: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """(path as sent, query pairs decoded) of a request target."""
    path, _, query = target.partition("?")
    return path, tuple(parse_qsl(query, keep_blank_values=True))


_DEPLOYED = (["chat", "completions"], ["embeddings"])  # what Azure has below a deployment


class Family(Protocol):
    """What answers the requests below one path."""

    def answer(self, request: Request, parts: list[str], model: str | None) -> Reply:
        """The reply to a request; `parts` are the path's, decoded; `model` stands in when it names none.

        Raises:
            ApiError: a refusal.
        """


class App:
    """Everything the server knows between two requests.

    Args:
        keys: the API keys accepted, or None to accept any that is not empty.
        default_model: what a request without `model` runs on; None refuses it as OpenAI does.
        store_capacity: how many stored completions are kept.
        pace: how batches run.
        refuse: the reply to a line of a batch that is to fail, or None.
    """

    def __init__(
        self,
        keys: Collection[str] | None,
        *,
        default_model: str | None = None,
        store_capacity: int = 10_000,
        pace: Pace | None = None,
        refuse: Callable[[Request], Reply | None] = lambda request: None,
    ) -> None:
        self.keys = keys
        self.default_model = default_model
        self.store = Store(store_capacity)
        self._serial = itertools.count(1)
        self._cache: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()
        self._refuse = refuse
        self.files = Files()
        self.batches = Batches(self.files, self._line, pace or Pace())
        self._families: dict[str, Family] = {
            "models": Models(),
            "embeddings": Embeddings(),
            "moderations": Moderations(),
            "files": self.files,
            "batches": self.batches,
        }

    async def close(self) -> None:
        """Stop what runs, and forget files and batches."""
        await self.batches.close()
        self.files.close()

    def _line(self, request: Request) -> Reply:
        """The reply to a line of a batch."""
        return self._refuse(request) or self._answered(request)

    def answer(self, request: Request) -> Reply:
        """The reply to `request`; a refusal is a reply too, never an exception."""
        try:
            self._authorise(request.headers)
        except ApiError as error:
            return error_reply(error)
        return self._answered(request)

    def _answered(self, request: Request) -> Reply:
        try:
            return self._route(request)
        except ApiError as error:
            return error_reply(error)
        except RecursionError:
            return error_reply(ApiError(400, "The JSON body of the request is nested too deeply."))

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
        if path.startswith("/openai/deployments/") and parts[4:] in _DEPLOYED and parts[3]:
            if not request.query.get("api-version"):
                raise ApiError(404, "Resource not found: the api-version parameter is missing.", code="404")
            if parts[4:] == ["embeddings"]:
                return self._families["embeddings"].answer(request, parts[4:], unquote(parts[3]))
            if request.method != "POST":
                raise not_allowed(request, "POST")
            return self._create(request, unquote(parts[3]))
        if path.startswith("/openai/") and request.query.get("api-version"):
            return self._openai(request, path[len("/openai/") :])
        raise nowhere(request)

    def _openai(self, request: Request, rest: str) -> Reply:
        parts = [unquote(part) for part in rest.split("/")]
        family = self._families.get(parts[0])
        if family is not None:
            return family.answer(request, parts, self.default_model)
        return self._chat(request, parts)

    def _chat(self, request: Request, parts: list[str]) -> Reply:
        method = request.method
        if parts == ["chat", "completions"]:
            if method == "POST":
                return self._create(request, self.default_model)
            if method == "GET":
                return json_reply(self.store.listed(request.query))
            raise not_allowed(request, "GET, POST")
        if parts[:2] == ["chat", "completions"] and len(parts) == 3 and parts[2]:
            if method == "GET":
                return json_reply(self.store.get(parts[2]))
            if method == "POST":
                body = parsed(request)
                schema.UPDATE.check(body, "")
                return json_reply(self.store.update(parts[2], body["metadata"]))
            if method == "DELETE":
                return json_reply(self.store.delete(parts[2]))
            raise not_allowed(request, "GET, POST, DELETE")
        if parts[:2] == ["chat", "completions"] and len(parts) == 4 and parts[3] == "messages":
            if method == "GET":
                return json_reply(self.store.messages(parts[2], request.query))
            raise not_allowed(request, "GET")
        raise nowhere(request)

    def _create(self, request: Request, model: str | None) -> Reply:
        """The reply to a create request; `model` stands in when the body names none.

        A reply is a function of the request, so small bodies seen before are not computed again.
        """
        raw = request.body
        cache_key = (model or "", raw)
        known = self._cache.get(cache_key)
        if known is not None:
            require_json(request)
            self._cache.move_to_end(cache_key)
            return Reply(200, known)
        body = parsed(request)
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


def fingerprint(secret: str) -> str:
    """What the request log shows in place of a credential: enough to tell two apart, not to use one."""
    return f"***{hashlib.sha256(secret.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"

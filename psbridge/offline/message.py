"""A request and a reply of the offline server as values, and what all families read and write alike."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from .problems import ApiError, encode
from .upload import Upload


@dataclass
class Request:
    """What came over the wire: header names in lower case, values as text, the target split at `?`.

    `upload` is a form that was read as it came; the body is empty then.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    upload: Upload | None = None


@dataclass
class Reply:
    """What goes back: a body, the events of a stream (without `[DONE]`), or `length` bytes in `parts`."""

    status: int
    body: bytes = b""
    events: Iterator[bytes] | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    media_type: str = "application/json"
    parts: Iterator[bytes] | None = None
    length: int = 0


def error_reply(error: ApiError) -> Reply:
    """`error` as a reply."""
    return Reply(error.status, encode(error.payload()), headers=list(error.headers))


def json_reply(value: Any) -> Reply:
    """A JSON value as a reply that says success."""
    return Reply(200, encode(value))


def not_allowed(request: Request, allowed: str) -> ApiError:
    """The refusal of a method; `allowed` lists those that are."""
    return ApiError(
        405,
        f"Not allowed to {request.method} on {request.path[:200]}. Allowed: {allowed}.",
        code="method_not_supported",
        headers=(("allow", allowed),),
    )


def nowhere(request: Request) -> ApiError:
    """The refusal of a path that leads nowhere."""
    return ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")


def require_json(request: Request) -> None:
    """Refuse a request whose Content-Type is not JSON's."""
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


def loads(text: str | bytes) -> Any:
    """JSON text as the service reads it: without NaN and infinities.

    Raises:
        ValueError, RecursionError: it is not that.
    """
    return json.loads(text, parse_constant=_no_constant, parse_float=_finite)


def parsed(request: Request) -> Any:
    """The JSON of a request's body.

    Raises:
        ApiError: status 400, when it is not JSON.
    """
    require_json(request)
    try:
        return loads(request.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ApiError(400, "The JSON body of the request could not be parsed.") from None

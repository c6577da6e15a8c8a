"""Every refusal the offline server can give, in the one shape OpenAI's API uses.

`{"error": {"message", "type", "param", "code"}}` with a status. This module knows neither HTTP framing nor
the request's schema; the wording follows the *format* of the real service so that clients which read it keep
working.
"""

from __future__ import annotations

import json
from typing import Any


class ApiError(Exception):
    """A request that ends in an error reply.

    Attributes:
        status: HTTP status code.
        message: one sentence; never contains a credential.
        code: OpenAI's machine-readable code such as `invalid_type`, or None.
        param: path of the offending member such as `messages[0].content`, or None.
        type: OpenAI's error type such as `invalid_request_error`.
        headers: extra response headers, such as `allow`.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str = "invalid_request_error",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.type = type
        self.headers = headers

    def payload(self) -> dict[str, Any]:
        """The reply body as a dictionary."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


#: status -> (type, code, message) of an error reply injected as a fault, unless the fault says otherwise.
BY_STATUS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", "invalid_request", "Bad request (injected fault)."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided (injected fault)."),
    403: (
        "invalid_request_error",
        "permission_denied",
        "Access to this resource is denied (injected fault).",
    ),
    404: ("invalid_request_error", "not_found", "Resource not found (injected fault)."),
    408: ("timeout", "request_timeout", "The request timed out (injected fault)."),
    409: ("invalid_request_error", "conflict", "The request conflicts with another (injected fault)."),
    413: ("invalid_request_error", "request_too_large", "The request body is too large (injected fault)."),
    422: (
        "invalid_request_error",
        "unprocessable_entity",
        "The request cannot be processed (injected fault).",
    ),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests (injected fault)."),
    500: ("server_error", None, "The server had an error while processing the request (injected fault)."),
    502: ("server_error", None, "Bad gateway (injected fault)."),
    503: ("server_error", "service_unavailable", "The server is overloaded (injected fault)."),
    504: ("server_error", None, "Gateway timeout (injected fault)."),
}

#: code -> (type, message) for codes that share a status with another kind of failure.
BY_CODE: dict[str, tuple[str, str]] = {
    "insufficient_quota": ("insufficient_quota", "The current quota is used up (injected fault)."),
    "content_filter": ("invalid_request_error", "The content filter refused the request (injected fault)."),
    "context_length_exceeded": ("invalid_request_error", "The context length is exceeded (injected fault)."),
    "model_not_found": ("invalid_request_error", "The model does not exist (injected fault)."),
}


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON; escapes to ASCII only when the text holds lone surrogates."""
    try:
        return _COMPACT(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def injected(status: int, code: str | None, message: str | None) -> ApiError:
    """The error reply for a fault with `status`; `code` and `message` override the table."""
    kind, usual, text = BY_STATUS.get(
        status,
        (
            "server_error" if status >= 500 else "invalid_request_error",
            None,
            f"Injected fault, status {status}.",
        ),
    )
    if code is not None and code in BY_CODE:
        kind, text = BY_CODE[code]
    return ApiError(status, message or text, code=code or usual, type=kind)

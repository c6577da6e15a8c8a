"""What comes back: `ApiResponse`, and `ApiException` where a call has no response to give.

An ApiException is at the same time the client's own kind of error: `except ApiException` and
`except RateLimitError` both catch a 429, and its PowerShell error id is the one New-ChatCompletion gives.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Generic, TypeVar, cast

from ..client.errors import ClientError, StatusError
from ..client.message.headers import Headers as HeaderMap
from ..client.message.reply import Reply

T = TypeVar("T")

_CONTENT = "content-"


class ApiResponse(Generic[T]):
    """A reply as the C# client shows it, of any status.

    Attributes:
        StatusCode, ReasonPhrase: HTTP's.
        IsSuccessStatusCode: 200 to 299. IsOk: 200.
        RawContent: the body as text; ContentStream: the body's bytes as a new stream.
        Headers, ContentHeaders: the reply's headers, and those of them that describe the body; by name in any
            case.
        RequestedAt, DownloadedAt: UTC, when the call began and when its body was there.
        Path, RequestUri: the API's path, and the whole URL without its query.
        RequestId: the server's id of the request, or None. Attempts: how often the request was sent.
    """

    def __init__(
        self,
        *,
        status: int,
        reason: str,
        headers: HeaderMap,
        body: bytes,
        requested_at: float,
        downloaded_at: float,
        uri: str,
        path: str,
        attempts: int,
        value: T | None = None,
        error: ClientError | None = None,
    ) -> None:
        self._status = status
        self._reason = reason
        self._headers = headers
        self._body = body
        self._requested_at = requested_at
        self._downloaded_at = downloaded_at
        self._uri = uri
        self._path = path
        self._attempts = attempts
        self._value = value
        self._error = error

    @classmethod
    def of_reply(cls, reply: Reply, path: str) -> ApiResponse[T]:
        """The response of a success."""
        return cls(
            status=reply.status,
            reason=reply.reason,
            headers=reply.headers,
            body=reply.body,
            requested_at=reply.requested_at,
            downloaded_at=reply.downloaded_at,
            uri=reply.url,
            path=path,
            attempts=reply.attempts,
            value=reply.value,
        )

    @classmethod
    def of_error(cls, error: StatusError, requested_at: float, uri: str, path: str) -> ApiResponse[T]:
        """The response of an error status."""
        return cls(
            status=error.status or 0,
            reason=error.reason,
            headers=error.headers,
            body=error.body,
            requested_at=requested_at,
            downloaded_at=requested_at + error.elapsed,
            uri=uri,
            path=path,
            attempts=error.attempts,
            error=error,
        )

    @property
    def StatusCode(self) -> int:
        """The HTTP status."""
        return self._status

    @property
    def ReasonPhrase(self) -> str:
        """The status line's phrase."""
        return self._reason

    @property
    def IsSuccessStatusCode(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self._status < 300

    @property
    def IsOk(self) -> bool:
        """Whether the status is 200."""
        return self._status == 200

    @property
    def RawContent(self) -> str:
        """The body as text."""
        return self._body.decode("utf-8", "replace")

    @property
    def ContentStream(self) -> io.BytesIO:
        """The body's bytes, as a stream of their own."""
        return io.BytesIO(self._body)

    @property
    def Headers(self) -> Mapping[str, str]:
        """All headers of the reply."""
        return self._headers

    @property
    def ContentHeaders(self) -> Mapping[str, str]:
        """The headers that describe the body (Content-Type, Content-Length, ...)."""
        return HeaderMap(pair for pair in self._headers.raw if pair[0].lower().startswith(_CONTENT.encode()))

    @property
    def RequestedAt(self) -> datetime:
        """When the call began, UTC."""
        return datetime.fromtimestamp(self._requested_at, timezone.utc)

    @property
    def DownloadedAt(self) -> datetime:
        """When the body was there, UTC."""
        return datetime.fromtimestamp(self._downloaded_at, timezone.utc)

    @property
    def Path(self) -> str:
        """The API's path, such as /chat/completions."""
        return self._path

    @property
    def RequestUri(self) -> str:
        """The URL that was asked, without its query."""
        return self._uri

    @property
    def RequestId(self) -> str | None:
        """The server's id of the request, or None."""
        return self._headers.get("x-request-id")

    @property
    def Attempts(self) -> int:
        """How often the request was sent."""
        return self._attempts

    def Ok(self) -> T | None:
        """The completion when the status is 200, else None."""
        return self._value if self.IsOk else None

    def TryOk(self) -> tuple[bool, T | None]:
        """Whether there is a completion, and the completion or None."""
        value = self.Ok()
        return value is not None, value

    def EnsureSuccessStatusCode(self) -> ApiResponse[T]:
        """The response itself.

        Raises:
            ApiException: the status is not 200 to 299.
        """
        if self._error is not None:
            raise api_exception(self._error) from None
        return self

    status_code = StatusCode
    reason_phrase = ReasonPhrase
    is_success_status_code = IsSuccessStatusCode
    is_ok = IsOk
    raw_content = RawContent
    content_stream = ContentStream
    headers = Headers
    content_headers = ContentHeaders
    requested_at = RequestedAt
    downloaded_at = DownloadedAt
    path = Path
    request_uri = RequestUri
    request_id = RequestId
    attempts = Attempts
    ok = Ok
    try_ok = TryOk
    ensure_success_status_code = EnsureSuccessStatusCode

    def __repr__(self) -> str:
        return f"ApiResponse({self._status} {self._reason}, {len(self._body)} bytes)"


class ApiException(ClientError):
    """A call without a usable response: an error status, or none at all (StatusCode None).

    Attributes:
        ReasonPhrase: the status line's phrase; empty when there was no reply.
        StatusCode: the HTTP status, or None.
        RawContent: the reply's body as text; empty when there was none.

    Those that ChatApi raises are of the client's class too (`RateLimitError`, `DeadlineError`, ...).
    """

    def __init__(self, ReasonPhrase: str, StatusCode: int | None = None, RawContent: str = "") -> None:
        status = "" if StatusCode is None else f"HTTP {StatusCode} "
        super().__init__(
            f"{status}{ReasonPhrase}",
            status=StatusCode,
            reason=ReasonPhrase,
            body=RawContent.encode("utf-8", "surrogatepass"),
        )

    @property
    def ReasonPhrase(self) -> str:
        """The status line's phrase."""
        return self.reason

    @property
    def StatusCode(self) -> int | None:
        """The HTTP status, or None when there was no reply."""
        return self.status

    @property
    def RawContent(self) -> str:
        """The reply's body as text."""
        return self.ErrorDetails

    reason_phrase = ReasonPhrase
    status_code = StatusCode
    raw_content = RawContent

    def __reduce__(self) -> tuple[Any, ...]:
        kind = type(self).__mro__[2] if type(self) is not ApiException else ClientError
        return _rebuild, (kind, self.message, dict(self.__dict__))


_KINDS: dict[type[ClientError], type[ApiException]] = {ClientError: ApiException}


def _joined(kind: type[ClientError]) -> type[ApiException]:
    """The class that is an ApiException and this kind of client error at once."""
    found = _KINDS.get(kind)
    if found is None:
        made = type(f"Api{kind.__name__}", (ApiException, kind), {"__doc__": kind.__doc__})
        found = _KINDS.setdefault(kind, cast("type[ApiException]", made))
    return found


def _rebuild(kind: type[ClientError], message: str, state: dict[str, Any]) -> ApiException:
    made = _joined(kind)
    error = made.__new__(made, message)
    error.args = (message,)
    error.__dict__.update(state)
    return error


def api_exception(error: ClientError) -> ApiException:
    """The ApiException of a failure; itself when it is one already."""
    if isinstance(error, ApiException):
        return error
    made = _rebuild(type(error), error.message, error.__dict__)
    made.__cause__ = error.__cause__
    return made

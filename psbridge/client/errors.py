"""Every way a call can fail, as one tree; nothing here sends, retries or decodes.

ClientError
├── ConfigurationError              a setting that cannot be used; nothing was sent
├── RequestError                    a request that cannot be built; nothing was sent
├── CallCancelledError              the caller cancelled; a wait or a socket was ended
├── ConnectionFailedError           no whole reply: refused, reset, unreachable, cut off
│   ├── ProxyFailedError            the proxy refused or could not be reached
│   └── TlsError                    certificate, host name or handshake
├── CallTimeoutError                a limit of time was reached
│   ├── ConnectTimeoutError         no connection within the connect limit
│   ├── IdleTimeoutError            nothing arrived within the idle limit
│   └── DeadlineError               the whole call's time was used up
├── BadResponseError                a reply that is no JSON, or breaks the protocol
│   └── ResponseTooLargeError       a body, a header block or an event over its limit
├── ReportedError                   a success status, but the reply says that there was an error
├── StatusError                     the server answered with an error status
│   ├── RedirectError               3xx that may not be followed
│   ├── BadRequestError             400
│   │   └── ContentFilterError      400, code content_filter
│   ├── AuthenticationError         401
│   ├── PermissionDeniedError       403
│   ├── NotFoundError               404
│   ├── ConflictError               409
│   ├── UnprocessableError          422
│   ├── RateLimitError              429
│   │   └── QuotaError              429, code insufficient_quota; waiting does not help
│   ├── ClientStatusError           any other 4xx
│   └── ServerError                 5xx
└── StreamError                     carries what had arrived
    ├── TruncatedStreamError        the stream ended before it was finished
    ├── StreamStalledError          no chunk within the idle limit, or the deadline passed
    └── StreamEventError            the server reported an error inside the stream; also a ReportedError
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psbridge.errors import PSBridgeError

if TYPE_CHECKING:
    from .message.headers import Headers


class ErrorResponse:
    """What a ported `catch` block reads from `$_.Exception.Response`: `Headers`, `StatusCode`,
    `ReasonPhrase`.
    """

    def __init__(self, status: int | None, reason: str, headers: Headers) -> None:
        self.StatusCode = status
        self.ReasonPhrase = reason
        self.Headers = headers


class ClientError(PSBridgeError):
    """Root of the client's errors.

    Attributes:
        status: HTTP status, or None when there was no reply.
        code, param, type: the members of OpenAI's error object, or None.
        request_id: the server's request id, or None.
        headers: the reply's headers; empty when there was none.
        body: the reply's body as bytes; empty when there was none.
        attempts: how often the request was sent.
        elapsed: seconds from the first try to the failure, waits included.
        retry_after: seconds the server asked to wait, or None.
        partial: for a stream, the completion as far as it had arrived (JSON-like), or None.
        hint: what could be done about it, where psbridge knows; also the error's note. None otherwise.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        reason: str = "",
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,
        request_id: str | None = None,
        headers: Headers | None = None,
        body: bytes = b"",
        attempts: int = 0,
        elapsed: float = 0.0,
        retry_after: float | None = None,
        partial: dict[str, Any] | None = None,
        parameter: str | None = None,
        target: object = None,
    ) -> None:
        from .advice import advice
        from .message.headers import Headers

        error_id, category = power_shell_identity(self.__class__)
        super().__init__(
            one_line(message), error_id=error_id, category=category, parameter=parameter, target=target
        )
        self.status = status
        self.reason = reason
        self.code = code
        self.param = param
        self.type = type
        self.request_id = request_id
        self.headers = Headers() if headers is None else headers
        self.body = body
        self.attempts = attempts
        self.elapsed = elapsed
        self.retry_after = retry_after
        self.partial = partial
        self.hint = advice(self.__class__, code or type)
        if self.hint:
            self.__notes__ = [self.hint]

    @property
    def ErrorDetails(self) -> str:
        """The reply's body as text, as `$_.ErrorDetails` holds it; empty when there was none."""
        return self.body.decode("utf-8", "replace")

    @property
    def Response(self) -> ErrorResponse:
        """The reply, by the name a ported `catch` block uses; its headers are empty when there was none."""
        return ErrorResponse(self.status, self.reason, self.headers)

    @property
    def Exception(self) -> ClientError:
        """The error itself, so that `error.Exception.Response.Headers` reads as in PowerShell."""
        return self

    def hide(self, secrets: Sequence[str]) -> None:
        """Take `secrets`, and what looks like a key, out of what the error shows, causes included.

        Of what the server sent, `body`, `partial` and `headers`, only `secrets` go; the rest is an answer.
        The frames below leave the traceback: their variables hold what was sent.
        """
        from .settings.secret import hidden, mask_text

        for name in ("message", "code", "param", "type", "reason", "request_id"):
            text = getattr(self, name)
            if isinstance(text, str):
                setattr(self, name, mask_text(text, *secrets))
        self.args = (self.message,)
        self.body = hidden(self.body, secrets)
        self.partial = hidden(self.partial, secrets)
        self.headers = self.headers.hidden(secrets)
        self.__traceback__ = None
        seen: set[int] = {id(self)}
        causes = [self.__cause__, self.__context__]
        while causes:
            cause = causes.pop()
            if cause is None or id(cause) in seen:
                continue
            seen.add(id(cause))
            cause.__traceback__ = None
            texts = [argument if isinstance(argument, int) else str(argument) for argument in cause.args]
            cause.args = tuple(mask_text(one, *secrets) if isinstance(one, str) else one for one in texts)
            for name, value in vars(cause).items():
                if isinstance(value, str | bytes):
                    setattr(cause, name, hidden(value, secrets))
            if isinstance(cause, UnicodeDecodeError):
                cause.object = b""
            causes += [cause.__cause__, cause.__context__]

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.__class__, self.message, dict(self.__dict__))


def _rebuild(kind: type[ClientError], message: str, state: dict[str, Any]) -> ClientError:
    error = kind(message)
    error.__dict__.update(state)
    return error


class ConfigurationError(ClientError):
    """A setting that cannot be used; nothing was sent."""


class RequestError(ClientError):
    """A request that cannot be built; nothing was sent."""


class CallCancelledError(ClientError):
    """The caller cancelled."""


class ConnectionFailedError(ClientError):
    """There was no whole reply."""


class ProxyFailedError(ConnectionFailedError):
    """The proxy refused, or could not be reached."""


class TlsError(ConnectionFailedError):
    """The certificate, the host name or the handshake was not accepted."""


class CallTimeoutError(ClientError):
    """A limit of time was reached."""


class ConnectTimeoutError(CallTimeoutError):
    """There was no connection within the connect limit."""


class IdleTimeoutError(CallTimeoutError):
    """Nothing arrived within the idle limit."""


class DeadlineError(CallTimeoutError):
    """The whole call's time was used up."""


class BadResponseError(ClientError):
    """The reply is no JSON, or breaks the protocol."""


class ResponseTooLargeError(BadResponseError):
    """A body, a header block or an event is over its limit."""


class ReportedError(ClientError):
    """The status said success, the reply says that there was an error."""


class StatusError(ClientError):
    """The server answered with an error status."""


class RedirectError(StatusError):
    """A redirect that may not be followed."""


class BadRequestError(StatusError):
    """400."""


class ContentFilterError(BadRequestError):
    """400 with the code content_filter."""


class AuthenticationError(StatusError):
    """401."""


class PermissionDeniedError(StatusError):
    """403."""


class NotFoundError(StatusError):
    """404."""


class ConflictError(StatusError):
    """409."""


class UnprocessableError(StatusError):
    """422."""


class RateLimitError(StatusError):
    """429."""


class QuotaError(RateLimitError):
    """429 with the code insufficient_quota; waiting does not help."""


class ClientStatusError(StatusError):
    """Any 4xx without a class of its own."""


class ServerError(StatusError):
    """5xx."""


class StreamError(ClientError):
    """A stream that went wrong after it began; `partial` holds what had arrived."""


class TruncatedStreamError(StreamError):
    """The stream ended before it was finished."""


class StreamStalledError(StreamError):
    """No chunk came within the idle limit."""


class StreamEventError(StreamError, ReportedError):
    """The server reported an error inside the stream."""


# The one table: class -> PowerShell error id and ErrorCategory.
POWERSHELL: Mapping[type[ClientError], tuple[str, str]] = {
    ClientError: ("PSBridge.ClientError", "NotSpecified"),
    ConfigurationError: ("PSBridge.InvalidConfiguration", "InvalidArgument"),
    RequestError: ("PSBridge.InvalidRequest", "InvalidArgument"),
    CallCancelledError: ("PSBridge.Cancelled", "OperationStopped"),
    ConnectionFailedError: ("PSBridge.ConnectionFailed", "ConnectionError"),
    ProxyFailedError: ("PSBridge.ProxyFailed", "ConnectionError"),
    TlsError: ("PSBridge.TlsFailed", "SecurityError"),
    CallTimeoutError: ("PSBridge.Timeout", "OperationTimeout"),
    ConnectTimeoutError: ("PSBridge.ConnectTimeout", "OperationTimeout"),
    IdleTimeoutError: ("PSBridge.IdleTimeout", "OperationTimeout"),
    DeadlineError: ("PSBridge.DeadlineExceeded", "OperationTimeout"),
    BadResponseError: ("PSBridge.BadResponse", "InvalidResult"),
    ResponseTooLargeError: ("PSBridge.ResponseTooLarge", "LimitsExceeded"),
    ReportedError: ("PSBridge.ReportedError", "ProtocolError"),
    StatusError: ("PSBridge.HttpStatus", "ProtocolError"),
    RedirectError: ("PSBridge.RedirectRefused", "SecurityError"),
    BadRequestError: ("PSBridge.BadRequest", "InvalidArgument"),
    ContentFilterError: ("PSBridge.ContentFilter", "PermissionDenied"),
    AuthenticationError: ("PSBridge.Authentication", "AuthenticationError"),
    PermissionDeniedError: ("PSBridge.PermissionDenied", "PermissionDenied"),
    NotFoundError: ("PSBridge.NotFound", "ObjectNotFound"),
    ConflictError: ("PSBridge.Conflict", "ResourceExists"),
    UnprocessableError: ("PSBridge.Unprocessable", "InvalidData"),
    RateLimitError: ("PSBridge.RateLimit", "LimitsExceeded"),
    QuotaError: ("PSBridge.QuotaExceeded", "QuotaExceeded"),
    ClientStatusError: ("PSBridge.ClientStatus", "ProtocolError"),
    ServerError: ("PSBridge.ServerError", "ResourceUnavailable"),
    StreamError: ("PSBridge.StreamFailed", "ReadError"),
    TruncatedStreamError: ("PSBridge.TruncatedStream", "ReadError"),
    StreamStalledError: ("PSBridge.StreamStalled", "OperationTimeout"),
    StreamEventError: ("PSBridge.StreamEvent", "ReadError"),
}


def power_shell_identity(kind: type[ClientError]) -> tuple[str, str]:
    """PowerShell's error id and ErrorCategory of an error class: its own, else its nearest ancestor's."""
    return next(POWERSHELL[ancestor] for ancestor in kind.__mro__ if ancestor in POWERSHELL)


_BY_STATUS: Mapping[int, type[StatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableError,
    429: RateLimitError,
}


def status_error_class(status: int, code: str | None, type: str | None) -> type[StatusError]:
    """The class for an error reply: by status, then by OpenAI's error code or type."""
    if status == 429 and "insufficient_quota" in (code, type):
        return QuotaError
    if status == 400 and "content_filter" in (code, type):
        return ContentFilterError
    if 300 <= status < 400:
        return RedirectError
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, ClientStatusError)


def one_line(text: str) -> str:
    """`text` with line breaks, tabs and control characters as single spaces, cut at 1,000 characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 1000 else line[:999] + "…"

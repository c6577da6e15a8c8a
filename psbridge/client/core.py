"""What both clients share: settings and options in, a prepared call out; an answer in, a reply out. No
I/O.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from typing import Any, TypedDict

from ..forks import new_lock
from .clock import Cancellation, Clock
from .errors import BadResponseError, ClientError, RequestError
from .exchange.call import Answer, Call, Retry
from .exchange.gate import Gate, Job
from .exchange.limits import Place, RateLimits
from .exchange.telemetry import Span
from .message.codec import Codec, JsonCodec
from .message.form import Form
from .message.headers import is_header_safe
from .message.jsontext import field
from .message.payload import Payload
from .message.reply import Reply, Usage, count
from .message.request import outgoing
from .operation import Operation
from .settings.checks import CHECKS
from .settings.configuration import Configuration, current_configuration
from .settings.keys import KeyCache
from .settings.secret import Masked, Secret, leaves_no_trace
from .streams.whole import check_shape, whole_body, whole_reply
from .wire.route import Routes

_ACCOUNTS = 64  # of which the learned limits are kept


class CallOptions(TypedDict, total=False):
    """Options of a single call; what is absent comes from the configuration.

    Keys:
        timeout: seconds for the whole call, retries, waits and streaming included.
        connect_timeout: seconds for one connection.
        idle_timeout: seconds between two chunks of a stream, or two pieces of a body.
        max_retries: tries after the first.
        additional_headers, additional_query, additional_body: added to the request; they win over what is
            there.
        idempotency_key: sent with every try of the call; made up when absent.
        on_retry: called with a `Retry` before each further try.
        cancellation: cancels a blocking call, its stream, or a blocking `map`, from another thread.
        configuration: used instead of the client's, or of the one in force.
    """

    timeout: float
    connect_timeout: float
    idle_timeout: float
    max_retries: int
    additional_headers: Mapping[str, str]
    additional_query: Mapping[str, Any]
    additional_body: Mapping[str, Any]
    idempotency_key: str
    on_retry: Callable[[Retry], None]
    cancellation: Cancellation
    configuration: Configuration


_OPTIONS = frozenset(CallOptions.__annotations__)


class _Shared:
    """The limits that the calls made here share with many others, and a place that is theirs already."""

    __slots__ = ("_counted", "_token", "gate", "place")

    def __init__(self, gate: Gate, place: Place | None, counted: bool) -> None:
        self.gate = gate
        self.place = place
        self._counted = counted
        self._token: Token[_Shared | None] | None = None

    def __enter__(self) -> None:
        self._token = _sharing.set(self)

    def __exit__(self, *error: object) -> None:
        assert self._token is not None
        _sharing.reset(self._token)
        if self.place is not None:
            self.gate.give_back(self.place)

    def apply(self, call: Call, now: float) -> None:
        call.limits, call.one_of_many = self.gate.limits, True
        call.place, self.place = self.place, None
        if call.place is not None and not self._counted:
            self.gate.limits.charge(now, call.outgoing.payload.tokens)


_sharing: ContextVar[_Shared | None] = ContextVar("psbridge_sharing", default=None)


class Core:
    """Prepares calls and reads answers.

    Args:
        configuration: fixed, or None to follow the one in force where a call is made.
        codec: decodes replies; plain dicts by default.
        limits: rate limits shared by all calls, or None.
        clock: the time; replaced in tests.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        codec: Codec | None = None,
        limits: RateLimits | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._configuration = configuration
        self.codec: Codec = codec if codec is not None else JsonCodec()
        self.limits = limits
        self.clock = clock if clock is not None else Clock()
        self.usage = Usage()
        self.keys = KeyCache()
        self._routes = Routes()
        self._shared: OrderedDict[tuple[Any, ...], RateLimits] = OrderedDict()
        self._lock = new_lock()

    def configuration(self, options: Mapping[str, Any]) -> Configuration:
        """The configuration of a call made now, with the environment's values."""
        chosen: Configuration | None = options.get("configuration", self._configuration)
        return (chosen if chosen is not None else current_configuration()).resolved()

    def held(self, options: CallOptions) -> CallOptions:
        """The options of a call whose results come later, with the configuration that is in force now."""
        _veil(options)
        return {**options, "configuration": self.configuration(options)}

    def gate(self, limits: RateLimits | None, options: Mapping[str, Any]) -> Gate:
        """What lets many requests go: `limits`, else the client's, else those that all share who send many to
        the same service with the same key.
        """
        configuration = self.configuration(options)
        if limits is None:
            limits = self.limits
        if limits is None:
            token = configuration.access_token
            account = (
                configuration.base_url,
                configuration.azure_endpoint,
                configuration.organization,
                configuration.project,
                token if isinstance(token, Secret) else id(token),
                tuple(configuration.api_key.items()),
            )
            with self._lock:
                limits = self._shared.pop(account, None) or RateLimits()
                self._shared[account] = limits
                while len(self._shared) > _ACCOUNTS:
                    self._shared.popitem(last=False)
        return Gate(limits, self.clock, options.get("timeout", configuration.timeout), _tokens_of)

    def sharing(self, gate: Gate, place: Place | None, counted: bool = True) -> _Shared:
        """Calls made inside stand under the limits of many, the first of them in the place that was taken;
        `counted` says that its tokens were counted then.
        """
        return _Shared(gate, place, counted)

    def prepared(
        self,
        operation: Operation,
        places: Mapping[str, Any],
        query: Mapping[str, Any],
        body: Payload | bytes | Mapping[str, Any] | Form | None,
        options: CallOptions,
        streamed: bool = False,
    ) -> Call:
        """A prepared call of any operation.

        Raises:
            RequestError, ConfigurationError: it cannot be sent.
        """
        _veil(options)
        path = operation.at(places)
        configuration = self.configuration(options)
        additional = options.get("additional_body")
        if body is None:
            payload = Payload()
        elif isinstance(body, Form):
            payload = Payload(body)
        elif operation.configured:
            model, base = configuration.model, configuration.additional_body
            payload = Payload.of(body, model=model, base=base, additional=additional, streamed=streamed)
        else:
            payload = Payload.of(body, additional=additional, streamed=streamed)
        call = self._call(configuration, operation, path, payload, query, options)
        shared = _sharing.get() if operation.configured else None
        if shared is not None:
            shared.apply(call, self.clock.monotonic())
        return call

    def _call(
        self,
        configuration: Configuration,
        operation: Operation,
        path: str,
        payload: Payload,
        query: Mapping[str, Any],
        options: Mapping[str, Any],
    ) -> Call:
        _check_options(options)
        accept = "*/*" if operation.reply == "bytes" else "application/json"
        request = outgoing(
            configuration,
            operation,
            path,
            payload,
            query={**query, **options.get("additional_query", {})},
            headers=options.get("additional_headers"),
            idempotency_key=options.get("idempotency_key"),
            accept="text/event-stream" if payload.streamed else accept,
        )
        request.added = tuple(options[name] for name in _ADDED & options.keys())
        routes = self._routes
        content = payload.content
        again = not isinstance(content, Form) or content.again
        return Call(
            outgoing=request,
            operation=operation,
            route=lambda url: routes.find(configuration, url),
            timeout=options.get("timeout", configuration.timeout),
            connect_timeout=options.get("connect_timeout", configuration.connect_timeout),
            idle_timeout=options.get("idle_timeout", configuration.idle_timeout),
            max_retries=options.get("max_retries", configuration.max_retries) if again else 0,
            max_response_bytes=configuration.max_response_bytes,
            max_event_bytes=configuration.max_event_bytes,
            key=None if "authorization" in request.headers else configuration.access_token,
            limits=self.limits,
            streamed=payload.streamed,
            log_bodies=configuration.log_bodies,
            cancellation=options.get("cancellation"),
            on_retry=options.get("on_retry"),
        )

    def span(self, call: Call) -> Span:
        """The telemetry span of a call, begun."""
        return Span(call.outgoing, call.operation.traced)

    def _described(self, error: ClientError, call: Call, answer: Answer) -> ClientError:
        """An error about an answer, with all that is known of the answer, and no secret."""
        error.status, error.reason, error.headers = answer.status, answer.reason, answer.headers
        error.request_id = answer.headers.request_id
        error.body = error.body or answer.body
        error.attempts, error.elapsed = answer.attempts, answer.elapsed
        error.hide(call.outgoing.secrets)
        return error

    def whole(self, call: Call, data: bytes) -> Any:
        """A whole answer's JSON, by the codec."""
        return self.codec.decode(data, call.operation.reply)

    def chunk(self, call: Call, data: bytes) -> Any:
        """One event's JSON, by the codec."""
        return self.codec.decode(data, call.operation.stream)

    @leaves_no_trace
    def reply(self, call: Call, answer: Answer) -> Reply:
        """An answer as a reply, decoded and counted; an event stream nobody asked for is folded into one.

        Raises:
            ReportedError: the status says success, the reply says that there was an error.
            TruncatedStreamError, BadResponseError: it is not whole, or not what the operation answers with.
        """
        try:
            if call.operation.stream:
                data = whole_body(answer.body, answer.headers.get("content-type", ""))
                value = self.whole(call, data)
                check_shape(value, data)
            else:
                value = self.whole(call, whole_reply(answer.body))
        except ClientError as error:
            raise self._described(error, call, answer) from None
        except (ValueError, TypeError, RecursionError) as error:
            why = (
                str(error).partition("\n")[0] if isinstance(error, ValueError) else "it is nested too deeply"
            )
            failure = BadResponseError(f"The reply cannot be read: {why.rstrip('.')}.")
            raise self._described(failure, call, answer) from None
        if call.operation.configured:
            self.usage.answered(value, answer.attempts)
        self.used(call, field(value, "usage"))
        return self.replied(call, answer, value)

    def used(self, call: Call, usage: object) -> None:
        """Tell the limits what a call used, in place of its estimate, where its answer says so."""
        if call.limits is not None and call.limits.counts_tokens:
            call.limits.succeeded(call.outgoing.payload.tokens, count(usage, "total_tokens") or None)

    def replied(self, call: Call, answer: Answer, value: Any) -> Reply:
        """A reply whose value is known."""
        return Reply(
            value,
            answer.status,
            answer.reason,
            answer.headers,
            answer.headers.request_id,
            answer.attempts,
            answer.elapsed,
            answer.body,
            call.outgoing.method,
            call.outgoing.shown_url,
            answer.requested_at,
            answer.downloaded_at,
        )

    def failed(self, error: BaseException) -> None:
        """Count a failure."""
        self.usage.failed(error.attempts if isinstance(error, ClientError) else 0)


def _tokens_of(request: Any) -> int | None:
    """What one of many counts as; None where it makes its calls itself."""
    body = request.body if isinstance(request, Job) else request
    if isinstance(body, bytearray | memoryview):
        body = bytes(body)
    if not isinstance(body, bytes | Mapping):
        return None
    try:
        return Payload.of(body).tokens
    except RequestError:  # it cannot be sent either, which its outcome says
        return 0


_ADDED = frozenset(("additional_query", "additional_body"))
_VEILED = _ADDED | {"additional_headers"}


def _veil(options: CallOptions) -> None:
    """Mask what a call adds, where it is, in the caller's frame: a traceback may show its variables."""
    given: dict[str, Any] = options  # type: ignore[assignment]
    for name in _VEILED & given.keys():
        if isinstance(given[name], dict):
            given[name] = Masked(given[name])


def _check_options(options: Mapping[str, Any]) -> None:
    unknown = options.keys() - _OPTIONS
    if unknown:
        name, known = sorted(unknown)[0], ", ".join(sorted(_OPTIONS))
        raise TypeError(f"'{name}' is not an option of a call. Options: {known}.")
    check_call(options, {})


_CHECKED = {
    "timeout": "seconds",
    "connect_timeout": "seconds",
    "idle_timeout": "seconds",
    "max_retries": "count",
}


def check_call(options: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Refuse options of a call that cannot be used; `names` says what the caller calls one.

    Raises:
        RequestError: with a sentence that names the option and what is allowed.
    """
    for name, kind in _CHECKED.items():
        if name in options:
            called = names.get(name, name)
            try:
                CHECKS[kind](options[name], called)
            except ValueError as error:
                raise RequestError(str(error), parameter=called) from None
    key = options.get("idempotency_key")
    if key is not None and not (isinstance(key, str) and key and is_header_safe(key)):
        raise RequestError(
            "idempotency_key must be a text without line breaks and characters outside ISO-8859-1.",
            parameter="idempotency_key",
        )

"""The one retry loop: a generator that says what to do next and is told how it went. It performs no I/O
itself.

`drivers` runs it, blocking or on asyncio; both run literally this loop. One deadline covers every try, every
wait and the reading of the reply. Retry rules are in `retry`, the wire in `transport`.
"""

from __future__ import annotations

import random
import sys
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..clock import Cancellation, Clock
from ..errors import (
    CallCancelledError,
    ClientError,
    ConnectionFailedError,
    DeadlineError,
    ProxyFailedError,
    RateLimitError,
    status_error_class,
)
from ..message.content import can_be_told, kind_of, without_waiting
from ..message.headers import Headers
from ..message.inflate import Inflater
from ..message.problem import problem_of_body
from ..message.request import Outgoing
from ..operation import Operation
from ..settings.configuration import KeyDispenser
from ..settings.secret import Secret
from ..streams.sse import EventDecoder, ServerSentEvent
from ..streams.whole import events_of_whole
from ..wire.network import Bounds
from ..wire.transport import Route, WireRequest
from . import log
from .limits import RateLimits
from .redirect import follow
from .retry import backoff, is_retryable, retry_after

if TYPE_CHECKING:
    from .sink import Sink


class Sleep(NamedTuple):
    """Wait."""

    seconds: float


class AskKey(NamedTuple):
    """Get a callable's key, anew when the kept one is `rejected`."""

    source: Any
    rejected: Secret | None


class Send(NamedTuple):
    """Send and wait for the headers; the answer is a wire response."""

    request: WireRequest
    route: Route
    bounds: Bounds


class Read(NamedTuple):
    """Read the next piece of a wire response's body."""

    response: Any


class Close(NamedTuple):
    """Close a wire response."""

    response: Any


Command: TypeAlias = Sleep | AskKey | Send | Read | Close


class Retry(NamedTuple):
    """What an observer is told before a request is sent again: how often it was, why, and the wait in
    seconds.
    """

    attempts: int
    error: ClientError
    wait: float

    def __str__(self) -> str:
        return f"Try {self.attempts} failed: {self.error.message} Next in {self.wait:.3g} s."


@dataclass
class Call:
    """What one call needs besides its request.

    Attributes:
        timeout, connect_timeout, idle_timeout: seconds.
        key: what the Authorization header comes from: a Secret, a callable, a KeyDispenser, or None for none.
        limits: shared rate limits, or None.
        reserved: a place under `limits` was already taken for the first try.
        sink: where the reply's body goes, piece by piece, instead of into the answer.
        streamed: return after the first event instead of reading the whole body.
    """

    outgoing: Outgoing
    operation: Operation
    route: Callable[[Any], Route]
    timeout: float
    connect_timeout: float
    idle_timeout: float
    max_retries: int
    max_response_bytes: int
    max_event_bytes: int
    key: Any = None
    limits: RateLimits | None = None
    reserved: bool = False
    streamed: bool = False
    sink: Sink | None = None
    log_bodies: bool = False
    cancellation: Cancellation | None = None
    on_retry: Callable[[Retry], None] | None = None


@dataclass
class Answer:
    """A reply with a success status.

    Attributes:
        body: the decoded body; empty for a stream.
        requested_at, downloaded_at: seconds since 1970.
        response, inflater, decoder, events, bounds: the open stream, when the reply is one.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes = field(repr=False)
    attempts: int
    elapsed: float
    requested_at: float
    downloaded_at: float
    started: float
    bounds: Bounds
    response: Any = None
    inflater: Inflater | None = None
    decoder: EventDecoder | None = None
    events: tuple[ServerSentEvent, ...] = field(default=(), repr=False)


Steps: TypeAlias = Generator[Command, Any, Answer]


def exchange(call: Call, clock: Clock) -> Steps:
    """Send `call` until it succeeds or may not be tried again; returns an Answer or raises a ClientError."""
    log.asking.set(weakref.ref(call.outgoing))
    started = clock.monotonic()
    requested_at = clock.time()
    sys.audit("psbridge.call", call.outgoing.shown_url)
    bounds = Bounds(clock.monotonic, started + call.timeout, call.connect_timeout, call.cancellation)
    attempts = failures = 0
    rejected: Secret | None = None
    while True:
        if call.limits is not None and (attempts or not call.reserved):
            yield from _take_place(call, call.limits, bounds, attempts)
        key = yield from _key(call, rejected, bounds, attempts)
        call.outgoing.keep_secret(key)
        attempts += 1
        sent_at = clock.monotonic()
        try:
            answer = yield from _one_try(call, key, bounds, clock)
        except ClientError as error:
            now = clock.monotonic()
            error.attempts, error.elapsed = attempts, now - started
            error.hide(call.outgoing.secrets)
            log.attempt(call.outgoing, error.status, error.request_id, now - sent_at, attempts, error)
            if error.status == 401 and rejected is None and _may_be_asked_again(call.key):
                # The key may merely have expired: ask for another, once, whatever the number of retries.
                rejected = key
                wait = 0.0
            elif failures >= call.max_retries or not is_retryable(error):
                raise _final(error) from error.__cause__
            else:
                failures += 1
                wait = _wait(call, error, key, failures, clock)
            if wait >= bounds.left():
                raise _does_not_fit(error, wait, bounds.left()) from error.__cause__
            retry = Retry(attempts, error, wait)
        else:
            now = clock.monotonic()
            answer.attempts, answer.started, answer.elapsed = attempts, started, now - started
            answer.requested_at, answer.downloaded_at = requested_at, requested_at + answer.elapsed
            log.attempt(
                call.outgoing,
                answer.status,
                answer.headers.request_id,
                now - sent_at,
                attempts,
                None,
            )
            return answer
        log.retrying(retry)
        if call.on_retry is not None:
            call.on_retry(retry)
        if wait > 0:
            yield from _pause(wait, bounds, attempts)


def _pause(seconds: float, bounds: Bounds, attempts: int) -> Generator[Command, Any, None]:
    yield Sleep(seconds)
    if bounds.cancelled:
        raise CallCancelledError("The call was cancelled.", attempts=attempts)


def _take_place(
    call: Call, limits: RateLimits, bounds: Bounds, attempts: int
) -> Generator[Command, Any, None]:
    """Wait for a place under the shared limits; when a pause begins meanwhile, queue again behind it."""
    while True:
        wait = limits.reserve(bounds.now(), call.outgoing.estimated_tokens)
        if wait >= bounds.left():
            raise DeadlineError(
                f"The rate limits leave no place for {wait:.3g} s, "
                f"longer than the {max(bounds.left(), 0):.3g} s left.",
                attempts=attempts,
            )
        if wait <= 0:
            return
        yield from _pause(wait, bounds, attempts)
        if not limits.paused(bounds.now()):
            return


def _key(
    call: Call, rejected: Secret | None, bounds: Bounds, attempts: int
) -> Generator[Command, Any, Secret | None]:
    source = call.key
    if source is None or isinstance(source, Secret):
        return source
    if isinstance(source, KeyDispenser):
        key, wait = source.reserve(bounds.now())
        if wait >= bounds.left():
            raise DeadlineError(
                f"No key is free for {wait:.3g} s, longer than the {max(bounds.left(), 0):.3g} s left.",
                attempts=attempts,
            )
        if wait > 0:
            yield from _pause(wait, bounds, attempts)
        return key
    asked: Secret = yield AskKey(source, rejected)
    return asked


def _may_be_asked_again(source: object) -> bool:
    return source is not None and not isinstance(source, Secret | KeyDispenser)


def _one_try(call: Call, key: Secret | None, bounds: Bounds, clock: Clock) -> Steps:
    out = call.outgoing
    lines = out.wire_headers(key)
    if call.sink is not None:
        asked = call.sink.headers()
        own = {name.lower() for name, _ in asked}
        lines = [line for line in lines if line[0].lower() not in own] + asked
    wire = WireRequest(out.method, out.url, lines, out.body)
    redirects = 0
    while True:
        bounds.place = wire.place
        response = yield Send(wire, call.route(wire.url), bounds)
        if not 300 <= response.status < 400:
            break
        yield Close(response)
        redirects += 1
        wire = follow(wire, response, redirects)
    headers = Headers(response.headers)
    limit = call.max_response_bytes
    answer = Answer(response.status, response.reason, headers, b"", 0, 0.0, 0.0, 0.0, 0.0, bounds)
    try:
        if call.sink is not None and (response.status < 300 or (response.status == 416 and call.sink.offset)):
            yield from _into_sink(call.sink, response, headers, bounds, call.idle_timeout)
            return answer
        inflater = Inflater(headers.get("content-encoding", ""), limit)
        if call.streamed and response.status < 300:
            yield from _begin_stream(call, answer, response, inflater)
            if call.log_bodies:
                log.bodies(out, b"(streamed)")
            return answer
        if response.status >= 400:
            answer.body = yield from _error_body(response, inflater, bounds, call.idle_timeout)
        else:
            answer.body = yield from _whole_body(response, inflater, bounds, call.idle_timeout)
    except BaseException as error:
        yield Close(response)
        if isinstance(error, ClientError) and error.status is None:
            error.status, error.headers = response.status, headers
            error.request_id = headers.request_id
        raise
    if call.log_bodies:
        log.bodies(out, answer.body)
    if response.status >= 400:
        raise status_error(answer, clock)
    return answer


def _into_sink(
    sink: Sink, response: Any, headers: Headers, bounds: Bounds, idle: float
) -> Generator[Command, Any, None]:
    """Read the body into a sink, as it comes."""
    inflater = Inflater(headers.get("content-encoding", ""), sys.maxsize)
    wanted = sink.begin(response.status, headers)
    while True:
        bounds.idle_until = bounds.now() + idle
        data: bytes = yield Read(response)
        if not data:
            inflater.finish()
            return
        if wanted:
            sink.write(inflater.feed(data))


def _whole_body(
    response: Any, inflater: Inflater, bounds: Bounds, idle: float
) -> Generator[Command, Any, bytes]:
    pieces = []
    while True:
        bounds.idle_until = bounds.now() + idle
        data: bytes = yield Read(response)
        if not data:
            break
        pieces.append(inflater.feed(data))
    inflater.finish()
    return b"".join(pieces)


def _error_body(
    response: Any, inflater: Inflater, bounds: Bounds, idle: float
) -> Generator[Command, Any, bytes]:
    """As much of an error reply's body as can be read: the status has said what the reply is."""
    pieces: list[bytes] = []
    try:
        while True:
            bounds.idle_until = bounds.now() + idle
            data: bytes = yield Read(response)
            if not data:
                break
            pieces.append(inflater.feed(data))
    except (DeadlineError, CallCancelledError):
        raise
    except ClientError:
        yield Close(response)
    return b"".join(pieces)


def _begin_stream(
    call: Call, answer: Answer, response: Any, inflater: Inflater
) -> Generator[Command, Any, None]:
    """Read up to the first event: until one was delivered, a failure may still be tried again.

    A server that does not stream answers with a whole completion: that becomes a stream of one chunk.
    """
    label = answer.headers.get("content-type", "text/event-stream")
    decoder = EventDecoder(call.max_event_bytes)
    bounds = answer.bounds
    bounds.idle_until = bounds.now() + call.idle_timeout
    comments = 0
    begun: bytes | None = b""  # what has come, until it can be told what it is
    while True:
        data: bytes = yield Read(response)
        ended = not data
        if ended:
            inflater.finish()
        else:
            data = inflater.feed(data)
        if begun is not None:
            if b":" in data:  # a comment, or more than that
                bounds.idle_until = bounds.now() + call.idle_timeout
            begun = without_waiting(begun + data)
            if not ended and not can_be_told(begun):
                continue
            if begun and kind_of(begun, label) != "events":
                if not ended:
                    begun += yield from _whole_body(response, inflater, bounds, call.idle_timeout)
                answer.body = begun
                answer.events = events_of_whole(begun, label)
                break
            data, begun = begun, None
        if ended:
            raise ConnectionFailedError("The stream ended before its first chunk.")
        answer.events = tuple(decoder.feed(data))
        if answer.events:
            break
        if decoder.comments != comments:
            comments = decoder.comments
            bounds.idle_until = bounds.now() + call.idle_timeout
    answer.response, answer.inflater, answer.decoder = response, inflater, decoder


def status_error(answer: Answer, clock: Clock) -> ClientError:
    """The error for a reply with an error status; reads OpenAI's error object and what other servers send."""
    code, param, kind, told = problem_of_body(answer.body)
    headers = answer.headers
    request_id = headers.request_id
    reason = answer.reason or "error"
    message = f"HTTP {answer.status} {reason}: {told}" if told else f"HTTP {answer.status} {reason}."
    made: type[ClientError] = status_error_class(answer.status, code, kind)
    if answer.status == 407:
        made, message = ProxyFailedError, f"The proxy refused the request: {answer.status} {reason}."
    return made(
        message,
        status=answer.status,
        reason=answer.reason,
        code=code,
        param=param,
        type=kind,
        request_id=request_id,
        headers=headers,
        body=answer.body,
        retry_after=retry_after(headers, clock.time()),
    )


def _wait(call: Call, error: ClientError, key: Secret | None, failures: int, clock: Clock) -> float:
    """Seconds before the next try; tells the shared limits and the keys of a 429."""
    asked = error.retry_after
    wait = backoff(failures, random.random()) if asked is None else asked  # jitter is no secret
    if isinstance(error, RateLimitError):
        now = clock.monotonic()
        if isinstance(call.key, KeyDispenser) and key is not None:
            call.key.penalise(key, now + wait)
            return 0.0  # another key may be free; reserving one waits as long as it must
        if call.limits is not None:
            call.limits.pause(now, wait)
    return wait


def _final(error: ClientError) -> ClientError:
    if error.attempts > 1:
        _say(error, f"{error.message} ({error.attempts} attempts, {error.elapsed:.3g} s)")
    return error


def _does_not_fit(error: ClientError, wait: float, left: float) -> ClientError:
    asked = "The server asks to wait" if error.retry_after is not None else "The next try would wait"
    _say(
        error,
        f"{error.message} {asked} {wait:.6g} s, longer than the {max(left, 0):.3g} s left of the time limit.",
    )
    return error


def _say(error: ClientError, message: str) -> None:
    error.message = message
    error.args = (message,)

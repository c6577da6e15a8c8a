"""The one retry loop: a generator that says what to do next and is told how it went. It performs no I/O
itself.

`drivers` runs it, blocking or on asyncio; both run literally this loop. One deadline covers every try, every
wait and the reading of the reply. Retry rules are in `retry`, the wire in `transport`.
"""

from __future__ import annotations

import random
import sys
import weakref
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from ..clock import Clock
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
from ..settings.configuration import KeyDispenser
from ..settings.keys import KeyRing
from ..settings.secret import Secret
from ..streams.intake import last_events
from ..streams.sse import EventDecoder
from ..streams.whole import events_of_whole
from ..wire.bounds import Bounds
from ..wire.transport import WireRequest
from . import log
from .call import Answer, Call, Retry
from .commands import Close, Command, Read, Send
from .redirect import follow
from .retry import backoff, is_retryable, retry_after
from .waiting import does_not_fit, key_of, pause, say, take_place, tell

if TYPE_CHECKING:
    from .sink import Sink


Steps: TypeAlias = Generator[Command, Any, Answer]


def exchange(call: Call, clock: Clock) -> Steps:
    """Send `call` until it succeeds or may not be tried again; returns an Answer or raises a ClientError."""
    log.asking.set(weakref.ref(call.outgoing))
    started = clock.monotonic()
    requested_at = clock.time()
    sys.audit("psbridge.call", call.outgoing.shown_url)
    bounds = Bounds(clock.monotonic, started + call.timeout, call.connect_timeout, call.cancellation)
    attempts = failures = refusals = 0
    rejected: Secret | None = None
    place = call.place
    error: ClientError | None = None
    while True:
        if call.limits is not None and place is None:
            place = yield from take_place(call, call.limits, bounds, attempts, error)
        try:
            key = yield from key_of(call, rejected, bounds, attempts, place, error)
            call.outgoing.keep_secret(key)
            attempts += 1
            sent_at = clock.monotonic()
            try:
                answer = yield from _one_try(call, key, bounds, clock)
            except ClientError as failure:
                error = failure
                now = clock.monotonic()
                error.attempts, error.elapsed = attempts, now - started
                error.hide(call.outgoing.secrets)
                log.attempt(call.outgoing, error.status, error.request_id, now - sent_at, attempts, error)
                refused = isinstance(error, RateLimitError)
                wait = _wait(error, (refusals if refused and call.one_of_many else failures) + 1)
                tell(call, error, wait, key, place, now)
                if error.status == 401 and rejected is None and _may_be_asked_again(call.key):
                    # The key may merely have expired: ask for another, once, whatever the number of retries.
                    rejected, wait = key, 0.0
                elif error.status == 401 and _has_another(call.key, key, now):
                    wait = 0.0
                elif not is_retryable(error):
                    raise _final(error) from error.__cause__
                elif refused and call.one_of_many:
                    refusals += 1
                elif failures < call.max_retries:
                    failures += 1
                else:
                    raise _final(error) from error.__cause__
                if refused and isinstance(call.key, KeyDispenser):
                    wait = 0.0  # another key may be free; reserving one waits as long as it must
                if wait >= bounds.left():
                    raise does_not_fit(error, wait, bounds.left()) from error.__cause__
                retry = Retry(attempts, error, wait)
            else:
                now = clock.monotonic()
                tell(call, answer, 0.0, key, place, now)
                answer.attempts, answer.started, answer.elapsed = attempts, started, now - started
                answer.requested_at, answer.downloaded_at = requested_at, requested_at + answer.elapsed
                log.attempt(
                    call.outgoing, answer.status, answer.headers.request_id, now - sent_at, attempts, None
                )
                return answer
        finally:
            if call.limits is not None and place is not None:
                call.limits.released(place, clock.monotonic())
                place = None
        log.retrying(retry)
        if call.on_retry is not None:
            call.on_retry(retry)
        yield from pause(wait, bounds, attempts, call.limits)


def _has_another(source: object, key: Secret | None, now: float) -> bool:
    """Whether `source` has a key left that was not refused, now that `key` was."""
    return key is not None and isinstance(source, KeyRing) and source.refuse(key, now)


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
        response = yield Send(wire, call.route(wire.url), bounds)
        if not 300 <= response.status < 400:
            break
        yield Close(response)
        redirects += 1
        wire = follow(wire, response, redirects)
    headers = Headers(response.headers)
    limit = call.max_response_bytes
    framed = headers.frames_body or response.old
    answer = Answer(response.status, response.reason, headers, b"", 0, 0.0, 0.0, 0.0, 0.0, bounds, framed)
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
        data: bytes = yield Read(response, bounds.now() + idle)
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
        data: bytes = yield Read(response, bounds.now() + idle)
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
            data: bytes = yield Read(response, bounds.now() + idle)
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

    A server that does not stream answers with the whole: that becomes a stream of one chunk.
    """
    label = answer.headers.get("content-type", "text/event-stream")
    decoder = EventDecoder(call.max_event_bytes)
    bounds = answer.bounds
    idle_until = bounds.now() + call.idle_timeout
    comments = 0
    begun: bytes | None = b""  # what has come, until it can be told what it is
    while True:
        data: bytes = yield Read(response, idle_until)
        ended = not data
        if ended:
            inflater.finish()
        else:
            data = inflater.feed(data)
        if begun is not None:
            if b":" in data:  # a comment, or more than that
                idle_until = bounds.now() + call.idle_timeout
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
        answer.events = tuple(decoder.feed(data))
        if ended and not answer.events and answer.framed:
            answer.events = last_events(decoder)
        if answer.events:
            break
        if ended:
            raise ConnectionFailedError("The stream ended before its first chunk.")
        if decoder.comments != comments:
            comments = decoder.comments
            idle_until = bounds.now() + call.idle_timeout
    answer.response, answer.inflater, answer.decoder = response, inflater, decoder
    answer.idle_until = idle_until


def status_error(answer: Answer, clock: Clock) -> ClientError:
    """The error for a reply with an error status; reads OpenAI's error object and what other servers send."""
    headers = answer.headers
    code, param, kind, told = problem_of_body(answer.body, headers.get("content-type") or "")
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


def _wait(error: ClientError, failures: int) -> float:
    """Seconds before the next try."""
    asked = error.retry_after
    return backoff(failures, random.random()) if asked is None else asked  # jitter is no secret


def _final(error: ClientError) -> ClientError:
    if error.attempts > 1:
        say(error, f"{error.message} ({error.attempts} attempts, {error.elapsed:.3g} s)")
    return error

"""What a call waits for before a try: its place under the shared limits, its key, the time between two tries.

Parts of the retry loop, in its form: they say what to wait for, and wait for nothing themselves.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..errors import CallCancelledError, ClientError, DeadlineError, RateLimitError
from ..settings.configuration import KeyDispenser
from ..settings.keys import KeyRing
from ..settings.secret import Secret
from ..wire.bounds import Bounds
from .call import Answer, Call
from .commands import AskKey, Command, Sleep
from .limits import Place, RateLimits
from .retry import is_retryable

_SLICE = 0.25  # seconds after which somebody who waits looks whether the shared limits have changed


def pause(
    seconds: float, bounds: Bounds, attempts: int, limits: RateLimits | None = None
) -> Generator[Command, Any, None]:
    """Wait; ends early when a pause under `limits` leaves no time for the call anyway."""
    until = bounds.now() + seconds
    left = seconds
    while left > 0:
        yield Sleep(left if limits is None else min(left, _SLICE))
        if bounds.cancelled:
            raise CallCancelledError("The call was cancelled.", attempts=attempts)
        if limits is None or limits.paused_for(bounds.now()) >= bounds.left():
            return
        left = until - bounds.now()


def tell(
    call: Call,
    outcome: Answer | ClientError,
    wait: float,
    key: Secret | None,
    place: Place | None,
    now: float,
) -> None:
    """Tell the keys and the shared limits how a try went."""
    refused = isinstance(outcome, RateLimitError) and is_retryable(outcome)
    # A fixed key is by far the most frequent, and a protocol is slow to ask for.
    if key is not None and not isinstance(call.key, Secret) and isinstance(call.key, KeyDispenser):
        if refused:
            call.key.penalise(key, now + wait)
            return
        if place is not None and place.probe and isinstance(call.key, KeyRing) and outcome.status is not None:
            call.key.restore(key)
    if call.limits is None or place is None or outcome.status is None:
        return
    call.limits.counted(now, outcome.headers)
    if refused:
        call.limits.refused(place, now, wait, call.timeout)
    else:
        call.limits.admitted(place, now)


def take_place(
    call: Call, limits: RateLimits, bounds: Bounds, attempts: int, refusal: ClientError | None
) -> Generator[Command, Any, Place]:
    """Wait for a place under the shared limits; when a 429 makes it void meanwhile, queue again behind it.

    Raises:
        RateLimitError: a pause that a server asked for lasts longer than the time left.
        DeadlineError: the configured limits leave no place in the time left.
    """
    tokens = call.outgoing.payload.tokens if limits.counts_tokens else 0
    while True:
        now = bounds.now()
        place = limits.reserve(now, tokens, call.timeout, fresh=not attempts)
        due = now + place.wait
        while True:
            left = bounds.left()
            if due - now >= left:
                raise _no_place(limits, due - now, now, left, attempts, refusal)
            if due <= now:
                break
            yield from pause(min(due - now, _SLICE), bounds, attempts)
            now = bounds.now()
            if limits.paused_for(now) > due - now:
                break
        if limits.take(place, now):
            return place


def _no_place(
    limits: RateLimits, wait: float, now: float, left: float, attempts: int, refusal: ClientError | None
) -> ClientError:
    paused = limits.paused_for(now)
    if isinstance(refusal, RateLimitError):
        refusal.retry_after = max(wait, paused)
        return does_not_fit(refusal, refusal.retry_after, left)
    if paused >= left:
        return RateLimitError(
            f"The server refuses requests for another {paused:.6g} s, "
            f"longer than the {max(left, 0):.3g} s left of the time limit.",
            retry_after=paused,
            attempts=attempts,
        )
    return DeadlineError(
        f"The rate limits leave no place for {wait:.3g} s, longer than the {max(left, 0):.3g} s left.",
        attempts=attempts,
    )


def key_of(
    call: Call,
    rejected: Secret | None,
    bounds: Bounds,
    attempts: int,
    place: Place | None,
    refusal: ClientError | None,
) -> Generator[Command, Any, Secret | None]:
    """The key of one try, once one is free; None where the call has no key.

    Raises:
        RateLimitError: none is free in the time left.
    """
    source = call.key
    if source is None or isinstance(source, Secret):
        return source
    if isinstance(source, KeyDispenser):
        now = bounds.now()
        key, wait = source.reserve(now)
        probe = place is not None and place.probe
        if wait >= bounds.left() and not probe:
            if call.limits is not None and place is not None:
                call.limits.refused(place, now, wait, call.timeout)
            if isinstance(refusal, RateLimitError):
                refusal.retry_after = wait
                raise does_not_fit(refusal, wait, bounds.left())
            raise RateLimitError(
                f"No key is free for {wait:.6g} s, longer than the {max(bounds.left(), 0):.3g} s left.",
                retry_after=wait,
                attempts=attempts,
            )
        if wait > 0 and not probe:
            yield from pause(wait, bounds, attempts)
        return key
    asked: Secret = yield AskKey(source, rejected, bounds)
    return asked


def does_not_fit(error: ClientError, wait: float, left: float) -> ClientError:
    """`error`, saying that the next try would come in `wait` seconds while only `left` are left."""
    asked = "The server asks to wait" if error.retry_after is not None else "The next try would wait"
    said = error.message if error.message.endswith((".", "!", "?")) else f"{error.message}."
    say(
        error,
        f"{said} {asked} {wait:.6g} s, longer than the {max(left, 0):.3g} s left of the time limit.",
    )
    return error


def say(error: ClientError, message: str) -> None:
    """Give `error` another message."""
    error.message = message
    error.args = (message,)

"""One call as the retry loop has it: what it needs, what it tells on the way, and what it ends with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..clock import Cancellation
from ..errors import ClientError
from ..message.headers import Headers
from ..message.inflate import Inflater
from ..message.request import Outgoing
from ..operation import Operation
from ..streams.sse import EventDecoder, ServerSentEvent
from ..wire.bounds import Bounds
from ..wire.transport import Route
from .limits import Place, RateLimits

if TYPE_CHECKING:
    from .sink import Sink


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
        place: the place under `limits` that the first try has already, or None.
        one_of_many: a 429 uses up none of its tries; only the deadline ends it.
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
    place: Place | None = None
    one_of_many: bool = False
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
        framed: an end of the body in good order is the whole body's. HTTP/1.0 ends one of unknown length by
            closing; where HTTP/1.1 does, which could say more, it may have been cut there.
        idle_until: monotonic second by which more of it must have come.
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
    framed: bool
    idle_until: float = 0.0
    response: Any = None
    inflater: Inflater | None = None
    decoder: EventDecoder | None = None
    events: tuple[ServerSentEvent, ...] = field(default=(), repr=False)

"""The time limits of a call as a value, the phases of one try, and which of them a connection is in.

Knows nothing of sockets, HTTP or configuration.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from ..clock import Cancellation
from ..errors import (
    CallCancelledError,
    ClientError,
    ConnectTimeoutError,
    DeadlineError,
    IdleTimeoutError,
    ProxyFailedError,
)


@dataclass(frozen=True)
class Bounds:
    """How long a call may take.

    Attributes:
        now: the clock, in monotonic seconds.
        deadline: monotonic second at which the whole call ends.
        connect: seconds allowed for a connection, proxy and TLS included.
        cancellation: ends the call from another thread, or None.
    """

    now: Callable[[], float]
    deadline: float
    connect: float
    cancellation: Cancellation | None = None

    def left(self) -> float:
        """Seconds left for the whole call; 0 or less when none are."""
        return self.deadline - self.now()

    @property
    def cancelled(self) -> bool:
        """Whether the caller has cancelled."""
        return self.cancellation is not None and self.cancellation.cancelled


class Phase(enum.Enum):
    """What a try waits for. Each phase has its own limit beside the deadline."""

    CONNECT = "a connection, proxy and TLS included: the connect limit"
    SEND = "the request to be taken and the reply's head to come: the deadline alone"
    BODY = "the next piece of the body: the moment that the reader names"


class Lease:
    """Which call a connection serves now, and what that call waits for; streams outlive calls and look here.

    Attributes:
        place: host and port of the server, for errors.
        proxy: host and port of the proxy that is gone through, for errors, or None.
        reaching: the proxy itself is being connected to.
        opened: the connection was opened for this call.
        received: something of the reply has arrived.
        ended: the peer has closed.
    """

    __slots__ = ("bounds", "ended", "opened", "phase", "place", "proxy", "reaching", "received", "until")

    def __init__(self) -> None:
        self.bounds: Bounds | None = None
        self.place = "the server"
        self.proxy: str | None = None
        self._reset()

    def _reset(self) -> None:
        self.phase = Phase.SEND
        self.until: float | None = None
        self.reaching = self.opened = self.received = self.ended = False

    def begin(self, bounds: Bounds, place: str, proxy: str | None) -> None:
        """Serve a new call."""
        self.bounds, self.place, self.proxy = bounds, place, proxy
        self._reset()

    def connecting(self) -> None:
        """A connection is being opened: its limit runs from here on, TLS and proxy included."""
        assert self.bounds is not None
        self.opened = True
        self.reaching = self.proxy is not None
        if self.phase is not Phase.CONNECT:
            self.phase = Phase.CONNECT
            self.until = self.bounds.now() + self.bounds.connect

    def connected(self) -> None:
        """The connection stands, and the request goes out."""
        self.phase, self.until, self.received = Phase.SEND, None, False

    def reading(self, until: float | None) -> None:
        """The body is read; something must come by `until`."""
        self.phase, self.until = Phase.BODY, until

    @property
    def cancellation(self) -> Cancellation | None:
        """What cancels the call."""
        return self.bounds.cancellation if self.bounds is not None else None

    def left(self) -> float:
        """Seconds left in this phase.

        Raises:
            CallTimeoutError, ProxyFailedError: none are; which limit it was.
        """
        bounds = self.bounds
        assert bounds is not None
        until = bounds.deadline
        if self.until is not None and self.until < until:
            until = self.until
        left = until - bounds.now()
        if left <= 0:
            raise self.expired()
        return left

    def expired(self) -> ClientError:
        """The error for a phase whose time is up."""
        bounds = self.bounds
        assert bounds is not None
        if bounds.cancelled:
            return CallCancelledError("The call was cancelled.")
        if self.until is None or self.until >= bounds.deadline:
            return DeadlineError("The call did not finish within its time limit.")
        if self.phase is Phase.BODY:
            return IdleTimeoutError("The server went silent for longer than the idle limit.")
        if self.reaching:
            return ProxyFailedError(
                f"There was no connection to the proxy {self.proxy} within {bounds.connect:g} s."
            )
        return ConnectTimeoutError(f"There was no connection to {self.place} within {bounds.connect:g} s.")

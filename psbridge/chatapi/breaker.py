"""The circuit breaker: after a row of failures it refuses tries for a while instead of sending them.

A pair of transports round the client's own; it counts and refuses, and retries nothing. What counts as a
failure is what a .NET HTTP policy calls transient: no reply, 408, and 5xx.
"""

from __future__ import annotations

from ..client.clock import Clock
from ..client.errors import CallTimeoutError, ClientError, ConfigurationError, ConnectionFailedError
from ..client.wire.bounds import Bounds
from ..client.wire.transport import (
    AsyncTransport,
    AsyncWireResponse,
    Route,
    Transport,
    WireRequest,
    WireResponse,
)
from ..forks import new_lock


class CircuitOpenError(ClientError):
    """The circuit breaker is open: nothing was sent. `retry_after` says when it lets a call through again."""

    def __init__(self, message: str, **more: object) -> None:
        super().__init__(message, **more)  # type: ignore[arg-type]
        self.error_id = "PSBridge.CircuitOpen"
        self.category = "ResourceUnavailable"


class Breaker:
    """The state several transports share; safe between threads and tasks.

    Args:
        failures: how many in a row open it.
        duration: seconds it stays open. Then one try is let through: its success closes the breaker, its
            failure opens it again.
        clock: the time; replaced in tests.
    """

    def __init__(self, failures: int, duration: float, clock: Clock) -> None:
        if isinstance(failures, bool) or not isinstance(failures, int) or failures < 1:
            raise ConfigurationError(
                "AddCircuitBreakerPolicy: failures must be a whole number, 1 or more.", parameter="failures"
            )
        if not duration > 0:
            raise ConfigurationError(
                "AddCircuitBreakerPolicy: duration must be greater than 0.", parameter="duration"
            )
        self._most = failures
        self._duration = duration
        self._clock = clock
        self._lock = new_lock()
        self._row = 0
        self._open_until: float | None = None
        self._probing = False

    def enter(self) -> Try:
        """Ask to send; tell the result how it went.

        Raises:
            CircuitOpenError: it is open, or the one try after its time is under way.
        """
        with self._lock:
            if self._open_until is None:
                return Try(self, False)
            left = self._open_until - self._clock.monotonic()
            if left <= 0 and not self._probing:
                self._probing = True
                return Try(self, True)
        raise CircuitOpenError(
            f"The circuit breaker is open after {self._most} failures in a row; "
            + (f"it lets a call through in {left:.3g} s." if left > 0 else "one call is trying the server."),
            retry_after=max(left, 0.0),
        )

    def leave(self, probe: bool, failed: bool | None) -> None:
        """Take in how a try went; None for one that says nothing about the server."""
        with self._lock:
            if probe:
                self._probing = False
            elif self._open_until is not None:
                return  # it began before the breaker opened: only the one try let through decides
            if failed is None:
                return
            if not failed:
                self._row, self._open_until = 0, None
                return
            self._row += 1
            if probe or self._row >= self._most:
                self._open_until = self._clock.monotonic() + self._duration


class Try:
    """One try that a breaker let through."""

    def __init__(self, breaker: Breaker, probe: bool) -> None:
        self._breaker = breaker
        self._probe = probe

    def reply(self, status: int) -> None:
        """A reply came."""
        self._breaker.leave(self._probe, status == 408 or status >= 500)

    def error(self, error: BaseException) -> None:
        """No reply came; a cancelled try says nothing about the server."""
        broken = isinstance(error, ConnectionFailedError | CallTimeoutError)
        self._breaker.leave(self._probe, True if broken else None)


class BreakerTransport:
    """A blocking transport behind a breaker."""

    def __init__(self, inner: Transport, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    def send(self, request: WireRequest, route: Route, bounds: Bounds) -> WireResponse:
        """Send, unless the breaker is open."""
        one = self._breaker.enter()
        try:
            response = self._inner.send(request, route, bounds)
        except BaseException as error:
            one.error(error)
            raise
        one.reply(response.status)
        return response

    def close(self) -> None:
        """Close idle connections."""
        self._inner.close()


class AsyncBreakerTransport:
    """The asyncio twin of `BreakerTransport`."""

    def __init__(self, inner: AsyncTransport, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    async def send(self, request: WireRequest, route: Route, bounds: Bounds) -> AsyncWireResponse:
        """Send, unless the breaker is open."""
        one = self._breaker.enter()
        try:
            response = await self._inner.send(request, route, bounds)
        except BaseException as error:
            one.error(error)
            raise
        one.reply(response.status)
        return response

    async def close(self) -> None:
        """Close idle connections."""
        await self._inner.close()

"""What one of many requests waits for before it is drawn, and what it may be besides a body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..clock import Clock
from ..errors import CallCancelledError
from .limits import Place, RateLimits

_SLICE = 0.25  # seconds after which a worker that waits for its place looks whether the limits have changed


class Job:
    """One of many that is more than a request's body.

    Args:
        body: what is sent.
        work: where there is no body: makes the calls itself, in a thread of its own, under the same limits.
        begin: called first, in the context in which the job then runs.
    """

    def __init__(
        self,
        body: bytes | None = None,
        work: Callable[[], Any] | None = None,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self._body = body
        self._work = work
        self._begin = begin
        self._task: asyncio.Future[Any] | None = None
        self._cancelled = False

    @property
    def body(self) -> bytes | None:
        """What is sent; None where the job makes its calls itself."""
        return self._body

    async def run(self, send: Callable[[bytes], Awaitable[Any]]) -> Any:
        """What `send` makes of the body, or what the work gives.

        Raises:
            CallCancelledError: it was cancelled.
        """
        if self._begin is not None:
            self._begin()
        if self._cancelled:
            raise CallCancelledError("The item was cancelled before it was sent.")
        if self._work is not None:
            self._task = asyncio.ensure_future(asyncio.to_thread(self._work))
        else:
            assert self._body is not None
            self._task = asyncio.ensure_future(send(self._body))
        try:
            return await self._task
        except asyncio.CancelledError:
            if self._cancelled:
                raise CallCancelledError("The item was cancelled.") from None
            raise

    def cancel(self) -> None:
        """End this one alone; on the loop where it runs."""
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()


@dataclass(frozen=True)
class Gate:
    """What lets requests go: the shared limits.

    Attributes:
        patience: how long a request may take in all, in seconds.
        tokens: what a request counts as, or None where that is known only when its calls are made.
    """

    limits: RateLimits
    clock: Clock
    patience: float
    tokens: Callable[[Any], int | None]

    async def place(self) -> tuple[Place, bool]:
        """Wait for the next place; tells, too, whether there was a wait."""
        waited = False
        while True:
            now = self.clock.monotonic()
            place = self.limits.reserve(now, 0, self.patience)
            due = now + place.wait
            while due > now:
                waited = True
                await self.clock.sleep_async(min(due - now, _SLICE))
                now = self.clock.monotonic()
                if not self.limits.valid(place):
                    break
            else:
                return place, waited

    def take(self, place: Place, request: Any) -> Place | None:
        """The place, for a request that was drawn for it, counted before the next one asks for a place.

        None when it became void meanwhile: that request has to wait again.
        """
        now = self.clock.monotonic()
        if not self.limits.take(place, now):
            return None
        if self.limits.counts_tokens:
            tokens = self.tokens(request)
            if tokens is not None:
                self.limits.charge(now, tokens)
        return place

    def give_back(self, place: Place) -> None:
        """There was no request for it."""
        self.limits.released(place, self.clock.monotonic())

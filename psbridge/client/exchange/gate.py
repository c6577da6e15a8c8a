"""What one of many requests waits for before it is drawn, and what it may be besides a body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ..clock import Clock
from .limits import Place, RateLimits

_SLICE = 0.25  # seconds after which a worker that waits for its place looks whether the limits have changed


@dataclass(frozen=True)
class Job:
    """One of many that is more than a request's body.

    Attributes:
        body: what is sent, or an error that keeps it from being sent.
        work: where there is no body: makes the calls itself, in a thread of its own, under the same limits.
        begin: called first, in the context in which the job then runs.
    """

    body: bytes | Exception | None = None
    work: Callable[[], Any] | None = None
    begin: Callable[[], None] = lambda: None

    async def run(self, send: Callable[[bytes], Awaitable[Any]]) -> Any:
        """What `send` makes of the body, or what the work gives."""
        self.begin()
        if self.work is not None:
            return await asyncio.to_thread(self.work)
        assert self.body is not None
        if isinstance(self.body, Exception):
            raise self.body
        return await send(self.body)


@dataclass(frozen=True)
class Gate:
    """What lets requests go: the shared limits, and how long one of them may take in all (seconds)."""

    limits: RateLimits
    clock: Clock
    patience: float

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

    def take(self, place: Place) -> Place | None:
        """The place, or None when it became void while a request was drawn: that one has to wait again."""
        return place if self.limits.take(place, self.clock.monotonic()) else None

    def give_back(self, place: Place) -> None:
        """There was no request for it."""
        self.limits.released(place, self.clock.monotonic())

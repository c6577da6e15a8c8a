"""When a run's next request may go out: never before the replies that are there are read and on the disk.

What a service has answered and a kill loses is asked again, and paid again. So a busy process keeps requests
back, which costs nothing, and not replies; and requests that would go out in one burst are drawn apart, as
their replies would come back in one. Knows no rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOST_UNWRITTEN = 16
"""Replies on their way to the disk from which on nothing more is sent."""
_APART = 0.001  # seconds between two requests, at most: no burst of any service is longer than 1 ms a request
_SHARE = (
    0.75  # of the time between two requests where they go out evenly: so bursts come apart, and none waits
)
_LATE = 0.002  # seconds of being late that are made up for: timers are not exact
_WEIGHT = 0.1  # of the newest call in the mean time of calls


class Turnstile:
    """Lets one request after another out. Belongs to one event loop.

    Args:
        width: requests under way at most.
        unwritten: tells how many replies are not on the disk yet.
    """

    def __init__(self, width: int, unwritten: Callable[[], int]) -> None:
        self._width = width
        self._unwritten = unwritten
        self._one = asyncio.Lock()
        self._written = asyncio.Event()
        self._next = 0.0
        self._elapsed = 0.0

    async def turn(self) -> None:
        """Wait for the turn of one request."""
        async with self._one:
            now = asyncio.get_running_loop().time()
            # At least one round of the event loop, in which it reads what has arrived.
            await asyncio.sleep(max(0.0, self._next - now))
            self._next = max(self._next, now - _LATE) + self._apart()
            while self._unwritten() >= MOST_UNWRITTEN:
                self._written.clear()
                await self._written.wait()

    def written(self) -> None:
        """Replies are on the disk."""
        self._written.set()

    def took(self, seconds: float) -> None:
        """A call took so long."""
        self._elapsed += (seconds - self._elapsed) * (_WEIGHT if self._elapsed else 1.0)

    def _apart(self) -> float:
        if not self._elapsed:
            return _APART
        return min(_APART, _SHARE * self._elapsed / self._width)

"""When a run's next request may go out: never before the replies that are there are read and on the disk.

What a service has answered and a kill loses is asked again, and paid again. So a busy process keeps requests
back, which costs nothing, and not replies; and requests that would go out in one burst are drawn apart, as
their replies would come back in one. Knows no rows.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

MOST_UNWRITTEN = 16
"""Replies on their way to the disk from which on nothing more is sent, with up to 64 requests under way."""
_MOST_OF_MANY = 32  # the same with 128 and more
_TOGETHER = (32, 4)  # of so many under way one may go out between two looks at what has arrived; 4 at most
_APART = 0.001  # seconds between two requests, at most: no burst of any service is longer than 1 ms a request
_FIRST = (0.064, 0.00025)  # seconds in which all that may be under way goes out first; but so long apart
# Of the time between two requests where they go out evenly: so bursts come apart, and none waits.
_SHARE = 0.75
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
        within, least = _FIRST
        self._at_first = min(_APART, max(within / width, least))
        self._most = min(max(MOST_UNWRITTEN, width // 4), _MOST_OF_MANY)
        self._unwritten = unwritten
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._handle: asyncio.Handle | None = None  # of the next look at who waits
        of, most = _TOGETHER
        self._most_together = min(max(width // of, 1), most)
        self._together = 0
        self._next = 0.0
        self._elapsed = 0.0

    def passes(self) -> bool:
        """Whether a request may go out at once, which it then has to: nobody waits, and it is time."""
        return not self._waiting and self._lets_out(time.monotonic())

    async def turn(self) -> None:
        """Wait for the turn of one request."""
        if self.passes():
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._handle is None:
            self._look_later()
        await waiter

    def written(self) -> None:
        """Replies are on the disk."""
        if self._waiting and self._handle is None:
            self._look()

    def took(self, seconds: float) -> None:
        """A call took so long."""
        self._elapsed += (seconds - self._elapsed) * (_WEIGHT if self._elapsed else 1.0)

    def _lets_out(self, now: float) -> bool:
        if self._together >= self._most_together or now < self._next or self._unwritten() >= self._most:
            return False
        self._together += 1
        self._next = max(self._next, now - _LATE) + self._apart()
        return True

    def _look(self) -> None:
        """Let out who may go. In a round of the event loop of its own: what has arrived was read before."""
        self._handle = None
        self._together = 0
        now = time.monotonic()
        while self._waiting:
            if self._waiting[0].done():  # its task was cancelled
                self._waiting.popleft()
            elif self._lets_out(now):
                self._waiting.popleft().set_result(None)
            else:
                self._look_later()
                return

    def _look_later(self) -> None:
        if self._unwritten() >= self._most:
            return  # until `written`
        loop = asyncio.get_running_loop()
        wait = 0.0 if self._together >= self._most_together else self._next - time.monotonic()
        self._handle = loop.call_later(wait, self._look) if wait > 0 else loop.call_soon(self._look)

    def _apart(self) -> float:
        if not self._elapsed:
            return self._at_first
        return min(_APART, _SHARE * self._elapsed / self._width)

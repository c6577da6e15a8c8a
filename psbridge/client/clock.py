"""Time as the client sees it: one seam, so that waits can be tested without waiting."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable


class Clock:
    """Real time. Limits are measured on `monotonic`, so a changed system clock moves none of them."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970, as the system clock has them; only read to interpret dates."""
        return time.time()

    def sleep(self, seconds: float, cancellation: Cancellation | None = None) -> None:
        """Wait; ends early when `cancellation` is cancelled."""
        if cancellation is None:
            time.sleep(seconds)
        else:
            cancellation.wait(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Wait without blocking the event loop."""
        await asyncio.sleep(seconds)


class Cancellation:
    """Cancels a synchronous call from another thread: its wait ends and its socket is shut down.

    Give one to `Client.create(..., cancellation=...)`; the call raises CallCancelledError.
    """

    def __init__(self) -> None:
        # No lock: each step below is one operation on a dict or an attribute, in an order that loses nobody.
        # Many calls are made, and few of them cancelled.
        self._cancelled = False
        self._events: dict[None, threading.Event] = {}  # made for the first who waits: most calls need none
        self._callbacks: dict[int, Callable[[], None]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Cancel; may be called from any thread and more than once."""
        self._cancelled = True
        for event in self._events.copy().values():
            event.set()
        for owner in self._callbacks.copy():
            self._call(owner)

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; True when cancelled."""
        event = self._events.setdefault(None, threading.Event())
        return self._cancelled or event.wait(seconds)

    def register(self, owner: object, callback: Callable[[], None] | None) -> None:
        """Call `callback` once, on cancel, or at once when already cancelled; None forgets the owner's."""
        if callback is None:
            self._callbacks.pop(id(owner), None)
            return
        self._callbacks[id(owner)] = callback
        if self._cancelled:
            self._call(id(owner))

    def _call(self, owner: int) -> None:
        """Call an owner's callback, unless another thread does."""
        callback = self._callbacks.pop(owner, None)
        if callback is not None:
            callback()

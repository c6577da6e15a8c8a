"""Time as the client sees it: one seam, so that waits can be tested without waiting."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from ..forks import new_lock


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
        self._cancelled = False
        self._event: threading.Event | None = None  # made for the first who waits: most calls need none
        self._lock = new_lock()
        self._callbacks: dict[int, Callable[[], None]] = {}

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Cancel; may be called from any thread and more than once."""
        with self._lock:
            self._cancelled = True
            event = self._event
            callbacks = list(self._callbacks.values())
        if event is not None:
            event.set()
        for callback in callbacks:
            callback()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; True when cancelled."""
        with self._lock:
            if self._cancelled:
                return True
            event = self._event = self._event or threading.Event()
        return event.wait(seconds)

    def register(self, owner: object, callback: Callable[[], None] | None) -> None:
        """Call `callback` on cancel (None forgets the owner's); at once when already cancelled."""
        with self._lock:
            if callback is None:
                self._callbacks.pop(id(owner), None)
                return
            self._callbacks[id(owner)] = callback
            cancelled = self._cancelled
        if cancelled:
            callback()

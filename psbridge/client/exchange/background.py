"""An event loop in a thread of its own, for blocking code. Knows nothing of requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from ...forks import leave_to_parent, new_lock, start_afresh


class LoopThread:
    """An event loop in a daemon thread, started when first needed."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = new_lock()
        start_afresh(self)

    def after_fork(self) -> None:
        """In a child: the thread is the parent's; another starts when it is needed."""
        leave_to_parent(self._loop, self._thread)
        self._loop = self._thread = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="psbridge-client", daemon=True
                )
                self._thread.start()
            return self._loop

    @property
    def started(self) -> bool:
        """Whether the thread runs."""
        return self._loop is not None

    def stop(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel what runs there, run `last`, and end the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(wind_up(last), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def wind_up(last: Coroutine[Any, Any, None]) -> None:
    """Cancel everything else on the running loop, wait until it has ended, and run `last`."""
    own = {asyncio.current_task()}
    others = asyncio.all_tasks() - own
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last
    # As asyncio.run ends a loop: what closes replies that were left in the middle has ended, too.
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.gather(*(asyncio.all_tasks() - own), return_exceptions=True)

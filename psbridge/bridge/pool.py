"""Threads for work that waits: as many as there is work at once, kept for a while, no bar to the end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

MOST = 1000
"""Threads at most; further work waits its turn."""

_KEPT_IDLE = 30.0  # seconds


class Pool:
    """Runs each job in a daemon thread, in the order of arrival where threads are short."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._jobs: deque[Callable[[], None]] = deque()
        lock = threading.Lock()
        self._ready = threading.Condition(lock)
        self._settled = threading.Condition(lock)
        self._idle = 0
        self._threads = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Have `job` run soon; it must not raise.

        Raises:
            RuntimeError: no thread runs, and the system gives none.
        """
        with self._ready:
            self._jobs.append(job)
            if len(self._jobs) <= self._idle or self._threads >= self._most:
                self._ready.notify()
                return
            self._threads += 1
        try:
            threading.Thread(target=self._work, name="call", daemon=True).start()
        except RuntimeError:
            with self._ready:
                self._threads -= 1
                if self._threads:
                    return  # one that runs takes the job when it is done
                self._jobs.remove(job)
            raise

    def _work(self) -> None:
        while True:
            with self._ready:
                self._idle += 1
                if self._idle == self._threads:
                    self._settled.notify_all()
                found = self._ready.wait_for(lambda: self._jobs, _KEPT_IDLE)
                self._idle -= 1
                if not found:
                    self._threads -= 1
                    return
                job = self._jobs.popleft()
            job()
            del job

    def settle(self, seconds: float) -> None:
        """Wait until no job runs or waits, at most so long."""
        with self._ready:
            self._jobs.clear()
            self._settled.wait_for(lambda: self._idle == self._threads, seconds)

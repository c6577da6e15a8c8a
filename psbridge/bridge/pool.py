"""Threads for work that waits: as many as there is work at once, kept for a while, no bar to the end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

MOST = 1000
"""Threads at most; further work waits its turn."""

_KEPT_IDLE = 30.0  # seconds


class Pool:
    """Runs each job in a daemon thread, in the order of arrival where threads are short.

    Args:
        most: threads at most.
        kept: seconds that a thread without work is kept.
    """

    def __init__(self, most: int = MOST, kept: float = _KEPT_IDLE) -> None:
        self._most = most
        self._kept = kept
        # Hundreds of threads wait here; a condition's waiting, in Python, takes a fifth of what a call takes.
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._settled = threading.Condition(self._lock)
        self._unfinished = 0  # jobs handed over and not done
        self._threads = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Have `job` run soon; it must not raise.

        Raises:
            RuntimeError: no thread runs, and the system gives none.
        """
        with self._lock:
            self._unfinished += 1
            short = self._threads < min(self._unfinished, self._most)
            self._threads += short
        self._jobs.put(job)
        if not short:
            return
        try:
            threading.Thread(target=self._work, name="call", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._threads -= 1
                if self._threads:
                    return  # one that runs takes the job when it is done
                self._jobs.get_nowait()
                self._unfinished -= 1
            raise

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=self._kept)
            except queue.Empty:
                with self._lock:
                    if self._unfinished < self._threads:
                        self._threads -= 1
                        return
                continue
            job()
            del job
            self._done(1)

    def _done(self, count: int) -> None:
        with self._lock:
            self._unfinished -= count
            if not self._unfinished:
                self._settled.notify_all()

    def settle(self, seconds: float) -> None:
        """Wait until no job runs, at most so long; those that wait for a thread are dropped."""
        dropped = 0
        while True:
            try:
                self._jobs.get_nowait()
            except queue.Empty:
                break
            dropped += 1
        self._done(dropped)
        with self._settled:
            self._settled.wait_for(lambda: not self._unfinished, seconds)

"""Two threads that take turns at reading. The one that reads makes a call that is alone itself; the
other keeps watch over the input meanwhile, and reads on when something comes.

Another thread for such a call would have to be woken, and both would want the interpreter: that costs more
than most of what is done for a call here. Knows nothing of lines and calls. It stands on Linux's epoll;
elsewhere, and where the input cannot be watched, nobody keeps watch.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable


class Turns:
    """Args:
    source: the descriptor that is read.
    read: reads on, and gives True when all has been read, or False as soon as it is another's turn.
    """

    def __init__(self, source: int, read: Callable[[], bool]) -> None:
        self._source = source
        self._read = read
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._over = threading.Event()
        self._reader = 0  # the thread whose turn it is
        self._watch: _Watch | None = None
        self._can_watch = sys.platform == "linux"
        self._watching = False  # there is a thread that waits for its turn
        self._armed = False  # it shall read if something comes
        self._busy = False  # a thread works while another reads

    def run(self) -> None:
        """Read in a thread, and return when all has been read."""
        threading.Thread(target=self._take_turns, name="reader", daemon=True).start()
        self._over.wait()

    def _take_turns(self) -> None:
        self._reader = threading.get_ident()
        try:
            while not self._read():
                if not self._next_turn():
                    return
        finally:
            self._over.set()

    @property
    def mine(self) -> bool:
        """Whether it is the turn of the thread that runs here."""
        return self._reader == threading.get_ident()

    def begin(self) -> bool:
        """The thread that reads is about to work: have the other read if something comes. False where none
        can: then nothing is read while this one works.
        """
        watch = self._watch
        if watch is None:
            watch = self._begun()
            if watch is None:
                return False
        if not self._watching:
            return False
        self._armed = True
        watch.arm()
        return True

    def end(self) -> None:
        """The work is done. It is still this thread's turn, unless something came."""
        with self._lock:
            still, self._armed = self._armed, False
            if not still:
                self._busy = False
                self._changed.notify_all()
        if still and self._watch is not None:
            self._watch.disarm()

    def close(self, seconds: float) -> None:
        """Wait until no thread works, at most so long, and end the one that keeps watch."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy, seconds)
            watch, self._watch, self._can_watch = self._watch, None, False
            if watch is not None:
                watch.end(in_use=self._watching)

    def _begun(self) -> _Watch | None:
        """What the other thread keeps watch with, from the first time it is wanted."""
        if not self._can_watch:
            return None
        try:
            self._watch = _Watch(self._source)
            self._watching = True
            threading.Thread(target=self._begin_watching, name="reader", daemon=True).start()
        except (OSError, RuntimeError):  # a file as the input, or no handle or thread to be had
            self._can_watch = self._watching = False
            watch, self._watch = self._watch, None
            if watch is not None:
                watch.end(in_use=False)
        return self._watch

    def _begin_watching(self) -> None:
        if self._next_turn():
            self._take_turns()

    def _next_turn(self) -> bool:
        """Wait until it is this thread's turn; False when all is over."""
        with self._changed:
            watch = self._watch
            if watch is None:
                return False
            self._watching = True
        while True:
            ended = watch.wait()
            with self._changed:
                if ended:
                    watch.close()
                    return False
                if self._armed:
                    self._armed = self._watching = False
                    self._busy = True
                    self._reader = threading.get_ident()
                    return True


class _Watch:
    """Waits for input on a descriptor, each time it is armed; and for its own end.

    Raises:
        OSError: the descriptor is not one that can be waited for.
    """

    def __init__(self, source: int) -> None:
        if sys.platform != "linux":
            raise OSError("there is no epoll here")
        self._source = source
        self._poll = select.epoll()
        self._poll.register(source, select.EPOLLONESHOT)
        self._end, self._ends = os.pipe()
        self._poll.register(self._end, select.EPOLLIN)

    def arm(self) -> None:
        """From now on input ends the waiting, once."""
        if sys.platform == "linux":
            self._poll.modify(self._source, select.EPOLLIN | select.EPOLLONESHOT)

    def disarm(self) -> None:
        """It does not any more; that may come too late."""
        if sys.platform == "linux":
            self._poll.modify(self._source, select.EPOLLONESHOT)

    def wait(self) -> bool:
        """Wait; whether it was the end."""
        return any(number == self._end for number, _ in self._poll.poll())

    def end(self, in_use: bool) -> None:
        """Wake whoever waits, or close all."""
        os.close(self._ends)
        if not in_use:
            self.close()

    def close(self) -> None:
        """Give the descriptors back."""
        self._poll.close()
        os.close(self._end)

"""A process that a run has for itself, and what is done only there: nothing else stands in it."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar, NoReturn, TypeVar

from . import processes

_T = TypeVar("_T")

FORKS = sys.platform == "linux"
"""Whether the system can fork; on others what is loaded may not outlive it."""

_NEW = 20_000  # objects, more than were there, from which on the newest are looked through; 700 by default
_owned = False


@contextmanager
def own_process() -> Iterator[None]:
    """This process does nothing but work for a run, until it is left.

    Garbage is collected seldom, as nearly all of a run's objects end by themselves when their row does; what
    is loaded by now is not looked through.
    """
    global _owned
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW, *before[1:])
    _owned = True
    try:
        yield
    finally:
        _owned = False
        gc.set_threshold(*before)
        gc.unfreeze()


def is_own() -> bool:
    """Whether this process does nothing else."""
    return _owned


def may_fork() -> bool:
    """Whether a child of this process would miss nothing: no other thread, and nobody else's objects."""
    return FORKS and _owned and threading.active_count() == 1


class Child:
    """A child of this process, which has what is loaded here; its standard input ends when this process does.

    Args:
        act: what it does, with nothing else of its parent's; then it ends.
    """

    _inputs: ClassVar[set[int]] = set()  # of all children: one that another held open would not end

    def __init__(self, act: Callable[[], None]) -> None:
        read, self._input = os.pipe()
        self._inputs.add(self._input)
        self._pid = os.fork()
        if self._pid == 0:
            self._be(act, read)
        os.close(read)

    def _be(self, act: Callable[[], None], read: int) -> NoReturn:
        try:
            processes.leave_ending_to_starter()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for one in self._inputs:
                os.close(one)
            os.dup2(read, 0)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            act()
        finally:
            os._exit(0)

    def tell(self, line: bytes) -> None:
        """Have it read a line from its standard input."""
        os.write(self._input, line)

    def end(self) -> None:
        """End its standard input."""
        if self._input in self._inputs:
            self._inputs.remove(self._input)
            os.close(self._input)

    def wait(self) -> None:
        """Wait for its end."""
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def beside(work: Callable[[], _T], other: Callable[[], object]) -> _T:
    """What `work` returns, which a child does while this process does `other`; where `may_fork`.

    What the child cannot do is done here again, and so raised here.
    """
    read, write = os.pipe()

    def act() -> None:
        processes.when_input_ends(lambda: os._exit(1))
        os.close(read)
        with suppress(Exception), os.fdopen(write, "wb") as file:
            file.write(pickle.dumps([work()]))

    child = Child(act)
    os.close(write)
    try:
        with os.fdopen(read, "rb") as file:
            other()
            said = file.read()
    finally:
        child.end()
        child.wait()
    result: _T = pickle.loads(said)[0] if said else work()
    return result

"""A process that a run has for itself, and what is done only there: nothing else stands in it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

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


def may_fork() -> bool:
    """Whether a child of this process would miss nothing: no other thread, and nobody else's objects."""
    return _owned and threading.active_count() == 1

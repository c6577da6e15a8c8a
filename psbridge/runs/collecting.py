"""Garbage collection in a process that a run has for itself: rarely, as nearly all of a run's objects end by
themselves when their row does. Not for processes that do something else besides.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW = 20_000  # objects, more than were there, from which on the newest are looked through; 700 by default


@contextmanager
def rare_collections() -> Iterator[None]:
    """What is loaded by now is not looked through, and the rest seldom, until it is left."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

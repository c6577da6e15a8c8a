"""When the process has no file handle left for a connection: idle ones of every transport make room."""

from __future__ import annotations

import errno
from typing import Protocol
from weakref import WeakSet

from ...forks import new_lock

_lock = new_lock()
_holders: WeakSet[Holder] = WeakSet()


class Holder(Protocol):
    """Something that holds idle connections."""

    def give_up_idle(self) -> None:
        """Close them, whichever thread this is."""


def holds_idle(holder: Holder) -> None:
    """Ask `holder`, too, when handles run out."""
    with _lock:
        _holders.add(holder)


def ran_out(error: OSError) -> bool:
    """Whether `error` says that there are no file handles left."""
    return error.errno in (errno.EMFILE, errno.ENFILE)


def make_room() -> None:
    """Close what is idle, in every transport of the process."""
    with _lock:
        holders = list(_holders)
    for holder in holders:
        holder.give_up_idle()


def most_idle() -> int:
    """How many idle connections one transport may keep: a quarter of the handles, at most 1,024."""
    try:
        import resource
    except ImportError:  # Windows counts no sockets
        return 1024
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1024 if soft == resource.RLIM_INFINITY else max(8, min(1024, soft // 4))

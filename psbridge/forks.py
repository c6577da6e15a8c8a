"""What a child of `os.fork` must not share with its parent: locks that a thread held, connections, threads.

A child has only the thread that forked. Locks are made anew there, sockets are closed on its side only
(nothing is sent on them, so the parent's go on), and objects that stand on threads or sockets start
afresh.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    import socket


class Forked(Protocol):
    """Something that starts afresh in a child."""

    def after_fork(self) -> None:
        """In the child, before anything else runs there: forget what belongs to the parent."""


_locks: WeakSet[Any] = WeakSet()
_sockets: WeakSet[socket.socket] = WeakSet()
_objects: WeakSet[Any] = WeakSet()
_parents: list[Any] = []  # what only the parent may end: kept, so that nothing of it is undone here


def new_lock() -> threading.Lock:
    """A lock that is free in a child, whoever held it when the process forked."""
    lock = threading.Lock()
    _locks.add(lock)
    return lock


def new_reentrant_lock() -> threading.RLock:
    """A lock that its holder may take again, free in a child likewise."""
    lock = threading.RLock()
    _locks.add(lock)
    return lock


def track_socket(sock: socket.socket) -> None:
    """Have a child close its copy of `sock`, so that the peer sees the end when the parent closes it."""
    _sockets.add(sock)


def start_afresh(one: Forked) -> None:
    """Have `one.after_fork()` called in a child."""
    _objects.add(one)


def leave_to_parent(*things: Any) -> None:
    """Keep what may be neither used nor ended in this child."""
    _parents.append(things)


def _in_child() -> None:
    for lock in list(_locks):
        lock._at_fork_reinit()  # what the standard library's own locks do after a fork
    for one in list(_objects):
        one.after_fork()
    for sock in list(_sockets):
        try:
            sock.close()
        except OSError:
            continue
    _sockets.clear()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_in_child)

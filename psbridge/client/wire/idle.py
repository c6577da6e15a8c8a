"""Connections that wait for their next call: by origin and route, the last used on top. Knows nothing of
HTTP.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

from ...forks import new_lock
from .bounds import Lease
from .handles import most_idle

KEEP_ALIVE = 30.0  # seconds an idle connection is kept


class Waiting(Protocol):
    """A connection that can wait."""

    idle_since: float


W = TypeVar("W", bound=Waiting)
ConnectionT = TypeVar("ConnectionT")


class Slot(Generic[ConnectionT]):
    """One connection, and which call it serves."""

    __slots__ = ("__weakref__", "connection", "idle_since", "lease", "opened_in")

    def __init__(self, connection: ConnectionT, lease: Lease, opened_in: int) -> None:
        self.connection = connection
        self.lease = lease
        self.opened_in = opened_in
        self.idle_since = 0.0

    def is_fresh(self) -> bool:
        """Whether it has not waited for too long."""
        return time.monotonic() - self.idle_since <= KEEP_ALIVE


class Idle(Generic[W]):
    """The idle connections of one transport. Safe between threads."""

    def __init__(self) -> None:
        self._lock = new_lock()
        self._stacks: dict[tuple[Any, ...], deque[W]] = {}
        self._count = 0
        self._most = most_idle()
        self._times = 0

    @property
    def times_drained(self) -> int:
        """How often all were closed; one in use meanwhile is not kept when it comes back."""
        return self._times

    def take(self, key: tuple[Any, ...]) -> W | None:
        """The connection used last, if one is idle."""
        with self._lock:
            stack = self._stacks.get(key)
            if not stack:
                return None
            self._count -= 1
            connection = stack.pop()
            if not stack:
                del self._stacks[key]
            return connection

    def put(self, key: tuple[Any, ...], connection: W, opened_in: int) -> list[W]:
        """Make `connection` idle; returns those to be closed: too old, or too many."""
        now = connection.idle_since = time.monotonic()
        with self._lock:
            if opened_in != self._times:
                return [connection]
            self._stacks.setdefault(key, deque()).append(connection)
            self._count += 1
            return list(self._surplus(key, now))

    def _surplus(self, key: tuple[Any, ...], now: float) -> Iterator[W]:
        stack = self._stacks[key]
        while len(stack) > 1 and now - stack[0].idle_since > KEEP_ALIVE:
            self._count -= 1
            yield stack.popleft()
        while self._count > self._most:
            oldest = min(self._stacks, key=lambda one: self._stacks[one][0].idle_since)
            self._count -= 1
            yield self._stacks[oldest].popleft()
            if not self._stacks[oldest]:
                del self._stacks[oldest]

    def expired(self) -> list[W]:
        """Those that have waited for too long, now forgotten."""
        last = time.monotonic() - KEEP_ALIVE
        old = []
        with self._lock:
            for key in list(self._stacks):
                stack = self._stacks[key]
                while stack and stack[0].idle_since < last:
                    old.append(stack.popleft())
                    self._count -= 1
                if not stack:
                    del self._stacks[key]
        return old

    def drain(self) -> list[W]:
        """All of them, now forgotten."""
        with self._lock:
            self._times += 1
            connections = [connection for stack in self._stacks.values() for connection in stack]
            self._stacks.clear()
            self._count = 0
        return connections

    def __bool__(self) -> bool:
        return self._count > 0

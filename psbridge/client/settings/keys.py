"""Where the key of a request comes from: a fixed one, a callable asked again after a 401, or a ring of
several.

Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Iterable
from typing import Any

from ..errors import ConfigurationError
from .secret import Revealable, Secret, leaves_no_trace
from .secret import key as a_key


class KeyRing:
    """Several keys, each used no more often than its interval allows; calls are spread over those that are
    free.

    Args:
        keys: texts, Secrets or SecureStrings; at least one.
        interval: seconds between two uses of one key; 0 for no limit of its own.

    A key that got a 429 rests for as long as the server asked, while the others go on. Safe between threads
    and tasks.
    """

    @leaves_no_trace
    def __init__(self, keys: Iterable[str | Secret | Revealable], interval: float = 0.0) -> None:
        try:
            self._keys = [a_key(one, "AccessToken") for one in keys]
        except (TypeError, ValueError) as error:
            raise ConfigurationError(str(error), parameter="AccessToken") from None
        if not self._keys:
            raise ConfigurationError(
                "AccessToken: a key ring needs at least one key.", parameter="AccessToken"
            )
        if interval < 0:
            raise ConfigurationError(
                "AccessToken: a key's interval must be 0 or more.", parameter="AccessToken"
            )
        self._interval = interval
        self._free_at = [float("-inf")] * len(self._keys)
        self._order = list(range(len(self._keys)))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def reserve(self, now: float) -> tuple[Secret, float]:
        """The key that is free soonest, the least recently used first, and the seconds until it may be
        used.
        """
        with self._lock:
            index = min(self._order, key=lambda i: max(self._free_at[i], now))
            self._order.remove(index)
            self._order.append(index)
            start = max(self._free_at[index], now)
            self._free_at[index] = start + self._interval
        return self._keys[index], start - now

    def penalise(self, key: Secret, until: float) -> None:
        """Hand `key` out no more before `until` (monotonic seconds)."""
        with self._lock:
            for index, own in enumerate(self._keys):
                if own == key:
                    self._free_at[index] = max(self._free_at[index], until)

    def restore(self, key: Secret) -> None:
        """Hand `key` out again at once: the server takes it after all."""
        with self._lock:
            for index, own in enumerate(self._keys):
                if own == key:
                    self._free_at[index] = float("-inf")

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)} keys)"


class KeyCache:
    """Keeps what key callables returned until a server refuses it; each is asked once, however many calls
    wait.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, Secret]] = {}
        self._lock = threading.Lock()
        self._async_lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    def get(self, source: Any, rejected: Secret | None) -> Secret:
        """The key of a callable; asked for anew when the kept one is `rejected`.

        Raises:
            ConfigurationError: the callable returned no usable key.
        """
        kept = self._usable(source, rejected)
        if kept is not None:
            return kept
        with self._lock:
            kept = self._usable(source, rejected)
            if kept is None:
                value = _asked(source)
                if inspect.isawaitable(value):
                    if inspect.iscoroutine(value):
                        value.close()
                    raise ConfigurationError(
                        "AccessToken: a coroutine function gives keys only to asynchronous calls.",
                        parameter="AccessToken",
                    )
                kept = self._keep(source, value)
        return kept

    async def get_async(self, source: Any, rejected: Secret | None) -> Secret:
        """The asyncio twin of `get`; a plain callable runs in a thread, so that it may block."""
        kept = self._usable(source, rejected)
        if kept is not None:
            return kept
        async with self._lock_of_loop():
            kept = self._usable(source, rejected)
            if kept is None:
                coroutine = inspect.iscoroutinefunction(source)
                value = source() if coroutine else await asyncio.to_thread(_asked, source)
                if isinstance(value, Awaitable):
                    try:
                        value = await value
                    except Exception as error:
                        raise _failed(error) from error
                kept = self._keep(source, value)
        return kept

    def _lock_of_loop(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._async_lock is None or self._async_lock[0] is not loop:
            self._async_lock = (loop, asyncio.Lock())
        return self._async_lock[1]

    def _usable(self, source: Any, rejected: Secret | None) -> Secret | None:
        kept = self._kept.get(id(source))
        if kept is None or kept[0] is not source or kept[1] is rejected:
            return None
        return kept[1]

    def _keep(self, source: Any, value: object) -> Secret:
        try:
            key = a_key(value, "AccessToken: what the callable gave", blanks=True)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(str(error), parameter="AccessToken") from None
        key = Secret(key.reveal())  # one of its own, so that it is told from the one a server refused
        self._kept[id(source)] = (source, key)
        return key


def _asked(source: Any) -> object:
    try:
        return source()
    except ConfigurationError:
        raise  # says by itself what is missing
    except Exception as error:
        raise _failed(error) from error


def _failed(error: Exception) -> ConfigurationError:
    # Only the kind of the failure: its text may hold what a vault was asked with.
    return ConfigurationError(
        f"AccessToken: the callable that gives the key failed with {type(error).__name__}.",
        parameter="AccessToken",
    )

"""What the server received, for tests and the demo: bounded, and without a usable credential."""

from __future__ import annotations

import functools
import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from ..naming import is_sensitive_name
from .app import fingerprint
from .message import Request

_is_secret = functools.lru_cache(maxsize=1024)(is_sensitive_name)


@dataclass(frozen=True)
class RecordedRequest:
    """One request as it was received.

    Attributes:
        method: HTTP method.
        path: the path as sent, without the query.
        query: decoded query parameters; values of credentials masked.
        headers: by lower-case name; values of credentials are `***` and eight hexadecimal digits of their
            SHA-256, so that two keys can be told apart (`fingerprint` computes the same).
        body: the raw body.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body, or None when it is empty or no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def recorded(request: Request) -> RecordedRequest:
    """A copy of `request` to keep."""
    return RecordedRequest(
        request.method, request.path, _masked(request.query), _masked(request.headers), request.body
    )


def _masked(values: dict[str, str]) -> dict[str, str]:
    return {name: _mask(value) if _is_secret(name) else value for name, value in values.items()}


def _mask(value: str) -> str:
    scheme, space, secret = value.partition(" ")
    return f"{scheme} {fingerprint(secret.strip())}" if space else fingerprint(value)


class RequestLog(Sequence[RecordedRequest]):
    """The latest requests, oldest first: at most `entries` of them and `size` bytes of bodies. Thread-safe.

    `total` counts all requests since the server started, those that fell out included.
    """

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._size = size
        self._held = 0
        self._lock = threading.Lock()
        self._kept: deque[RecordedRequest] = deque()
        self.total = 0

    def add(self, item: RecordedRequest) -> None:
        """Keep a request, and drop the oldest where there are too many or they hold too much."""
        with self._lock:
            self.total += 1
            self._kept.append(item)
            self._held += len(item.body)
            while self._kept and (len(self._kept) > self._entries or self._held > self._size):
                self._held -= len(self._kept.popleft().body)

    def clear(self) -> None:
        """Forget what was kept and start counting again."""
        with self._lock:
            self._kept.clear()
            self._held = self.total = 0

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[RecordedRequest]: ...

    def __getitem__(self, index: int | slice) -> RecordedRequest | Sequence[RecordedRequest]:
        with self._lock:
            return list(self._kept)[index]

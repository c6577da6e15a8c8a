"""Faults on demand: what goes wrong, for which requests, how often.

Two interfaces. A test in the same process adds a `Fault` to `server.faults`; any client can ask for one with
the request header `x-offline-fault`, whose value is `name=value` pairs separated by `;`, a bare name being a
flag:

    x-offline-fault: status=429; retry-after=2; times=1
    x-offline-fault: cut-after-chunks=3

The names are the fields of `Fault` with `-` for `_` (all but `headers`, `body` and `when`); times are in
seconds. A fault from a header happens on the first `times` tries (default: every try) of the same `key`, else
of the same `idempotency-key` header, else of the same body.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .message import Request
from .problems import ApiError

HEADER = "x-offline-fault"
_REMEMBERED = 100_000


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong. Fields that are not set change nothing.

    Attributes:
        status: reply with this HTTP status (300..599) and an error in OpenAI's shape instead of the answer;
            no body below 400.
        code: the error's code; `insufficient_quota` also changes type and message.
        message: the error's message.
        retry_after: value of the `retry-after` header, in seconds or as an HTTP date.
        retry_after_ms: value of the `retry-after-ms` header, in milliseconds.
        should_retry: value of the `x-should-retry` header.
        headers: further response headers, replacing those of the same name.
        body: replaces the body, as it is.
        delay: seconds before the first byte of the reply.
        chunk_delay: seconds before each event of a stream, or before each `chunk_bytes` of another body.
        chunk_bytes: send the body in pieces of this many bytes.
        cut: close the connection without replying.
        cut_after_bytes: close it after this many bytes of the body (of the event stream's text).
        cut_after_chunks: close it after this many events of a stream.
        reset: every cut is a TCP reset instead of an orderly close.
        end_after_chunks: end the stream in good order after this many events, without finish reason and
            `[DONE]`.
        error_after_chunks: send an error event after this many events of a stream, then end it.
        no_done: send the whole stream, but not the closing `[DONE]`.
        malformed: break the JSON of the body, or of the stream's second event.
        stall: never reply, and keep the connection open.
        stall_after_bytes: stop after this many bytes of the body, and keep the connection open.
        stall_after_chunks: stop after this many events of a stream, and keep the connection open.
        times: only the first so many of the matching requests; of each key, with `per_key`.
        every: only each so-manieth of the matching requests; of the keys in order of arrival, with `per_key`.
        key: only requests with this `idempotency-key`; in a header, the name under which tries are counted.
        per_key: count `times` and `every` by `idempotency-key` (else by body) instead of by request.
        path: only requests whose path ends so.
        when: only requests for which this returns true.
    """

    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | str | None = None
    retry_after_ms: float | str | None = None
    should_retry: bool | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    chunk_bytes: int | None = None
    cut: bool = False
    cut_after_bytes: int | None = None
    cut_after_chunks: int | None = None
    reset: bool = False
    end_after_chunks: int | None = None
    error_after_chunks: int | None = None
    no_done: bool = False
    malformed: bool = False
    stall: bool = False
    stall_after_bytes: int | None = None
    stall_after_chunks: int | None = None
    times: int | None = None
    every: int | None = None
    key: str | None = None
    per_key: bool = False
    path: str | None = None
    when: Callable[[Request], bool] | None = None

    def __post_init__(self) -> None:
        for name in _COUNTS:
            value = getattr(self, name)
            if value is not None and value < (1 if name in ("every", "chunk_bytes", "status") else 0):
                raise ValueError(f"{name} must not be {value}")
        if self.status is not None and not 300 <= self.status <= 599:
            raise ValueError(f"status must be within 300..599, not {self.status}")
        if self.delay < 0 or self.chunk_delay < 0:
            raise ValueError("a delay must not be negative")


_COUNTS = (
    "status", "chunk_bytes", "cut_after_bytes", "cut_after_chunks", "end_after_chunks", "error_after_chunks",
    "stall_after_bytes", "stall_after_chunks", "times", "every",
)  # fmt: skip
_SECONDS = ("delay", "chunk_delay")
_FLAGS = ("should_retry", "cut", "reset", "no_done", "malformed", "stall", "per_key")
_TEXTS = ("code", "message", "retry_after", "retry_after_ms", "key", "path")
NAMES = tuple(
    item.name.replace("_", "-") for item in fields(Fault) if item.name not in ("headers", "body", "when")
)


def parse(text: str) -> Fault:
    """The fault that an `x-offline-fault` header asks for.

    Raises:
        ApiError: status 400, code `invalid_fault`, naming what is wrong with the header.
    """
    found: dict[str, Any] = {}
    for item in filter(None, (piece.strip() for piece in text.split(";"))):
        name, equals, value = (part.strip() for part in item.partition("="))
        attribute = name.lower().replace("-", "_")
        try:
            if attribute in _COUNTS:
                found[attribute] = int(value)
            elif attribute in _SECONDS:
                found[attribute] = float(value)
            elif attribute in _FLAGS:
                found[attribute] = {"": True, "true": True, "1": True, "false": False, "0": False}[
                    value.lower()
                ]
            elif attribute in _TEXTS and equals:
                found[attribute] = value
            else:
                raise _refused(f"there is no '{name[:60]}'; the names are {', '.join(NAMES)}")
        except (ValueError, KeyError):
            raise _refused(f"'{name}' has a value that does not fit: '{value[:60]}'") from None
    try:
        return Fault(**found)
    except ValueError as error:
        raise _refused(str(error)) from None


def _refused(why: str) -> ApiError:
    return ApiError(400, f"Invalid {HEADER} header: {why}.", code="invalid_fault", param=HEADER)


class Armed:
    """A fault that was added, with what it has done so far. Made by `Faults.add`."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.hits = 0
        self._tries: OrderedDict[str, list[int]] = OrderedDict()

    def fires(self, request: Request) -> bool:
        """Count `request` if it matches, and say whether it is to go wrong."""
        fault = self.fault
        if fault.path is not None and not request.path.endswith(fault.path):
            return False
        if fault.key is not None and request.headers.get("idempotency-key") != fault.key:
            return False
        if fault.when is not None and not fault.when(request):
            return False
        if fault.per_key:
            entry = self._tries.get(key := key_of(request))
            if entry is None:
                self.seen += 1
                entry = self._tries[key] = [self.seen, 0]
                if len(self._tries) > _REMEMBERED:
                    self._tries.popitem(last=False)
            entry[1] += 1
            position, tries = entry
        else:
            self.seen += 1
            position, tries = self.seen, self.hits + 1
        if fault.every is not None and position % fault.every:
            return False
        if fault.times is not None and tries > fault.times:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults of one server. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Armed] = []
        self._tries: OrderedDict[str, int] = OrderedDict()

    def add(self, fault: Fault) -> Armed:
        """Arm `fault`; of several that apply to a request, the one added first happens."""
        armed = Armed(fault)
        with self._lock:
            self._armed.append(armed)
        return armed

    def remove(self, armed: Armed) -> None:
        """Disarm what `add` returned; nothing happens when it is not armed."""
        with self._lock:
            self._armed = [item for item in self._armed if item is not armed]

    def clear(self) -> None:
        """Disarm everything and forget all counts."""
        with self._lock:
            self._armed.clear()
            self._tries.clear()

    def pick(self, request: Request) -> Fault | None:
        """The fault for `request`, if any: its header's first, then those added.

        Raises:
            ApiError: status 400 when the header cannot be read.
        """
        asked = request.headers.get(HEADER)
        if asked is None and not self._armed:
            return None
        with self._lock:
            if asked is not None:
                fault = parse(asked)
                if fault.times is None or self._try(fault.key or key_of(request)) <= fault.times:
                    return fault
            for armed in self._armed:
                if armed.fires(request):
                    return armed.fault
        return None

    def _try(self, key: str) -> int:
        count = self._tries.pop(key, 0) + 1
        self._tries[key] = count
        if len(self._tries) > _REMEMBERED:
            self._tries.popitem(last=False)
        return count


def key_of(request: Request) -> str:
    """What tells the tries of one call from those of another: the `idempotency-key`, else path and body."""
    given = request.headers.get("idempotency-key")
    if given:
        return given
    return hashlib.sha256(request.path.encode() + b"\0" + request.body).hexdigest()

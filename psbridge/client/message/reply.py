"""What a call gives back: the decoded value, and how it came. And the totals of what calls used."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import add
from typing import Any

from ...forks import new_lock
from .headers import Headers
from .jsontext import field as member


@dataclass(frozen=True)
class Reply:
    """A success.

    Attributes:
        value: what the codec made of the body.
        status: HTTP status; `reason` is its phrase.
        headers: the reply's headers, by name without case.
        request_id: the server's id of the request, or None.
        attempts: how often the request was sent.
        elapsed: seconds from the first try to the end of the reply, waits included.
        body: the decoded body's bytes.
        method, url: what was asked; the URL is without its query.
        requested_at, downloaded_at: seconds since 1970.
    """

    value: Any
    status: int
    reason: str
    headers: Headers
    request_id: str | None
    attempts: int
    elapsed: float
    body: bytes = field(repr=False)
    method: str = "POST"
    url: str = ""
    requested_at: float = 0.0
    downloaded_at: float = 0.0


@dataclass(frozen=True)
class UsageTotals:
    """What was used so far. Token counts are what the replies reported.

    Attributes:
        requests: answered calls; `errors`: failed ones; `attempts`: requests sent for both.
        prompt_tokens, completion_tokens, total_tokens: summed over replies that report usage.
        cached_tokens, reasoning_tokens: the parts of those sent and received that are reported as such.
    """

    requests: int = 0
    errors: int = 0
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __ps_properties__(self) -> dict[str, int]:
        """What a script sees of it."""
        return dict(vars(self))


_COUNTS = len(fields(UsageTotals))
_NOTHING = [0] * _COUNTS


class Usage:
    """A running total, safe between threads."""

    def __init__(self) -> None:
        self._lock = new_lock()
        self.reset()

    def by_model(self) -> dict[str, UsageTotals]:
        """The answered calls' totals by the model that the replies name; "" where one names none."""
        with self._lock:
            return {name: UsageTotals(*counts) for name, counts in self._by_model.items()}

    def totals(self) -> UsageTotals:
        """The totals now."""
        with self._lock:
            return UsageTotals(*self._totals)

    def reset(self) -> None:
        """Start again from nothing."""
        with self._lock:
            self._totals = [0] * _COUNTS
            self._by_model: dict[str, list[int]] = {}

    def answered(self, value: object, attempts: int) -> None:
        """Count an answer; `value` is an answer or a usage-bearing chunk, or anything without usage."""
        usage = member(value, "usage")
        sent, received = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
        cached = count(member(usage, "prompt_tokens_details"), "cached_tokens")
        reasoning = count(member(usage, "completion_tokens_details"), "reasoning_tokens")
        total = count(usage, "total_tokens") or sent + received
        model = member(value, "model")
        name = model if isinstance(model, str) else ""
        more = (1, 0, attempts, sent, received, total, cached, reasoning)
        with self._lock:
            self._totals = list(map(add, self._totals, more))
            self._by_model[name] = list(map(add, self._by_model.get(name, _NOTHING), more))

    def failed(self, attempts: int) -> None:
        """Count a failure."""
        with self._lock:
            self._totals = list(map(add, self._totals, (0, 1, attempts, 0, 0, 0, 0, 0)))


def tokens(usage: object) -> tuple[int | None, int | None]:
    """The tokens of a request and of its answers by a usage object; None where it does not say."""
    sent, received = member(usage, "prompt_tokens"), member(usage, "completion_tokens")
    return (
        sent if isinstance(sent, int) and not isinstance(sent, bool) else None,
        received if isinstance(received, int) and not isinstance(received, bool) else None,
    )


_MOST_TOKENS = 1 << 40


def count(usage: object, name: str) -> int:
    """A token count of a usage object, 0 where there is none, or what no count can be."""
    number = member(usage, name)
    whole = isinstance(number, int) and not isinstance(number, bool)
    return number if whole and 0 <= number <= _MOST_TOKENS else 0

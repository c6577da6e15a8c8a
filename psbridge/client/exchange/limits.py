"""Requests- and tokens-per-minute limits shared by all that run, which slow down together on a 429.

Arithmetic only: it says how long to wait and never waits itself.
"""

from __future__ import annotations

import threading

from ..errors import ConfigurationError

_FIRST_PACE = 1 / 64  # seconds between requests after a first 429, doubled by every further one
_SLOWEST_PACE = 4.0
_RECOVERY = 0.9  # what a success makes of the pace
_FASTEST_PACE = 1 / 1024  # below it the pace is dropped


class RateLimits:
    """Limits for many calls; give one object to every client or `map` that shares an account.

    Args:
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit. A request counts as its estimate until its usage is known.

    Requests are spaced evenly. After a 429 everyone pauses for as long as the server asked; then requests
    start one by one, at first spaced widely, closer with every success. Safe between threads and tasks.
    """

    def __init__(
        self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None
    ) -> None:
        for parameter, value in (
            ("RequestsPerMinute", requests_per_minute),
            ("TokensPerMinute", tokens_per_minute),
        ):
            if value is not None and not value > 0:
                raise ConfigurationError(f"{parameter} must be greater than 0.", parameter=parameter)
        self._request_interval = 60 / requests_per_minute if requests_per_minute else 0.0
        self._token_interval = 60 / tokens_per_minute if tokens_per_minute else 0.0
        self._next_request = float("-inf")
        self._next_tokens = float("-inf")
        self._paused_until = float("-inf")
        self._pace = 0.0
        self._lock = threading.Lock()

    def reserve(self, now: float, tokens: int) -> float:
        """Take the next free place for a request of `tokens`; returns the seconds to wait for it (0 for now).

        After waiting, ask `paused(now)`: the place is lost when a pause began meanwhile.
        """
        with self._lock:
            start = max(now, self._next_request, self._next_tokens, self._paused_until)
            self._next_request = start + max(self._request_interval, self._pace)
            if self._token_interval:
                self._next_tokens = start + tokens * self._token_interval
        return start - now

    def paused(self, now: float) -> bool:
        """Whether a pause is on."""
        return now < self._paused_until

    def pause(self, now: float, seconds: float) -> None:
        """A 429 came: nobody starts for `seconds`, and everyone starts slower afterwards."""
        with self._lock:
            if now >= self._paused_until:  # several 429 of one moment count once
                self._pace = min(max(self._pace * 2, _FIRST_PACE), _SLOWEST_PACE)
            self._paused_until = max(self._paused_until, now + seconds)
            self._next_request = max(self._next_request, self._paused_until)

    def succeeded(self, estimated: int, used: int | None) -> None:
        """A request came through; `used` tokens, where known, replace its estimate."""
        with self._lock:
            self._pace *= _RECOVERY
            if self._pace < _FASTEST_PACE:
                self._pace = 0.0
            if used is not None and self._token_interval:
                self._next_tokens += (used - estimated) * self._token_interval

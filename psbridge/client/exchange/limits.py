"""The limits that calls share: requests and tokens a minute as configured, and the pace a server was seen to
let through.

Two classes, because two things change apart. `Pace` is arithmetic on plain numbers: it is told the time, says
how long to wait, and never waits. `RateLimits` keeps one behind a lock; a limiter that several processes
share keeps one elsewhere, and changes nothing but `_open`. Knows nothing of requests, replies or sockets.

What is learned follows TCP's congestion control (RFC 9438, CUBIC). Without a 429 there is no pace. The first
one starts a slow start; from the next on, what came through between two of them is what the server allows,
and the pace grows back to it quickly, stays there, and looks for more ever less shyly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ...forks import new_lock
from ..errors import ConfigurationError

NEVER = float("-inf")
_LATE = 0.02  # seconds of being late that are made up for: timers and busy machines are not exact
_AT_ONCE = 64  # requests that start before the server has said anything; further ones until then:
_UNANSWERED = 0.001  # seconds between two, so that a refusal of the first spares most of the rest
_FIRST_RATE = 10.0  # requests a second after the first 429, where nothing says more
_LOWEST = 1 / 60  # requests a second that are always tried
_FEW = 4  # requests that must have come through for their number to say anything
_BELOW = 0.95  # of what came through: where to go on after a 429
_REGAIN = 20.0  # times the pause, until the pace is back where it was refused
_REGAIN_REQUESTS = 40  # and at least so many requests: each try for more costs one
_REGAIN_BETWEEN = (10.0, 300.0)  # seconds
_UNTRIED = 3.0  # times what was really sent: the pace grows no further, as nobody has tried it
_NEARLY_USED = 0.1  # of the server's own limit left: from there on its count sets the pace
_PROBE_EVERY = (0.02, 0.25)  # seconds between two probes: the first, and the most
_LOOK_AGAIN = 0.1  # seconds until somebody who waits for a probe's end asks again


class Place(NamedTuple):
    """A place in the queue for the server.

    Attributes:
        wait: seconds until it may be taken; 0 for now.
        turn: which stretch between two refusals it was given in; a refusal makes older places void.
        probe: it is for the one request that finds out whether the server answers again.
    """

    wait: float
    turn: float
    probe: bool = False


@dataclass
class Pace:
    """When the next request may start, as numbers that can be kept anywhere: floats, seconds of one clock.

    `request_interval` and `token_interval` are the configured ones, `allowed_*` what the server's own count
    says, `rate` (requests a second) what its refusals taught; 0 stands for no limit everywhere.
    """

    request_interval: float = 0.0
    token_interval: float = 0.0
    next_request: float = NEVER
    next_tokens: float = NEVER
    paused_until: float = NEVER
    allowed_request_interval: float = 0.0
    allowed_token_interval: float = 0.0
    allowed_until: float = NEVER
    rate: float = 0.0  # after the last refusal
    ceiling: float = 0.0  # where the last refusal came; 0 in slow start
    regain: float = _REGAIN_BETWEEN[0]
    since: float = NEVER  # the last refusal, or the first request
    answered: float = 0.0  # 1 once the server has taken a request
    turn: float = 0.0  # counts refusals
    sent: float = 0.0  # requests since then
    probing: float = 0.0  # how many probes in a row were refused, plus one; 0 when not probing
    probe_until: float = NEVER  # nobody else starts before

    def reserve(self, now: float, tokens: float, patience: float, fresh: bool) -> Place:
        """See `RateLimits.reserve`."""
        if self.probing:
            if not fresh:  # one that was refused already does not probe: it has waited in vain
                return Place(max(self.paused_until - now, 0.0) or _LOOK_AGAIN, NEVER)
            if now < self.probe_until:
                return Place(min(self.probe_until - now, _LOOK_AGAIN), NEVER)
            self.probe_until = now + patience  # so that a probe that vanishes does not bar the way for ever
            return Place(0.0, self.turn, True)
        if self.since == NEVER:
            self.since = now
        start = max(now - _LATE, self.next_request, self.next_tokens, self.paused_until)
        interval = self._interval(now)
        if interval:
            self.next_request = start + interval
        if tokens:
            self._charge(start, now, tokens)
        return Place(max(start - now, 0.0), self.turn)

    def charge(self, now: float, tokens: float) -> None:
        """Count tokens of a request that has its place already."""
        self._charge(max(now - _LATE, self.next_tokens), now, tokens)

    def _charge(self, start: float, now: float, tokens: float) -> None:
        interval = self.token_interval
        if now < self.allowed_until:
            interval = max(interval, self.allowed_token_interval)
        if interval:
            self.next_tokens = start + tokens * interval

    def take(self, place: Place, now: float) -> bool:
        """See `RateLimits.take`."""
        if place.probe:
            return True
        if place.turn != self.turn or now < self.paused_until or self.probing:
            return False
        self.sent += 1
        return True

    def refused(self, place: Place, now: float, seconds: float, patience: float) -> None:
        """See `RateLimits.refused`."""
        until = now + seconds
        if place.probe or seconds > patience:
            if not self.probing or place.probe:
                self.probing += 1
                self.turn += 1
                least, most = _PROBE_EVERY
                self.probe_until = now + min(least * 2 ** min(self.probing, 10), most)
            self.paused_until = max(self.paused_until, until)
        elif place.turn != self.turn:  # one of many refused at once; it counted with the first of them
            if now < self.paused_until:
                self.paused_until = max(self.paused_until, until)
        else:
            self._slow_down(now, seconds)

    def admitted(self, place: Place, now: float) -> None:
        """See `RateLimits.admitted`."""
        self.answered = 1.0
        if place.probe and self.probing:
            self.probing = 0.0
            self.paused_until = self.probe_until = now
            self._begin(now, now, max(self.rate * _BELOW, _FIRST_RATE), 0.0)

    def released(self, place: Place, now: float) -> None:
        """See `RateLimits.released`."""
        if place.probe and self.probing:
            self.probe_until = min(self.probe_until, now)

    def counted(self, now: float, kind: str, limit: float, remaining: float, reset: float) -> None:
        """The server's own count of `kind` ("requests" or "tokens"): so many of `limit` remain, and all of
        them again in `reset` seconds.

        Far from the end it says nothing. Near it, the larger of two readings holds: a bucket that fills by
        (limit - remaining) in `reset`, or a window that has `remaining` for the rest of it.
        """
        interval = 0.0
        if remaining < limit * _NEARLY_USED and reset > 0:
            interval = reset / max(limit - remaining, remaining, 1.0)
            self.allowed_until = now + reset
        if kind == "requests":
            self.allowed_request_interval = interval
        else:
            self.allowed_token_interval = interval

    def _interval(self, now: float) -> float:
        interval = self.request_interval
        if now < self.allowed_until:
            interval = max(interval, self.allowed_request_interval)
        if self.rate:
            interval = max(interval, 1 / self.rate_now(now))
        elif not self.answered and self.sent >= _AT_ONCE:
            interval = max(interval, _UNANSWERED)
        return interval

    def rate_now(self, now: float) -> float:
        """Requests a second that are let through now; 0 while nothing was learned."""
        active = now - max(self.since, self.paused_until)
        if not self.rate or active <= 0:
            return self.rate
        if self.ceiling:
            rate = self.ceiling + (self.ceiling - self.rate) * (active / self.regain - 1) ** 3
        else:
            rate = self.rate * 2 ** min(active, self.sent / _FEW, 40.0)
        return max(self.rate, min(rate, _UNTRIED * self.sent / max(active, 1.0)))

    def _slow_down(self, now: float, seconds: float) -> None:
        through = self.sent - 1
        whole = max(now - self.since, 0.001)
        active = max(now - max(self.since, self.paused_until), 0.001)
        # Who asks to wait a second takes a request every two seconds at least.
        floor = max(0.5 / max(seconds, _LATE), _LOWEST)
        if not self.rate:
            # Nothing is known but how much went out: the server may have had much in store.
            rate, ceiling = max(through / max(whole, 1.0) / 2, _FIRST_RATE, floor), 0.0
        else:
            current = self.rate_now(now)
            rate, ceiling = max(current / 2, floor), 0.0
            if through >= _FEW:
                # Since the last refusal, when the server had nothing in store, it let this much through. What
                # it might have taken in the pause it may have stored, or not: the truth is between the two.
                least, most = through / whole, through / active
                rate = max(min(max((least + most) / 2 * _BELOW, rate), current * _BELOW), floor)
                ceiling = max(rate / _BELOW, min(most, current) if self.ceiling else current)
            elif self.ceiling:
                ceiling = max(rate / _BELOW, (rate + current) / 2)
        shortest, longest = _REGAIN_BETWEEN
        self.regain = min(max(_REGAIN * seconds, _REGAIN_REQUESTS / rate, shortest), longest)
        self._begin(now, now + seconds, rate, ceiling)

    def _begin(self, now: float, resume: float, rate: float, ceiling: float) -> None:
        self.rate, self.ceiling, self.since, self.sent = rate, ceiling, now, 0.0
        self.paused_until = max(resume, self.paused_until)
        self.next_request = self.paused_until
        self.turn += 1


class _Alone:
    """Gives the pace to one caller at a time; a class, since every request asks for it several times."""

    __slots__ = ("_lock", "_pace")

    def __init__(self, pace: Pace) -> None:
        self._lock = new_lock()
        self._pace = pace

    def __enter__(self) -> Pace:
        self._lock.acquire()
        return self._pace

    def __exit__(self, *error: object) -> None:
        self._lock.release()


class RateLimits:
    """Limits for many calls; give one object to every client or `map` that shares an account.

    Args:
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit. A request counts as its estimate until its usage is known.

    Requests are spaced evenly. After a 429 everyone pauses for as long as the server asked; then they start
    one by one, at the pace the server has shown to take, which grows until it is refused again. A 429 that
    asks for longer than a call has time makes one request at a time try, while the others wait. Safe
    between threads and tasks. `now` is monotonic seconds.
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
        self._answered = False
        self._alone = _Alone(
            Pace(
                60 / requests_per_minute if requests_per_minute else 0.0,
                60 / tokens_per_minute if tokens_per_minute else 0.0,
            )
        )

    def _open(self) -> _Alone:
        """The pace, for this caller alone until it is left."""
        return self._alone

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how many tokens a request has."""
        with self._open() as pace:
            return bool(pace.token_interval or pace.allowed_token_interval)

    def reserve(
        self, now: float, tokens: int = 0, patience: float = float("inf"), fresh: bool = True
    ) -> Place:
        """The next free place, for a request of `tokens` whose call may take `patience` seconds.

        `fresh` says that it was not refused before. After waiting, `take` the place: it may be void by then.
        """
        with self._open() as pace:
            return pace.reserve(now, tokens, patience, fresh)

    def take(self, place: Place, now: float) -> bool:
        """Start in this place; False when it is void because of a 429 meanwhile: reserve another."""
        with self._open() as pace:
            return pace.take(place, now)

    def valid(self, place: Place) -> bool:
        """Whether a place still is one, or a 429 has made it void."""
        with self._open() as pace:
            return place.probe or (place.turn == pace.turn and not pace.probing)

    def charge(self, now: float, tokens: int) -> None:
        """Count the tokens of a request whose place was reserved before it was known."""
        with self._open() as pace:
            pace.charge(now, tokens)

    def refused(self, place: Place, now: float, seconds: float, patience: float = float("inf")) -> None:
        """A request in `place` got a 429: nobody starts for `seconds`, everyone starts slower afterwards.

        When calls have less `patience` than that, one at a time tries instead.
        """
        with self._open() as pace:
            pace.refused(place, now, seconds, patience)

    def admitted(self, place: Place, now: float) -> None:
        """The server took a request, whatever it answered."""
        if place.probe or not self._answered:
            self._answered = True
            with self._open() as pace:
                pace.admitted(place, now)

    def released(self, place: Place, now: float) -> None:
        """A request ended without a word from the server, or was never sent."""
        if place.probe:
            with self._open() as pace:
                pace.released(place, now)

    def counted(self, now: float, headers: Mapping[str, str]) -> None:
        """Take in a reply's `x-ratelimit-*` headers; without them nothing happens."""
        for kind in ("requests", "tokens"):
            remaining = _number(headers.get(f"x-ratelimit-remaining-{kind}"))
            if remaining is None:
                continue
            limit = _number(headers.get(f"x-ratelimit-limit-{kind}"))
            reset = _duration(headers.get(f"x-ratelimit-reset-{kind}"))
            if limit is not None and reset is not None:
                with self._open() as pace:
                    pace.counted(now, kind, limit, remaining, reset)

    def paused_for(self, now: float) -> float:
        """Seconds that the pause a server asked for still lasts; 0 when there is none."""
        with self._open() as pace:
            return max(pace.paused_until - now, 0.0)

    def succeeded(self, estimated: int, used: int | None) -> None:
        """A request came through; `used` tokens, where known, replace its estimate."""
        if used is not None:
            with self._open() as pace:
                if pace.token_interval:
                    pace.next_tokens += (used - estimated) * pace.token_interval


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\s*\d{1,15}(\.\d{1,6})?\s*", text) else None


def _duration(text: str | None) -> float | None:
    """Seconds of "1s", "6m0s", "120ms" or a plain number of seconds; None for anything else."""
    plain = _number(text)
    if plain is not None or text is None:
        return plain
    text = text.strip()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or len(text) > 40:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)

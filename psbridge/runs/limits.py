"""The limits of a run: the adaptive limiter, and requests and tokens a minute divided among its processes."""

from __future__ import annotations

from ..client import RateLimits
from ..client.exchange.limits import Place


class Withdrawn(Exception):
    """A request that waited for its place is not wanted any more; it was not sent."""


class SharedLimits(RateLimits):
    """This process's share of the limits; the pace that 429s teach, each process learns by itself."""

    def __init__(
        self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None
    ) -> None:
        super().__init__(requests_per_minute, tokens_per_minute)
        self._requests, self._tokens = requests_per_minute, tokens_per_minute
        self._workers = 1
        self._withdrawn = False

    def withdraw(self) -> None:
        """Have requests that wait for their place raise `Withdrawn`, and further ones as well."""
        self._withdrawn = True

    def take(self, place: Place, now: float) -> bool:
        """See `RateLimits`."""
        if self._withdrawn:
            raise Withdrawn
        return super().take(place, now)

    def paused_for(self, now: float) -> float:
        """See `RateLimits`. Who waits for a place asks this again and again."""
        if self._withdrawn:
            raise Withdrawn
        return super().paused_for(now)

    @property
    def per_minute(self) -> tuple[float | None, float | None]:
        """This process's share: requests and tokens a minute; None for no limit."""
        requests, tokens = (limit and limit / self._workers for limit in (self._requests, self._tokens))
        return requests, tokens

    def share(self, workers: int) -> None:
        """So many processes are at work now."""
        if workers == self._workers:
            return
        self._workers = workers
        with self._open() as pace:
            pace.request_interval = 60 * workers / self._requests if self._requests else 0.0
            pace.token_interval = 60 * workers / self._tokens if self._tokens else 0.0

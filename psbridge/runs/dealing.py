"""The engine of a run whose rows are asked for by the hosts of a cluster: claims out, outcomes in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .calling import Stopped
from .claims import Claim, Outcome
from .engine import GROUP, Engine
from .errors import RunError

if TYPE_CHECKING:
    from .cluster import Cluster


class DealingEngine(Engine):
    """An engine that hands its rows to a cluster; it is the cluster's employer.

    Args:
        more: the rest, as `Engine` takes it.
    """

    def __init__(self, path: Path, cluster: Cluster, *, width: int, **more: Any) -> None:
        # Outcomes come in groups already.
        super().__init__(path, width=width, ahead=2 * width + 2 * GROUP, wait=0.0, **more)
        self._cluster = cluster
        self._some = asyncio.Event()

    @property
    def in_flight(self) -> int:
        """Requests that are under way now, as far as it is known here."""
        return self._cluster.in_flight

    # --- what the cluster says

    def room(self) -> None:
        """See `cluster.Employer`."""
        self._some.set()

    def came(self, outcomes: Sequence[Outcome]) -> None:
        """See `cluster.Employer`."""
        for outcome in outcomes:
            self._writer.put(self._noticed(outcome))

    def refused(self, stopped: Stopped) -> None:
        """See `cluster.Employer`."""
        self.stop(f"{stopped.why}: {stopped.error.message}")

    def failed(self, error: RunError) -> None:
        """See `cluster.Employer`."""
        self._fail(error)

    # --- as an engine

    def _works(self) -> list[asyncio.Task[None]]:
        return [asyncio.ensure_future(self._deal())]

    async def _deal(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            await self._until_sendable()
            if self._why:
                self._give_back()
                continue
            count = min(self._cluster.room, self._queue.qsize())
            if count > 0:
                self._cluster.hand_out([self._queue.get_nowait() for _ in range(count)])

    def _take(self, outcomes: Sequence[Outcome], claims: list[Claim], *more: Any) -> None:
        self._cluster.settled(outcomes)
        super()._take(outcomes, claims, *more)
        self._some.set()

    def _give_back(self) -> None:
        super()._give_back()
        self._cluster.recall()

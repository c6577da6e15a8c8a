"""The engine of a run: many calls at once on asyncio, and one thread that writes what became of them.

`Engine` is the part beside the ledger; `AskingEngine` asks by itself, and a cluster's engine deals rows out.

Results are committed in groups, and with them the next claims: a group is closed by its size or by a timer,
whichever comes first. Nothing is sent that was not claimed on the disk before. Knows no operation and no
reply: it is given what asks.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .calling import Stopped
from .caps import Caps
from .claims import LEASE, Claim, Outcome, View, Worker
from .errors import LedgerError
from .ledger import Ledger
from .schema import DONE, OPEN
from .turnstile import Turnstile

GROUP = 128
"""Results after which a group is committed at once."""
WAIT = 0.002
"""Seconds after its first result that a group is committed in any case; the results of one moment share it.

Longer groups leave more rows answered and not written when the process is killed. Shorter ones take more of
the processor: a transaction is most of what a group takes.
"""
_IDLE = (
    1.0  # seconds between two transactions while nothing happens: the beat, and a look at who asks to stop
)
_OTHERS = 0.25  # the same while other processes hold what is left
_OUTAGE_FAILURES = 200  # failures one after another, with nothing in between, that are an outage
_OUTAGE_WAIT = (1.0, 60.0)  # seconds to wait in one: at first, and at most

Ask = Callable[[Claim], Awaitable[Outcome]]


class Engine(ABC):
    """One process's work on a ledger.

    Args:
        path: the ledger.
        caps: what may be spent in all.
        width: how many requests are under way at most.
        ahead: rows that are claimed before they can be sent at once.
        deadline: monotonic seconds after which nothing more is begun, or None.
        lease: seconds after which other processes may take this one for dead.
        on_view: told what the run looks like after each commit, on the event loop.
        ends: whether the run has ended when this has, and nobody else works on it.
        wait: seconds after its first result that a group is committed in any case.
    """

    def __init__(
        self,
        path: Path,
        *,
        caps: Caps,
        width: int,
        ahead: int,
        deadline: float | None = None,
        lease: float = LEASE,
        on_view: Callable[[View], None] | None = None,
        ends: bool = True,
        wait: float = WAIT,
    ) -> None:
        self._width = width
        self._deadline = deadline
        self._on_view = on_view
        self._queue: asyncio.Queue[Claim] = asyncio.Queue()
        self._generation = 0
        self._failure: BaseException | None = None
        self._why = ""
        self._outage = 0
        self._answered = False
        self._reachable_at = 0.0
        # With a cap nothing is claimed ahead of what can be sent at once: a claim counts as spent. Else many
        # are claimed together, before the last are gone.
        ahead, least = (0, 1) if caps else (ahead, max(1, ahead // 2))
        self._writer = _Writer(path, caps, width + ahead, least, lease, self._told, ends, wait)

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """Requests that are under way now."""

    @abstractmethod
    def _works(self) -> list[asyncio.Task[None]]:
        """Begin to take claims out of the queue."""

    async def run(self) -> str:
        """Work until nothing is left to do; returns why it ended before that, "" when all is done.

        Raises:
            LedgerError: the ledger cannot be written any more.
        """
        self._loop = asyncio.get_running_loop()
        self._finished = self._loop.create_future()
        workers = self._works()
        self._writer.start()
        timer = None
        if self._deadline is not None:
            timer = self._loop.call_later(max(0.0, self._deadline - time.monotonic()), self.stop, "deadline")
        try:
            await self._finished
        finally:
            if timer is not None:
                timer.cancel()
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self._writer.finish(self._why)
            while self._writer.is_alive():
                self._writer.join(0.02)
        if self._failure is not None:
            raise self._failure
        return self._why

    def stop(self, why: str) -> None:
        """Begin nothing more, and end when what is under way has ended. On the event loop."""
        if not self._why:
            self._why = why
        self._writer.drain()
        self._give_back()

    def stop_before(self, why: str) -> None:
        """Stop before it has begun."""
        self._why = why
        self._writer.drain()

    def stop_soon(self, why: str) -> None:
        """`stop`, from any thread."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self.stop, why)

    def _is_sendable(self) -> bool:
        """Whether nothing bars requests: see `_until_sendable`."""
        return self._writer.fresh and self._reachable_at <= time.monotonic()

    async def _until_sendable(self) -> None:
        """Wait while this process may have been taken for dead, or the service cannot be reached."""
        while not self._writer.fresh and not self._why:
            self._writer.nudge()
            await asyncio.sleep(0.01)
        while (wait := self._reachable_at - time.monotonic()) > 0 and not self._why:
            await asyncio.sleep(min(wait, 0.25))

    def _noticed(self, outcome: Outcome) -> Outcome:
        """Wait for a service that nobody gets through to: an outage is not the rows' fault.

        One that has never answered anything is given up instead.
        """
        if not outcome.transient:
            self._outage = 0
            self._answered = self._answered or outcome.state == DONE
            return outcome
        self._outage += 1
        many = max(2 * self._width, _OUTAGE_FAILURES)
        if self._outage <= many:
            return outcome
        if not self._answered:
            self.stop(f"unreachable: {outcome.error}")
        least, most = _OUTAGE_WAIT
        wait = min(least * 2 ** min(self._outage // many - 1, 10), most)
        self._reachable_at = max(self._reachable_at, time.monotonic() + wait)
        return replace(outcome, state=OPEN, tried=False, wait=min(outcome.wait, wait))

    def _told(
        self,
        outcomes: Sequence[Outcome],
        claims: list[Claim],
        view: View | None,
        failure: BaseException | None,
    ) -> None:
        """The writer has committed, or could not. On the writer's thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, outcomes, claims, view, failure)

    def _take(
        self,
        outcomes: Sequence[Outcome],
        claims: list[Claim],
        view: View | None,
        failure: BaseException | None,
    ) -> None:
        if failure is not None or view is None:
            self._fail(failure or LedgerError("The ledger cannot be written."))
            return
        if view.lost:
            self._generation += 1
            while not self._queue.empty():
                self._queue.get_nowait()
        for claim in claims:
            self._queue.put_nowait(claim)
        if view.stop and not self._why:
            self.stop("stopped")
        if self._why:
            self._give_back()
        if self._on_view is not None:
            self._on_view(view)
        if self._finished.done() or self._writer.busy:
            return
        alone = view.workers == 1
        if self._why or view.left == 0:
            self._finished.set_result(None)
        elif alone and not claims and (view.due is None or view.capped):
            # Nothing to claim and nobody who holds anything: a cap, or what is left lies in a batch.
            self._why = view.capped
            self._finished.set_result(None)

    def _give_back(self) -> None:
        """What was claimed and not sent is free again."""
        while not self._queue.empty():
            self._writer.put(Outcome(self._queue.get_nowait(), OPEN, sent=False))

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._why = self._why or "failed"
        self._writer.drain()
        if not self._finished.done():
            self._finished.set_result(None)


class AskingEngine(Engine):
    """An engine that asks for its rows by itself.

    Args:
        ask: sends a row's request once; raises `Stopped` where the service refuses the run.
        withdraw: called when nothing more is begun: has what waits to be sent given back by `ask`.
        more: the rest, as `Engine` takes it.
    """

    def __init__(
        self,
        path: Path,
        ask: Ask,
        *,
        width: int,
        withdraw: Callable[[], None] = lambda: None,
        **more: Any,
    ) -> None:
        super().__init__(path, width=width, ahead=max(width, 32), **more)
        self._withdraw = withdraw
        self._ask = ask
        self._asked = 0
        self._turnstile = Turnstile(width, self._writer.unwritten)

    @property
    def in_flight(self) -> int:
        """Requests that are under way now."""
        return self._asked

    def _works(self) -> list[asyncio.Task[None]]:
        return [asyncio.ensure_future(self._work()) for _ in range(self._width)]

    async def _work(self) -> None:
        while True:
            claim = await self._queue.get() if self._queue.empty() else self._queue.get_nowait()
            generation = self._generation
            try:
                if not (self._why or self._turnstile.passes()):
                    await self._turnstile.turn()
                if not self._is_sendable():
                    await self._until_sendable()
                if generation != self._generation:
                    continue  # this process stood still, and the row is another's by now
                if self._why:
                    self._writer.put(Outcome(claim, OPEN, sent=False))
                    continue
                self._asked += 1
                try:
                    outcome = await self._ask(claim)
                finally:
                    self._asked -= 1
                self._turnstile.took(outcome.elapsed)
                self._writer.put(self._noticed(outcome))
            except Stopped as stopped:
                self._writer.put(Outcome(claim, OPEN, sent=stopped.error.attempts > 0, tried=False))
                self.stop(f"{stopped.why}: {stopped.error.message}")
            except Exception as error:  # nothing that a service or a row can do
                self._writer.put(Outcome(claim, OPEN, sent=False))
                self._fail(error)

    def stop(self, why: str) -> None:
        """See `Engine`."""
        super().stop(why)
        self._withdraw()

    def _take(self, *written: Any) -> None:
        self._turnstile.written()
        super()._take(*written)


class _Writer(threading.Thread):
    """The one thread that writes, over a connection of its own."""

    def __init__(
        self,
        path: Path,
        caps: Caps,
        ahead: int,
        least: int,
        lease: float,
        told: Callable[[Sequence[Outcome], list[Claim], View | None, BaseException | None], None],
        ends: bool,
        patience: float,
    ) -> None:
        super().__init__(name="psbridge-ledger", daemon=True)
        self._path, self._caps, self._lease, self._told = path, caps, lease, told
        self._ends, self._patience = ends, patience
        self._ahead, self._least = ahead, least
        self._outcomes: list[Outcome] = []
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._many = threading.Event()
        self._draining = False
        self._why: str | None = None
        self._worker: Worker | None = None
        self._held = 0
        self._writing = 0

    @property
    def fresh(self) -> bool:
        """Whether nobody can have taken this process for dead yet."""
        return self._worker is not None and self._worker.fresh

    @property
    def busy(self) -> bool:
        """Whether rows are held, or results wait to be written."""
        return self._held > 0 or bool(self._outcomes)

    def unwritten(self) -> int:
        """How many results are not on the disk yet."""
        return len(self._outcomes) + self._writing

    def put(self, outcome: Outcome) -> None:
        """Have a result written with the next group."""
        with self._lock:
            self._outcomes.append(outcome)
            count = len(self._outcomes)
        if count == 1:
            self._some.set()
        elif count >= GROUP:
            self._many.set()

    def nudge(self) -> None:
        """Have a transaction now."""
        self._many.set()
        self._some.set()

    def drain(self) -> None:
        """Claim nothing more."""
        self._draining = True
        self.nudge()

    def finish(self, why: str) -> None:
        """Write what is left, give back what is held, and end."""
        self._why = why
        self.nudge()

    def run(self) -> None:
        try:
            with Ledger(self._path) as ledger:
                self._worker = Worker(ledger, self._caps, self._lease)
                try:
                    self._work(self._worker)
                finally:
                    self._worker.leave()
                    if self._ends:
                        ledger.end(self._why or "")
                    ledger.checkpoint()
        except Exception as error:  # told to the engine, which raises it
            self._told((), [], None, error)

    def _work(self, worker: Worker) -> None:
        wait = 0.0
        due: float | None = None
        while True:
            if self._some.wait(wait):
                self._many.wait(self._patience)
            self._some.clear()
            self._many.clear()
            with self._lock:
                outcomes, self._outcomes = self._outcomes, []
                self._writing = len(outcomes)
            last = self._why is not None
            room = 0 if self._draining else self._ahead - worker.held + len(outcomes)
            claims, view = worker.turn(outcomes, room if room >= self._least or due is not None else 0)
            due = view.due
            self._writing = 0
            self._held = worker.held
            if last and not self._outcomes:
                return
            self._told(outcomes, claims, view, None)
            wait = min(_IDLE, self._lease / 4)
            if not worker.held and view.left:
                wait = min(wait, _OTHERS)
            if due is not None and room > 0 and not view.capped:
                wait = min(wait, max(due, WAIT))

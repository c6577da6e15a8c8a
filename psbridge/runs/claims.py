"""One process's hold on rows of the ledger: claims, results, and the beat that shows it is alive.

A claim is on the disk before anything is sent. A result counts only for a row that is still held by this
worker under the same fence. A worker's rows are free again when its process is gone, or when its beat has not
moved for as long as a lease lasts by the observer's own clock. Knows nothing of HTTP.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from . import places
from .caps import Caps, Spent
from .ledger import Ledger, _is_gone, _workers
from .schema import DONE, FAILED, HELD, OPEN

LEASE = 30.0
"""Seconds after which the rows of a worker whose beat stands still are free."""
_LOOK_EVERY = 0.25  # seconds between two looks whether the other processes are still there


class Claim(NamedTuple):
    """A row to be asked for: the bytes that go out, and what counts of its past."""

    seq: int
    id: str
    hash: bytes
    body: bytes
    attempts: int
    refusals: int
    asked: int
    fence: int
    tokens: int
    cost: float


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    Attributes:
        state: DONE, FAILED, or OPEN to have it asked again.
        sent: whether a request went out; `refused` with a 429; `tried` when it uses up one of its tries.
        transient: a failure that trying again may mend.
        wait: for OPEN, the seconds before it may be claimed again.
        reply: the body as it came; `prompt` and `completion` tokens as it reports them; `cost` of them.
        error, kind: the sentence and the error's stable id.
        elapsed: seconds that the call took.
    """

    claim: Claim
    state: int
    sent: bool = True
    refused: bool = False
    tried: bool = True
    transient: bool = False
    wait: float = 0.0
    status: int | None = None
    reply: bytes | None = field(default=None, repr=False)
    error: str | None = None
    kind: str | None = None
    request_id: str | None = None
    prompt: int = 0
    completion: int = 0
    cost: float = 0.0
    elapsed: float = 0.0


@dataclass(frozen=True)
class View:
    """What a worker saw of the run in its last transaction.

    Attributes:
        left: rows that are neither answered nor failed, those that others hold and those in a batch included.
        stop: somebody asked to stop; `capped` the cap that allows no further claim, or "".
        workers: how many are at work, this one included.
        due: seconds until a row that waits may be claimed, or None.
        lost: this worker was thought dead; what it holds is others'.
    """

    left: int
    total: int
    done: int
    failed: int
    stop: bool
    capped: str
    workers: int
    due: float | None
    lost: bool
    spent: Spent
    refused: int = 0


class Worker:
    """This process as one that works on the ledger; its ledger is its own connection.

    Args:
        caps: what may be spent in all.
        lease: seconds.
    """

    def __init__(self, ledger: Ledger, caps: Caps, lease: float = LEASE) -> None:
        self._ledger = ledger
        self._caps = caps
        self._lease = lease
        self._id = 0
        self._held: dict[int, Claim] = {}
        self._seen: dict[int, tuple[int, float]] = {}  # worker -> its beat, and when it was first seen
        self._look_at = 0.0
        self.written = time.monotonic()

    @property
    def held(self) -> int:
        """How many rows this worker holds."""
        return len(self._held)

    @property
    def fresh(self) -> bool:
        """Whether nobody can have taken this worker for dead yet."""
        return time.monotonic() - self.written < self._lease / 2

    def turn(self, outcomes: Sequence[Outcome], want: int) -> tuple[list[Claim], View]:
        """One transaction: settle `outcomes`, free the rows of the dead, and claim up to `want` rows.

        Raises:
            LedgerError: nothing of it was written.
        """
        before = dict(self._held), self._id
        try:
            with self._ledger.writing() as db:
                lost = not self._is_known(db)
                if lost:
                    self._held.clear()
                    self._register(db)
                self._settle(db, outcomes)
                alive = self._observe(db)
                claims, view = self._claim(db, want, alive, lost and before[1] != 0)
                self._beat(db)
        except BaseException:
            self._held, self._id = before
            raise
        self.written = time.monotonic()
        return claims, view

    def leave(self) -> None:
        """Give back what is held, and be gone."""
        if not self._id:
            return
        with self._ledger.writing() as db:
            db.execute("update item set state = 0, worker = null where state = 1 and worker = ?", (self._id,))
            db.execute("delete from worker where id = ?", (self._id,))
        self._held.clear()
        self._id = 0

    def _is_known(self, db: sqlite3.Connection) -> bool:
        row = db.execute("select alive from worker where id = ?", (self._id,)).fetchone()
        return row is not None and row[0] == 1

    def _register(self, db: sqlite3.Connection) -> None:
        pid = os.getpid()
        cursor = db.execute(
            "insert into worker(host, pid, started, since) values(?, ?, ?, ?)",
            (places.host(), pid, places.started(pid), time.time()),
        )
        assert cursor.lastrowid is not None
        self._id = cursor.lastrowid

    def _settle(self, db: sqlite3.Connection, outcomes: Sequence[Outcome]) -> None:
        done = failed = calls = refusals = prompt = completion = 0
        cost = 0.0
        now, clock = time.time(), time.monotonic()
        for outcome in outcomes:
            claim = outcome.claim
            self._held.pop(claim.seq, None)
            # What was sent was paid for, whoever holds the row by now.
            calls += outcome.sent
            refusals += outcome.refused
            prompt += outcome.prompt
            completion += outcome.completion
            cost += outcome.cost
            due = clock + outcome.wait if outcome.state == OPEN and outcome.wait > 0 else None
            tried = outcome.sent and outcome.tried
            changed = db.execute(
                "update item set state = ?, worker = null, attempts = attempts + ?, refusals = refusals + ?, "
                "not_before = ? where seq = ? and state = 1 and worker = ? and fence = ?",
                (outcome.state, tried, outcome.refused, due, claim.seq, self._id, claim.fence),
            ).rowcount
            if not changed or outcome.state == OPEN:
                continue
            done += outcome.state == DONE
            failed += outcome.state == FAILED
            db.execute(
                "insert or replace into result values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(claim.seq, now, outcome.elapsed, outcome.status, outcome.reply, outcome.error),
                    *(outcome.kind, outcome.request_id, outcome.prompt, outcome.completion, outcome.cost),
                ),
            )
        if not outcomes:
            return
        db.execute(
            "update run set done = done + ?, failed = failed + ?, calls = calls + ?, "
            "refusals = refusals + ?, prompt_tokens = prompt_tokens + ?, "
            "completion_tokens = completion_tokens + ?, cost = cost + ?",
            (done, failed, calls, refusals, prompt, completion, cost),
        )
        if done or failed or refusals:
            db.execute(
                "insert into tick values(?, ?, ?, ?) on conflict(at) do update set "
                "done = done + excluded.done, failed = failed + excluded.failed, "
                "refused = refused + excluded.refused",
                (int(now), done, failed, refusals),
            )

    def _observe(self, db: sqlite3.Connection) -> int:
        """Free the rows of workers that are gone or stand still; returns how many work, this one included."""
        alive = 1
        now = time.monotonic()
        look = now >= self._look_at
        if look:
            self._look_at = now + _LOOK_EVERY
        for worker in _workers(db):
            number, _, _, _, beat = worker
            if number == self._id:
                continue
            seen = self._seen.get(number)
            if seen is None or seen[0] != beat:
                self._seen[number] = seen = (beat, now)
            if now - seen[1] < self._lease and not (look and _is_gone(worker)):
                alive += 1
                continue
            db.execute("update item set state = 0, worker = null where state = 1 and worker = ?", (number,))
            if self._caps:
                # What it held may have been sent and paid for; a cap is a cap.
                held = "(select {} from worker where id = ?)".format
                db.execute(
                    f"update run set calls = calls + {held('calls')}, cost = cost + {held('cost')}, "
                    f"prompt_tokens = prompt_tokens + {held('tokens')}",
                    (number, number, number),
                )
            db.execute("delete from worker where id = ?", (number,))
            self._seen.pop(number, None)
        return alive

    def _claim(self, db: sqlite3.Connection, want: int, alive: int, lost: bool) -> tuple[list[Claim], View]:
        now = time.monotonic()
        total, done, failed, stop, calls, refused, prompt, completion, cost = db.execute(
            "select total, done, failed, stop, calls, refusals, prompt_tokens, completion_tokens, cost "
            "from run"
        ).fetchone()
        spent = Spent(calls, prompt + completion, cost)
        claims: list[Claim] = []
        capped = ""
        if want > 0 and not stop:
            reserved = self._reserved(db)
            for row in self._candidates(db, want, now):
                tokens, price = self._caps.estimate(row[8], row[9])
                capped = self._caps.exceeded(spent, reserved, tokens, price)
                if capped:
                    break
                reserved = reserved.plus(1, tokens, price)
                claims.append(Claim._make((*row[:7], row[7] + 1, tokens, price)))
            db.executemany(
                "update item set state = 1, worker = ?, fence = ?, not_before = null where seq = ?",
                [(self._id, claim.fence, claim.seq) for claim in claims],
            )
            self._held.update((claim.seq, claim) for claim in claims)
        due = db.execute(
            "select min(not_before) from item where state = 0 and not_before is not null"
        ).fetchone()[0]
        left = total - done - failed
        wait = None if due is None else max(0.0, due - now)
        return claims, View(left, total, done, failed, bool(stop), capped, alive, wait, lost, spent, refused)

    def _candidates(self, db: sqlite3.Connection, want: int, now: float) -> list[tuple]:  # type: ignore[type-arg]
        columns = (
            "select i.seq, i.id, s.hash, s.body, i.attempts, i.refusals, i.asked, i.fence, i.prompt, i.answer"
            " from item i join source s using(seq) where i.state = 0 and "
        )
        rows = db.execute(
            f"{columns} i.not_before is not null and i.not_before <= ? order by i.not_before limit ?",
            (now, want),
        ).fetchall()
        if len(rows) < want:
            rows += db.execute(
                f"{columns} i.not_before is null order by i.seq limit ?", (want - len(rows),)
            ).fetchall()
        return rows

    def _reserved(self, db: sqlite3.Connection) -> Spent:
        """What all claims may still use: this worker's as it knows them, the others' as they wrote them."""
        if not self._caps:
            return Spent()
        calls, tokens, cost = db.execute(
            "select coalesce(sum(calls), 0), coalesce(sum(tokens), 0), coalesce(sum(cost), 0) from worker "
            "where alive = 1 and id != ?",
            (self._id,),
        ).fetchone()
        own = self._held.values()
        return Spent(
            calls + len(own),
            tokens + sum(claim.tokens for claim in own),
            cost + sum(claim.cost for claim in own),
        )

    def _beat(self, db: sqlite3.Connection) -> None:
        held = self._held.values()
        db.execute(
            "update worker set beat = beat + 1, calls = ?, tokens = ?, cost = ? where id = ?",
            (
                len(held),
                sum(claim.tokens for claim in held) if self._caps else 0,
                sum(claim.cost for claim in held) if self._caps else 0.0,
                self._id,
            ),
        )


__all__ = ["DONE", "FAILED", "HELD", "LEASE", "OPEN", "Claim", "Outcome", "View", "Worker"]

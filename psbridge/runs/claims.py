"""One process's hold on rows of the ledger: claims, results, and the beat that shows it is alive.

A claim is on the disk before anything is sent. A result counts only for a row that is still held by this
worker under the same fence. A worker's rows are free again when its process is gone, or when its beat has not
moved for as long as a lease lasts by the observer's own clock. Knows nothing of HTTP.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..client.message.jsontext import storable
from . import places
from .caps import Caps, Spent
from .errors import LedgerError
from .ledger import Ledger, _is_gone, _workers
from .schema import DONE, FAILED, HELD, OPEN

LEASE = 30.0
"""Seconds after which the rows of a worker whose beat stands still are free."""
_LARGE = 1 << 20  # bytes of a reply that is written by itself
_LOOK_EVERY = 0.25  # seconds between two looks whether the other processes are still there
_BEAT_EVERY = 0.1  # seconds between two beats, at most


_DUE = "select min(not_before) from item where state = 0 and not_before is not null"
_COUNTS = (
    f"select total, done, failed, stop, calls, refusals, prompt_tokens + completion_tokens, cost, ({_DUE}), "
    "(select count(*) from worker where alive = 1), (select count(*) from worker where alive = 1 and id = ?) "
    "from run"
)
_MEMBERS = ", ".join(f"json_extract(value, '$[{number}]')" for number in (2, 5, 6, 7, 8))
_ANSWERED = (
    "insert or replace into result(seq, at, elapsed, reply, status, request_id, prompt_tokens, "
    "completion_tokens, cost) select json_extract(value, '$[0]'), :now, json_extract(value, '$[1]'), "
    "substr(:replies, json_extract(value, '$[3]'), json_extract(value, '$[4]')), "
    f"{_MEMBERS} from json_each(:rows)"
)


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


@dataclass(slots=True)  # and not frozen, which takes several times as long to make; nobody changes one
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


@dataclass
class _Counts:
    """The run's own row at the start of a transaction, and what the transaction adds to it."""

    total: int
    done: int
    failed: int
    stop: int
    calls: int
    refused: int
    tokens: int
    cost: float
    due: float | None
    workers: int
    known: int

    def add(self, done: int, failed: int, calls: int, refused: int, tokens: int, cost: float) -> None:
        """With so much more."""
        self.done += done
        self.failed += failed
        self.calls += calls
        self.refused += refused
        self.tokens += tokens
        self.cost += cost


def _is_plain(outcome: Outcome) -> bool:
    """Whether it is an answer and nothing else: what nearly all are."""
    return (
        outcome.state == DONE
        and outcome.sent
        and outcome.tried
        and not outcome.refused
        and outcome.reply is not None
        and outcome.error is None
        and outcome.kind is None
        and len(outcome.reply) <= _LARGE
    )


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
        self._beat_every = min(_BEAT_EVERY, lease / 8)
        self.written = time.monotonic()  # the last beat

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
                counts = _Counts(*db.execute(_COUNTS, (self._id,)).fetchone())
                lost = not counts.known
                if lost:
                    self._held.clear()
                    self._register(db)
                    counts.workers += 1
                self._settle(db, outcomes, counts)
                alive = self._observe(db, counts)
                claims, view = self._claim(db, want, counts, alive, lost and before[1] != 0)
                beats = lost or bool(self._caps) or time.monotonic() >= self.written + self._beat_every
                if beats:
                    self._beat(db)
        except BaseException:
            self._held, self._id = before
            raise
        if beats:
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

    def _register(self, db: sqlite3.Connection) -> None:
        pid = os.getpid()
        cursor = db.execute(
            "insert into worker(host, pid, started, since) values(?, ?, ?, ?)",
            (places.host(), pid, places.started(pid), time.time()),
        )
        assert cursor.lastrowid is not None
        self._id = cursor.lastrowid

    def _settle(self, db: sqlite3.Connection, outcomes: Sequence[Outcome], counts: _Counts) -> None:
        if not outcomes:
            return
        done = failed = calls = refusals = prompt = completion = 0
        cost = 0.0
        now, clock = time.time(), time.monotonic()
        answered: list[Outcome] = []
        for outcome in outcomes:
            claim = outcome.claim
            held = self._held.pop(claim.seq, None)
            # What was sent was paid for, whoever holds the row by now.
            calls += outcome.sent
            refusals += outcome.refused
            prompt += outcome.prompt
            completion += outcome.completion
            cost += outcome.cost
            if held is not None and held.fence == claim.fence and _is_plain(outcome):
                answered.append(outcome)
                continue
            due = clock + outcome.wait if outcome.state == OPEN and outcome.wait > 0 else None
            if due is not None and (counts.due is None or due < counts.due):
                counts.due = due
            if self._settle_one(db, outcome, due, now):
                done += outcome.state == DONE
                failed += outcome.state == FAILED
        done += self._settle_answered(db, answered, now)
        counts.add(done, failed, calls, refusals, prompt + completion, cost)
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

    def _settle_one(self, db: sqlite3.Connection, outcome: Outcome, due: float | None, now: float) -> bool:
        """Write one outcome of any kind; whether its row is settled by it."""
        claim = outcome.claim
        changed = db.execute(
            "update item set state = ?, worker = null, attempts = attempts + ?, refusals = refusals + ?, "
            "not_before = ? where seq = ? and state = 1 and worker = ? and fence = ?",
            (
                *(outcome.state, outcome.sent and outcome.tried, outcome.refused, due),
                *(claim.seq, self._id, claim.fence),
            ),
        ).rowcount
        if not changed or outcome.state == OPEN:
            return False
        db.execute(
            "insert or replace into result values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(claim.seq, now, outcome.elapsed, outcome.status, outcome.reply),
                storable(outcome.error) if outcome.error else outcome.error,
                *(outcome.kind, outcome.request_id, outcome.prompt, outcome.completion, outcome.cost),
            ),
        )
        return True

    def _settle_answered(self, db: sqlite3.Connection, outcomes: list[Outcome], now: float) -> int:
        """Write what was answered in two statements, and not two a row; returns how many.

        Between two statements the interpreter may go to the event loop's thread and be slow to come back.
        What is answered and not written meanwhile would be asked again after a kill.
        """
        rows, replies, start = [], [], 1
        for one in outcomes:
            reply = one.reply or b""
            rows.append(
                (
                    *(one.claim.seq, one.elapsed, one.status, start, len(reply), one.request_id),
                    *(one.prompt, one.completion, one.cost),
                )
            )
            replies.append(reply)
            start += len(reply)
        if not rows:
            return 0
        changed: int = db.execute(
            f"update item set state = {DONE}, worker = null, attempts = attempts + 1, not_before = null "
            f"where state = {HELD} and worker = ? and seq in (select value from json_each(?))",
            (self._id, json.dumps([row[0] for row in rows])),
        ).rowcount
        if changed != len(rows):
            raise LedgerError(f"Rows that this process holds are not held in '{self._ledger.path}'.")
        db.execute(_ANSWERED, {"now": now, "rows": json.dumps(rows), "replies": b"".join(replies)})
        return changed

    def _observe(self, db: sqlite3.Connection, counts: _Counts) -> int:
        """Free the rows of workers that are gone or stand still; returns how many work, this one included."""
        now = time.monotonic()
        if counts.workers == 1 or now < self._look_at:
            return counts.workers
        self._look_at = now + _LOOK_EVERY
        alive = 1
        for worker in _workers(db):
            number, _, _, _, beat = worker
            if number == self._id:
                continue
            seen = self._seen.get(number)
            if seen is None or seen[0] != beat:
                self._seen[number] = seen = (beat, now)
            if now - seen[1] < self._lease and not _is_gone(worker):
                alive += 1
                continue
            db.execute("update item set state = 0, worker = null where state = 1 and worker = ?", (number,))
            if self._caps:
                # What it held may have been sent and paid for; a cap is a cap.
                held = db.execute("select calls, tokens, cost from worker where id = ?", (number,)).fetchone()
                db.execute(
                    "update run set calls = calls + ?, prompt_tokens = prompt_tokens + ?, cost = cost + ?",
                    held,
                )
                counts.add(0, 0, held[0], 0, *held[1:])
            db.execute("delete from worker where id = ?", (number,))
            self._seen.pop(number, None)
        return alive

    def _claim(
        self, db: sqlite3.Connection, want: int, counts: _Counts, alive: int, lost: bool
    ) -> tuple[list[Claim], View]:
        now = time.monotonic()
        spent = Spent(counts.calls, counts.tokens, counts.cost)
        claims: list[Claim] = []
        capped = ""
        due = counts.due
        if want > 0 and not counts.stop:
            reserved = self._reserved(db)
            late = due is not None and due <= now
            for row in self._candidates(db, want, now, late):
                tokens, price = self._caps.estimate(row[8], row[9])
                capped = self._caps.exceeded(spent, reserved, tokens, price)
                if capped:
                    break
                reserved = reserved.plus(1, tokens, price)
                claims.append(Claim._make((*row[:7], row[7] + 1, tokens, price)))
            db.execute(
                "update item set state = 1, worker = ?, fence = fence + 1, not_before = null "
                "where seq in (select value from json_each(?))",
                (self._id, json.dumps([claim.seq for claim in claims])),
            )
            self._held.update((claim.seq, claim) for claim in claims)
            if late:
                due = db.execute(_DUE).fetchone()[0]
        wait = None if due is None else max(0.0, due - now)
        left = counts.total - counts.done - counts.failed
        return claims, View(
            *(left, counts.total, counts.done, counts.failed, bool(counts.stop), capped, alive, wait, lost),
            *(spent, counts.refused),
        )

    def _candidates(self, db: sqlite3.Connection, want: int, now: float, late: bool) -> list[tuple[Any, ...]]:
        columns = (
            "select i.seq, i.id, s.hash, s.body, i.attempts, i.refusals, i.asked, i.fence, i.prompt, i.answer"
            " from item i join source s using(seq) where i.state = 0 and "
        )
        rows: list[tuple[Any, ...]] = []
        if late:
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

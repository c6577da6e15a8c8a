"""The ledger of a run: one SQLite file that knows every row, what was asked and what came back.

What a run is as a whole is here: whose it is, how far it is, stopping and asking again. Rows come in by
`intake`, are worked on through `claims`, and go out by `writing`. Knows nothing of HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..client.message.jsontext import storable
from . import places
from .errors import LedgerError, LedgerMismatchError
from .schema import DONE, FAILED, IN_BATCH, OPEN, begin, connect, refused


@dataclass(frozen=True)
class Identity:
    """Whose run it is: what may not change from one start to the next.

    Attributes:
        endpoint: the operation's path, such as `/chat/completions`.
        account: the base URL.
        organization, project: as in the configuration, or "".
        model: the one that requests name, or "" where each names its own.
        key: the key in force, of which only a mark is kept; "" where it is not known.
    """

    endpoint: str
    account: str
    organization: str = ""
    project: str = ""
    model: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes:
        State: new, running, stopped, done; `Why` it stopped, or "".
        Total, Done, Failed, Pending, InFlight, InBatch: rows.
        Calls: requests sent; `Refused` of them with a 429.
        PromptTokens, CompletionTokens, Cost: what the replies reported; the cost None without prices.
        Workers: processes at work now.
    """

    Ledger: str
    State: str
    Why: str
    Endpoint: str
    Account: str
    Model: str
    Total: int
    Done: int
    Failed: int
    Pending: int
    InFlight: int
    InBatch: int
    Calls: int
    Refused: int
    PromptTokens: int
    CompletionTokens: int
    Cost: float | None
    Workers: int
    Created: float
    Started: float | None
    Ended: float | None
    Notes: tuple[str, ...] = ()

    def __ps_properties__(self) -> dict[str, Any]:
        return {**vars(self), "Notes": list(self.Notes)}


class Ledger:
    """An open ledger. One thread at a time; every process and thread opens its own.

    Inside its `with`, whatever SQLite says is a LedgerError.

    Args:
        path: the SQLite file.
        create: make it where it is not there.

    Raises:
        LedgerError: see `schema.connect`.
    """

    def __init__(self, path: str | Path, create: bool = False) -> None:
        self.path = Path(path)
        self.db = connect(self.path, create)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            raise refused(self.path, error) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when it is left, or never was.

        Raises:
            LedgerError: it could not be written.
        """
        db = self.db
        try:
            begin(db)
            try:
                yield db
                sys.audit("psbridge.run.commit", str(self.path))
                db.execute("commit")
                sys.audit("psbridge.run.committed", str(self.path))
            except BaseException:
                if db.in_transaction:
                    db.execute("rollback")
                raise
        except sqlite3.Error as error:
            raise refused(self.path, error) from None

    # --- whose it is

    def is_new(self) -> bool:
        """Whether no run was begun in it."""
        return self.db.execute("select 1 from run").fetchone() is None

    def check(self, identity: Identity) -> None:
        """See that a run is of `identity`, if one was begun; writes nothing.

        Raises:
            LedgerMismatchError: it is another account's, endpoint's or model's.
        """
        row = self.db.execute("select endpoint, account, organization, project, model from run").fetchone()
        if row is not None:
            self._check(identity, row)

    def _check(self, identity: Identity, known: Sequence[str]) -> None:
        given = (
            *(identity.endpoint, identity.account, identity.organization),
            *(identity.project, identity.model),
        )
        kinds = ("endpoint", "base URL", "organization", "project", "model")
        for kind, before, now in zip(kinds, known, given, strict=True):
            if before != now:
                raise LedgerMismatchError(
                    f"The ledger '{self.path}' belongs to another run: its {kind} is "
                    f"'{before or 'none'}', not '{now or 'none'}'. Name another ledger for this one."
                )

    def belong(self, identity: Identity) -> str:
        """Begin a run of `identity`, or see that this is one; returns a note, or "".

        Raises:
            LedgerMismatchError: it is another account's, endpoint's or model's.
        """
        with self.writing() as db:
            row = db.execute(
                "select name, endpoint, account, organization, project, model, key_mark from run"
            ).fetchone()
            if row is None:
                name = secrets.token_hex(8)
                db.execute(
                    "insert into run(only, name, created, endpoint, account, organization, project, model, "
                    "key_mark, settings) values(1, ?, ?, ?, ?, ?, ?, ?, ?, '{}')",
                    (
                        *(name, time.time(), identity.endpoint, identity.account, identity.organization),
                        *(identity.project, identity.model, _mark(name, identity.key)),
                    ),
                )
                return ""
            name, *known, mark = row
            self._check(identity, known)
            new_mark = _mark(name, identity.key)
            if new_mark and new_mark != mark:
                db.execute("update run set key_mark = ?", (new_mark,))
                return "The key is not the one that this run was begun with." if mark else ""
            return ""

    def run(self, column: str) -> Any:
        """One column of the run."""
        row = self.db.execute(f"select {column} from run").fetchone()  # never what a user gave
        if row is None:
            raise LedgerError(f"There is no run in '{self.path}' yet: reading its rows did not end.")
        return row[0]

    def settings(self) -> dict[str, Any]:
        """What the last start asked for."""
        settings: dict[str, Any] = json.loads(self.run("settings"))
        return settings

    def keep_settings(self, settings: dict[str, Any]) -> None:
        """Remember what this start asks for, for `resume` and `export`."""
        with self.writing() as db:
            db.execute("update run set settings = ?", (json.dumps(settings),))

    def columns(self) -> list[str]:
        """The input's columns, in order."""
        columns: list[str] = json.loads(self.run("columns"))
        return columns

    def extra(self) -> list[str]:
        """Columns that replies are made into, besides Answer and Error."""
        extra: list[str] = json.loads(self.run("extra"))
        return extra

    # --- how far it is

    def begin(self) -> None:
        """A process starts to work on it: an earlier stop no longer holds, unless it was meant for it."""
        with self.writing() as db:
            db.execute(
                "update run set state = 'running', why = ?, stop = ?, started = ?, ended = null",
                (process_of(os.getpid()), self._stop_of_a_start(db), time.time()),
            )
            if not _somebody_works(db):
                # Of another start of this machine, whose monotonic clock began anew.
                db.execute(
                    "update item set not_before = null where state = 0 and not_before > ?",
                    (time.monotonic() + 3600,),
                )

    def give_back(self) -> None:
        """What lies in parts that were not made into batches is open again, to be asked for otherwise."""
        with self.writing() as db:
            parts = "select id from part where state in ('written', 'uploading', 'uploaded')"
            db.execute(
                f"update item set state = {OPEN}, part = null where state = {IN_BATCH} and part in ({parts})"
            )
            db.execute(f"delete from part where id in ({parts})")

    def starting(self, pid: int) -> None:
        """The process `pid` is going to work on it; until it does, it counts as running while that lives."""
        with self.writing() as db:
            state, why = db.execute("select state, why from run").fetchone()
            if state != "running" or not (is_running(why) or _somebody_works(db)):
                db.execute(
                    # Said twice of one start: for whoever begins it, then for the process it began.
                    "update run set state = 'starting', why = ?, stop = ?",
                    (process_of(pid), self._stop_of_a_start(db)),
                )

    @staticmethod
    def _stop_of_a_start(db: sqlite3.Connection) -> int:
        """Whether a start that is under way was asked to stop before it began."""
        state, why, stop = db.execute("select state, why, stop from run").fetchone()
        return int(state == "starting" and is_running(why) and stop)

    def end(self, why: str) -> None:
        """Nobody works on it any more; `why` it stopped, "" when it is done."""
        with self.writing() as db:
            if not _somebody_works(db):
                left = db.execute("select total - done - failed from run").fetchone()[0]
                state = "stopped" if left else "done"
                db.execute(
                    # Where another process is about to begin, that one has the word.
                    "update run set state = ?, why = ?, ended = ? where state != 'starting'",
                    (state, storable(why) or ("it was not finished" if left else ""), time.time()),
                )

    def stop(self) -> None:
        """Ask all who work on it to end what is under way, and to begin nothing more."""
        with self.writing() as db:
            db.execute("update run set stop = 1")

    def retry(self) -> int:
        """Have the rows that failed asked again, under a new idempotency key; returns how many."""
        with self.writing() as db:
            # What could not even be made a request of has no body, and stays as it is.
            rows = db.execute(
                "select seq from item join source using(seq) where state = 3 and body is not null"
            ).fetchall()
            db.executemany("delete from result where seq = ?", rows)
            db.executemany(
                "update item set state = 0, attempts = 0, asked = asked + 1, not_before = null, part = null "
                "where seq = ?",
                rows,
            )
            db.execute("update run set failed = failed - ?, state = 'stopped'", (len(rows),))
        return len(rows)

    def status(self) -> RunStatus:
        """How far it is, as one moment saw it."""
        db = self.db
        db.execute("begin")
        try:
            row = db.execute(
                "select state, why, endpoint, account, model, total, done, failed, calls, refusals, "
                "prompt_tokens, completion_tokens, cost, settings, created, started, ended from run"
            ).fetchone()
            if row is None:
                raise LedgerError(f"There is no run in '{self.path}' yet: reading its rows did not end.")
            in_flight = db.execute("select count(*) from item where state = 1").fetchone()[0]
            in_batch = db.execute("select count(*) from item where part is not null and state = 4").fetchone()
            workers = [worker for worker in _workers(db) if not _is_gone(worker)]
        finally:
            db.execute("rollback")
        (state, why, endpoint, account, model, total, done, failed, calls, refusals) = row[:10]
        prompt, completion, cost, settings, created, started, ended = row[10:]
        pending = total - done - failed - in_flight - in_batch[0]
        if state in ("starting", "running"):
            # A process that begins or ends is not among the workers, and all the same at work.
            alive = bool(workers) or is_running(why)
            state, why = ("running", "") if alive else ("stopped", "its process is gone")
        priced = bool(json.loads(settings).get("prices"))
        return RunStatus(
            *(str(self.path), state, why, endpoint, account, model or "", total, done, failed, pending),
            *(in_flight, in_batch[0], calls, refusals, prompt, completion, cost if priced else None),
            *(len(workers), created, started, ended),
        )

    def parts(self) -> list[dict[str, Any]]:
        """The batch files of the run, oldest first."""
        rows = self.db.execute("select id, model, state, batch_id, requests, why from part order by id")
        names = ("id", "model", "state", "batch_id", "requests", "why")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def counts(self) -> tuple[int, int, int]:
        """(all rows, answered, failed)."""
        row: tuple[int, int, int] = self.db.execute("select total, done, failed from run").fetchone()
        return row

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file, as far as nobody reads it."""
        try:
            self.db.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.Error:  # another process is at work, or there is no room: it stays in the log
            return


def process_of(pid: int) -> str:
    """A process, as the ledger names one that is at work."""
    return f"{pid} {places.started(pid)}"


def is_running(process: str) -> bool:
    """Whether a process that `process_of` named still runs."""
    pid, _, begun = process.partition(" ")
    return pid.isdigit() and places.is_alive(int(pid), begun)


def _mark(name: str, key: str) -> str | None:
    """Eight hex digits that change with the key, and from which nothing of it can be learned."""
    return hashlib.pbkdf2_hmac("sha256", key.encode(), name.encode(), 1000)[:4].hex() if key else None


def _workers(db: sqlite3.Connection) -> list[tuple[int, str, int, str, int]]:
    return db.execute("select id, host, pid, started, beat from worker where alive = 1").fetchall()


def _is_gone(worker: tuple[int, str, int, str, int]) -> bool:
    _, host, pid, started, _ = worker
    return host == places.host() and not places.is_alive(pid, started)


def _somebody_works(db: sqlite3.Connection) -> bool:
    return any(not _is_gone(worker) for worker in _workers(db))


__all__ = ["DONE", "FAILED", "OPEN", "Identity", "Ledger", "RunStatus", "is_running", "process_of"]

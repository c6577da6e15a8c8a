"""Rows into the ledger: one transaction for a whole input, so that a kill or a fault leaves what was there.

The same rows again change nothing; an id that comes with another request is refused, or asked anew where that
is wished for. Knows no formats and no HTTP.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..client.message.jsontext import escaped, storable
from ..client.message.payload import Payload
from ..errors import PSBridgeError
from .errors import ChangedItemError
from .ledger import Ledger
from .reading import SourceRow
from .recipes import Recipe, column
from .schema import DONE, FAILED, GONE, HELD, OPEN

ROW_KIND = "PSBridge.RunRow"
_AT_A_TIME = 1000  # rows that are written together
_NAMES = 1000  # columns whose names are kept as JSON
_BYTES_AT_A_TIME = 1 << 22
_ITEM = "insert into item(seq, id, state, prompt, answer) values(?, ?, ?, ?, ?) on conflict(id) do nothing"
_SOURCE = "insert into source(seq, hash, body, row) values(?, ?, ?, ?)"


class Prepared(NamedTuple):
    """A row of the input on its way into the ledger or a plan.

    Attributes:
        number: its place in the input, from 1.
        body: the bytes that go out; None where `problem` says why there are none.
    """

    number: int
    id: str
    row: Mapping[str, Any]
    body: bytes | None
    problem: str = ""


@dataclass
class Taken:
    """What became of an input.

    Attributes:
        rows: all; `bad` ones of them cannot be made a request of.
        new, known, changed: rows the ledger did not have, had, and had with another request.
        duplicates: rows that say what an earlier one said already.
    """

    rows: int = 0
    bad: int = 0
    new: int = 0
    known: int = 0
    changed: int = 0
    duplicates: int = 0
    columns: dict[str, None] = field(default_factory=dict)


def prepared(
    rows: Iterable[SourceRow], recipe: Recipe, id_column: str, columns: dict[str, None]
) -> Iterator[Prepared]:
    """Each row's id and request; `columns` gathers the columns in the order of their first coming.

    Raises:
        PSBridgeError: no row has the id column, or what the template names.
    """
    checked = False
    id_name = ""
    for number, (values, problem) in enumerate(rows, 1):
        if not problem:
            if not columns.keys() >= values.keys():
                columns.update(dict.fromkeys(map(storable, values)))
            if not checked:
                # The first whole row mostly has what the others have. Where it does not, the end decides.
                checked = True
                id_name = _match(id_column, values)
        body = None
        if not problem:
            try:
                body = recipe.request(values)
            except PSBridgeError as error:
                problem = error.message.rstrip(".")
            except ValueError as error:
                problem = str(error).rstrip(".")
        if not id_column:
            yield Prepared(number, str(number), values, body, problem)
            continue
        name = id_name if id_name in values else _match(id_column, values)
        value = values.get(name) if name else None
        id = "" if value is None else storable(str(value).strip())
        if not id:
            problem = problem or f"it has no '{id_column}'"
            yield Prepared(number, f"row {number}", values, None, problem)
        else:
            yield Prepared(number, id, values, body, problem)
    if columns:
        if id_column:
            column(id_column, list(columns))
        recipe.check_columns(list(columns))


def _match(name: str, values: Mapping[str, Any]) -> str:
    if not name or name in values:
        return name
    return next((one for one in values if one.lower() == name.lower()), "")


class Intake:
    """Takes one input into a ledger.

    Args:
        rerun: what is asked for another time when its request changed, instead of being refused.
        digest: what the input and all that makes requests of it is known by; None where it is not.
    """

    def __init__(
        self, ledger: Ledger, recipe: Recipe, id_column: str, *, rerun: bool = False, digest: bytes | None
    ) -> None:
        self._ledger = ledger
        self._recipe = recipe
        self._id = id_column
        self._rerun = rerun
        self._digest = digest
        self.taken = Taken()
        self._text = _RowText().of

    def needed(self) -> bool:
        """Whether the input has to be read: not when the ledger holds just that."""
        return self._digest is None or self._ledger.run("digest") != self._digest

    def take(self, rows: Iterable[SourceRow], header: Sequence[str] = ()) -> Taken:
        """Take all rows, or none.

        Args:
            header: the columns of an input that has no whole row; looked at when all are read.

        Raises:
            ChangedItemError: an id has another request than before.
            PSBridgeError: the rows lack what the run names.
            LedgerError: there is no room.
        """
        taken = self.taken
        with self._ledger.writing() as db:
            next_seq = db.execute("select coalesce(max(seq), 0) + 1 from item").fetchone()[0]
            all_rows = prepared(rows, self._recipe, self._id, taken.columns)
            if next_seq == 1:
                self._take_first(db, all_rows)
            else:
                self._take_again(db, all_rows, next_seq)
            count = "(select count(*) from item where state {})".format
            db.execute(
                f"update run set columns = ?, extra = ?, digest = ?, total = {count(f'!= {GONE}')}, "
                f"done = {count(f'= {DONE}')}, failed = {count(f'= {FAILED}')}",
                (
                    json.dumps(list(taken.columns) or list(header) or self._ledger.columns()),
                    *(json.dumps(list(self._recipe.extra)), self._digest),
                ),
            )
        self._ledger.checkpoint()
        return taken

    def _take_first(self, db: sqlite3.Connection, rows: Iterable[Prepared]) -> None:
        """Take the rows of an empty ledger, many at a time."""
        next_seq = 1
        size = 0
        group: list[Prepared] = []
        for one in rows:
            self.taken.rows += 1
            group.append(one)
            size += len(one.body or b"")
            if len(group) == _AT_A_TIME or size > _BYTES_AT_A_TIME:
                next_seq = self._take_together(db, group, next_seq)
                group, size = [], 0
        self._take_together(db, group, next_seq)

    def _take_again(self, db: sqlite3.Connection, rows: Iterable[Prepared], next_seq: int) -> None:
        """Take the rows of a ledger that has some: what the input lacks now is gone, the order may be new."""
        taken = self.taken
        db.execute("create temp table if not exists reading(place integer primary key, seq integer unique)")
        db.execute("delete from reading")
        in_order = True
        last = 0
        for one in rows:
            taken.rows += 1
            seq = self._one(db, one, next_seq, False)
            next_seq += seq == next_seq
            if db.execute("insert or ignore into reading(seq) values(?)", (seq,)).rowcount:
                in_order = in_order and seq == last + 1
                last = seq
            else:
                taken.duplicates += 1
        db.execute("delete from place")
        if not in_order or last != next_seq - 1:
            db.execute("insert into place select place, seq from reading")
            db.execute(
                f"update item set state = {GONE} where state in ({OPEN}, {DONE}, {FAILED}) "
                "and seq not in (select seq from reading)"
            )
        db.execute("drop table reading")

    def _take_together(self, db: sqlite3.Connection, group: list[Prepared], next_seq: int) -> int:
        """Take rows at once, or one by one where an id is not new or a row bad; returns the next number."""
        items: list[tuple[Any, ...]] = []
        sources: list[tuple[Any, ...]] = []
        for seq, one in enumerate(group, next_seq):
            if one.body is None:
                break
            items.append((seq, one.id, OPEN, *tokens_of(one.body)))
            sources.append((seq, hashlib.sha256(one.body).digest(), one.body, self._text(one.row)))
        if len(items) == len(group):
            if db.executemany(_ITEM, items).rowcount == len(group):
                db.executemany(_SOURCE, sources)
                self.taken.new += len(group)
                return next_seq + len(group)
            db.execute("delete from item where seq >= ?", (next_seq,))
        for one in group:
            next_seq += self._one(db, one, next_seq, True) == next_seq
        return next_seq

    def _one(self, db: sqlite3.Connection, one: Prepared, next_seq: int, first: bool) -> int:
        """Take one row; returns its sequence number, `next_seq` where it is new."""
        taken = self.taken
        taken.bad += one.body is None
        row = self._text(one.row)
        hash = None if one.body is None else hashlib.sha256(one.body).digest()
        prompt, answer = (0, 0) if one.body is None else tokens_of(one.body)
        state = OPEN if hash is not None else FAILED
        inserted = db.execute(
            _ITEM,
            (next_seq, one.id, state, prompt, answer),
        ).rowcount
        if inserted:
            taken.new += 1
            db.execute(_SOURCE, (next_seq, hash, one.body, row))
            if hash is None:
                self._bad(db, next_seq, one.problem)
            return next_seq
        seq, before, state = db.execute(
            "select seq, hash, state from item join source using(seq) where id = ?", (one.id,)
        ).fetchone()
        if state == GONE and before == hash:
            self._back(db, int(seq))
        if before == hash and (hash is not None or first):
            taken.known += not first
            taken.duplicates += first
            if not first:
                db.execute("update source set row = ? where seq = ? and row != ?", (row, seq, row))
            return int(seq)
        if before is not None and hash is None:
            raise self._changed(one, f"cannot be made a request of any more: {one.problem}")
        seen = first or db.execute("select count(*) from reading where seq = ?", (seq,)).fetchone()[0]
        if seen:
            raise self._changed(one, "stands in the input twice, with different requests")
        if before is not None and not self._rerun:
            raise self._changed(one, "has another request than in the ledger")
        if state == HELD:
            raise self._changed(one, "has another request than the one that is being asked just now")
        taken.changed += 1
        self._replace(db, int(seq), one, hash, row, prompt, answer)
        return int(seq)

    def _replace(
        self,
        db: sqlite3.Connection,
        seq: int,
        one: Prepared,
        hash: bytes | None,
        row: str,
        prompt: int,
        answer: int,
    ) -> None:
        """Have a row asked anew with its new request."""
        db.execute("update source set hash = ?, body = ?, row = ? where seq = ?", (hash, one.body, row, seq))
        db.execute("delete from result where seq = ?", (seq,))
        state = OPEN if hash is not None else FAILED
        db.execute(
            "update item set state = ?, attempts = 0, refusals = 0, not_before = null, part = null, "
            "prompt = ?, answer = ? where seq = ?",
            (state, prompt, answer, seq),
        )
        if hash is None:
            self._bad(db, seq, one.problem)

    @staticmethod
    def _back(db: sqlite3.Connection, seq: int) -> None:
        """A row that was gone from the input is there again, with what was known of it."""
        row = db.execute("select error from result where seq = ?", (seq,)).fetchone()
        state = OPEN if row is None else DONE if row[0] is None else FAILED
        db.execute("update item set state = ? where seq = ?", (state, seq))

    @staticmethod
    def _bad(db: sqlite3.Connection, seq: int, problem: str) -> None:
        sentence = storable(f"The row cannot be asked for: {problem}.")
        db.execute(
            "insert or replace into result(seq, at, error, kind) values(?, ?, ?, ?)",
            (seq, time.time(), sentence, ROW_KIND),
        )

    def _changed(self, one: Prepared, sentence: str) -> ChangedItemError:
        hint = "" if self._rerun else " -Changed Rerun or --changed rerun asks for changed rows again."
        if "twice" in sentence or "just now" in sentence:
            hint = ""
        return ChangedItemError(f"Row {one.number}, id '{one.id}', {sentence}; nothing was sent.{hint}")


def tokens_of(body: bytes) -> tuple[int, int]:
    """(tokens of the request, most tokens of its answer or 0 where it sets none), both estimated."""
    payload = Payload(body)
    return payload.prompt_tokens, payload.answer_tokens if b'"max_' in body else 0


class _RowText:
    """Rows as JSON text; those of plain texts, as tables have them, far sooner than an encoder does it."""

    def __init__(self) -> None:
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
        self._names: dict[str, str] = {}

    def of(self, row: Mapping[str, Any]) -> str:
        """A row's text."""
        return storable(self._of(row))

    def _of(self, row: Mapping[str, Any]) -> str:
        names = self._names
        if type(row) is dict:
            try:
                return "{" + ",".join([names[name] + escaped(value) for name, value in row.items()]) + "}"
            except TypeError:  # not all of it is text
                return self._encode(row)
            except KeyError:  # a new column
                if len(names) < _NAMES and all(type(name) is str for name in row):
                    names.update((name, escaped(name) + ":") for name in row)
        return self._encode(row)

"""Rows out of the ledger: results as values, and files of them, whole or not at all."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from .. import separated
from ..client.message import jsontext
from .errors import RunUsageError
from .ledger import Ledger
from .places import replaced, sync_folder
from .reading import missing_extra
from .recipes import Recipe
from .schema import DONE, FAILED, OPEN

STATES = ("Pending", "InFlight", "Done", "Failed", "InBatch", "Gone")
_row = json.JSONDecoder().raw_decode  # of a row as intake wrote it, with nothing before or behind
ANSWER, ERROR = "Answer", "Error"
_LARGEST = (1 << 63) - 1  # of a column of integers
_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "csv",
}


@dataclass(frozen=True)
class RunResult:
    """What became of one row.

    Attributes:
        Id, Row: the row's id, and its columns as they were read.
        State: Pending, InFlight, Done, Failed or InBatch.
        Answer: the answer's text; "" where there is none.
        Error: a sentence; "" where nothing went wrong. `ErrorId` is the error's stable id.
        Columns: what the reply was made into besides, such as the members of a typed answer.
        Reply: the whole reply as JSON text, or "".
    """

    Id: str
    State: str
    Answer: str
    Error: str
    Row: Mapping[str, Any]
    Columns: Mapping[str, Any] = field(default_factory=dict)
    Status: int | None = None
    ErrorId: str = ""
    RequestId: str = ""
    Attempts: int = 0
    PromptTokens: int = 0
    CompletionTokens: int = 0
    Cost: float = 0.0
    ElapsedSec: float = 0.0
    Reply: str = field(default="", repr=False)

    @property
    def ok(self) -> bool:
        """Whether it was answered."""
        return self.State == "Done"

    def __ps_properties__(self) -> dict[str, Any]:
        row, columns = dict(self.Row), dict(self.Columns)
        return {**vars(self), "Row": row, "Columns": columns}


class Written(NamedTuple):
    """What an output file has of one row; `columns` are those made from its reply."""

    failed: bool
    row: Mapping[str, Any]
    answer: str
    error: str
    columns: Mapping[str, Any]


_ALL = (
    "i.id, i.state, i.attempts, s.row, r.reply, r.error, r.kind, r.status, r.request_id, "
    "r.prompt_tokens, r.completion_tokens, r.cost, r.elapsed"
)
_WRITTEN = "i.state, s.row, r.reply, r.error, r.kind"
_SELECT = (
    "select {key}, {columns} "
    "from {tables} join source s on s.seq = i.seq left join result r on r.seq = i.seq "
    "where {key} > ? {more} order by {key}"
)


def results(
    ledger: Ledger, recipe: Recipe, where: str = "", after: int = 0
) -> Iterator[tuple[int, RunResult]]:
    """(sequence number, result) of every row, in the order of the input.

    Args:
        where: a condition on `i`, from this package only.
        after: the place or sequence number that was handed out last.
    """
    with closing(_selected(ledger, _ALL, where, after)) as cursor:
        for row in cursor:
            yield row[0], _result(row, recipe)


def _written(ledger: Ledger, recipe: Recipe) -> Iterator[Written]:
    with closing(_selected(ledger, _WRITTEN)) as cursor:
        for _, state, source, reply, error, kind in cursor:
            answer, columns = _answered(recipe, state, reply, kind)
            yield Written(state == FAILED, _row(source, 0)[0], answer, error or "", columns)


def _selected(ledger: Ledger, columns: str, where: str = "", after: int = 0) -> sqlite3.Cursor:
    db = ledger.db
    reordered = db.execute("select count(*) from (select 1 from place limit 1)").fetchone()[0]
    tables, key = ("place p join item i on i.seq = p.seq", "p.place") if reordered else ("item i", "i.seq")
    select = _SELECT.format(key=key, columns=columns, tables=tables, more=f"and {where}" if where else "")
    return db.execute(select, (after,))


def _answered(recipe: Recipe, state: int, reply: Any, kind: str | None) -> tuple[str, Mapping[str, Any]]:
    """A row's answer and the columns made from it; nothing of a reply that is no answer."""
    if reply is None or not (state == DONE or kind == "PSBridge.RunAnswer"):
        return "", {}
    answer, _, columns = recipe.answered(jsontext.read(reply))
    return answer, columns


def _result(row: tuple[Any, ...], recipe: Recipe) -> RunResult:
    _, id, state, attempts, source, reply, error, kind, status, request_id, prompt, completion, cost, took = (
        row
    )
    answer, columns = _answered(recipe, state, reply, kind)
    return RunResult(
        *(id, STATES[state], answer, error or "", json.loads(source), columns, status, kind or ""),
        *(request_id or "", attempts, prompt or 0, completion or 0, cost or 0.0, took or 0.0),
        "" if reply is None else bytes(reply).decode("utf-8", "replace"),
    )


def check_output(path: Path) -> str:
    """The format of an output file, by its suffix.

    Raises:
        RunUsageError: there is no such format, or no folder for it.
    """
    format = _BY_SUFFIX.get(path.suffix.lower(), "")
    if not format:
        raise RunUsageError(f"'{path}': output is written as .csv, .tsv, .jsonl or .parquet.")
    if path.is_dir():
        raise RunUsageError(f"'{path}' is a folder.")
    if not path.parent.is_dir():
        raise RunUsageError(f"There is no folder '{path.parent}' for the output.")
    return format


def failed_path(out: Path) -> Path:
    """Where the rows that failed go."""
    return out.with_name(f"{out.stem}.failed.jsonl")


def export(ledger: Ledger, recipe: Recipe, out: Path) -> int:
    """Write all rows to `out`, and those that failed beside it; returns how many failed.

    Raises:
        RunError: it cannot be written; what bore the names is as it was.
    """
    format = check_output(out)
    columns = ledger.columns()
    names = Names(columns, ledger.extra())
    beside = failed_path(out)
    failed = 0
    with replaced(beside) as failures:

        def rows() -> Iterator[Written]:
            nonlocal failed
            failed = 0
            failures.seek(0)
            failures.truncate()
            for one in _written(ledger, recipe):
                if one.failed:
                    failed += 1
                    failures.write(_json_line(one.row))
                yield one

        with replaced(out, binary=format == "parquet") as file, one_moment(ledger):
            _WRITERS[format](file, names, rows)
    if not failed:
        beside.unlink(missing_ok=True)
        sync_folder(beside.parent)
    return failed


@contextmanager
def one_moment(ledger: Ledger) -> Iterator[None]:
    """Read the ledger as it is now, whatever others write meanwhile."""
    ledger.db.execute("begin")
    try:
        yield
    finally:
        ledger.db.execute("rollback")


class Names:
    """The output's columns: the input's, Answer, Error, and those made from replies.

    A name that the input has already gets a 2 behind it.
    """

    def __init__(self, columns: list[str], extra: list[str]) -> None:
        self.columns = columns
        taken = {name.lower() for name in columns}
        self.own: dict[str, str] = {}
        for name in (ANSWER, ERROR, *extra):
            new, number = name, 2
            while new.lower() in taken:
                new, number = f"{name}{number}", number + 1
            taken.add(new.lower())
            self.own[name] = new
        self.extra = extra
        self.all = [*columns, *self.own.values()]

    def values(self, one: Written) -> list[Any]:
        """A row's values, in the order of `all`."""
        row = one.row
        values = [row.get(name) for name in self.columns]
        values += one.answer, one.error
        if self.extra:
            values += [one.columns.get(name) for name in self.extra]
        return values


def cell(value: Any) -> str:
    """A value as text of a table: nothing for null, JSON for tables, lists and truth values."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, Mapping, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


Rows = Callable[[], Iterator[Written]]


def _csv(delimiter: str) -> Callable[[IO[Any], Names, Rows], None]:
    def write(file: IO[Any], names: Names, rows: Rows) -> None:
        table = separated.writer(file, delimiter=delimiter, lineterminator="\n")
        table.writerow(names.all)
        table.writerows(
            [value if type(value) is str else cell(value) for value in names.values(one)] for one in rows()
        )

    return write


def _json_lines(file: IO[Any], names: Names, rows: Rows) -> None:
    for one in rows():
        row = dict(zip(names.all, names.values(one), strict=True))
        absent = [name for name in names.columns if name not in one.row]
        for name in absent:
            del row[name]
        file.write(_json_line(row))


def _json_line(row: Mapping[str, Any]) -> str:
    """A row as a line of JSON, which has no word for what is not finite: it becomes null."""
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError:
        return json.dumps(_finite(row), ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parquet(file: IO[Any], names: Names, rows: Rows) -> None:
    """Two passes: one for the columns' types, one for their values."""
    try:
        import pyarrow
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        raise missing_extra("Parquet", "parquet") from None
    kinds: list[set[type]] = [set() for _ in names.all]
    for one in rows():
        for kind, value in zip(kinds, names.values(one), strict=True):
            if value is not None:
                kind.add(str if type(value) is int and abs(value) > _LARGEST else type(value))
    simple = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64()}
    types = []
    for kind in kinds:
        if kind == {int, float}:
            kind = {float}
        types.append(simple.get(next(iter(kind)), pyarrow.string()) if len(kind) == 1 else pyarrow.string())
    schema = pyarrow.schema(list(zip(names.all, types, strict=True)))
    with ParquetWriter(file, schema) as writer:
        group: list[list[Any]] = []
        for one in rows():
            group.append(names.values(one))
            if len(group) == 4096:
                writer.write_batch(_batch(pyarrow, schema, group))
                group = []
        writer.write_batch(_batch(pyarrow, schema, group))


def _batch(pyarrow: Any, schema: Any, group: list[list[Any]]) -> Any:
    arrays = []
    for number, one in enumerate(schema):
        values = [row[number] for row in group]
        if one.type == pyarrow.string():
            values = [None if value is None else jsontext.storable(cell(value)) for value in values]
        elif one.type == pyarrow.float64():
            values = [None if value is None else float(value) for value in values]
        arrays.append(pyarrow.array(values, one.type))
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


_WRITERS = {"csv": _csv(","), "tsv": _csv("\t"), "jsonl": _json_lines, "parquet": _parquet}

__all__ = ["FAILED", "OPEN", "Names", "RunResult", "cell", "check_output", "export", "failed_path", "results"]

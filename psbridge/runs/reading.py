"""Rows out of files: CSV, TSV, JSON lines, JSON, Parquet, XLSX, and whatever else can be iterated.

A file is read as it is needed and never held whole. A row that cannot be read is a row with a problem; only a
file of which no row can be read is an error. Knows nothing of requests.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from .. import separated
from ..chat.template import properties_of
from .errors import InputError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_CHUNK = 1 << 20
_LARGEST_FIELD = 1 << 24
FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "xlsx")
_SUFFIXES = {**{f".{name}": name for name in FORMATS}, ".ndjson": "jsonl", ".txt": "csv", ".tab": "tsv"}


class SourceRow(NamedTuple):
    """One row: its values by column, and what is wrong with it ("" for nothing)."""

    values: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Source:
    """A file of rows, looked at once.

    Attributes:
        path: the file; `name` is what it is called in sentences.
        format: one of `FORMATS`.
        encoding, delimiter: of a text file.
        digest: SHA-256 of its bytes.
        columns: of a table, once its header was read; a table without rows has them all the same.
    """

    path: Path
    name: str
    format: str
    encoding: str
    delimiter: str
    digest: bytes
    columns: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[SourceRow]:
        """The rows, as they are read.

        Raises:
            InputError: it is not a file of its format.
        """
        if self.format in ("csv", "tsv"):
            return _csv_rows(self)
        if self.format == "jsonl":
            return _json_line_rows(self)
        if self.format == "json":
            return _json_rows(self)
        return _parquet_rows(self) if self.format == "parquet" else _xlsx_rows(self)

    @contextmanager
    def text(self) -> Iterator[TextIOWrapper]:
        """The file as text; what its encoding lacks becomes a replacement character."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            yield file


def source(
    path: str | Path, *, format: str = "", encoding: str = "", delimiter: str = "", name: str = ""
) -> Source:
    """Look at a file: its digest, format, encoding and delimiter, as far as they are not given.

    Raises:
        InputError: it cannot be read, or is of no known format or encoding.
    """
    path = Path(path)
    name = name or str(path)
    format = format.lower() or _SUFFIXES.get(path.suffix.lower(), "")
    if format and format not in FORMATS:
        raise InputError(f"'{format}' is not a format of rows; {', '.join(FORMATS)} are.")
    if encoding:
        try:
            "".encode(encoding)
        except (LookupError, UnicodeError):
            raise InputError(f"'{encoding}' is not an encoding of text.") from None
    if delimiter:
        delimiter = {"\\t": "\t", "tab": "\t"}.get(delimiter.lower(), delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise InputError("A delimiter is one character, such as ; or \\t.")
    try:
        with path.open("rb") as file:
            head = file.read(_CHUNK)
            digest, is_utf8 = _looked_at(head, file)
    except OSError as error:
        raise InputError(f"'{name}' cannot be read: {error.strerror}.", category="ReadError") from None
    encoding = encoding or _encoding(head, is_utf8)
    try:
        codecs.getincrementaldecoder(encoding)("replace").decode(head)
    except UnicodeError as error:  # UTF-16 without the mark that says which one
        raise InputError(f"'{name}' cannot be read as {encoding}: {error}.") from None
    if not format:
        start = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")[:1]
        format = {"{": "jsonl", "[": "json"}.get(start, "csv")
    if not delimiter:
        first = head.decode(encoding, "replace").lstrip("\ufeff").splitlines()[:1] or [""]
        delimiter = "\t" if format == "tsv" else _delimiter(first[0])
    return Source(path, name, format, encoding, delimiter, digest)


@contextmanager
def spooled_input() -> Iterator[Path]:
    """Standard input as a file that is gone afterwards."""
    import shutil
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="psbridge-rows-", delete=False) as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    try:
        yield Path(file.name)
    finally:
        Path(file.name).unlink(missing_ok=True)


def rows_of(items: Iterable[Any]) -> Iterator[SourceRow]:
    """Rows out of any iterable of mappings, property bags, objects, or texts (as the column Text)."""
    for item in items:
        if isinstance(item, SourceRow):
            yield item
            continue
        members = dict(properties_of(item))
        if isinstance(item, str) and not members:
            yield SourceRow({"Text": str(item)})
        else:
            yield SourceRow(members, "" if members else f"it is no row: {type(item).__name__}")


def _looked_at(head: bytes, file: Any) -> tuple[bytes, bool]:
    """(SHA-256, whether it is UTF-8) of a whole file, a piece at a time."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    piece = head
    while True:
        digest.update(piece)
        if is_utf8:
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                is_utf8 = False
        if not piece:
            return digest.digest(), is_utf8
        piece = file.read(_CHUNK)


def _encoding(head: bytes, is_utf8: bool) -> str:
    """By the byte-order mark, else UTF-8 if it is, else UTF-16 by its zeros, else Windows' western one."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    sample = head[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if (
        max(even, odd) > len(sample) // 8 and min(even, odd) <= max(even, odd) // 4
    ):  # a stray zero is a letter
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8" if is_utf8 else "cp1252"


def _delimiter(header: str) -> str:
    """The one that stands most often in the header, outside quotes."""
    outside = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=lambda one: (outside.count(one), one == ","))


def _named(source: Source, header: list[str]) -> list[str]:
    names = [name.strip() or f"Column{number}" for number, name in enumerate(header, 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"'{source.name}' has more than one column '{twice}'.")
    source.columns[:] = names
    return names


class _Lines:
    """A file's lines, some of which can be taken back: those of a row that turns out to be none.

    Attributes:
        record: the lines since it was cleared; `number` of the last one.
    """

    def __init__(self, file: Iterator[str]) -> None:
        self._next = file.__next__
        self._back: list[str] = []
        self.record: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else self._next()
        self.record.append(line)
        self.number += 1
        return line

    def take_back(self) -> str:
        """All lines of the record but the first, which it returns."""
        first, *others = self.record
        self._back += reversed(others)
        self.number -= len(others)
        self.record.clear()
        return first


def _csv_rows(source: Source) -> Iterator[SourceRow]:
    if csv.field_size_limit() < _LARGEST_FIELD:
        csv.field_size_limit(_LARGEST_FIELD)
    with source.text() as file:
        lines = _Lines(file)
        reader = separated.reader(lines, delimiter=source.delimiter, strict=True)
        names: list[str] | None = None
        while True:
            try:
                for fields in reader:
                    lines.record.clear()
                    if not fields:
                        continue
                    if names is None:
                        names = _named(source, fields)
                    elif len(fields) == len(names):
                        yield SourceRow(dict(zip(names, fields, strict=True)))
                    else:
                        more = [f"Column{number}" for number in range(len(names) + 1, len(fields) + 1)]
                        values = dict(zip([*names, *more], fields, strict=False))
                        said = f"line {lines.number}: it has {len(fields)} fields, the header {len(names)}"
                        yield SourceRow(values, said)
                break
            except csv.Error as error:
                if names is None:
                    raise InputError(f"'{source.name}' has no header: {error}.") from None
                # A quote that nothing ends would take all that follows for its own.
                line = lines.take_back()
                yield SourceRow({"Line": line.rstrip("\r\n")}, f"line {lines.number}: {error}")
    if names is None:
        raise InputError(f"'{source.name}' is empty: a table begins with the names of its columns.")


def _json_line_rows(source: Source) -> Iterator[SourceRow]:
    with source.text() as file:
        for number, line in enumerate(file, 1):
            if not line.strip("\ufeff \t\r\n"):
                continue
            try:
                value = json.loads(line.strip("\ufeff"))
            except (ValueError, RecursionError) as error:
                yield SourceRow({"Line": line.rstrip("\r\n")}, f"line {number} is not JSON: {_why(error)}")
                continue
            yield _object(value, f"line {number}")


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _object(value: Any, place: str) -> SourceRow:
    if isinstance(value, dict):
        return SourceRow(value)
    if isinstance(value, str):
        return SourceRow({"Text": value})
    return SourceRow({"Value": value}, f"{place} is no JSON object")


def _json_rows(source: Source) -> Iterator[SourceRow]:
    """The objects of an array, each as it has come: the file is not read ahead of them."""
    decoder = json.JSONDecoder()
    number = 0
    with source.text() as file:
        buffer = file.read(_CHUNK).lstrip("\ufeff \t\r\n")
        if not buffer.startswith("["):
            raise InputError(f"'{source.name}' is not a JSON array of objects.")
        buffer = buffer[1:]
        while True:
            buffer = buffer.lstrip(" \t\r\n,")
            if buffer.startswith("]"):
                return
            more = ""
            try:
                value, end = decoder.raw_decode(buffer)
                whole = isinstance(value, (dict, list, str)) or end < len(buffer)
            except (ValueError, RecursionError) as error:
                whole, why = False, _why(error)
            else:
                why = "it ends too soon"
            if not whole:
                more = file.read(max(_CHUNK, len(buffer)))
                if not more:
                    raise InputError(f"'{source.name}' is not JSON after {number} rows: {why}.")
                buffer += more
                continue
            number += 1
            yield _object(value, f"element {number}")
            buffer = buffer[end:]


def _parquet_rows(source: Source) -> Iterator[SourceRow]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise missing_extra("Parquet", "parquet") from None
    try:
        with ParquetFile(source.path) as file:
            for batch in file.iter_batches(batch_size=4096):
                for values in batch.to_pylist():
                    yield SourceRow(values)
    except (ArrowException, OSError) as error:
        raise InputError(f"'{source.name}' is not Parquet: {error}.") from None


def _xlsx_rows(source: Source) -> Iterator[SourceRow]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise missing_extra("XLSX", "xlsx") from None
    try:
        # Opened here: of a broken one the library does not close what it opened.
        with (
            source.path.open("rb") as file,
            closing(load_workbook(file, read_only=True, data_only=True)) as book,
        ):
            sheet = iter(book.worksheets[0].iter_rows(values_only=True))
            header = next(sheet, None)
            if header is None:
                raise InputError(f"'{source.name}' is empty: a table begins with the names of its columns.")
            names = _named(source, ["" if name is None else str(name) for name in header])
            for fields in sheet:
                if any(value is not None for value in fields):
                    yield SourceRow(dict(zip(names, fields, strict=False)))
    except InputError:
        raise
    except Exception as error:  # whatever a broken file makes the library raise
        raise InputError(f"'{source.name}' is not an XLSX workbook: {error}.") from None


def missing_extra(what: str, extra: str) -> InputError:
    """The sentence for a library that is not there."""
    return InputError(f'{what} needs another library: pip install "psbridge[{extra}]".')

"""Records of separated values, which may have the character U+0000 on every Python.

Python 3.10's csv refuses it in what it reads and in what it writes; later ones take it. There it goes through
csv as a noncharacter, which Unicode keeps for a program's own use.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

_TAKEN = sys.version_info >= (3, 11)
_STAND_IN = "\ufdd0"


class Writer(Protocol):
    """What writes records."""

    def writerow(self, row: Iterable[Any], /) -> Any:
        """Write one."""

    def writerows(self, rows: Iterable[Iterable[Any]], /) -> Any:
        """Write them as they come."""


class _File(Protocol):
    def write(self, text: str, /) -> Any: ...


def reader(lines: Iterable[str], **form: Any) -> Iterator[list[str]]:
    """The records of lines, as `csv.reader` has them; it can be asked on after a `csv.Error`."""
    return csv.reader(lines, **form) if _TAKEN else _Reader(lines, form)


def writer(file: _File, **form: Any) -> Writer:
    """What writes records to a file, as `csv.writer` does."""
    return csv.writer(file, **form) if _TAKEN else _Writer(file, form)


class _Reader:
    def __init__(self, lines: Iterable[str], form: dict[str, Any]) -> None:
        self._hid = False  # in the lines of the record that is read
        self._rows = csv.reader(map(self._hidden, lines), **form)

    def _hidden(self, line: str) -> str:
        if "\0" not in line:
            return line
        self._hid = True
        return line.replace("\0", _STAND_IN)

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self._hid = False
        row = next(self._rows)
        return [field.replace(_STAND_IN, "\0") for field in row] if self._hid else row


class _Writer:
    def __init__(self, file: _File, form: dict[str, Any]) -> None:
        self._file = file
        self._form = form
        self._writer = csv.writer(file, **form)

    def writerow(self, row: Iterable[Any]) -> None:
        values = list(row)
        if not any(isinstance(value, str) and "\0" in value for value in values):
            self._writer.writerow(values)
            return
        record = io.StringIO(newline="")
        hidden = [value.replace("\0", _STAND_IN) if isinstance(value, str) else value for value in values]
        csv.writer(record, **self._form).writerow(hidden)
        self._file.write(record.getvalue().replace(_STAND_IN, "\0"))

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            self.writerow(row)

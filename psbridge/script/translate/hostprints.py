"""The `print` calls that write for the reader alone, as Write-Host does, told from those of what is put out.

While a text is being written they have a name of the same length that the script does not have, so that lines
are broken where they will be broken with `print`. Knows nothing of PowerShell.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

PRINT = "print"


def mark_for(script: str) -> str:
    """A name as long as `print` that is nowhere in a script.

    >>> mark_for("Write-Host 'x'"), mark_for("$pr0nt = 1")
    ('pr0nt', 'pr1nt')
    """
    names = (f"pr{number}nt" if number < 10 else f"p{number:04}" for number in count())
    return next(name for name in names if name not in script)


def unmarked(text: str, mark: str) -> str:
    """The text with `print` where the mark is."""
    return text.replace(mark, PRINT)


def places(text: str, mark: str) -> Iterator[tuple[int, int]]:
    """Line and column of each mark, as `ast` counts: lines from 1, columns in bytes of UTF-8 from 0."""
    for number, line in enumerate(text.split("\n"), 1):
        column = line.find(mark)
        while column >= 0:
            yield number, len(line[:column].encode())
            column = line.find(mark, column + 1)

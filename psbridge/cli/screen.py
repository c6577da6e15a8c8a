"""What commands write with: rich on a terminal, plain lines anywhere else. Knows no command."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .streams import check_output, wants_ascii

if TYPE_CHECKING:
    from rich.console import Console


class Screen:
    """Standard output. `plain` is true when it is not a terminal: then no colours, boxes or wrapping.

    On a terminal nothing that is written can steer it: neither a model's words nor a server's.

    Raises:
        NoOutputError: it was closed when the command started.
    """

    def __init__(self) -> None:
        check_output()
        self.plain = not sys.stdout.isatty()

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console

        return Console(highlight=False, markup=False, emoji=False)

    def line(self, text: str = "", style: str = "") -> None:
        """One line (or several), as they are."""
        if self.plain:
            sys.stdout.write(text + "\n")
        else:
            self._console.print(harmless(text), style=style or None, soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line that begins a part, with an empty one before it."""
        self.line()
        self.line(text, "bold cyan")

    def json(self, value: Any, indent: int | None = 2) -> None:
        """A JSON value or text, indented by `indent` spaces, or on one line."""
        if isinstance(value, (str, bytes)):
            value = json.loads(value)
        text = json.dumps(value, indent=indent, ensure_ascii=self.plain and wants_ascii())
        if self.plain:
            self.line(text)
        else:
            from rich.highlighter import JSONHighlighter
            from rich.text import Text

            shown = Text(_STEERING.sub(_escaped, text))
            JSONHighlighter().highlight(shown)
            self._console.print(shown, soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows in columns. Plain: a row is a line, columns are two or more spaces apart, without headings."""
        if self.plain:
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            for row in rows:
                cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
                self.line("  ".join(cells).rstrip())
            return
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for number, heading in enumerate(headings):
            table.add_column(heading, no_wrap=number == 0, style="cyan" if number == 0 else "")
        for row in rows:
            table.add_row(*map(Text, map(harmless, row)))
        self._console.print(table)

    def piece(self, text: str) -> None:
        """A piece of text from a model, shown at once; on a terminal without what could steer it."""
        sys.stdout.write(text if self.plain else harmless(text))
        sys.stdout.flush()


# Control characters, which a terminal obeys, and those that turn the direction of what follows.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """`text` without what a terminal would obey; line breaks and tabs stay."""
    return _STEERING.sub("", text)


def _escaped(match: re.Match[str]) -> str:
    """As JSON has it."""
    return f"\\u{ord(match[0]):04x}"

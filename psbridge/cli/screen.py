"""What commands write with: rich on a terminal, plain lines anywhere else. Knows no command."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


class Screen:
    """Standard output. `plain` is true when it is not a terminal: then no colours, boxes or wrapping."""

    def __init__(self) -> None:
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
            self._console.print(text, style=style or None, soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line that begins a part, with an empty one before it."""
        self.line()
        self.line(text, "bold cyan")

    def json(self, value: Any, indent: int | None = 2) -> None:
        """A JSON value or text, indented by `indent` spaces, or on one line."""
        if isinstance(value, (str, bytes)):
            value = json.loads(value)
        text = json.dumps(value, indent=indent, ensure_ascii=False)
        if self.plain:
            self.line(text)
        else:
            self._console.print_json(text, indent=indent)

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
            table.add_row(*map(Text, row))
        self._console.print(table)

    def piece(self, text: str) -> None:
        """A piece of text from a model, shown at once; on a terminal without what could steer it."""
        sys.stdout.write(text if self.plain else harmless(text))
        sys.stdout.flush()


def harmless(text: str) -> str:
    """`text` without control characters, which a terminal would obey; line breaks and tabs stay."""
    return "".join(one for one in text if one in "\n\t" or one.isprintable() or ord(one) > 0x9F)

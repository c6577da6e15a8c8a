"""What objects look like when a script puts them out: `lines_of` for many, `Screen` for a session."""

from __future__ import annotations

from typing import Any

from psbridge.binding.objects import is_dictionary
from psbridge.binding.text import net_text
from psbridge.binding.values import PSCustomObject
from psbridge.script.semantics.values import Bag, DictionaryEntry

WIDTH = 120


def lines_of(items: list[Any], rt: Any = None, width: int | None = None) -> list[str]:
    """The lines that show these objects, one after another, as Out-String makes them."""
    screen = Screen(None, width or WIDTH)
    for item in items:
        screen.put(item)
    screen.flush()
    return screen.lines


class Screen:
    """Objects to lines: plain ones at once, others gathered into a table or list of their kind."""

    def __init__(self, write: Any, width: int = WIDTH) -> None:
        self.write = write
        self.width = width
        self.lines: list[str] = []
        self.held: list[Any] = []
        self.held_kind: Any = None
        self.after_group = False

    def line(self, text: str) -> None:
        """One line, or a text of several."""
        for part in text.split("\n") if "\n" in text else (text,):
            if self.write is not None:
                self.write(f"{part}\n")
            else:
                self.lines.append(part)

    def put(self, item: Any) -> None:
        """Show an object."""
        if item is None:
            return
        if isinstance(item, str):
            self.flush()
            self.line(str(item))
            return
        from psbridge.script.commands.formatting import Formatted

        if isinstance(item, Formatted):
            self.flush()
            for line in item.lines(self.width):
                self.line(line)
            self.held_kind = None
            return
        from .kinds import kind_of

        kind = kind_of(item)
        if kind is None:
            self.flush()
            self.line(self._plain(item))
            return
        if self.held and kind != self.held_kind and not _continues(kind, self.held_kind):
            self.flush()
        if not self.held:
            self.held_kind = kind
        self.held.append(item)

    def _plain(self, item: Any) -> str:
        from psbridge.script.semantics.errors import ErrorRecord

        if isinstance(item, ErrorRecord):
            from .errors import error_text

            return error_text(item).rstrip("\n")
        return net_text(item)

    def flush(self) -> None:
        """Show what was gathered."""
        if not self.held:
            return
        from . import kinds

        items, self.held = self.held, []
        for line in kinds.lines(self.held_kind, items, self.width):
            self.line(line)


def _continues(kind: Any, other: Any) -> bool:
    """Objects of other properties go on in the table of the first, as PowerShell does for plain objects."""
    tables = kind[0] == "table" and other[0] == "table"
    return tables and kind[1] is None and other[1] is None


__all__ = ["Bag", "DictionaryEntry", "PSCustomObject", "Screen", "is_dictionary", "lines_of"]

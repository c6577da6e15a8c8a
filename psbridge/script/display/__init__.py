"""What objects look like when a script puts them out: `lines_of` for many, `Screen` for a session."""

from __future__ import annotations

from itertools import islice
from typing import Any

from psbridge.binding.objects import is_dictionary
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import PSCustomObject, Uri
from psbridge.script.semantics.members import entries
from psbridge.script.semantics.values import Bag, DictionaryEntry

from .clock import spent

WIDTH = 120
_LONGEST_WAIT = 0.3  # seconds
_HEADS = {3: "WARNING", 4: "VERBOSE", 5: "DEBUG"}  # by the number of a message's stream


def lines_of(items: list[Any], rt: Any = None, width: int | None = None) -> list[str]:
    """The lines that show these objects, one after another, as Out-String makes them.

    A text of several lines is one of them, with its own ends of lines.
    """
    screen = Screen(None, width or (rt.host.width if rt is not None else WIDTH))
    for item in items:
        screen.put(item)
    screen.flush()
    return screen.lines


class Screen:
    """Objects to lines. The first that is no plain value decides on a table or list; the others follow it.

    Where the first one's type has a view of its own, objects of other types are shown as lists in between.
    Where it has none, they go on as rows of its columns, even those that have no such properties. After a
    table whose columns were as wide as they need, all later ones are.

    A table's empty line is written at once, its rows wait until their columns' widths are known: for a
    while or until the table ends, and texts put out meanwhile wait with them.
    """

    def __init__(self, write: Any, width: int = WIDTH) -> None:
        self.write = write
        self.width = width
        self.lines: list[str] = []
        self.held: list[Any] = []
        self.kind: Any = None
        self.group: str | None = None
        self.state: dict[str, Any] = {}
        self.sized = False
        self.waits = False
        self.begun = False
        self.since = 0.0

    def line(self, text: str) -> None:
        """One line, or several."""
        for part in text.split("\n"):
            self.whole(part)

    def whole(self, text: str) -> None:
        """A text as it is, and the end of a line."""
        if self.write is not None:
            self.write(f"{text}\n")
        else:
            self.lines.append(text)

    def put(self, item: Any) -> None:
        """Show an object."""
        if item is None:
            return
        if isinstance(item, str) and not isinstance(item, Uri):
            self._text([str(item)])
            return
        from psbridge.script.commands.formatting import Formatted

        if isinstance(item, Formatted):
            self.flush()
            for line in item.lines(self.width, self.sized):
                self.line(line)
            self.sized = self.sized or item.sizes()
            return
        from .kinds import kind_of

        kind = kind_of(item)
        if kind is None or kind[0] == "empty":
            self._text(self._plain(item).split("\n") if kind is None else [""])
        elif kind[0] == "entries":
            for entry in entries(item):
                self.put(entry)
        elif kind[0] == "elements":
            for one in item:
                self.put(one)
        else:
            self._hold(item, kind)

    def _text(self, lines: list[str]) -> None:
        if self.held:
            self._wait(_Shown(lines))
        else:
            for line in lines:
                self.whole(line)

    def _wait(self, item: Any) -> None:
        """Keep a row, or what comes between rows, until the table is drawn."""
        self.held.append(item)
        if not self.waits or spent() - self.since > _LONGEST_WAIT:
            self.draw()

    def _hold(self, item: Any, kind: Any) -> None:
        from . import kinds

        if self.kind is None:
            self.kind = kind
            self.since = spent()
            self.waits = self.begun = kinds.waits(kind, self.sized)
            if self.waits:
                self.line("")
                self.sized = True
        elif self.kind[1] is not None and kind != self.kind:
            from .shapes import listing

            shown = listing([item], self.width)
            if self.held:
                self._wait(_Shown(shown))
            else:
                for line in shown:
                    self.line(line)
            return
        group = kinds.group_of(self.kind, item)
        if group != self.group:
            # Another heading ends the table; its columns are as wide as its own rows need.
            self.draw()
            self.waits = kinds.waits(self.kind, self.sized)
            self.since = spent()
            self.group = group
        # What is changed before its row is shown is shown as it was put out.
        self._wait(item.copied() if type(item) is Bag and self.kind[1] is None else item)

    def _plain(self, item: Any) -> str:
        from psbridge.script.interpreter.messages import MessageRecord
        from psbridge.script.semantics.errors import ErrorRecord

        if isinstance(item, ErrorRecord):
            from .errors import error_text

            shown = error_text(item).rstrip("\n")
            return f"{shown}\n" if "\nLine |" in shown else shown
        if isinstance(item, MessageRecord) and item.stream in _HEADS and self.write is not None:
            return f"{_HEADS[item.stream]}: {net_text(item)}"
        # PowerShell writes numbers with fewer digits than .NET's ToString.
        return to_text(item) if isinstance(item, float) else net_text(item)

    def draw(self) -> None:
        """Show what was gathered; the table or list goes on."""
        if not self.held:
            return
        from . import kinds

        waiting, self.held = self.held, []
        items = [one for one in waiting if not isinstance(one, _Shown)]
        self.waits = False
        lines = kinds.lines(self.kind, items, self.width, self.state, self.sized)
        if self.begun and lines[:1] == [""]:
            del lines[0]
        self.begun = False
        if len(waiting) == len(items):
            for line in lines:
                self.line(line)
            return
        # Each row of a table is one line; what came between two of them goes between these lines.
        rows = iter(lines[max(len(lines) - len(items), 0) :])
        for line in lines[: max(len(lines) - len(items), 0)]:
            self.line(line)
        for one in waiting:
            if isinstance(one, _Shown):
                for line in one.lines:
                    self.whole(line)
            else:
                for line in islice(rows, 1):
                    self.line(line)

    def hurry(self) -> None:
        """Show what was gathered; what comes later is shown at once.

        So it is when an error is shown: PowerShell takes longer for that than a table waits.
        """
        self.draw()

    def flush(self, *, left: bool = False) -> None:
        """Show what was gathered, and end the table or list.

        Args:
            left: whether the script was left before its end. Then rows that still wait are not shown, as in
                PowerShell, nor is the empty line that ends a table.
        """
        if left and self.waits:
            self.held.clear()
        self.draw()
        if not left and self.kind is not None and self.kind[0] in ("table", "date") and self.state:
            self.line("")
        self.kind = None
        self.group = None
        self.state = {}


class _Shown:
    """Lines that come between the rows of a table."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines


__all__ = ["Bag", "DictionaryEntry", "PSCustomObject", "Screen", "is_dictionary", "lines_of"]

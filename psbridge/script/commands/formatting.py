"""Format-Table, Format-List and their like: what comes out of them is only fit for showing."""

from __future__ import annotations

from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_dictionary
from psbridge.script.semantics.values import DictionaryEntry

from .calculated import Calculated, calculated
from .cmdlet import Cmdlet


class Formatted:
    """Objects with the way they are to be shown."""

    net_type = NetType("FormatEntryData", "Microsoft.PowerShell.Commands.Internal.Format.FormatEntryData")

    def __init__(
        self, shape: str, items: list[Any], columns: Any, options: dict[str, Any], cmdlet: Any
    ) -> None:
        self.shape = shape
        self.items = items
        self.columns = columns
        self.options = options
        self.cmdlet = cmdlet
        self.goes_on = False  # whether it is a further part of what was shown before it

    def lines(self, width: int, auto: bool = False) -> list[str]:
        """What is shown; `auto` makes a table as wide as it needs, as -AutoSize does."""
        from psbridge.script.display import lines_of, shapes
        from psbridge.script.display.kinds import grouping_of, kind_of, view_of
        from psbridge.script.display.wide import grouped, wide

        if all(kind_of(item) is None for item in self.items):
            return lines_of(self.items, None, width)

        writers = {
            "table": shapes.table,
            "list": shapes.listing,
            "wide": wide,
            "custom": shapes.custom,
        }
        columns = self.columns
        if columns is None and self.shape in ("table", "list"):
            columns = view_of(self.items[0], self.shape)
        options = dict(self.options)
        if auto and self.shape in ("table", "wide"):
            options["auto"] = True
        by = options.pop("group_by", None)
        if by is None and self.columns is None and self.shape == "table":
            by = grouping_of(self.items[0])
        if by is not None:
            return grouped(self.shape, self.items, width, by, self.cmdlet, columns=columns, **options)
        made = writers[self.shape](self.items, width, columns=columns, cmdlet=self.cmdlet, **options)
        return made[1:] if self.goes_on else made

    def sizes(self) -> bool:
        """Whether tables after this one are as wide as they need: once one was, all of a session are."""
        if self.options.get("auto"):
            return True
        if self.shape != "table":
            return False
        from psbridge.script.display.kinds import view_of

        columns = self.columns if self.columns is not None else view_of(self.items[0], "table")
        return not columns or not columns[0].width


class _Format(Cmdlet):
    shape = "table"

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        if self.has_input or self.has("InputObject"):
            value = self.get("InputObject")
            if is_dictionary(value):
                self.items += [DictionaryEntry(key, item) for key, item in value.items()]
            elif self.has_input:
                self.items.append(value)
            else:
                from psbridge.script.semantics.members import enumerate_value

                self.items += list(enumerate_value(value))

    def options(self) -> dict[str, Any]:
        """How the shape is to be drawn."""
        return {}

    def finish(self) -> None:
        if self.items:
            self.write(self._formatted())

    def _formatted(self) -> Formatted:
        """What was gathered, as it is to be shown."""
        specs = self.get("Property")
        listed = specs if isinstance(specs, list) else [specs] if specs is not None else []
        columns = [calculated(one, self) for one in listed]
        if (
            not columns
            and self.shape in ("table", "list")
            and all(type(one) is DictionaryEntry for one in self.items)
        ):
            columns = [Calculated("Name", "Name"), Calculated("Value", "Value")]
            for column in columns:
                column.alignment = "left"
            if not self.on("AutoSize"):
                columns[0].width = 30
        options = self.options()
        if self.has("GroupBy"):
            options["group_by"] = calculated(self.get("GroupBy"), self)
        return Formatted(self.shape, self.items, columns or None, options, self)


class FormatTable(_Format):
    """Format-Table."""

    def options(self) -> dict[str, Any]:
        return {
            "hide_headers": self.on("HideTableHeaders"),
            "wrap": self.on("Wrap"),
            "auto": self.on("AutoSize"),
        }


class FormatList(_Format):
    """Format-List."""

    shape = "list"

    def start(self) -> None:
        super().start()
        self.goes_on = False

    def record(self) -> None:
        super().record()
        if self.items and not self.has("GroupBy"):
            # Each is shown as it comes.
            made = self._formatted()
            made.goes_on = self.goes_on
            self.write(made)
            self.items = []
            self.goes_on = True


class FormatWide(_Format):
    """Format-Wide."""

    shape = "wide"

    def options(self) -> dict[str, Any]:
        return {"count": self.get("Column"), "auto": self.on("AutoSize")}


class FormatCustom(_Format):
    """Format-Custom."""

    shape = "custom"

"""Measure-Object."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast
from psbridge.binding.text import to_text
from psbridge.script.semantics import members
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.comparison import order
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.values import Made

from .calculated import Calculated, calculated
from .cmdlet import Cmdlet

_GENERIC = "Microsoft.PowerShell.Commands.GenericMeasureInfo"


class _Statistics:
    def __init__(self, name: str | None) -> None:
        self.name = name
        self.count = 0
        self.numbers: list[float] = []
        self.largest: Any = None
        self.smallest: Any = None
        self.lines = self.words = self.characters = 0


class MeasureObject(Cmdlet):
    """Measure-Object."""

    def start(self) -> None:
        specs = self.get("Property")
        self.columns: list[Calculated] = [calculated(one, self) for one in specs] if specs else []
        self.statistics: dict[str, _Statistics] = {}
        self.plain = _Statistics(None)
        flags = ("Sum", "Average", "StandardDeviation", "AllStats")
        self.wants_numbers = any(self.on(name) for name in flags)
        self.wants_order = self.on("Maximum") or self.on("Minimum") or self.on("AllStats")

    def record(self) -> None:
        if not self.has_input and not self.has("InputObject"):
            return
        item = self.get("InputObject")
        if not self.columns:
            if item is not None:
                self._take(self.plain, item)
            return
        for column in self.columns:
            for name, value in column.values(item, self):
                if not isinstance(column.expression, str) or members.lookup(item, name)[0]:
                    known = self.statistics.setdefault(name.lower(), _Statistics(name))
                    self._take(known, value)

    def _take(self, statistics: _Statistics, value: Any) -> None:
        if self.parameter_set == "TextMeasure":
            self._take_text(statistics, to_text(value))
            return
        statistics.count += 1
        if self.wants_numbers:
            try:
                statistics.numbers.append(cast_value(value, nettypes.DOUBLE))
            except InvalidCast:
                self.error(
                    "PSInvalidCastException",
                    f'Input object "{to_text(value)}" is not numeric.',
                    "NonNumericInputObject",
                    "InvalidType",
                    value,
                )
                return
        if self.wants_order:
            statistics.largest = _further(value, statistics.largest, 1)
            statistics.smallest = _further(value, statistics.smallest, -1)

    def _take_text(self, statistics: _Statistics, text: str) -> None:
        statistics.count += 1
        if self.on("IgnoreWhiteSpace"):
            statistics.characters += len("".join(text.split()))
        else:
            statistics.characters += len(text)
        statistics.words += len(text.split())
        if text:
            statistics.lines += text.count("\n") + (0 if text.endswith("\n") else 1)

    def finish(self) -> None:
        if not self.columns:
            self.write(self._result(self.plain))
            return
        for column in self.columns:
            name = column.name or to_text(column.expression)
            known = self.statistics.get(name.lower())
            if known is None:
                if "*" in name:
                    for one in self.statistics.values():
                        self.write(self._result(one))
                    continue
                continue
            self.write(self._result(known))

    def _result(self, one: _Statistics) -> Made:
        if self.parameter_set == "TextMeasure":
            return Made(
                {
                    "Lines": one.lines if self.on("Line") else None,
                    "Words": one.words if self.on("Word") else None,
                    "Characters": one.characters if self.on("Character") else None,
                    "Property": one.name,
                },
                "Microsoft.PowerShell.Commands.TextMeasureInfo",
            )
        every = self.on("AllStats")
        made = Made({}, _GENERIC)
        made["Count"] = one.count
        total = sum(one.numbers)
        mean = total / len(one.numbers) if one.numbers else None
        made["Average"] = mean if self.on("Average") or every else None
        made["Sum"] = float(total) if self.on("Sum") or every else None
        made["Maximum"] = _number(one.largest) if self.on("Maximum") or every else None
        made["Minimum"] = _number(one.smallest) if self.on("Minimum") or every else None
        deviation = None
        if (self.on("StandardDeviation") or every) and mean is not None:
            spread = sum((number - mean) ** 2 for number in one.numbers)
            deviation = math.sqrt(spread / (len(one.numbers) - 1)) if len(one.numbers) > 1 else 0.0
        made["StandardDeviation"] = deviation
        made["Property"] = one.name
        return made


def _further(value: Any, known: Any, sign: int) -> Any:
    """The greater (1) or lesser (-1) of two; texts that read as numbers are compared as numbers."""
    value, other = (_as_number(one) for one in (value, known))
    if other is None:
        return value
    if value is None:
        return None if sign < 0 else known
    if isinstance(value, float) != isinstance(other, float):
        value, other = to_text(value), to_text(other)
    try:
        return value if order(value, other) * sign > 0 else known
    except ScriptError:
        return known


def _as_number(value: Any) -> Any:
    if value is not None:
        with contextlib.suppress(InvalidCast):
            return cast_value(value, nettypes.DOUBLE)
    return value


def _number(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value

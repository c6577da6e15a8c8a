"""The figures by which cultures write numbers and dates: separators, patterns, names.

They are in cultures.json beside this module, measured on PowerShell 7.6: a line for each culture with what is
not as its parent has it. A format provider is anything with `__net_formats__`; None is the invariant culture,
for which nothing is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from .errors import NetFault

Formats = Mapping[str, Any]
"""The figures of a culture, by their names in CultureInfo, NumberFormatInfo and DateTimeFormatInfo."""


@cache
def _lines() -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads(
        files(__package__).joinpath("cultures.json").read_text(encoding="utf-8")
    )
    return read


def known_names() -> list[str]:
    """The names of the cultures whose figures are known, without the invariant one."""
    return sorted(filter(None, _lines()))


@cache
def formats(name: str) -> Formats:
    """The figures of the culture of this name, as CultureInfo spells it; "" is the invariant one.

    Raises:
        NetFault: NotSupportedException, which names the cultures that are known.
    """
    line = _lines().get(name)
    if line is None:
        raise NetFault(
            "NotSupportedException",
            f"How the culture '{name}' writes numbers and dates is not known here. "
            f"Known are: {', '.join(known_names())}.",
        )
    return {**formats(line["Parent"]), **line, "Name": name} if name else {"Parent": "", "Name": "", **line}


def formats_of(provider: Any) -> Formats | None:
    """The figures of a format provider; None for the invariant culture and what is no provider.

    Raises:
        NetFault: NotSupportedException.
    """
    own = getattr(provider, "__net_formats__", None)
    found: Formats | None = own() if own is not None else None
    return found


def full_pattern(culture: Formats) -> str:
    """FullDateTimePattern."""
    return f"{culture['LongDatePattern']} {culture['LongTimePattern']}"


_STANDARD = {
    "d": "{ShortDatePattern}",
    "D": "{LongDatePattern}",
    "f": "{LongDatePattern} {ShortTimePattern}",
    "F": "{LongDatePattern} {LongTimePattern}",
    "g": "{ShortDatePattern} {ShortTimePattern}",
    "G": "{ShortDatePattern} {LongTimePattern}",
    "m": "{MonthDayPattern}",
    "M": "{MonthDayPattern}",
    "t": "{ShortTimePattern}",
    "T": "{LongTimePattern}",
    "y": "{YearMonthPattern}",
    "Y": "{YearMonthPattern}",
}


def standard_pattern(letter: str, culture: Formats) -> str | None:
    """What a standard format of dates stands for; None of one that all cultures write alike."""
    shape = _STANDARD.get(letter)
    return None if shape is None else shape.format_map(culture)


def _takes_genitive(pattern: str, start: int, end: int) -> bool:
    """Whether a month between these places has a day's number before or behind it."""
    before = pattern[:start]
    if "d" in before:
        last = before.rstrip("".join(set(before) - {"d"}))
        if len(last) - len(last.rstrip("d")) <= 2:
            return True
    after = pattern[end:]
    if "d" in after:
        first = after[after.index("d") :]
        return len(first) - len(first.lstrip("d")) <= 2
    return False


def month_name(month: int, culture: Formats, abbreviated: bool, pattern: str, start: int, end: int) -> str:
    """The name of a month at this place of a pattern."""
    genitive = "Genitive" if _takes_genitive(pattern, start, end) else ""
    names = culture[f"{'Abbreviated' if abbreviated else ''}Month{genitive}Names"]
    return str(names[month - 1])


def day_name(weekday: int, culture: Formats, abbreviated: bool) -> str:
    """The name of a day; Python's number of it, from Monday."""
    return str(culture["AbbreviatedDayNames" if abbreviated else "DayNames"][(weekday + 1) % 7])


def is_turkic(culture: Formats | None) -> bool:
    """Whether a culture has an i without a dot, which is another letter than that with one."""
    return culture is not None and culture["TwoLetterISOLanguageName"] in ("tr", "az")


__all__ = [
    "Formats",
    "day_name",
    "formats",
    "formats_of",
    "full_pattern",
    "is_turkic",
    "known_names",
    "month_name",
    "standard_pattern",
]

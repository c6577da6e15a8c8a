"""Tables and lists, drawn as PowerShell draws them."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from math import isfinite
from typing import Any

from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import Char, SecureString
from psbridge.script.commands.calculated import Calculated, listed_names
from psbridge.script.semantics.dateformat import format_date
from psbridge.script.semantics.text import format_value
from psbridge.script.semantics.values import DictionaryEntry, Wrapped

_MOST_ELEMENTS = 4  # $FormatEnumerationLimit


class _Plain:
    """Reads calculated properties where no cmdlet is at hand."""

    rt: Any = None

    def block_value(self, block: Any, item: Any) -> Any:
        return block.value(item)


def cell_text(value: Any, spec: str | None = None, *, inside: bool = False, table: bool = False) -> str:
    """A property's value in a table or list."""
    if value is None:
        return "$null" if inside else ""
    if isinstance(value, Wrapped):
        value = value.value
    if spec:
        return format_value(value, spec)
    if table and isinstance(value, (float, Decimal)):
        return (
            format_value(value, "F2") if not isinstance(value, float) or isfinite(value) else net_text(value)
        )
    if isinstance(value, float):
        return to_text(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime.datetime):
        return format_date(value, "G")
    if is_dictionary(value) and not inside:
        shown = [
            f"[{to_text(key)}, {cell_text(item, inside=True) if item is not None else ''}]"
            for key, item in value.items()
        ]
        return _limited(shown)
    if is_list(value) and not isinstance(value, (bytes, bytearray)):
        if inside:
            return net_text(value)
        return _limited([cell_text(item, inside=True) for item in value])
    if isinstance(value, DictionaryEntry):
        return f"[{to_text(value.key)}, {to_text(value.value)}]"
    if bag_of(type(value)) is not None:
        return to_text(value)
    return net_text(value)


def _limited(shown: list[str]) -> str:
    rest = "…" if len(shown) > _MOST_ELEMENTS else ""
    return f"{{{', '.join(shown[:_MOST_ELEMENTS])}{rest}}}"


def _value(item: Any, column: Calculated, cmdlet: Any) -> Any:
    for _, value in column.values(item, cmdlet or _Plain()):
        return value
    return None


def _heading(column: Calculated, item: Any, cmdlet: Any) -> str:
    if column.name is not None:
        return column.name
    if isinstance(column.expression, str):
        for name, _ in column.values(item, cmdlet or _Plain()):
            return name
        return column.expression
    return str(column.expression.text)


def _expanded(columns: list[Calculated] | None, item: Any) -> list[Calculated]:
    """The columns, wildcards written out for the first object."""
    if columns is None:
        return [Calculated(None, name) for name in listed_names(item)]
    from psbridge.script.commands.calculated import names_matching
    from psbridge.script.semantics.patterns import has_wildcard

    made: list[Calculated] = []
    for column in columns:
        if isinstance(column.expression, str) and has_wildcard(column.expression):
            made += [Calculated(None, name) for name in names_matching(item, column.expression)]
        else:
            made.append(column)
    return made


def _aligned_right(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal, enum.Enum, Char, SecureString))


def fitted(text: str, width: int, side: str = "left") -> str:
    """A text in so many places; a longer one is cut with an ellipsis, on the left if aligned right."""
    if len(text) > width:
        room = max(width - 1, 0)
        return f"…{text[len(text) - room :]}" if side == "right" else f"{text[:room]}…"
    if side == "center":
        return f"{' ' * ((width - len(text)) // 2)}{text}".ljust(width)
    return text.rjust(width) if side == "right" else text.ljust(width)


def table(
    items: list[Any],
    width: int,
    *,
    columns: list[Calculated] | None = None,
    cmdlet: Any = None,
    hide_headers: bool = False,
    wrap: bool = False,
    auto: bool = False,
    rounds: bool = True,
    state: dict[str, Any] | None = None,
) -> list[str]:
    """Objects as a table, with an empty line before and after.

    Args:
        rounds: whether numbers have two decimals, as in all tables but those of a type's own view.
        state: of a table that is drawn in parts; filled by the first, which alone has a heading.
    """
    later = bool(state)
    chosen = state["columns"] if state else _expanded(columns, items[0])
    headings = [_heading(column, items[0], cmdlet) for column in chosen]
    values = [[_value(item, column, cmdlet) for column in chosen] for item in items]
    texts = [
        [
            cell_text(value, column.format, table=rounds).split("\n")
            for value, column in zip(row, chosen, strict=True)
        ]
        for row in values
    ]
    if state:
        widths, shown, sides, cut = state["drawn"]
    else:
        sides = _alignments(chosen, values)
        widths, shown, cut = _widths(chosen, headings, texts, width, auto)
        if state is not None:
            state.update(columns=chosen, drawn=(widths, shown, sides, cut))
    if not shown:
        return []
    lines = [] if later else [""]
    if not hide_headers and not later:
        lines += _cells([[heading] for heading in headings], shown, widths, sides, True, False)
        rules = [["-" * min(len(heading), room)] for heading, room in zip(headings, widths, strict=True)]
        lines += _cells(rules, shown, widths, sides, False, cut)
    for row in texts:
        lines += _cells(row, shown, widths, sides, wrap, cut)
    lines.append("")
    return lines


def _alignments(columns: list[Calculated], values: list[list[Any]]) -> list[str]:
    """How columns are aligned: as they say, else to the right where the first value is a number."""
    return [
        column.alignment or ("right" if values and _aligned_right(values[0][place]) else "left")
        for place, column in enumerate(columns)
    ]


def _cells(
    row: list[list[str]], shown: list[int], widths: list[int], sides: list[str], wrap: bool, filled: bool
) -> list[str]:
    """One object's row; texts of several lines, or wrapped ones, take several."""
    parts: list[list[str]] = []
    for place in shown:
        pieces: list[str] = []
        for text in row[place]:
            if wrap:
                pieces += [
                    text[at : at + widths[place]] for at in range(0, max(len(text), 1), max(widths[place], 1))
                ]
            else:
                pieces.append(text)
        if not wrap and len(pieces) > 1:
            pieces = [f"{pieces[0]}…"]
        parts.append(pieces)
    height = max(len(part) for part in parts)
    return [
        _row(
            [part[number] if number < len(part) else "" for part in parts],
            [widths[place] for place in shown],
            [sides[place] for place in shown],
            filled,
        )
        for number in range(height)
    ]


def _row(texts: list[str], widths: list[int], sides: list[str], filled: bool) -> str:
    """One line of cells; filled up to the width of the last column where more are left out."""
    last = len(texts) - 1
    cells = []
    for number, (text, width, side) in enumerate(zip(texts, widths, sides, strict=True)):
        cell = fitted(text, width, side)
        cells.append(cell.rstrip() if number == last and side != "right" and not filled else cell)
    return " ".join(cells)


def _widths(
    columns: list[Calculated], headings: list[str], texts: list[list[list[str]]], width: int, auto: bool
) -> tuple[list[int], list[int], bool]:
    """How wide each column is, which columns have room, and whether the last is cut before more."""
    auto = auto or not columns or not columns[0].width  # the first column says whether widths count
    given = [0 if auto else column.width or 0 for column in columns]
    widths = []
    for place, one in enumerate(given):
        longest = max([len(line) for row in texts for line in row[place]] or [0])
        widths.append(one or max(len(headings[place]), longest, 1))
    if any(given) and not all(given):
        # Columns without a width share what those with one leave.
        share = (width - sum(given) - len(given) + 1) // given.count(0)
        widths = [one or max(share, 1) for one in given]
    shown: list[int] = []
    left = width
    for place in range(len(columns)):
        needed = widths[place] + (1 if shown else 0)
        rest = len(columns) - place - 1
        room = left - (1 if shown else 0)
        if room <= 0:
            return widths, shown, False
        if needed > left:
            widths[place] = max(min(widths[place], room), 1)
            return widths, [*shown, place], place < len(columns) - 1
        del rest
        shown.append(place)
        left -= needed
    return widths, shown, False


def listing(
    items: list[Any],
    width: int,
    *,
    columns: list[Calculated] | None = None,
    cmdlet: Any = None,
) -> list[str]:
    """Objects as lists of `Name : value`."""
    lines = [""]
    for item in items:
        chosen = _expanded(columns, item)
        names = [_heading(column, item, cmdlet) for column in chosen]
        widest = max([len(name) for name in names] or [0])
        for name, column in zip(names, chosen, strict=True):
            text = cell_text(_value(item, column, cmdlet), column.format)
            lines += _list_lines(name, text, widest, width)
        lines.append("")
    return lines


def _list_lines(name: str, text: str, widest: int, width: int) -> list[str]:
    room = max(width - widest - 3, 1)
    pieces: list[str] = []
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        pieces += [line[at : at + room] for at in range(0, max(len(line), 1), room)]
    lines = [f"{name.ljust(widest)} : {pieces[0]}"]
    lines += [f"{' ' * (widest + 3)}{piece}" for piece in pieces[1:]]
    return lines


def custom(items: list[Any], width: int, **options: Any) -> list[str]:
    """Format-Custom, as a list."""
    return listing(items, width, columns=options.get("columns"), cmdlet=options.get("cmdlet"))

"""The wide form of objects, and any form in groups, drawn as PowerShell draws them."""

from __future__ import annotations

from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.commands.calculated import Calculated, property_names, value_of

from . import shapes


def wide(
    items: list[Any],
    width: int,
    *,
    columns: list[Calculated] | None = None,
    cmdlet: Any = None,
    count: int | None = None,
    auto: bool = False,
) -> list[str]:
    """One property of each object, several in a line.

    Args:
        columns: the property to show; without one `Name`, else the first, in as many columns as fit.
        count: how many columns; two where neither this nor `auto` says otherwise.
    """
    return ["", *_rows(items, width, columns, cmdlet, count, auto), ""]


def _rows(
    items: list[Any],
    width: int,
    columns: list[Calculated] | None,
    cmdlet: Any,
    count: int | None,
    auto: bool,
) -> list[str]:
    texts = []
    for item in items:
        names = property_names(item)
        column = (
            columns[0]
            if columns
            else Calculated(None, "Name" if "Name" in names else names[0] if names else "")
        )
        texts.append(shapes.cell_text(value_of(item, column, cmdlet)) if names else to_text(item))
    across = count or 2
    if not count and (auto or not columns):
        across = _most(max(map(len, texts)), width)
    # What is left when each has one place and the gaps are taken is shared out, the first ones first.
    share, rest = divmod(width - across - (across - 1), across)
    widths = [1 + share + (place < rest) for place in range(across)]
    lines = []
    for start in range(0, len(texts), across):
        cells = texts[start : start + across]
        cells += [""] * (across - len(cells))
        padded = [shapes.fitted(text, each) for text, each in zip(cells[:-1], widths, strict=False)]
        last = cells[-1] if len(cells[-1]) <= widths[-1] else shapes.fitted(cells[-1], widths[-1])
        lines.append(" ".join([*padded, last]))
    return lines


def _most(longest: int, width: int) -> int:
    """How many columns of so long texts fit."""
    if longest <= 0 or longest >= width:
        return 1
    columns = 1
    while longest * (columns + 1) + columns < width:
        columns += 1
    return columns


def grouped(
    shape: str, items: list[Any], width: int, by: Calculated, cmdlet: Any, **options: Any
) -> list[str]:
    """Objects in any shape, with a heading wherever the value to group by changes."""
    groups: list[tuple[Any, list[Any]]] = []
    for item in items:
        value = value_of(item, by, cmdlet)
        if not groups or to_text(groups[-1][0]) != to_text(value):
            groups.append((value, []))
        groups[-1][1].append(item)
    name = by.name or (by.expression if isinstance(by.expression, str) else str(by.expression.text))
    lines: list[str] = []
    for number, (value, group) in enumerate(groups):
        heading = f"   {name}: {shapes.cell_text(value)}"
        last = number == len(groups) - 1
        if shape == "wide":
            rows = _rows(
                group, width, options.get("columns"), cmdlet, options.get("count"), bool(options.get("auto"))
            )
            # The first group's rows wait until the next one's heading is due.
            lines += [*([] if number else [""]), heading, "", *([] if last else [""]), *rows]
            continue
        drawn = (shapes.table if shape == "table" else shapes.listing)(group, width, cmdlet=cmdlet, **options)
        if shape == "list" and number:
            lines.append("")
        elif lines:
            lines.pop()
        lines += [*([] if shape == "list" and number else [""]), heading, *drawn]
    return [*lines, ""] if shape == "wide" else lines


__all__ = ["grouped", "wide"]

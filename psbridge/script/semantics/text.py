"""Values as text: interpolation, `ToString(format)`, and the -f operator."""

from __future__ import annotations

import datetime
import enum
import os
import re
import uuid
from decimal import Decimal
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import Literal

from .cultures import Formats
from .dateformat import format_date, format_span
from .errors import NetFault, ScriptError, runtime_error
from .numberformat import format_number

NEWLINE = os.linesep
"""The end of a line on this system, `[Environment]::NewLine`, with which PowerShell and .NET end lines.

A text's own ends of lines stay as they are; those of the console are its stream's."""

_BRACE = re.compile("[{}]")
_ITEM = re.compile(r"\{\{|\}\}|\{([0-9]+) *(?:, *(-?[0-9]+) *)?(?::([^{}]*))?\}")
_PREFIX = re.compile(r"\{[0-9]+ *(?:, *-?(?:[0-9]+ *)?)?(?::[^{}]*)?")
_INDEX = (
    "Index (zero based) must be greater than or equal to zero and less than the size of the argument list."
)


def text(value: Any) -> str:
    """A value inside a string: `"$value"`.

    >>> text([1, 2]), text(None), text(True)
    ('1 2', '', 'True')
    """
    return value if type(value) is str else to_text(value)


def concat(*parts: Any) -> str:
    """The parts of an expandable string, joined."""
    return "".join([part if type(part) is str else to_text(part) for part in parts])


def format_value(value: Any, spec: str, culture: Formats | None = None) -> str:
    """`$value.ToString(spec)`, by the figures of a culture other than the invariant one.

    Raises:
        NetFault: FormatException.
    """
    if value is None:
        return ""
    if isinstance(value, Literal):
        value = value.value
    if isinstance(value, (bool, str)):
        return net_text(value)
    if isinstance(value, enum.Enum):
        if spec[:1] in ("d", "D"):
            return str(value.value)
        if spec[:1] in ("x", "X"):
            return format(value.value, "08X")
        return net_text(value)
    if isinstance(value, (int, float, Decimal)):
        if culture is not None:
            from .culturenumbers import format_number_in

            return format_number_in(value, spec, culture)
        return format_number(value, spec)
    if isinstance(value, datetime.datetime):
        return format_date(value, spec, culture)
    if isinstance(value, datetime.timedelta):
        return format_span(value, spec, culture)
    if isinstance(value, uuid.UUID) and spec:
        return _guid(value, spec)
    own = getattr(value, "__net_format__", None)
    if own is None:
        return net_text(value)
    return str(own(spec) if culture is None else own(spec, culture))


def _guid(value: uuid.UUID, spec: str) -> str:
    shapes = {"N": value.hex, "D": str(value), "B": f"{{{value}}}", "P": f"({value})"}
    if spec.upper() not in shapes:
        raise NetFault(
            "FormatException", 'Format string can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".'
        )
    return shapes[spec.upper()]


def composite(template: str, arguments: list[Any], culture: Formats | None = None) -> str:
    """`[string]::Format(template, arguments)`.

    Raises:
        NetFault: FormatException.
    """
    out: list[str] = []
    position = 0
    for brace in _BRACE.finditer(template):
        if brace.start() < position:
            continue
        out.append(template[position : brace.start()])
        item = _ITEM.match(template, brace.start())
        if item is None:
            raise _malformed(template, brace.start())
        position = item.end()
        if item[1] is None:
            out.append(item[0][0])
            continue
        if int(item[1]) >= len(arguments):
            raise NetFault("FormatException", _INDEX)
        shown = format_value(arguments[int(item[1])], item[3] or "", culture)
        width = int(item[2] or 0)
        out.append(shown.ljust(-width) if width < 0 else shown.rjust(width))
    return "".join([*out, template[position:]])


def _malformed(template: str, start: int) -> NetFault:
    """Why no item begins at this brace, and where reading it stopped."""
    read = _PREFIX.match(template, start)
    end = read.end() if read is not None else start + 1
    why = "Format item ends prematurely."
    if end < len(template):
        if template[start] == "}":
            why = "Unexpected closing brace without a corresponding opening brace."
        elif read is None or read[0].rstrip(" -").endswith(","):
            why = "Expected an ASCII digit."
    return NetFault(
        "FormatException",
        f"Input string was not in a correct format. Failure to parse near offset {end}. {why}",
    )


def format_operator(template: Any, arguments: Any) -> str:
    """`template -f arguments`.

    Raises:
        ScriptError: FormatError.
    """
    listed = list(arguments) if is_list(arguments) else [arguments]
    try:
        return composite(to_text(template), listed)
    except NetFault as fault:
        raise format_error(fault) from None


def format_error(fault: NetFault) -> ScriptError:
    """The FormatError of the -f operator."""
    return runtime_error(f"Error formatting a string: {fault}.", "FormatError", inner=fault.exception())

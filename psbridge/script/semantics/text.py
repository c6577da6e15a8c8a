"""Values as text: interpolation, `ToString(format)`, and the -f operator."""

from __future__ import annotations

import datetime
import enum
import re
import uuid
from decimal import Decimal
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import Literal

from .dateformat import format_date, format_span
from .errors import NetFault, ScriptError, runtime_error
from .numberformat import format_number

_ITEM = re.compile(r"\{\{|\}\}|\{\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?(?::((?:[^{}]|\{\{|\}\})*))?\}|[{}]")
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


def format_value(value: Any, spec: str) -> str:
    """`$value.ToString(spec)`.

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
        return format_number(value, spec)
    if isinstance(value, datetime.datetime):
        return format_date(value, spec)
    if isinstance(value, datetime.timedelta):
        return format_span(value, spec)
    if isinstance(value, uuid.UUID) and spec:
        return _guid(value, spec)
    own = getattr(value, "__net_format__", None)
    return own(spec) if own is not None else net_text(value)


def _guid(value: uuid.UUID, spec: str) -> str:
    shapes = {"N": value.hex, "D": str(value), "B": f"{{{value}}}", "P": f"({value})"}
    if spec.upper() not in shapes:
        raise NetFault(
            "FormatException", 'Format string can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".'
        )
    return shapes[spec.upper()]


def composite(template: str, arguments: list[Any]) -> str:
    """`[string]::Format(template, arguments)`.

    Raises:
        NetFault: FormatException.
    """

    def fill(match: re.Match[str]) -> str:
        token = match.group()
        if token in ("{{", "}}"):
            return token[0]
        if match[1] is None:
            raise NetFault(
                "FormatException",
                "Input string was not in a correct format. Failure to parse near offset "
                f"{match.start() + 1}. {_why(template, match.start())}",
            )
        index = int(match[1])
        if index >= len(arguments):
            raise NetFault("FormatException", _INDEX)
        spec = match[3].replace("{{", "{").replace("}}", "}") if match[3] else ""
        shown = format_value(arguments[index], spec)
        width = int(match[2] or 0)
        return shown.ljust(-width) if width < 0 else shown.rjust(width)

    return _ITEM.sub(fill, template)


def _why(template: str, offset: int) -> str:
    if template[offset] == "}":
        return "Unexpected closing brace without a corresponding opening brace."
    rest = template[offset + 1 :].lstrip()
    if not rest or not rest[0].isdigit():
        return "Expected an ASCII digit."
    return "Format item ends prematurely."


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

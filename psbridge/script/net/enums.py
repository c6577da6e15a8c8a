"""System.Enum."""

from __future__ import annotations

from typing import Any

from psbridge.binding.conversion import convert
from psbridge.binding.errors import InvalidCast
from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.values import TypedArray

from . import describe
from .text import strings

ENUM = describe("System.Enum", None)


def _members(type_: Any) -> Any:
    return type_.enum.__members__


def _parse_enum(type_: Any, text: str, ignore_case: bool = False) -> Any:
    for name, item in _members(type_).items():
        if name == text or (ignore_case and name.lower() == text.lower()):
            return item
    try:
        return convert(text, type_) if ignore_case or "," in text or text.isdigit() else _no_member(text)
    except InvalidCast:
        return _no_member(text)


def _no_member(text: str) -> Any:
    raise NetFault("ArgumentException", f"Requested value '{text}' was not found.")


ENUM.static(
    {
        "GetNames(type enumType)": lambda type_: strings(list(_members(type_))),
        "GetValues(type enumType)": lambda type_: TypedArray(list(type_.enum), type_),
        "GetName(type enumType, object value)": lambda type_, value: next(
            (name for name, item in _members(type_).items() if item == value), None
        ),
        "IsDefined(type enumType, object value)": lambda type_, value: (
            to_text(value) in _members(type_) or value in [item.value for item in type_.enum]
        ),
        "Parse(type enumType, string value)": _parse_enum,
        "Parse(type enumType, string value, bool ignoreCase)": _parse_enum,
        "ToObject(type enumType, object value)": lambda type_, value: type_.enum(int(value)),
    }
)

"""Strings into enumerations, Guid, Version, Uri and Regex, with .NET's own messages."""

from __future__ import annotations

import enum
import re
import uuid
from typing import cast

from psbridge.binding import messages
from psbridge.binding.errors import InvalidCast, NetError, with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.numbers import trim
from psbridge.binding.values import Uri, Version


def defined_enum(value: int, type_: NetType, shown: str) -> enum.Enum:
    """The member with this value.

    Raises:
        InvalidCast: there is none.
    """
    cls = cast("type[enum.Enum]", type_.enum)
    try:
        return cls(value)
    except ValueError:
        raise InvalidCast(
            messages.NO_SUCH_MEMBER.format(shown, type_.full_name, ",".join(cls.__members__))
        ) from None


def parse_enum(text: str, type_: NetType) -> enum.Enum:
    """A member by name (any case, several joined by commas), by number, or by an unambiguous prefix.

    Raises:
        InvalidCast: no such member.
    """
    cls = cast("type[enum.Enum]", type_.enum)
    members = {name.lower(): member.value for name, member in cls.__members__.items()}
    stripped = trim(text)
    if re.fullmatch(r"[+-]?[0-9]+", stripped):
        return defined_enum(int(stripped), type_, text)
    parts = [trim(part).lower() for part in stripped.split(",")]
    if stripped and all(part in members for part in parts):
        value = members[parts[0]]
        for part in parts[1:]:
            value |= members[part]
        return defined_enum(value, type_, text)
    found = [name for name in cls.__members__ if name.lower().startswith(text.lower())]
    if len(found) == 1:
        return cls[found[0]]
    if found:
        inner = messages.MEMBER_AMBIGUOUS.format(text, ", ".join(found))
    else:
        inner = messages.MEMBER_UNKNOWN.format(text, ", ".join(cls.__members__))
    raise with_inner(text, type_.full_name, inner)


_HEX = "[0-9a-fA-F]"
_GUID = re.compile(
    rf"{_HEX}{{32}}|{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"
    rf"|\{{{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\}}|\({_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\)"
)


def parse_guid(text: str) -> uuid.UUID:
    """`Guid.Parse`: 32 digits, with or without hyphens, braces or parentheses.

    Raises:
        NetError: not a Guid.
    """
    stripped = trim(text)
    if not _GUID.fullmatch(stripped):
        raise NetError("Unrecognized Guid format.")
    return uuid.UUID(stripped.strip("{}()"))


def parse_version(text: str) -> Version:
    """`Version.Parse`: two to four numbers joined by dots.

    Raises:
        NetError: not a version.
    """
    parts = text.split(".")
    if not 2 <= len(parts) <= 4:
        raise NetError("Version string portion was too short or too long. (Parameter 'input')")
    found = []
    for part in parts:
        stripped = trim(part)
        if not re.fullmatch("[+-]?[0-9]+", stripped):
            raise NetError(messages.BAD_NUMBER.format(part))
        number = int(stripped)
        if number > 2147483647:
            raise NetError(messages.OUT_OF_RANGE.format("an Int32"))
        if number < 0:
            raise NetError("Version's parameters must be greater than or equal to zero. (Parameter 'input')")
        found.append(number)
    return Version(found)


def parse_uri(text: str) -> Uri:
    """`new Uri(text, UriKind.RelativeOrAbsolute)`.

    Raises:
        NetError: not a URI, absolute or relative.
    """
    return Uri(text)


def parse_regex(text: str) -> re.Pattern[str]:
    """`new Regex(text)`, for what .NET and Python write alike.

    Raises:
        NetError: not a regular expression.
    """
    try:
        return re.compile(net_to_python(text))
    except re.error as error:
        raise NetError(
            f"Invalid pattern '{text}' at offset {(error.pos or 0) + 1}. {_regex_complaint(error)}"
        ) from None


def net_to_python(text: str) -> str:
    """A .NET regular expression in Python's spelling: named groups, \\z and \\Z."""
    text = re.sub(r"(?<!\\)\(\?<(?![=!])(\w+)>", r"(?P<\1>", text)
    text = re.sub(r"(?<!\\)\(\?'(\w+)'", r"(?P<\1>", text)
    text = re.sub(r"\\k[<'](\w+)[>']", r"(?P=\1)", text)
    return re.sub(r"(?<!\\)\\Z", r"(?=\\n?\\Z)", text).replace("\\z", "\\Z")


def _regex_complaint(error: re.error) -> str:
    message = error.msg
    if "missing ), unterminated subpattern" in message:
        return "Not enough )'s."
    if "unbalanced parenthesis" in message:
        return "Too many )'s."
    if "unterminated character set" in message:
        return "Unterminated [] set."
    if "nothing to repeat" in message:
        return "Quantifier '{x,y}' following nothing."
    if "multiple repeat" in message:
        return "Nested quantifier."
    if "bad escape (end of pattern)" in message:
        return "Illegal \\ at end of pattern."
    return message

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
        if not -(1 << 31) <= int(stripped) < 1 << 31:
            raise with_inner(text, type_.full_name, messages.OUT_OF_RANGE.format("an Int32"))
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
        raise NetError(messages.BAD_GUID)
    return uuid.UUID(stripped.strip("{}()"))


def parse_version(text: str) -> Version:
    """`Version.Parse`: two to four numbers joined by dots.

    Raises:
        NetError: not a version.
    """
    parts = text.split(".")
    if not 2 <= len(parts) <= 4:
        raise NetError(messages.VERSION_LENGTH)
    found = []
    for part in parts:
        stripped = trim(part)
        if not re.fullmatch("[+-]?[0-9]+", stripped):
            raise NetError(messages.BAD_NUMBER.format(part))
        number = int(stripped)
        if number > 2147483647:
            raise NetError(messages.OUT_OF_RANGE.format("an Int32"))
        if number < 0:
            raise NetError(messages.VERSION_NEGATIVE.format(number))
        found.append(number)
    return Version(found)


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}


def parse_uri(text: str) -> Uri:
    """`new Uri(text, UriKind.RelativeOrAbsolute)`, as its ToString shows it.

    Raises:
        NetError: not a URI, absolute or relative.
    """
    stripped = trim(text)
    match = _SCHEME.match(stripped)
    if match is None:
        return Uri(text)
    scheme, rest = match[1].lower(), stripped[match.end() :]
    if len(scheme) == 1:
        if rest[:1] not in ("/", "\\"):
            raise NetError(messages.DOS_PATH)
        return Uri(f"file:///{match[1]}:{rest}".replace("\\", "/"))
    if scheme not in _PORTS:
        return Uri(f"{scheme}:{rest}")
    host, _, path = rest.removeprefix("//").partition("/")
    name, colon, port = host.rpartition(":") if re.search(r":\d*$", host) else (host, "", "")
    if not rest.startswith("//") or not name or " " in name:
        raise NetError(messages.URI_EMPTY_HOST)
    if colon and port and int(port) > 65535:
        raise NetError(messages.URI_PORT)
    user, at, name = name.rpartition("@")
    shown = f":{port}" if port and port != _PORTS[scheme] else ""
    return Uri(f"{scheme}://{user}{at}{name.lower()}{shown}/{path}")


def parse_regex(text: str) -> re.Pattern[str]:
    """`new Regex(text)`, for what .NET and Python write alike.

    Raises:
        NetError: not a regular expression.
    """
    try:
        return re.compile(net_to_python(text))
    except re.error as error:
        complaint, offset = _regex_complaint(text, error)
        raise NetError(messages.BAD_PATTERN.format(text, offset, complaint)) from None


def net_to_python(text: str) -> str:
    """A .NET regular expression in Python's spelling: named groups, \\z and \\Z."""
    text = re.sub(r"(?<!\\)\(\?<(?![=!])(\w+)>", r"(?P<\1>", text)
    text = re.sub(r"(?<!\\)\(\?'(\w+)'", r"(?P<\1>", text)
    text = re.sub(r"\\k[<'](\w+)[>']", r"(?P=\1)", text)
    return re.sub(r"(?<!\\)\\Z", r"(?=\\n?\\Z)", text).replace("\\z", "\\Z")


def _regex_complaint(text: str, error: re.error) -> tuple[str, int]:
    """.NET's words for what is wrong with a regular expression, and the offset it reports."""
    offset = (error.pos or 0) + 1
    if "unterminated subpattern" in error.msg:
        return "Not enough )'s.", len(text)
    if "unbalanced parenthesis" in error.msg:
        return "Too many )'s.", offset
    if "unterminated character set" in error.msg:
        return "Unterminated [] set.", len(text)
    if "nothing to repeat" in error.msg:
        return f"Quantifier '{text[offset - 1]}' following nothing.", offset
    if "multiple repeat" in error.msg:
        return f"Nested quantifier '{text[offset - 1]}'.", offset
    if "bad escape (end of pattern)" in error.msg:
        return "Illegal \\ at end of pattern.", len(text)
    return f"{error.msg[:1].upper()}{error.msg[1:]}.", offset

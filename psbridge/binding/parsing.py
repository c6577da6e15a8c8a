"""Strings into enumerations, Guid and Version, with .NET's own messages."""

from __future__ import annotations

import enum
import re
import uuid
from typing import cast

from psbridge.binding import enums, messages
from psbridge.binding.digits import whole
from psbridge.binding.errors import InvalidCast, NetError, with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.numbers import trim
from psbridge.binding.values import Version


def defined_enum(value: int, type_: NetType, shown: str) -> enum.Enum:
    """The member with this value.

    Raises:
        InvalidCast: there is none.
    """
    cls = cast("type[enum.Enum]", type_.enum)
    if not enums.known(value, cls):
        raise InvalidCast(messages.NO_SUCH_MEMBER.format(shown, type_.full_name, ",".join(cls.__members__)))
    return cls(value)


def parse_enum(text: str, type_: NetType) -> enum.Enum:
    """A member by name (any case, several joined by commas), by number, or by an unambiguous prefix.

    Raises:
        InvalidCast: no such member.
    """
    cls = cast("type[enum.Enum]", type_.enum)
    members = {name.lower(): member.value for name, member in cls.__members__.items()}
    stripped = trim(text)
    if re.fullmatch(r"[+-]?[0-9]+", stripped):
        number = whole(stripped)
        if not -(1 << 31) <= number < 1 << 31:
            raise with_inner(text, type_.full_name, messages.OUT_OF_RANGE.format("an Int32"))
        return defined_enum(number, type_, text)
    parts = [trim(part).lower() for part in stripped.split(",")]
    if stripped and all(part in members for part in parts):
        value = members[parts[0]]
        for part in parts[1:]:
            value |= members[part]
        return defined_enum(value, type_, text)
    matching = [name for name in cls.__members__ if name.lower().startswith(text.lower())]
    preferred = [name for name in enums.PREFERRED.get(type_.full_name, ()) if name in matching]
    if len(matching) == 1 or preferred:
        return cls[(preferred or matching)[0]]
    if matching:
        inner = messages.MEMBER_AMBIGUOUS.format(text, ", ".join(matching))
    else:
        inner = messages.MEMBER_UNKNOWN.format(text, ", ".join(cls.__members__))
    raise with_inner(text, type_.full_name, inner)


_HEX = "[0-9a-fA-F]"
_PART = rf"\s*0x({_HEX}{{{{1,{{}}}}}})\s*"
_GUID_HEX = re.compile(
    r"\{"
    + ",".join(_PART.format(width) for width in (8, 4, 4))
    + r",\s*\{"
    + ",".join(_PART.format(2) for _ in range(8))
    + r"\}\s*\}"
)


def parse_guid(text: str) -> uuid.UUID:
    """`Guid.Parse`: 32 digits, with or without hyphens, braces or parentheses.

    Raises:
        NetError: not a Guid.
    """
    stripped = trim(text)
    if len(stripped) < 32:
        raise NetError(messages.BAD_GUID)
    in_hexadecimal = _GUID_HEX.fullmatch(stripped)
    if in_hexadecimal:
        return uuid.UUID(
            "".join(
                part.rjust(width, "0")
                for part, width in zip(
                    in_hexadecimal.groups(), (8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2), strict=True
                )
            )
        )
    bare = stripped
    if len(stripped) == 38 and (stripped[0], stripped[-1]) in (("{", "}"), ("(", ")")):
        bare = stripped[1:-1]
    if len(bare) == 36:
        if [index for index, item in enumerate(bare) if item == "-"] != [8, 13, 18, 23]:
            hyphens = "-" in bare
            raise NetError(messages.GUID_HYPHENS if hyphens else messages.GUID_LENGTH)
        bare = bare.replace("-", "")
    if len(bare) != 32:
        raise NetError(messages.GUID_LENGTH)
    if not re.fullmatch(f"{_HEX}{{32}}", bare):
        raise NetError(messages.GUID_DIGITS)
    return uuid.UUID(bare)


def parse_version(text: str) -> Version:
    """`Version.Parse`: two to four numbers joined by dots.

    Raises:
        NetError: not a version.
    """
    parts = text.split(".")
    if not 2 <= len(parts) <= 4:
        raise NetError(messages.VERSION_LENGTH)
    numbers: list[int] = []
    for part in parts:
        stripped = trim(part)
        if not re.fullmatch("[+-]?[0-9]+", stripped):
            raise NetError(messages.BAD_NUMBER.format(part))
        number = whole(stripped)
        if number > 2147483647:
            raise NetError(messages.OUT_OF_RANGE.format("an Int32"))
        if number < 0:
            name = ("input", "input", "build", "revision")[len(numbers)]
            raise NetError(messages.NOT_NEGATIVE.format(name, number))
        numbers.append(number)
    return Version(numbers)

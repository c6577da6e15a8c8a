"""Python values that .NET makes an object of one by one: bytes, big integers, dates, patterns and the like.

Every function takes one value and gives a .NET object; it raises ConversionError where there is no equal.
"""

from __future__ import annotations

import base64
import datetime
import re
import uuid
from decimal import Decimal
from typing import Any

from .. import binding
from . import edge
from .failures import ConversionError
from .moments import LOCAL

_DECIMAL_LIMIT = 1 << 96
INT64 = range(-(1 << 63), 1 << 63)
_TICKS_AT_YEAR_1 = datetime.datetime(1, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)


def checked(value: str) -> str:
    """A text that can cross: pythonnet ends the process at half a character."""
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ConversionError(
                "A text holds half a character (a lone surrogate), which cannot cross."
            ) from None
    return str(value)


def of_bytes(value: Any) -> Any:
    """A Byte[]."""
    return edge.net("System.Convert").FromBase64String(base64.b64encode(value).decode("ascii"))


def of_integer(value: int) -> Any:
    """A BigInteger."""
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return edge.net("System.Numerics.BigInteger")(of_bytes(data))


def of_decimal(value: Decimal) -> Any:
    """A Decimal; ConversionError for what one cannot hold: infinities, too many digits."""
    if not value.is_finite():
        raise ConversionError(f"{value} has no equal: a .NET Decimal is always finite.")
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    number = int("".join(map(str, digits)))
    if exponent > 0 and number:
        number = number * 10**exponent if exponent < 30 else _DECIMAL_LIMIT
    scale = max(-exponent, 0)
    while scale > 28 and number % 10 == 0:
        number, scale = number // 10, scale - 1 if number else 28
    if number >= _DECIMAL_LIMIT or scale > 28:
        raise ConversionError(
            f"{value} has no equal: a .NET Decimal holds whole numbers up to 79228162514264337593543950335, "
            "divided by up to 10^28."
        )
    parts = [(number >> shift) & 0xFFFFFFFF for shift in (0, 32, 64)]
    low, middle, high = (part - (1 << 32) if part >> 31 else part for part in parts)
    return edge.net("System.Decimal")(low, middle, high, bool(sign), edge.net("System.Byte")(scale))


def of_datetime(value: datetime.datetime) -> Any:
    """A DateTime; for a zone other than UTC and the local one a DateTimeOffset.

    Raises:
        ConversionError: the offset is no whole minutes or over 14 hours, or the moment not in the years 1
            to 9999.
    """
    naive = value.replace(tzinfo=None)
    ticks = (naive - _TICKS_AT_YEAR_1) // _MICROSECOND * 10 + getattr(value, "tick", 0)
    kinds = edge.net("System.DateTimeKind")
    make = edge.net("System.DateTime")
    if value.tzinfo is None:
        return make(ticks, kinds.Unspecified)
    if value.tzinfo is LOCAL:
        return make(ticks, kinds.Local)
    if value.tzname() == "UTC":
        return make(ticks, kinds.Utc)
    offset = value.utcoffset() or datetime.timedelta(0)
    if offset % datetime.timedelta(minutes=1) or abs(offset) > datetime.timedelta(hours=14):
        raise ConversionError(f"The offset {offset} has no equal: .NET's are whole minutes, up to 14 hours.")
    try:
        return edge.net("System.DateTimeOffset")(make(ticks, kinds.Unspecified), of_timedelta(offset))
    except Exception:
        raise ConversionError(f"{value} has no equal: in UTC it lies outside the years 1 to 9999.") from None


def of_date(value: datetime.date) -> Any:
    """A DateTime at midnight, of no zone."""
    return of_datetime(datetime.datetime(value.year, value.month, value.day))


def of_timedelta(value: datetime.timedelta) -> Any:
    """A TimeSpan; ConversionError beyond about 29,000 years."""
    ticks = value // _MICROSECOND * 10 + getattr(value, "tick", 0)
    if ticks not in INT64:
        raise ConversionError(f"{value} has no equal: a .NET TimeSpan holds about 29,000 years.")
    return edge.net("System.TimeSpan")(edge.net("System.Int64")(ticks))


def of_uuid(value: uuid.UUID) -> Any:
    """A Guid."""
    return edge.net("System.Guid").Parse(str(value))


def of_uri(value: str) -> Any:
    """A Uri, absolute or relative."""
    return edge.net("System.Uri")(checked(value), edge.net("System.UriKind").RelativeOrAbsolute)


def of_version(value: binding.Version) -> Any:
    """A Version."""
    return edge.net("System.Version").Parse(str(value))


_REGEX_FLAGS = {re.IGNORECASE: 1, re.MULTILINE: 2, re.DOTALL: 16, re.VERBOSE: 32}


def of_regex(value: re.Pattern[Any]) -> Any:
    """A Regex with the same flags; ConversionError for a pattern of bytes, or one that .NET does not read."""
    options = sum(bit for flag, bit in _REGEX_FLAGS.items() if value.flags & flag)
    space = "System.Text.RegularExpressions"
    if not isinstance(value.pattern, str) or value.flags & (re.ASCII | re.LOCALE):
        raise ConversionError("A pattern of bytes, ASCII or a locale has no equal in .NET.")
    kind = edge.net(f"{space}.RegexOptions")
    try:
        return edge.net(f"{space}.Regex")(
            checked(value.pattern), edge.enum_value(edge.runtime_type(kind), options)
        )
    except edge.net("System.ArgumentException"):
        raise ConversionError("The pattern is not one that .NET's Regex reads.") from None


def of_secret(value: Any) -> Any:
    """A SecureString that cannot be changed."""
    made = edge.net("System.Net.NetworkCredential")("", checked(value.reveal())).SecurePassword
    made.MakeReadOnly()
    return made


def of_script_block(value: binding.ScriptBlock) -> Any:
    """A ScriptBlock; ConversionError where PowerShell is not loaded."""
    kind = edge.power_shell_type("ScriptBlock")
    if kind is None:
        raise ConversionError("A script block has no equal before PowerShell is loaded (PowerShellSession).")
    return kind.Create(checked(value.text))

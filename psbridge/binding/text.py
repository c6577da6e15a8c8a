"""Values as strings: PowerShell's own (`[string]$value`, "$value") and .NET's (`$value.ToString()`)."""

from __future__ import annotations

import datetime
import enum
import os
import re
import uuid
from decimal import Decimal

from psbridge.binding import enums, numbers
from psbridge.binding.objects import bag_of, elements, is_list, type_of
from psbridge.binding.values import DateTimeOffset, Literal, ObjectList, ScriptOutput


def to_text(value: object) -> str:
    """What PowerShell makes of any value as a string; None is empty, list elements are joined by blanks."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, Literal):
        return value.text
    if is_list(value):
        return " ".join(_element_text(item) for item in elements(value))
    own = getattr(value, "__ps_text__", None)
    if own is not None:
        return str(own())
    bag = bag_of(type(value))
    if bag is not None:
        pairs = [f"{name}={_element_text(item)}" for name, item in bag(value).items()]
        return f"@{{{'; '.join(pairs)}}}" if pairs else ""
    return _plain(value)


def _element_text(value: object) -> str:
    """An element inside a list, or a property of an object, which is not looked into again."""
    if is_list(value):
        return type_of(value).full_name
    if value is not None and bag_of(type(value)) is not None and not hasattr(value, "__ps_text__"):
        return ""
    return to_text(value)


def _plain(value: object) -> str:
    if isinstance(value, (bool, float, Decimal)) or (
        isinstance(value, int) and not isinstance(value, enum.Enum)
    ):
        return numbers.text_of(value)
    return _object_text(value)


def net_text(value: object) -> str:
    """`value.ToString()`: a list or dictionary is its type's name, a Double has all its digits."""
    if isinstance(value, Literal):
        value = value.value
    if isinstance(value, float):
        return numbers.net_text_of(value)
    if is_list(value):
        return str(value) if isinstance(value, (ObjectList, ScriptOutput)) else type_of(value).full_name
    return to_text(value)


def message_text(value: object) -> str:
    """As `net_text`, but what a script spelt out keeps its spelling."""
    return value.text if isinstance(value, Literal) else net_text(value)


def _object_text(value: object) -> str:
    if isinstance(value, enum.Enum):
        return enums.text_of(value) if isinstance(value, int) else value.name
    if isinstance(value, DateTimeOffset):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%m/%d/") + f"{value.year:04d} " + value.strftime("%H:%M:%S")
    if isinstance(value, datetime.date):
        return value.strftime("%m/%d/") + f"{value.year:04d} 00:00:00"
    if isinstance(value, datetime.timedelta):
        return timespan_text(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, re.Pattern):
        from psbridge.binding import regexes

        return regexes.net_pattern(value)
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if isinstance(value, dict):
        return type_of(value).full_name
    return str(value)


def timespan_text(value: datetime.timedelta) -> str:
    """A TimeSpan in its constant format, `[-][d.]hh:mm:ss[.fffffff]`."""
    from psbridge.binding import dates

    ticks = dates.ticks_of(value)
    seconds, fraction = divmod(abs(ticks), 10_000_000)
    days, seconds = divmod(seconds, 86400)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    text = f"{days}.{text}" if days else text
    return f"{'-' if ticks < 0 else ''}{text}{f'.{fraction:07d}' if fraction else ''}"

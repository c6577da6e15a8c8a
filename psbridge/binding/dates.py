"""Strings into DateTime and TimeSpan, as .NET parses them in the invariant culture."""

from __future__ import annotations

import datetime
import re
from typing import Final

from psbridge.binding.errors import NetError
from psbridge.binding.numbers import trim

_ISO: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)


def parse_datetime(text: str) -> datetime.datetime:
    """`DateTime.Parse`.

    Raises:
        NetError: not a date.
    """
    match = _ISO.fullmatch(trim(text))
    if match is None:
        raise NetError(f"String '{text}' was not recognized as a valid DateTime.")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = (match[7] or "").ljust(6, "0")[:6]
    return datetime.datetime(year, month, day, hour, minute, second, int(fraction))


def parse_timespan(text: str) -> datetime.timedelta:
    """`TimeSpan.Parse`.

    Raises:
        NetError: not a time span.
    """
    match = re.fullmatch(r"(-?)(?:(\d+)\.)?(\d+):(\d+)(?::(\d+)(?:\.(\d{1,7}))?)?", trim(text))
    if match is None:
        raise NetError(f"String '{text}' was not recognized as a valid TimeSpan.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:5])
    made = datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -made if match[1] else made

"""Strings into DateTime and TimeSpan, as .NET parses them in the invariant culture.

Both count 100-nanosecond ticks, Python's types microseconds; `DateTime` and `TimeSpan` here keep the rest.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Final

from psbridge.binding import messages
from psbridge.binding.digits import whole
from psbridge.binding.errors import NetError
from psbridge.binding.numbers import trim
from psbridge.binding.values import DateTimeOffset

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NUMBERS: Final = {
    spelling: number for number, name in enumerate(_MONTHS, 1) for spelling in (name, name[:3])
}
_WEEKDAYS: Final = {spelling: index for index, name in enumerate(_DAYS) for spelling in (name, name[:3])}
_WORD: Final = re.compile(r"[^\W\d_]+")
_BEFORE_WORD: Final = re.compile(r"(?:[^\W_][\w\s/\-.,:+]*)?|\s+")
_EAST_ASIAN: Final = str.maketrans("年月日", "   ")
_TIME: Final = re.compile(r"(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?(?![\d:])")
_HALF_DAY: Final = re.compile(r"(am|pm)\b", re.IGNORECASE)
_HOUR: Final = re.compile(r"(\d{1,2})\s*(?=(?:am|pm)\b)", re.IGNORECASE)
_ZONE: Final = re.compile(r"\s*(?:(z|gmt)|([+-])(\d{1,2})(?::?(\d{2}))?)\s*$", re.IGNORECASE)
_SPAN: Final = re.compile(r"(?P<minus>-?)(?P<fields>\d+(?:[.:]\d+)*)")
_SHAPES: Final = {
    "": "d",
    ":": "hm",
    "::": "hms",
    "::.": "hmsf",
    ":::": "dhms",
    ":::.": "dhmsf",
    ".:": "dhm",
    ".::": "dhms",
    ".::.": "dhmsf",
}
MAX_TICKS: Final = (1 << 63) - 1


class DateTime(datetime.datetime):
    """A datetime with `rest`, 0 to 9: the 100-nanosecond ticks beyond its microseconds."""

    rest = 0


class TimeSpan(datetime.timedelta):
    """A timedelta with `rest`, 0 to 9: the 100-nanosecond ticks beyond its microseconds."""

    rest = 0


def timespan_from_ticks(ticks: int) -> datetime.timedelta:
    """A time span of so many 100-nanosecond ticks."""
    microseconds, rest = divmod(ticks, 10)
    if not rest:
        return datetime.timedelta(microseconds=microseconds)
    made = TimeSpan(microseconds=microseconds)
    made.rest = rest
    return made


def datetime_from_ticks(ticks: int) -> datetime.datetime:
    """The point so many 100-nanosecond ticks after the beginning of the year 1.

    Raises:
        NetError: before the year 1 or after the year 9999.
    """
    microseconds, rest = divmod(ticks, 10)
    try:
        made = datetime.datetime(1, 1, 1) + datetime.timedelta(microseconds=microseconds)
    except OverflowError:
        raise NetError(messages.TICKS) from None
    return _with_rest(made, rest)


def _with_rest(value: datetime.datetime, rest: int) -> datetime.datetime:
    if not rest:
        return value
    made = DateTime.combine(value.date(), value.timetz())
    made.rest = rest
    return made


def ticks_of(value: datetime.timedelta) -> int:
    """The 100-nanosecond ticks of a time span."""
    microseconds = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    return microseconds * 10 + getattr(value, "rest", 0)


def parse_datetime(text: str) -> datetime.datetime:
    """`DateTime.Parse`: ISO 8601, month/day/year, month names; a time zone makes it local time.

    Raises:
        NetError: not a date.
    """
    refused = NetError(messages.BAD_DATE.format(text))
    value, zone = _parsed(text, refused)
    return _with_rest(_zoned(value, zone, refused), getattr(value, "rest", 0))


def _parsed(text: str, refused: NetError) -> tuple[datetime.datetime, re.Match[str] | None]:
    """The date and time, and the zone where one is written."""
    _check_words(text)
    rest = text.translate(_EAST_ASIAN)
    half_day = _HALF_DAY.search(rest)
    time = _TIME.search(rest)
    fields: list[str | None] = list(time.groups()) if time else []
    if time is None and half_day is not None:
        hour = _HOUR.search(rest)
        if hour is None:
            raise refused
        fields, time = [hour[1], "0", None, None], hour
    zone = None
    if time is not None:
        before, after = rest[: time.start()], rest[time.end() :]
        after = _HALF_DAY.sub("", after)
        zone = _ZONE.search(after)
        after = after[: zone.start()] if zone else after
        if re.search(r"\d[tT]$", before):
            before = before[:-1]
        rest = f"{before} {after}"
    elif rest.rstrip()[-1:] in "zZ" and len(rest.strip()) > 1:
        zone = _ZONE.search(rest)
        rest = rest[: zone.start()] if zone else rest
    date, weekday = _date(rest, refused, required=time is None)
    hour_, minute, second, ticks = _time(fields, half_day[1] if half_day else None, text)
    if weekday is not None and date.weekday() != weekday:
        raise NetError(f"{messages.BAD_DATE.format(text)[:-1]} because the day of week was incorrect.")
    start = datetime.datetime(date.year, date.month, date.day, hour_, minute, second)
    try:
        return _with_rest(start + datetime.timedelta(microseconds=ticks // 10), ticks % 10), zone
    except OverflowError:
        raise refused from None


def parse_offset(text: str) -> DateTimeOffset:
    """`DateTimeOffset.Parse`: as a DateTime, with its own offset or the local one.

    Raises:
        NetError: not a date.
    """
    refused = NetError(messages.BAD_DATE.format(text))
    value, zone = _parsed(text, refused)
    if zone is None:
        return DateTimeOffset.of(value)
    offset = datetime.timedelta(hours=int(zone[3] or 0), minutes=int(zone[4] or 0))
    if offset > datetime.timedelta(hours=14):
        raise NetError(messages.BAD_OFFSET.format(text))
    zoned = value.replace(tzinfo=datetime.timezone(-offset if zone[2] == "-" else offset))
    made = DateTimeOffset.of(zoned)
    made.rest = getattr(value, "rest", 0)
    return made


def _check_words(text: str) -> None:
    for match in _WORD.finditer(text.translate(_EAST_ASIAN)):
        word = match.group().lower()
        separates = word == "t" and match.start() > 0 and text[match.start() - 1].isdigit()
        known = word in _MONTH_NUMBERS or word in _WEEKDAYS or word in ("am", "pm", "z", "gmt")
        if not known and not separates and _BEFORE_WORD.fullmatch(text, 0, match.start()):
            raise NetError(messages.UNKNOWN_WORD.format(text, match.start()))


def _date(text: str, refused: NetError, *, required: bool) -> tuple[datetime.date, int | None]:
    """The date in what is left of the text, today when there is none, and the weekday it names."""
    weekday = None
    parts: list[str] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = re.compile(r"(\d+|[^\W\d_]+)(?:\s*[/\-.,]?\s*)").match(text, position)
        if match is None:
            raise refused
        position = match.end()
        word = match[1].lower()
        if word in _WEEKDAYS and weekday is None:
            weekday = _WEEKDAYS[word]
        else:
            parts.append(word)
    if not parts and not required:
        return datetime.date.today(), weekday
    try:
        return _arranged(parts), weekday
    except (ValueError, KeyError, OverflowError):
        raise refused from None


def _arranged(parts: list[str]) -> datetime.date:
    """The date that numbers, and perhaps a month's name, in this order mean."""
    named = [index for index, part in enumerate(parts) if not part.isdigit()]
    numbers = [part for part in parts if part.isdigit()]
    this_year = datetime.date.today().year
    if len(named) > 1 or not 1 <= len(numbers) <= 3:
        raise ValueError(parts)
    if named:
        month = _MONTH_NUMBERS[parts[named[0]]]
        if len(numbers) == 2:
            year, day = numbers if len(numbers[0]) > 2 else numbers[::-1]
            return datetime.date(_year(year), month, int(day))
        if len(numbers) == 1 and (named[0] == 1 or len(numbers[0]) > 2):
            return datetime.date(_year(numbers[0]), month, 1)
        return datetime.date(this_year, month, int(numbers[0]))
    first, second = numbers[:2] if len(numbers) > 1 else (numbers[0], "")
    if len(numbers) == 2:
        if len(first) > 2:
            return datetime.date(_year(first), int(second), 1)
        if len(second) > 2:
            return datetime.date(_year(second), int(first), 1)
        return datetime.date(this_year, int(first), int(second))
    if len(numbers) == 3:
        year, month_, day_ = numbers if len(first) > 2 else (numbers[2], first, second)
        return datetime.date(_year(year), int(month_), int(day_))
    raise ValueError(parts)


def _year(text: str) -> int:
    year = int(text)
    if len(text) < 3:
        return year + (2000 if year < 50 else 1900)
    return year


def _time(fields: list[str | None], half_day: str | None, text: str) -> tuple[int, int, int, int]:
    """Hour, minute, second and the ticks beyond, which may make a whole second."""
    if not fields:
        return 0, 0, 0, 0
    hour, minute, second = (int(field or 0) for field in fields[:3])
    if half_day and hour <= 12:
        hour = hour % 12 + (12 if half_day.lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise NetError(messages.NO_SUCH_TIME.format(text))
    return hour, minute, second, round(Decimal(f"0.{fields[3] or 0}") * 10_000_000)


def _zoned(value: datetime.datetime, zone: re.Match[str] | None, refused: NetError) -> datetime.datetime:
    if zone is None:
        return value
    offset = datetime.timedelta(hours=int(zone[3] or 0), minutes=int(zone[4] or 0))
    try:
        universal = value + offset if zone[2] == "-" else value - offset
        return universal.replace(tzinfo=datetime.timezone.utc).astimezone()
    except OverflowError:
        raise refused from None


def parse_timespan(text: str) -> datetime.timedelta:
    """`TimeSpan.Parse`: days, `[-][d.]hh:mm[:ss[.fffffff]]` or `d:hh:mm:ss`.

    Raises:
        NetError: not a time span.
    """
    match = _SPAN.fullmatch(trim(text))
    shape = re.sub(r"\d+", "", match["fields"]) if match else "?"
    if match and any(whole(field) >= 1 << 28 for field in re.split("[.:]", match["fields"])):
        raise NetError(messages.SPAN_OUT_OF_RANGE.format(text))
    if match is None or shape not in _SHAPES:
        raise NetError(messages.BAD_SPAN.format(text))
    numbers = re.split("[.:]", match["fields"])
    # Three numbers that make no time of day may still be days, hours and minutes.
    order = "dhm" if shape == "::" and int(numbers[0]) > 23 else _SHAPES[shape]
    fields = dict(zip(order, numbers, strict=True))
    fraction = fields.pop("f", "0")
    days, hours, minutes, seconds = (int(fields.get(key, 0)) for key in "dhms")
    ticks = ((days * 24 + hours) * 3600 + minutes * 60 + seconds) * 10_000_000
    ticks += int(fraction.ljust(7, "0")[:7])
    if hours > 23 or minutes > 59 or seconds > 59 or len(fraction) > 7 or ticks > MAX_TICKS:
        raise NetError(messages.SPAN_OUT_OF_RANGE.format(text))
    return timespan_from_ticks(-ticks if match["minus"] else ticks)

"""DateTime and TimeSpan in .NET's standard and custom formats, and DateTime.ParseExact.

Of the invariant culture, unless another is given.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Final

from psbridge.binding.dates import DateTime, datetime_from_ticks, ticks_of
from psbridge.binding.text import timespan_text

from .cultures import Formats, day_name, month_name, standard_pattern
from .errors import NetFault
from .numberformat import bad_format

MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()
DAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_STANDARD: Final = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
_TOKEN: Final = re.compile(r"\\.|'[^']*'?|\"[^\"]*\"?|%.|d+|M+|y+|H+|h+|m+|s+|f+|F+|t+|z+|K|g+|.", re.DOTALL)
_EPOCH: Final = datetime.datetime(1, 1, 1)


def ticks(value: datetime.datetime) -> int:
    """100-nanosecond ticks since the year 1, whatever the time zone."""
    return ticks_of(value.replace(tzinfo=None) - _EPOCH) + getattr(value, "rest", 0)


UNIX_EPOCH: Final = ticks(datetime.datetime(1970, 1, 1))
LAST: Final = ticks(datetime.datetime.max) + 9


def utc_from_ticks(count: int) -> datetime.datetime:
    """The time of UTC so many ticks after the beginning of the year 1.

    Raises:
        NetError: before the year 1 or after the year 9999.
    """
    value = datetime_from_ticks(count)
    return with_rest(value.replace(tzinfo=datetime.timezone.utc), getattr(value, "rest", 0))


def kind_of(value: datetime.datetime) -> str:
    """Unspecified, Utc or Local."""
    if value.tzinfo is None:
        return "Unspecified"
    return "Utc" if value.tzinfo is datetime.timezone.utc else "Local"


def format_date(value: datetime.datetime, spec: str, culture: Formats | None = None) -> str:
    """A DateTime in this format.

    Raises:
        NetFault: FormatException.
    """
    if not spec:
        spec = "G"
    if len(spec) == 1:
        if spec == "U":
            return format_date(to_universal(value), "F", culture)
        if spec not in _STANDARD:
            raise NetFault("FormatException", "Input string was not in a correct format.")
        spec, culture = _pattern(spec, culture)
    if culture is not None:
        return "".join(_piece_in(value, match, spec, culture) for match in _TOKEN.finditer(spec))
    return "".join(_piece(value, token) for token in _TOKEN.findall(spec))


def _pattern(letter: str, culture: Formats | None) -> tuple[str, Formats | None]:
    """The pattern of a standard format, and the culture that fills it in: not all depend on one."""
    own = standard_pattern(letter, culture) if culture is not None else None
    return (_STANDARD[letter], None) if own is None else (own, culture)


def _piece_in(value: datetime.datetime, match: re.Match[str], spec: str, culture: Formats) -> str:
    token = match[0]
    token = token[1:] if token[0] == "%" and len(token) > 1 else token
    letter, width = token[0], len(token)
    if letter == "d" and width > 2:
        return day_name(value.weekday(), culture, width == 3)
    if letter == "M" and width > 2:
        return month_name(value.month, culture, width == 3, spec, *match.span())
    if letter == "t":
        name = str(culture["AMDesignator" if value.hour < 12 else "PMDesignator"])
        return name[:1] if width == 1 else name
    if token in _SEPARATORS:
        return str(culture[_SEPARATORS[token]])
    return str(culture["EraName"]) if letter == "g" else _piece(value, token)


_SEPARATORS: Final = {"/": "DateSeparator", ":": "TimeSeparator"}


def _piece(value: datetime.datetime, token: str) -> str:
    letter = token[0]
    if letter == "%" and len(token) > 1:
        return _piece(value, token[1:])
    if letter == "\\":
        return token[1:]
    if letter in "'\"":
        return token.strip(letter)
    width = len(token)
    if letter == "d":
        if width < 3:
            return str(value.day).rjust(width, "0")
        name = DAYS[value.weekday()]
        return name[:3] if width == 3 else name
    if letter == "M":
        if width < 3:
            return str(value.month).rjust(width, "0")
        name = MONTHS[value.month - 1]
        return name[:3] if width == 3 else name
    if letter == "y":
        if width < 3:
            return str(value.year % 100).rjust(width, "0")
        return str(value.year).rjust(width, "0")
    if letter in "Hhms":
        number = {"H": value.hour, "h": value.hour % 12 or 12, "m": value.minute, "s": value.second}[letter]
        return str(number).rjust(min(width, 2), "0")
    if letter in "fF":
        if width > 7:
            raise NetFault("FormatException", "Input string was not in a correct format.")
        digits = f"{value.microsecond:06d}{getattr(value, 'rest', 0)}"[:width]
        return digits.rstrip("0") if letter == "F" else digits
    if letter == "t":
        name = "AM" if value.hour < 12 else "PM"
        return name[:1] if width == 1 else name
    if letter == "z":
        return _offset(value, width)
    if letter == "K":
        kind = kind_of(value)
        return "" if kind == "Unspecified" else "Z" if kind == "Utc" else _offset(value, 3)
    if letter == "g":
        return "A.D."
    return token


def _offset(value: datetime.datetime, width: int) -> str:
    offset = value.utcoffset()
    if offset is None:
        offset = value.astimezone().utcoffset() or datetime.timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    if width == 1:
        return f"{sign}{hours}"
    return f"{sign}{hours:02d}" if width == 2 else f"{sign}{hours:02d}:{minutes:02d}"


def with_rest(value: datetime.datetime, rest: int) -> datetime.datetime:
    """The same moment with this many ticks beyond its microseconds."""
    if not rest:
        return value
    made = DateTime.combine(value.date(), value.timetz())
    made.rest = rest
    return made


def to_universal(value: datetime.datetime) -> datetime.datetime:
    """`ToUniversalTime`: a time of no kind is taken as local."""
    if kind_of(value) == "Utc":
        return value
    return with_rest(value.astimezone(datetime.timezone.utc), getattr(value, "rest", 0))


def to_local(value: datetime.datetime) -> datetime.datetime:
    """`ToLocalTime`: a time of no kind is taken as universal."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return local_zone(with_rest(value, getattr(value, "rest", 0)))


def local_zone(value: datetime.datetime) -> datetime.datetime:
    """In the local time zone, as a time of kind Local."""
    local = value.astimezone()
    zone = local.tzinfo
    if zone is datetime.timezone.utc:
        local = local.replace(tzinfo=datetime.timezone(datetime.timedelta(0), "UTC"))
    return with_rest(local, getattr(value, "rest", 0))


def format_span(value: datetime.timedelta, spec: str, culture: Formats | None = None) -> str:
    """A TimeSpan in this format.

    Raises:
        NetFault: FormatException.
    """
    if spec in ("", "c", "t", "T"):
        return timespan_text(value)
    total = ticks_of(value)
    sign, total = ("-", -total) if total < 0 else ("", total)
    seconds, fraction = divmod(total, 10_000_000)
    days, seconds = divmod(seconds, 86400)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    point = "." if culture is None else culture["NumberDecimalSeparator"]
    if spec == "g":
        digits = f"{fraction:07d}".rstrip("0")
        head = f"{days}:" if days else ""
        return f"{sign}{head}{hours}:{minutes:02d}:{seconds:02d}{f'{point}{digits}' if digits else ''}"
    if spec == "G":
        return f"{sign}{days}:{hours:02d}:{minutes:02d}:{seconds:02d}{point}{fraction:07d}"
    if len(spec) == 1:
        raise NetFault("FormatException", "Input string was not in a correct format.")
    values = {"d": days, "h": hours, "m": minutes, "s": seconds}
    out = []
    for token in re.findall(r"\\.|'[^']*'?|\"[^\"]*\"?|%.|d+|h+|m+|s+|f+|F+|.", spec, re.DOTALL):
        token = token[1:] if token[0] == "%" and len(token) > 1 else token
        if token[0] in values:
            out.append(str(values[token[0]]).rjust(len(token), "0"))
        elif token[0] in "fF":
            digits = f"{fraction:07d}"[: len(token)]
            out.append(digits.rstrip("0") if token[0] == "F" else digits)
        elif token[0] == "\\":
            out.append(token[1:])
        elif token[0] in "'\"":
            out.append(token.strip(token[0]))
        else:
            raise NetFault("FormatException", "Input string was not in a correct format.")
    return "".join(out)


_PATTERNS: Final = {
    "d": r"(?P<d>\d{1,2})",
    "dd": r"(?P<d>\d{2})",
    "ddd": rf"(?:{'|'.join(day[:3] for day in DAYS)})",
    "dddd": rf"(?:{'|'.join(DAYS)})",
    "M": r"(?P<M>\d{1,2})",
    "MM": r"(?P<M>\d{2})",
    "MMM": rf"(?P<month>{'|'.join(month[:3] for month in MONTHS)})",
    "MMMM": rf"(?P<month>{'|'.join(MONTHS)})",
    "yy": r"(?P<y>\d{2})",
    "yyyy": r"(?P<y>\d{4})",
    "H": r"(?P<H>\d{1,2})",
    "HH": r"(?P<H>\d{2})",
    "h": r"(?P<h>\d{1,2})",
    "hh": r"(?P<h>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "mm": r"(?P<m>\d{2})",
    "s": r"(?P<s>\d{1,2})",
    "ss": r"(?P<s>\d{2})",
    "tt": r"(?P<t>AM|PM)",
    "t": r"(?P<t>A|P)",
    "K": r"(?P<z>Z|[+-]\d{2}:\d{2}|)",
    "z": r"(?P<z>[+-]\d{1,2})",
    "zz": r"(?P<z>[+-]\d{2})",
    "zzz": r"(?P<z>[+-]\d{2}:\d{2})",
}


def parse_exact(text: str, spec: str, culture: Formats | None = None) -> datetime.datetime:
    """`DateTime.ParseExact`.

    Raises:
        NetFault: FormatException.
    """
    refused = NetFault("FormatException", f"String '{text}' was not recognized as a valid DateTime.")
    if len(spec) == 1 and spec in _STANDARD:
        spec, culture = _pattern(spec, culture)
    months, patterns = _MONTH_NUMBERS, _PATTERNS
    if culture is not None:
        from .culturedates import exact_patterns, months_of

        months, patterns = months_of(culture), {**_PATTERNS, **exact_patterns(culture)}
    pattern = ""
    for token in _TOKEN.findall(spec):
        token = token[1:] if token[0] == "%" and len(token) > 1 else token
        if token in patterns:
            pattern += patterns[token]
        elif token[0] == "f":
            pattern += rf"(?P<f>\d{{{len(token)}}})"
        elif token[0] == "F":
            pattern += rf"(?P<f>\d{{0,{len(token)}}})"
        elif token[0] == "\\":
            pattern += re.escape(token[1:])
        elif token[0] in "'\"":
            pattern += re.escape(token.strip(token[0]))
        else:
            pattern += re.escape(token)
    try:
        match = re.fullmatch(pattern, text, re.IGNORECASE)
    except re.error:
        raise refused from None
    if match is None:
        raise refused
    parts = {name: item for name, item in match.groupdict().items() if item is not None}
    return _assembled(parts, months, _half_day(parts, culture), refused)


_MONTH_NUMBERS: Final = {
    **{name.lower(): number for number, name in enumerate(MONTHS, 1)},
    **{name[:3].lower(): number for number, name in enumerate(MONTHS, 1)},
}


def _half_day(parts: dict[str, Any], culture: Formats | None) -> int | None:
    """The hours that AM or PM stands for; None without either."""
    if "t" not in parts:
        return None
    after = "P" if culture is None else culture["PMDesignator"]
    return 12 if after.lower().startswith(parts["t"].lower()) or parts["t"][0].upper() == after else 0


def _assembled(
    parts: dict[str, Any], months: dict[str, int], half_day: int | None, refused: NetFault
) -> datetime.datetime:
    today = datetime.date.today()
    year = int(parts["y"]) if "y" in parts else today.year
    if len(parts.get("y", "yyyy")) == 2:
        year += 2000 if year < 50 else 1900
    dated = parts.keys() & {"y", "M", "month", "d"}
    month = int(parts["M"]) if "M" in parts else 1 if dated else today.month
    if "month" in parts:
        month = months[parts["month"].lower()]
    day = int(parts["d"]) if "d" in parts else 1 if dated else today.day
    hour = int(parts.get("H", parts.get("h", 0)))
    if half_day is not None and "h" in parts:
        hour = hour % 12 + half_day
    fraction = parts.get("f", "").ljust(7, "0")
    try:
        made = datetime.datetime(
            year, month, day, hour, int(parts.get("m", 0)), int(parts.get("s", 0)), int(fraction[:6] or 0)
        )
    except ValueError:
        raise refused from None
    made = with_rest(made, int(fraction[6:7] or 0))
    zone = parts.get("z")
    if zone:
        offset = datetime.timedelta()
        if zone.upper() != "Z":
            hours, _, minutes = zone[1:].partition(":")
            offset = datetime.timedelta(hours=int(hours), minutes=int(minutes or 0))
            offset = -offset if zone[0] == "-" else offset
        return local_zone(made.replace(tzinfo=datetime.timezone(offset)))
    return made


__all__ = ["bad_format", "format_date", "format_span", "parse_exact", "ticks", "to_local", "to_universal"]

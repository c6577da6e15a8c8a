"""DateTime and TimeSpan."""

from __future__ import annotations

import calendar
import datetime
import enum
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.dates import (
    MAX_TICKS,
    datetime_from_ticks,
    parse_datetime,
    parse_timespan,
    ticks_of,
    timespan_from_ticks,
)
from psbridge.binding.errors import NetError
from psbridge.binding.nettypes import DayOfWeek
from psbridge.binding.text import net_text
from psbridge.binding.values import Int64
from psbridge.script.semantics import dateformat
from psbridge.script.semantics.arithmetic import add_ticks
from psbridge.script.semantics.cultures import formats_of
from psbridge.script.semantics.dateformat import kind_of, to_local, to_universal
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import format_value
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import NetRef, TypedArray

from . import describe
from .faults import out_of_range

_SECOND = 10_000_000
_FILE_TIME = 504911232000000000  # ticks until 1601, from which a FILETIME counts


def now() -> datetime.datetime:
    """The time now, of kind Local."""
    return dateformat.local_zone(datetime.datetime.now(datetime.timezone.utc))


def of_kind(value: datetime.datetime, kind: Any) -> datetime.datetime:
    """DateTime.SpecifyKind."""
    name = getattr(kind, "name", str(kind))
    bare = dateformat.with_rest(value.replace(tzinfo=None), getattr(value, "rest", 0))
    if name == "Unspecified":
        return bare
    rest = getattr(value, "rest", 0)
    if name == "Utc":
        return dateformat.with_rest(bare.replace(tzinfo=datetime.timezone.utc), rest)
    return dateformat.with_rest(dateformat.local_zone(bare.replace(tzinfo=None).astimezone()), rest)


def _made(*parts: Any) -> datetime.datetime:
    kind = parts[-1] if parts and isinstance(parts[-1], enum.Enum) else None
    numbers = [int(part) for part in (parts[:-1] if kind is not None else parts)]
    if len(numbers) > 6:
        numbers[6] = numbers[6] * 1000 + (numbers.pop(7) if len(numbers) > 7 else 0)
    try:
        value = datetime.datetime(*numbers)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise NetFault(
            "ArgumentOutOfRangeException",
            "Year, Month, and Day parameters describe an un-representable DateTime.",
        ) from None
    return value if kind is None else of_kind(value, kind)


def _from_ticks(ticks: int) -> datetime.datetime:
    try:
        return datetime_from_ticks(ticks)
    except NetError as error:
        raise NetFault("ArgumentOutOfRangeException", str(error)) from None


def _from_file_time(ticks: int) -> datetime.datetime:
    return of_kind(_from_ticks(ticks + _FILE_TIME), "Utc")


def _parse(text: str, *rest: Any) -> datetime.datetime:
    culture = formats_of(rest[0]) if rest else None
    if culture is not None:
        from psbridge.script.semantics.culturedates import parse_date

        return _styled(parse_date(text, culture), rest[-1])
    try:
        value = parse_datetime(text)
    except NetError as error:
        raise NetFault("FormatException", str(error)) from None
    return _styled(value, rest[-1] if rest else None)


def _styled(value: datetime.datetime, style: Any) -> datetime.datetime:
    bits = int(style) if isinstance(style, int) else 0
    if bits & 64 and value.tzinfo is None:  # AssumeUniversal
        value = to_local(value.replace(tzinfo=datetime.timezone.utc))
    if bits & 32 and value.tzinfo is None:  # AssumeLocal
        value = of_kind(value, "Local")
    return to_universal(value) if bits & 16 else value


def _parse_exact(text: str, spec: Any, provider: Any = None, style: Any = None) -> datetime.datetime:
    specs = [spec] if isinstance(spec, str) else list(spec)
    culture = formats_of(provider)
    for number, one in enumerate(specs):
        try:
            return _styled(dateformat.parse_exact(text, one, culture), style)
        except NetFault:
            if number == len(specs) - 1:
                raise
    raise NetFault("FormatException", "Input string was not in a correct format.")


def _try(parse: Any) -> Any:
    def attempt(*arguments: Any) -> bool:
        reference: NetRef = arguments[-1]
        for one in arguments[:-1]:
            formats_of(one)  # one that is not known is no mere text that cannot be read
        try:
            reference.write(parse(*arguments[:-1]))
        except NetFault:
            reference.write(datetime.datetime(1, 1, 1))
            return False
        return True

    return attempt


def add_months(value: datetime.datetime, months: int) -> datetime.datetime:
    """`AddMonths`: to the last day of a month that has no such day."""
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise NetFault(
            "ArgumentOutOfRangeException",
            "The added or subtracted value results in an un-representable DateTime. (Parameter 'months')",
        )
    day = min(value.day, calendar.monthrange(year, month + 1)[1])
    moved = value.replace(year=year, month=month + 1, day=day)
    return dateformat.with_rest(moved, getattr(value, "rest", 0))


def _days_in_month(year: int, month: int) -> int:
    if not 1 <= month <= 12:
        raise out_of_range("month", "Month must be between one and twelve.", month)
    if not 1 <= year <= 9999:
        raise out_of_range("year", "Year must be between 1 and 9999.", year)
    return calendar.monthrange(year, month)[1]


def _adder(unit: int) -> Any:
    def add(value: datetime.datetime, amount: float) -> datetime.datetime:
        return add_ticks(value, round(amount * unit) if unit > 10_000 else int(amount * unit))

    return add


DATETIME = describe("System.DateTime", nettypes.DATETIME)

_KIND = "System.DateTimeKind kind"
_STYLE = "System.Globalization.DateTimeStyles style"

DATETIME.new(
    {
        "(long ticks)": _from_ticks,
        f"(long ticks, {_KIND})": lambda ticks, kind: of_kind(_from_ticks(ticks), kind),
        "(int year, int month, int day)": _made,
        "(int year, int month, int day, int hour, int minute, int second)": _made,
        f"(int year, int month, int day, int hour, int minute, int second, {_KIND})": _made,
        "(int year, int month, int day, int hour, int minute, int second, int millisecond)": _made,
        "(int year, int month, int day, int hour, int minute, int second, int millisecond, "
        "int microsecond)": _made,
        f"(int year, int month, int day, int hour, int minute, int second, int millisecond, {_KIND})": _made,
    }
)

DATETIME.constant(
    {
        "Now": now,
        "UtcNow": lambda: datetime.datetime.now(datetime.timezone.utc),
        "Today": lambda: now().replace(hour=0, minute=0, second=0, microsecond=0),
        "MinValue": datetime.datetime(1, 1, 1),
        "MaxValue": lambda: datetime_from_ticks(dateformat.LAST),
        "UnixEpoch": dateformat.utc_from_ticks(dateformat.UNIX_EPOCH),
    }
)

DATETIME.static(
    {
        "Parse(string s)": _parse,
        "Parse(string s, IFormatProvider p)": _parse,
        f"Parse(string s, IFormatProvider p, {_STYLE})": _parse,
        "ParseExact(string s, string format, IFormatProvider p)": _parse_exact,
        f"ParseExact(string s, string[] formats, IFormatProvider p, {_STYLE})": _parse_exact,
        f"ParseExact(string s, string format, IFormatProvider p, {_STYLE})": _parse_exact,
        "TryParse(string s, ref result)": _try(_parse),
        "TryParse(string s, IFormatProvider p, any style, ref result)": _try(_parse),
        "TryParseExact(string s, string format, IFormatProvider p, any style, ref result)": _try(
            _parse_exact
        ),
        "TryParseExact(string s, string[] formats, IFormatProvider p, any style, ref result)": _try(
            _parse_exact
        ),
        "DaysInMonth(int year, int month)": _days_in_month,
        "IsLeapYear(int year)": calendar.isleap,
        f"SpecifyKind(datetime value, {_KIND})": of_kind,
        "Compare(datetime t1, datetime t2)": lambda one, other: _sign(
            dateformat.ticks(one) - dateformat.ticks(other)
        ),
        "FromFileTime(long fileTime)": lambda ticks: to_local(_from_file_time(ticks)),
        "FromFileTimeUtc(long fileTime)": _from_file_time,
        "FromOADate(double d)": lambda days: datetime.datetime(1899, 12, 30) + datetime.timedelta(days=days),
        "FromBinary(long dateData)": lambda data: _from_ticks(data & 0x3FFFFFFFFFFFFFFF),
    }
)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _day_start(value: datetime.datetime) -> datetime.datetime:
    return datetime.datetime(value.year, value.month, value.day, tzinfo=value.tzinfo)


DATETIME.property(
    {
        "Date": _day_start,
        "Day": lambda value: value.day,
        "DayOfWeek": lambda value: DayOfWeek((value.weekday() + 1) % 7),
        "DayOfYear": lambda value: value.timetuple().tm_yday,
        "Hour": lambda value: value.hour,
        "Kind": lambda value: net_enum("System.DateTimeKind")[kind_of(value)],
        "Millisecond": lambda value: value.microsecond // 1000,
        "Microsecond": lambda value: value.microsecond % 1000,
        "Nanosecond": lambda value: getattr(value, "rest", 0) * 100,
        "Minute": lambda value: value.minute,
        "Month": lambda value: value.month,
        "Second": lambda value: value.second,
        "Ticks": lambda value: Int64(dateformat.ticks(value)),
        "TimeOfDay": lambda value: timespan_from_ticks(dateformat.ticks(value) % 864_000_000_000),
        "Year": lambda value: value.year,
        "DateTime": lambda value: dateformat.format_date(value, "F"),
    }
)

DATETIME.method(
    {
        "AddDays(double value)": _adder(86400 * _SECOND),
        "AddHours(double value)": _adder(3600 * _SECOND),
        "AddMinutes(double value)": _adder(60 * _SECOND),
        "AddSeconds(double value)": _adder(_SECOND),
        "AddMilliseconds(double value)": _adder(10_000),
        "AddTicks(long value)": add_ticks,
        "AddMonths(int months)": add_months,
        "AddYears(int value)": lambda value, years: add_months(value, 12 * years),
        "Add(timespan value)": lambda value, span: add_ticks(value, ticks_of(span)),
        "Subtract(timespan value)": lambda value, span: add_ticks(value, -ticks_of(span)),
        "Subtract(datetime value)": lambda value, other: timespan_from_ticks(
            dateformat.ticks(value) - dateformat.ticks(other)
        ),
        "ToUniversalTime()": to_universal,
        "ToLocalTime()": lambda value: value if kind_of(value) == "Local" else to_local(value),
        "ToString()": net_text,
        "ToString(string format)": format_value,
        "ToString(IFormatProvider p)": lambda value, provider: format_value(value, "", formats_of(provider)),
        "ToString(string format, IFormatProvider p)": lambda value, spec, provider: format_value(
            value, spec or "", formats_of(provider)
        ),
        "ToShortDateString()": lambda value: dateformat.format_date(value, "d"),
        "ToLongDateString()": lambda value: dateformat.format_date(value, "D"),
        "ToShortTimeString()": lambda value: dateformat.format_date(value, "t"),
        "ToLongTimeString()": lambda value: dateformat.format_date(value, "T"),
        "CompareTo(datetime value)": lambda value, other: _sign(
            dateformat.ticks(value) - dateformat.ticks(other)
        ),
        "Equals(datetime value)": lambda value, other: dateformat.ticks(value) == dateformat.ticks(other),
        "IsDaylightSavingTime()": lambda value: bool(value.astimezone().dst()),
        "ToFileTime()": lambda value: Int64(dateformat.ticks(to_universal(value)) - _FILE_TIME),
        "ToFileTimeUtc()": lambda value: Int64(dateformat.ticks(to_universal(value)) - _FILE_TIME),
        "ToOADate()": lambda value: (dateformat.ticks(value) - 599264352000000000) / 864_000_000_000,
        "GetDateTimeFormats()": lambda value: TypedArray([net_text(value)], nettypes.STRING),
    }
)


def _span(*parts: int) -> datetime.timedelta:
    days, hours, minutes, seconds, milliseconds = (
        (0, *parts, 0) if len(parts) == 3 else (*parts, 0) if len(parts) == 4 else parts
    )
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    return timespan_from_ticks((total * 1000 + milliseconds) * 10_000)


def _span_of(amount: float, unit: int) -> datetime.timedelta:
    ticks = amount * unit
    if ticks != ticks:
        raise NetFault("ArgumentException", "TimeSpan does not accept floating point Not-a-Number values.")
    if abs(ticks) > MAX_TICKS:
        raise NetFault("OverflowException", "TimeSpan overflowed because the duration is too long.")
    return timespan_from_ticks(round(ticks))


def _parse_span(text: str, *rest: Any) -> datetime.timedelta:
    culture = formats_of(rest[0]) if rest else None
    if culture is not None:
        text = text.replace(culture["NumberDecimalSeparator"], ".")
    try:
        return parse_timespan(text)
    except NetError as error:
        raise NetFault("FormatException", str(error)) from None


def _try_span(text: str, reference: NetRef) -> bool:
    try:
        reference.write(_parse_span(text))
    except NetFault:
        reference.write(datetime.timedelta())
        return False
    return True


def _total(unit: int) -> Any:
    return lambda span: ticks_of(span) / unit


def _whole(unit: int, modulus: int) -> Any:
    def read(span: datetime.timedelta) -> int:
        ticks = ticks_of(span)
        number = abs(ticks) // unit % modulus
        return number if ticks >= 0 else -number

    return read


SPAN = describe("System.TimeSpan", nettypes.TIMESPAN)

SPAN.new(
    {
        "(long ticks)": timespan_from_ticks,
        "(int hours, int minutes, int seconds)": _span,
        "(int days, int hours, int minutes, int seconds)": _span,
        "(int days, int hours, int minutes, int seconds, int milliseconds)": _span,
    }
)

_UNITS = {
    "Days": 864_000_000_000,
    "Hours": 36_000_000_000,
    "Minutes": 600_000_000,
    "Seconds": _SECOND,
    "Milliseconds": 10_000,
    "Microseconds": 10,
}

SPAN.static(
    {
        f"From{name}(double value)": lambda amount, unit=unit: _span_of(amount, unit)
        for name, unit in _UNITS.items()
    }
)

SPAN.static(
    {
        "FromTicks(long value)": timespan_from_ticks,
        "Parse(string s)": _parse_span,
        "Parse(string s, IFormatProvider p)": _parse_span,
        "TryParse(string s, ref result)": _try_span,
        "Compare(timespan t1, timespan t2)": lambda one, other: _sign(ticks_of(one) - ticks_of(other)),
    }
)

SPAN.constant(
    {
        "Zero": datetime.timedelta(),
        "MaxValue": lambda: timespan_from_ticks((1 << 63) - 1),
        "MinValue": lambda: timespan_from_ticks(-(1 << 63)),
        **{
            f"TicksPer{name.removesuffix('s')}": Int64(unit)
            for name, unit in _UNITS.items()
            if name != "Microseconds"
        },
    }
)

SPAN.property(
    {
        "Ticks": lambda span: Int64(ticks_of(span)),
        "Days": _whole(_UNITS["Days"], 1 << 62),
        "Hours": _whole(_UNITS["Hours"], 24),
        "Milliseconds": _whole(10_000, 1000),
        "Microseconds": _whole(10, 1000),
        "Nanoseconds": lambda span: _whole(1, 10)(span) * 100,
        "Minutes": _whole(_UNITS["Minutes"], 60),
        "Seconds": _whole(_SECOND, 60),
        "TotalDays": _total(_UNITS["Days"]),
        "TotalHours": _total(_UNITS["Hours"]),
        "TotalMilliseconds": _total(10_000),
        "TotalMicroseconds": _total(10),
        "TotalNanoseconds": lambda span: ticks_of(span) * 100.0,
        "TotalMinutes": _total(_UNITS["Minutes"]),
        "TotalSeconds": _total(_SECOND),
    }
)

SPAN.method(
    {
        "Add(timespan ts)": lambda span, other: timespan_from_ticks(ticks_of(span) + ticks_of(other)),
        "Subtract(timespan ts)": lambda span, other: timespan_from_ticks(ticks_of(span) - ticks_of(other)),
        "Multiply(double factor)": lambda span, factor: _span_of(factor, ticks_of(span)),
        "Divide(double divisor)": lambda span, divisor: timespan_from_ticks(round(ticks_of(span) / divisor)),
        "Negate()": lambda span: timespan_from_ticks(-ticks_of(span)),
        "Duration()": lambda span: timespan_from_ticks(abs(ticks_of(span))),
        "CompareTo(timespan value)": lambda span, other: _sign(ticks_of(span) - ticks_of(other)),
        "Equals(timespan obj)": lambda span, other: ticks_of(span) == ticks_of(other),
        "ToString()": net_text,
        "ToString(string format)": format_value,
        "ToString(string format, IFormatProvider p)": lambda span, spec, provider: format_value(
            span, spec or "", formats_of(provider)
        ),
    }
)

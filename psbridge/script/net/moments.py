"""DateTimeOffset, Stopwatch and TimeZoneInfo."""

from __future__ import annotations

import datetime
import time
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.dates import parse_offset, timespan_from_ticks
from psbridge.binding.errors import NetError, with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text
from psbridge.binding.values import Int64
from psbridge.script.semantics import dateformat
from psbridge.script.semantics.culturedates import plain_date
from psbridge.script.semantics.cultures import Formats, formats_of, standard_pattern
from psbridge.script.semantics.dateformat import UNIX_EPOCH, to_local, to_universal
from psbridge.script.semantics.errors import NetFault

from . import describe
from .dates import _SECOND, _UNITS, DATETIME, _made, _sign, add_months, now, of_kind
from .faults import out_of_range


class Moment:
    """System.DateTimeOffset."""

    net_type = nettypes.DATETIMEOFFSET

    def __init__(self, value: datetime.datetime) -> None:
        rest = getattr(value, "rest", 0)
        aware = value if value.tzinfo is not None else value.astimezone()
        self.value = dateformat.with_rest(datetime.datetime.combine(aware.date(), aware.timetz()), rest)

    def __str__(self) -> str:
        return self.__net_format__("MM/dd/yyyy HH:mm:ss zzz")

    def __net_format__(self, spec: str, culture: Formats | None = None) -> str:
        if culture is not None and not spec:
            plain = standard_pattern("G", culture)
            return dateformat.format_date(self.value, f"{plain} zzz", culture)
        if spec in ("o", "O"):
            spec = "yyyy-MM-ddTHH:mm:ss.fffffffzzz"
        if spec == "u":
            return dateformat.format_date(to_universal(self.value), "u")
        return str(self) if not spec else dateformat.format_date(self.value, spec, culture)

    def __net_compare__(self, other: Any) -> int:
        theirs = other.value if isinstance(other, Moment) else other
        return _sign(dateformat.ticks(to_universal(self.value)) - dateformat.ticks(to_universal(theirs)))

    def __net_equals__(self, other: Any) -> bool:
        return isinstance(other, Moment) and self.__net_compare__(other) == 0


def _parse_moment(text: Any) -> Moment:
    if isinstance(text, Moment):
        return text
    if isinstance(text, datetime.datetime):
        return Moment(text)
    try:
        return Moment(parse_offset(str(text)))
    except NetError as error:
        raise NetFault("FormatException", str(error)) from None


def _parse_in(text: str, provider: Any) -> Moment:
    culture = formats_of(provider)
    return _parse_moment(text if culture is None else plain_date(text, culture))


def _from_unix(parameter: str, count: int, unit: int) -> Moment:
    """So many units of ticks after the beginning of 1970."""
    low, high = -UNIX_EPOCH // unit, (dateformat.LAST - UNIX_EPOCH) // unit
    if not low <= count <= high:
        message = f"Valid values are between {low} and {high}, inclusive."
        raise out_of_range(parameter, message, count)
    return Moment(dateformat.utc_from_ticks(UNIX_EPOCH + count * unit))


def to_moment(value: Any) -> Moment:
    """`[datetimeoffset]$value`.

    Raises:
        InvalidCast: it is not one.
    """
    try:
        return _parse_moment(value)
    except NetFault as fault:
        raise with_inner(net_text(value), "System.DateTimeOffset", str(fault)) from None


OFFSET = describe("System.DateTimeOffset", nettypes.DATETIMEOFFSET, "System.DateTime")


OFFSET.constant(
    {
        "Now": lambda: Moment(now()),
        "UtcNow": lambda: Moment(datetime.datetime.now(datetime.timezone.utc)),
    }
)


OFFSET.static(
    {
        "Parse(string input)": _parse_moment,
        "Parse(string input, IFormatProvider formatProvider)": _parse_in,
        "FromUnixTimeSeconds(long seconds)": lambda count: _from_unix("seconds", count, _SECOND),
        "FromUnixTimeMilliseconds(long milliseconds)": lambda count: _from_unix(
            "milliseconds", count, 10_000
        ),
    }
)


OFFSET.new(
    {
        "(datetime dateTime)": Moment,
        "(int year, int month, int day, int hour, int minute, int second, timespan offset)": (
            lambda *parts: Moment(_made(*parts[:6]).replace(tzinfo=datetime.timezone(parts[6])))
        ),
        "(datetime dateTime, timespan offset)": lambda value, offset: Moment(
            value.replace(tzinfo=datetime.timezone(offset))
        ),
    }
)


OFFSET.property(
    {
        "DateTime": lambda moment: moment.value.replace(tzinfo=None),
        "UtcDateTime": lambda moment: to_universal(moment.value),
        "LocalDateTime": lambda moment: to_local(moment.value),
        "Offset": lambda moment: moment.value.utcoffset(),
        **{
            name: lambda moment, name=name: DATETIME.properties[name.lower()][1](moment.value)
            for name in (
                "Year Month Day Hour Minute Second Millisecond DayOfWeek DayOfYear TimeOfDay Ticks Date"
            ).split()
        },
    }
)


def _unix(value: datetime.datetime) -> int:
    return dateformat.ticks(to_universal(value)) - UNIX_EPOCH


OFFSET.method(
    {
        "ToUnixTimeSeconds()": lambda moment: Int64(_unix(moment.value) // _SECOND),
        "ToUnixTimeMilliseconds()": lambda moment: Int64(_unix(moment.value) // 10_000),
        "ToUniversalTime()": lambda moment: Moment(to_universal(moment.value)),
        "ToLocalTime()": lambda moment: Moment(to_local(moment.value)),
        "ToString()": str,
        "ToString(string format)": lambda moment, spec: moment.__net_format__(spec),
        "ToString(IFormatProvider p)": lambda moment, provider: moment.__net_format__(
            "", formats_of(provider)
        ),
        "ToString(string format, IFormatProvider p)": lambda moment, spec, provider: moment.__net_format__(
            spec or "", formats_of(provider)
        ),
        **{
            f"Add{name}(double value)": lambda moment, amount, unit=unit: Moment(
                moment.value + datetime.timedelta(microseconds=amount * unit / 10)
            )
            for name, unit in _UNITS.items()
        },
        "AddMonths(int months)": lambda moment, months: Moment(add_months(moment.value, months)),
        "AddYears(int years)": lambda moment, years: Moment(add_months(moment.value, 12 * years)),
    }
)


class Stopwatch:
    """System.Diagnostics.Stopwatch."""

    net_type = NetType("Stopwatch", "System.Diagnostics.Stopwatch")

    def __init__(self) -> None:
        self.total = 0
        self.begun: int | None = None

    def start(self) -> None:
        if self.begun is None:
            self.begun = time.perf_counter_ns()

    def stop(self) -> None:
        self.total = self.elapsed()
        self.begun = None

    def elapsed(self) -> int:
        running = 0 if self.begun is None else time.perf_counter_ns() - self.begun
        return self.total + running

    def reset(self) -> None:
        self.total, self.begun = 0, None

    def restart(self) -> None:
        self.reset()
        self.start()


def _started() -> Stopwatch:
    watch = Stopwatch()
    watch.start()
    return watch


WATCH = describe("System.Diagnostics.Stopwatch", Stopwatch.net_type)


WATCH.new({"()": Stopwatch})


WATCH.static({"StartNew()": _started, "GetTimestamp()": lambda: Int64(time.perf_counter_ns())})


WATCH.constant({"Frequency": Int64(1_000_000_000)})


WATCH.property(
    {
        "Elapsed": lambda watch: timespan_from_ticks(watch.elapsed() // 100),
        "ElapsedMilliseconds": lambda watch: Int64(watch.elapsed() // 1_000_000),
        "ElapsedTicks": lambda watch: Int64(watch.elapsed()),
        "IsRunning": lambda watch: watch.begun is not None,
    }
)


WATCH.method(
    {
        "Start()": lambda watch: watch.start(),
        "Stop()": lambda watch: watch.stop(),
        "Reset()": lambda watch: watch.reset(),
        "Restart()": lambda watch: watch.restart(),
    }
)


class Zone:
    """System.TimeZoneInfo."""

    net_type = NetType("TimeZoneInfo", "System.TimeZoneInfo")

    def __init__(self, name: str, zone: datetime.tzinfo | None) -> None:
        self.name = name
        self.zone = zone

    def __str__(self) -> str:
        return self.name

    def offset(self) -> datetime.timedelta:
        """How far the zone is from UTC when it has no summer time."""
        if self.zone is None:
            return datetime.timedelta(seconds=-time.timezone)
        moment = datetime.datetime.now(self.zone)
        none = datetime.timedelta()
        return (moment.utcoffset() or none) - (moment.dst() or none)


def _zone(name: str) -> Zone:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return Zone(name, datetime.timezone.utc if name == "UTC" else ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NetFault(
            "TimeZoneNotFoundException", f"The time zone ID '{name}' was not found on the local computer."
        ) from None


def _convert_time(value: datetime.datetime, *zones: Zone) -> datetime.datetime:
    source = zones[0].zone if len(zones) == 2 else None
    aware = (
        value if value.tzinfo is not None else value.replace(tzinfo=source) if source else value.astimezone()
    )
    moved = aware.astimezone(zones[-1].zone)
    kind = "Utc" if zones[-1].name == "UTC" else "Unspecified"
    return of_kind(moved, kind)


ZONE = describe("System.TimeZoneInfo", Zone.net_type)


ZONE.constant({"Utc": Zone("UTC", datetime.timezone.utc), "Local": lambda: Zone(time.tzname[0], None)})


ZONE.static(
    {
        "FindSystemTimeZoneById(string id)": _zone,
        "ConvertTime(datetime dateTime, any destinationTimeZone)": _convert_time,
        "ConvertTime(datetime dateTime, any sourceTimeZone, any destinationTimeZone)": _convert_time,
        "ConvertTimeFromUtc(datetime dateTime, any destinationTimeZone)": lambda value, zone: _convert_time(
            value.replace(tzinfo=datetime.timezone.utc), zone
        ),
        "ConvertTimeToUtc(datetime dateTime)": to_universal,
        "ConvertTimeBySystemTimeZoneId(datetime dateTime, string id)": lambda value, name: _convert_time(
            value, _zone(name)
        ),
    }
)


ZONE.property(
    {
        "Id": lambda zone: zone.name,
        "DisplayName": lambda zone: zone.name,
        "StandardName": lambda zone: zone.name,
        "BaseUtcOffset": lambda zone: zone.offset(),
    }
)

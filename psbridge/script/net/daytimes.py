"""DateOnly and TimeOnly."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, ClassVar

from psbridge.binding.dates import timespan_from_ticks
from psbridge.binding.errors import NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.values import Int64
from psbridge.script.semantics import dateformat
from psbridge.script.semantics.arithmetic import add_ticks
from psbridge.script.semantics.cultures import Formats, formats_of
from psbridge.script.semantics.errors import NetFault, runtime_error

from . import describe
from .dates import DATETIME, _parse, of_kind

_DAY = 24 * 60 * 60 * 10_000_000


class _Part:
    """A date without a time, or a time without a date; `value` is a DateTime that has it."""

    net_type: NetType

    def __init__(self, value: datetime.datetime) -> None:
        self.value = value

    def __str__(self) -> str:
        return self.__net_format__(self.plain)

    plain = ""
    usual = ""  # the standard format of no format
    named: ClassVar[dict[str, str]] = {}  # formats with a letter of their own

    def __net_format__(self, spec: str, culture: Formats | None = None) -> str:
        if culture is not None and spec in ("", "d", "t", "T"):
            return dateformat.format_date(self.value, spec or self.usual, culture)
        if spec in ("", "o", "O", "r", "R"):
            culture = None
        return dateformat.format_date(self.value, self.named.get(spec, spec) or self.named[""], culture)

    def __net_compare__(self, other: Any) -> int:
        mine, theirs = dateformat.ticks(self.value), dateformat.ticks(other.value)
        return (mine > theirs) - (mine < theirs)

    def __net_equals__(self, other: Any) -> bool:
        return type(other) is type(self) and self.__net_compare__(other) == 0


class DateOnly(_Part):
    """System.DateOnly."""

    plain = "MM/dd/yyyy"
    usual = "d"
    named: ClassVar[dict[str, str]] = {
        "": "MM/dd/yyyy",
        "d": "MM/dd/yyyy",
        "o": "yyyy-MM-dd",
        "O": "yyyy-MM-dd",
        "R": "ddd, dd MMM yyyy",
    }

    def __init__(self, value: datetime.datetime) -> None:
        super().__init__(datetime.datetime(value.year, value.month, value.day))


class TimeOnly(_Part):
    """System.TimeOnly."""

    plain = "HH:mm"
    usual = "t"
    named: ClassVar[dict[str, str]] = {
        "": "HH:mm",
        "t": "HH:mm",
        "T": "HH:mm:ss",
        "o": "HH:mm:ss.fffffff",
        "O": "HH:mm:ss.fffffff",
        "R": "HH:mm:ss",
        "r": "HH:mm:ss",
    }

    def __init__(self, value: datetime.datetime) -> None:
        rest = getattr(value, "rest", 0)
        super().__init__(
            dateformat.with_rest(datetime.datetime.combine(datetime.date(1, 1, 1), value.time()), rest)
        )


def _part_type(name: str, cls: type[_Part]) -> NetType:
    made = NetType(name, f"System.{name}", is_value=True)

    def rule(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            from psbridge.binding.scalars import no_conversion

            raise no_conversion(value, made)
        try:
            return cls(_parse(value))
        except (NetFault, NetError):
            raise _not_one(value, made) from None

    made.rule = rule
    cls.net_type = made
    return made


def _not_one(text: str, type_: NetType) -> Exception:
    fault = NetFault("FormatException", f"String '{text}' was not recognized as a valid {type_.name}.")
    return runtime_error(
        f'Cannot convert value "{text}" to type "{type_.full_name}". Error: "{fault}"',
        "InvalidCastParseTargetInvocationWithFormatProvider",
        category="InvalidArgument",
        inner=fault.exception(),
    )


DATE = describe("System.DateOnly", _part_type("DateOnly", DateOnly))
TIME = describe("System.TimeOnly", _part_type("TimeOnly", TimeOnly))


def _read(name: str) -> Callable[[Any], Any]:
    known = DATETIME.find_property(name.lower())
    assert known is not None
    reader: Callable[[Any], Any] = known[1]
    return lambda part: reader(part.value)


def _made(*parts: int) -> datetime.datetime:
    try:
        return datetime.datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        raise NetFault(
            "ArgumentOutOfRangeException",
            "Year, Month, and Day parameters describe an un-representable DateTime.",
        ) from None


def _of_day(ticks: int) -> TimeOnly:
    return TimeOnly(add_ticks(datetime.datetime(1, 1, 1), ticks % _DAY))


def _ticks_of_day(part: TimeOnly) -> int:
    return int(dateformat.ticks(part.value)) % _DAY


def _parsed(cls: type[_Part]) -> Callable[..., Any]:
    def parse(text: str, *rest: Any) -> Any:
        try:
            return cls(_parse(text, *rest))
        except NetFault:
            raise NetFault(
                "FormatException", f"String '{text}' was not recognized as a valid {cls.net_type.name}."
            ) from None

    return parse


def _parsed_exactly(cls: type[_Part]) -> Callable[..., Any]:
    return lambda text, form: cls(dateformat.parse_exact(text, form))


def _tried(cls: type[_Part]) -> Callable[..., Any]:
    def attempt(text: str, reference: Any) -> bool:
        try:
            reference.write(cls(_parse(text)))
        except NetFault:
            reference.write(cls(datetime.datetime(1, 1, 1)))
            return False
        return True

    return attempt


def _shifted(method: str) -> Callable[[Any, Any], Any]:
    overloads = DATETIME.find_method(method.lower())
    assert overloads
    from .overloads import call

    return lambda part, count: DateOnly(call(method, overloads, [count], part.value, part.value))


for _described, _cls in ((DATE, DateOnly), (TIME, TimeOnly)):
    _described.static(
        {
            "Parse(string s)": _parsed(_cls),
            "Parse(string s, IFormatProvider p)": _parsed(_cls),
            "TryParse(string s, ref result)": _tried(_cls),
            "FromDateTime(datetime dateTime)": _cls,
        }
    )
    _described.method(
        {
            "ToString()": str,
            "ToString(string format)": lambda part, spec: part.__net_format__(spec or ""),
            "ToString(IFormatProvider p)": lambda part, provider: part.__net_format__(
                "", formats_of(provider)
            ),
            "ToString(string format, IFormatProvider p)": lambda part, spec, provider: part.__net_format__(
                spec or "", formats_of(provider)
            ),
            "CompareTo(object value)": lambda part, other: part.__net_compare__(other),
            "Equals(object value)": lambda part, other: part.__net_equals__(other),
        }
    )
DATE.property({name: _read(name) for name in ("Year", "Month", "Day", "DayOfWeek", "DayOfYear")})
DATE.property({"DayNumber": lambda part: part.value.toordinal() - 1})
DATE.method(
    {
        **{f"{name}(int value)": _shifted(name) for name in ("AddDays", "AddMonths", "AddYears")},
        "ToDateTime(System.TimeOnly time)": lambda part, time: datetime.datetime.combine(
            part.value.date(), time.value.time()
        ),
        "ToDateTime(System.TimeOnly time, System.DateTimeKind kind)": lambda part, time, kind: of_kind(
            datetime.datetime.combine(part.value.date(), time.value.time()), kind
        ),
    }
)
DATE.new({"(int year, int month, int day)": lambda *parts: DateOnly(_made(*parts))})
DATE.static(
    {"FromDayNumber(int dayNumber)": lambda number: DateOnly(datetime.datetime.fromordinal(number + 1))}
)
DATE.constant(
    {
        "MinValue": DateOnly(datetime.datetime(1, 1, 1)),
        "MaxValue": DateOnly(datetime.datetime(9999, 12, 31)),
    }
)
TIME.property({name: _read(name) for name in ("Hour", "Minute", "Second", "Millisecond")})
TIME.property({"Ticks": lambda part: Int64(_ticks_of_day(part))})
TIME.method(
    {
        "AddHours(double value)": lambda part, count: _of_day(_ticks_of_day(part) + round(count * _DAY / 24)),
        "AddMinutes(double value)": lambda part, count: _of_day(
            _ticks_of_day(part) + round(count * _DAY / 24 / 60)
        ),
        "Add(timespan value)": lambda part, span: _of_day(
            _ticks_of_day(part) + round(span.total_seconds() * 10_000_000)
        ),
        "ToTimeSpan()": lambda part: timespan_from_ticks(_ticks_of_day(part)),
        "IsBetween(System.TimeOnly start, System.TimeOnly end)": lambda part, start, end: (
            start.__net_compare__(part) <= 0 and part.__net_compare__(end) < 0
            if start.__net_compare__(end) <= 0
            else start.__net_compare__(part) <= 0 or part.__net_compare__(end) < 0
        ),
    }
)
TIME.new(
    {
        "(int hour, int minute)": lambda *parts: TimeOnly(_made(1, 1, 1, *parts)),
        "(int hour, int minute, int second)": lambda *parts: TimeOnly(_made(1, 1, 1, *parts)),
        "(long ticks)": _of_day,
    }
)
TIME.static(
    {"FromTimeSpan(timespan timeSpan)": lambda span: _of_day(round(span.total_seconds() * 10_000_000))}
)
TIME.constant({"MinValue": TimeOnly(datetime.datetime(1, 1, 1)), "MaxValue": _of_day(_DAY - 1)})

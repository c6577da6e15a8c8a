"""Dates and spans as exact as .NET's: datetime and timedelta that also carry the last tick (100 ns).

Python counts microseconds, .NET counts tenths of them. `DateTime` and `TimeSpan` are what a .NET value reads
as when its last digit is not 0; everything Python does with a datetime or timedelta works on them, to the
microsecond.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, tzinfo
from typing import Any


class DateTime(datetime):
    """A datetime with `tick`, the tenths of a microsecond (1 to 9) beyond it. Arithmetic drops the tick."""

    tick: int = 0

    @classmethod
    def of(cls, moment: datetime, tick: int) -> DateTime:
        """`moment` with `tick`."""
        made = cls(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond,
            moment.tzinfo,
            fold=moment.fold,
        )
        made.tick = tick
        return made

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        plain = datetime.combine(self.date(), self.timetz())
        return DateTime.of, (plain, self.tick)


class TimeSpan(timedelta):
    """A timedelta with `tick`, the tenths of a microsecond (1 to 9) beyond it. Arithmetic drops the tick."""

    tick: int = 0

    @classmethod
    def of(cls, span: timedelta, tick: int) -> TimeSpan:
        """`span` with `tick`."""
        made = cls(span.days, span.seconds, span.microseconds)
        made.tick = tick
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return TimeSpan.of, (timedelta(self.days, self.seconds, self.microseconds), self.tick)


class _Local(tzinfo):
    """The time zone of this machine: what a .NET DateTime of kind Local is in."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        if moment is None:
            return timedelta(seconds=-time.timezone)
        try:
            offset = moment.replace(tzinfo=None).astimezone().utcoffset()
        except (OverflowError, OSError, ValueError):  # before 1970 or after 9999 on some systems
            offset = None
        return timedelta(seconds=-time.timezone) if offset is None else offset

    def dst(self, moment: datetime | None) -> timedelta:
        return self.utcoffset(moment) - timedelta(seconds=-time.timezone)

    def tzname(self, moment: datetime | None) -> str:
        return "Local"

    def __repr__(self) -> str:
        return "LOCAL"

    def __reduce__(self) -> str:
        return "LOCAL"


LOCAL = _Local()

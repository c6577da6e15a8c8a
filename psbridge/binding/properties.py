"""The properties PowerShell sees on an input object, for binding by property name.

A hashtable's keys are not among them: only the properties of the Hashtable type itself are (`Count`, `Keys`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from psbridge.binding.nettypes import DayOfWeek
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.ordinal import folded
from psbridge.binding.values import (
    Char,
    Int64,
    Literal,
    ObjectList,
    SecureString,
    Switch,
    Uri,
    Version,
)


def property_of(item: object, names: Iterable[str]) -> tuple[bool, object]:
    """Whether the object has a property of one of these names, in any case, and the first one's value."""
    if isinstance(item, Literal):
        item = item.value
    bag = bag_of(type(item))
    if bag is not None:
        properties = bag(item)
        spellings: dict[str, str] | None = None
        for name in names:
            if name in properties:
                return True, properties[name]
            if spellings is None:
                spellings = {}
                for known in properties:
                    spellings.setdefault(folded(known), known)
            known_as = spellings.get(folded(name))
            if known_as is not None:
                return True, properties[known_as]
        return False, None
    for name in names:
        found = _own_property(item, name.lower())
        if found is not None:
            return True, found[0]
        for reader in _MORE:
            there, value = reader(item, name.lower())
            if there:
                return True, value
    return False, None


_MORE: list[Callable[[Any, str], tuple[bool, Any]]] = []


def register_reader(reader: Callable[[Any, str], tuple[bool, Any]]) -> None:
    """Add where properties are looked for, by name in lower case, of objects that are unknown here."""
    _MORE.append(reader)


def _own_property(item: Any, name: str) -> tuple[object] | None:
    """A property the .NET type has, in a 1-tuple."""
    for applies, readers in _READERS:
        if applies(item):
            reader = readers.get(name)
            return None if reader is None else (reader(item),)
    return None


def _ticks(span: datetime.timedelta) -> int:
    from psbridge.binding import dates

    return dates.ticks_of(span)


def _version_part(index: int, item: Version) -> int:
    return item[index] if index < len(item) else -1


_Readers = dict[str, Callable[[Any], object]]
_DATE: _Readers = {
    **{name: attrgetter(name) for name in ("year", "month", "day", "hour", "minute", "second")},
    "millisecond": lambda item: item.microsecond // 1000,
    "date": lambda item: item.replace(hour=0, minute=0, second=0, microsecond=0),
    "dayofweek": lambda item: DayOfWeek((item.weekday() + 1) % 7),
    "dayofyear": lambda item: item.timetuple().tm_yday,
    "timeofday": lambda item: (
        item.replace(tzinfo=None) - item.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    ),
    "kind": lambda item: "Local" if item.tzinfo else "Unspecified",
    "ticks": lambda item: Int64(_ticks(item.replace(tzinfo=None) - datetime.datetime(1, 1, 1))),
}
_SPAN: _Readers = {
    "ticks": lambda item: Int64(_ticks(item)),
    "days": lambda item: _whole(item, 864_000_000_000, None),
    "hours": lambda item: _whole(item, 36_000_000_000, 24),
    "minutes": lambda item: _whole(item, 600_000_000, 60),
    "seconds": lambda item: _whole(item, 10_000_000, 60),
    "milliseconds": lambda item: _whole(item, 10_000, 1000),
    "totaldays": lambda item: item.total_seconds() / 86400,
    "totalhours": lambda item: item.total_seconds() / 3600,
    "totalminutes": lambda item: item.total_seconds() / 60,
    "totalseconds": lambda item: item.total_seconds(),
    "totalmilliseconds": lambda item: item.total_seconds() * 1000,
}
_VERSION: _Readers = {
    name: partial(_version_part, index) for index, name in enumerate(("major", "minor", "build", "revision"))
}
_LIST: _Readers = {
    "length": len,
    "count": len,
    "longlength": lambda item: Int64(len(item)),
    "rank": lambda item: 1,
    "syncroot": lambda item: item,
    "isreadonly": lambda item: False,
    "isfixedsize": lambda item: True,
    "issynchronized": lambda item: False,
}
_DICTIONARY: _Readers = {
    "count": len,
    "keys": lambda item: ObjectList(item),
    "values": lambda item: ObjectList(item.values()),
    "isreadonly": lambda item: False,
    "isfixedsize": lambda item: False,
    "issynchronized": lambda item: False,
    "syncroot": lambda item: item,
}
_URI: _Readers = {
    "originalstring": str,
    "absoluteuri": str,
    "scheme": lambda item: urlsplit(item).scheme,
    "host": lambda item: urlsplit(item).hostname or "",
    "port": lambda item: urlsplit(item).port or {"http": 80, "https": 443}.get(urlsplit(item).scheme, -1),
    "query": lambda item: f"?{urlsplit(item).query}" if urlsplit(item).query else "",
    "localpath": lambda item: urlsplit(item).path,
}
_TEXT: _Readers = {"length": lambda item: len(item) + sum(character > "\uffff" for character in item)}
_READERS: tuple[tuple[Callable[[object], bool], _Readers], ...] = (
    (is_dictionary, _DICTIONARY),
    (lambda item: isinstance(item, Version), _VERSION),
    (is_list, _LIST),
    (lambda item: isinstance(item, Char), {}),
    (lambda item: isinstance(item, Uri), _URI),
    (lambda item: isinstance(item, str), _TEXT),
    (lambda item: isinstance(item, SecureString), {"length": len}),
    (lambda item: isinstance(item, datetime.datetime), _DATE),
    (lambda item: isinstance(item, datetime.timedelta), _SPAN),
    (lambda item: isinstance(item, Decimal), {"scale": lambda item: -min(item.as_tuple().exponent, 0)}),
    (lambda item: isinstance(item, Switch), {"ispresent": bool}),
    (lambda item: isinstance(item, re.Pattern), {"options": lambda item: "None"}),
)


def _whole(item: datetime.timedelta, unit: int, modulus: int | None) -> int:
    """How many whole units of so many ticks a time span has, towards zero."""
    ticks = _ticks(item)
    units = abs(ticks) // unit
    units = units if modulus is None else units % modulus
    return units if ticks >= 0 else -units


__all__ = ["property_of", "register_reader"]

"""The properties PowerShell sees on an input object, for binding by property name.

A hashtable's keys are not among them: only the properties of the Hashtable type itself are (`Count`, `Keys`).
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterable
from typing import Any

from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.values import Char, Int64, Literal, SecureString, Uri, Version


def property_of(item: object, names: Iterable[str]) -> tuple[bool, object]:
    """Whether the object has a property of one of these names, in any case, and the first one's value."""
    if isinstance(item, Literal):
        item = item.value
    bag = bag_of(type(item))
    if bag is not None:
        properties = bag(item)
        folded: dict[str, str] | None = None
        for name in names:
            if name in properties:
                return True, properties[name]
            if folded is None:
                folded = {}
                for known in properties:
                    folded.setdefault(known.casefold(), known)
            known_as = folded.get(name.casefold())
            if known_as is not None:
                return True, properties[known_as]
        return False, None
    for name in names:
        found = _own_property(item, name.casefold())
        if found is not None:
            return True, found[0]
    return False, None


def _own_property(item: Any, name: str) -> tuple[object] | None:
    """A property the .NET type has, in a 1-tuple."""
    if is_dictionary(item):
        return _dictionary_property(item, name)
    if isinstance(item, Version):
        return _version_property(item, name)
    if is_list(item):
        if name in ("length", "count"):
            return (len(item),)
        return {
            "longlength": (Int64(len(item)),),
            "rank": (1,),
            "syncroot": (item,),
            "isreadonly": (False,),
            "isfixedsize": (True,),
            "issynchronized": (False,),
        }.get(name)
    if isinstance(item, str) and not isinstance(item, (Char, Uri)):
        return (len(item),) if name == "length" else None
    if isinstance(item, Uri):
        return (str(item),) if name == "originalstring" else None
    if isinstance(item, SecureString):
        return (len(item),) if name == "length" else None
    if isinstance(item, datetime.datetime):
        if name in ("year", "month", "day", "hour", "minute", "second"):
            return (getattr(item, name),)
        return None
    if isinstance(item, datetime.timedelta):
        return _timespan_property(item, name)
    if isinstance(item, (re.Pattern, uuid.UUID)):
        return None
    return None


def _dictionary_property(item: Any, name: str) -> tuple[object] | None:
    return {
        "count": (len(item),),
        "keys": (list(item),),
        "values": (list(item.values()),),
        "isreadonly": (False,),
        "isfixedsize": (False,),
        "issynchronized": (False,),
        "syncroot": (item,),
    }.get(name)


def _version_property(item: Version, name: str) -> tuple[object] | None:
    parts = dict(zip(("major", "minor", "build", "revision"), (*item, -1, -1), strict=False))
    return (parts[name],) if name in parts else None


def _timespan_property(item: datetime.timedelta, name: str) -> tuple[object] | None:
    seconds = abs(item.days * 86400 + item.seconds)
    sign = -1 if item < datetime.timedelta(0) else 1
    parts: dict[str, object] = {
        "days": sign * (seconds // 86400),
        "hours": sign * (seconds // 3600 % 24),
        "minutes": sign * (seconds // 60 % 60),
        "seconds": sign * (seconds % 60),
        "totaldays": item.total_seconds() / 86400,
        "totalhours": item.total_seconds() / 3600,
        "totalminutes": item.total_seconds() / 60,
        "totalseconds": item.total_seconds(),
    }
    return (parts[name],) if name in parts else None


__all__ = ["property_of"]

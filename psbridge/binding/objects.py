"""The .NET view of Python objects: which type a value has, which properties, and who else may say so.

Two interfaces for other packages, neither of which this one imports:

- `register_property_bag(cls, properties)`, or a `__ps_properties__()` method on the class, makes the class's
  instances count as [pscustomobject]: they pass through unchanged and bind by property name.
- `register_adapter(cls, adapt)` turns foreign objects (System.Object of pythonnet, say) into the Python
  values used here, before anything else looks at them.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import os
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.values import (
    ArrayList,
    BigInteger,
    Byte,
    Char,
    CultureInfo,
    DateTimeOffset,
    DictionaryEntry,
    Int16,
    Int64,
    IPAddress,
    Literal,
    MailAddress,
    ObjectList,
    OrderedDictionary,
    Point,
    PSCustomObject,
    RuntimeType,
    SByte,
    ScriptBlock,
    ScriptOutput,
    SecureString,
    SemanticVersion,
    Single,
    Switch,
    UInt16,
    UInt32,
    UInt64,
    Uri,
    Version,
    XmlDocument,
)

Properties = Callable[[Any], Mapping[str, object]]
Adapter = Callable[[Any], object]

_EXACT: dict[type, NetType] = {
    bool: nettypes.BOOLEAN,
    float: nettypes.DOUBLE,
    decimal.Decimal: nettypes.DECIMAL,
    str: nettypes.STRING,
    list: nettypes.OBJECT_ARRAY,
    tuple: nettypes.OBJECT_ARRAY,
    range: nettypes.OBJECT_ARRAY,
    dict: nettypes.HASHTABLE,
    datetime.timedelta: nettypes.TIMESPAN,
    uuid.UUID: nettypes.GUID,
    re.Pattern: nettypes.REGEX,
    bytes: nettypes.net_type("Byte[]"),
    bytearray: nettypes.net_type("Byte[]"),
    PSCustomObject: nettypes.PSOBJECT,
    **{
        cls: cls.net_type
        for cls in (
            *(SByte, Byte, Int16, UInt16, UInt32, Int64, UInt64, Single, Char),
            *(Uri, Version, Switch, OrderedDictionary, ScriptBlock, SecureString, ObjectList, ScriptOutput),
            *(
                IPAddress,
                MailAddress,
                CultureInfo,
                SemanticVersion,
                RuntimeType,
                XmlDocument,
                BigInteger,
                Point,
            ),
            *(ArrayList, DateTimeOffset, DictionaryEntry),
        )
    },
}
_BAGS: dict[type, Properties | None] = {PSCustomObject: PSCustomObject.__ps_properties__}
_REGISTERED_BAGS: dict[type, Properties] = {}
_ADAPTERS: dict[type, Adapter] = {}

INT32_MIN, INT32_MAX = nettypes.INT32.bounds or (0, 0)
INT64_MIN, INT64_MAX = nettypes.INT64.bounds or (0, 0)


def register_property_bag(cls: type, properties: Properties) -> None:
    """Make instances of `cls` and its subclasses count as [pscustomobject].

    Args:
        cls: the class, such as `pydantic.BaseModel`.
        properties: given an instance, its properties by name, in order.
    """
    _REGISTERED_BAGS[cls] = properties
    _BAGS.clear()


def register_adapter(cls: type, adapt: Adapter) -> None:
    """Have instances of `cls` and its subclasses replaced by `adapt(instance)` before they are bound.

    `adapt` returns one of the Python values this package knows, a property bag, or the instance itself. What
    is nested inside a list or dictionary it returns is for `adapt` to replace as well.
    """
    _ADAPTERS[cls] = adapt


def adapted(value: object) -> object:
    """The value an adapter makes of a foreign object; any other value as it is."""
    if _ADAPTERS:
        for cls in type(value).__mro__:
            adapt = _ADAPTERS.get(cls)
            if adapt is not None:
                return adapt(value)
    return value


def bag_of(cls: type) -> Properties | None:
    """How to read the properties of this class's instances, or None when they are not property bags."""
    try:
        return _BAGS[cls]
    except KeyError:
        found = next((_REGISTERED_BAGS[base] for base in cls.__mro__ if base in _REGISTERED_BAGS), None)
        if found is None:
            found = getattr(cls, "__ps_properties__", None)
        _BAGS[cls] = found
        return found


def is_script_block(value: object) -> bool:
    """Whether a value is a script block: a ScriptBlock, or a callable that is not a class or a bag."""
    return isinstance(value, ScriptBlock) or (
        callable(value) and not isinstance(value, type) and bag_of(type(value)) is None
    )


def type_of(value: object) -> NetType:
    """The .NET type of a value other than None, a `Literal`'s being its number's."""
    cls = type(value)
    if cls is int:
        if INT32_MIN <= value <= INT32_MAX:  # type: ignore[operator]
            return nettypes.INT32
        return nettypes.INT64 if INT64_MIN <= value <= INT64_MAX else nettypes.DECIMAL  # type: ignore[operator]
    found = _EXACT.get(cls)
    return found if found is not None else _figure_type(value, cls)


def _figure_type(value: object, cls: type) -> NetType:
    if cls is Literal:
        return type_of(value.value)  # type: ignore[attr-defined]
    own = getattr(value, "net_type", None)
    if isinstance(own, NetType):
        return own
    if bag_of(cls) is not None:
        return nettypes.PSOBJECT
    if isinstance(value, enum.Enum):
        return nettypes.enum_type(cls)
    if isinstance(value, datetime.timedelta):
        return nettypes.TIMESPAN
    if isinstance(value, datetime.datetime):
        return nettypes.DATETIME
    if isinstance(value, datetime.date):
        return nettypes.DATETIME
    if isinstance(value, OrderedDictionary):
        return nettypes.ORDERED
    if isinstance(value, dict):
        # collections.OrderedDict is Python's [ordered]
        return nettypes.ORDERED if cls.__name__ == "OrderedDict" else nettypes.HASHTABLE
    if isinstance(value, Mapping):
        return nettypes.HASHTABLE
    if isinstance(value, int):
        return type_of(int(value))
    for base in (float, str, list, tuple):
        if isinstance(value, base):
            return _EXACT[base]
    if isinstance(value, (set, frozenset)):
        return nettypes.OBJECT_ARRAY
    if isinstance(value, os.PathLike):
        return nettypes.STRING
    if is_script_block(value):
        return nettypes.SCRIPTBLOCK
    opaque = NetType(cls.__name__, f"{cls.__module__}.{cls.__qualname__}")
    _EXACT.setdefault(cls, opaque)
    return _EXACT[cls]


_NO_LISTS = frozenset((Version, Point))


def is_list(value: object) -> bool:
    """Whether a value is a collection by position (.NET's IList); strings and dictionaries are not."""
    return (
        isinstance(value, (list, tuple, range, set, frozenset, bytes, bytearray))
        and type(value) not in _NO_LISTS
    )


def is_dictionary(value: object) -> bool:
    """Whether a value is .NET's IDictionary."""
    return isinstance(value, Mapping) and bag_of(type(value)) is None


def elements(value: object) -> list[object]:
    """The elements of what `is_list` accepts; bytes are Byte values."""
    if isinstance(value, (bytes, bytearray)):
        return [Byte(item) for item in value]
    return list(value)  # type: ignore[call-overload, no-any-return]

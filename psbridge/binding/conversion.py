"""PowerShell's type conversion (LanguagePrimitives.ConvertTo), for the types parameters have.

Follows System.Management.Automation 7.6: a conversion is looked up by the source's and the target's type, and
what no rule covers fails. `convert` is the door; `transform` is the stricter conversion that the parameters of
script functions get.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, cast

from psbridge.binding import dates, messages, nettypes, numbers, parsing
from psbridge.binding.errors import InvalidCast, NetError, with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import adapted, bag_of, elements, is_dictionary, is_list, type_of
from psbridge.binding.text import message_text, net_text, to_text
from psbridge.binding.values import Char, Literal, ObjectList, OrderedDictionary, ScriptOutput, Switch

_CONVERTIBLE: Final = nettypes.NUMERIC | {nettypes.BOOLEAN, nettypes.CHAR, nettypes.DATETIME, nettypes.STRING}
_ANY: Final = frozenset((nettypes.OBJECT, nettypes.PSOBJECT))
# The types a string becomes through the type's own parser or constructor.
_PARSED: dict[NetType, Callable[[str], object]] = {
    nettypes.DATETIME: dates.parse_datetime,
    nettypes.TIMESPAN: dates.parse_timespan,
    nettypes.GUID: parsing.parse_guid,
    nettypes.VERSION: parsing.parse_version,
    nettypes.URI: parsing.parse_uri,
    nettypes.REGEX: parsing.parse_regex,
}


def value_type_name(value: object) -> str:
    """The type's full name as conversion messages print it."""
    if value is not None and bag_of(type(value)) is not None:
        return "System.Management.Automation.PSCustomObject"
    return type_of(value).full_name


def no_conversion(value: object, type_: NetType) -> InvalidCast:
    """No rule leads from this value to the type."""
    if value is None:
        return _null_refused(type_)
    if type_ is nettypes.SECURESTRING:
        return InvalidCast(messages.INVALID_CAST_HIDDEN.format(value_type_name(value), type_.full_name))
    return InvalidCast(messages.INVALID_CAST.format(net_text(value), value_type_name(value), type_.full_name))


def _null_refused(type_: NetType) -> InvalidCast:
    if type_.enum is not None:
        return InvalidCast(messages.NULL_TO_ENUM.format(type_.full_name, ",".join(type_.enum.__members__)))
    return InvalidCast(messages.NULL_REFUSED.format(type_.full_name))


def convert(value: object, type_: NetType) -> Any:
    """The value as this .NET type, in its Python form.

    Raises:
        InvalidCast: PowerShell has no such conversion, or it fails.
    """
    if value is None:
        return _from_null(type_)
    if type_ in _ANY:
        return value.value if isinstance(value, Literal) else value
    if type_ is nettypes.STRING:
        return to_text(value)
    if type_.is_nullable:
        inner = cast(NetType, type_.element)
        if _has_rule(value, inner):
            return convert(value, inner)
        raise no_conversion(value, type_)
    if type_.is_array:
        return _to_array(value, type_)
    plain = value.value if isinstance(value, Literal) else value
    source = type_of(plain)
    if type_ is nettypes.BOOLEAN:
        return is_true(plain)
    if source is type_:
        return plain
    if type_ in nettypes.NUMERIC:
        return _to_number(plain, source, type_)
    if type_.enum is not None:
        return _to_enum(value, source, type_)
    if type_ is nettypes.CHAR:
        return _to_char(plain, source)
    if type_ is nettypes.SWITCH:
        if source is nettypes.BOOLEAN:
            return Switch(bool(plain))
        raise no_conversion(plain, type_)
    if type_ is nettypes.HASHTABLE:
        return _to_hashtable(plain)
    if type_ is nettypes.ORDERED and is_dictionary(plain):
        return OrderedDictionary(cast("dict[object, object]", plain))
    parse = _PARSED.get(type_)
    if parse is not None:
        return _to_parsed(value, plain, source, type_, parse)
    raise no_conversion(plain, type_)


def _from_null(type_: NetType) -> object:
    if type_ is nettypes.STRING:
        return ""
    if type_ in nettypes.NUMERIC:
        return numbers.change_type(0, type_)
    if type_ is nettypes.BOOLEAN:
        return False
    if type_ is nettypes.SWITCH:
        return Switch(False)
    if type_ is nettypes.CHAR:
        return Char("\0")
    if type_.is_nullable or not type_.is_value:
        return None
    raise _null_refused(type_)


def _has_rule(value: object, type_: NetType) -> bool:
    """Whether PowerShell has a conversion between the two types at all, whatever comes of it."""
    plain = value.value if isinstance(value, Literal) else value
    source = type_of(plain)
    if source is type_ or type_ in (nettypes.STRING, nettypes.BOOLEAN) or type_ in _ANY:
        return True
    if type_.is_array:
        return is_list(plain) or _has_rule(value, cast(NetType, type_.element))
    if type_.enum is not None:
        return source in _CONVERTIBLE or source.enum is not None or is_list(plain)
    if type_ in nettypes.NUMERIC:
        return source in _CONVERTIBLE or source.enum is not None
    if type_ is nettypes.CHAR:
        return source in _CONVERTIBLE or source.enum is not None
    if type_ is nettypes.SWITCH:
        return source is nettypes.BOOLEAN
    if type_ is nettypes.HASHTABLE:
        return is_dictionary(plain)
    if type_ in _PARSED:
        return source is nettypes.STRING or source in nettypes.NUMERIC
    return False


def _invalid_cast(source: NetType, type_: NetType) -> str:
    """Convert.ChangeType's InvalidCastException message."""
    if type_.enum is not None or source.enum is not None:
        return messages.NET_INVALID_CAST.format(source.full_name, type_.full_name)
    return messages.NET_INVALID_CAST.format(source.name, type_.name)


def _to_number(value: Any, source: NetType, type_: NetType) -> object:
    try:
        if source is nettypes.STRING:
            return numbers.read(str(value), type_)
        if source in nettypes.NUMERIC or source is nettypes.BOOLEAN:
            return numbers.change_type(value, type_)
        if source is nettypes.CHAR:
            return numbers.change_type(ord(value), type_)
        if source.enum is not None:
            return numbers.change_type(int(value.value), type_)
    except NetError as error:
        raise with_inner(net_text(value), type_.full_name, str(error)) from None
    if source is nettypes.DATETIME:
        raise with_inner(net_text(value), type_.full_name, _invalid_cast(source, type_))
    raise no_conversion(value, type_)


def _to_char(value: Any, source: NetType) -> Char:
    try:
        if source is nettypes.STRING:
            return Char(value)
        if source.bounds is not None:
            if not 0 <= value <= 0xFFFF:
                raise numbers.overflow(nettypes.CHAR)
            return Char(chr(value))
    except (NetError, ValueError) as error:
        raise with_inner(net_text(value), "System.Char", str(error)) from None
    if source in _CONVERTIBLE:
        raise with_inner(net_text(value), "System.Char", _invalid_cast(source, nettypes.CHAR))
    raise no_conversion(value, nettypes.CHAR)


def _to_enum(value: Any, source: NetType, type_: NetType) -> enum.Enum:
    if source in nettypes.NUMERIC and source.bounds is None:
        # Not an integer: PowerShell goes through the number's text.
        value, source = to_text(value), nettypes.STRING
    plain = value.value if isinstance(value, Literal) else value
    if source.bounds is not None:
        return parsing.defined_enum(int(cast(int, plain)), type_, net_text(plain))
    if source is nettypes.STRING:
        return parsing.parse_enum(str(plain), type_)
    if is_list(plain):
        names = [item if type(item) is str else to_text(convert(item, type_)) for item in elements(plain)]
        return parsing.parse_enum(",".join(names), type_)
    if source in _CONVERTIBLE:
        raise with_inner(net_text(plain), type_.full_name, _invalid_cast_to_enum(source, type_))
    raise no_conversion(plain, type_)


def _invalid_cast_to_enum(source: NetType, type_: NetType) -> str:
    return messages.NET_INVALID_CAST.format(source.full_name, type_.full_name)


def _to_hashtable(value: object) -> object:
    if is_dictionary(value):
        return dict(cast("dict[object, object]", value))
    if value is not None and bag_of(type(value)) is not None:
        raise with_inner(
            to_text(value), nettypes.HASHTABLE.full_name, str(no_conversion(value, nettypes.HASHTABLE))
        )
    raise no_conversion(value, nettypes.HASHTABLE)


def _to_parsed(
    value: object, plain: Any, source: NetType, type_: NetType, parse: Callable[[str], object]
) -> object:
    if source.bounds is not None and type_ in (nettypes.DATETIME, nettypes.TIMESPAN):
        # A count of 100-nanosecond ticks: the type's constructor takes it.
        try:
            ticks = datetime.timedelta(microseconds=int(plain) / 10)
            return ticks if type_ is nettypes.TIMESPAN else datetime.datetime(1, 1, 1) + ticks
        except OverflowError:
            raise with_inner(
                net_text(plain),
                type_.full_name,
                messages.TICKS,
            ) from None
    if source is nettypes.STRING:
        text = str(plain)
    elif source in nettypes.NUMERIC:
        text = to_text(value)
    else:
        raise no_conversion(plain, type_)
    try:
        return parse(text)
    except NetError as error:
        raise with_inner(text, type_.full_name, str(error)) from None


def _to_array(value: object, type_: NetType) -> object:
    element = cast(NetType, type_.element)
    if is_list(value):
        if isinstance(value, (bytes, bytearray)) and element is nettypes.BYTE:
            return value
        try:
            return [convert(item, element) for item in elements(value)]
        except InvalidCast as error:
            if isinstance(value, (ObjectList, ScriptOutput)):
                raise with_inner(value.net_type.full_name, type_.full_name, str(error)) from None
            raise
    if type(value) is str and element is nettypes.CHAR:
        return [Char(item) for item in value]
    if not _has_rule(value, element):
        raise no_conversion(value.value if isinstance(value, Literal) else value, type_)
    try:
        return [convert(value, element)]
    except InvalidCast as error:
        raise with_inner(message_text(value), type_.full_name, str(error)) from None


def is_true(value: object) -> bool:
    """PowerShell's truth: 0, '', $null, an empty list and a list of one false element are false."""
    value = value.value if isinstance(value, Literal) else value
    if value is None:
        return False
    if is_list(value):
        items = elements(value)
        if len(items) == 1:
            only = items[0]
            return bool(elements(only)) if is_list(only) else is_true(only)
        return bool(items)
    if isinstance(value, Char):
        return value != "\0"
    if isinstance(value, (bool, int, float, Decimal, str, Switch)) and not isinstance(value, enum.Enum):
        return bool(value)
    if isinstance(value, enum.Enum):
        return bool(value.value)
    return True


def _boolean_refused(value: object, type_: NetType) -> InvalidCast:
    name = "" if value is None else value_type_name(value)
    return InvalidCast(messages.NOT_A_BOOLEAN.format(name, type_.full_name))


def _check_boolean(value: object, type_: NetType) -> None:
    """Boolean and switch parameters of scripts take only Booleans and numbers."""
    if value is None:
        if type_ is nettypes.BOOLEAN:
            raise _boolean_refused(value, type_)
        return
    source = type_of(value)
    numeric = source in nettypes.NUMERIC or (source.enum is not None and issubclass(source.enum, int))
    if not (numeric or source in nettypes.BOOL_KINDS):
        raise _boolean_refused(value, type_)


def _is_boolean(type_: NetType) -> bool:
    return type_ in nettypes.BOOL_KINDS or (type_.is_nullable and type_.element is nettypes.BOOLEAN)


def transform(value: object, type_: NetType) -> Any:
    """The value as a script function's parameter takes it: no list for a string, no string for a bool.

    Raises:
        InvalidCast: as `convert`, and for what only parameters refuse.
    """
    value = adapted(value)
    if type_ is nettypes.STRING:
        if type(value) is str:
            return value
        if is_list(value) and not isinstance(value, (ObjectList, ScriptOutput)):
            raise InvalidCast(messages.NOT_A_STRING)
    if _is_boolean(type_):
        _check_boolean(value, type_)
    elif type_.is_array and _is_boolean(cast(NetType, type_.element)):
        for item in elements(value) if is_list(value) else [value]:
            _check_boolean(item, cast(NetType, type_.element))
    return convert(value, type_)


__all__ = [
    "convert",
    "is_true",
    "no_conversion",
    "transform",
    "value_type_name",
]

"""Conversions to one value of one type, and what PowerShell tries when no rule of its own leads there.

Knows nothing of lists, Nullable and null: `conversion` takes those apart first.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, cast

from psbridge.binding import enums, messages, nettypes, numbers
from psbridge.binding.errors import InvalidCast, NetError, with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary, is_list, type_of
from psbridge.binding.text import net_text, to_text
from psbridge.binding.values import (
    ArrayList,
    BigInteger,
    Char,
    DateTimeOffset,
    OrderedDictionary,
    SecureString,
    Switch,
    Version,
)

# The types a string becomes through the type's own parser or constructor.
_PARSED: Final = frozenset(
    (nettypes.DATETIME, nettypes.TIMESPAN, nettypes.GUID, nettypes.VERSION, nettypes.URI, nettypes.REGEX)
)


def _parsed(text: str, type_: NetType) -> object:
    """A text through the parser of one of these; each is loaded when it is needed."""
    if type_ is nettypes.URI:
        from psbridge.binding.uris import parse_uri

        return parse_uri(text)
    if type_ is nettypes.REGEX:
        from psbridge.binding.regexes import compile_net

        return compile_net(text)
    if type_ is nettypes.GUID or type_ is nettypes.VERSION:
        from psbridge.binding import parsing

        return parsing.parse_guid(text) if type_ is nettypes.GUID else parsing.parse_version(text)
    from psbridge.binding import dates

    return dates.parse_datetime(text) if type_ is nettypes.DATETIME else dates.parse_timespan(text)


# The types PowerShell can make from nothing, to set properties on from a dictionary or an object.
_MADE_EMPTY: Final[dict[NetType, Callable[[], object]]] = {
    nettypes.DECIMAL: Decimal,
    nettypes.DATETIME: lambda: datetime.datetime(1, 1, 1),
    nettypes.TIMESPAN: datetime.timedelta,
    nettypes.GUID: lambda: uuid.UUID(int=0),
    nettypes.VERSION: lambda: Version((0, 0)),
    nettypes.SECURESTRING: SecureString,
    nettypes.BIGINTEGER: BigInteger,
    nettypes.DATETIMEOFFSET: lambda: DateTimeOffset(1, 1, 1, tzinfo=datetime.timezone.utc),
    nettypes.ARRAYLIST: ArrayList,
}
# Made from a count of ticks, which any integer but a UInt64 widens to.
_FROM_TICKS: Final = frozenset((nettypes.DATETIME, nettypes.TIMESPAN))
# Members that new objects of these types have, and that cannot be set.
_READ_ONLY: Final[dict[NetType, frozenset[str]]] = {
    nettypes.DATETIME: frozenset(
        "date day dayofweek dayofyear hour kind microsecond millisecond minute month nanosecond second"
        " ticks timeofday year".split()
    ),
    nettypes.TIMESPAN: frozenset(
        "ticks days hours microseconds milliseconds minutes nanoseconds seconds totaldays totalhours"
        " totalmicroseconds totalmilliseconds totalminutes totalnanoseconds totalseconds".split()
    ),
    nettypes.DATETIMEOFFSET: frozenset(
        "date datetime day dayofweek dayofyear hour localdatetime microsecond millisecond minute month"
        " nanosecond offset second ticks timeofday totaloffsetminutes utcdatetime utcticks year".split()
    ),
    nettypes.VERSION: frozenset("build major majorrevision minor minorrevision revision".split()),
    nettypes.GUID: frozenset(("variant", "version")),
    nettypes.DECIMAL: frozenset(("scale",)),
    nettypes.SECURESTRING: frozenset(("length",)),
}
# Convert.ChangeType names these by their short names.
_TYPE_CODES: Final = nettypes.NUMERIC | {nettypes.BOOLEAN, nettypes.CHAR, nettypes.DATETIME}


def value_type_name(value: object) -> str:
    """The type's full name as conversion messages print it."""
    if value is not None and bag_of(type(value)) is not None:
        return "System.Management.Automation.PSCustomObject"
    return type_of(value).full_name


def no_conversion(value: object, type_: NetType) -> InvalidCast:
    """No rule leads from this value to the type. A SecureString's would-be content is not shown."""
    if value is None:
        return null_refused(type_)
    if type_ is nettypes.SECURESTRING:
        return InvalidCast(messages.INVALID_CAST_HIDDEN.format(value_type_name(value), type_.full_name))
    return _invalid_cast(value, type_)


def _invalid_cast(value: object, type_: NetType) -> InvalidCast:
    return InvalidCast(messages.INVALID_CAST.format(net_text(value), value_type_name(value), type_.full_name))


def null_refused(type_: NetType) -> InvalidCast:
    """The type has no null."""
    if type_.enum is not None:
        return InvalidCast(messages.NULL_TO_ENUM.format(type_.full_name, ",".join(type_.enum.__members__)))
    return InvalidCast(messages.NULL_REFUSED.format(type_.full_name))


def has_rule(value: object, type_: NetType) -> bool:
    """Whether PowerShell has a conversion between the two types at all, whatever comes of it."""
    source = type_of(value)
    if source is type_ or is_convertible(source):
        return True
    if is_dictionary(value):
        return (
            type_ in _MADE_EMPTY or type_ in (nettypes.HASHTABLE, nettypes.ORDERED) or type_.enum is not None
        )
    if bag_of(type(value)) is not None:
        return type_ in _MADE_EMPTY or type_ is nettypes.HASHTABLE or type_.enum is not None
    if type_ in nettypes.RARE:
        return source is nettypes.STRING or source in nettypes.NUMERIC or type_ is nettypes.ARRAY
    if source is nettypes.BIGINTEGER:
        return type_ in nettypes.NUMERIC or type_ is nettypes.CHAR
    from_text = type_ in _PARSED or type_ in nettypes.NUMERIC or type_.enum is not None
    return (from_text or type_ is nettypes.CHAR) and (source is nettypes.STRING or source in nettypes.NUMERIC)


def is_convertible(source: NetType) -> bool:
    """IConvertible, and neither a number nor a string: Convert.ChangeType gets every target type."""
    return source in (nettypes.BOOLEAN, nettypes.CHAR, nettypes.DATETIME) or source.enum is not None


def to_scalar(value: Any, source: NetType, type_: NetType, spelt: str) -> object:
    """The value as one of this type.

    Args:
        value: the value, of the .NET type `source`, which is not `type_`.
        source: its type.
        type_: the type wanted: no array, no Nullable, not String, Boolean or Object.
        spelt: the value's text, as a script spelt it.

    Raises:
        InvalidCast: there is no conversion, or it fails.
    """
    try:
        if type_ in nettypes.RARE:
            from psbridge.binding import rare

            try:
                return rare.convert(value, source, type_, spelt)
            except rare.NoRule:
                return last_resort(value, source, type_)
        if type_ in nettypes.NUMERIC:
            number = _number_of(value, source)
            if number is not None:
                return numbers.change_type(number, type_)
            if source is nettypes.STRING:
                return numbers.read(str(value), type_)
            if source is nettypes.BIGINTEGER:
                return numbers.from_big(int(value), type_)
        elif type_.enum is not None:
            return _to_enum(value, source, type_, spelt)
        elif type_ is nettypes.CHAR:
            return _to_char(value, source)
        elif type_ is nettypes.SWITCH and source is nettypes.BOOLEAN:
            return Switch(bool(value))
        elif type_ is nettypes.HASHTABLE and is_dictionary(value):
            return dict(cast("dict[object, object]", value))
        elif type_ is nettypes.ORDERED and is_dictionary(value):
            return OrderedDictionary(cast("dict[object, object]", value))
        elif type_ is nettypes.HASHTABLE and (source is nettypes.CHAR or source.enum is not None):
            # They widen to an Int32, which the constructor takes for a capacity.
            return {}
        elif type_ in _FROM_TICKS and source not in (nettypes.UINT64, nettypes.BOOLEAN):
            number = _number_of(value, source)
            if isinstance(number, int):
                from psbridge.binding import dates

                made = dates.datetime_from_ticks if type_ is nettypes.DATETIME else dates.timespan_from_ticks
                return made(number)
        if type_ in _PARSED and (source is nettypes.STRING or source in nettypes.NUMERIC):
            return _parsed(spelt, type_)
    except NetError as error:
        by_text = type_ in _PARSED or (type_ in nettypes.RARE and not is_list(value))
        shown = spelt if by_text and not is_dictionary(value) else net_text(value)
        raise with_inner(shown, type_.full_name, str(error)) from None
    return last_resort(value, source, type_)


def _number_of(value: Any, source: NetType) -> numbers.Number | None:
    if source in nettypes.NUMERIC or source is nettypes.BOOLEAN:
        return cast(numbers.Number, value)
    if source is nettypes.CHAR:
        return ord(value)
    return int(value.value) if source.enum is not None else None


def _to_char(value: Any, source: NetType) -> object:
    if source is nettypes.STRING:
        if len(value) != 1 or ord(value) > 0xFFFF:
            raise NetError(messages.NOT_ONE_CHARACTER)
        return Char(value)
    if source is nettypes.BIGINTEGER:
        raise NetError("Object must implement IConvertible.")
    code = value.value if source.enum is not None else value
    if source.bounds is not None or source.enum is not None:
        if not 0 <= code <= 0xFFFF:
            raise numbers.overflow(nettypes.CHAR)
        return Char(chr(code))
    if source in nettypes.NUMERIC:
        raise NetError(messages.NET_INVALID_CAST.format(source.name, "Char"))
    return last_resort(value, source, nettypes.CHAR)


def _to_enum(value: Any, source: NetType, type_: NetType, spelt: str) -> object:
    from psbridge.binding import parsing

    if source.bounds is not None:
        return parsing.defined_enum(int(value), type_, net_text(value))
    if source.enum is not None and issubclass(source.enum, int):
        return parsing.defined_enum(int(value.value), type_, net_text(value))
    if source is nettypes.STRING or source in nettypes.NUMERIC:
        # A number that is no integer goes by its text.
        return parsing.parse_enum(spelt, type_)
    return last_resort(value, source, type_)


def last_resort(value: Any, source: NetType, type_: NetType) -> object:
    """Convert.ChangeType for what is IConvertible; else a new object with the value's properties set on it.

    Raises:
        InvalidCast: neither works, which is nearly always.
    """
    made = type_.construct(value) if type_.construct is not None else None
    if made is not None:
        return made
    if is_convertible(source):
        short = type_ in _TYPE_CODES and source in _TYPE_CODES
        names = (source.name, type_.name) if short else (source.full_name, type_.full_name)
        raise with_inner(net_text(value), type_.full_name, messages.NET_INVALID_CAST.format(*names))
    dictionary = is_dictionary(value)
    bag = bag_of(type(value))
    if not (dictionary or bag):
        raise no_conversion(value, type_)
    if type_ in _MADE_EMPTY or type_.enum is not None or (bag and type_ is nettypes.HASHTABLE):
        names_ = list(bag(value)) if bag else [net_text(key) for key in value]
        if not names_:
            return default_of(type_)
        if type_.enum is not None and [name.lower() for name in names_] == ["value__"]:
            number: Any = next(iter((bag(value) if bag else value).values()))
            return enums.member(int(number), type_.enum)
        read_only = next((name for name in names_ if name.lower() in _READ_ONLY.get(type_, ())), None)
        if read_only is not None and read_only == names_[0]:
            raise InvalidCast(messages.READ_ONLY.format(type_.full_name, read_only))
        if bag:
            raise with_inner(to_text(value), type_.full_name, str(_invalid_cast(value, type_)))
        settable = messages.ENUM_SETTABLE if type_.enum is not None else messages.NOTHING_SETTABLE
        raise InvalidCast(messages.CANNOT_CREATE.format(type_.full_name, names_[0], settable))
    raise no_conversion(value, type_)


def default_of(type_: NetType) -> object:
    """What .NET's `default` is for a value type, and a new Hashtable, Version or SecureString."""
    if type_ in nettypes.NUMERIC and type_ not in _MADE_EMPTY:
        return numbers.change_type(0, type_)
    if type_ is nettypes.HASHTABLE:
        return {}
    if type_ is nettypes.BOOLEAN:
        return False
    if type_ is nettypes.CHAR:
        return Char("\0")
    if type_ is nettypes.SWITCH:
        return Switch(False)
    if type_.enum is not None:
        return enums.member(0, type_.enum)
    return _MADE_EMPTY[type_]()


def to_nullable(value: Any, type_: NetType) -> InvalidCast:
    """Why a value that the underlying type has no rule for does not become this Nullable either."""
    if is_dictionary(value) or bag_of(type(value)) is not None:
        return with_inner(net_text(value), type_.full_name, messages.NULL_OBJ)
    return no_conversion(value, type_)


__all__ = [
    "default_of",
    "has_rule",
    "is_convertible",
    "last_resort",
    "no_conversion",
    "null_refused",
    "to_nullable",
    "to_scalar",
    "value_type_name",
]

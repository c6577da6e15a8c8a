"""Casts: `[type]$value`, `-as`, and the errors of those that fail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import elements, is_dictionary, is_list
from psbridge.binding.scalars import no_conversion
from psbridge.binding.values import Char, Literal

from . import errors
from .errors import ErrorRecord, ExceptionObject, ScriptError
from .types import ARRAY, NULL, PLAIN_OBJECT, RUNTIME_TYPE, TYPE, VOID, resolve, type_of
from .values import (
    ARRAY_LIST,
    Bag,
    BigInteger,
    Dictionary,
    Hashtable,
    NetList,
    NetQueue,
    NetSet,
    Ordered,
    TypedArray,
    Wrapped,
)


def cast_value(value: Any, type_: NetType) -> Any:
    """The value as this type.

    Raises:
        InvalidCast: it has no conversion, or it fails.
    """
    if isinstance(value, Wrapped):
        value = value.value
    if type_ is nettypes.OBJECT:
        return value.value if type(value) is Literal else value
    if type_ is nettypes.PSOBJECT or type_ is PLAIN_OBJECT:
        return custom_object(value)
    if type_ is VOID:
        return None
    if type_ is ARRAY:
        return value if value is None or is_list(value) else [value]
    if type_ is ARRAY_LIST:
        return value if value is None else NetList(_items_of(value), kind="ArrayList")
    if type_ is TYPE or type_ is RUNTIME_TYPE:
        return _to_type(value)
    if type_ is BigInteger.net_type:
        return _to_bigint(value, type_)
    if type_ is nettypes.HASHTABLE and is_dictionary(value):
        return value if isinstance(value, Hashtable) else Hashtable(value)
    if type_ is nettypes.ORDERED and is_dictionary(value):
        return value if isinstance(value, Ordered) else Ordered(value)
    if type_ is nettypes.SCRIPTBLOCK:
        from psbridge.script.net.script import to_block

        return value if value is None else to_block(value)
    if type_ is nettypes.DATETIMEOFFSET and value is not None:
        from psbridge.script.net.moments import to_moment

        return to_moment(value.value if isinstance(value, Literal) else value)
    if type_.full_name in ("System.DBNull", NULL.full_name):
        return value
    if isinstance(value, (NetQueue, NetSet)) and type_.is_array:
        value = _items_of(value)
    if errors.EXCEPTION.accepts(type_):
        return _to_exception(value, type_)
    try:
        converted = convert(value, type_)
    except InvalidCast as error:
        from psbridge.script.net import constructed

        converted = None if '. Error: "' in str(error) else constructed(value, type_)
        if converted is None:
            raise
    if type_.is_array and type(converted) is list and type_.element is not nettypes.OBJECT:
        return TypedArray(converted, type_.element or nettypes.OBJECT)
    return converted


def _items_of(value: Any) -> list[Any]:
    if isinstance(value, NetSet):
        return value.members()
    if isinstance(value, NetQueue):
        return list(value)
    return elements(value) if is_list(value) else [value]


def custom_object(value: Any, type_name: str = "") -> Any:
    """`[pscustomobject]` of a dictionary: its entries as properties; anything else stays.

    `type_name` is what `PSTypeName` in a literal gives it.
    """
    if is_dictionary(value) and not isinstance(value, (NetSet, Dictionary)):
        bag = Bag()
        if type_name:
            bag._type_names.insert(0, type_name)
        for key, item in value.items():
            bag[str(key) if isinstance(key, str) else convert(key, nettypes.STRING)] = item
        return bag
    return value.value if type(value) is Literal else value


def _to_exception(value: Any, type_: NetType) -> Any:
    """A message becomes an exception of the type; an exception stays."""
    if value is None or type_.accepts(type_of(value)):
        return value
    if type_.rule is not None:
        return type_.rule(value)
    from .calling import construct

    return construct(type_, [convert(value, nettypes.STRING)])


def _to_type(value: Any) -> Any:
    if value is None or isinstance(value, NetType):
        return value
    name = convert(value, nettypes.STRING)
    found = resolve(name)
    if found is None:
        raise InvalidCast(f'Cannot convert the "{name}" value of type "System.String" to type "System.Type".')
    return found


def _to_bigint(value: Any, type_: NetType) -> Any:
    plain = value.value if isinstance(value, Literal) else value
    if plain is None:
        return BigInteger(0)
    if isinstance(plain, str) and not isinstance(plain, Char):
        return BigInteger(int(convert(plain, nettypes.BIGINTEGER)))
    if isinstance(plain, (int, float, Decimal)):
        return BigInteger(int(plain))
    return BigInteger(convert(plain, nettypes.INT64))


_TEXT_IDS = {
    nettypes.DECIMAL: "InvalidCastFromStringToDecimal",
    nettypes.DOUBLE: "InvalidCastFromStringToDoubleOrSingle",
    nettypes.SINGLE: "InvalidCastFromStringToDoubleOrSingle",
}
_PARSED = (nettypes.DATETIME, nettypes.TIMESPAN, nettypes.GUID, nettypes.DATETIMEOFFSET, BigInteger.net_type)
_CONSTRUCTED = {nettypes.URI: "InvalidCastFromStringToUri", nettypes.REGEX: "InvalidCastFromStringToRegex"}


def cast_error_id(value: Any, type_: NetType, message: str) -> str:
    """PowerShell's id for a cast that failed."""
    if value is None:
        return "nullToNonNullable" if type_.is_value else "InvalidCastFromNull"
    plain = value.value if isinstance(value, Literal) else value
    if message.startswith('Cannot create object of type "'):
        return "ObjectCreationError"
    inner = '. Error: "' in message or type_.is_array
    if type_.is_array:
        if is_list(plain):
            failing = type_.element or nettypes.OBJECT
            for item in elements(plain):
                try:
                    cast_value(item, failing)
                except InvalidCast as error:
                    return cast_error_id(item, failing, str(error))
        return "InvalidCastExceptionScalarToArray"
    if isinstance(plain, str):
        if type_.bounds is not None:
            return "InvalidCastFromStringToInteger" if inner else "InvalidCastIConvertible"
        if type_ in _TEXT_IDS:
            return _TEXT_IDS[type_]
        if type_ in _PARSED:
            return "InvalidCastParseTargetInvocationWithFormatProvider"
        if type_ in _CONSTRUCTED:
            return _CONSTRUCTED[type_]
        if type_.full_name == "System.Xml.XmlDocument":
            return "InvalidCastToXmlDocument"
        if type_ is nettypes.VERSION:
            return "InvalidCastParseTargetInvocation"
        if type_.enum is not None:
            return "SubstringDisambiguationEnumParseThrewAnException" if inner else "UndefinedIntegerToEnum"
        if type_.full_name == "System.Type":
            return "InvalidCastFromStringToType"
        if type_ is nettypes.CHAR:
            return "InvalidCastParseTargetInvocation" if inner else "ConvertToFinalInvalidCastException"
    if type_.enum is not None and isinstance(plain, int):
        return "UndefinedIntegerToEnum"
    if inner and type_ in nettypes.NUMERIC | {nettypes.CHAR, nettypes.DATETIME}:
        return "InvalidCastIConvertible"
    return "ConvertToFinalInvalidCastException"


def cast(value: Any, type_: NetType) -> Any:
    """`[type]$value`.

    Raises:
        ScriptError: it has no conversion, or it fails; with PowerShell's error id.
    """
    try:
        return cast_value(value, type_)
    except InvalidCast as error:
        raise cast_failure(value, type_, str(error)) from None


def cast_failure(value: Any, type_: NetType, message: str) -> ScriptError:
    """The error record of a conversion that failed."""
    error_id = cast_error_id(value, type_, message)
    inner = None
    if '. Error: "' in message:
        inner = ExceptionObject("FormatException", message.partition('. Error: "')[2].removesuffix('"'))
    refused = ExceptionObject("PSInvalidCastException", message, inner)
    exception = ExceptionObject("RuntimeException", message, refused)
    error = ScriptError(ErrorRecord(exception, error_id, "InvalidArgument"))
    error.statement_only = True
    return error


def as_operator(value: Any, type_: NetType) -> Any:
    """`$value -as [type]`: None where a cast would fail."""
    try:
        return cast_value(value, type_)
    except InvalidCast:
        return None


def _to_array_list(value: Any) -> Any:
    """What a parameter of the type takes: a list, and nothing else."""
    if value is None or (isinstance(value, NetList) and value.kind == "ArrayList"):
        return value
    if not is_list(value):
        raise no_conversion(value, ARRAY_LIST)
    return NetList(_items_of(value), kind="ArrayList")


ARRAY_LIST.rule = _to_array_list
TYPE.rule = RUNTIME_TYPE.rule = _to_type

"""Values from Python to .NET, and the door to both directions.

| Python | .NET |
|---|---|
| None, bool, str, float | null, Boolean, String, Double |
| int | Int32, else Int64, else BigInteger, the first that holds it |
| binding.Int64, Byte, Single, Char, ... | the type of that name |
| Decimal | Decimal, where its 28 digits hold the value exactly |
| list, tuple, set, range / bytes | Object[] / Byte[] |
| dict, any Mapping / OrderedDictionary | Hashtable / OrderedDictionary |
| PSCustomObject, models | PSCustomObject where PowerShell is loaded, else OrderedDictionary |
| datetime without a zone, date / UTC / LOCAL | DateTime of kind Unspecified / Utc / Local |
| datetime in another zone | DateTimeOffset |
| timedelta, UUID, Version, Uri, re.Pattern, Enum | TimeSpan, Guid, Version, Uri, Regex, the enumeration |
| SecureString, Secret, Switch, ScriptBlock | SecureString (both), SwitchParameter, ScriptBlock |

A Hashtable made here ignores the case of its keys, as PowerShell's does, unless two differ in case only.
`from_dotnet` reads all of these back as they were, but for: OrderedDictionary in place of a model (give the
model to read it back), Object[] as list, BigInteger and Int128 as int, DBNull as None. It also reads
Dictionary, List, every other collection, arrays, JsonElement and JsonNode. What has no equal raises
ConversionError; a .NET object that is no value (a stream, a process) stays what it is.
"""

from __future__ import annotations

import base64
import datetime
import enum
import os
import re
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar, overload

from .. import binding
from ..client.secret import Secret
from ..cmdlets.builders import built
from ..cmdlets.unset import UNSET
from ..models.base import Model
from . import compiled, edge, enums, runtime
from .failures import ConversionError
from .moments import LOCAL, DateTime, TimeSpan

ModelT = TypeVar("ModelT", bound=Model)
Within = tuple[int, ...]

MAX_DEPTH = 100
_INT32 = range(-(1 << 31), 1 << 31)
_INT64 = range(-(1 << 63), 1 << 63)
_DECIMAL_LIMIT = 1 << 96
_TICKS_AT_YEAR_1 = datetime.datetime(1, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)


def to_dotnet(value: object) -> Any:
    """`value` as a .NET value; see the module's table. A .NET object is returned as it is.

    Raises:
        ConversionError: it has no equal in .NET, contains itself, or is nested deeper than 100.
        RuntimeNotFoundError: there is no runtime to load.
    """
    if not runtime.loaded():
        runtime.load()
    return _to(value, ())


@overload
def from_dotnet(value: object, model: None = None) -> Any: ...
@overload
def from_dotnet(value: object, model: type[ModelT]) -> ModelT: ...
def from_dotnet(value: object, model: type[Model] | None = None) -> Any:
    """A .NET value as the Python value it stands for; Python's own values as they are.

    Args:
        value: anything. A number that pythonnet has already turned into an int keeps no .NET type; one
            inside a collection or a PSObject does.
        model: make this model of the table or object read.

    Raises:
        ConversionError: it has no equal in Python, contains itself, or is nested deeper than 100.
        InvalidValueError: it is no `model`.
    """
    from .read import read

    found = read(value)
    if model is None or isinstance(found, model):
        return found
    members = _members(found)
    if not isinstance(members, dict):
        raise ConversionError(f"{model.__name__} is made of a table or an object, not {_kind(found)}.")
    return built(model, members, [])


def _members(value: Any) -> Any:
    """What was read with its objects as tables, which a model takes at the first try."""
    if isinstance(value, list):
        return [_members(item) for item in value]
    if isinstance(value, binding.PSCustomObject):
        value = value.__ps_properties__()
    if isinstance(value, dict):
        return {key: _members(item) for key, item in value.items()}
    return value


def _to(value: Any, within: Within) -> Any:
    cls = value.__class__
    write = _WRITERS.get(cls)
    if write is None:
        if edge.is_net(value):
            return value
        write = _WRITERS[cls] = _writer(value)
    return write(value, within)


def _same(value: Any, within: Within) -> Any:
    return value


def _text(value: str, within: Within) -> Any:
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ConversionError(
                "A text holds half a character (a lone surrogate), which cannot cross."
            ) from None
    return str(value)


def _integer(value: int, within: Within) -> Any:
    if value in _INT32:
        return edge.net("System.Int32")(value)
    if value in _INT64:
        return edge.net("System.Int64")(value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return edge.net("System.Numerics.BigInteger")(_bytes(data, within))


def _boxed(name: str) -> Callable[[Any, Within], Any]:
    return lambda value, within: edge.net(name)(value)


def _single(value: float, within: Within) -> Any:
    return edge.net("System.Single")(float(value))


def _char(value: str, within: Within) -> Any:
    if "\ud800" <= value <= "\udfff":
        raise ConversionError("A Char is half a character (a lone surrogate), which cannot cross.")
    return edge.net("System.Char")(str(value))


def _decimal(value: Decimal, within: Within) -> Any:
    if not value.is_finite():
        raise ConversionError(f"{value} has no equal: a .NET Decimal is always finite.")
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    number = int("".join(map(str, digits)))
    if exponent > 0 and number:
        number = number * 10**exponent if exponent < 30 else _DECIMAL_LIMIT
    scale = max(-exponent, 0)
    while scale > 28 and number % 10 == 0:
        number, scale = number // 10, scale - 1 if number else 28
    if number >= _DECIMAL_LIMIT or scale > 28:
        raise ConversionError(
            f"{value} has no equal: a .NET Decimal holds whole numbers up to 79228162514264337593543950335, "
            "divided by up to 10^28."
        )
    parts = [(number >> shift) & 0xFFFFFFFF for shift in (0, 32, 64)]
    low, middle, high = (part - (1 << 32) if part >> 31 else part for part in parts)
    return edge.net("System.Decimal")(low, middle, high, bool(sign), edge.net("System.Byte")(scale))


def _list(value: Any, within: Within) -> Any:
    inner = _deeper(value, within)
    return edge.object_array([_to(item, inner) for item in value])


def _bytes(value: Any, within: Within) -> Any:
    return edge.net("System.Convert").FromBase64String(base64.b64encode(value).decode("ascii"))


def _hashtable(value: Mapping[Any, Any], within: Within) -> Any:
    keys, values = _entries(value, within)
    table = compiled.new_hashtable()
    try:
        compiled.fill_table(table, keys, values)
    except edge.net("System.ArgumentException"):  # two keys differ in case only
        table = edge.net("System.Collections.Hashtable")()
        _fill(table, keys, values)
    return table


def _ordered(value: Mapping[Any, Any], within: Within) -> Any:
    table = edge.net("System.Collections.Specialized.OrderedDictionary")()
    _fill(table, *_entries(value, within))
    return table


def _entries(value: Mapping[Any, Any], within: Within) -> tuple[list[Any], list[Any]]:
    inner = _deeper(value, within)
    if None in value:
        raise ConversionError("A table has the key None; a .NET table has no null key.")
    return [_to(key, inner) for key in value], [_to(item, inner) for item in value.values()]


def _fill(table: Any, keys: list[Any], values: list[Any]) -> None:
    try:
        compiled.fill_table(table, keys, values)
    except edge.net("System.ArgumentException"):
        raise ConversionError("Two keys of a table are one key in .NET.") from None


def _bag(value: Any, within: Within) -> Any:
    if value is UNSET:
        raise ConversionError("UNSET has no equal in .NET: leave the value out.")
    properties = value.__ps_properties__()
    custom = edge.power_shell_type("PSObject")
    if custom is None:
        return _ordered(properties, within)
    inner = _deeper(value, within)
    made = custom()
    compiled.fill_notes(made, list(map(str, properties)), [_to(item, inner) for item in properties.values()])
    return made


def _datetime(value: datetime.datetime, within: Within) -> Any:
    naive = value.replace(tzinfo=None)
    ticks = (naive - _TICKS_AT_YEAR_1) // _MICROSECOND * 10 + getattr(value, "tick", 0)
    kinds = edge.net("System.DateTimeKind")
    make = edge.net("System.DateTime")
    if value.tzinfo is None:
        return make(ticks, kinds.Unspecified)
    if value.tzinfo is LOCAL:
        return make(ticks, kinds.Local)
    if value.tzname() == "UTC":
        return make(ticks, kinds.Utc)
    offset = value.utcoffset() or datetime.timedelta(0)
    if offset % datetime.timedelta(minutes=1) or abs(offset) > datetime.timedelta(hours=14):
        raise ConversionError(f"The offset {offset} has no equal: .NET's are whole minutes, up to 14 hours.")
    try:
        return edge.net("System.DateTimeOffset")(make(ticks, kinds.Unspecified), _timedelta(offset, ()))
    except Exception:
        raise ConversionError(f"{value} has no equal: in UTC it lies outside the years 1 to 9999.") from None


def _date(value: datetime.date, within: Within) -> Any:
    return _datetime(datetime.datetime(value.year, value.month, value.day), within)


def _timedelta(value: datetime.timedelta, within: Within) -> Any:
    ticks = value // _MICROSECOND * 10 + getattr(value, "tick", 0)
    if ticks not in _INT64:
        raise ConversionError(f"{value} has no equal: a .NET TimeSpan holds about 29,000 years.")
    return edge.net("System.TimeSpan")(edge.net("System.Int64")(ticks))


def _uuid(value: uuid.UUID, within: Within) -> Any:
    return edge.net("System.Guid").Parse(str(value))


def _uri(value: str, within: Within) -> Any:
    return edge.net("System.Uri")(_text(value, within), edge.net("System.UriKind").RelativeOrAbsolute)


def _version(value: binding.Version, within: Within) -> Any:
    return edge.net("System.Version").Parse(str(value))


_REGEX_FLAGS = {re.IGNORECASE: 1, re.MULTILINE: 2, re.DOTALL: 16, re.VERBOSE: 32}


def _regex(value: re.Pattern[Any], within: Within) -> Any:
    options = sum(bit for flag, bit in _REGEX_FLAGS.items() if value.flags & flag)
    space = "System.Text.RegularExpressions"
    if not isinstance(value.pattern, str) or value.flags & (re.ASCII | re.LOCALE):
        raise ConversionError("A pattern of bytes, ASCII or a locale has no equal in .NET.")
    kind = edge.net(f"{space}.RegexOptions")
    try:
        return edge.net(f"{space}.Regex")(
            _text(value.pattern, within), edge.enum_value(edge.runtime_type(kind), options)
        )
    except edge.net("System.ArgumentException"):
        raise ConversionError("The pattern is not one that .NET's Regex reads.") from None


def _secure(value: Any, within: Within) -> Any:
    made = edge.net("System.Net.NetworkCredential")("", _text(value.reveal(), within)).SecurePassword
    made.MakeReadOnly()
    return made


def _switch(value: binding.Switch, within: Within) -> Any:
    kind = edge.power_shell_type("SwitchParameter")
    return bool(value) if kind is None else kind(bool(value))


def _script_block(value: binding.ScriptBlock, within: Within) -> Any:
    kind = edge.power_shell_type("ScriptBlock")
    if kind is None:
        raise ConversionError("A script block has no equal before PowerShell is loaded (PowerShellSession).")
    return kind.Create(_text(value.text, within))


def _literal(value: binding.Literal, within: Within) -> Any:
    return _to(value.value, within)


def _path(value: os.PathLike[str], within: Within) -> Any:
    return _text(str(os.fspath(value)), within)


def _member(value: enum.Enum, within: Within) -> Any:
    made = enums.to_dotnet(value)
    return _to(value.value, within) if made is None else made


def _deeper(value: object, within: Within) -> Within:
    if id(value) in within:
        raise ConversionError("A value contains itself.")
    if len(within) >= MAX_DEPTH:
        raise ConversionError(f"A value is nested deeper than {MAX_DEPTH}.")
    return (*within, id(value))


_WRITERS: dict[type, Callable[[Any, Within], Any]] = {
    type(None): _same,
    bool: _same,
    float: _same,
    str: _text,
    int: _integer,
    list: _list,
    tuple: _list,
    dict: _hashtable,
    OrderedDict: _ordered,
    binding.OrderedDictionary: _ordered,
    binding.PSCustomObject: _bag,
    binding.Single: _single,
    binding.Char: _char,
    binding.Uri: _uri,
    binding.Version: _version,
    binding.Switch: _switch,
    binding.SecureString: _secure,
    Secret: _secure,
    binding.ScriptBlock: _script_block,
    binding.Literal: _literal,
    Decimal: _decimal,
    DateTime: _datetime,
    TimeSpan: _timedelta,
    **{
        cls: _boxed(f"System.{cls.__name__}")
        for cls in (
            *(binding.SByte, binding.Byte, binding.Int16, binding.UInt16),
            *(binding.UInt32, binding.Int64, binding.UInt64),
        )
    },
}

# For every other class, the first of these that it is.
_KINDS: tuple[tuple[type | tuple[type, ...], Callable[[Any, Within], Any]], ...] = (
    (enum.Enum, _member),
    (datetime.datetime, _datetime),
    (datetime.date, _date),
    (datetime.timedelta, _timedelta),
    (uuid.UUID, _uuid),
    (re.Pattern, _regex),
    (int, lambda value, within: _integer(int(value), within)),
    (float, lambda value, within: float(value)),
    (str, _text),
    ((bytes, bytearray, memoryview), _bytes),
    (OrderedDict, _ordered),
    (Mapping, _hashtable),
    ((list, tuple, set, frozenset, range), _list),
    (os.PathLike, _path),
)


def _writer(value: object) -> Callable[[Any, Within], Any]:
    if hasattr(value, "__ps_properties__"):
        return _bag
    for kinds, write in _KINDS:
        if isinstance(value, kinds):
            return write
    raise ConversionError(f"{_kind(value)} has no equal in .NET.")


def _kind(value: object) -> str:
    return f"An object of type {type(value).__name__}"

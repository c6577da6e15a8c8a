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
from ..client.settings.secret import Secret
from ..cmdlets.builders import built
from ..cmdlets.unset import UNSET
from ..models.base import Model
from . import build, edge, enums, objects, runtime, tokens
from .failures import ConversionError
from .moments import DateTime, TimeSpan

ModelT = TypeVar("ModelT", bound=Model)
Within = tuple[int, ...]

_INT32 = range(-(1 << 31), 1 << 31)
_STRING, _CHAR, _SINGLE, _DOUBLE, _INT32_LETTER, _INT64_LETTER, _BOOLEAN = (
    tokens.LETTERS[name] for name in ("String", "Char", "Single", "Double", "Int32", "Int64", "Boolean")
)
_TRUE, _FALSE = f"{_BOOLEAN}True", f"{_BOOLEAN}False"
# What is the same on both sides; pythonnet would make a plain int or float or str of any other simple value.
_PLAIN = frozenset((None, "Boolean", "Double", "String"))


def to_dotnet(value: object) -> Any:
    """`value` as a .NET value; see the module's table. A .NET object is returned as it is.

    Raises:
        ConversionError: it has no equal in .NET, contains itself, or is nested deeper than 100.
        RuntimeNotFoundError: there is no runtime to load.
    """
    if not runtime.loaded():
        runtime.load()
    sent = _Sent()
    _put([value], sent, ())
    return sent.made()


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


class _Sent:
    """A tree of values on its way: its tokens, and the .NET objects that go beside them; see `tokens`."""

    __slots__ = ("beside", "tokens")

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.beside: list[Any] = []

    def made(self) -> Any:
        """The .NET value of the whole tree."""
        token = self.tokens[-1]
        letter = token[0]
        if letter in tokens.READ:
            value, name = tokens.READ[letter](token[1:]), tokens.NAMES.get(letter)
            return value if name in _PLAIN else edge.net(f"System.{name}")(value)
        if letter == tokens.BESIDE:
            return self.beside[0]
        made = build.build(tokens.END.join(self.tokens), self.beside)
        if made is None:
            raise ConversionError("Two keys of a table are one key in .NET.")
        return made


Write = Callable[[Any, _Sent, Within], None]


def _put(values: list[Any], sent: _Sent, within: Within) -> None:
    for value in values:
        cls = value.__class__
        write = _WRITERS.get(cls)
        if write is None:
            write = _WRITERS[cls] = _writer(value)
        write(value, sent, within)


def _beside(make: Callable[[Any], Any]) -> Write:
    """What writes a value by having `make` make a .NET object of it."""

    def write(value: Any, sent: _Sent, within: Within) -> None:
        sent.beside.append(make(value))
        sent.tokens.append(tokens.BESIDE)

    return write


def _none(value: None, sent: _Sent, within: Within) -> None:
    sent.tokens.append(tokens.NULL)


def _boolean(value: bool, sent: _Sent, within: Within) -> None:
    sent.tokens.append(_TRUE if value else _FALSE)


def _text(value: str, sent: _Sent, within: Within) -> None:
    objects.checked(value)
    if len(value) > tokens.LONG or tokens.END in value:
        sent.beside.append(str(value))
        sent.tokens.append(tokens.BESIDE)
    else:
        sent.tokens.append(_STRING + value)


def _integer(value: int, sent: _Sent, within: Within) -> None:
    if value in _INT32:
        sent.tokens.append(f"{_INT32_LETTER}{value}")
    elif value in objects.INT64:
        sent.tokens.append(f"{_INT64_LETTER}{value}")
    else:
        _big(value, sent, within)


def _number(name: str) -> Write:
    """An integer of the .NET type of that name."""
    letter = tokens.LETTERS[name]

    def write(value: int, sent: _Sent, within: Within) -> None:
        sent.tokens.append(f"{letter}{int(value)}")

    return write


def _double(value: float, sent: _Sent, within: Within) -> None:
    sent.tokens.append(f"{_DOUBLE}{tokens.bits(value)}")


def _single(value: float, sent: _Sent, within: Within) -> None:
    sent.tokens.append(f"{_SINGLE}{tokens.bits(value)}")


def _char(value: str, sent: _Sent, within: Within) -> None:
    if "\ud800" <= value <= "\udfff":
        raise ConversionError("A Char is half a character (a lone surrogate), which cannot cross.")
    sent.tokens.append(f"{_CHAR}{ord(value)}")


def _hold(letter: str, held: list[Any], sent: _Sent, within: Within) -> None:
    _put(held, sent, within)
    sent.tokens.append(f"{letter}{len(held)}")


def _list(value: Any, sent: _Sent, within: Within) -> None:
    _hold(tokens.LIST, list(value), sent, _deeper(value, within))


def _table(letter: str) -> Write:
    def write(value: Mapping[Any, Any], sent: _Sent, within: Within) -> None:
        inner = _deeper(value, within)
        if None in value:
            raise ConversionError("A table has the key None; a .NET table has no null key.")
        _hold(letter, [*value, *value.values()], sent, inner)

    return write


_hashtable, _ordered = _table(tokens.HASHTABLE), _table(tokens.ORDERED)


def _bag(value: Any, sent: _Sent, within: Within) -> None:
    if value is UNSET:
        raise ConversionError("UNSET has no equal in .NET: leave the value out.")
    properties = value.__ps_properties__()
    if edge.has_power_shell():
        held = [*map(str, properties), *properties.values()]
        _hold(tokens.BAG, held, sent, _deeper(value, within))
    else:
        _ordered(properties, sent, within)


def _switch(value: binding.Switch, sent: _Sent, within: Within) -> None:
    write = _switch_parameter if edge.has_power_shell() else _boolean
    write(bool(value), sent, within)


def _literal(value: binding.Literal, sent: _Sent, within: Within) -> None:
    _put([value.value], sent, within)


def _path(value: os.PathLike[str], sent: _Sent, within: Within) -> None:
    _text(str(os.fspath(value)), sent, within)


def _member(value: enum.Enum, sent: _Sent, within: Within) -> None:
    made = enums.to_dotnet(value)
    if made is None:
        _put([value.value], sent, within)
    else:
        _net(made, sent, within)


def _deeper(value: object, within: Within) -> Within:
    if id(value) in within:
        raise ConversionError("A value contains itself.")
    if len(within) >= tokens.MAX_DEPTH:
        raise ConversionError(f"A value is nested deeper than {tokens.MAX_DEPTH}.")
    return (*within, id(value))


_big = _beside(objects.of_integer)
_net = _beside(lambda value: value)
_switch_parameter = _beside(lambda value: edge.power_shell_type("SwitchParameter")(value))

_WRITERS: dict[type, Write] = {
    type(None): _none,
    bool: _boolean,
    float: _double,
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
    binding.Uri: _beside(objects.of_uri),
    binding.Version: _beside(objects.of_version),
    binding.Switch: _switch,
    binding.SecureString: _beside(objects.of_secret),
    Secret: _beside(objects.of_secret),
    binding.ScriptBlock: _beside(objects.of_script_block),
    binding.Literal: _literal,
    Decimal: _beside(objects.of_decimal),
    DateTime: _beside(objects.of_datetime),
    TimeSpan: _beside(objects.of_timedelta),
    **{
        cls: _number(cls.__name__)
        for cls in (
            *(binding.SByte, binding.Byte, binding.Int16, binding.UInt16),
            *(binding.UInt32, binding.Int64, binding.UInt64),
        )
    },
}

# For every other class, the first of these that it is.
_KINDS: tuple[tuple[type | tuple[type, ...], Write], ...] = (
    (enum.Enum, _member),
    (datetime.datetime, _beside(objects.of_datetime)),
    (datetime.date, _beside(objects.of_date)),
    (datetime.timedelta, _beside(objects.of_timedelta)),
    (uuid.UUID, _beside(objects.of_uuid)),
    (re.Pattern, _beside(objects.of_regex)),
    (int, lambda value, sent, within: _integer(int(value), sent, within)),
    (float, _double),
    (str, lambda value, sent, within: _text(str(value), sent, within)),
    ((bytes, bytearray, memoryview), _beside(objects.of_bytes)),
    (OrderedDict, _ordered),
    (Mapping, _hashtable),
    ((list, tuple, set, frozenset, range), _list),
    (os.PathLike, _path),
)


def _writer(value: object) -> Write:
    if edge.is_net(value):
        return _net
    if hasattr(value, "__ps_properties__"):
        return _bag
    for kinds, write in _KINDS:
        if isinstance(value, kinds):
            return write
    raise ConversionError(f"{_kind(value)} has no equal in .NET.")


def _kind(value: object) -> str:
    return f"An object of type {type(value).__name__}"

"""Values from .NET to Python: what `from_dotnet` and the binder's adapter do; the table is in `convert`."""

from __future__ import annotations

import ctypes
import datetime
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from decimal import Decimal
from functools import partial
from typing import Any

from .. import binding
from ..cmdlets.unset import UNSET
from . import edge, enums, tokens
from .failures import ConversionError
from .flatten import flatten
from .kept import without_open, without_unset
from .moments import LOCAL, DateTime, TimeSpan

Read = Callable[[Any, int], Any]

_TOO_DEEP = f"A value contains itself, or is nested deeper than {tokens.MAX_DEPTH}."
_YEAR_1 = datetime.datetime(1, 1, 1)


def read(value: Any, depth: int = 0) -> Any:
    """The Python value of a .NET value; lists and tables of Python's have theirs read inside them."""
    cls = value.__class__
    reader = _READERS.get(cls)
    if reader is None:
        reader = _READERS[cls] = _reader(value)
    return reader(value, depth)


def half_in(get: Callable[[], Any], depth: int = 0) -> Iterator[str]:
    """Where in the .NET value that `get` gives a text has half a surrogate pair, which Python cannot take."""
    bag = edge.power_shell_type("PSObject")
    try:
        value = get()
        if isinstance(value, bag) and not isinstance(
            value.BaseObject, edge.power_shell_type("PSCustomObject")
        ):
            value = value.BaseObject
    except UnicodeDecodeError:
        yield ""
        return
    inside: Iterable[tuple[str, Callable[[], Any]]] = ()
    if isinstance(value, edge.net("System.Collections.IDictionary")):
        inside = ((f".{key}", partial(value.__getitem__, key)) for key in value.Keys)
    elif isinstance(value, edge.net("System.Collections.IList")):
        items = edge.items_of(value)
        inside = ((f"[{place}]", partial(items.__getitem__, place)) for place in range(items.Length))
    elif isinstance(value, bag):
        inside = ((f".{one.Name}", partial(getattr, one, "Value")) for one in value.Properties)
    if depth < tokens.MAX_DEPTH:
        for step, deeper in inside:
            yield from (step + way for way in half_in(deeper, depth + 1))


def _same(value: Any, depth: int) -> Any:
    return value


def _deeper(depth: int) -> int:
    if depth >= tokens.MAX_DEPTH:
        raise ConversionError(_TOO_DEEP)
    return depth + 1


def _tree(value: Any, depth: int) -> Any:
    """A list, a table or a PSObject, with everything in it, each with the .NET type that it has there."""
    text, beside = flatten(value, depth)
    if text == tokens.TOO_DEEP:
        raise ConversionError(_TOO_DEEP)
    listed = text.split(tokens.END)
    listed.pop()
    found: list[Any] = []
    for token in reversed(listed):
        letter, rest = token[0], token[1:]
        simple = tokens.READ.get(letter)
        if simple is not None:
            found.append(simple(rest))
        elif letter == tokens.BESIDE:
            found.append(read(beside.pop(), int(rest)))
        else:
            start = len(found) - int(rest)
            held = found[start:]
            held.reverse()
            found[start:] = (_HOLDERS[letter](held),)
    return found[0]


def _filled(into: Any, held: list[Any]) -> Any:
    """The table `into`, filled: the first half of `held` is the keys, the second the values."""
    half = len(held) // 2
    try:
        into.update(zip(held[:half], held[half:], strict=True))
    except TypeError:
        raise ConversionError(
            "A table's key is a table or a list, which cannot be a key in Python."
        ) from None
    if len(into) != half:
        raise ConversionError("Two keys of a table are one key in Python, such as 1 as Int32 and as Int64.")
    return into


def _members(held: list[Any]) -> dict[str, Any]:
    half = len(held) // 2
    pairs = zip(held[:half], held[half:], strict=True)
    return {name: item for name, item in pairs if item is not UNSET}


def _bag(held: list[Any]) -> binding.PSCustomObject:
    members = _members(held)
    return binding.PSCustomObject(members if models_by.get() is None else without_unset(members))


# What is made of an object of a model, from the model's name and the members; a plain object by default.
models_by: ContextVar[Callable[[str, dict[str, Any]], Any] | None] = ContextVar("models_by", default=None)


def _model(held: list[Any]) -> Any:
    told = held.pop()
    told, more = told if isinstance(told, list) else (told, {})
    kind, _, given = told.removeprefix(tokens.KEPT).partition(" ")
    name, members = kind.removeprefix(tokens.MODEL_TYPES), _members(held)
    if told.startswith(tokens.KEPT):
        members = without_open(name, frozenset(given.split(" ")), members)
    members, make = {**members, **more}, models_by.get()
    return binding.PSCustomObject(members) if make is None else make(name, members)


_HOLDERS: dict[str, Callable[[list[Any]], Any]] = {
    tokens.LIST: lambda held: held,
    tokens.HASHTABLE: lambda held: _filled({}, held),
    tokens.ORDERED: lambda held: _filled(binding.OrderedDictionary(), held),
    tokens.BAG: _bag,
    tokens.MODEL: _model,
    tokens.UNSET_MARK: lambda held: UNSET,
}


def _enumerable(value: Any, depth: int) -> Any:
    return _tree(edge.items_of(value), depth)


def _array(value: Any, depth: int) -> Any:
    if value.Rank != 1:
        raise ConversionError(
            f"An array of {value.Rank} dimensions has no equal; make it an array of arrays."
        )
    space, _, name = str(value.GetType().GetElementType().FullName).rpartition(".")
    if space != "System" or name not in tokens.CODES:
        return _enumerable(value, depth)
    if name == "Byte":
        return bytes(value)
    wrap = tokens.WRAP.get(name)
    return list(value) if wrap is None else [wrap(item) for item in value]


def _expando(value: Any, depth: int) -> Any:
    table = edge.as_table(value)
    held = [*_enumerable(table.Keys, depth), *_enumerable(table.Values, depth)]
    return _filled(binding.OrderedDictionary(), held)


def _json(value: Any, depth: int) -> Any:
    if hasattr(value, "RootElement"):
        value = value.RootElement
    if hasattr(value, "ToJsonString"):
        text = value.ToJsonString()
    elif int(value.ValueKind) == 0:
        raise ConversionError("An undefined JsonElement has no value.")
    else:
        text = value.GetRawText()
    try:
        return json.loads(text, parse_float=_json_number, object_pairs_hook=_json_object)
    except RecursionError:
        raise ConversionError("A JSON value is nested too deeply.") from None


def _json_number(text: str) -> float | Decimal:
    """The float that JSON number is, or the Decimal where a float would change it."""
    number = float(text)
    exact = Decimal(text)
    return number if Decimal(repr(number)) == exact else exact


def _json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ConversionError("A JSON object has two members of one name.")
    return made


def _decimal(value: Any, depth: int) -> Decimal:
    low, middle, high, flags = (int(part) & 0xFFFFFFFF for part in edge.net("System.Decimal").GetBits(value))
    digits = tuple(map(int, str(low | middle << 32 | high << 64)))
    return Decimal((flags >> 31, digits, -(flags >> 16 & 0xFF)))


def _moment(ticks: int, zone: datetime.tzinfo | None) -> datetime.datetime:
    microseconds, tick = divmod(ticks, 10)
    made = (_YEAR_1 + datetime.timedelta(microseconds=microseconds)).replace(tzinfo=zone)
    return DateTime.of(made, tick) if tick else made


def _datetime(value: Any, depth: int) -> datetime.datetime:
    return _moment(int(value.Ticks), (None, datetime.timezone.utc, LOCAL)[int(value.Kind)])


def _datetimeoffset(value: Any, depth: int) -> datetime.datetime:
    offset = datetime.timedelta(microseconds=int(value.Offset.Ticks) // 10)
    # Named, so that it is not the zone UTC, which reads back as a DateTime.
    zone = datetime.timezone(offset) if offset else datetime.timezone(offset, "+00:00")
    return _moment(int(value.Ticks), zone)


def _timespan(value: Any, depth: int) -> datetime.timedelta:
    microseconds, tick = divmod(int(value.Ticks), 10)
    made = datetime.timedelta(microseconds=microseconds)
    return TimeSpan.of(made, tick) if tick else made


def _secure(value: Any, depth: int) -> binding.SecureString:
    marshal = edge.net("System.Runtime.InteropServices.Marshal")
    pointer = marshal.SecureStringToCoTaskMemUnicode(value)
    try:
        data = ctypes.string_at(int(pointer.ToInt64()), int(value.Length) * 2)
        return binding.SecureString(data.decode("utf-16-le", "surrogatepass"))
    finally:
        marshal.ZeroFreeCoTaskMemUnicode(pointer)


_REGEX_FLAGS = {1: re.IGNORECASE, 2: re.MULTILINE, 16: re.DOTALL, 32: re.VERBOSE}
_REGEX_SPEED = 8 | 512  # Compiled and CultureInvariant change nothing that Python would do


def _regex(value: Any, depth: int) -> re.Pattern[str]:
    options = int(value.Options)
    flags = 0
    for bit, flag in _REGEX_FLAGS.items():
        flags |= flag if options & bit else 0
    if options & ~(sum(_REGEX_FLAGS) | _REGEX_SPEED):
        raise ConversionError("A Regex has options that Python's patterns do not have.")
    try:
        return re.compile(str(value), flags)
    except re.error:
        raise ConversionError("A Regex is not a pattern that Python reads.") from None


def _own(value: Any, depth: int) -> Any:
    """An object of a class that a script made: its properties where it is sent, itself elsewhere."""
    if models_by.get() is None or not edge.has_power_shell():
        return value
    inner = _deeper(depth)
    every = edge.power_shell_type("PSObject").AsPSObject(value).Properties
    return binding.PSCustomObject({one.Name: read(one.Value, inner) for one in every})


def _python_list(value: Iterable[Any], depth: int) -> list[Any]:
    inner = _deeper(depth)
    return [read(item, inner) for item in value]


def _python_dict(value: dict[Any, Any], depth: int) -> dict[Any, Any]:
    inner = _deeper(depth)
    return type(value)((key, read(item, inner)) for key, item in value.items())


_READERS: dict[type, Read] = {
    **dict.fromkeys((type(None), bool, int, float, str, bytes), _same),
    list: _python_list,
    tuple: _python_list,
    dict: _python_dict,
    binding.OrderedDictionary: _python_dict,
}

_BY_NAME: dict[str, Read] = {
    **{f"System.{name}": _tree for name in tokens.CODES},
    "System.DBNull": lambda value, depth: None,
    "System.Management.Automation.Language.NullString": lambda value, depth: None,
    "System.Decimal": _decimal,
    "System.DateTime": _datetime,
    "System.DateTimeOffset": _datetimeoffset,
    "System.DateOnly": lambda value, depth: datetime.date(value.Year, value.Month, value.Day),
    "System.TimeSpan": _timespan,
    "System.Guid": lambda value, depth: uuid.UUID(value.ToString()),
    "System.Uri": lambda value, depth: binding.Uri(value.OriginalString),
    "System.Version": lambda value, depth: binding.Version(value.ToString()),
    "System.Half": lambda value, depth: float(value.ToString("R", edge.invariant())),
    "System.Int128": lambda value, depth: int(value.ToString()),
    "System.UInt128": lambda value, depth: int(value.ToString()),
    "System.Numerics.BigInteger": lambda value, depth: int.from_bytes(
        bytes(value.ToByteArray()), "little", signed=True
    ),
    "System.Security.SecureString": _secure,
    "System.Text.RegularExpressions.Regex": _regex,
    "System.Text.Json.JsonElement": _json,
    "System.Text.Json.JsonDocument": _json,
    "System.Dynamic.ExpandoObject": _expando,
    "System.Management.Automation.PSObject": _tree,
    "System.Management.Automation.PSCustomObject": lambda value, depth: binding.PSCustomObject(),
    "System.Management.Automation.SwitchParameter": lambda value, depth: binding.Switch(
        bool(value.IsPresent)
    ),
    "System.Management.Automation.ScriptBlock": lambda value, depth: binding.ScriptBlock(value.ToString()),
}


def _reader(value: Any) -> Read:
    """How values of this class are read; what is no value stays as it is."""
    if not edge.is_net(value):
        return _python_dict if isinstance(value, dict) else _same
    name = str(edge.runtime_type(type(value)).FullName or "")
    found = _tree if name == "System.Object[]" else _BY_NAME.get(name)
    if found is not None:
        return found
    if isinstance(value, edge.net("System.Enum")):
        return lambda value, depth: enums.from_dotnet(value)
    if name.startswith("System.Text.Json.Nodes."):
        return _json
    if isinstance(value, edge.net("System.Array")):
        return _array
    if isinstance(value, (edge.net("System.Collections.IDictionary"), edge.net("System.Collections.IList"))):
        return _tree
    if name.startswith("System.Xml."):  # a node is one object, as it is to PowerShell
        return _same
    if isinstance(value, edge.net("System.Collections.IEnumerable")):
        return _enumerable
    return _own if edge.runtime_type(type(value)).Assembly.IsDynamic else _same

"""A .NET type's members here, and how a call's arguments choose among a method's overloads.

Overloads are written as C# would: `"Substring(int startIndex, int length)": function`. The function gets the
object first (statics and constructors do not) and the arguments converted.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_list, is_script_block
from psbridge.binding.text import net_text
from psbridge.binding.values import Char, Literal
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.errors import (
    ErrorRecord,
    ExceptionObject,
    NetFault,
    ScriptError,
    short_exception_type,
)
from psbridge.script.semantics.types import resolve, type_of

Function = Callable[..., Any]


class Overload:
    """One signature and the function that does it."""

    __slots__ = ("function", "names", "rest", "text", "types")

    def __init__(self, text: str, function: Function) -> None:
        self.text = text
        self.function = function
        self.names: list[str] = []
        self.types: list[str] = []
        self.rest = False
        inside = text[text.index("(") + 1 : text.rindex(")")]
        for part in inside.split(", ") if inside else ():
            words = part.split()
            if words[0] == "params":
                self.rest = True
                words = words[1:]
            self.types.append(words[0])
            self.names.append(words[1] if len(words) > 1 else "value")


class NetClass:
    """The members of one type. `parent` is the full name of the type that has the rest."""

    def __init__(self, full_name: str, type_: NetType | None = None, parent: str | None = None) -> None:
        self.full_name = full_name
        self.type = type_ or NetType(full_name.rpartition(".")[2], full_name)
        self.parent = parent
        self.constructors: dict[str, Function] = {}
        self.constants: dict[str, Function] = {}
        self.properties: dict[str, tuple[str, Function]] = {}
        self.setters: dict[str, Function] = {}
        self._statics: dict[str, list[tuple[str, Function]]] = {}
        self._methods: dict[str, list[tuple[str, Function]]] = {}
        self._read: dict[tuple[int, str], list[Overload]] = {}
        self._constructors: list[Overload] | None = None

    def static(self, functions: Mapping[str, Function]) -> None:
        """Add static methods."""
        _add(self._statics, functions)

    def method(self, functions: Mapping[str, Function]) -> None:
        """Add methods."""
        _add(self._methods, functions)

    def property(self, readers: Mapping[str, Function]) -> None:
        """Add properties."""
        for name, reader in readers.items():
            self.properties[name.lower()] = (name, reader)

    def setter(self, writers: Mapping[str, Function]) -> None:
        """Add what setting a property does."""
        for name, writer in writers.items():
            self.setters[name.lower()] = writer

    def constant(self, values: Mapping[str, Any]) -> None:
        """Add static properties: a value, or a function that gives it."""
        for name, value in values.items():
            self.constants[name.lower()] = value if callable(value) else lambda value=value: value

    def new(self, functions: Mapping[str, Function]) -> None:
        """Add constructors: `"(int capacity)": function`."""
        self.constructors.update(functions)
        self._constructors = None

    def _overloads(self, table: dict[str, list[tuple[str, Function]]], name: str) -> list[Overload] | None:
        key = (id(table), name)
        known = self._read.get(key)
        if known is None:
            listed = table.get(name)
            if listed is None:
                return None
            known = self._read[key] = [Overload(text, function) for text, function in listed]
        return known

    def find_static(self, name: str) -> list[Overload] | None:
        """The overloads of a static method, by its name in lower case."""
        found = self._overloads(self._statics, name)
        return found if found is not None or self.parent is None else self._up("find_static", name)

    def find_method(self, name: str) -> list[Overload] | None:
        """The overloads of a method, by its name in lower case."""
        found = self._overloads(self._methods, name)
        return found if found is not None or self.parent is None else self._up("find_method", name)

    def find_property(self, name: str) -> tuple[str, Function] | None:
        """A property's proper name and reader, by its name in lower case."""
        found = self.properties.get(name)
        return found if found is not None or self.parent is None else self._up("find_property", name)

    def find_setter(self, name: str) -> Function | None:
        """What sets a property, by its name in lower case."""
        found = self.setters.get(name)
        return found if found is not None or self.parent is None else self._up("find_setter", name)

    def find_constant(self, name: str) -> Function | None:
        """What gives a static property, by its name in lower case."""
        found = self.constants.get(name)
        return found if found is not None or self.parent is None else self._up("find_constant", name)

    def find_constructors(self) -> list[Overload]:
        """The constructors."""
        if self._constructors is None:
            self._constructors = [Overload(text, function) for text, function in self.constructors.items()]
        return self._constructors

    def all_properties(self) -> dict[str, Function]:
        """Every property by its proper name."""
        known = dict(self.properties.values())
        if self.parent is not None:
            above = self._parent()
            if above is not None:
                known = {**above.all_properties(), **known}
        return known

    def method_names(self) -> list[str]:
        """The names of the methods, in their proper spelling."""
        return [listed[0][0].partition("(")[0] for listed in self._methods.values()]

    def _parent(self) -> NetClass | None:
        from . import net_class

        return net_class(self.parent or "")

    def _up(self, finder: str, name: str) -> Any:
        above = self._parent()
        return None if above is None else getattr(above, finder)(name)


def _add(table: dict[str, list[tuple[str, Function]]], functions: Mapping[str, Function]) -> None:
    for text, function in functions.items():
        table.setdefault(text.partition("(")[0].lower(), []).append((text, function))


_DELEGATES = frozenset(("delegate", "Func", "Action", "Predicate", "Comparison", "MatchEvaluator"))
_UNTYPED = frozenset(("any", "IFormatProvider"))
_MISFIT = 1000


def _type_named(name: str, holder: Any) -> NetType | None:
    """The type a signature names; `T`, `K` and `V` are the holder's own."""
    if name in _DELEGATES or name in _UNTYPED:
        return None
    if name in ("T", "K", "V", "T[]"):
        attribute = {"T": "element", "K": "key_type", "V": "value_type", "T[]": "element"}[name]
        own = getattr(holder, attribute, nettypes.OBJECT)
        return nettypes.array_of(own) if name == "T[]" else own
    found = resolve(name)
    if found is None:
        raise LookupError(name)
    return found


def cost(value: Any, name: str, type_: NetType | None) -> int:
    """How far a value is from a parameter's type; _MISFIT when it has no way there."""
    if isinstance(value, Literal):
        value = value.value
    if name in _DELEGATES:
        return 0 if is_script_block(value) else _MISFIT
    if type_ is None:
        return _MISFIT if name == "IFormatProvider" and isinstance(value, (str, int, float)) else 1
    if value is None:
        return 5 if type_.is_value and not type_.is_nullable else 1
    source = type_of(value)
    if source is type_ or (type_.is_nullable and source is type_.element):
        return 0
    if type_ is nettypes.OBJECT:
        return 12 if source.is_array else 8
    if type_.accepts(source):
        return 1
    if type_.is_array:
        if is_list(value):
            if type_.element is nettypes.OBJECT:
                return 2
            # An untyped array becomes a text before its elements are converted.
            return 14 if type(value) in (list, tuple) else 3
        return 15 if isinstance(value, str) and type_.element is nettypes.CHAR else 40
    if source in nettypes.NUMERIC and type_ in nettypes.NUMERIC:
        return _widening(source, type_)
    if type_ is nettypes.STRING:
        return 2 if isinstance(value, Char) else 13
    if is_list(value):
        return 16 if type_.rule is not None else _MISFIT
    if isinstance(value, str):
        if type_ is nettypes.CHAR:
            return 3 if len(value) == 1 else 18
        if type_.bounds is not None:
            return 11
        if type_ in nettypes.NUMERIC or type_ is nettypes.BOOLEAN:
            return 11
        return 12 if type_.enum is not None else 14
    if type_ is nettypes.BOOLEAN:
        return 13
    if is_script_block(value):
        return _MISFIT
    try:
        cast_value(value, type_)
    except InvalidCast:
        return _MISFIT
    return 10 if isinstance(value, enum.Enum) else 9


_WIDTHS = {
    nettypes.BYTE: 1,
    nettypes.SBYTE: 1,
    nettypes.INT16: 2,
    nettypes.UINT16: 2,
    nettypes.INT32: 3,
    nettypes.UINT32: 4,
    nettypes.INT64: 5,
    nettypes.UINT64: 6,
    nettypes.SINGLE: 7,
    nettypes.DOUBLE: 8,
    nettypes.DECIMAL: 9,
}


def _widening(source: NetType, target: NetType) -> int:
    step = _WIDTHS[target] - _WIDTHS[source]
    if source.bounds is not None and target is nettypes.DECIMAL:
        return 3
    if source.bounds is not None and target in (nettypes.SINGLE, nettypes.DOUBLE):
        return 4 if target is nettypes.DOUBLE else 5
    if target is nettypes.DECIMAL and source in (nettypes.DOUBLE, nettypes.SINGLE):
        return 9
    return 1 + max(step, 0) // 4 if step > 0 else 7


def _chosen(
    overloads: list[Overload], arguments: list[Any], holder: Any
) -> tuple[Overload, list[NetType | None], bool] | None:
    best: tuple[list[int], Overload, list[NetType | None], bool] | None = None
    count = len(arguments)
    for overload in overloads:
        fixed = len(overload.types)
        types = [_type_named(name, holder) for name in overload.types]
        shapes = []
        if fixed == count:
            shapes.append((types, overload.types, False))
        if overload.rest and count >= fixed - 1:
            last = overload.types[-1].removesuffix("[]")
            spread = _type_named(last, holder)
            extra = count - fixed + 1
            shapes.append(([*types[:-1], *[spread] * extra], [*overload.types[:-1], *[last] * extra], True))
        for shape, names, is_spread in shapes:
            costs = [
                cost(value, name, type_) for value, name, type_ in zip(arguments, names, shape, strict=True)
            ]
            costs.append(6 if is_spread else 0)
            if sum(costs) < _MISFIT and (best is None or _better(costs, best[0])):
                best = (costs, overload, shape, is_spread)
    return None if best is None else best[1:]


def _better(costs: list[int], than: list[int]) -> bool:
    """Whether an overload fits better: an argument weighs more the further left it stands."""
    if costs[-1] != than[-1] or len(costs) != len(than):
        return sum(costs) < sum(than)
    lead, weight = 0, len(costs)
    for one, other in zip(costs, than, strict=True):
        lead += weight * ((one > other) - (one < other))
        weight -= 1
    return lead < 0 or (lead == 0 and sum(costs) < sum(than))


def call(name: str, overloads: list[Overload], arguments: list[Any], holder: Any, *own: Any) -> Any:
    """Call the overload that fits best. `own` goes before the arguments: the object, for a method.

    Raises:
        ScriptError: none fits, an argument cannot be converted, or the function fails.
    """
    chosen = _chosen(overloads, arguments, holder)
    if chosen is None:
        raise no_overload(name, len(arguments))
    overload, types, is_spread = chosen
    converted: list[Any] = []
    for index, (value, type_) in enumerate(zip(arguments, types, strict=True)):
        if type_ is None:
            plain = value.value if isinstance(value, Literal) else value
            wanted = overload.types[min(index, len(overload.types) - 1)]
            converted.append(
                plain.delegate() if wanted in _DELEGATES and hasattr(plain, "delegate") else plain
            )
            continue
        try:
            converted.append(cast_value(value, type_))
        except InvalidCast as error:
            parameter = overload.names[min(index, len(overload.names) - 1)]
            raise argument_error(parameter, value, name, type_, str(error)) from None
    if is_spread:
        fixed = len(overload.types) - 1
        converted = [*converted[:fixed], converted[fixed:]]
    try:
        return overload.function(*own, *converted)
    except NetFault as fault:
        raise invocation_error(name, len(arguments), fault) from None
    except InvalidCast as error:
        refused = NetFault("InvalidCastException", str(error))
        raise invocation_error(name, len(arguments), refused) from None


def invocation_error(name: str, count: int, fault: NetFault) -> ScriptError:
    """A .NET method threw: PowerShell's MethodInvocationException around it."""
    inner = fault.exception()
    message = f'Exception calling "{name}" with "{count}" argument(s): "{fault}"'
    error = ScriptError(
        ErrorRecord(
            ExceptionObject("MethodInvocationException", message, inner), inner.net_type.name, "NotSpecified"
        )
    )
    error.statement_only = True
    return error


def no_overload(name: str, count: int) -> ScriptError:
    """No overload takes this many arguments, or these."""
    message = f'Cannot find an overload for "{name}" and the argument count: "{count}".'
    error = ScriptError(
        ErrorRecord(
            ExceptionObject("MethodException", message), "MethodCountCouldNotFindBest", "NotSpecified"
        )
    )
    error.statement_only = True
    return error


def argument_error(parameter: str, value: Any, name: str, type_: NetType, why: str) -> ScriptError:
    """An argument cannot become what the method takes."""
    shown = "null" if value is None else net_text(value)
    message = (
        f'Cannot convert argument "{parameter}", with value: "{shown}", for "{name}" to type '
        f'"{type_.full_name}": "{why}"'
    )
    error = ScriptError(
        ErrorRecord(
            ExceptionObject(short_exception_type("MethodException"), message),
            "MethodArgumentConversionInvalidCastArgument",
            "NotSpecified",
        )
    )
    error.statement_only = True
    return error

"""What generated code calls to put values out, to collect them, and to put them into strings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.semantics import members
from psbridge.script.semantics.comparison import members_of
from psbridge.script.semantics.indexing import index, is_single
from psbridge.script.semantics.values import (
    Bag,
    Hashtable,
    NetList,
    Ordered,
    TypedArray,
)
from psbridge.script.semantics.watching import watched

from . import scope
from .current import state

Out = Callable[[Any], Any]


NO_VALUE: Any = object()


_PLAIN = frozenset((str, int, float, bool, Hashtable, Ordered, Bag))
_SEQUENCES = frozenset((list, TypedArray, NetList, tuple, range))


def emit(out: Out, value: Any) -> None:
    """Put a value out: a collection's elements one by one."""
    cls = type(value)
    if cls in _PLAIN or value is None:
        out(value)
    elif cls in _SEQUENCES:
        for item in value if cls is not NetList else (watched(value, True) or value):
            out(item)
    else:
        for item in members.enumerate_value(value):
            out(item)


def emit_result(out: Out, value: Any) -> None:
    """Put out what a method gave; a method without a result gives nothing."""
    if value is not None:
        emit(out, value)


def emit_indexed(out: Out, target: Any, position: Any) -> None:
    """Put out `$target[position]`."""
    for item in indexed_items(target, position):
        out(item)


def indexed_items(target: Any, position: Any) -> list[Any]:
    """The objects that `$target[position]` puts out: none beyond a single object, a null beyond a list."""
    value = index(target, position)
    return [] if value is None and is_single(target) else items_of(value)


def emit_variable(S: scope.Scope, out: Out, name: str, value: Any) -> None:
    """Put out a variable's value, unless it holds the nothing that a pipeline left in it."""
    if value is None and _is_nothing(S, name):
        return
    emit(out, value)


def _is_nothing(S: scope.Scope, name: str) -> bool:
    found = S.find(name)
    return found is not None and name in found.nothing


def operand(S: scope.Scope, name: str, value: Any) -> Any:
    """A variable whose elements an operator goes through: nothing at all has none, a null is one."""
    return [] if value is None and _is_nothing(S, name) else value


def pipeline_operand(value: Any) -> Any:
    """What a pipeline gave, before such an operator."""
    return [] if value is None and state.nothing else value


def variable_items(S: scope.Scope, name: str, value: Any) -> Iterable[Any]:
    """A variable at the head of a pipeline."""
    if value is None and _is_nothing(S, name):
        return ()
    watching = watched(value, True)
    return members.enumerate_value(value) if watching is None else watching


def note_nothing(S: scope.Scope, name: str, variables: dict[str, Any]) -> None:
    """Remember that a variable was given no output at all, not a null."""
    if variables.get(name, 0) is None and state.nothing:
        S.nothing.add(name)
    elif S.nothing:
        S.nothing.discard(name)


def items_of(value: Any) -> list[Any]:
    """The objects that an expression puts out."""
    cls = type(value)
    if cls in _PLAIN or value is None:
        return [value]
    return list(members.enumerate_value(value))


def result_items(value: Any) -> list[Any]:
    """The objects that a method's result puts out."""
    return [] if value is None else items_of(value)


def as_array(value: Any) -> list[Any]:
    """`@(value)`."""
    if type(value) is list:
        return value
    if type(value) is TypedArray:
        return value
    return items_of(value)


def gather(function: Callable[[Out], Any]) -> list[Any]:
    """Everything a part of a script puts out."""
    items: list[Any] = []
    function(items.append)
    return items


def collect(function: Callable[[Out], Any]) -> Any:
    """The output of a part of a script as one value: nothing, an object, or an array."""
    items: list[Any] = []
    function(items.append)
    return unpacked(items)


def unpacked(items: list[Any]) -> Any:
    """The value of a pipeline that put out these objects."""
    count = len(items)
    if count == 1:
        state.nothing = False
        return items[0]
    state.nothing = count == 0
    return items if count else None


def unwrapped(value: Any) -> Any:
    """`$(value)`: an array of one is its element."""
    if is_list(value):
        items = list(value)
        return items[0] if len(items) == 1 else items or None
    return value


def sub_text(S: scope.Scope, items: list[Any]) -> str:
    """What `$(...)` is inside a string."""
    if not items:
        return ""
    if len(items) == 1:
        return joined_text(S, items[0])
    return joined_text(S, items)


def joined_text(S: scope.Scope, value: Any) -> str:
    """A value inside a string; `$OFS` joins the elements of a collection."""
    if type(value) is str:
        return value
    items = members_of(value)
    if items is not None:
        separator = S.vars["ofs"] if "ofs" in S.vars else scope.read(S, "ofs")
        return (" " if separator is None else to_text(separator)).join(element_text(item) for item in items)
    return to_text(value)


def element_text(value: Any) -> str:
    """An element of a collection inside a string."""
    return to_text([value]) if is_list(value) else to_text(value)

"""`[System.Collections.Generic.List[int]]::new(...)`: constructors of the generic types."""

from __future__ import annotations

from typing import Any

from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_dictionary
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.comparison import members_of
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Dictionary, DictionaryEntry, NetList, NetQueue, NetSet

from .culture import Comparer
from .tuples import tuple_of


def construct_generic(kind: str, types: tuple[NetType, ...], type_: NetType, arguments: list[Any]) -> Any:
    """A new object of a generic type.

    Raises:
        NetFault: the arguments do not suit it.
    """
    comparer = next((item for item in arguments if isinstance(item, Comparer)), None)
    rest = [item for item in arguments if item is not comparer]
    first = rest[0] if rest else None
    try:
        if kind == "KeyValuePair":
            return DictionaryEntry(cast_value(rest[0], types[0]), cast_value(rest[1], types[1]), type_)
        if kind == "Tuple":
            return tuple_of([cast_value(item, part) for item, part in zip(rest, types, strict=False)])
        if kind in ("Func", "Action", "Predicate", "Comparison"):
            return first
        if len(types) == 2:
            return _dictionary(kind, types, first, comparer)
        items = [cast_value(item, types[0]) for item in _items(first)]
    except InvalidCast as error:
        raise NetFault("ArgumentException", str(error)) from None
    if kind in ("HashSet", "SortedSet"):
        return NetSet(items, types[0], kind, bool(comparer and comparer.ignore_case))
    if kind in ("Queue", "Stack", "ConcurrentQueue"):
        return NetQueue(items, types[0], kind)
    return NetList(items, types[0], kind)


def _items(first: Any) -> list[Any]:
    if first is None or (type(first) is int and not isinstance(first, bool)):
        return []
    items = members_of(first)
    if items is None:
        if is_dictionary(first):
            return list(first.items())
        if isinstance(first, str):
            return [first]
        raise NetFault(
            "MethodException",
            f'Cannot convert the "{first}" value of type "{type_of(first).full_name}" to a collection.',
        )
    return items


def _dictionary(kind: str, types: tuple[NetType, ...], first: Any, comparer: Comparer | None) -> Dictionary:
    made = Dictionary(
        key_type=types[0],
        value_type=types[1],
        kind=kind,
        case_sensitive=not (comparer is not None and comparer.ignore_case),
    )
    if is_dictionary(first):
        for key, value in first.items():
            made[cast_value(key, types[0])] = cast_value(value, types[1])
    return made

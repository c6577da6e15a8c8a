"""Sets: HashSet and SortedSet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psbridge.script.semantics.values import NetSet, TypedArray

from . import describe
from .lists import Enumerator, copy_into, spread_items

_ABSENT = object()


def _update(members: NetSet, other: Any, keep: Callable[[bool], bool]) -> None:
    inside = {members.key(item) for item in spread_items(other)}
    for key in list(members):
        if not keep(key in inside):
            del members[key]


def _symmetric(members: NetSet, other: Any) -> None:
    for item in spread_items(other):
        if not members.add(item):
            del members[members.key(item)]


def _keys(members: NetSet, other: Any) -> set[Any]:
    return {members.key(item) for item in spread_items(other)}


SET = describe("System.Collections.Generic.HashSet`1", None)

SET.property({"Count": len, "Min": lambda members: min(members), "Max": lambda members: max(members)})

SET.method(
    {
        "Add(T item)": lambda members, value: members.add(value),
        "Contains(T item)": lambda members, value: members.key(value) in members,
        "Remove(T item)": lambda members, value: members.pop(members.key(value), _ABSENT) is not _ABSENT,
        "Clear()": lambda members: members.clear(),
        "UnionWith(any other)": lambda members, other: (
            [members.add(item) for item in spread_items(other)] and None
        ),
        "IntersectWith(any other)": lambda members, other: _update(members, other, lambda inside: inside),
        "ExceptWith(any other)": lambda members, other: _update(members, other, lambda inside: not inside),
        "SymmetricExceptWith(any other)": _symmetric,
        "IsSubsetOf(any other)": lambda members, other: set(members) <= _keys(members, other),
        "IsSupersetOf(any other)": lambda members, other: set(members) >= _keys(members, other),
        "Overlaps(any other)": lambda members, other: bool(set(members) & _keys(members, other)),
        "SetEquals(any other)": lambda members, other: set(members) == _keys(members, other),
        "CopyTo(any array)": lambda members, target: copy_into(members.members(), target, 0),
        "GetEnumerator()": Enumerator,
        "ToArray()": lambda members: TypedArray(members.members(), members.element),
    }
)

describe("System.Collections.Generic.SortedSet`1", None, "System.Collections.Generic.HashSet`1")

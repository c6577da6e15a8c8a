"""`$object[index]`: reading and setting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.values import Char, Literal, Version

from .casts import cast_value
from .errors import ScriptError, Strictness, runtime_error
from .keys import spelt
from .types import type_of
from .values import (
    Dictionary,
    Hashtable,
    NetList,
    NetSet,
    Ordered,
    TypedArray,
    Wrapped,
)


def is_single(target: Any) -> bool:
    """Whether this is an object without elements, beyond which an index puts out nothing at all."""
    if is_list(target) or is_dictionary(target):
        return False
    return bag_of(type(target)) is not None or isinstance(target, (int, float))


def index(target: Any, position: Any) -> Any:
    """`$target[position]`."""
    if type(position) is Literal:
        position = position.value
    if type(position) is int and type(target) in (list, TypedArray, NetList):
        if -len(target) <= position < len(target):
            return target[position]
        return _outside(target, position)
    if type(target) is Hashtable and type(position) is str:
        return target.get(position)
    return _index(target, position)


def _outside(target: Any, position: Any) -> Any:
    if Strictness.level >= 3:
        raise runtime_error(
            "Index was outside the bounds of the array.",
            "System.IndexOutOfRangeException",
            category="OperationStopped",
            kind="IndexOutOfRangeException",
        )
    return None


def _index(target: Any, position: Any) -> Any:
    if type(target) is Wrapped:
        target = target.value
    if target is None:
        raise runtime_error("Cannot index into a null array.", "NullArray")
    own = getattr(target, "__net_index__", None)
    if own is not None:
        return own(position)
    if isinstance(target, NetSet):
        raise _not_indexable(target)
    if is_dictionary(target):
        if is_list(position):
            return [_from_dictionary(target, key) for key in position]
        return _from_dictionary(target, position)
    if (is_list(target) and not isinstance(target, Version)) or isinstance(target, str):
        if is_list(position):
            return [index(target, place) for place in _places(target, position)]
        try:
            place = _place(position)
        except ScriptError as error:
            if error.error_id.startswith("InvalidCast"):
                # What is no number names no element.
                return None
            raise
        if place is None:
            return None
        if -len(target) <= place < len(target):
            return Char(target[place]) if isinstance(target, str) else target[place]
        return _outside(target, place)
    # A single object is its own first and last element.
    if is_list(position):
        return []
    return target if type(position) is int and position in (0, -1) else None


def _not_indexable(target: Any) -> ScriptError:
    shown = type_of(target).full_name
    return runtime_error(f'Unable to index into an object of type "{shown}".', "CannotIndex")


def _no_place() -> ScriptError:
    return runtime_error("Index operation failed; the array index evaluated to null.", "NullArrayIndex")


def _place(position: Any) -> int | None:
    if position is None:
        raise _no_place()
    from .casts import cast

    return int(cast(position, nettypes.INT32))


def _places(target: Any, positions: Iterable[Any]) -> list[Any]:
    size = len(target)
    return [place for place in positions if not isinstance(place, int) or -size <= place < size]


def _from_dictionary(target: Any, key: Any) -> Any:
    if key is None:
        raise _no_place()
    if isinstance(target, Ordered) and type(key) is int and key not in target:
        items = list(target.values())
        return items[key] if -len(items) <= key < len(items) else None
    if isinstance(target, Dictionary):
        key = cast_value(key, target.key_type)
    return target.get(spelt(target, key))


def set_index(target: Any, position: Any, value: Any) -> None:
    """`$target[position] = value`."""
    if type(position) is Literal:
        position = position.value
    if type(value) is Literal:
        value = value.value
    if type(target) is Wrapped:
        target = target.value
    if target is None:
        raise runtime_error("Cannot index into a null array.", "NullArray")
    own = getattr(target, "__net_set_index__", None)
    if own is not None:
        own(position, value)
        return
    if is_dictionary(target) and not isinstance(target, NetSet):
        _set_entry(target, position, value)
        return
    if isinstance(target, (list, bytearray)):
        _set_element(target, position, value)
        return
    if bag_of(type(target)) is not None or isinstance(target, (str, int, float)):
        raise runtime_error(
            f'Unable to index into an object of type "{type_of(target).full_name}".', "CannotIndex"
        )
    raise _not_indexable(target)


def _set_entry(target: Any, key: Any, value: Any) -> None:
    if key is None:
        raise _no_place()
    key = spelt(target, key)
    if isinstance(target, Dictionary):
        target[cast_value(key, target.key_type)] = cast_value(value, target.value_type)
    elif isinstance(target, Ordered) and type(key) is int and key not in target:
        names = list(target)
        if not -len(names) <= key < len(names):
            raise runtime_error(
                "Specified argument was out of the range of valid values. (Parameter 'index')",
                "ArgumentOutOfRangeException",
                kind="ArgumentOutOfRangeException",
            )
        target[names[key]] = value
    else:
        target[key] = value


def _set_element(target: Any, position: Any, value: Any) -> None:
    place = _place(position)
    assert place is not None
    size = len(target)
    if not -size <= place < size:
        if isinstance(target, NetList):
            raise runtime_error(
                "Index was out of range. Must be non-negative and less than the size of the collection. "
                "(Parameter 'index')",
                "System.ArgumentOutOfRangeException",
                category="OperationStopped",
                kind="ArgumentOutOfRangeException",
            )
        raise runtime_error(
            "Index was outside the bounds of the array.",
            "System.IndexOutOfRangeException",
            category="OperationStopped",
            kind="IndexOutOfRangeException",
        )
    element = getattr(target, "element", nettypes.OBJECT)
    if element is not nettypes.OBJECT:
        from .casts import cast

        value = cast(value, element)
    target[place] = value

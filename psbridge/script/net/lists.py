"""Arrays and lists, and enumerators over anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cmp_to_key
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.values import Int64
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.comparison import members_of, order, truth
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.grids import Grid
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import ARRAY_LIST, NetList, TypedArray

from . import describe
from .faults import out_of_range

_INDEX = "Index was out of range. Must be non-negative and less than the size of the collection."


def equal(one: Any, other: Any) -> bool:
    """Object.Equals: the same value of the same type."""
    if one is None or other is None:
        return one is other
    if is_list(one) or is_dictionary(one):
        return one is other
    return type_of(one) is type_of(other) and bool(one == other)


def _position(items: Any, value: Any, start: int = 0) -> int:
    return next((place for place in range(start, len(items)) if equal(items[place], value)), -1)


def _binary_search(items: Any, value: Any) -> int:
    """Where a value is in a sorted list; the complement of the place it belongs to when it is not there."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        compared = order(items[middle], value, True)
        if compared == 0:
            return middle
        low, high = (middle + 1, high) if compared < 0 else (low, middle)
    return ~low


def _last_position(items: Any, value: Any) -> int:
    return next((place for place in range(len(items) - 1, -1, -1) if equal(items[place], value)), -1)


class Enumerator:
    """IEnumerator over anything."""

    net_type = NetType("ArrayListEnumeratorSimple", "System.Collections.ArrayList+ArrayListEnumeratorSimple")

    def __init__(self, value: Any) -> None:
        self.source = value
        self.reset()

    def reset(self) -> None:
        lazy = getattr(self.source, "__net_iterate__", None)
        items = None if lazy is not None else members_of(self.source)
        self.iterator: Iterator[Any] = lazy() if lazy else iter([self.source] if items is None else items)
        self.current: Any = None

    def move(self) -> bool:
        try:
            self.current = next(self.iterator)
        except StopIteration:
            self.current = None
            return False
        return True

    def __net_iterate__(self) -> Iterator[Any]:
        return self.iterator


ENUMERATOR = describe("System.Collections.ArrayList+ArrayListEnumeratorSimple", Enumerator.net_type)

ENUMERATOR.property(
    {
        "Current": lambda one: one.current,
        "Entry": lambda one: one.current,
        "Key": lambda one: getattr(one.current, "key", None),
        "Value": lambda one: getattr(one.current, "value", None),
    }
)

ENUMERATOR.method(
    {
        "MoveNext()": lambda one: one.move(),
        "Reset()": lambda one: one.reset(),
        "Dispose()": lambda one: None,
    }
)


def _fixed_size(*_: Any) -> Any:
    raise NetFault("NotSupportedException", "Collection was of a fixed size.")


def copy_into(items: Any, target: Any, start: int) -> None:
    """`CopyTo`."""
    for offset, item in enumerate(items):
        target[start + offset] = item


def _copy(source: Any, start: int, target: Any, at: int, count: int) -> None:
    for name, items, first in (("source", source, start), ("destination", target, at)):
        if first + count > len(items):
            raise NetFault(
                "ArgumentException",
                f"{name.title()} array was not long enough. Check the {name} index, length, and the array's "
                f"lower bounds. (Parameter '{name}Array')",
            )
    copy_into(source[start : start + count], target, at)


def _by_first(one: Any, other: Any) -> int:
    return order(one[0], other[0], True)


def _sorted(items: list[Any], compare: Callable[[Any, Any], Any] | None = None) -> list[Any]:
    """Sorted by a delegate or a StringComparer, without one as PowerShell compares."""
    chosen = getattr(compare, "compare", compare) or (lambda one, other: order(one, other, True))
    return sorted(items, key=cmp_to_key(lambda one, other: int(chosen(one, other))))


def _element_at(items: Any, place: int) -> Any:
    if not 0 <= place < len(items):
        raise NetFault("IndexOutOfRangeException", "Index was outside the bounds of the array.")
    return items[place]


def _set_value(items: Any, value: Any, place: int) -> None:
    items[place] = value


def _new_instance(type_: NetType, *sizes: int) -> Any:
    empty = cast_value(None, type_) if type_.is_value and type_.enum is None else None
    return TypedArray([empty] * sizes[0], type_) if len(sizes) == 1 else Grid(sizes, type_, empty)


def _sizes(items: Any) -> tuple[int, ...]:
    return items.sizes if isinstance(items, Grid) else (len(items),)


def _size(items: Any, dimension: int) -> int:
    sizes = _sizes(items)
    if not 0 <= dimension < len(sizes):
        raise NetFault("IndexOutOfRangeException", "Index was outside the bounds of the array.")
    return sizes[dimension]


def _copied(items: Any) -> Any:
    if isinstance(items, Grid):
        return items.copied()
    return TypedArray(items, items.element) if isinstance(items, TypedArray) else list(items)


def _sort_in_place(items: Any, other: Any = None) -> None:
    if not is_list(other):
        items[:] = _sorted(list(items), other)
        return
    pairs = sorted(zip(items, other, strict=False), key=cmp_to_key(_by_first))
    items[:] = [pair[0] for pair in pairs]
    other[:] = [pair[1] for pair in pairs]


def _reverse(items: Any, start: int = 0, count: int | None = None) -> None:
    end = len(items) if count is None else start + count
    items[start:end] = items[start:end][::-1]


def _element(items: Any) -> NetType:
    return items.element if isinstance(items, TypedArray) else nettypes.OBJECT


def _empty_element(items: Any) -> Any:
    element = _element(items)
    return cast_value(None, element) if element.is_value and element.enum is None else None


def _clear(items: Any, start: int = 0, count: int | None = None) -> None:
    count = len(items) if count is None else count
    if start < 0 or count < 0 or start + count > len(items):
        raise NetFault("IndexOutOfRangeException", "Index was outside the bounds of the array.")
    copy_into([_empty_element(items)] * count, items, start)


def _resize(reference: Any, size: int) -> None:
    items = reference.read() or []
    if size < 0:
        raise out_of_range("newSize", "Non-negative number required.")
    changed = [*items[:size], *[_empty_element(items)] * (size - len(items))]
    reference.write(TypedArray(changed, _element(items)) if isinstance(items, TypedArray) else changed)


ARRAY = describe("System.Array", None)

ARRAY.property(
    {
        "Length": len,
        "Count": len,
        "LongLength": lambda items: Int64(len(items)),
        "Rank": lambda items: len(_sizes(items)),
        "IsFixedSize": lambda items: True,
        "IsReadOnly": lambda items: False,
        "IsSynchronized": lambda items: False,
        "SyncRoot": lambda items: items,
    }
)


ARRAY.method(
    {
        "Contains(object value)": lambda items, value: _position(items, value) >= 0,
        "IndexOf(object value)": _position,
        "IndexOf(object value, int startIndex)": _position,
        "LastIndexOf(object value)": _last_position,
        "GetLength(int dimension)": _size,
        "GetUpperBound(int dimension)": lambda items, dimension: _size(items, dimension) - 1,
        "GetLowerBound(int dimension)": lambda items, dimension: 0,
        "GetValue(int index)": _element_at,
        "GetValue(int index1, int index2)": lambda items, *places: items.__net_index__(places),
        "SetValue(object value, int index)": _set_value,
        "SetValue(object value, int index1, int index2)": lambda items, value, *places: (
            items.__net_set_index__(places, value)
        ),
        "Clone()": _copied,
        "CopyTo(any array, int index)": copy_into,
        "Add(object value)": _fixed_size,
        "Remove(object value)": _fixed_size,
        "RemoveAt(int index)": _fixed_size,
        "Insert(int index, object value)": _fixed_size,
        "GetEnumerator()": Enumerator,
        "Get(int index)": _element_at,
        "Set(int index, object value)": lambda items, place, value: _set_value(items, value, place),
    }
)

ARRAY.static(
    {
        "Reverse(any array)": _reverse,
        "Reverse(any array, int index, int length)": _reverse,
        "Sort(any array)": _sort_in_place,
        "Sort(any keys, any items)": _sort_in_place,
        "Sort(any array, int index, int length)": lambda items, start, count: items.__setitem__(
            slice(start, start + count), _sorted(list(items[start : start + count]))
        ),
        "IndexOf(any array, object value)": _position,
        "IndexOf(any array, object value, int startIndex)": _position,
        "LastIndexOf(any array, object value)": _last_position,
        "Copy(any sourceArray, any destinationArray, int length)": lambda source, target, count: _copy(
            source, 0, target, 0, count
        ),
        "Copy(any sourceArray, int sourceIndex, any destinationArray, int destinationIndex, int length)": (
            _copy
        ),
        "CreateInstance(type elementType, int length)": _new_instance,
        "CreateInstance(type elementType, int length1, int length2)": _new_instance,
        "Empty()": list,
        "Clear(any array)": _clear,
        "Clear(any array, int index, int length)": _clear,
        "Resize(ref array, int newSize)": _resize,
        "Fill(any array, object value)": lambda items, value: copy_into([value] * len(items), items, 0),
        "AsReadOnly(any array)": lambda items: NetList(items, _element(items), "ReadOnlyCollection"),
        "BinarySearch(any array, object value)": _binary_search,
        "ConvertAll(any array, delegate converter)": lambda items, converter: [converter(i) for i in items],
        "FindLast(any array, delegate match)": lambda items, test: next(
            (i for i in reversed(items) if truth(test(i))), None
        ),
        "Exists(any array, delegate match)": lambda items, test: any(truth(test(item)) for item in items),
        "Find(any array, delegate match)": lambda items, test: next(
            (i for i in items if truth(test(i))), None
        ),
        "FindAll(any array, delegate match)": lambda items, test: [i for i in items if truth(test(i))],
        "FindIndex(any array, delegate match)": lambda items, test: next(
            (place for place, item in enumerate(items) if truth(test(item))), -1
        ),
        "TrueForAll(any array, delegate match)": lambda items, test: all(truth(test(item)) for item in items),
        "ForEach(any array, delegate action)": lambda items, action: (
            [action(item) for item in items] and None
        ),
    }
)


def _add(items: NetList, value: Any) -> Any:
    items.append(value)
    return len(items) - 1 if items.kind == "ArrayList" else None


def _remove(items: NetList, value: Any) -> Any:
    place = _position(items, value)
    if place >= 0:
        del items[place]
    return None if items.kind == "ArrayList" else place >= 0


def _remove_at(items: NetList, place: int) -> None:
    if not 0 <= place < len(items):
        raise out_of_range("index", _INDEX)
    del items[place]


def _remove_range(items: NetList, place: int, count: int) -> None:
    _check_range(items, place, count)
    del items[place : place + count]


def _range(items: NetList, place: int, count: int) -> NetList:
    _check_range(items, place, count)
    return _like(items, items[place : place + count])


def _check_range(items: NetList, place: int, count: int) -> None:
    if place < 0 or count < 0 or place + count > len(items):
        raise NetFault(
            "ArgumentException",
            "Offset and length were out of bounds for the array or count is greater than the number of "
            "elements from index to the end of the source collection.",
        )


def _insert(items: NetList, place: int, value: Any) -> None:
    if not 0 <= place <= len(items):
        raise out_of_range("index", "Index must be within the bounds of the List.")
    items.insert(place, value)


def _remove_all(items: NetList, test: Callable[[Any], Any]) -> int:
    kept = [item for item in items if not truth(test(item))]
    count = len(items) - len(kept)
    items[:] = kept
    return count


def _like(items: NetList, new: Any) -> NetList:
    return NetList(new, items.element, items.kind)


def _sort_list(items: NetList, compare: Callable[[Any, Any], Any] | None = None) -> None:
    items[:] = _sorted(list(items), compare)


LIST = describe("System.Collections.Generic.List`1", None)

LIST.property({"Count": len, "Capacity": lambda items: max(4, len(items))})

LIST.setter({"Capacity": lambda items, size: None})

LIST.method(
    {
        "Add(T item)": _add,
        "AddRange(any collection)": lambda items, more: items.extend(
            cast_value(item, items.element) for item in spread_items(more)
        ),
        "Insert(int index, T item)": _insert,
        "InsertRange(int index, any collection)": lambda items, place, more: items.__setitem__(
            slice(place, place), [cast_value(item, items.element) for item in spread_items(more)]
        ),
        "Remove(T item)": _remove,
        "RemoveAt(int index)": _remove_at,
        "RemoveRange(int index, int count)": _remove_range,
        "RemoveAll(delegate match)": _remove_all,
        "Clear()": lambda items: items.clear(),
        "Contains(T item)": lambda items, value: _position(items, value) >= 0,
        "IndexOf(T item)": _position,
        "IndexOf(T item, int index)": _position,
        "LastIndexOf(T item)": _last_position,
        "ToArray()": lambda items: (
            list(items) if items.element is nettypes.OBJECT else TypedArray(items, items.element)
        ),
        "ToArray(type type)": lambda items, type_: cast_value(list(items), nettypes.array_of(type_)),
        "Sort()": _sort_list,
        "Sort(delegate comparison)": _sort_list,
        "Sort(System.StringComparer comparer)": _sort_list,
        "Reverse()": lambda items: items.reverse(),
        "Reverse(int index, int count)": _reverse,
        "GetRange(int index, int count)": _range,
        "Exists(delegate match)": lambda items, test: any(truth(test(item)) for item in items),
        "Find(delegate match)": lambda items, test: next((i for i in items if truth(test(i))), None),
        "FindAll(delegate match)": lambda items, test: _like(items, [i for i in items if truth(test(i))]),
        "FindIndex(delegate match)": lambda items, test: next(
            (place for place, item in enumerate(items) if truth(test(item))), -1
        ),
        "FindLast(delegate match)": lambda items, test: next(
            (i for i in reversed(items) if truth(test(i))), None
        ),
        "TrueForAll(delegate match)": lambda items, test: all(truth(test(item)) for item in items),
        "ForEach(delegate action)": lambda items, action: [action(item) for item in list(items)] and None,
        "ConvertAll(delegate converter)": lambda items, converter: NetList(
            [converter(item) for item in items]
        ),
        "BinarySearch(T item)": _binary_search,
        "GetEnumerator()": Enumerator,
        "CopyTo(any array)": lambda items, target: copy_into(items, target, 0),
        "CopyTo(any array, int index)": copy_into,
        "AsReadOnly()": lambda items: NetList(items, items.element, "ReadOnlyCollection"),
        "Item(int index)": lambda items, place: items[place],
        "get_Item(int index)": lambda items, place: items[place],
        "TrimExcess()": lambda items: None,
        "Clone()": lambda items: _like(items, items),
        "Slice(int start, int length)": _range,
    }
)


def spread_items(value: Any) -> list[Any]:
    """The elements of what a method takes as a collection."""
    if value is None:
        raise NetFault("ArgumentNullException", "Value cannot be null. (Parameter 'collection')")
    items = members_of(value)
    return [value] if items is None else items


for _name in (
    *("System.Collections.ObjectModel.Collection`1", "System.Collections.Concurrent.ConcurrentBag`1"),
    "System.Collections.ObjectModel.ReadOnlyCollection`1",
):
    describe(_name, None, "System.Collections.Generic.List`1")

ARRAY_LIST_CLASS = describe("System.Collections.ArrayList", ARRAY_LIST, "System.Collections.Generic.List`1")

ARRAY_LIST_CLASS.new(
    {
        "()": lambda: NetList(kind="ArrayList"),
        "(int capacity)": lambda capacity: NetList(kind="ArrayList"),
        "(object[] c)": lambda items: NetList(items, kind="ArrayList"),
    }
)

ARRAY_LIST_CLASS.property({"IsFixedSize": lambda items: False, "IsReadOnly": lambda items: False})

"""The sort of .NET's lists, which leaves what is equal in an order of its own.

As `List<T>.Sort` is documented: an introspective sort, which takes insertion sort for 16 items or fewer, heap
sort where partitions go too deep, and quicksort otherwise. It is not stable, and the order of equal items is
the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Compare = Callable[[T, T], int]
_FEW = 16


def introsort(items: list[T], compare: Compare[T]) -> None:
    """Sort a list in place.

    Args:
        items: the list.
        compare: below, at or above 0 for what comes before, beside or after.

    >>> pairs = [("a", 1), ("b", 1), ("c", 0)]
    >>> introsort(pairs, lambda one, other: one[1] - other[1])
    >>> [name for name, _ in pairs]
    ['c', 'b', 'a']
    """
    if len(items) > 1:
        _sort(items, 0, len(items), 2 * len(items).bit_length(), compare)


def _sort(items: list[T], low: int, high: int, depth: int, compare: Compare[T]) -> None:
    while high - low > 1:
        if high - low == 3:
            _order(items, low, low + 1, compare)
            _order(items, low, low + 2, compare)
            _order(items, low + 1, low + 2, compare)
            return
        if high - low <= _FEW:
            _insertion_sort(items, low, high, compare)
            return
        if depth == 0:
            _heap_sort(items, low, high, compare)
            return
        depth -= 1
        place = _partition(items, low, high, compare)
        _sort(items, place + 1, high, depth, compare)
        high = place


def _order(items: list[T], one: int, other: int, compare: Compare[T]) -> None:
    if compare(items[one], items[other]) > 0:
        items[one], items[other] = items[other], items[one]


def _partition(items: list[T], low: int, high: int, compare: Compare[T]) -> int:
    """Part a piece around the median of its first, middle and last item; gives where that item is then."""
    last = high - 1
    middle = low + ((last - low) >> 1)
    _order(items, low, middle, compare)
    _order(items, low, last, compare)
    _order(items, middle, last, compare)
    pivot = items[middle]
    items[middle], items[last - 1] = items[last - 1], items[middle]
    left, right = low, last - 1
    while left < right:
        left += 1
        while compare(items[left], pivot) < 0:
            left += 1
        right -= 1
        while compare(pivot, items[right]) < 0:
            right -= 1
        if left >= right:
            break
        items[left], items[right] = items[right], items[left]
    items[left], items[last - 1] = items[last - 1], items[left]
    return left


def _insertion_sort(items: list[T], low: int, high: int, compare: Compare[T]) -> None:
    for place in range(low + 1, high):
        item = items[place]
        before = place - 1
        while before >= low and compare(item, items[before]) < 0:
            items[before + 1] = items[before]
            before -= 1
        items[before + 1] = item


def _heap_sort(items: list[T], low: int, high: int, compare: Compare[T]) -> None:
    size = high - low
    for place in range(size >> 1, 0, -1):
        _sink(items, low, place, size, compare)
    for end in range(size, 1, -1):
        items[low], items[low + end - 1] = items[low + end - 1], items[low]
        _sink(items, low, 1, end - 1, compare)


def _sink(items: list[T], low: int, place: int, size: int, compare: Compare[T]) -> None:
    item = items[low + place - 1]
    while place <= size >> 1:
        child = 2 * place
        if child < size and compare(items[low + child - 1], items[low + child]) < 0:
            child += 1
        if compare(item, items[low + child - 1]) >= 0:
            break
        items[low + place - 1] = items[low + child - 1]
        place = child
    items[low + place - 1] = item


__all__ = ["introsort"]

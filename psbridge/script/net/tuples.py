"""Tuples, and what LINQ gives."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.text import to_text
from psbridge.script.semantics.comparison import truth
from psbridge.script.semantics.values import Made, NetList, NetSet, TypedArray

from . import describe
from .lists import spread_items as _spread


def tuple_of(items: list[Any], kind: str = "Tuple") -> Made:
    """A tuple with these items."""
    shown = ", ".join(to_text(item) for item in items)
    named = {f"Item{number}": item for number, item in enumerate(items, 1)}
    return Made(named, f"System.{kind}`{len(items)}", f"({shown})")


def value_tuple_of(items: list[Any]) -> Made:
    """A ValueTuple with these items."""
    return tuple_of(items, "ValueTuple")


TUPLE = describe("System.Tuple")


TUPLE.static({"Create(params object[] items)": tuple_of})


VALUE_TUPLE = describe("System.ValueTuple")


VALUE_TUPLE.static({"Create(params object[] items)": value_tuple_of})


LINQ = describe("System.Linq.Enumerable")


LINQ.static(
    {
        "Range(int start, int count)": lambda start, count: TypedArray(
            range(start, start + count), nettypes.INT32
        ),
        "Repeat(object element, int count)": lambda element, count: [element] * count,
        "Sum(any source)": lambda items: sum(_spread(items)),
        "Max(any source)": lambda items: max(_spread(items)),
        "Min(any source)": lambda items: min(_spread(items)),
        "Average(any source)": lambda items: sum(_spread(items)) / len(_spread(items)),
        "Count(any source)": lambda items: len(_spread(items)),
        "First(any source)": lambda items: _spread(items)[0],
        "Last(any source)": lambda items: _spread(items)[-1],
        "Any(any source)": lambda items: bool(_spread(items)),
        "Any(any source, delegate predicate)": lambda items, test: any(
            truth(test(i)) for i in _spread(items)
        ),
        "All(any source, delegate predicate)": lambda items, test: all(
            truth(test(i)) for i in _spread(items)
        ),
        "Where(any source, delegate predicate)": lambda items, test: [
            i for i in _spread(items) if truth(test(i))
        ],
        "Select(any source, delegate selector)": lambda items, selector: [
            selector(i) for i in _spread(items)
        ],
        "Distinct(any source)": lambda items: NetSet(_spread(items)).members(),
        "Reverse(any source)": lambda items: _spread(items)[::-1],
        "Skip(any source, int count)": lambda items, count: _spread(items)[count:],
        "Take(any source, int count)": lambda items, count: _spread(items)[:count],
        "ToArray(any source)": _spread,
        "ToList(any source)": lambda items: NetList(_spread(items)),
        "Union(any first, any second)": lambda one, other: NetSet([*_spread(one), *_spread(other)]).members(),
        "Intersect(any first, any second)": lambda one, other: [
            i for i in NetSet(_spread(one)).members() if i in _spread(other)
        ],
        "Except(any first, any second)": lambda one, other: [
            i for i in NetSet(_spread(one)).members() if i not in _spread(other)
        ],
        "Concat(any first, any second)": lambda one, other: [*_spread(one), *_spread(other)],
        "SequenceEqual(any first, any second)": lambda one, other: _spread(one) == _spread(other),
        "OrderBy(any source, delegate keySelector)": lambda items, key: sorted(_spread(items), key=key),
    }
)

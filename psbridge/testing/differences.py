"""What differs between what was expected and what came, in one line that names the place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def lacks(expected: Any, actual: Any, place: str = "") -> str | None:
    """The first thing that `expected` has and `actual` does not, or None; members beyond are no matter."""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return _said(place, expected, actual)
        for name, value in expected.items():
            inner = f"{place}.{name}" if place else str(name)
            if name not in actual:
                return f"{inner} is not there (expected {_shown(value)})"
            difference = lacks(value, actual[name], inner)
            if difference is not None:
                return difference
        return None
    if isinstance(expected, (list, tuple)):
        if not isinstance(actual, (list, tuple)):
            return _said(place, expected, actual)
        for number, value in enumerate(expected):
            if number >= len(actual):
                return f"{place}[{number}] is not there (expected {_shown(value)})"
            difference = lacks(value, actual[number], f"{place}[{number}]")
            if difference is not None:
                return difference
        if len(actual) > len(expected):
            return f"{place}[{len(expected)}] is {_shown(actual[len(expected)])}, where nothing was expected"
        return None
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return None if same else _said(place, expected, actual)


def differs(expected: Any, actual: Any) -> str | None:
    """The first difference between two JSON values, or None."""
    return lacks(expected, actual) or _surplus(expected, actual, "")


def distance(expected: Any, actual: Any) -> int:
    """About how many places of two JSON values differ: what makes one request nearer than another."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        names = [*expected, *(name for name in actual if name not in expected)]
        absent = object()
        return sum(distance(expected.get(name, absent), actual.get(name, absent)) for name in names)
    if isinstance(expected, list) and isinstance(actual, list):
        paired = sum(distance(one, other) for one, other in zip(expected, actual, strict=False))
        return paired + 2 * abs(len(expected) - len(actual))
    return 0 if expected == actual else 1


def _surplus(expected: Any, actual: Any, place: str) -> str | None:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in actual.items():
            inner = f"{place}.{name}" if place else str(name)
            if name not in expected:
                return f"{inner} is {_shown(value)}, where nothing was expected"
            difference = _surplus(expected[name], value, inner)
            if difference is not None:
                return difference
    if isinstance(expected, list) and isinstance(actual, list):
        for number, (one, other) in enumerate(zip(expected, actual, strict=False)):
            difference = _surplus(one, other, f"{place}[{number}]")
            if difference is not None:
                return difference
    return None


def _said(place: str, expected: Any, actual: Any) -> str:
    return f"{place or 'it'} is {_shown(actual)} (expected {_shown(expected)})"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"

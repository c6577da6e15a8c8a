"""Going through a collection that .NET refuses to go on with once it was changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .errors import ScriptError, runtime_error
from .values import NetList

_CHANGED = "Collection was modified; enumeration operation may not execute."


def changed(in_pipeline: bool) -> ScriptError:
    """What the next step gives after a change: a foreach and a pipeline name it differently."""
    if in_pipeline:
        return runtime_error(
            f"An error occurred while enumerating through a collection: {_CHANGED}.", "BadEnumeration"
        )
    return runtime_error(
        _CHANGED,
        "System.InvalidOperationException",
        category="OperationStopped",
        kind="InvalidOperationException",
    )


def watched_list(items: NetList, in_pipeline: bool = False) -> Iterator[Any]:
    """A list's elements.

    Raises:
        ScriptError: it was changed meanwhile.
    """
    before = list(items)
    for place, item in enumerate(before):
        yield item
        if len(items) != len(before) or items[place] is not item:
            raise changed(in_pipeline)


def watched_table(shown: Iterable[Any], table: Any, in_pipeline: bool = False) -> Iterator[Any]:
    """The keys, values or entries of a dictionary.

    Raises:
        ScriptError: it was changed meanwhile; a generic Dictionary allows a new value for a key.
    """
    before = list(table.items())
    may_replace = hasattr(table, "key_type")
    for (key, value), item in zip(before, list(shown), strict=False):
        yield item
        now = table.get(key, shown)
        if len(table) != len(before) or (now is not value and not (may_replace and now is not shown)):
            raise changed(in_pipeline)


def watched(value: Any, in_pipeline: bool = False) -> Iterator[Any] | None:
    """The elements of a collection that has to be watched; None for any other value."""
    if type(value) is NetList:
        return watched_list(value, in_pipeline) if value.kind in ("List", "ArrayList") else None
    table = getattr(value, "watched_table", None)
    return None if table is None else watched_table(value.shown(), table, in_pipeline)

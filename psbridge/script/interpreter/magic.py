"""`.ForEach()` and `.Where()`, which every collection has."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock
from psbridge.script.semantics import calling, members
from psbridge.script.semantics.casts import cast
from psbridge.script.semantics.comparison import members_of, truth
from psbridge.script.semantics.values import NetList

from .output import emit
from .scope import Scope


def _items(target: Any) -> list[Any]:
    if target is None:
        return []
    items = members_of(target)
    if items is None and hasattr(target, "__net_iterate__"):
        return list(members.enumerate_value(target))
    return [target] if items is None else items


def _collection(items: list[Any]) -> NetList:
    return NetList(items, nettypes.PSOBJECT, "Collection")


def each(S: Scope, target: Any, arguments: list[Any]) -> Any:
    """`$items.ForEach(...)`: a script block, a type, a property or a method for every element."""
    what: Any = arguments[0] if arguments else None
    results: list[Any] = []
    for item in _items(target):
        if isinstance(what, ScriptBlock):
            block: Any = what
            local = bool(arguments[1:]) or block.code.param is not None
            block.run_with(item, arguments[1:], results.append, local=local)
        elif isinstance(what, NetType):
            results.append(cast(item, what))
        else:
            _by_name(item, to_text(what), arguments[1:], results)
    return _collection(results)


def _by_name(item: Any, name: str, arguments: list[Any], results: list[Any]) -> None:
    found, value = members.lookup(item, name)
    if found and not arguments:
        emit(results.append, value)
    elif found:
        members.set_member(item, name, arguments[0])
    else:
        emit(results.append, calling.invoke(item, name, arguments))


def where(S: Scope, target: Any, arguments: list[Any]) -> Any:
    """`$items.Where({...}, mode, count)`."""
    test = arguments[0]
    mode = to_text(arguments[1]).lower() if len(arguments) > 1 else "default"
    count = int(cast(arguments[2], nettypes.INT32)) if len(arguments) > 2 else 0
    items = _items(target)

    def passes(item: Any) -> bool:
        values: list[Any] = []
        test.run_with(item, [], values.append, local=False)
        return truth(values[0] if len(values) == 1 else values)

    if mode in ("default", "first"):
        wanted = count or (1 if mode == "first" else 0)
        chosen: list[Any] = []
        for item in items:
            if passes(item):
                chosen.append(item)
                if wanted and len(chosen) >= wanted:
                    break
        return _collection(chosen)
    if mode == "last":
        chosen = [item for item in items if passes(item)]
        return _collection(chosen[-(count or 1) :])
    if mode == "split":
        yes: list[Any] = []
        no: list[Any] = []
        for item in items:
            (yes if (not count or len(yes) < count) and passes(item) else no).append(item)
        return _collection([_collection(yes), _collection(no)])
    place = next((place for place, item in enumerate(items) if passes(item)), len(items))
    part = items[:place] if mode == "until" else items[place:]
    return _collection(part[:count] if count else part)

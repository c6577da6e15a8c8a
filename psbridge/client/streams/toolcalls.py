"""Which tool call a streamed piece belongs to, however a server numbers its pieces, or does not.

OpenAI numbers them by `index`. Other servers leave the index out, send null or a text, number every call 0,
or repeat id and name with each piece. Knows nothing of the members of a call beyond id and name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def number_of(value: object) -> int | None:
    """An index as servers write it: 0, 0.0 and "0" are numbers; null, and what is left out, is none.

    Raises ValueError for anything else.
    """
    if value is None or value == "":
        return None
    if value.__class__ is int:
        return value
    if isinstance(value, float) and value == value // 1:
        return int(value)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        return int(value)
    raise ValueError("an 'index' is not a whole number")


class _Call:
    __slots__ = ("id", "name", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.id: str | None = None
        self.name: str | None = None


class ToolCalls:
    """The tool calls of one choice: says for each piece, in order, which number its call has.

    The same id, or no id, continues a call; a new id with a name begins another. Numbers are the server's own
    where it numbers its calls, and else count on.
    """

    def __init__(self) -> None:
        self._last: _Call | None = None
        self._by_id: dict[str, _Call] = {}
        self._by_index: dict[int, _Call] = {}
        self._taken: set[int] = set()
        self._next = 0

    def number(self, piece: Mapping[str, Any]) -> int:
        """The number of the call that `piece` belongs to.

        Raises ValueError where its index cannot be read.
        """
        index = number_of(piece.get("index"))
        own_id = _text(piece.get("id"))
        name = next((text for kind in ("function", "custom") if (text := _name(piece.get(kind)))), None)
        call = self._belongs_to(index, own_id, name)
        if call is None:
            call = self._begin(index)
        if index is not None:
            self._by_index[index] = call
        if own_id is not None:
            call.id = call.id or own_id
            self._by_id.setdefault(own_id, call)
        call.name = call.name or name
        self._last = call
        return call.number

    def _belongs_to(self, index: int | None, own_id: str | None, name: str | None) -> _Call | None:
        if self._last is None or own_id in self._by_id:
            return self._by_id.get(own_id or "")
        numbered = None if index is None else self._by_index.get(index)
        call = numbered or self._last
        if own_id is not None and call.id is not None:  # another id
            begins = name is not None or (index is not None and numbered is None)
        elif index is not None and numbered is None:  # a number that is new
            begins = own_id is not None or name is not None
        else:
            begins = name is not None and call.name is not None and name != call.name
        return None if begins else call

    def _begin(self, index: int | None) -> _Call:
        if index is None or index in self._taken:
            index = self._next
        self._taken.add(index)
        self._next = max(self._next, index + 1)
        return _Call(index)


def _name(part: object) -> str | None:
    return _text(part.get("name")) if isinstance(part, Mapping) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

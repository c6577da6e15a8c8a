"""Arrays of several dimensions: `[int[,]]`."""

from __future__ import annotations

from math import prod
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_list

from .errors import runtime_error
from .values import TypedArray

_TYPES: dict[tuple[int, int], NetType] = {}


def grid_type(element: NetType, rank: int) -> NetType:
    """The type of an array of `element` with so many dimensions, the same object each time."""
    key = (id(element), rank)
    known = _TYPES.get(key)
    if known is None:
        brackets = f"[{',' * (rank - 1)}]"
        known = NetType(f"{element.name}{brackets}", f"{element.full_name}{brackets}", element=element)
        known.is_array = True
        _TYPES[key] = known
    return known


def rank_of(type_: NetType) -> int:
    """How many dimensions an array type has."""
    return type_.name.rpartition("[")[2].count(",") + 1


class Grid(TypedArray):
    """An array of several dimensions; going through it goes through its last dimension first."""

    __slots__ = ("sizes",)

    def __init__(self, sizes: tuple[int, ...], element: NetType, empty: Any) -> None:
        super().__init__([empty] * prod(sizes), element)
        self.sizes = sizes

    @property
    def net_type(self) -> NetType:
        """Its .NET type."""
        return grid_type(self.element, len(self.sizes))

    def place(self, positions: Any) -> int | None:
        """Where an element is in the flat list; None outside of the array."""
        from .casts import cast_value

        given = list(positions) if is_list(positions) else [positions]
        if len(given) != len(self.sizes):
            shown = ",".join(str(one) for one in given)
            raise runtime_error(
                f"You cannot index into a {len(self.sizes)} dimensional array with index [{shown}].",
                "NeedMultidimensionalIndex",
            )
        flat = 0
        for size, one in zip(self.sizes, given, strict=True):
            number = cast_value(one, nettypes.INT32)
            if not -size <= number < size:
                return None
            flat = flat * size + number % size
        return flat

    def __net_index__(self, positions: Any) -> Any:
        if is_list(positions) and any(is_list(one) for one in positions):
            return [self.__net_index__(one) for one in positions]
        place = self.place(positions)
        return None if place is None else self[place]

    def __net_set_index__(self, positions: Any, value: Any) -> None:
        from .casts import cast_value

        place = self.place(positions)
        if place is None:
            raise runtime_error(
                "Index was outside the bounds of the array.",
                "System.IndexOutOfRangeException",
                category="OperationStopped",
                kind="IndexOutOfRangeException",
            )
        self[place] = value if self.element is nettypes.OBJECT else cast_value(value, self.element)

    def copied(self) -> Grid:
        """Another one with the same elements."""
        made = Grid(self.sizes, self.element, None)
        made[:] = self
        return made

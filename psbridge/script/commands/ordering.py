"""Sort-Object, Group-Object, Compare-Object and Get-Unique."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.objects import bag_of, is_list
from psbridge.binding.text import to_text
from psbridge.script.semantics import comparison, members
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.introsort import introsort
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, Hashtable, Made, NetList

from .calculated import calculated, value_of
from .cmdlet import Cmdlet

_Keyed = tuple[Any, list[Any]]
"""An object, and the values it is compared by."""


class SortObject(Cmdlet):
    """Sort-Object."""

    def start(self) -> None:
        self.items: list[Any] = []
        self.columns = [calculated(one, self) for one in self.get("Property") or []]

    def record(self) -> None:
        if self.has_input or self.has("InputObject"):
            value = self.get("InputObject")
            if self.has_input:
                self.items.append(value)
            else:
                self.items += list(members.enumerate_value(value))

    def finish(self) -> None:
        case = self.on("CaseSensitive")
        items = [item for item in self.items if item is not None] if not self.columns else self.items
        keyed = [
            ([value_of(item, column, self) for column in self.columns] if self.columns else [item], item)
            for item in items
        ]
        descending = [
            self.on("Descending") if column.descending is None else column.descending
            for column in self.columns
        ] or [self.on("Descending")]

        def by(one: tuple[list[Any], Any], other: tuple[list[Any], Any]) -> int:
            for left, right, down in zip(one[0], other[0], descending, strict=True):
                result = compare_loosely(left, right, case)
                if result:
                    return -result if down else result
            return 0

        if self.on("Stable") or self.has("Top") or self.has("Bottom"):
            ordered = sorted(keyed, key=cmp_to_key(by))
        else:
            ordered = keyed
            introsort(ordered, by)
        if self.on("Unique"):
            unique: list[tuple[list[Any], Any]] = []
            for entry in ordered:
                if not unique or by(unique[-1], entry):
                    unique.append(entry)
            ordered = unique
        values = [item for _, item in ordered]
        if self.has("Top"):
            values = values[: self.get("Top")]
        elif self.has("Bottom"):
            values = values[-self.get("Bottom") :] if self.get("Bottom") else []
        self.write_all(values)


def compare_loosely(left: Any, right: Any, case: bool = False) -> int:
    """As Sort-Object compares: what cannot be compared is compared as text."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    try:
        if isinstance(left, str) and not isinstance(right, str):
            return comparison.order(to_text(left), to_text(right), case)
        return comparison.order(left, right, case)
    except ScriptError:
        return comparison.order(to_text(left), to_text(right), case)


class GroupObject(Cmdlet):
    """Group-Object."""

    def start(self) -> None:
        self.columns = [calculated(one, self) for one in self.get("Property") or []]
        self.groups: list[tuple[list[Any], list[Any]]] = []
        self.found: dict[Any, list[Any]] = {}
        self.any_value = False

    def record(self) -> None:
        if not self.has_input and not self.has("InputObject"):
            return
        value = self.get("InputObject")
        for item in [value] if self.has_input else members.enumerate_value(value):
            if item is not None:
                self._place(item)

    def _place(self, item: Any) -> None:
        values = [value_of(item, column, self) for column in self.columns] if self.columns else [item]
        key = tuple(_group_key(value, self.on("CaseSensitive")) for value in values)
        known = self.found.get(key)
        if known is None:
            known = self.found[key] = []
            self.groups.append((values, known))
        known.append(item)

    def finish(self) -> None:
        def by(one: Any, other: Any) -> int:
            for left, right in zip(one[0], other[0], strict=True):
                result = compare_loosely(left, right, self.on("CaseSensitive"))
                if result:
                    return result
            return 0

        groups = sorted(self.groups, key=cmp_to_key(by))
        if self.on("AsHashTable"):
            table = Hashtable(case_sensitive=self.on("CaseSensitive"))
            for values, items in groups:
                key = values[0] if len(values) == 1 else values
                table[to_text(key) if self.on("AsString") else key] = NetList(
                    items, nettypes.PSOBJECT, "Collection"
                )
            if groups:
                self.write(table)
            return
        for values, items in groups:
            kind = "GroupInfoNoElement" if self.on("NoElement") else "GroupInfo"
            made = Made({}, f"Microsoft.PowerShell.Commands.{kind}")
            made["Values"] = NetList(values, kind="ArrayList")
            made["Count"] = len(items)
            made["Group"] = NetList([] if self.on("NoElement") else items, nettypes.PSOBJECT, "Collection")
            made["Name"] = ", ".join(to_text(value) for value in values)
            self.write(made)


def _group_key(value: Any, case: bool) -> Any:
    if isinstance(value, str):
        return str(value) if case else str(value).lower()
    if isinstance(value, bool):
        return ("b", value)
    try:
        hash(value)
        if bag_of(type(value)) is None:
            return value
    except TypeError:
        pass
    if is_list(value):
        return tuple(_group_key(one, case) for one in value)
    return to_text(value).lower() if bag_of(type(value)) is not None else id(value)


class CompareObject(Cmdlet):
    """Compare-Object: both sides are gone through in step, and what found no match waits in two windows."""

    def start(self) -> None:
        self.columns = [calculated(one, self) for one in self.get("Property") or []]
        self.window = self.get("SyncWindow", 0x7FFFFFFF)
        self.left = iter([(one, self._keys(one)) for one in self.get("ReferenceObject") or []])
        self.waiting_left: list[_Keyed] = []
        self.waiting_right: list[_Keyed] = []
        self.any_left = bool(self.get("ReferenceObject"))

    def record(self) -> None:
        for item in self.get("DifferenceObject") or []:
            entry = (item, self._keys(item))
            if self.any_left:
                self._step(entry)
            else:
                self._put(entry, "=>")

    def finish(self) -> None:
        for reference in self.left:
            self._step(None, reference)
        for entry in self.waiting_right:
            self._put(entry, "=>")
        for entry in self.waiting_left:
            self._put(entry, "<=")

    def _step(self, difference: _Keyed | None, reference: _Keyed | None = None) -> None:
        """One of each side, or of one of them when the other has come to its end."""
        if reference is None:
            reference = next(self.left, None)
        if reference is not None and difference is not None and self._equal(reference, difference):
            self._put(reference, "==")
            return
        match = self._taken(difference, self.waiting_left)
        if match is not None:
            self._put(match, "==")
            difference = None
        if reference is not None and self._taken(reference, self.waiting_right) is not None:
            self._put(reference, "==")
            reference = None
        self._wait(difference, self.waiting_right, "=>")
        self._wait(reference, self.waiting_left, "<=")

    def _taken(self, entry: _Keyed | None, waiting: list[_Keyed]) -> _Keyed | None:
        for place, other in enumerate(waiting):
            if entry is not None and self._equal(entry, other):
                return waiting.pop(place)
        return None

    def _wait(self, entry: _Keyed | None, waiting: list[_Keyed], side: str) -> None:
        if entry is None:
            return
        waiting.append(entry)
        while len(waiting) > self.window:
            self._put(waiting.pop(0), side)

    def _put(self, entry: _Keyed, side: str) -> None:
        wanted = self.on("IncludeEqual") if self.has("IncludeEqual") else self.on("ExcludeDifferent")
        if not (wanted if side == "==" else not self.on("ExcludeDifferent")):
            return
        item, _ = entry
        if self.on("PassThru"):
            self.write(item)
            return
        made = Bag()
        for column in self.columns:
            for name, value in column.values(item, self):
                made[name] = value
        if not self.columns:
            made["InputObject"] = item
        made["SideIndicator"] = side
        self.write(made)

    def _keys(self, item: Any) -> list[Any]:
        return [value_of(item, column, self) for column in self.columns] if self.columns else [item]

    def _equal(self, one: _Keyed, other: _Keyed) -> bool:
        pairs = zip(one[1], other[1], strict=True)
        return all(compare_loosely(left, right, self.on("CaseSensitive")) == 0 for left, right in pairs)


class GetUnique(Cmdlet):
    """Get-Unique."""

    def start(self) -> None:
        self.last: Any = self

    def record(self) -> None:
        item = self.get("InputObject")
        if self.last is not self:
            if self.on("OnType"):
                same = type_of(item) is type_of(self.last)
            elif self.on("AsString") or isinstance(item, str):
                one, other = to_text(item), to_text(self.last)
                same = one.lower() == other.lower() if self.on("CaseInsensitive") else one == other
            else:
                same = comparison.same(item, self.last, True)
            if same:
                return
        self.last = item
        self.write(item)


CMDLETS: dict[str, Any] = {
    "Sort-Object": SortObject,
    "Group-Object": GroupObject,
    "Compare-Object": CompareObject,
    "Get-Unique": GetUnique,
}

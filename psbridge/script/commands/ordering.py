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

from .calculated import Calculated, calculated, value_of
from .cmdlet import Cmdlet


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
    """Compare-Object."""

    def start(self) -> None:
        self.others: list[Any] = []

    def record(self) -> None:
        self.others += self.get("DifferenceObject") or []

    def finish(self) -> None:
        columns = [calculated(one, self) for one in self.get("Property") or []]
        case = self.on("CaseSensitive")
        left = list(self.get("ReferenceObject") or [])
        right = list(self.others)
        results: list[tuple[str, Any]] = []
        same: list[Any] = []
        for item in list(right):
            match = next((one for one in left if self._equal(one, item, columns, case)), self)
            if match is not self:
                left.remove(match)
                right.remove(item)
                same.append(match)
        if self.on("IncludeEqual") or self.on("ExcludeDifferent"):
            results += [("==", item) for item in same]
        if not self.on("ExcludeDifferent"):
            results += [("=>", item) for item in right]
            results += [("<=", item) for item in left]
        for side, item in results:
            if self.on("PassThru"):
                self.write(item)
                continue
            made = Bag()
            if columns:
                for column in columns:
                    for name, value in column.values(item, self):
                        made[name] = value
            else:
                made["InputObject"] = item
            made["SideIndicator"] = side
            self.write(made)

    def _equal(self, one: Any, other: Any, columns: list[Calculated], case: bool) -> bool:
        if not columns:
            if bag_of(type(one)) is not None:
                return to_text(one) == to_text(other)
            return comparison.same(one, other, case)
        return all(
            comparison.same(value_of(one, column, self), value_of(other, column, self), case)
            for column in columns
        )


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

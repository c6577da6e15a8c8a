"""PowerShell's collections and objects where `psbridge.binding` has no Python type for them.

Knows nothing of operators, commands or syntax: only what the values are and how they hold things.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType, array_of
from psbridge.binding.values import BigInteger, Char, OrderedDictionary, PSCustomObject

from .attributes import NetAttributes
from .buckets import bucket_order


def folded(key: Any) -> Any:
    """What two keys of a Hashtable have in common when they are the same key: strings in any case."""
    if type(key) is str:
        return key.lower()
    if isinstance(key, (bool, float, Char)):
        return (type(key).__name__, key)
    return key


class _AnyCase(dict[Any, Any]):
    """A dictionary whose string keys are found in any case, unless it was made case-sensitive."""

    __slots__ = ("_known", "case_sensitive")

    def __init__(
        self, items: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), *, case_sensitive: bool = False
    ) -> None:
        super().__init__()
        self._known: dict[Any, Any] = {}
        self.case_sensitive = case_sensitive
        for key, value in items.items() if isinstance(items, Mapping) else items:
            self[key] = value

    def _fold(self, key: Any) -> Any:
        return key if self.case_sensitive else folded(key)

    def __getitem__(self, key: Any) -> Any:
        return dict.__getitem__(self, self._known[self._fold(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.__setitem__(self, self._known.setdefault(self._fold(key), key), value)

    def __delitem__(self, key: Any) -> None:
        dict.__delitem__(self, self._known.pop(self._fold(key)))

    def __contains__(self, key: object) -> bool:
        return self._fold(key) in self._known

    def get(self, key: Any, default: Any = None) -> Any:
        known = self._known
        folded_key = self._fold(key)
        return dict.__getitem__(self, known[folded_key]) if folded_key in known else default

    def pop(self, key: Any, *default: Any) -> Any:
        folded_key = self._fold(key)
        if folded_key in self._known:
            return dict.pop(self, self._known.pop(folded_key))
        if default:
            return default[0]
        raise KeyError(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        for other in (*others, more):
            for key, value in other.items() if isinstance(other, Mapping) else other:
                self[key] = value

    def clear(self) -> None:
        dict.clear(self)
        self._known.clear()

    def copy(self) -> Any:
        return type(self)(self, case_sensitive=self.case_sensitive)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (dict(self),))

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Mapping) and dict(self) == dict(other))


class Hashtable(_AnyCase):
    """`@{...}`: keys in .NET's order where that is the same in every process, else as they were put in."""

    __slots__ = ("_capacity",)
    net_type = nettypes.HASHTABLE

    def __init__(
        self, items: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (), *, case_sensitive: bool = False
    ) -> None:
        self._capacity = len(items) if isinstance(items, (Mapping, list, tuple)) else 0
        super().__init__(items, case_sensitive=case_sensitive)

    def __iter__(self) -> Iterator[Any]:
        for first in dict.__iter__(self):
            if type(first) is str:
                break
            return iter(bucket_order(dict.__iter__(self), self._capacity))
        return dict.__iter__(self)

    def keys(self) -> Any:
        """As a list, in .NET's order."""
        return list(self)

    def values(self) -> Any:
        """As a list, in the order of the keys."""
        return [dict.__getitem__(self, key) for key in self]

    def items(self) -> Any:
        """As a list, in the order of the keys."""
        return [(key, dict.__getitem__(self, key)) for key in self]


class Ordered(_AnyCase, OrderedDictionary):
    """`[ordered]@{...}`: setting a key that is there takes over the new spelling, as .NET's does."""

    __slots__ = ()
    net_type = nettypes.ORDERED

    def __setitem__(self, key: Any, value: Any) -> None:
        folded_key = self._fold(key)
        known = self._known.get(folded_key, key)
        if known != key and type(known) is type(key):
            items = [(key if old == known else old, item) for old, item in dict.items(self)]
            dict.clear(self)
            for old, item in items:
                dict.__setitem__(self, old, item)
        self._known[folded_key] = key
        dict.__setitem__(self, key, value)

    def insert(self, index: int, key: Any, value: Any) -> None:
        """Put a new key at this place."""
        items = list(dict.items(self))
        items.insert(index, (key, value))
        self.clear()
        self.update(items)


class OrderedHashtable(Hashtable):
    """What `ConvertFrom-Json -AsHashtable` makes: in order, keys that differ in case kept apart."""

    __slots__ = ()
    __iter__ = dict.__iter__
    net_type = NetType(
        "OrderedHashtable", "System.Management.Automation.OrderedHashtable", parent=nettypes.HASHTABLE
    )

    def __init__(self, items: Any = (), *, case_sensitive: bool = True) -> None:
        super().__init__(items, case_sensitive=case_sensitive)


class Dictionary(_AnyCase):
    """`Dictionary[K, V]` and its relatives: keys by .NET's own equality, in order of insertion."""

    __slots__ = ("key_type", "kind", "value_type")

    def __init__(
        self,
        items: Any = (),
        *,
        key_type: NetType = nettypes.OBJECT,
        value_type: NetType = nettypes.OBJECT,
        kind: str = "Dictionary",
        case_sensitive: bool = True,
    ) -> None:
        self.key_type = key_type
        self.value_type = value_type
        self.kind = kind
        super().__init__(items, case_sensitive=case_sensitive)

    @property
    def net_type(self) -> NetType:
        return generic_type(self.kind, self.key_type, self.value_type)

    def copy(self) -> Dictionary:
        return Dictionary(
            self,
            key_type=self.key_type,
            value_type=self.value_type,
            kind=self.kind,
            case_sensitive=self.case_sensitive,
        )

    def __iter__(self) -> Iterator[Any]:
        keys = dict.__iter__(self)
        return iter(sorted(keys)) if self.kind.startswith("Sorted") else keys

    def items(self) -> Any:
        return [(key, dict.__getitem__(self, key)) for key in self]

    def values(self) -> Any:
        return [dict.__getitem__(self, key) for key in self]

    def keys(self) -> Any:
        return list(self)


class TypedArray(list[Any]):
    """An array of another element type than Object: `[int[]]`, `[string[]]`."""

    __slots__ = ("element",)

    def __init__(self, items: Iterable[Any] = (), element: NetType = nettypes.OBJECT) -> None:
        super().__init__(items)
        self.element = element

    @property
    def net_type(self) -> NetType:
        """Its .NET type."""
        return array_of(self.element)


class NetList(list[Any]):
    """A list that grows: `List[T]`, `ArrayList`, `Collection[T]`, and what .NET gives as a read-only one."""

    __slots__ = ("element", "kind")

    def __init__(
        self, items: Iterable[Any] = (), element: NetType = nettypes.OBJECT, kind: str = "List"
    ) -> None:
        super().__init__(items)
        self.element = element
        self.kind = kind

    @property
    def net_type(self) -> NetType:
        """Its .NET type."""
        return ARRAY_LIST if self.kind == "ArrayList" else generic_type(self.kind, self.element)

    __hash__ = object.__hash__  # type: ignore[assignment]


class NetQueue(deque[Any]):
    """`Queue[T]` and `Stack[T]`; a stack is read from its top."""

    def __init__(
        self, items: Iterable[Any] = (), element: NetType = nettypes.OBJECT, kind: str = "Queue"
    ) -> None:
        super().__init__(items)
        self.element = element
        self.kind = kind

    @property
    def net_type(self) -> NetType:
        return generic_type(self.kind, self.element)

    def __iter__(self) -> Iterator[Any]:
        return super().__reversed__() if self.kind == "Stack" else super().__iter__()

    def __str__(self) -> str:
        return " ".join(map(str, self))


class NetSet(dict[Any, Any]):
    """`HashSet[T]` and `SortedSet[T]`: keys by their equality, values as they were put in."""

    def __init__(
        self,
        items: Iterable[Any] = (),
        element: NetType = nettypes.OBJECT,
        kind: str = "HashSet",
        ignore_case: bool = False,
    ) -> None:
        super().__init__()
        self.element = element
        self.kind = kind
        self.ignore_case = ignore_case
        for item in items:
            self.add(item)

    @property
    def net_type(self) -> NetType:
        return generic_type(self.kind, self.element)

    def key(self, item: Any) -> Any:
        """What makes two items the same."""
        return item.lower() if self.ignore_case and isinstance(item, str) else item

    def add(self, item: Any) -> bool:
        """Put it in; False when it was there."""
        key = self.key(item)
        if dict.__contains__(self, key):
            return False
        dict.__setitem__(self, key, item)
        return True

    def members(self) -> list[Any]:
        """The items, sorted in a SortedSet."""
        items = list(dict.values(self))
        return sorted(items) if self.kind == "SortedSet" else items


class Bag(PSCustomObject):
    """A [pscustomobject] that may have more than note properties: script properties, methods, type names."""

    __slots__ = ("_members", "_type_names")
    _members: dict[str, Member]
    _type_names: list[str]

    def __init__(self, properties: Mapping[str, object] | None = None, type_name: str | None = None) -> None:
        object.__setattr__(self, "_members", {})
        object.__setattr__(self, "_type_names", [type_name] if type_name else [])
        super().__init__(properties)

    def __ps_properties__(self) -> Mapping[str, object]:
        if not self._members:
            return self._properties
        values = dict(self._properties)
        for member in self._members.values():
            if member.is_property:
                values[member.name] = member.read(self)
        return values

    def __getattr__(self, name: str) -> object:
        added = None if name.startswith("_") else self._members.get(name.lower())
        return added.read(self) if added is not None and added.is_property else super().__getattr__(name)

    def remove(self, name: str) -> None:
        """Take a member away."""
        known = self._names.pop(name.lower(), None)
        if known is not None:
            del self._properties[known]
        self._members.pop(name.lower(), None)

    def copied(self) -> Bag:
        """The same members in a new object."""
        other = Bag(self._properties)
        self.type_names_into(other)
        object.__setattr__(other, "_members", dict(self._members))
        return other

    def type_names_into(self, other: Bag) -> None:
        """Give another object this one's type names."""
        object.__setattr__(other, "_type_names", list(self._type_names))

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


@cache
def _made_type(full_name: str) -> NetType:
    return NetType(full_name.rpartition(".")[2], full_name)


class Made(Bag):
    """An object of a .NET type that has nothing but properties: what cmdlets report."""

    __slots__ = ("net_type", "shown_as")

    def __init__(
        self, properties: Mapping[str, object] | None, type_name: str, shown_as: str | None = None
    ) -> None:
        super().__init__(properties)
        object.__setattr__(self, "net_type", _made_type(type_name))
        object.__setattr__(self, "shown_as", shown_as or type_name)

    def __ps_text__(self) -> str:
        return str(self.shown_as)


class Member:
    """One member added to an object: a property that is computed, or a method."""

    __slots__ = ("kind", "name", "read", "value", "write")

    def __init__(
        self,
        name: str,
        kind: str,
        value: Any,
        read: Callable[[Any], Any],
        write: Callable[[Any, Any], None] | None = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.value = value
        self.read = read
        self.write = write

    @property
    def net_type(self) -> NetType:
        """Its .NET type."""
        return _made_type(f"System.Management.Automation.PS{self.kind}")

    @property
    def is_property(self) -> bool:
        return not self.kind.endswith("Method")


class Wrapped:
    """A value of a type that holds no properties, with properties added to it (PowerShell's PSObject)."""

    __slots__ = ("members", "type_names", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.members: dict[str, Member] = {}
        self.type_names: list[str] = []

    def __str__(self) -> str:
        from psbridge.binding.text import net_text

        return net_text(self.value)

    def __ps_text__(self) -> str:
        from psbridge.binding.text import to_text

        return to_text(self.value)


class NetRef:
    """`[ref]$variable`."""

    __slots__ = ("read", "write")
    net_type = NetType("PSReference`1", "System.Management.Automation.PSReference`1")

    def __init__(self, read: Callable[[], Any], write: Callable[[Any], None]) -> None:
        self.read = read
        self.write = write


class DictionaryEntry(NetAttributes):
    """One entry of a Hashtable, as GetEnumerator gives it."""

    __slots__ = ("key", "net_type", "value")

    def __init__(self, key: Any, value: Any, net_type: NetType | None = None) -> None:
        self.key = key
        self.value = value
        self.net_type = net_type or ENTRY

    def __str__(self) -> str:
        from psbridge.binding.text import to_text

        if self.net_type is ENTRY:
            return "System.Collections.DictionaryEntry"
        return f"[{to_text(self.key)}, {to_text(self.value)}]"


ENTRY = NetType("DictionaryEntry", "System.Collections.DictionaryEntry", is_value=True)
ARRAY_LIST = NetType("ArrayList", "System.Collections.ArrayList")
_GENERIC_HOMES = {
    "Collection": "System.Collections.ObjectModel.",
    "ReadOnlyCollection": "System.Collections.ObjectModel.",
    "PSDataCollection": "System.Management.Automation.",
    "ConcurrentDictionary": "System.Collections.Concurrent.",
    "ConcurrentBag": "System.Collections.Concurrent.",
    "ConcurrentQueue": "System.Collections.Concurrent.",
    "Tuple": "System.",
    "Func": "System.",
    "Action": "System.",
    "Predicate": "System.",
    "Nullable": "System.",
}
_GENERICS: dict[tuple[Any, ...], NetType] = {}


def generic_type(kind: str, *arguments: NetType) -> NetType:
    """The type `kind[arguments]`, the same object each time."""
    key = (kind, *map(id, arguments))
    type_ = _GENERICS.get(key)
    if type_ is None:
        name = f"{kind}`{len(arguments)}"
        home = _GENERIC_HOMES.get(kind, "System.Collections.Generic.")
        inner = ",".join(argument.full_name for argument in arguments)
        type_ = _GENERICS[key] = NetType(name, f"{home}{name}[{inner}]")
    return type_


class AutomationNull:
    """No output at all, `[System.Management.Automation.Internal.AutomationNull]::Value`."""

    __slots__ = ()


__all__ = ["Bag", "BigInteger", "Hashtable", "NetList", "Ordered", "TypedArray"]

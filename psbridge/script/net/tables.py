"""Hashtable, OrderedDictionary, Dictionary and their entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_dictionary
from psbridge.binding.text import net_text
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.members import entries
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import (
    ENTRY,
    Dictionary,
    DictionaryEntry,
    Hashtable,
    NetList,
    Ordered,
    OrderedHashtable,
)

from . import describe
from .culture import Comparer
from .faults import null_argument
from .lists import Enumerator, equal


class Keys(NetList):
    """The keys or values of a dictionary, as .NET gives them: a collection that is not an array."""

    __slots__ = ("type_name", "watched_table")

    def __init__(self, items: Any, type_name: str, table: Any = None) -> None:
        super().__init__(items)
        self.type_name = type_name
        self.watched_table = items if table is None else table

    def shown(self) -> Any:
        """What going through it gives."""
        return self

    @property
    def net_type(self) -> NetType:
        name = self.type_name
        return _COLLECTIONS.setdefault(name, NetType(name.rpartition(".")[2], name))


_COLLECTIONS: dict[str, NetType] = {}


class TableEnumerator(Enumerator):
    """IDictionaryEnumerator."""

    @property
    def net_type(self) -> NetType:  # type: ignore[override]
        home = type_of(self.source).full_name.partition("`")[0]
        name = "HashtableEnumerator" if home.endswith("Hashtable") else f"{home.rpartition('.')[2]}Enumerator"
        full = f"{home}+{name}"
        return _COLLECTIONS.setdefault(full, NetType(name, full, parent=Enumerator.net_type))

    @property
    def watched_table(self) -> Any:
        """The dictionary that must not be changed meanwhile."""
        return self.source

    def shown(self) -> Any:
        """What is left to go through."""
        return list(self.iterator)

    def reset(self) -> None:
        self.iterator: Iterator[Any] = iter(entries(self.source))
        self.current: Any = None


def _add(table: Any, key: Any, value: Any) -> None:
    if key is None:
        raise null_argument("key")
    if isinstance(table, Dictionary):
        key, value = cast_value(key, table.key_type), cast_value(value, table.value_type)
    if key in table:
        known = next((item for item in table if table._fold(item) == table._fold(key)), key)
        if isinstance(table, Dictionary):
            message = f"An item with the same key has already been added. Key: {net_text(key)}"
        else:
            message = (
                f"Item has already been added. Key in dictionary: '{net_text(known)}'  Key being added: "
                f"'{net_text(key)}'"
            )
        raise NetFault("ArgumentException", message)
    table[key] = value


def _remove(table: Any, key: Any) -> Any:
    if key is None:
        raise null_argument("key")
    there = key in table
    if there:
        del table[key]
    return there if isinstance(table, Dictionary) else None


def _contains_key(table: Any, key: Any) -> bool:
    if key is None:
        raise null_argument("key")
    if isinstance(table, Dictionary):
        key = cast_value(key, table.key_type)
    return key in table


def _contains_value(table: Any, value: Any) -> bool:
    return any(equal(item, value) for item in table.values())


def _try_get(table: Any, key: Any, reference: Any) -> bool:
    if isinstance(table, Dictionary):
        key = cast_value(key, table.key_type)
    there = key in table
    reference.write(table[key] if there else None)
    return there


def _try_add(table: Any, key: Any, value: Any) -> bool:
    if isinstance(table, Dictionary):
        key = cast_value(key, table.key_type)
        value = cast_value(value, table.value_type)
    if key in table:
        return False
    table[key] = value
    return True


def _try_remove(table: Any, key: Any, reference: Any) -> bool:
    there = _try_get(table, key, reference)
    if there:
        del table[key]
    return there


def _copy(table: Any) -> Any:
    return table.copy()


def _copy_to(table: Any, target: Any, start: int) -> None:
    for offset, entry in enumerate(entries(table)):
        target[start + offset] = entry


def _set_item(table: Any, key: Any, value: Any) -> None:
    table[key] = value


def _keys_of(table: Any) -> Keys:
    return Keys(table, "System.Collections.Hashtable+KeyCollection")


def _values_of(table: Any) -> Keys:
    return Keys(table.values(), "System.Collections.Hashtable+ValueCollection", table)


HASHTABLE = describe("System.Collections.Hashtable", nettypes.HASHTABLE)
HASHTABLE.property(
    {
        "Count": len,
        "Keys": _keys_of,
        "Values": _values_of,
        "IsReadOnly": lambda table: False,
        "IsFixedSize": lambda table: False,
        "IsSynchronized": lambda table: False,
        "SyncRoot": lambda table: table,
    }
)
HASHTABLE.method(
    {
        "Add(object key, object value)": _add,
        "Remove(object key)": _remove,
        "ContainsKey(object key)": _contains_key,
        "Contains(object key)": _contains_key,
        "ContainsValue(object value)": _contains_value,
        "Clear()": lambda table: table.clear(),
        "Clone()": _copy,
        "GetEnumerator()": TableEnumerator,
        "CopyTo(any array, int index)": _copy_to,
        "get_Item(object key)": lambda table, key: table.get(key),
        "Item(object key)": lambda table, key: table.get(key),
        "set_Item(object key, object value)": _set_item,
        "get_Keys()": lambda table: Keys(table, "System.Collections.Hashtable+KeyCollection"),
        "get_Values()": lambda table: Keys(
            table.values(), "System.Collections.Hashtable+ValueCollection", table
        ),
        "get_Count()": len,
    }
)


def _new_table(*arguments: Any) -> Hashtable:
    comparer = next((item for item in arguments if isinstance(item, Comparer)), None)
    items: Any = next((item for item in arguments if is_dictionary(item)), {})
    # Without a comparer .NET's own constructor makes a case-sensitive table.
    return Hashtable(items, case_sensitive=comparer is None or not comparer.ignore_case)


HASHTABLE.new(
    {
        "()": _new_table,
        "(int capacity)": lambda capacity: _new_table(),
        "(hashtable d)": _new_table,
        "(System.StringComparer equalityComparer)": _new_table,
        "(hashtable d, System.StringComparer equalityComparer)": _new_table,
        "(int capacity, System.StringComparer equalityComparer)": lambda _, comparer: _new_table(comparer),
    }
)
HASHTABLE.static({"Synchronized(hashtable table)": lambda table: table})


def _remove_at(table: Ordered, place: int) -> None:
    names = list(table)
    if not 0 <= place < len(names):
        raise NetFault(
            "ArgumentOutOfRangeException",
            "Index was out of range. Must be non-negative and less than the size of the collection. "
            "(Parameter 'index')",
        )
    del table[names[place]]


ORDERED = describe(
    "System.Collections.Specialized.OrderedDictionary", nettypes.ORDERED, "System.Collections.Hashtable"
)
_ORDERED_KEYS = "System.Collections.Specialized.OrderedDictionary+OrderedDictionaryKeyValueCollection"
ORDERED.property(
    {
        "Keys": lambda table: Keys(table, _ORDERED_KEYS),
        "Values": lambda table: Keys(table.values(), _ORDERED_KEYS, table),
    }
)
ORDERED.method(
    {
        "Insert(int index, object key, object value)": lambda table, place, key, value: table.insert(
            place, key, value
        ),
        "RemoveAt(int index)": _remove_at,
        "AsReadOnly()": lambda table: table,
    }
)
ORDERED.new(
    {
        "()": lambda: Ordered(case_sensitive=True),
        "(int capacity)": lambda capacity: Ordered(case_sensitive=True),
        "(System.StringComparer comparer)": lambda comparer: Ordered(case_sensitive=not comparer.ignore_case),
    }
)
describe(
    "System.Management.Automation.OrderedHashtable", OrderedHashtable.net_type, "System.Collections.Hashtable"
)

DICTIONARY = describe("System.Collections.Generic.Dictionary`2", None, "System.Collections.Hashtable")
_DICTIONARY_KEYS = "System.Collections.Generic.Dictionary`2+KeyCollection"
DICTIONARY.property(
    {
        "Keys": lambda table: Keys(table, _DICTIONARY_KEYS),
        "Values": lambda table: Keys(table.values(), _DICTIONARY_KEYS.replace("Key", "Value"), table),
    }
)


def _add_or_update(table: Dictionary, key: Any, value: Any, update: Any) -> Any:
    table[key] = update(key, table[key]) if key in table else value
    return table[key]


def _get_or_add(table: Dictionary, key: Any, value: Any) -> Any:
    if key not in table:
        table[key] = value(key) if callable(value) else value
    return table[key]


DICTIONARY.method(
    {
        "Add(K key, V value)": _add,
        "TryGetValue(object key, ref value)": _try_get,
        "TryAdd(object key, object value)": _try_add,
        "TryRemove(object key, ref value)": _try_remove,
        "AddOrUpdate(K key, V addValue, delegate updateValueFactory)": _add_or_update,
        "GetOrAdd(K key, object value)": _get_or_add,
        "GetValueOrDefault(K key)": lambda table, key: table.get(key),
        "get_Item(K key)": lambda table, key: table.get(key) if key in table else _missing(key),
        "ToArray()": entries,
        "IndexOfKey(K key)": lambda table, key: next((p for p, k in enumerate(table) if k == key), -1),
    }
)


def _missing(key: Any) -> Any:
    raise NetFault(
        "KeyNotFoundException", f"The given key '{net_text(key)}' was not present in the dictionary."
    )


for _name in (
    "System.Collections.Generic.SortedDictionary`2",
    "System.Collections.Concurrent.ConcurrentDictionary`2",
):
    describe(_name, None, "System.Collections.Generic.Dictionary`2")
_SORTED_LIST = NetType("SortedList", "System.Collections.SortedList")
SORTED_LIST = describe("System.Collections.SortedList", _SORTED_LIST, "System.Collections.Hashtable")
GENERIC_SORTED_LIST = describe(
    "System.Collections.Generic.SortedList`2", None, "System.Collections.Generic.Dictionary`2"
)
for _sorted in (SORTED_LIST, GENERIC_SORTED_LIST):
    _sorted.method(
        {
            "GetKey(int index)": lambda table, place: list(table)[place],
            "GetByIndex(int index)": lambda table, place: list(table.values())[place],
            "GetKeyAtIndex(int index)": lambda table, place: list(table)[place],
            "GetValueAtIndex(int index)": lambda table, place: list(table.values())[place],
            "IndexOfKey(object key)": lambda table, key: next(
                (place for place, item in enumerate(table) if item == key), -1
            ),
            "RemoveAt(int index)": _remove_at,
        }
    )
SORTED_LIST.new({"()": lambda: Dictionary(kind="SortedList")})

PAIR = describe("System.Collections.Generic.KeyValuePair`2")
PAIR.property({"Key": lambda pair: pair.key, "Value": lambda pair: pair.value})
PAIR.method({"ToString()": str, "Deconstruct()": lambda pair: (pair.key, pair.value)})
_ENTRY_CLASS = describe("System.Collections.DictionaryEntry", ENTRY)
_ENTRY_CLASS.property(
    {"Name": lambda pair: pair.key, "Key": lambda pair: pair.key, "Value": lambda pair: pair.value}
)
_ENTRY_CLASS.setter({"Value": lambda pair, value: setattr(pair, "value", value)})
_ENTRY_CLASS.new({"(object key, object value)": DictionaryEntry})
_ENTRY_CLASS.method({"ToString()": str})

"""The rows of Get-Member: what each member of an object is, and how it is written."""

from __future__ import annotations

import re
from typing import Any

from psbridge.binding.nettypes import ACCELERATORS, NetType
from psbridge.binding.objects import bag_of, is_list
from psbridge.binding.text import to_text
from psbridge.script.net import class_of
from psbridge.script.semantics import members
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, Member, Wrapped

from .calculated import property_names

_NAMES = {
    **ACCELERATORS,
    "System.Object": "object",
    "System.Collections.Specialized.OrderedDictionary": "ordered",
}
_OBJECT_METHODS = {
    "Equals": "bool Equals(System.Object obj)",
    "GetHashCode": "int GetHashCode()",
    "GetType": "type GetType()",
    "ToString": "string ToString()",
}


def kind_of(target: Any, name: str) -> str:
    """What kind of member a property is."""
    if isinstance(target, Bag):
        member = target._members.get(name.lower())
        own = getattr(type(target), "kind_of", None)
        return member.kind if member is not None else own(target, name) if own is not None else "NoteProperty"
    if isinstance(target, Wrapped):
        member = target.members.get(name.lower())
        return member.kind if member is not None else "Property"
    if hasattr(target, "script_class"):
        return "Property"
    return "NoteProperty" if bag_of(type(target)) is not None else "Property"


def type_name_of(item: Any) -> str:
    """The type name Get-Member shows."""
    if isinstance(item, Bag) and item._type_names:
        return str(item._type_names[0])
    full_name = type_of(item).full_name
    return full_name if "`" in full_name else full_name.partition("[")[0]


def short_type(value: Any) -> str:
    """The type of a property's value as a definition has it: without its namespaces."""
    if isinstance(value, Bag) or (bag_of(type(value)) is not None and not hasattr(value, "script_class")):
        return type_name_of(value)
    return _without_namespaces(type_of(value).full_name)


def _without_namespaces(full_name: str) -> str:
    text = re.sub(r"`\d+", "", full_name)
    short = re.sub(r"[\w.+]+", lambda one: _NAMES.get(one[0], one[0].rpartition(".")[2]), text)
    return re.sub(r"\bobject\b", "Object", short)


def as_note(name: str, value: Any) -> str:
    """A NoteProperty as text."""
    if value is None:
        return f"object {name}=null"
    whole = is_list(value) or isinstance(value, NetType)
    full_name = value.full_name if isinstance(value, NetType) else type_of(value).full_name
    return f"{short_type(value)} {name}={full_name if whole else to_text(value)}"


def _defined(member: Member) -> str:
    """A property that is computed, as text."""
    if member.kind == "AliasProperty":
        return f"{member.name} = {to_text(member.value)}"
    return f"System.Object {member.name} {{get={to_text(member.value)};}}"


def member_rows(item: Any) -> list[tuple[str, str, str]]:
    """Name, kind and definition of every member."""
    rows: list[tuple[str, str, str]] = []
    added = item._members if isinstance(item, Bag) else {}
    for name in property_names(item):
        kind = kind_of(item, name)
        if kind == "NoteProperty":
            rows.append((name, kind, as_note(name, members.lookup(item, name)[1])))
        elif kind == "CodeProperty":
            rows.append((name, kind, f"System.Object {name}{{get=Unset;set=Set;}}"))
        elif name.lower() in added:
            rows.append((name, kind, _defined(added[name.lower()])))
        else:
            value = members.lookup(item, name)[1]
            rows.append((name, kind, f"{'object' if value is None else short_type(value)} {name} {{get;}}"))
    rows += [
        (one.name, one.kind, f"System.Object {one.name}();") for one in added.values() if not one.is_property
    ]
    if type_name_of(item).startswith("PSBridge."):
        rows.append(("PSBridge", "MemberSet", "PSBridge {Set}"))
    methods = set(_OBJECT_METHODS)
    script_class = getattr(item, "script_class", None)
    if script_class is not None:
        methods |= set(script_class.method_names())
    described = class_of(item)
    if described is not None:
        methods |= set(described.method_names())
    written = _OBJECT_METHODS if isinstance(item, Bag) else {}
    return rows + [(name, "Method", written.get(name, f"{name}()")) for name in sorted(methods)]

"""Type names to types: accelerators, generics, arrays, enumerations, `-is`, and casts with their error ids.

What members a type has is `psbridge.script.net`'s; how single values convert is `psbridge.binding`'s.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType, array_of, enum_type, net_type
from psbridge.binding.objects import bag_of, elements, is_dictionary, is_list
from psbridge.binding.objects import type_of as binding_type_of
from psbridge.binding.values import PSCustomObject

from . import errors
from .enums import ENUMS, FLAGS
from .errors import ErrorRecord, ScriptError, exception_type
from .values import (
    ARRAY_LIST,
    ENTRY,
    BigInteger,
    Dictionary,
    NetList,
    NetQueue,
    NetRef,
    NetSet,
    OrderedHashtable,
    TypedArray,
    Wrapped,
    generic_type,
)

TYPE = NetType("Type", "System.Type")
RUNTIME_TYPE = NetType("RuntimeType", "System.RuntimeType", parent=TYPE)
PLAIN_OBJECT = NetType("PSCustomObject", "System.Management.Automation.PSCustomObject")
ARRAY = NetType("Array", "System.Array")
ARRAY.rule = lambda value: value if value is None or is_list(value) else [value]
VOID = NetType("Void", "System.Void", is_value=True)
NULL = NetType("NullString", "System.Management.Automation.Language.NullString")
DBNULL = NetType("DBNull", "System.DBNull")
_ACCELERATORS = {
    "psobject": "System.Management.Automation.PSObject",
    "array": "System.Array",
    "void": "System.Void",
    "type": "System.Type",
    "bigint": "System.Numerics.BigInteger",
    "ref": "System.Management.Automation.PSReference",
    "psreference": "System.Management.Automation.PSReference",
    "math": "System.Math",
    "xml": "System.Xml.XmlDocument",
    "cultureinfo": "System.Globalization.CultureInfo",
    "ipaddress": "System.Net.IPAddress",
    "mailaddress": "System.Net.Mail.MailAddress",
    "pscredential": "System.Management.Automation.PSCredential",
    "psprimitivedictionary": "System.Management.Automation.PSPrimitiveDictionary",
    "psvariable": "System.Management.Automation.PSVariable",
    "psnoteproperty": "System.Management.Automation.PSNoteProperty",
    "psscriptproperty": "System.Management.Automation.PSScriptProperty",
    "psscriptmethod": "System.Management.Automation.PSScriptMethod",
    "psaliasproperty": "System.Management.Automation.PSAliasProperty",
    "pscmdlet": "System.Management.Automation.PSCmdlet",
    "cmdlet": "System.Management.Automation.Cmdlet",
    "semver": "System.Management.Automation.SemanticVersion",
    "powershell": "System.Management.Automation.PowerShell",
    "runspacefactory": "System.Management.Automation.Runspaces.RunspaceFactory",
    "wildcardpattern": "System.Management.Automation.WildcardPattern",
    "ordered": "System.Collections.Specialized.OrderedDictionary",
    "httpclient": "System.Net.Http.HttpClient",
    "psmoduleinfo": "System.Management.Automation.PSModuleInfo",
    "dscresource": "System.Management.Automation.DscResourceAttribute",
    "environment": "System.Environment",
    "nullstring": "System.Management.Automation.Language.NullString",
    "console": "System.Console",
    "convert": "System.Convert",
    "random": "System.Random",
    "timezoneinfo": "System.TimeZoneInfo",
    "stringcomparer": "System.StringComparer",
}
_GENERIC_NAMES = {
    name.lower(): name
    for name in (
        "List Dictionary HashSet SortedSet Queue Stack SortedDictionary SortedList KeyValuePair LinkedList "
        "ConcurrentDictionary ConcurrentBag ConcurrentQueue Collection ReadOnlyCollection Tuple IList "
        "IDictionary IEnumerable ICollection IReadOnlyList Func Action Predicate Comparison PSDataCollection"
    ).split()
}
_INTERFACES: dict[str, Callable[[Any], bool]] = {
    "system.object": lambda value: True,
    "system.array": lambda value: type(value) in (list, tuple, range, TypedArray, bytes, bytearray),
    "system.valuetype": lambda value: type_of(value).is_value,
    "system.enum": lambda value: isinstance(value, enum.Enum),
    "system.type": lambda value: isinstance(value, NetType),
    "system.collections.ienumerable": lambda value: (
        is_list(value) or is_dictionary(value) or isinstance(value, (str, NetQueue, NetSet))
    ),
    "system.collections.icollection": lambda value: is_list(value) or is_dictionary(value),
    "system.collections.ilist": is_list,
    "system.collections.idictionary": lambda value: is_dictionary(value) and not isinstance(value, NetSet),
    "system.icomparable": lambda value: isinstance(value, (str, int, float, Decimal, datetime.datetime)),
    "system.iformattable": lambda value: isinstance(value, (int, float, Decimal, datetime.datetime)),
    "system.management.automation.psobject": lambda value: bag_of(type(value)) is not None,
    "system.management.automation.pscustomobject": lambda value: bag_of(type(value)) is not None,
}
RECORD_TYPES = {
    number: NetType(f"{name}Record", f"System.Management.Automation.{name}Record")
    for number, name in ((3, "Warning"), (4, "Verbose"), (5, "Debug"), (6, "Information"))
}
"""The types of what the streams carry, by the numbers of the streams."""
_PLAIN_TYPES: dict[str, NetType] = {}
for _type in (
    *RECORD_TYPES.values(),
    *(TYPE, RUNTIME_TYPE, PLAIN_OBJECT, ARRAY, VOID, DBNULL, ARRAY_LIST, ENTRY, BigInteger.net_type),
    *(NetRef.net_type, ErrorRecord.net_type, OrderedHashtable.net_type),
):
    _PLAIN_TYPES[_type.full_name.lower()] = _type
_PLAIN_TYPES["system.management.automation.psreference"] = NetRef.net_type


class _DictionaryInterface(NetType):
    """System.Collections.IDictionary: every kind of dictionary is one as it is."""

    __slots__ = ()

    def accepts(self, source: NetType) -> bool:
        kinds = ("Hashtable", "OrderedDictionary", "OrderedHashtable", "Dictionary", "Sorted")
        return source.name.startswith(kinds)


_PLAIN_TYPES["system.collections.idictionary"] = _DictionaryInterface(
    "IDictionary", "System.Collections.IDictionary"
)


def type_of(value: Any) -> NetType:
    """The .NET type of any value but None."""
    if isinstance(value, NetType):
        return RUNTIME_TYPE
    if isinstance(value, Wrapped):
        return type_of(value.value)
    found = binding_type_of(value)
    return PLAIN_OBJECT if found is nettypes.PSOBJECT else found


@cache
def net_enum(full_name: str) -> type[enum.Enum]:
    """A .NET enumeration as a Python one.

    Raises:
        KeyError: it is not one that is known here.
    """
    members = ENUMS[full_name]
    name = full_name.rpartition(".")[2]
    base: Any = enum.IntFlag if full_name in FLAGS else enum.IntEnum
    cls: type[enum.Enum] = base(name, members)
    enum_type(cls, full_name)
    return cls


_ENUM_NAMES = {name.lower(): name for name in ENUMS}


def resolve(name: str, classes: Mapping[str, NetType] | None = None) -> NetType | None:
    """The type of this name as a script writes it between brackets; None when it is not known here.

    `classes` are the classes and enumerations that the script itself defines, by name in lower case.
    """
    name = name.strip()
    folded = name.lower()
    if classes:
        own = classes.get(folded)
        if own is not None:
            return own
    if folded.endswith("[]"):
        element = resolve(name[:-2], classes)
        return None if element is None else array_of(element)
    if folded.endswith(",]") and (head := name.rstrip(",]")).endswith("["):
        from .grids import grid_type

        element = resolve(head[:-1], classes)
        return None if element is None else grid_type(element, len(name) - len(head))
    bracket = name.find("[")
    if bracket > 0 and name.endswith("]"):
        return _generic(name[:bracket], name[bracket + 1 : -1], classes)
    found = _simple(folded)
    return found if found is not None else _described(folded)


# Types that binding knows by their values alone, and the table here with all their members.
_DESCRIBED = frozenset(
    f"system.{name}"
    for name in (
        *("net.ipaddress", "net.mail.mailaddress", "globalization.cultureinfo", "xml.xmldocument"),
        "management.automation.semanticversion",
    )
)


def _simple(folded: str) -> NetType | None:
    if folded == "pscustomobject":
        return nettypes.PSOBJECT
    full = _ACCELERATORS.get(folded, folded).lower()
    for candidate in (full, f"system.{full}"):
        found = _PLAIN_TYPES.get(candidate)
        if found is not None:
            return found
        if candidate in _DESCRIBED:
            return _described(candidate)
        try:
            return net_type(candidate)
        except ValueError:
            pass
        if candidate in _ENUM_NAMES:
            return enum_type(net_enum(_ENUM_NAMES[candidate]))
        found = exception_type(candidate)
        if found is not None:
            return found
        if candidate in _INTERFACES:
            interface = NetType(candidate.rpartition(".")[2].title(), _spelt(candidate))
            return _PLAIN_TYPES.setdefault(candidate, interface)
    return None


def _spelt(full: str) -> str:
    words = {
        "ienumerable": "IEnumerable",
        "icollection": "ICollection",
        "ilist": "IList",
        "idictionary": "IDictionary",
        "icomparable": "IComparable",
        "iformattable": "IFormattable",
        "valuetype": "ValueType",
    }
    return ".".join(words.get(part, part.title()) for part in full.split("."))


def _described(folded: str) -> NetType | None:
    """A type that the table of .NET members describes."""
    from psbridge.script.net import described_type

    return described_type(_ACCELERATORS.get(folded, folded).lower())


def _generic(head: str, inside: str, classes: Mapping[str, NetType] | None) -> NetType | None:
    kind = head.rpartition(".")[2].partition("`")[0]
    arguments = []
    for part in _split_arguments(inside):
        part = part.strip()
        if part.startswith("[") and part.endswith("]"):
            part = part[1:-1].partition(",")[0]
        argument = resolve(part, classes)
        if argument is None:
            return None
        arguments.append(argument)
    if kind.lower() == "nullable":
        return net_type_of_nullable(arguments[0])
    known = _GENERIC_NAMES.get(kind.lower())
    if known is None:
        return None
    made = generic_type(known, *arguments)
    if made not in _GENERIC_PARTS:
        _GENERIC_PARTS[made] = (known, tuple(arguments))
        made.rule = _generic_rule(made, known, arguments)
    return made


_GENERIC_PARTS: dict[NetType, tuple[str, tuple[NetType, ...]]] = {}


def generic_parts(type_: NetType) -> tuple[str, tuple[NetType, ...]] | None:
    """`("List", (String,))` of a generic type."""
    return _GENERIC_PARTS.get(type_)


def net_type_of_nullable(inner: NetType) -> NetType:
    """Nullable[inner]."""
    try:
        return net_type(f"Nullable[{inner.name}]")
    except ValueError:
        return NetType(
            f"Nullable[{inner.name}]",
            f"System.Nullable`1[{inner.full_name}]",
            is_value=True,
            element=inner,
            is_nullable=True,
        )


def _split_arguments(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _generic_rule(made: NetType, kind: str, arguments: list[NetType]) -> Callable[[Any], Any]:
    from .casts import cast_value

    def rule(value: Any) -> Any:
        if type_of(value) is made:
            return value
        if kind in ("List", "Collection", "IList", "IEnumerable", "ReadOnlyCollection", "ICollection"):
            items = elements(value) if is_list(value) else [value]
            real = "List" if kind.startswith("I") else kind
            return NetList([cast_value(item, arguments[0]) for item in items], arguments[0], real)
        if kind in ("HashSet", "SortedSet") and (is_list(value) or isinstance(value, str)):
            items = elements(value) if is_list(value) else [value]
            return NetSet([cast_value(item, arguments[0]) for item in items], arguments[0], kind)
        if kind in ("Queue", "Stack") and is_list(value):
            items = [cast_value(item, arguments[0]) for item in elements(value)]
            return NetQueue(items, arguments[0], kind)
        if kind.endswith("Dictionary") and is_dictionary(value):
            made_ = Dictionary(key_type=arguments[0], value_type=arguments[1], kind=kind)
            for key, item in value.items():
                made_[cast_value(key, arguments[0])] = cast_value(item, arguments[1])
            return made_
        if kind in ("Func", "Action", "Predicate", "Comparison"):
            return value
        from psbridge.binding.scalars import no_conversion

        raise no_conversion(value, made)

    return rule


def is_a(value: Any, type_: NetType) -> bool:
    """`$value -is [type]`."""
    if value is None:
        return False
    if isinstance(value, Wrapped):
        value = value.value
    interface = _INTERFACES.get(type_.full_name.lower())
    if interface is not None:
        return interface(value)
    if type_.is_nullable and type_.element is not None:
        return is_a(value, type_.element)
    own = type_of(value)
    if type_.accepts(own) or own.full_name == type_.full_name:
        return True
    if own.is_array and type_.is_array and type_.element is nettypes.OBJECT:
        return not (own.element or nettypes.OBJECT).is_value
    parts = _GENERIC_PARTS.get(type_)
    return parts is not None and parts[0].startswith("I") and _implements(value, parts[0])


def _implements(value: Any, interface: str) -> bool:
    if interface == "IDictionary":
        return is_dictionary(value)
    return is_list(value)


def unknown_type(name: str) -> ScriptError:
    """`[No.Such.Type]`."""
    return errors.runtime_error(f"Unable to find type [{name}].", "TypeNotFound", target=name)


def property_names(value: Any) -> list[str]:
    """The names of a property bag's properties."""
    bag = bag_of(type(value))
    return list(bag(value)) if bag else []


__all__ = [
    "PSCustomObject",
    "is_a",
    "net_enum",
    "resolve",
    "type_of",
    "unknown_type",
]

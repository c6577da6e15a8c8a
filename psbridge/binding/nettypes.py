"""The .NET types PowerShell parameters have: their names, and how they relate.

Holds names and facts only; converting values to these types is `conversion`'s work.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final

_SIGNED_BITS: Final = {"SByte": 8, "Int16": 16, "Int32": 32, "Int64": 64}
_UNSIGNED_BITS: Final = {"Byte": 8, "UInt16": 16, "UInt32": 32, "UInt64": 64}


class DayOfWeek(enum.IntEnum):
    """System.DayOfWeek."""

    Sunday = 0
    Monday = 1
    Tuesday = 2
    Wednesday = 3
    Thursday = 4
    Friday = 5
    Saturday = 6


class ActionPreference(enum.IntEnum):
    """System.Management.Automation.ActionPreference: what the -*Action common parameters take."""

    SilentlyContinue = 0
    Stop = 1
    Continue = 2
    Inquire = 3
    Ignore = 4
    Suspend = 5
    Break = 6


class NetType:
    """One .NET type; `net_type(name)` gives the same object for the same name.

    Attributes:
        name: as PowerShell writes it: `Int32`, `Nullable[Int32]`, `String[]`, `PSCustomObject`.
        full_name: as error messages write it: `System.Int32`, ``System.Nullable`1[System.Int32]``.
        element: the element type of an array, the underlying type of a Nullable, else None.
        is_value: a .NET value type (null is not one of its values).
        bounds: lowest and highest value of an integer type, else None.
        enum: the Python Enum class of an enumeration, else None.
        parent: the type it derives from, where that matters.
        rule: how a value becomes this type, for a type that another package defines; raises InvalidCast.
        passes: the classes whose values that rule leaves as they are.
        construct: what its constructors make of one value, where nothing else converts it; None if they take
            no such value.
    """

    __slots__ = (
        *("bounds", "element", "enum", "full_name", "is_array", "is_nullable", "is_value", "name"),
        *("construct", "parent", "passes", "rule"),
    )

    def __init__(
        self,
        name: str,
        full_name: str,
        *,
        is_value: bool = False,
        element: NetType | None = None,
        is_array: bool = False,
        is_nullable: bool = False,
        bounds: tuple[int, int] | None = None,
        enum: type[enum.Enum] | None = None,
        parent: NetType | None = None,
        rule: Callable[[Any], Any] | None = None,
        passes: frozenset[type] = frozenset(),
    ) -> None:
        self.name = name
        self.full_name = full_name
        self.is_value = is_value
        self.element = element
        self.is_array = is_array
        self.is_nullable = is_nullable
        self.bounds = bounds
        self.enum = enum
        self.parent = parent
        self.rule = rule
        self.passes = passes
        self.construct: Callable[[Any], Any] | None = None

    def accepts(self, source: NetType) -> bool:
        """Whether a value of type `source` is one of this type as it is."""
        step: NetType | None = source
        while step is not None:
            if step is self:
                return True
            step = step.parent
        return False

    def __repr__(self) -> str:
        return f"<NetType {self.name}>"

    def __reduce__(self) -> tuple[object, tuple[object]]:
        return (net_type, (self.enum or self.name,))

    @property
    def short_name(self) -> str:
        """The name without its namespace, as `Type.Name` has it."""
        if self.element is not None or self.full_name.endswith("PSObject"):
            return self.name
        return self.full_name.partition("[")[0].rpartition(".")[2].rpartition("+")[2]

    def __ps_text__(self) -> str:
        """As PowerShell writes a type inside a string: by its accelerator, where it has one."""
        if self.is_array and self.element is not None:
            return f"{self.element.__ps_text__()}[]"
        return ACCELERATORS.get(self.full_name, self.full_name)


ACCELERATORS: Final = {
    **{f"System.{name}": name.lower() for name in ("Boolean", "Byte", "SByte", "Char", "Decimal", "Double")},
    **{
        f"System.{name}": name.lower()
        for name in ("String", "DateTime", "TimeSpan", "Guid", "Uri", "Version")
    },
    "System.Boolean": "bool",
    "System.Int16": "short",
    "System.UInt16": "ushort",
    "System.Int32": "int",
    "System.UInt32": "uint",
    "System.Int64": "long",
    "System.UInt64": "ulong",
    "System.Single": "float",
    "System.Array": "array",
    "System.Void": "void",
    "System.Collections.Hashtable": "hashtable",
    "System.Text.RegularExpressions.Regex": "regex",
    "System.Management.Automation.SwitchParameter": "switch",
    "System.Management.Automation.ScriptBlock": "scriptblock",
    "System.Management.Automation.PSObject": "psobject",
    "System.Security.SecureString": "securestring",
    "System.Numerics.BigInteger": "bigint",
    "System.Xml.XmlDocument": "xml",
}
"""The short names that PowerShell has for types, by the full ones."""

_TYPES: dict[str, NetType] = {}
_ENUMS: dict[type[enum.Enum], NetType] = {}


def _define(name: str, full_name: str, *, is_value: bool = False, also: tuple[str, ...] = ()) -> NetType:
    bounds = None
    if name in _SIGNED_BITS:
        top = 1 << (_SIGNED_BITS[name] - 1)
        bounds = (-top, top - 1)
    elif name in _UNSIGNED_BITS:
        bounds = (0, (1 << _UNSIGNED_BITS[name]) - 1)
    made = NetType(name, full_name, is_value=is_value, bounds=bounds)
    for spelling in (name, full_name, *also):
        _TYPES[spelling.lower()] = made
    return made


BOOLEAN = _define("Boolean", "System.Boolean", is_value=True, also=("bool",))
SBYTE = _define("SByte", "System.SByte", is_value=True)
BYTE = _define("Byte", "System.Byte", is_value=True)
INT16 = _define("Int16", "System.Int16", is_value=True, also=("short",))
UINT16 = _define("UInt16", "System.UInt16", is_value=True, also=("ushort",))
INT32 = _define("Int32", "System.Int32", is_value=True, also=("int",))
UINT32 = _define("UInt32", "System.UInt32", is_value=True, also=("uint",))
INT64 = _define("Int64", "System.Int64", is_value=True, also=("long",))
UINT64 = _define("UInt64", "System.UInt64", is_value=True, also=("ulong",))
SINGLE = _define("Single", "System.Single", is_value=True, also=("float",))
DOUBLE = _define("Double", "System.Double", is_value=True)
DECIMAL = _define("Decimal", "System.Decimal", is_value=True)
CHAR = _define("Char", "System.Char", is_value=True)
STRING = _define("String", "System.String")
OBJECT = _define("Object", "System.Object")
DATETIME = _define("DateTime", "System.DateTime", is_value=True)
DATETIMEOFFSET = _define("DateTimeOffset", "System.DateTimeOffset", is_value=True)
TIMESPAN = _define("TimeSpan", "System.TimeSpan", is_value=True)
GUID = _define("Guid", "System.Guid", is_value=True)
VERSION = _define("Version", "System.Version")
URI = _define("Uri", "System.Uri")
REGEX = _define("Regex", "System.Text.RegularExpressions.Regex")
HASHTABLE = _define("Hashtable", "System.Collections.Hashtable")
ORDERED = _define("OrderedDictionary", "System.Collections.Specialized.OrderedDictionary", also=("ordered",))
# A parameter declared [pscustomobject] has the type PSObject: that is what messages print.
PSOBJECT = _define(
    "PSCustomObject",
    "System.Management.Automation.PSObject",
    also=("psobject", "System.Management.Automation.PSCustomObject"),
)
SWITCH = _define(
    "SwitchParameter", "System.Management.Automation.SwitchParameter", is_value=True, also=("switch",)
)
SCRIPTBLOCK = _define("ScriptBlock", "System.Management.Automation.ScriptBlock")
SECURESTRING = _define("SecureString", "System.Security.SecureString")

BIGINTEGER = _define("BigInteger", "System.Numerics.BigInteger", is_value=True, also=("bigint",))
IPADDRESS = _define("IPAddress", "System.Net.IPAddress")
MAILADDRESS = _define("MailAddress", "System.Net.Mail.MailAddress")
TYPE = _define("Type", "System.Type")
CULTURE = _define("CultureInfo", "System.Globalization.CultureInfo")
XML = _define("XmlDocument", "System.Xml.XmlDocument", also=("xml",))
SEMVER = _define("SemanticVersion", "System.Management.Automation.SemanticVersion", also=("semver",))
POINT = _define("Point", "System.Drawing.Point", is_value=True)
ARRAYLIST = _define("ArrayList", "System.Collections.ArrayList")
ARRAY = _define("Array", "System.Array")
IDICTIONARY = _define("IDictionary", "System.Collections.IDictionary")
# Converted by rules of their own, in `rare`.
RARE: Final = frozenset(
    (
        *(BIGINTEGER, IPADDRESS, MAILADDRESS, TYPE, CULTURE, XML, SEMVER, POINT),
        *(ARRAYLIST, ARRAY, IDICTIONARY, DATETIMEOFFSET),
    )
)

NUMERIC: Final = frozenset(
    (SBYTE, BYTE, INT16, UINT16, INT32, UINT32, INT64, UINT64, SINGLE, DOUBLE, DECIMAL)
)
INTEGERS: Final = frozenset((SBYTE, BYTE, INT16, UINT16, INT32, UINT32, INT64, UINT64))
BOOL_KINDS: Final = frozenset((BOOLEAN, SWITCH))


def enum_type(cls: type[enum.Enum], full_name: str | None = None) -> NetType:
    """The type of an enumeration; `full_name` is what messages print, by default the class's own name."""
    found = _ENUMS.get(cls)
    if found is None:
        found = NetType(cls.__name__, full_name or cls.__name__, is_value=True, enum=cls)
        _ENUMS[cls] = found
        if full_name:
            _TYPES.setdefault(full_name.lower(), found)
            _TYPES.setdefault(cls.__name__.lower(), found)
    return found


enum_type(DayOfWeek, "System.DayOfWeek")
ACTION_PREFERENCE = enum_type(ActionPreference, "System.Management.Automation.ActionPreference")


def net_type(type_: str | type[enum.Enum] | NetType) -> NetType:
    """The type with this name (PowerShell's spellings, in any case), or of this Python Enum class.

    Raises:
        ValueError: no such type is known here.
    """
    if isinstance(type_, NetType):
        return type_
    if not isinstance(type_, str):
        return enum_type(type_)
    key = type_.lower()
    found = _TYPES.get(key)
    if found is None:
        found = _TYPES[key] = _compose(type_)
    return found


def array_of(element: NetType) -> NetType:
    """The type of a one-dimensional array of `element`."""
    key = f"{element.name}[]".lower()
    found = _TYPES.get(key) if element.enum is None else None
    if found is None:
        found = NetType(f"{element.name}[]", f"{element.full_name}[]", element=element, is_array=True)
        if element.enum is None:
            _TYPES[key] = found
    return found


def _compose(name: str) -> NetType:
    if name.endswith("[]"):
        return array_of(net_type(name[:-2]))
    head, bracket, rest = name.partition("[")
    if bracket and head.lower() in ("nullable", "system.nullable", "nullable`1", "system.nullable`1"):
        inner = net_type(rest.removesuffix("]"))
        return NetType(
            f"Nullable[{inner.name}]",
            f"System.Nullable`1[{inner.full_name}]",
            is_value=True,
            element=inner,
            is_nullable=True,
        )
    from psbridge.binding.enums import enumeration

    found = enumeration(name)
    if found is not None:
        return enum_type(*found)
    raise ValueError(f"unknown .NET type {name!r}")


OBJECT_ARRAY = array_of(OBJECT)

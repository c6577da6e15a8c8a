"""Types that the table does not describe: .NET's own, through pythonnet, where it and a runtime are.

Nothing is looked for before a script names such a type. Everything goes through reflection, which finds
members in any case, as PowerShell does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import cache
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import NetFault, ScriptError
from psbridge.script.semantics.members import register_object

_ASSEMBLIES = (
    "System.Collections System.Collections.Concurrent System.Collections.Specialized System.Linq "
    "System.Net.Http System.Net.Primitives System.Net.Mail System.Text.Json System.Text.RegularExpressions "
    "System.IO.Compression System.IO.Compression.ZipFile System.Security.Cryptography System.Xml.XDocument "
    "System.Xml.ReaderWriter System.Threading System.Threading.Channels System.Diagnostics.Process "
    "System.Numerics.Vectors System.Runtime.Numerics System.Data.Common System.Globalization"
).split()
_FLAGS = "IgnoreCase Public FlattenHierarchy"


@cache
def _runtime() -> Any:
    """The `System` namespace of a running .NET; None where there is none."""
    if importlib.util.find_spec("pythonnet") is None:
        return None
    from psbridge import dotnet

    try:
        dotnet.load()
        return importlib.import_module("System")
    except Exception:  # whatever keeps .NET from starting, the type is simply not known
        return None


@cache
def _assemblies() -> list[Any]:
    system = _runtime()
    clr: Any = importlib.import_module("clr")
    for name in _ASSEMBLIES:
        try:
            clr.AddReference(name)
        except Exception:  # this .NET has no such assembly
            continue
    return list(system.AppDomain.CurrentDomain.GetAssemblies())


class ForeignType(NetType):
    """A type that only .NET knows."""

    __slots__ = ("script_class",)
    script_class: ForeignClass


@cache
def foreign_type(name: str) -> NetType | None:
    """The type of this name, with or without `System.`, in any case; None when .NET has none either."""
    if "[" in name or "." not in name or _runtime() is None:
        return None
    for assembly in _assemblies():
        for full in (name, f"System.{name}"):
            found = assembly.GetType(full, False, True)
            if found is not None:
                return _described(found)
    return None


_KNOWN: dict[str, ForeignType] = {}


def _described(clr_type: Any) -> ForeignType:
    full = str(clr_type.FullName)
    known = _KNOWN.get(full)
    if known is None:
        known = _KNOWN[full] = ForeignType(str(clr_type.Name), full, is_value=bool(clr_type.IsValueType))
        known.script_class = ForeignClass(clr_type)
    return known


class ForeignClass:
    """What a type's statics and constructors do."""

    properties: dict[str, Any] = {}  # noqa: RUF012 - it has none that a script's class would have

    def __init__(self, clr_type: Any) -> None:
        self.clr_type = clr_type

    def construct(self, arguments: list[Any]) -> Any:
        """`[type]::new(...)`."""
        return _invoked(self.clr_type, ".ctor", None, arguments, "Instance CreateInstance")

    def call_static(self, name: str, arguments: list[Any]) -> tuple[bool, Any]:
        """`[type]::Name(...)`."""
        return True, _invoked(self.clr_type, name, None, arguments, "Static InvokeMethod")

    def static_value(self, name: str) -> tuple[bool, Any]:
        """`[type]::Name`."""
        if not _has(self.clr_type, name, "Static"):
            return False, None
        return True, _invoked(self.clr_type, name, None, [], "Static GetProperty GetField")

    def set_static(self, name: str, value: Any) -> bool:
        """`[type]::Name = value`."""
        _invoked(self.clr_type, name, None, [value], "Static SetProperty SetField")
        return True

    def method_names(self) -> set[str]:
        """The names of the methods that objects have."""
        return {str(method.Name) for method in self.clr_type.GetMethods()}


class Foreign:
    """An object of such a type."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def net_type(self) -> NetType:
        """Its type."""
        return _described(self.value.GetType())

    def __str__(self) -> str:
        return str(self.value.ToString())

    def __net_index__(self, key: Any) -> Any:
        return _invoked(self.value.GetType(), "get_Item", self.value, [key], "Instance InvokeMethod")


class ForeignItems(Foreign):
    """An object of such a type that can be gone through."""

    def __net_iterate__(self) -> Iterator[Any]:
        for item in self.value:
            yield script_value(item)


def foreign_kind(value: Any) -> bool:
    """Whether a .NET object is of a type that the table has nothing of."""
    from . import net_class

    clr_type = value.GetType()
    return not clr_type.IsArray and net_class(str(clr_type.FullName)) is None


def _flags(words: str) -> Any:
    binding: Any = importlib.import_module("System.Reflection").BindingFlags
    made = getattr(binding, "Public")  # noqa: B009 - a .NET enumeration's member
    for word in f"{_FLAGS} {words}".split():
        made = made | getattr(binding, word)
    return made


def _has(clr_type: Any, name: str, where: str, *, method: bool = False) -> bool:
    kinds: Any = importlib.import_module("System.Reflection").MemberTypes
    wanted = kinds.Method if method else kinds.Property | kinds.Field
    return len(clr_type.GetMember(name, wanted, _flags(where))) > 0


def _invoked(clr_type: Any, name: str, target: Any, arguments: list[Any], how: str) -> Any:
    from psbridge import dotnet

    from .overloads import invocation_error, no_overload

    system = _runtime()
    given = [one.value if isinstance(one, Foreign) else dotnet.to_dotnet(one) for one in arguments]
    values = system.Array[system.Object](given)
    try:
        if "CreateInstance" in how:
            made = system.Activator.CreateInstance(clr_type, values)
        else:
            made = clr_type.InvokeMember(name, _flags(how), None, target, values)
    except Exception as error:
        kind = type(error).__name__
        inner = getattr(error, "InnerException", None)
        if inner is not None and kind == "TargetInvocationException":
            fault = NetFault(str(inner.GetType().Name), str(inner.Message))
            raise invocation_error(name, len(arguments), fault) from None
        if kind in ("MissingMethodException", "ArgumentException", "MissingMemberException"):
            raise no_overload(name, len(arguments)) from None
        raise invocation_error(name, len(arguments), NetFault(kind, to_text(str(error)))) from None
    return _wrapped(made) if "CreateInstance" in how else script_value(made)


def _wrapped(value: Any) -> Foreign:
    return ForeignItems(value) if hasattr(value, "GetEnumerator") else Foreign(value)


def script_value(made: Any) -> Any:
    """What .NET gave, as the script knows it."""
    from psbridge import dotnet

    if hasattr(made, "GetEnumerator") and foreign_kind(made):
        return _wrapped(made)
    value = dotnet.from_dotnet(made)
    return Foreign(value) if hasattr(value, "GetType") and hasattr(value, "GetHashCode") else value


def _read(one: Foreign, name: str) -> tuple[bool, Any]:
    clr_type = one.value.GetType()
    if not _has(clr_type, name, "Instance"):
        return False, None
    return True, _invoked(clr_type, name, one.value, [], "Instance GetProperty GetField")


def _write(one: Foreign, name: str, value: Any) -> bool:
    clr_type = one.value.GetType()
    if not _has(clr_type, name, "Instance"):
        return False
    _invoked(clr_type, name, one.value, [value], "Instance SetProperty SetField")
    return True


def _call(one: Foreign, name: str, arguments: list[Any]) -> tuple[bool, Any]:
    clr_type = one.value.GetType()
    if not _has(clr_type, name, "Instance", method=True):
        return False, None
    return True, _invoked(clr_type, name, one.value, arguments, "Instance InvokeMethod")


register_object(Foreign, _read, _write, _call)
__all__ = ["Foreign", "ForeignType", "ScriptError", "foreign_type", "script_value"]

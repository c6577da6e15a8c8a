"""Enumerations: a .NET one as a Python Enum class made for it once, and back.

Flags combine as an IntFlag. A value that the enumeration does not name is kept, as .NET keeps it.
"""

from __future__ import annotations

import enum
import sys
from typing import Any

from ..binding import enum_type, net_type
from ..binding.enums import member
from . import edge


class Undefined(enum.IntEnum):
    """An enumeration whose values may go beyond its names."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = str(value)
        member._value_ = value
        return cls._value2member_map_.setdefault(value, member)


_made: dict[Any, type[enum.Enum]] = {}
_types: dict[type[enum.Enum], Any] = {}


def from_dotnet(value: Any) -> enum.Enum:
    """The member of the Python class that stands for the enumeration of `value`."""
    net_class = type(value)
    cls = _made.get(net_class)
    if cls is None:
        kind = edge.runtime_type(net_class)
        cls = _made[net_class] = _known(str(kind.FullName)) or _class(kind)
        _types[cls] = kind
    return member(int(value), cls)


def to_dotnet(value: enum.Enum) -> Any | None:
    """The .NET value of a member; None when .NET knows no enumeration of that name."""
    cls = type(value)
    if cls not in _types:
        _types[cls] = edge.namespace("System").Type.GetType(enum_type(cls).full_name)
    found = _types[cls]
    if found is None or not found.IsEnum or not isinstance(value.value, int):
        return None
    return edge.enum_value(found, value.value)


def _known(full_name: str) -> type[enum.Enum] | None:
    """The binder's own class for an enumeration, where it has one."""
    try:
        return net_type(full_name).enum
    except ValueError:
        return None


def _class(kind: Any) -> type[enum.Enum]:
    system = edge.namespace("System")
    names = list(system.Enum.GetNames(kind))
    by_name = {str(name): int(system.Enum.Parse(kind, name)) for name in names}
    flags = system.Attribute.IsDefined(kind, edge.runtime_type(system.FlagsAttribute))
    functional: Any = enum.IntFlag if flags else Undefined
    keep: dict[str, Any] = {}
    if flags and sys.version_info >= (3, 11):
        keep["boundary"] = enum.KEEP
    cls = functional(str(kind.Name), by_name, **keep)
    enum_type(cls, str(kind.FullName))
    made: type[enum.Enum] = cls
    return made

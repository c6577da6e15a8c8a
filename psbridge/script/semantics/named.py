"""Casts, type tests and static members by the name of the type, as a ported script asks for them."""

from __future__ import annotations

from typing import Any

from psbridge.binding.nettypes import NetType

from . import calling as _calling
from . import casts as _casts
from .session import record_of, session
from .types import is_a as _is_a
from .types import type_of


def cast(value: Any, type: str | NetType) -> Any:
    """`[type]value`; a type may be given by its name, here and below.

    >>> cast("12", "int") + 1
    13
    """
    return _casts.cast(value, _of(type))


def as_operator(value: Any, type: str | NetType) -> Any:
    """`value -as [type]`."""
    return _casts.as_operator(value, _of(type))


def is_a(value: Any, type: str | NetType) -> bool:
    """`value -is [type]`; of an exception that was caught, of PowerShell's own."""
    if isinstance(value, Exception):
        value = record_of(value).exception
    return _is_a(value, _of(type))


def construct(type: str | NetType, arguments: list[Any]) -> Any:
    """`[type]::new(arguments)`."""
    given = [record_of(one).exception if isinstance(one, Exception) else one for one in arguments]
    return _calling.construct(_of(type), given)


def invoke_static(type: str | NetType, name: str, arguments: list[Any]) -> Any:
    """`[type]::name(arguments)`."""
    return _calling.invoke_static(_of(type), name, arguments)


def static_member(type: str | NetType, name: str) -> Any:
    """`[type]::name`."""
    return _calling.static_member(_of(type), name)


def set_static(type: str | NetType, name: str, value: Any) -> None:
    """`[type]::name = value`."""
    _calling.set_static(_of(type), name, value)


def _of(type: str | NetType) -> NetType:
    """A type by its name, or itself; of any other object its type."""
    if isinstance(type, str):
        return net_type(type)
    return type if isinstance(type, NetType) else type_of(type)


def net_type(name: str) -> NetType:
    """The .NET type of this name, as a script writes it between brackets.

    Raises:
        psbridge.script.semantics.errors.ScriptError: there is none.
    """
    from .types import resolve, unknown_type

    known = resolve(name, session().types)
    if known is None:
        raise unknown_type(name)
    return known

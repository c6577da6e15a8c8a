"""Classes and enumerations of a ported script, as the session's own types."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType, enum_type
from psbridge.script.interpreter.classes import Method, Property, ScriptClass, declare
from psbridge.script.interpreter.parameters import empty_value
from psbridge.script.interpreter.scope import Rule, Scope

from .ported import Code
from .session import parameters_of, session, validators_of


class PortedProperty(Property):
    """A property whose first value a Python function gives."""

    def __init__(
        self, owner: ScriptClass, name: str, type_: NetType, default: Callable[[], Any] | None, hidden: bool
    ) -> None:
        self.owner = owner
        self.name = name
        self.type = type_
        self.rule = Rule(type_ if type_ is not nettypes.OBJECT else None)
        self.hidden = hidden
        self.default = default

    def initial(self, scope: Scope) -> Any:
        """The value a new object starts with."""
        if self.default is not None:
            return self.accept(self.default())
        value = empty_value(self.type)
        return None if value == "" else value


class PortedMethod(Method):
    """A method or constructor that is a Python function."""

    def __init__(
        self,
        owner: ScriptClass,
        name: str,
        function: Callable[..., Any] | None,
        parameters: Iterable[Any],
        returns: NetType | None,
        base: Callable[..., list[Any]] | None,
        *,
        static: bool = False,
        constructs: bool = False,
    ) -> None:
        listed = parameters_of(parameters)
        self.owner = owner
        self.name = name
        self.code = Code(name, listed, {"end": function or (lambda: None)}, {})
        self.types = [one.type for one, _, _ in listed]
        self.returns = returns
        self.is_static = static
        self.is_constructor = constructs
        self.parameters = [one.name for one, _, _ in listed]
        self.base = Code(name, listed, {"end": base}, {}) if base is not None else None
        self.base_arguments = None if base is None else []

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return self.parameters

    def base_values(self, scope: Scope) -> list[Any]:
        """What a constructor hands to the base's."""
        values: list[Any] = []
        if self.base is not None:
            self.base.end(scope, values.append)
        return values


Member = Callable[[ScriptClass], None]


def class_property(
    name: str,
    type: str = "object",
    *,
    default: Callable[[], Any] | None = None,
    static: bool = False,
    hidden: bool = False,
    **checks: Any,
) -> Member:
    """A property of a class, for `script_class`: its .NET type, and what gives its first value.

    `checks` are its Validate attributes by their names, each with its arguments.
    """

    def add(owner: ScriptClass) -> None:
        item = PortedProperty(owner, name, _type(type), default, hidden)
        item.rule.validators = tuple(validators_of(checks))
        if static:
            owner.static_properties[name.lower()] = item
            owner.statics[name.lower()] = item.initial(owner.scope)
        else:
            owner.properties[name.lower()] = item

    return add


def class_method(
    name: str,
    function: Callable[..., Any],
    *parameters: Any,
    returns: str = "void",
    static: bool = False,
) -> Member:
    """A method of a class: a Python function, whose parameter `this` is the object."""

    def add(owner: ScriptClass) -> None:
        type_ = None if returns == "void" else _type(returns)
        method = PortedMethod(owner, name, function, parameters, type_, None, static=static)
        owner.methods.setdefault(name.lower(), []).append(method)

    return add


def constructor(
    function: Callable[..., Any] | None,
    *parameters: Any,
    base: Callable[..., list[Any]] | None = None,
) -> Member:
    """A constructor of a class; `base` gives the arguments for the base's, from the same parameters."""

    def add(owner: ScriptClass) -> None:
        owner.constructors.append(
            PortedMethod(owner, owner.name, function, parameters, None, base, constructs=True)
        )

    return add


def script_class(name: str, *members: Member, base: str = "") -> NetType:
    """Define a class of the script; its type.

    Raises:
        psbridge.script.semantics.errors.ScriptError: a type is not known.
    """
    made = declare(session().globals, name, [base] if base else [])
    for member in members:
        member(made)
    return made.type


def script_enum(members: type[enum.IntEnum] | type[enum.IntFlag]) -> NetType:
    """Make an enumeration known as a type of the script's."""
    type_ = enum_type(members)
    session().add_type(members.__name__, type_)
    return type_


def _type(name: str) -> NetType:
    from .types import resolve, unknown_type

    known = resolve(name, session().types)
    if known is None:
        raise unknown_type(name)
    return known

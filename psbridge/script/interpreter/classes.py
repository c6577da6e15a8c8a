"""Classes of a script: properties with types, methods and constructors by overload, inheritance, statics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast, ValidationFailure
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary
from psbridge.binding.text import to_text
from psbridge.binding.values import Literal
from psbridge.script import syntax as s
from psbridge.script.net.overloads import argument_error, cost, no_overload
from psbridge.script.semantics.casts import cast, cast_value
from psbridge.script.semantics.errors import EXCEPTION, ExceptionObject, ScriptError, runtime_error
from psbridge.script.semantics.members import cannot_set, register_object, setting_failed
from psbridge.script.semantics.types import type_of, unknown_type

from .flow import ReturnFlow
from .output import unpacked
from .parameters import empty_value, validator_of
from .scope import Rule, Scope, obeyed
from .stages import ready


class ScriptClass:
    """A class of the script."""

    is_exception: bool

    def __init__(self, name: str, scope: Scope, type_: NetType, base: ScriptClass | None) -> None:
        self.name = name
        self.scope = scope
        self.type = type_
        self.base = base
        self.properties: dict[str, Property] = dict(base.properties) if base else {}
        self.statics: dict[str, Any] = {}
        self.static_properties: dict[str, Property] = {}
        self.methods: dict[str, list[Method]] = {}
        self.constructors: list[Method] = []
        self.is_exception = base.is_exception if base else False

    # What the members module asks

    def static_value(self, folded: str) -> tuple[bool, Any]:
        if folded in self.statics:
            return True, self.statics[folded]
        return self.base.static_value(folded) if self.base else (False, None)

    def set_static(self, folded: str, value: Any) -> bool:
        if folded in self.statics:
            self.statics[folded] = self.static_properties[folded].accept(value)
            return True
        return self.base.set_static(folded, value) if self.base else False

    def call_static(self, folded: str, arguments: list[Any]) -> tuple[bool, Any]:
        found = [one for one in self.methods.get(folded, ()) if one.is_static]
        if found:
            return True, best(found, arguments, found[0].name).run(None, arguments)
        return self.base.call_static(folded, arguments) if self.base else (False, None)

    def construct(self, arguments: list[Any]) -> Any:
        made: Any = ThrownInstance(self) if self.is_exception else Instance(self)
        self.initialise(made, arguments)
        return made

    def initialise(self, made: Any, arguments: list[Any]) -> None:
        """Give a new object its properties and run the constructors, the base's first."""
        chosen = None
        if self.constructors:
            chosen = best(self.constructors, arguments, "new")
        elif arguments and not (self.is_exception and self.base is None):
            raise no_overload("new", len(arguments))
        scope = Scope(self.scope.rt, self.scope)
        scope.vars["this"] = made
        if chosen is not None:
            chosen.bind(scope, arguments)
        base_arguments: list[Any] = []
        if chosen is not None and chosen.base_arguments is not None:
            base_arguments = chosen.base_values(scope)
        elif chosen is None and self.is_exception:
            base_arguments = arguments
        if self.base is not None:
            self.base.initialise(made, base_arguments)
        elif self.is_exception:
            made.take_base(base_arguments)
        for item in self.properties.values():
            if item.owner is self:
                made.values[item.name] = item.initial(scope)
        if chosen is not None:
            chosen.run_in(scope)

    def in_order(self) -> list[Property]:
        """The properties, the class's own before the base's."""
        every = list(self.properties.values())
        own = [one for one in every if one.owner is self]
        rest = self.base.in_order() if self.base else []
        names = {one.name.lower() for one in own}
        return own + [one for one in rest if one.name.lower() not in names]

    def method_names(self) -> set[str]:
        """The names of the methods that objects have, with the base's."""
        own = {one.name for overloads in self.methods.values() for one in overloads if not one.is_static}
        return own if self.base is None else own | self.base.method_names()

    def find_method(self, folded: str) -> list[Method]:
        """The overloads of a method, the class's own before the base's."""
        own = [one for one in self.methods.get(folded, ()) if not one.is_static]
        if self.base is None:
            return own
        taken = {tuple(one.types) for one in own}
        return own + [one for one in self.base.find_method(folded) if tuple(one.types) not in taken]


class Property:
    """A property of a class."""

    def __init__(
        self, owner: ScriptClass, node: s.PropertyMember, unit: Any, type_: NetType, rule: Rule
    ) -> None:
        self.owner = owner
        self.unit = unit
        self.name = node.name
        self.node = node
        self.type = type_
        self.rule = rule
        self.hidden = node.is_hidden

    def initial(self, scope: Scope) -> Any:
        """The value a new object starts with."""
        if self.node.initial_value is not None:
            return self.accept(scope.rt.evaluate(scope, self.node.initial_value, self.unit))
        value = empty_value(self.type)
        return None if value == "" else value

    def accept(self, value: Any) -> Any:
        """A value as the property takes it."""
        if self.rule.type is None and not self.rule.validators:
            return value
        return obeyed(self.name, self.rule, value)


class Method:
    """A method or constructor."""

    def __init__(
        self,
        owner: ScriptClass,
        node: s.FunctionMember,
        code: Any,
        types: list[NetType],
        returns: NetType | None,
    ) -> None:
        self.owner = owner
        self.name = node.name
        self.node = node
        self.code = code
        self.types = types
        self.returns = returns
        self.is_static = node.is_static
        self.is_constructor = node.is_constructor
        self.base_arguments = node.base_arguments

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return [parameter.name.variable_path for parameter in self.node.parameters]

    def base_values(self, scope: Scope) -> list[Any]:
        """What a constructor hands to the base's."""
        return [scope.rt.evaluate(scope, node, self.code.unit) for node in self.base_arguments or ()]

    def bind(self, scope: Scope, arguments: list[Any]) -> None:
        """Give the parameters their values."""
        for name, type_, value in zip(self.names, self.types, arguments, strict=False):
            plain = value.value if type(value) is Literal else value
            try:
                converted = plain if type_ is nettypes.OBJECT else cast_value(plain, type_)
            except InvalidCast as error:
                called = ".ctor" if self.is_constructor else self.name
                raise argument_error(name, plain, called, type_, str(error)) from None
            scope.vars[name.lower()] = converted

    def run(self, this: Any, arguments: list[Any]) -> Any:
        """Call it."""
        scope = Scope(self.owner.scope.rt, self.owner.scope)
        scope.vars["this"] = this
        self.bind(scope, arguments)
        return self.run_in(scope)

    def run_in(self, scope: Scope) -> Any:
        """Run the body; only what is returned comes out."""
        rt = scope.rt
        ready(rt, self.code)
        saved = rt.scope
        rt.scope = scope
        rt.depth += 1
        items: list[Any] = []
        try:
            if rt.depth > rt.most_depth:
                raise RecursionError
            rt.enter_try()
            try:
                self.code.end(scope, items.append)
            except ReturnFlow:
                pass
            finally:
                rt.leave_try()
        finally:
            rt.scope = saved
            rt.depth -= 1
        if self.returns is None:
            return None
        value = unpacked(
            items[-1:]
            if not self.returns.is_array and len(items) > 1 and self.returns is not nettypes.OBJECT
            else items
        )
        if self.returns is nettypes.OBJECT:
            return value
        return cast(value, self.returns)


class Instance:
    """An object of a class of the script."""

    def __init__(self, cls: ScriptClass) -> None:
        self.script_class = cls
        self.values: dict[str, Any] = {}

    @property
    def net_type(self) -> NetType:
        return self.script_class.type

    def __ps_properties__(self) -> Mapping[str, Any]:
        known = self.script_class.in_order()
        return {one.name: self.values[one.name] for one in known if one.name in self.values}

    def shown(self) -> dict[str, Any]:
        """The properties that are not hidden."""
        known = [one for one in self.script_class.in_order() if not one.hidden]
        return {one.name: self.values[one.name] for one in known if one.name in self.values}

    def __ps_text__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        overloads = self.script_class.find_method("tostring")
        if overloads:
            return to_text(best(overloads, [], "ToString").run(self, []))
        return self.script_class.name

    def __net_equals__(self, other: Any) -> bool:
        overloads = self.script_class.find_method("equals")
        if overloads:
            return bool(overloads[0].run(self, [other]))
        return self is other

    def __net_compare__(self, other: Any) -> int:
        overloads = self.script_class.find_method("compareto")
        if not overloads:
            raise InvalidCast("")
        return int(overloads[0].run(self, [other]))

    __hash__ = object.__hash__


class ThrownInstance(Instance, ExceptionObject):
    """An object of a class that derives from an exception."""

    def __init__(self, cls: ScriptClass) -> None:
        Instance.__init__(self, cls)
        self.message = f"Exception of type '{cls.name}' was thrown."
        self.inner: Any = None
        self.extra: dict[str, Any] = {}
        self.data: Any = None

    net_type = Instance.net_type

    def take_base(self, arguments: list[Any]) -> None:
        """The exception's own constructor."""
        if arguments:
            self.message = to_text(arguments[0])
        if len(arguments) > 1:
            self.inner = arguments[1]

    def __ps_properties__(self) -> Mapping[str, Any]:
        return {**self.values, "Message": self.message, "InnerException": self.inner}

    def __str__(self) -> str:
        return f"{self.script_class.name}: {self.message}"


def best(overloads: list[Method], arguments: list[Any], name: str) -> Method:
    """The overload that these arguments fit best.

    Raises:
        ScriptError: none takes as many.
    """
    fitting = [one for one in overloads if len(one.types) == len(arguments)]
    if not fitting:
        raise no_overload(name, len(arguments))
    if len(fitting) == 1:
        return fitting[0]
    return min(
        fitting,
        key=lambda one: sum(
            cost(value, "", type_) for value, type_ in zip(arguments, one.types, strict=True)
        ),
    )


def _type(S: Scope, constraint: Any) -> NetType:
    if constraint is None:
        return nettypes.OBJECT
    found = S.rt.type_named(constraint.type_name.full_name)
    if found is None:
        raise unknown_type(constraint.type_name.full_name)
    return found


def declare(S: Scope, name: str, bases: list[str]) -> ScriptClass:
    """A class without members yet.

    Raises:
        ScriptError: a base is not known.
    """
    base_class: ScriptClass | None = None
    parent: NetType | None = None
    for base in bases:
        found = S.rt.type_named(base)
        if found is None:
            if base.partition("[")[0].rpartition(".")[2].startswith("I"):
                continue
            raise unknown_type(base)
        base_class = base_class or getattr(found, "script_class", None)
        parent = parent or found
    type_ = ClassType(name, name, parent=parent)
    made = ScriptClass(name, S, type_, base_class)
    made.is_exception = made.is_exception or (parent is not None and EXCEPTION.accepts(parent))
    type_.script_class = made
    type_.rule = lambda value: _converted(made, value)
    S.rt.add_type(name, type_)
    return made


def define_class(S: Scope, node: s.TypeDefinition, unit: Any) -> None:
    """`class Name : Base {...}`."""
    made = declare(S, node.name, [constraint.type_name.full_name for constraint in node.base_types])
    for member in node.members:
        if isinstance(member, s.PropertyMember):
            _add_property(S, made, member, unit)
        else:
            _add_method(S, made, member, unit)


class ClassType(NetType):
    """The type of a class of the script."""

    __slots__ = ("script_class",)
    script_class: ScriptClass


def _add_property(S: Scope, made: ScriptClass, node: s.PropertyMember, unit: Any) -> None:
    type_ = _type(S, node.property_type)
    rule = Rule(type_ if type_ is not nettypes.OBJECT else None)
    rule.validators = tuple(
        one for one in (validator_of(S, attribute, unit) for attribute in node.attributes) if one is not None
    )
    item = Property(made, node, unit, type_, rule)
    if node.is_static:
        made.static_properties[node.name.lower()] = item
        made.statics[node.name.lower()] = item.initial(S)
    else:
        made.properties[node.name.lower()] = item


def _add_method(S: Scope, made: ScriptClass, node: s.FunctionMember, unit: Any) -> None:
    from .compiler import Code

    code = Code(node.body, unit, None)
    types = [
        next(
            (_type(S, one) for one in parameter.attributes if isinstance(one, s.TypeConstraint)),
            nettypes.OBJECT,
        )
        for parameter in node.parameters
    ]
    void = node.is_constructor
    returns: NetType | None = None
    if not void:
        named = node.return_type.type_name.full_name.lower() if node.return_type is not None else "void"
        if named not in ("void", "system.void"):
            returns = _type(S, node.return_type)
    method = Method(made, node, code, types, returns)
    if node.is_constructor:
        made.constructors.append(method)
    else:
        made.methods.setdefault(node.name.lower(), []).append(method)


def _converted(made: ScriptClass, value: Any) -> Any:
    if value is None or made.type.accepts(type_of(value)):
        return value
    if is_dictionary(value) or (bag_of(type(value)) is not None and not isinstance(value, Instance)):
        pairs = value.items() if is_dictionary(value) else bag_of(type(value))(value).items()  # type: ignore[misc]
        if made.constructors and all(one.types for one in made.constructors):
            raise _no_conversion(made, value)
        instance = made.construct([])
        for key, item in pairs:
            found = made.properties.get(to_text(key).lower())
            if found is None:
                raise InvalidCast(
                    f"Cannot create object of type \"{made.name}\". The property '{to_text(key)}' "
                    f"was not found for the "
                    f"'{made.name}' object. The settable properties are: {_settable(made)}."
                )
            try:
                instance.values[found.name] = cast_value(item, found.type)
            except InvalidCast as error:
                raise InvalidCast(f'Cannot create object of type "{made.name}". {error}') from None
        return instance
    fitting = [one for one in made.constructors if len(one.types) == 1]
    if fitting:
        try:
            return made.construct([value])
        except ScriptError as error:
            raise InvalidCast(error.message) from None
    raise _no_conversion(made, value)


def _no_conversion(made: ScriptClass, value: Any) -> InvalidCast:
    return InvalidCast(
        f'Cannot convert the "{to_text(value)}" value of type "{type_of(value).full_name}" to '
        f'type "{made.name}".'
    )


def _settable(made: ScriptClass) -> str:
    return ", ".join(f"[{one.name} <{one.type.full_name}>]" for one in made.properties.values())


def _read(instance: Instance, folded: str) -> tuple[bool, Any]:
    found = instance.script_class.properties.get(folded)
    if found is not None:
        return True, instance.values.get(found.name)
    return False, None


def _write(instance: Instance, folded: str, value: Any) -> bool:
    found = instance.script_class.properties.get(folded)
    if found is None:
        if isinstance(instance, ThrownInstance):
            return False
        raise runtime_error(cannot_set(folded).message, "PropertyAssignmentException")
    try:
        instance.values[found.name] = found.accept(value)
    except ScriptError as error:
        why = error.__cause__ if isinstance(error.__cause__, ValidationFailure) else error.message
        raise setting_failed(found.name, str(why), None) from None
    return True


def _call(instance: Instance, folded: str, arguments: list[Any]) -> tuple[bool, Any]:
    overloads = instance.script_class.find_method(folded)
    if overloads:
        return True, best(overloads, arguments, overloads[0].name).run(instance, arguments)
    if folded == "tostring" and not arguments:
        return True, str(instance)
    return False, None


register_object(Instance, _read, _write, _call)

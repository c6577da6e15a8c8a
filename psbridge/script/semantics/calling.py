"""`$object.Method()`, `[type]::Name`, `[type]::new()`: methods, static members and constructors."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.binding.values import Literal, PSCustomObject
from psbridge.script.net import class_of, net_class
from psbridge.script.net.overloads import Overload, call, invocation_error

from .casts import cast_value
from .comparison import members_of
from .errors import ExceptionObject, NetFault, ScriptError, Strictness, runtime_error
from .grids import Grid, rank_of
from .members import CALLERS, cannot_set, lookup, read_only, setting_failed
from .types import generic_parts, is_a, type_of
from .values import (
    Bag,
    NetRef,
    TypedArray,
    Wrapped,
)


def invoke(target: Any, name: Any, arguments: list[Any]) -> Any:
    """`$target.name(arguments)`."""
    name = name if type(name) is str else to_text(name)
    folded = name.lower()
    if target is None:
        raise runtime_error("You cannot call a method on a null-valued expression.", "InvokeMethodOnNull")
    arguments = [item.value if type(item) is Wrapped else item for item in arguments]
    if type(target) is Literal:
        target = target.value
    added = target._members.get(folded) if isinstance(target, Bag) else None
    if type(target) is Wrapped:
        added = target.members.get(folded)
        if added is None:
            target = target.value
    if added is not None and not added.is_property:
        return added.value(target, arguments)
    if isinstance(target, Bag) and folded in target._names:
        value = target._properties[target._names[folded]]
        if hasattr(value, "invoke_delegate"):
            raise _no_method(target, name)
    if folded == "tostring" and not arguments and type(target) in (Bag, PSCustomObject):
        return ""
    if folded == "equals" and len(arguments) == 1 and type(target) in (Bag, PSCustomObject):
        return False  # what is called is the object inside, and what it is given is never that
    for cls in type(target).__mro__:
        caller = CALLERS.get(cls)
        if caller is not None:
            done, result = caller(target, folded, arguments)
            if done:
                return result
    described = class_of(target)
    overloads = described.find_method(folded) if described is not None else None
    if overloads is None:
        every = net_class("System.Object")
        overloads = every.find_method(folded) if every is not None else None
    if overloads is not None:
        return call(overloads[0].text.partition("(")[0], overloads, arguments, target, target)
    items = members_of(target)
    if items is not None:
        return _invoke_each(items, name, arguments, target)
    raise _no_method(target, name)


def _invoke_each(items: list[Any], name: str, arguments: list[Any], target: Any) -> Any:
    """Member enumeration: the method of every element."""
    if not items:
        raise _no_method(target, name)
    results: list[Any] = []
    for item in items:
        if item is None:
            continue
        try:
            result = invoke(item, name, arguments)
        except ScriptError as error:
            if error.error_id == "MethodNotFound":
                raise _no_method(item, name) from None
            raise
        inner = members_of(result)
        if inner is not None:
            results += inner
        elif result is not None:
            results.append(result)
    return results[0] if len(results) == 1 else results or None


def _no_method(target: Any, name: str) -> ScriptError:
    shown = target.full_name if isinstance(target, NetType) else type_of(target).full_name
    return runtime_error(
        f"Method invocation failed because [{shown}] does not contain a method named '{name}'.",
        "MethodNotFound",
        target=name,
    )


def static_member(type_: NetType, name: str) -> Any:
    """`[type]::name`."""
    folded = name.lower()
    own = getattr(type_, "script_class", None)
    if own is not None:
        found, value = own.static_value(folded)
        if found:
            return value
    if type_.enum is not None:
        for known, item in type_.enum.__members__.items():
            if known.lower() == folded:
                return item
    described = net_class(type_.full_name)
    constant = described.find_constant(folded) if described is not None else None
    if constant is not None:
        try:
            return constant()
        except NetFault as fault:
            raise invocation_error(name, 0, fault) from None
    overloads = described.find_static(folded) if described is not None else None
    if overloads is not None:
        return StaticMethod(type_, overloads)
    found, value = lookup(type_, name)
    if found and folded not in ("count", "length"):
        return value
    if Strictness.level >= 2:
        raise runtime_error(
            f"The property '{name}' cannot be found on this object. Verify that the property exists.",
            "PropertyNotFoundStrict",
        )
    return None


def set_static(type_: NetType, name: str, value: Any) -> None:
    """`[type]::name = value`."""
    own = getattr(type_, "script_class", None)
    if own is not None and own.set_static(name.lower(), value):
        return
    described = net_class(type_.full_name)
    setter = described.find_setter(f"::{name.lower()}") if described is not None else None
    if setter is None:
        known = described is not None and described.find_constant(name.lower()) is not None
        raise read_only(name) if known else cannot_set(name)
    try:
        setter(value)
    except NetFault as fault:
        raise setting_failed(name, str(fault), fault) from None
    except InvalidCast as error:
        raise setting_failed(name, str(error), None) from None


class StaticMethod:
    """`[math]::Round` without a call: the method itself."""

    net_type = NetType("PSMethod", "System.Management.Automation.PSMethod")

    def __init__(self, type_: NetType, overloads: list[Overload]) -> None:
        self.type = type_
        self.overloads = overloads

    def invoke(self, arguments: list[Any]) -> Any:
        """Call the method."""
        name = self.overloads[0].text.partition("(")[0]
        return call(name, self.overloads, arguments, None)

    def __str__(self) -> str:
        return "\n".join(f"static {overload.text}" for overload in self.overloads)


_NOT_FROM_NULL = (nettypes.DATETIME, nettypes.TIMESPAN, nettypes.GUID, nettypes.DATETIMEOFFSET)
"""Types to which a null is not converted: a [ref] that holds null fits no overload of theirs."""


def invoke_static(type_: NetType, name: str, arguments: list[Any]) -> Any:
    """`[type]::name(arguments)`."""
    name = name if type(name) is str else to_text(name)
    folded = name.lower()
    arguments = [item.value if type(item) is Wrapped else item for item in arguments]
    if folded == "new":
        return construct(type_, arguments)
    own = getattr(type_, "script_class", None)
    if own is not None:
        done, result = own.call_static(folded, arguments)
        if done:
            return result
    if folded.startswith("tryparse") and arguments and type_ in _NOT_FROM_NULL:
        target = arguments[-1]
        if isinstance(target, NetRef) and target.read() is None:
            raise runtime_error(
                f'Cannot find an overload for "{name}" and the argument count: "{len(arguments)}".',
                "MethodCountCouldNotFindBest",
                category="NotSpecified",
                kind="MethodException",
            )
    described = net_class("System.Enum" if type_.enum is not None else type_.full_name)
    overloads = described.find_static(folded) if described is not None else None
    if overloads is None:
        found, result = _parse_method(type_, folded, arguments)
        if found:
            return result
        if is_a(type_, type_) or lookup(type_, name)[0]:
            return invoke(type_, name, arguments)
        raise _no_method(type_, name)
    return call(overloads[0].text.partition("(")[0], overloads, arguments, type_)


def _parse_method(type_: NetType, folded: str, arguments: list[Any]) -> tuple[bool, Any]:
    """Parse and TryParse of the types that a string converts to."""
    if folded == "parse" and arguments and isinstance(arguments[0], str):
        try:
            return True, cast_value(arguments[0], type_)
        except InvalidCast as error:
            why = str(error).partition('. Error: "')[2].removesuffix('"') or str(error)
            raise invocation_error("Parse", len(arguments), NetFault("FormatException", why)) from None
    if folded == "tryparse" and len(arguments) >= 2 and isinstance(arguments[-1], NetRef):
        try:
            arguments[-1].write(cast_value(arguments[0], type_))
        except InvalidCast:
            arguments[-1].write(_default(type_))
            return True, False
        return True, True
    return False, None


def _default(type_: NetType) -> Any:
    from psbridge.binding.scalars import default_of

    try:
        return default_of(type_)
    except KeyError:
        return None


def construct(type_: NetType, arguments: list[Any]) -> Any:
    """`[type]::new(arguments)`."""
    own = getattr(type_, "script_class", None)
    if own is not None:
        return own.construct(arguments)
    if type_.is_array:
        return _new_array(type_, arguments)
    parts = generic_parts(type_)
    if parts is not None:
        from psbridge.script.net.generics import construct_generic

        try:
            return construct_generic(parts[0], parts[1], type_, arguments)
        except NetFault as fault:
            raise invocation_error(".ctor", len(arguments), fault) from None
    if _is_exception(type_):
        return _new_exception(type_, arguments)
    described = net_class(type_.full_name)
    overloads = described.find_constructors() if described is not None else []
    if not overloads:
        if type_ is nettypes.OBJECT and not arguments:
            return Bag()
        if type_ is nettypes.PSOBJECT:
            return Bag() if not arguments else arguments[0]
        if type_.enum is not None and not arguments:
            return type_.enum(0)
        if not arguments and type_.is_value:
            return _default(type_)
        raise runtime_error(
            f'Cannot find an overload for "{type_.short_name}" and the argument count: "{len(arguments)}".',
            "MethodCountCouldNotFindBest",
            category="NotSpecified",
            kind="MethodException",
        )
    return call(".ctor", overloads, arguments, type_)


def _is_exception(type_: NetType | None) -> bool:
    while type_ is not None:
        if type_.full_name == "System.Exception":
            return True
        type_ = type_.parent
    return False


def _new_exception(type_: NetType, arguments: list[Any]) -> ExceptionObject:
    message = None if not arguments or arguments[0] is None else to_text(arguments[0])
    inner = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], ExceptionObject) else None
    extra: dict[str, Any] = {}
    if type_.name == "FileNotFoundException" and len(arguments) > 1 and isinstance(arguments[1], str):
        extra["FileName"] = to_text(arguments[1])
    if type_.name.startswith("Argument") and len(arguments) > 0:
        parameter = None
        if type_.name == "ArgumentException" and len(arguments) > 1 and isinstance(arguments[1], str):
            parameter = to_text(arguments[1])
        elif type_.name in ("ArgumentNullException", "ArgumentOutOfRangeException"):
            parameter = to_text(arguments[0])
            message = to_text(arguments[1]) if len(arguments) > 1 and isinstance(arguments[1], str) else None
            message = message or (
                "Value cannot be null."
                if type_.name == "ArgumentNullException"
                else "Specified argument was out of the range of valid values."
            )
        if parameter is not None:
            message = f"{message} (Parameter '{parameter}')"
            extra["ParamName"] = parameter
    return ExceptionObject(type_, message, inner, extra)


def _new_array(type_: NetType, arguments: list[Any]) -> Any:
    element = type_.element or nettypes.OBJECT
    rank = rank_of(type_)
    if rank > 1 and len(arguments) == rank:
        sizes = tuple(cast_value(one, nettypes.INT32) for one in arguments)
        return Grid(sizes, element, _default(element) if element.is_value else None)
    size = cast_value(arguments[0], nettypes.INT32) if arguments else 0
    empty = _default(element) if element.is_value else None
    return TypedArray([empty] * size, element)

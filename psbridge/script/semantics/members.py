"""`$object.Name`, `$object.Method()`, `$object[index]`, `[type]::Name`: reading, setting and calling.

Extended members (note properties, script properties, methods) come first, then .NET's own, then member
enumeration over a collection.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.properties import property_of
from psbridge.binding.text import to_text
from psbridge.binding.values import Char, Literal, PSCustomObject, Version
from psbridge.script.net import class_of, net_class
from psbridge.script.net.overloads import Overload, call, invocation_error

from .comparison import members_of
from .errors import ExceptionObject, NetFault, ScriptError, runtime_error
from .types import cast_value, generic_parts, is_a, type_of
from .values import (
    Bag,
    Dictionary,
    DictionaryEntry,
    Hashtable,
    Member,
    NetList,
    NetQueue,
    NetRef,
    NetSet,
    Ordered,
    TypedArray,
    Wrapped,
)


class Strictness:
    """What `Set-StrictMode` asked for; 0 is off."""

    level = 0


# Other modules add how objects of their classes give and take members.
_READERS: dict[type, Callable[[Any, str], tuple[bool, Any]]] = {}
_WRITERS: dict[type, Callable[[Any, str, Any], bool]] = {}
_CALLERS: dict[type, Callable[[Any, str, list[Any]], tuple[bool, Any]]] = {}


def register_object(
    cls: type,
    read: Callable[[Any, str], tuple[bool, Any]],
    write: Callable[[Any, str, Any], bool] | None = None,
    call_: Callable[[Any, str, list[Any]], tuple[bool, Any]] | None = None,
) -> None:
    """Say how instances of a class give members, by name in lower case; and take and run them."""
    _READERS[cls] = read
    if write is not None:
        _WRITERS[cls] = write
    if call_ is not None:
        _CALLERS[cls] = call_


def member(target: Any, name: Any) -> Any:
    """`$target.name`; None when there is none (an error under strict mode)."""
    cls = type(target)
    if cls is Bag or cls is PSCustomObject:
        known = target._names.get(name.lower()) if type(name) is str else None
        if known is not None:
            return target._properties[known]
    elif cls is Hashtable and type(name) is str:
        folded = name.lower()
        if folded in target._known:
            return target[name]
    if type(name) is not str and is_dictionary(target) and name in target:
        return target[name]
    found, value = lookup(target, name if type(name) is str else to_text(name))
    if found:
        return value
    return _enumerated(target, name)


def _enumerated(target: Any, name: Any) -> Any:
    items = members_of(target)
    if items is not None and items:
        values: list[Any] = []
        any_found = False
        for item in items:
            found, value = lookup(item, to_text(name))
            if not found and members_of(item):
                value = _enumerated(item, name)
                found = value is not None
            if found:
                any_found = True
                inner = members_of(value)
                if inner is not None:
                    values += inner
                else:
                    values.append(value)
        if any_found:
            return values[0] if len(values) == 1 else values
    if Strictness.level and (target is None or Strictness.level >= 2):
        raise runtime_error(
            f"The property '{to_text(name)}' cannot be found on this object. Verify that the "
            f"property exists.",
            "PropertyNotFoundStrict",
            category="NotSpecified",
            kind="PropertyNotFoundException",
        )
    return None


def lookup(target: Any, name: str) -> tuple[bool, Any]:
    """Whether an object has this property, and its value; nothing is enumerated."""
    folded = name.lower()
    if target is None:
        return (True, 0) if folded in ("count", "length") else (False, None)
    if type(target) is Literal:
        target = target.value
    if type(target) is Wrapped:
        added = target.members.get(folded)
        if added is not None and added.is_property:
            return True, added.read(target)
        if folded == "psobject":
            return True, PSObjectView(target)
        target = target.value
    if folded == "psobject":
        return True, PSObjectView(target)
    if folded == "value__" and isinstance(target, enum.Enum):
        return True, int(target.value)
    bag = bag_of(type(target))
    if bag is not None:
        found, value = _from_bag(target, bag, name, folded)
        if found:
            return True, value
    elif is_dictionary(target) and not isinstance(target, NetSet) and name in target:
        return True, target[name]
    for cls in type(target).__mro__:
        reader = _READERS.get(cls)
        if reader is not None:
            found, value = reader(target, folded)
            if found:
                return True, value
    found, value = _net_property(target, folded)
    if found:
        return True, value
    if folded in ("count", "length") and not hasattr(target, "__net_iterate__"):
        items = members_of(target)
        return True, 1 if items is None else len(items)
    return False, None


def _from_bag(
    target: Any, bag: Callable[[Any], Mapping[str, Any]], name: str, folded: str
) -> tuple[bool, Any]:
    if isinstance(target, Bag):
        known = target._names.get(folded)
        if known is not None:
            return True, target._properties[known]
        added = target._members.get(folded)
        if added is not None and added.is_property:
            return True, added.read(target)
        return False, None
    return property_of(target, (name,))


def _net_property(target: Any, folded: str) -> tuple[bool, Any]:
    described = class_of(target)
    if described is not None:
        known = described.find_property(folded)
        if known is not None:
            return True, known[1](target)
    if isinstance(target, NetType):
        return False, None
    return property_of(target, (folded,))


def set_member(target: Any, name: Any, value: Any) -> None:
    """`$target.name = value`."""
    name = name if type(name) is str else to_text(name)
    folded = name.lower()
    if type(value) is Literal:
        value = value.value
    if target is None:
        raise runtime_error(
            f"The property '{name}' cannot be found on this object. Verify that the property "
            f"exists and can be set.",
            "PropertyNotFound",
        )
    if isinstance(target, Bag):
        known = target._names.get(folded)
        if known is not None:
            target._properties[known] = value
            return
        added = target._members.get(folded)
        if added is not None and added.write is not None:
            added.write(target, value)
            return
        raise _setting_failed(name, _cannot_set(name).message, None)
    if is_dictionary(target) and not isinstance(target, NetSet):
        set_index(target, name, value)
        return
    for cls in type(target).__mro__:
        writer = _WRITERS.get(cls)
        if writer is not None and writer(target, folded, value):
            return
    if type(target) is Wrapped:
        added = target.members.get(folded)
        if added is not None and added.write is not None:
            added.write(target, value)
            return
        target = target.value
    described = class_of(target)
    setter = described.find_setter(folded) if described is not None else None
    if setter is not None:
        try:
            setter(target, value)
        except NetFault as fault:
            raise _setting_failed(name, str(fault), fault) from None
        except InvalidCast as error:
            raise _setting_failed(name, str(error), None) from None
        return
    if bag_of(type(target)) is not None:
        try:
            setattr(target, property_name(target, name), value)
        except (AttributeError, ValueError, TypeError):
            raise _cannot_set(name) from None
        return
    if lookup(target, name)[0]:
        message = f"'{name}' is a ReadOnly property."
        raise runtime_error(
            message, "PropertyAssignmentException", kind="SetValueException", category="NotSpecified"
        )
    items = members_of(target)
    if items and all(lookup(item, name)[0] for item in items):
        for item in items:
            set_member(item, name, value)
        return
    raise _cannot_set(name)


def property_name(target: Any, name: str) -> str:
    """The spelling a property bag knows a property by."""
    bag = bag_of(type(target))
    for known in bag(target) if bag else ():
        if known.lower() == name.lower():
            return known
    return name


def _cannot_set(name: str) -> ScriptError:
    message = (
        f"The property '{name}' cannot be found on this object. Verify that the property exists and "
        f"can be set."
    )
    return runtime_error(message, "PropertyAssignmentException" if not name else "PropertyNotFound")


def _setting_failed(name: str, message: str, fault: NetFault | None) -> ScriptError:
    inner = fault.exception() if fault is not None else None
    return runtime_error(
        f'Exception setting "{name}": "{message}"',
        "ExceptionWhenSetting",
        category="NotSpecified",
        kind="SetValueInvocationException",
        inner=inner,
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
    for cls in type(target).__mro__:
        caller = _CALLERS.get(cls)
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
        raise _cannot_set(name)
    setter(value)


class StaticMethod:
    """`[math]::Round` without a call: the method itself."""

    net_type = NetType("PSMethod", "System.Management.Automation.PSMethod")

    def __init__(self, type_: NetType, overloads: list[Overload]) -> None:
        self.type = type_
        self.overloads = overloads

    def invoke(self, arguments: list[Any]) -> Any:
        name = self.overloads[0].text.partition("(")[0]
        return call(name, self.overloads, arguments, None)

    def __str__(self) -> str:
        return "\n".join(f"static {overload.text}" for overload in self.overloads)


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
    size = cast_value(arguments[0], nettypes.INT32) if arguments else 0
    empty = _default(element) if element.is_value else None
    return TypedArray([empty] * size, element)


def index(target: Any, position: Any) -> Any:
    """`$target[position]`."""
    if type(position) is Literal:
        position = position.value
    if type(position) is int and type(target) in (list, TypedArray, NetList):
        if -len(target) <= position < len(target):
            return target[position]
        return _outside(target, position)
    if type(target) is Hashtable and type(position) is str:
        return target.get(position)
    return _index(target, position)


def _outside(target: Any, position: Any) -> Any:
    if Strictness.level >= 3:
        raise runtime_error(
            "Index was outside the bounds of the array.",
            "System.IndexOutOfRangeException",
            category="OperationStopped",
            kind="IndexOutOfRangeException",
        )
    return None


def _index(target: Any, position: Any) -> Any:
    if type(target) is Wrapped:
        target = target.value
    if target is None:
        raise runtime_error("Cannot index into a null array.", "NullArray")
    own = getattr(target, "__net_index__", None)
    if own is not None:
        return own(position)
    if isinstance(target, NetSet):
        raise _not_indexable(target)
    if is_dictionary(target):
        if is_list(position):
            return [_from_dictionary(target, key) for key in position]
        return _from_dictionary(target, position)
    if isinstance(target, Version):
        raise _not_indexable(target)
    if is_list(target) or isinstance(target, str):
        if is_list(position):
            return [index(target, place) for place in _places(target, position)]
        place = _place(position)
        if place is None:
            return None
        if -len(target) <= place < len(target):
            return Char(target[place]) if isinstance(target, str) else target[place]
        return _outside(target, place)
    raise _not_indexable(target)


def _not_indexable(target: Any) -> ScriptError:
    shown = type_of(target).full_name
    return runtime_error(f'Unable to index into an object of type "{shown}".', "CannotIndex")


def _place(position: Any) -> int | None:
    if position is None:
        raise runtime_error("Array index evaluated to null.", "NullArrayIndex")
    from .types import cast

    return int(cast(position, nettypes.INT32))


def _places(target: Any, positions: Iterable[Any]) -> list[Any]:
    size = len(target)
    return [place for place in positions if not isinstance(place, int) or -size <= place < size]


def _from_dictionary(target: Any, key: Any) -> Any:
    if key is None:
        return None
    if isinstance(target, Ordered) and type(key) is int and key not in target:
        items = list(target.values())
        return items[key] if -len(items) <= key < len(items) else None
    if isinstance(target, Dictionary):
        key = cast_value(key, target.key_type)
    return target.get(key)


def set_index(target: Any, position: Any, value: Any) -> None:
    """`$target[position] = value`."""
    if type(position) is Literal:
        position = position.value
    if type(value) is Literal:
        value = value.value
    if type(target) is Wrapped:
        target = target.value
    if target is None:
        raise runtime_error("Cannot index into a null array.", "NullArray")
    own = getattr(target, "__net_set_index__", None)
    if own is not None:
        own(position, value)
        return
    if is_dictionary(target) and not isinstance(target, NetSet):
        _set_entry(target, position, value)
        return
    if isinstance(target, (list, bytearray)):
        _set_element(target, position, value)
        return
    if bag_of(type(target)) is not None or isinstance(target, (str, int, float)):
        raise runtime_error(
            f'Unable to index into an object of type "{type_of(target).full_name}".', "CannotIndex"
        )
    raise _not_indexable(target)


def _set_entry(target: Any, key: Any, value: Any) -> None:
    if key is None:
        raise runtime_error("Array index evaluated to null.", "NullArrayIndex")
    if isinstance(target, Dictionary):
        target[cast_value(key, target.key_type)] = cast_value(value, target.value_type)
    elif isinstance(target, Ordered) and type(key) is int and key not in target:
        names = list(target)
        if not -len(names) <= key < len(names):
            raise runtime_error(
                "Specified argument was out of the range of valid values. (Parameter 'index')",
                "ArgumentOutOfRangeException",
                kind="ArgumentOutOfRangeException",
            )
        target[names[key]] = value
    else:
        target[key] = value


def _set_element(target: Any, position: Any, value: Any) -> None:
    place = _place(position)
    assert place is not None
    size = len(target)
    if not -size <= place < size:
        if isinstance(target, NetList):
            raise runtime_error(
                "Index was out of range. Must be non-negative and less than the size of the collection. "
                "(Parameter 'index')",
                "System.ArgumentOutOfRangeException",
                category="OperationStopped",
                kind="ArgumentOutOfRangeException",
            )
        raise runtime_error(
            "Index was outside the bounds of the array.",
            "System.IndexOutOfRangeException",
            category="OperationStopped",
            kind="IndexOutOfRangeException",
        )
    element = getattr(target, "element", nettypes.OBJECT)
    if element is not nettypes.OBJECT:
        from .types import cast

        value = cast(value, element)
    target[place] = value


class PSObjectView:
    """`$object.PSObject`."""

    net_type = NetType("PSMemberSet", "System.Management.Automation.PSObject")

    def __init__(self, target: Any) -> None:
        from importlib import import_module

        import_module("psbridge.script.commands.members_of")  # says what members it has
        self.target = target


def entries(target: Mapping[Any, Any]) -> list[DictionaryEntry]:
    """What enumerating a dictionary gives."""
    kind = None
    if isinstance(target, Dictionary):
        from .values import generic_type

        kind = generic_type("KeyValuePair", target.key_type, target.value_type)
    return [DictionaryEntry(key, value, kind) for key, value in target.items()]


def enumerate_value(value: Any) -> Iterable[Any]:
    """What `foreach` and a pipeline go through: a collection's elements, a single value itself."""
    cls = type(value)
    if cls is list or cls is TypedArray or cls is NetList or cls is range or cls is tuple:
        return value  # type: ignore[no-any-return]
    if value is None:
        return (None,)
    if cls is Wrapped and members_of(value.value) is None:
        return (value,)
    items = members_of(value)
    if items is not None:
        return items
    own = getattr(value, "__net_iterate__", None)
    return own() if own is not None else (value,)


def loop_items(value: Any) -> Iterable[Any]:
    """What `foreach ($x in value)` goes through: nothing for $null."""
    return () if value is None else enumerate_value(value)


__all__ = ["Member", "NetQueue", "construct", "index", "invoke", "invoke_static", "member", "set_index"]

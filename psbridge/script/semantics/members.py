"""`$object.Name`, `$object.Method()`, `$object[index]`, `[type]::Name`: reading, setting and calling.

Extended members (note properties, script properties, methods) come first, then .NET's own, then member
enumeration over a collection.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psbridge.binding.errors import InvalidCast
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary
from psbridge.binding.properties import property_of, register_reader
from psbridge.binding.text import to_text
from psbridge.binding.values import Literal, PSCustomObject
from psbridge.script.net import class_of

from .comparison import members_of
from .errors import NetFault, ScriptError, Strictness, runtime_error
from .indexing import set_index
from .keys import spelt
from .values import (
    Bag,
    Dictionary,
    DictionaryEntry,
    Hashtable,
    NetList,
    NetRef,
    NetSet,
    TypedArray,
    Wrapped,
)

# Other modules add how objects of their classes give and take members.
_READERS: dict[type, Callable[[Any, str], tuple[bool, Any]]] = {}
_WRITERS: dict[type, Callable[[Any, str, Any], bool]] = {}
CALLERS: dict[type, Callable[[Any, str, list[Any]], tuple[bool, Any]]] = {}


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
        CALLERS[cls] = call_


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
            if not found and Strictness.level < 2 and bag_of(type(item)) is not None:
                found, value = True, None
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
        return (True, 0) if folded in ("count", "length") and not Strictness.level else (False, None)
    if type(target) is Literal:
        target = target.value
    if type(target) is Wrapped:
        added = target.members.get(folded)
        if added is not None and added.is_property:
            return True, added.read(target)
        if folded in ("psobject", "pstypenames"):
            view = PSObjectView(target)
            return (True, view) if folded == "psobject" else lookup(view, "typenames")
        target = target.value
    if folded == "psobject":
        return True, PSObjectView(target)
    if folded == "psbase":
        return True, BaseView(target)
    if folded == "pstypenames":
        return lookup(PSObjectView(target), "typenames")
    if folded == "value__" and isinstance(target, enum.Enum):
        return True, int(target.value)
    bag = bag_of(type(target))
    if bag is not None:
        found, value = _from_bag(target, bag, name, folded)
        if found:
            return True, value
    elif is_dictionary(target) and not isinstance(target, NetSet) and spelt(target, name) in target:
        return True, target[spelt(target, name)]
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
        hidden = getattr(type(target), "hidden", None)
        return hidden(target, folded) if hidden is not None else (False, None)
    return property_of(target, (name,))


def _net_property(target: Any, folded: str) -> tuple[bool, Any]:
    described = class_of(target)
    if described is not None:
        known = described.find_property(folded)
        if known is not None:
            return True, known[1](target)
    if isinstance(target, NetType):
        return False, None
    if type(target).__module__.startswith(_RESULTS):
        for name in getattr(target, "__dataclass_fields__", ()):
            if name.lower() == folded:
                return True, getattr(target, name)
    return property_of(target, (folded,))


_RESULTS = ("psbridge.client.", "psbridge.chat.", "psbridge.cmdlets.")
"""Where the classes are of what psbridge's own cmdlets give, models apart."""


def _own_member(target: Any, folded: str) -> tuple[bool, Any]:
    """A property that an object's class has."""
    for cls in type(target).__mro__:
        reader = _READERS.get(cls)
        if reader is not None:
            return reader(target, folded)
    described = class_of(target) if target is not None and not isinstance(target, NetType) else None
    known = described.find_property(folded) if described is not None else None
    return (True, known[1](target)) if known is not None else (False, None)


register_reader(_own_member)


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
            target[known] = value
            return
        added = target._members.get(folded)
        if added is not None and added.write is not None:
            added.write(target, value)
            return
        raise setting_failed(name, cannot_set(name).message, None)
    if type(target) is PSCustomObject and name not in target:
        raise setting_failed(name, cannot_set(name).message, None)
    if is_dictionary(target) and not isinstance(target, NetSet):
        set_index(target, name, value)
        return
    for cls in type(target).__mro__:
        writer = _WRITERS.get(cls)
        try:
            if writer is not None and writer(target, folded, value):
                return
        except ScriptError as error:
            if error.error_id == "PropertyAssignmentException":
                raise cannot_set(name) from None
            raise
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
            raise setting_failed(name, str(fault), fault) from None
        except InvalidCast as error:
            raise setting_failed(name, str(error), None) from None
        return
    if bag_of(type(target)) is not None:
        try:
            setattr(target, property_name(target, name), value)
        except (AttributeError, ValueError, TypeError):
            raise cannot_set(name) from None
        return
    if lookup(target, name)[0]:
        raise read_only(name)
    items = members_of(target)
    if items and all(lookup(item, name)[0] for item in items):
        for item in items:
            set_member(item, name, value)
        return
    raise cannot_set(name)


def property_name(target: Any, name: str) -> str:
    """The spelling a property bag knows a property by."""
    bag = bag_of(type(target))
    for known in bag(target) if bag else ():
        if known.lower() == name.lower():
            return known
    return name


def cannot_set(name: str) -> ScriptError:
    """The error for a property that an object does not have."""
    message = (
        f"The property '{name}' cannot be found on this object. Verify that the property exists and "
        f"can be set."
    )
    return runtime_error(message, "PropertyAssignmentException")


def read_only(name: str) -> ScriptError:
    """The error for a property that can be read only."""
    return runtime_error(f"'{name}' is a ReadOnly property.", "PropertyAssignmentException")


def setting_failed(name: str, message: str, fault: NetFault | None) -> ScriptError:
    """The error of a property that would not take a value."""
    inner = fault.exception() if fault is not None else None
    return runtime_error(
        f'Exception setting "{name}": "{message}"',
        "ExceptionWhenSetting",
        category="NotSpecified",
        kind="SetValueInvocationException",
        inner=inner,
    )


class BaseView:
    """`$object.PSBase`: what .NET's type has, whatever keys or added members have the same names."""

    net_type = NetType("PSMemberSet", "System.Management.Automation.PSMemberSet")

    def __init__(self, target: Any) -> None:
        self.target = target


def _call_base(view: BaseView, name: str, arguments: list[Any]) -> tuple[bool, Any]:
    from .calling import invoke

    return True, invoke(view.target, name, arguments)


def _write_reference(reference: NetRef, name: str, value: Any) -> bool:
    if name != "value":
        return False
    reference.write(value)
    return True


register_object(
    NetRef,
    lambda reference, name: (True, reference.read()) if name == "value" else (False, None),
    _write_reference,
)
register_object(BaseView, lambda view, name: _net_property(view.target, name), None, _call_base)


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

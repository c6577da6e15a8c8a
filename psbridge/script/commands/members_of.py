"""Add-Member and Get-Member, and `$object.PSObject`."""

from __future__ import annotations

from itertools import product
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.objects import bag_of, is_dictionary
from psbridge.binding.text import to_text
from psbridge.binding.values import PSCustomObject
from psbridge.script.semantics import members, patterns
from psbridge.script.semantics.attributes import NetAttributes
from psbridge.script.semantics.errors import ErrorRecord, ExceptionObject
from psbridge.script.semantics.members import PSObjectView, register_object
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, Member, NetList, Wrapped

from .calculated import property_names
from .cmdlet import Cmdlet
from .member_rows import as_note, kind_of, member_rows, type_name_of


def script_property(name: str, block: Any, setter: Any = None) -> Member:
    """A ScriptProperty: its block runs with `$this`."""

    def write(target: Any, value: Any) -> None:
        with_this(setter, target, [value])

    return Member(
        name, "ScriptProperty", block, lambda target: with_this(block, target, []), write if setter else None
    )


def with_this(block: Any, target: Any, arguments: list[Any]) -> Any:
    """Run a block with `$this`."""
    from psbridge.script.interpreter.blocks import run_block
    from psbridge.script.interpreter.output import unpacked
    from psbridge.script.interpreter.scope import Scope

    scope = Scope(block.rt, block.closure or block.rt.scope)
    scope.vars["this"] = target
    items: list[Any] = []
    run_block(block.rt, block.code, scope, arguments, items.append)
    return unpacked(items)


def script_method(name: str, block: Any) -> Member:
    """A ScriptMethod."""
    return Member(
        name, "ScriptMethod", lambda target, arguments: with_this(block, target, arguments), lambda t: None
    )


class AddMember(Cmdlet):
    """Add-Member."""

    def record(self) -> None:
        target = self.get("InputObject")
        if target is None:
            return
        holder = self._holder(target)
        if self.has("NotePropertyMembers"):
            for key, value in self.get("NotePropertyMembers").items():
                self._add_note(holder, to_text(key), value)
        elif self.has("NotePropertyName"):
            self._add_note(holder, self.text("NotePropertyName"), self.get("NotePropertyValue"))
        elif self.has("MemberType"):
            self._add(holder, to_text(self.get("MemberType")).lower(), self.text("Name"), self.get("Value"))
        if self.has("TypeName") and isinstance(holder, Bag):
            holder._type_names.insert(0, self.text("TypeName"))
        if self.on("PassThru"):
            self.write(holder)

    def _holder(self, target: Any) -> Any:
        if isinstance(target, (Bag, Wrapped, ErrorRecord, ExceptionObject)) or hasattr(
            target, "script_class"
        ):
            return target
        if isinstance(target, PSCustomObject):
            return target
        if is_dictionary(target) or bag_of(type(target)) is not None:
            return target
        return Wrapped(target)

    def _add_note(self, holder: Any, name: str, value: Any) -> None:
        found, _ = members.lookup(holder, name)
        if found and name.lower() not in ("count", "length") and not self.on("Force"):
            self.error(
                "InvalidOperationException",
                f'Cannot add a member with the name "{name}" because a member with that name '
                f"already exists. To overwrite "
                "the member anyway, add the Force parameter to your command.",
                "MemberAlreadyExists",
                "InvalidOperation",
                holder,
            )
            return
        self.attach_note(holder, name, value)

    @staticmethod
    def attach_note(holder: Any, name: str, value: Any) -> None:
        """Add a note property."""
        if isinstance(holder, Bag):
            if name.lower() in holder._members:
                holder.remove(name)
            holder[name] = value
        elif isinstance(holder, PSCustomObject):
            holder[name] = value
        elif isinstance(holder, Wrapped):
            box = [value]

            def put(target: Any, new: Any) -> None:
                box[0] = new

            holder.members[name.lower()] = Member(name, "NoteProperty", value, lambda target: box[0], put)
        elif isinstance(holder, ErrorRecord):
            holder.members[name.lower()] = value
        elif isinstance(holder, ExceptionObject):
            holder.extra[name] = value
        elif is_dictionary(holder):
            holder[name] = value
        elif hasattr(holder, "values") and isinstance(holder.values, dict):
            holder.values[name] = value
        else:
            setattr(holder, name, value)

    def _add(self, holder: Any, kind: str, name: str, value: Any) -> None:
        if kind == "noteproperty":
            self._add_note(holder, name, value)
            return
        if kind == "scriptproperty":
            member = script_property(name, value, self.get("SecondValue"))
        elif kind == "scriptmethod":
            member = script_method(name, value)
        elif kind == "aliasproperty":
            member = Member(
                name, "AliasProperty", value, lambda target: members.member(target, to_text(value))
            )
        else:
            self._add_note(holder, name, value)
            return
        table = (
            holder._members
            if isinstance(holder, Bag)
            else holder.members
            if isinstance(holder, Wrapped)
            else None
        )
        if table is None:
            self._add_note(holder, name, value)
            return
        table[name.lower()] = member


class GetMember(Cmdlet):
    """Get-Member."""

    def start(self) -> None:
        self.seen: set[str] = set()
        self.any = False

    def record(self) -> None:
        item = self.get("InputObject")
        if item is None:
            return
        self.any = True
        full_name = type_name_of(item)
        if full_name in self.seen:
            return
        self.seen.add(full_name)
        wanted = {to_text(one).lower() for one in _listed(self.get("MemberType"))}
        names = [to_text(one) for one in self.get("Name") or ["*"]]
        rows = [row for row in member_rows(item) if _asked(row[1], wanted)]
        rows.sort(key=lambda row: (row[1], row[0].lower()))
        for pattern, (name, kind, definition) in product(map(patterns.wildcard, names), rows):
            if pattern.fullmatch(name):
                self.write(
                    Bag(
                        {
                            "TypeName": full_name,
                            "Name": name,
                            "MemberType": member_type(kind),
                            "Definition": definition,
                        },
                        "Microsoft.PowerShell.Commands.MemberDefinition",
                    )
                )

    def finish(self) -> None:
        if not self.any:
            self.error(
                "InvalidOperationException",
                "You must specify an object for the Get-Member cmdlet.",
                "NoObjectInGetMember",
                "CloseError",
            )


def member_type(kind: str) -> Any:
    """A PSMemberTypes value."""
    from psbridge.script.semantics.types import net_enum

    return net_enum("System.Management.Automation.PSMemberTypes")[kind]


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    return to_text(value).replace(" ", "").split(",")


def _asked(kind: str, wanted: set[str]) -> bool:
    if not wanted or "all" in wanted or kind.lower() in wanted:
        return True
    if "properties" in wanted and kind.endswith("Property"):
        return True
    return "methods" in wanted and kind.endswith("Method")


# $object.PSObject


def _view(view: PSObjectView, name: str) -> tuple[bool, Any]:
    target = view.target
    if name == "properties":
        return True, Properties(
            [property_info(target, one) for one in property_names(_shown(target))], target
        )
    if name == "methods":
        methods = [
            Bag({"Name": row[0], "MemberType": row[1]})
            for row in member_rows(target)
            if row[1].endswith("Method")
        ]
        return True, Properties(methods, target)
    if name == "members":
        return True, Properties([property_info(target, one) for one in property_names(target)], target)
    if name == "typenames":
        return True, type_names(_shown(target))
    if name == "baseobject" or name == "immediatebaseobject":
        return True, target.value if isinstance(target, Wrapped) else target
    return False, None


def _shown(target: Any) -> Any:
    """A model as the module gives it, with the members that it does not have; anything else as it is."""
    if not hasattr(type(target), "model_fields"):
        return target
    from .own import shown

    return shown(target)


def type_names(target: Any) -> NetList:
    """The type names of an object, most special first; a list that can be changed."""
    if isinstance(target, Bag):
        return _Names(target)
    names = []
    type_: Any = type_of(target)
    while type_ is not None:
        names.append(type_.full_name)
        type_ = type_.parent
    if names[-1] != "System.Object":
        names += ["System.ValueType", "System.Object"] if type_of(target).is_value else ["System.Object"]
    return NetList(names, nettypes.STRING, "Collection")


class _Names(NetList):
    """The type names of a [pscustomobject], which remembers what is inserted."""

    __slots__ = ("owner",)

    def __init__(self, owner: Bag) -> None:
        super().__init__(
            [*owner._type_names, "System.Management.Automation.PSCustomObject", "System.Object"],
            nettypes.STRING,
            "Collection",
        )
        self.owner = owner

    def insert(self, place: Any, value: Any) -> None:
        super().insert(place, value)
        self.owner._type_names.insert(int(place), value)

    def append(self, value: Any) -> None:
        super().append(value)
        self.owner._type_names.append(value)

    def clear(self) -> None:
        super().clear()
        self.owner._type_names.clear()


def property_info(target: Any, name: str) -> Property:
    """One property of `PSObject.Properties`."""
    return Property(target, name)


class Property(NetAttributes):
    """A property as an object of its own."""

    def __init__(self, target: Any, name: str) -> None:
        self.target = target
        self.name = name

    @property
    def net_type(self) -> Any:
        kind = kind_of(self.target, self.name)
        return nettypes.NetType(f"PS{kind}", f"System.Management.Automation.PS{kind}")

    def __str__(self) -> str:
        return as_note(self.name, members.lookup(self.target, self.name)[1])


def _read_property(one: Property, name: str) -> tuple[bool, Any]:
    if name == "name":
        return True, one.name
    if name == "value":
        given = members.lookup(one.target, one.name)
        return (
            given if given[0] and type(given[1]) is not int else members.lookup(_shown(one.target), one.name)
        )
    if name == "membertype":
        return True, member_type(kind_of(_shown(one.target), one.name))
    if name == "typenameofvalue":
        value = members.lookup(_shown(one.target), one.name)[1]
        return True, "System.Object" if value is None else _value_type(value)
    if name in ("issettable", "isgettable", "isinstance"):
        return True, True
    return False, None


def _value_type(value: Any) -> str:
    return type_name_of(value) if isinstance(value, Bag) else type_of(value).full_name


def _write_property(one: Property, name: str, value: Any) -> bool:
    if name != "value":
        return False
    members.set_member(one.target, one.name, value)
    return True


class Properties(NetList):
    """`PSObject.Properties`: by name too."""

    __slots__ = ("target",)

    def __init__(self, items: list[Any], target: Any) -> None:
        super().__init__(items)
        self.target = target

    def __net_index__(self, key: Any) -> Any:
        if isinstance(key, int):
            return self[key]
        wanted = to_text(key).lower()
        return next((one for one in self if _name_of(one).lower() == wanted), None)


def _name_of(one: Any) -> str:
    return to_text(one["Name"]) if isinstance(one, Bag) else str(one.name)


def _read_properties(one: Properties, name: str) -> tuple[bool, Any]:
    """The collection has no count of its own: asked for it, each property says that it is one."""
    return (True, [1 for _ in one] or None) if name in ("count", "length") else (False, None)


def _call_properties(one: Properties, name: str, arguments: list[Any]) -> tuple[bool, Any]:
    target = one.target
    if name == "remove":
        if isinstance(target, Bag):
            target.remove(to_text(arguments[0]))
        return True, None
    if name == "add":
        added = arguments[0]
        if isinstance(added, Member) and isinstance(target, (Bag, Wrapped)) and added.kind != "NoteProperty":
            (target._members if isinstance(target, Bag) else target.members)[added.name.lower()] = added
        elif isinstance(added, Member):
            AddMember.attach_note(target, added.name, added.value)
        if isinstance(added, Bag) and "Name" in added:
            AddMember.attach_note(target, to_text(added["Name"]), added["Value"])
        return True, None
    if name == "match":
        pattern = patterns.wildcard(to_text(arguments[0]))
        return True, [item for item in one if pattern.fullmatch(_name_of(item))]
    if name == "item":
        return True, one.__net_index__(arguments[0])
    return False, None


def _call_view(view: PSObjectView, name: str, arguments: list[Any]) -> tuple[bool, Any]:
    if name == "copy":
        return True, view.target.copied() if isinstance(view.target, Bag) else view.target
    return False, None


register_object(PSObjectView, _view, None, _call_view)
register_object(Property, _read_property, _write_property)
register_object(Properties, _read_properties, None, _call_properties)

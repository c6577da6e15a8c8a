"""[psnoteproperty] and its kin: members to add to an object through `$object.PSObject`; [switch]."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.values import Switch
from psbridge.script.semantics.values import Member

from . import describe


def _note(name: str, value: Any) -> Member:
    return Member(name, "NoteProperty", value, lambda target: value)


def _script_property(name: str, getter: Any, setter: Any = None) -> Member:
    from psbridge.script.commands.members_of import script_property

    return script_property(name, getter, setter)


def _script_method(name: str, block: Any) -> Member:
    from psbridge.script.commands.members_of import script_method

    return script_method(name, block)


def _alias(name: str, other: str) -> Member:
    from psbridge.script.semantics.members import member

    return Member(name, "AliasProperty", other, lambda target: member(target, other))


_CONSTRUCTORS: dict[str, dict[str, Any]] = {
    "PSNoteProperty": {"(string name, object value)": _note},
    "PSScriptProperty": {
        "(string name, scriptblock getterScript)": _script_property,
        "(string name, scriptblock getterScript, scriptblock setterScript)": _script_property,
    },
    "PSScriptMethod": {"(string name, scriptblock script)": _script_method},
    "PSAliasProperty": {"(string name, string referencedMemberName)": _alias},
}
for _name, _constructors in _CONSTRUCTORS.items():
    _full = f"System.Management.Automation.{_name}"
    _described = describe(_full, NetType(_name, _full))
    _described.new(_constructors)
    _described.property(
        {
            "Name": lambda made: made.name,
            "Value": lambda made: made.value,
            "MemberType": lambda made: made.kind,
        }
    )

SWITCH = describe("System.Management.Automation.SwitchParameter", nettypes.SWITCH)
SWITCH.property({"IsPresent": bool})
SWITCH.method({"ToBool()": bool})
SWITCH.constant({"Present": lambda: Switch(True)})
SWITCH.new({"(bool isPresent)": Switch})

"""Functions, script blocks, classes and enumerations coming into being."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import enum_type
from psbridge.binding.text import to_text
from psbridge.script import syntax as s
from psbridge.script.net.place import full
from psbridge.script.semantics.casts import cast
from psbridge.script.semantics.errors import runtime_error

from .blocks import Block
from .scope import Scope

GENERATED = "define_function new_block define_type".split()


def define_function(S: Scope, name: str, code: Any, is_filter: bool) -> None:
    """`function name {...}`."""
    S.rt.define_function(S, name, code, is_filter)


def new_block(S: Scope, code: Any) -> Block:
    """`{...}` as a value."""
    return Block(code, S.rt)


def define_type(S: Scope, node: s.TypeDefinition, unit: Any) -> None:
    """`class` and `enum`; done once, before the script runs."""
    if id(node) in unit.types_made:
        return
    unit.types_made.add(id(node))
    if node.is_enum:
        _define_enum(S, node, unit)
        return
    from .classes import define_class

    define_class(S, node, unit)


def _define_enum(S: Scope, node: s.TypeDefinition, unit: Any) -> None:
    members: dict[str, int] = {}
    following = 0
    for member in node.members:
        if member.initial_value is not None:
            following = int(cast(S.rt.evaluate(S, member.initial_value, unit), nettypes.INT32))
        members[member.name] = following
        following += 1
    flags = any(one.type_name.name.lower() in ("flags", "flagsattribute") for one in node.attributes or ())
    base: Any = enum.IntFlag if flags else enum.IntEnum
    cls = base(node.name, members)
    S.rt.add_type(node.name, enum_type(cls))


def use(rt: Any, S: Scope, node: s.UsingStatement) -> None:
    """`using namespace`, `using module`, `using assembly`."""
    kind = node.using_statement_kind.lower()
    name = to_text(node.name.value) if node.name is not None else ""
    if kind == "namespace":
        namespaces = rt.state.setdefault("namespaces", [])
        if name not in namespaces:
            namespaces.append(name)
            rt.known_types.clear()
    elif kind == "module":
        from psbridge.script.commands.modules import import_module

        import_module(rt, rt.globals, name)
    elif kind != "assembly":
        raise runtime_error(f"using {kind} is not supported here.", "NotSupported")


def script_path(name: str, root: str) -> str:
    """A script or module beside the one that names it."""
    return full(name) if Path(full(name)).exists() else str(Path(root) / name)

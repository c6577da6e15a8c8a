"""The drives that are not files: `env:`, `variable:`, `function:`, `alias:`."""

from __future__ import annotations

import os
from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.patterns import has_wildcard, wildcard

_DRIVES = ("env", "variable", "function", "alias")


def drive_of(path: Any) -> tuple[str, str] | None:
    """The drive and the rest of a path like `env:PATH`; None for a path of files."""
    if not isinstance(path, str):
        return None
    head, colon, rest = path.partition(":")
    folded = head.lower().rpartition("::")[2]
    if not colon or folded not in _DRIVES:
        return None
    return folded, rest.lstrip("/\\:")


def _all(cmdlet: Any, kind: str, wanted: str = "") -> dict[str, Any]:
    rt, scope = cmdlet.rt, cmdlet.scope
    found: dict[str, Any] = {}
    if kind == "env":
        return dict(os.environ)
    if kind == "alias":
        from .table import ALIASES

        found = dict(ALIASES)
        step = scope
        while step is not None:
            found.update(step.aliases or {})
            step = step.parent
        return found
    step = scope
    while step is not None:
        if kind == "variable":
            for name, value in step.vars.items():
                found.setdefault(name, value)
        else:
            for info in (step.functions or {}).values():
                from psbridge.script.interpreter.blocks import Block

                found.setdefault(info.name, Block(info.code, rt))
        step = step.parent
    if kind == "variable":
        for name in ("pwd", "host", "psversiontable", "executioncontext", "pshome", "profile", "psstyle"):
            if name not in found and (not wanted or wanted.lower() == name):
                found[name] = rt.missing_variable(scope, name)
    if kind == "function" and "prompt" not in {name.lower() for name in found}:
        found["prompt"] = rt.block_from_text('"PS $PWD> "')
    return found


def items_of_drive(cmdlet: Any, kind: str, name: str) -> list[tuple[str, Any]]:
    """The items of a drive that a name or wildcard is for."""
    every = _all(cmdlet, kind, name)
    if kind == "env" and not has_wildcard(name) and name:
        return [(name, os.environ[name])] if name in os.environ else []
    pattern = wildcard(name or "*")
    return sorted(
        ((key, value) for key, value in every.items() if pattern.fullmatch(key)),
        key=lambda one: one[0].lower(),
    )


def found_in_drive(cmdlet: Any, kind: str, name: str) -> list[tuple[str, Any]]:
    """The items of a drive that a name or wildcard is for; a plain name of none of them is an error."""
    from .files import missing

    items = items_of_drive(cmdlet, kind, name)
    if not items and name and not has_wildcard(name):
        missing(cmdlet, f"{kind.title()}:/{name}")
    return items


def set_in_drive(cmdlet: Any, kind: str, name: str, values: list[Any]) -> None:
    """Set an item of a drive."""
    value = values[0] if len(values) == 1 else values or None
    if kind == "variable":
        cmdlet.scope.vars[name.lower()] = value
    elif kind == "alias":
        cmdlet.rt.globals.aliases[name.lower()] = to_text(value)
    else:
        cmdlet.rt.set_drive_value(cmdlet.scope, kind, name, value)


def remove_from_drive(cmdlet: Any, kind: str, name: str) -> None:
    """Remove items of a drive."""
    for key, _ in found_in_drive(cmdlet, kind, name):
        if kind == "env":
            os.environ.pop(key, None)
            continue
        step = cmdlet.scope
        while step is not None:
            table = {"variable": step.vars, "function": step.functions, "alias": step.aliases}[kind]
            if table is not None and table.pop(key.lower(), None) is not None:
                break
            step = step.parent

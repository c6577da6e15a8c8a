"""What generated code calls for a `switch`: what it goes through, its clauses, and `$_` around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock
from psbridge.script.semantics import members, patterns
from psbridge.script.semantics.comparison import truth
from psbridge.script.semantics.errors import runtime_error

from . import scope
from .support import match_operator

GENERATED = (
    "switch_items switch_file switch_exact switch_wildcard switch_regex saved_item restore_item"
).split()


def switch_items(value: Any) -> list[Any]:
    """What a switch goes through."""
    return list(members.enumerate_value(value))


def switch_file(S: scope.Scope, value: Any) -> list[Any]:
    """The lines that `switch -File` goes through."""
    from psbridge.script.net.place import full, lines_of, read_text

    path = full(to_text(value))
    if not Path(path).is_file():
        raise runtime_error(
            f"Could not find file '{path}'.",
            "System.IO.FileNotFoundException",
            category="OpenError",
            kind="FileNotFoundException",
        )
    return lines_of(read_text(path))


def switch_exact(S: scope.Scope, item: Any, value: Any, case: bool) -> bool:
    """A clause of a plain switch."""
    if isinstance(value, ScriptBlock):
        return truth(value.value(item))  # type: ignore[attr-defined]
    if value is None:
        return item is None
    one, other = to_text(item), to_text(value)
    return one == other or (not case and one.lower() == other.lower())


def switch_wildcard(S: scope.Scope, item: Any, value: Any, case: bool) -> bool:
    """A clause of `switch -Wildcard`."""
    return patterns.wildcard(to_text(value), case).fullmatch(to_text(item)) is not None


def switch_regex(S: scope.Scope, item: Any, value: Any, case: bool) -> bool:
    """A clause of `switch -Regex`; sets `$Matches`."""
    return truth(match_operator(S, to_text(item), patterns.operand_regex(value, ignore_case=not case), case))


def saved_item(variables: dict[str, Any]) -> tuple[bool, Any]:
    """`$_` before a switch."""
    return ("_" in variables, variables.get("_"))


def restore_item(variables: dict[str, Any], saved: tuple[bool, Any]) -> None:
    """`$_` after it."""
    if saved[0]:
        variables["_"] = saved[1]
    else:
        variables.pop("_", None)

"""`$PSDefaultParameterValues`: parameters that a call did not give."""

from __future__ import annotations

from typing import Any

from psbridge.binding.arguments import Argument
from psbridge.binding.errors import ParameterBindingError
from psbridge.binding.nettypes import NetType
from psbridge.binding.ordinal import folded
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock
from psbridge.script.semantics.comparison import truth
from psbridge.script.semantics.patterns import wildcard
from psbridge.script.semantics.values import Hashtable

from .scope import Scope


class DefaultParameters(Hashtable):
    """System.Management.Automation.DefaultParameterDictionary."""

    __slots__ = ()
    net_type = NetType(
        "DefaultParameterDictionary",
        "System.Management.Automation.DefaultParameterDictionary",
        parent=Hashtable.net_type,
    )


def default_arguments(S: Scope, command: str, metadata: Any) -> list[Argument]:
    """What the variable gives a command, as named arguments; empty almost always."""
    holder = S.find("psdefaultparametervalues")
    table = holder.vars["psdefaultparametervalues"] if holder is not None else None
    if not table or not isinstance(table, dict) or truth(table.get("Disabled", False)):
        return []
    known = {
        name: entry.parameter.name for name, entry in (*metadata.aliases.items(), *metadata.names.items())
    }
    found: list[Argument] = []
    for key, value in table.items():
        pattern, colon, parameter = to_text(key).partition(":")
        name = known.get(folded(parameter.strip()))
        if not colon or name is None or not wildcard(pattern.strip()).fullmatch(command):
            continue
        if isinstance(value, ScriptBlock):
            value = value.invoke([])  # type: ignore[attr-defined]
        found.append(Argument(name, value, text=f"-{name}"))
    return found


def bound_with_defaults(bind: Any, arguments: list[Any], defaults: list[Argument]) -> Any:
    """Bind a call with those defaults whose parameters it does not give itself.

    Args:
        bind: gives a binder for a list of arguments.
    """
    try:
        taken = {name.lower() for name in bind(arguments).bound}
    except ParameterBindingError:
        taken = {to_text(one.name).lower() for one in arguments if isinstance(one, Argument) and one.name}
    return bind([*arguments, *[one for one in defaults if to_text(one.name).lower() not in taken]])

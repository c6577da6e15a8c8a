"""`$PSDefaultParameterValues`: parameters that a call did not give."""

from __future__ import annotations

from psbridge.binding.arguments import Argument
from psbridge.binding.metadata import Metadata
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


def default_arguments(S: Scope, command: str, metadata: Metadata) -> list[Argument]:
    """What the variable gives a command, as named arguments; empty almost always."""
    holder = S.find("psdefaultparametervalues")
    table = holder.vars["psdefaultparametervalues"] if holder is not None else None
    if not table or not isinstance(table, dict) or truth(table.get("Disabled", False)):
        return []
    found: list[Argument] = []
    for key, value in table.items():
        pattern, colon, parameter = to_text(key).partition(":")
        wanted = folded(parameter.strip())
        entry = metadata.names.get(wanted) or metadata.aliases.get(wanted)
        if not colon or entry is None or not wildcard(pattern.strip()).fullmatch(command):
            continue
        if isinstance(value, ScriptBlock):
            value = value.invoke([])  # type: ignore[attr-defined]
        name = entry.parameter.name
        found.append(Argument(name, value, text=f"-{name}"))
    return found

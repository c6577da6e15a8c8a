"""-OutVariable, -ErrorVariable and their like: variables that hear what a command writes."""

from __future__ import annotations

from typing import Any

from psbridge.script.semantics.values import NetList

_STREAMS = {"ErrorVariable": 2, "WarningVariable": 3, "InformationVariable": 6}


def variable_list(scope: Any, name: str) -> NetList:
    """The list a variable becomes; `+name` goes on with the one that is there."""
    appends = name.startswith("+")
    folded = name.lstrip("+").lower()
    holder = scope.find(folded) if appends else None
    known = holder.vars[folded] if holder is not None else None
    heard = known if isinstance(known, NetList) else NetList(kind="ArrayList")
    scope.vars[folded] = heard
    return heard


def attach(stage: Any, parameter: str, name: str) -> None:
    """Have a stage's output, or what goes to one of its streams, kept in a variable of the caller."""
    if parameter == "PipelineVariable":
        inner = stage.sink
        variables = stage.caller.vars

        def with_variable(value: Any) -> None:
            variables[name.lower()] = value
            inner(value)

        stage.sink = with_variable
        return
    heard = variable_list(stage.caller, name)
    if parameter == "OutVariable":
        passed_on = stage.sink

        def keeping(value: Any) -> None:
            heard.append(value)
            passed_on(value)

        stage.sink = keeping
        return
    stage.listeners.append((_STREAMS[parameter], heard))

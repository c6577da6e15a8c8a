"""`$MyInvocation`: what was called, how, and from where."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from psbridge.binding.text import to_text
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import Made

from .frames import line_of, script_frame, text_of


def command_type(name: str) -> Any:
    """A CommandTypes value."""
    return net_enum("System.Management.Automation.CommandTypes")[name]


@lru_cache(maxsize=4096)
def asks_for_invocation(text: str) -> bool:
    """Whether a block's text has `$MyInvocation`, or `$PSCmdlet.MyInvocation`."""
    return "myinvocation" in text.lower()


def called_from(code: Any) -> dict[str, Any]:
    """The line of a script that a call stands in; looked for only where the block asks for its invocation."""
    nowhere = {"ScriptLineNumber": 0, "OffsetInLine": 0, "Line": ""}
    if not asks_for_invocation(code.text):
        return nowhere
    frame = script_frame(sys._getframe())
    if frame is None:
        return nowhere
    number = frame.f_lineno
    return {"ScriptLineNumber": number, "OffsetInLine": 1, "Line": line_of(text_of(frame), number)}


def invocation(rt: Any, stage: Any) -> Made:
    """The `$MyInvocation` of a block that runs."""
    kind = "Function" if stage.info is not None else "Script"
    is_file = stage.info is None and rt.script_file and not stage.local
    if is_file:
        kind = "ExternalScript"
    command = Made(
        {
            "Name": stage.name,
            "CommandType": command_type(kind),
            "Definition": stage.code.text,
            "Path": rt.script_file,
            "Source": rt.script_file or "",
        },
        "System.Management.Automation.FunctionInfo",
        stage.name,
    )
    return Made(
        {
            "MyCommand": command,
            "BoundParameters": stage.scope.vars.get("psboundparameters"),
            "UnboundArguments": stage.scope.vars.get("args", []),
            "InvocationName": rt.script_file if is_file else to_text(stage.called) or stage.name,
            "ScriptName": rt.script_file,
            "PSScriptRoot": stage.scope.script_scope().vars.get("psscriptroot", ""),
            "PSCommandPath": stage.scope.script_scope().vars.get("pscommandpath", ""),
            "ExpectingInput": stage.has_input,
            **called_from(stage.code),
        },
        "System.Management.Automation.InvocationInfo",
    )

"""`$PSCmdlet` in an advanced function."""

from __future__ import annotations

from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.net.place import full
from psbridge.script.semantics.errors import ErrorRecord, ScriptError
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.values import Bag

from .caught import place_at_call
from .output import emit


class FunctionCmdlet:
    """What a function reaches the pipeline through."""

    net_type = NetType("PSScriptCmdlet", "System.Management.Automation.PSScriptCmdlet")

    def __init__(self, stage: Any) -> None:
        self.stage = stage

    def should_process(self, arguments: list[Any]) -> bool:
        """ShouldProcess: false under -WhatIf."""
        target = to_text(arguments[0]) if arguments else ""
        action = to_text(arguments[1]) if len(arguments) > 1 else self.stage.name
        scope = self.stage.scope
        rt = self.stage.rt
        said = target if len(arguments) == 3 else f'Performing the operation "{action}" on target "{target}".'
        if truthy(scope, "whatifpreference"):
            rt.host.line(f"What if: {said}")
            return False
        if rt.preference(scope, "verbosepreference") == "Continue":
            rt.write_stream(4, said)
        return True

    def terminate(self, record: Any) -> None:
        """ThrowTerminatingError."""
        if isinstance(record, ErrorRecord):
            self._sign(record)
            error = ScriptError(record)
            error.leaves = self.stage.scope
            raise error
        raise ScriptError(ErrorRecord(None, to_text(record)))

    def _sign(self, record: ErrorRecord) -> None:
        """The function's name in its id, and the place of its call."""
        stage = self.stage
        if "," not in record.error_id:
            record.error_id = f"{record.error_id},{stage.name}"
        record.activity = record.activity or stage.name
        if stage.where is not None and not record.line:
            record.command, record.where = stage.info, stage.where
            place_at_call(record, stage)

    def write_error(self, record: ErrorRecord) -> None:
        """WriteError."""
        if isinstance(record, ErrorRecord):
            self._sign(record)
        self.stage.failed = True
        self.stage.rt.report(self.stage.scope, record)


def truthy(scope: Any, name: str) -> bool:
    """A preference variable that is a switch."""
    found = scope.find(name)
    return bool(found is not None and found.vars[name])


def _read(cmdlet: FunctionCmdlet, name: str) -> tuple[bool, Any]:
    stage = cmdlet.stage
    if name == "myinvocation":
        return True, stage.scope.vars.get("myinvocation")
    if name == "parametersetname":
        binder = stage.binder
        flags = binder.resolver.flags if binder is not None else 0
        metadata = stage.signature.metadata
        return True, metadata.set_name(flags)
    if name == "sessionstate":
        return True, Bag({"Path": Bag({"CurrentLocation": stage.rt.location()})})
    if name == "stopping":
        return True, False
    return False, None


def _call(cmdlet: FunctionCmdlet, name: str, arguments: list[Any]) -> tuple[bool, Any]:
    stage = cmdlet.stage
    rt = stage.rt
    if name == "shouldprocess":
        return True, cmdlet.should_process(arguments)
    if name == "shouldcontinue":
        return True, True
    if name == "throwterminatingerror":
        cmdlet.terminate(arguments[0])
    if name == "writeerror":
        cmdlet.write_error(arguments[0])
        return True, None
    if name == "writeobject":
        if len(arguments) > 1 and arguments[1]:
            emit(stage.sink, arguments[0])
        else:
            stage.sink(arguments[0])
        return True, None
    if name in ("writewarning", "writeverbose", "writedebug"):
        rt.message(stage.scope, {"writewarning": 3, "writeverbose": 4, "writedebug": 5}[name], arguments[0])
        return True, None
    if name == "getunresolvedproviderpathfrompspath":
        return True, full(to_text(arguments[0]))
    if name == "getresolvedproviderpathfrompspath":
        return True, [full(to_text(arguments[0]))]
    if name == "getvariablevalue":
        found = stage.scope.find(to_text(arguments[0]).lower())
        return True, found.vars[to_text(arguments[0]).lower()] if found else None
    return False, None


register_object(FunctionCmdlet, _read, None, _call)

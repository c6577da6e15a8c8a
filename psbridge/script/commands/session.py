"""Variables, commands, aliases, expressions, strict mode: what a session knows of itself."""

from __future__ import annotations

from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.interpreter.blocks import run_block
from psbridge.script.interpreter.scope import Rule
from psbridge.script.semantics.errors import ScriptError, Strictness
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.patterns import has_wildcard, wildcard
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet

VARIABLE = NetType("PSVariable", "System.Management.Automation.PSVariable")


class Variable:
    """A variable as an object."""

    net_type = VARIABLE

    def __init__(self, scope: Any, name: str) -> None:
        self.scope = scope
        self.name = name

    def __str__(self) -> str:
        return VARIABLE.full_name


def _read_variable(variable: Variable, name: str) -> tuple[bool, Any]:
    if name == "name":
        return True, variable.name
    if name == "value":
        return True, variable.scope.vars.get(variable.name.lower())
    if name == "options":
        rule = (variable.scope.rules or {}).get(variable.name.lower())
        flags = net_enum("System.Management.Automation.ScopedItemOptions")
        return True, flags(2 if rule and rule.constant else 1 if rule and rule.read_only else 0)
    return (True, "") if name in ("description", "module", "modulename") else (False, None)


def _write_variable(variable: Variable, name: str, value: Any) -> bool:
    if name != "value":
        return False
    variable.scope.set(variable.name.lower(), value)
    return True


register_object(Variable, _read_variable, _write_variable)


def target_scope(cmdlet: Any, default: Any = None) -> Any:
    """The scope that -Scope names."""
    if cmdlet.has("Scope"):
        return cmdlet.scope.named(cmdlet.text("Scope"))
    return default or cmdlet.scope


class GetVariable(Cmdlet):
    """Get-Variable."""

    def record(self) -> None:
        names = self.get("Name") or ["*"]
        for name in map(to_text, names):
            if has_wildcard(name):
                self._matching(name)
                continue
            start = target_scope(self)
            found = start if self.has("Scope") and name.lower() in start.vars else start.find(name.lower())
            if found is None:
                value = self.rt.missing_variable(self.scope, name.lower()) if not Strictness.level else None
                if value is not None:
                    found = self.rt.globals
                else:
                    self.error(
                        "ItemNotFoundException",
                        f"Cannot find a variable with the name '{name}'.",
                        "VariableNotFound",
                        "ObjectNotFound",
                        name,
                    )
                    continue
            self._give(found, name)

    def _matching(self, pattern: str) -> None:
        compiled = wildcard(pattern)
        seen: set[str] = set()
        scope = target_scope(self)
        listed = []
        while scope is not None:
            for name in scope.vars:
                if name not in seen and compiled.fullmatch(name):
                    seen.add(name)
                    listed.append((name, scope))
            scope = None if self.has("Scope") else scope.parent
        for name, holder in sorted(listed, key=lambda one: one[0]):
            self._give(holder, name)

    def _give(self, scope: Any, name: str) -> None:
        if self.on("ValueOnly"):
            self.write(scope.vars.get(name.lower()))
        else:
            self.write(Variable(scope, name))


def rule_from(cmdlet: Any) -> Rule | None:
    """What -Option asks of a variable."""
    option = cmdlet.get("Option")
    if option is None:
        return None
    words = to_text(getattr(option, "name", option)).lower()
    rule = Rule()
    rule.constant = "constant" in words
    rule.read_only = "readonly" in words
    return rule if rule.constant or rule.read_only else None


class SetVariable(Cmdlet):
    """Set-Variable."""

    def start(self) -> None:
        self.values: list[Any] = []

    def record(self) -> None:
        if self.has("Value"):
            self.values.append(self.get("Value"))

    def finish(self) -> None:
        value = None if not self.values else self.values[0] if len(self.values) == 1 else self.values
        for name in self.get("Name") or []:
            scope = target_scope(self)
            folded = to_text(name).lower()
            if not self.has("Scope"):
                found = scope.find(folded)
                if found is not None and found.rules and folded in found.rules and not self.on("Force"):
                    found.set(folded, value)
            if not self.confirms(f"Name: {name} Value: {to_text(value)}", "Set variable"):
                continue
            rules = scope.rules or {}
            if folded in rules and not self.on("Force"):
                scope.set(folded, value)
            else:
                scope.vars[folded] = value
            rule = rule_from(self)
            if rule is not None:
                scope.add_rule(folded, rule)
                self.rt.guarded.setdefault(folded, None)
            if self.on("PassThru"):
                self.write(Variable(scope, to_text(name)))


class NewVariable(Cmdlet):
    """New-Variable."""

    def record(self) -> None:
        scope = target_scope(self)
        name = self.text("Name")
        folded = name.lower()
        if folded in scope.vars and not self.on("Force"):
            self.error(
                "SessionStateException",
                f"A variable with name '{name}' already exists.",
                "VariableAlreadyExists",
                "ResourceExists",
                name,
            )
            return
        if not self.confirms(f"Name: {name} Value: {to_text(self.get('Value'))}", "New variable"):
            return
        scope.vars[folded] = self.get("Value")
        rule = rule_from(self)
        if rule is not None:
            scope.add_rule(folded, rule)
            self.rt.guarded.setdefault(folded, None)
        if self.on("PassThru"):
            self.write(Variable(scope, name))


class RemoveVariable(Cmdlet):
    """Remove-Variable and Clear-Variable."""

    def record(self) -> None:
        for name in self.get("Name") or []:
            pattern = wildcard(to_text(name))
            scope = target_scope(self)
            matching = [one for one in scope.vars if pattern.fullmatch(one)]
            if not matching and not has_wildcard(to_text(name)):
                found = scope.find(to_text(name).lower())
                if found is None:
                    self.error(
                        "ItemNotFoundException",
                        f"Cannot find a variable with the name '{name}'.",
                        "VariableNotFound",
                        "ObjectNotFound",
                        name,
                    )
                    continue
                scope, matching = found, [to_text(name).lower()]
            for one in matching:
                rule = (scope.rules or {}).get(one)
                if rule is not None and (rule.constant or (rule.read_only and not self.on("Force"))):
                    self.error(
                        "SessionStateUnauthorizedAccessException",
                        f"Cannot remove variable {one} because it is constant or read-only. If "
                        f"the variable is read-only, "
                        "try the operation again specifying the Force option.",
                        "VariableNotRemovable",
                        "WriteError",
                        one,
                    )
                elif self.name.startswith("Clear"):
                    scope.vars[one] = None
                else:
                    scope.vars.pop(one, None)
                    if scope.rules:
                        scope.rules.pop(one, None)


class InvokeExpression(Cmdlet):
    """Invoke-Expression."""

    def record(self) -> None:
        try:
            code = self.rt.compile_text(self.text("Command"))
        except ScriptError as error:
            error.record.error_id += f",{self.info.class_name}"
            error.thrown, error.statement_only = False, True
            raise
        from psbridge.script.interpreter.engine import hoist_types

        hoist_types(self.rt, self.scope, code)
        if code.end is not None:
            code.end(self.scope, self.sink)


class InvokeCommand(Cmdlet):
    """Invoke-Command, on this machine."""

    def start(self) -> None:
        if self.has("ComputerName") or self.has("Session"):
            raise self.fatal(
                "NotSupportedException",
                "Other machines cannot be reached here.",
                "NotSupported",
                "NotImplemented",
            )
        self.inputs: list[Any] = []

    def record(self) -> None:
        if self.has_input:
            self.inputs.append(self.get("InputObject"))

    def finish(self) -> None:
        block = self.get("ScriptBlock")
        arguments = list(self.get("ArgumentList") or [])
        saved, self.rt.scope = self.rt.scope, self.scope
        try:
            run_block(
                self.rt,
                block.code,
                block.closure or self.scope,
                arguments,
                self.sink,
                local=not self.on("NoNewScope"),
            )
        finally:
            self.rt.scope = saved


class SetStrictMode(Cmdlet):
    """Set-StrictMode."""

    def record(self) -> None:
        if self.on("Off"):
            Strictness.level = 0
            return
        version = to_text(self.get("Version")).lower()
        Strictness.level = 3 if version.startswith(("latest", "3")) else 2 if version.startswith("2") else 1


class GetHost(Cmdlet):
    """Get-Host."""

    def record(self) -> None:
        self.write(self.rt.missing_variable(self.scope, "host"))


class GetCulture(Cmdlet):
    """Get-Culture and Get-UICulture."""

    def record(self) -> None:
        from psbridge.script.net.culture import INVARIANT, listed

        names = self.get("Name")
        if not names:
            self.write(INVARIANT)
            return
        for name in names if is_list(names) else [names]:
            self.write(listed(to_text(name)))


class AddType(Cmdlet):
    """Add-Type: assemblies of .NET are there already; C# is not compiled here."""

    def record(self) -> None:
        if self.has("AssemblyName") or self.has("Path") or self.has("LiteralPath"):
            names = self.get("AssemblyName") or []
            for name in map(to_text, names):
                if name.lower().startswith(
                    ("system.windows.forms", "presentationframework", "presentationcore", "windowsbase")
                ):
                    raise self.fatal(
                        "NotSupportedException",
                        f"{name} draws windows; scripts with a graphical interface are not run here.",
                        "PSBridge.NoGui",
                        "NotImplemented",
                    )
            return
        raise self.fatal(
            "NotSupportedException",
            "Add-Type compiles C#, which needs .NET; it is not run here.",
            "PSBridge.NoCompiler",
            "NotImplemented",
        )


class UpdateTypeData(Cmdlet):
    """Update-TypeData: accepted."""


class GetError(Cmdlet):
    """Get-Error."""

    def record(self) -> None:
        value = self.get("InputObject")
        if value is not None:
            self.write(value)
        elif self.rt.errors:
            self.write(self.rt.errors[0])


_VERBS = (
    "Add Clear Close Copy Enter Exit Find Format Get Hide Join Lock Move New Open Pop Push Redo Remove "
    "Rename Reset Search Select Set Show Skip Split Step Switch Undo Unlock Watch"
).split()


class GetVerb(Cmdlet):
    """Get-Verb."""

    def record(self) -> None:
        for verb in _VERBS:
            self.write(Bag({"Verb": verb, "AliasPrefix": "", "Group": "Common", "Description": ""}))


class ExecutionPolicy(Cmdlet):
    """Get-ExecutionPolicy and Set-ExecutionPolicy."""

    def record(self) -> None:
        if self.name.startswith("Get"):
            self.write(net_enum("Microsoft.PowerShell.ExecutionPolicy")(0))


class CallStack(Cmdlet):
    """Get-PSCallStack."""

    def record(self) -> None:
        scope = self.scope
        while scope is not None:
            if scope.call is not None:
                self.write(
                    Bag(
                        {
                            "Command": scope.call.name,
                            "Arguments": "{}",
                            "Location": self.rt.script_file or "<No file>",
                            "FunctionName": scope.call.name,
                        }
                    )
                )
            scope = scope.parent
        self.write(
            Bag(
                {
                    "Command": "<ScriptBlock>",
                    "Arguments": "{}",
                    "Location": self.rt.script_file or "<No file>",
                    "FunctionName": "<ScriptBlock>",
                }
            )
        )


class Uptime(Cmdlet):
    """Get-Uptime."""

    def record(self) -> None:
        import time

        from psbridge.binding.dates import timespan_from_ticks

        self.write(timespan_from_ticks(int(time.monotonic()) * 10_000_000))


class InvokeHistory(Cmdlet):
    """Invoke-History, alias `r`: a script has no history."""

    def record(self) -> None:
        asked = self.get("Id")
        if asked is None:
            raise self.fatal(
                "InvalidOperationException",
                "Cannot locate most recent history.",
                "InvokeHistoryNoLastHistoryEntryFound",
                "InvalidOperation",
            )
        message = f"Cannot locate the history for Id {asked}."
        raise self.fatal("ArgumentException", message, "InvokeHistoryNoHistoryForId", "ObjectNotFound")


class Quiet(Cmdlet):
    """Accepted, and nothing happens."""


CMDLETS: dict[str, Any] = {
    "Get-Variable": GetVariable,
    "Set-Variable": SetVariable,
    "New-Variable": NewVariable,
    "Remove-Variable": RemoveVariable,
    "Clear-Variable": RemoveVariable,
    "Export-Alias": Quiet,
    "Invoke-Expression": InvokeExpression,
    "Invoke-Command": InvokeCommand,
    "Set-StrictMode": SetStrictMode,
    "Get-Host": GetHost,
    "Get-PSCallStack": CallStack,
    "Get-History": Quiet,
    "Invoke-History": InvokeHistory,
    "Set-PSDebug": Quiet,
    "Update-TypeData": UpdateTypeData,
    "Update-FormatData": Quiet,
    "Get-TypeData": Quiet,
    "Set-ExecutionPolicy": ExecutionPolicy,
    "Get-ExecutionPolicy": ExecutionPolicy,
    "Get-Verb": GetVerb,
    "Add-Type": AddType,
    "Get-Error": GetError,
    "Debug-Runspace": Quiet,
    "Wait-Debugger": Quiet,
    "Register-EngineEvent": Quiet,
    "Unregister-Event": Quiet,
    "Register-ArgumentCompleter": Quiet,
    "Get-Culture": GetCulture,
    "Get-UICulture": GetCulture,
    "Get-Uptime": Uptime,
}

"""Variables, commands, aliases, expressions, strict mode: what a session knows of itself."""

from __future__ import annotations

from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.interpreter.blocks import FunctionInfo, run_block, signature
from psbridge.script.interpreter.commands_of import Application, ScriptFile, find_command
from psbridge.script.interpreter.scope import Rule
from psbridge.script.interpreter.support import emit
from psbridge.script.semantics import members
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.members import Strictness, register_object
from psbridge.script.semantics.patterns import has_wildcard, wildcard
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import Bag, Hashtable

from .cmdlet import Cmdlet
from .table import ALIASES, CmdletInfo, command_names, find_cmdlet

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


def _command_type(info: Any) -> Any:
    kinds = net_enum("System.Management.Automation.CommandTypes")
    return kinds["Filter"] if getattr(info, "is_filter", False) else kinds[info.kind]


def _read_command(info: Any, name: str) -> tuple[bool, Any]:
    if name == "name":
        return True, info.name
    if name == "commandtype":
        return True, _command_type(info)
    if name in ("source", "modulename", "module"):
        return True, getattr(info, "path", "") if name == "source" else ""
    if name in ("definition", "scriptblock"):
        code = getattr(info, "code", None)
        if name == "scriptblock" and code is not None:
            from psbridge.script.interpreter.blocks import Block

            return True, Block(code, info.rt)
        return True, code.text if code is not None else getattr(info, "path", info.name)
    if name == "path":
        return True, getattr(info, "path", None)
    if name == "parameters":
        return True, _parameters(info)
    if name == "verb":
        return True, info.name.partition("-")[0]
    if name == "noun":
        return True, info.name.partition("-")[2]
    if name == "version":
        return True, None
    if name in ("parametersets", "outputtype"):
        return True, []
    if name == "implementingtype":
        return True, getattr(info, "class_name", None)
    return False, None


def _parameters(info: Any) -> Hashtable:
    if isinstance(info, CmdletInfo):
        metadata = info.metadata
    elif isinstance(info, FunctionInfo):
        found = signature(info.rt, info.rt.globals, info.name, info.code).metadata
        assert found is not None
        metadata = found
    else:
        return Hashtable()
    return Hashtable(
        {
            entry.parameter.name: Bag(
                {
                    "Name": entry.parameter.name,
                    "ParameterType": entry.parameter.type,
                    "Aliases": list(entry.parameter.aliases),
                }
            )
            for entry in metadata.entries
            if not entry.parameter.name.startswith("\0")
        }
    )


def _call_command(info: Any, name: str, arguments: list[Any]) -> tuple[bool, Any]:
    if name == "tostring":
        return True, info.name
    return False, None


def _command_name(info: Any) -> str:
    return str(info.name)


_CLASSES: tuple[tuple[Any, str], ...] = (
    (FunctionInfo, "FunctionInfo"),
    (CmdletInfo, "CmdletInfo"),
    (ScriptFile, "ExternalScriptInfo"),
    (Application, "ApplicationInfo"),
)
for _class, _type_name in _CLASSES:
    register_object(_class, _read_command, None, _call_command)
    _class.__str__ = _command_name
    _class.net_type = NetType(_type_name, f"System.Management.Automation.{_type_name}")


class GetCommand(Cmdlet):
    """Get-Command."""

    def record(self) -> None:
        names = self.get("Name")
        if not names:
            names = ["*"]
        for name in map(to_text, names):
            if has_wildcard(name) or self.has("Verb") or self.has("Noun"):
                self._matching(name)
                continue
            info: Any = None
            target = self.rt.find_alias(self.scope, name)
            if target is not None and find_command(self.rt, self.scope, target) is not None:
                info = Alias(name, target)
            info = info or find_command(self.rt, self.scope, name)
            if info is None:
                self._unknown(name)
            elif self._wanted(info):
                self.write(info)

    def _wanted(self, info: Any) -> bool:
        kind = self.get("CommandType")
        if kind is None:
            return True
        words = to_text(getattr(kind, "name", kind)).lower().replace(" ", "").split(",")
        return "all" in words or getattr(info, "kind", "").lower() in words

    def _matching(self, pattern: str) -> None:
        compiled = wildcard(pattern)
        verbs = [wildcard(to_text(one)) for one in self.get("Verb") or []]
        nouns = [wildcard(to_text(one)) for one in self.get("Noun") or []]
        found: dict[str, Any] = {}
        scope = self.scope
        while scope is not None:
            for info in (scope.functions or {}).values():
                found.setdefault(info.name.lower(), info)
            scope = scope.parent
        for name in command_names():
            if compiled.fullmatch(name):
                found.setdefault(name.lower(), find_cmdlet(name))
        for _, info in sorted(found.items()):
            verb, _, noun = info.name.partition("-")
            if not compiled.fullmatch(info.name) or not self._wanted(info):
                continue
            if verbs and not any(one.fullmatch(verb) for one in verbs):
                continue
            if nouns and not any(one.fullmatch(noun) for one in nouns):
                continue
            self.write(info)

    def _unknown(self, name: str) -> None:
        from psbridge.script.interpreter.commands_of import unknown_command

        record = unknown_command(self.rt, self.scope, name).record
        record.error_id = "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand"
        self.report(record)


class Alias:
    """An alias as an object."""

    kind = "Alias"
    net_type = NetType("AliasInfo", "System.Management.Automation.AliasInfo")

    def __init__(self, name: str, target: str) -> None:
        self.name = name
        self.target = target

    def __str__(self) -> str:
        return self.name


def _read_alias(alias: Alias, name: str) -> tuple[bool, Any]:
    values: dict[str, Any] = {
        "name": alias.name,
        "definition": alias.target,
        "referencedcommand": alias.target,
        "resolvedcommandname": alias.target,
        "displayname": f"{alias.name} -> {alias.target}",
        "source": "",
        "commandtype": net_enum("System.Management.Automation.CommandTypes")(1),
    }
    return (True, values[name]) if name in values else (False, None)


register_object(Alias, _read_alias)


class GetAlias(Cmdlet):
    """Get-Alias."""

    def record(self) -> None:
        every = dict(ALIASES)
        scope = self.scope
        while scope is not None:
            every.update(scope.aliases or {})
            scope = scope.parent
        if self.has("Definition"):
            wanted = [wildcard(to_text(one)) for one in self.get("Definition")]
            for name, target in sorted(every.items()):
                if any(one.fullmatch(target) for one in wanted):
                    self.write(Alias(name, target))
            return
        for name in self.get("Name") or ["*"]:
            compiled = wildcard(to_text(name))
            matching = [(key, target) for key, target in sorted(every.items()) if compiled.fullmatch(key)]
            if not matching and not has_wildcard(to_text(name)):
                self.error(
                    "ItemNotFoundException",
                    "This command cannot find a matching alias because an alias with the name "
                    f"'{name}' does not exist.",
                    "ItemNotFoundException",
                    "ObjectNotFound",
                    name,
                )
            self.write_all(Alias(key, target) for key, target in matching)


class SetAlias(Cmdlet):
    """Set-Alias and New-Alias."""

    def record(self) -> None:
        scope = target_scope(self)
        if scope.aliases is None:
            scope.aliases = {}
        name = self.text("Name")
        if (
            self.name == "New-Alias"
            and self.rt.find_alias(self.scope, name) is not None
            and not self.on("Force")
        ):
            self.error(
                "SessionStateException",
                f"The alias is not allowed, because an alias with the name '{name}' already exists.",
                "AliasAlreadyExists",
                "ResourceExists",
                name,
            )
            return
        scope.aliases[name.lower()] = self.text("Value")
        if self.on("PassThru"):
            self.write(Alias(name, self.text("Value")))


class RemoveAlias(Cmdlet):
    """Remove-Alias."""

    def record(self) -> None:
        for name in self.get("Name") or []:
            scope = self.scope
            while scope is not None:
                if scope.aliases and scope.aliases.pop(to_text(name).lower(), None):
                    break
                scope = scope.parent


class InvokeExpression(Cmdlet):
    """Invoke-Expression."""

    def record(self) -> None:
        try:
            code = self.rt.compile_text(self.text("Command"))
        except ScriptError as error:
            error.record.error_id += f",{self.info.class_name}"
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


class GetHelp(Cmdlet):
    """Get-Help: the name and parameters of a command."""

    def record(self) -> None:
        info = find_command(self.rt, self.scope, self.text("Name"))
        if info is None:
            self.error(
                "HelpNotFoundException",
                f"Get-Help could not find {self.text('Name')} in a help file in this session.",
                "HelpNotFound",
                "ResourceUnavailable",
                self.text("Name"),
            )
            return
        from .comments import help_of

        self.write(help_of(info))


class GetCulture(Cmdlet):
    """Get-Culture and Get-UICulture."""

    def record(self) -> None:
        from psbridge.script.net.text import Culture

        names = self.get("Name")
        for name in names if is_list(names) else [names or ""]:
            self.write(Culture(to_text(name)))


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


class Quiet(Cmdlet):
    """Accepted, and nothing happens."""


CMDLETS: dict[str, Any] = {
    "Get-Variable": GetVariable,
    "Set-Variable": SetVariable,
    "New-Variable": NewVariable,
    "Remove-Variable": RemoveVariable,
    "Clear-Variable": RemoveVariable,
    "Get-Command": GetCommand,
    "Get-Alias": GetAlias,
    "Set-Alias": SetAlias,
    "New-Alias": SetAlias,
    "Remove-Alias": RemoveAlias,
    "Export-Alias": Quiet,
    "Get-Help": GetHelp,
    "Invoke-Expression": InvokeExpression,
    "Invoke-Command": InvokeCommand,
    "Set-StrictMode": SetStrictMode,
    "Get-Host": GetHost,
    "Get-PSCallStack": CallStack,
    "Get-History": Quiet,
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
__all__ = ["CMDLETS", "emit", "members", "nettypes"]

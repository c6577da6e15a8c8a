"""Get-Command, Get-Help and the aliases."""

from __future__ import annotations

from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.parameters import ALL_SETS
from psbridge.binding.text import to_text
from psbridge.script.interpreter.blocks import FunctionInfo
from psbridge.script.interpreter.commands_of import Application, ScriptFile, find_command
from psbridge.script.interpreter.stages import signature
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.patterns import has_wildcard, wildcard
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import Bag, Hashtable

from .cmdlet import Cmdlet
from .session import target_scope
from .table import ALIASES, CmdletInfo, command_names, find_cmdlet

_MODULES = {
    "Core": "Where-Object ForEach-Object Out-Null Out-Host Out-Default Get-Command Get-Help Invoke-Command "
    "Set-StrictMode Get-History Invoke-History Set-PSDebug Register-ArgumentCompleter Start-Job Get-Job "
    "Receive-Job Wait-Job Remove-Job Stop-Job Import-Module Get-Module Remove-Module New-Module "
    "Export-ModuleMember Test-ModuleManifest",
    "Host": "Start-Transcript Stop-Transcript",
    "Management": "Get-Content Set-Content Add-Content Clear-Content Get-ChildItem Get-Item Set-Item "
    "New-Item Remove-Item Copy-Item Move-Item Rename-Item Test-Path Resolve-Path Convert-Path "
    "Get-ItemProperty Set-ItemProperty Get-ItemPropertyValue Clear-Item Invoke-Item Join-Path Split-Path "
    "Get-Location Set-Location Push-Location Pop-Location Get-PSDrive Get-PSProvider New-PSDrive "
    "Get-Process Stop-Process Start-Process Wait-Process Get-TimeZone",
    "Security": "ConvertTo-SecureString ConvertFrom-SecureString Get-Credential Set-ExecutionPolicy "
    "Get-ExecutionPolicy",
    "ThreadJob": "Start-ThreadJob",
}


def module_of(name: str) -> str:
    """The module of a PowerShell cmdlet."""
    part = next((part for part, names in _MODULES.items() if name in names.split()), "Utility")
    return f"Microsoft.PowerShell.{part}"


def _command_type(info: Any) -> Any:
    kinds = net_enum("System.Management.Automation.CommandTypes")
    return kinds["Filter"] if getattr(info, "is_filter", False) else kinds[info.kind]


def _read_command(info: Any, name: str) -> tuple[bool, Any]:
    if name == "name":
        return True, info.name
    if name == "commandtype":
        return True, _command_type(info)
    if name in ("source", "modulename", "module"):
        if getattr(info, "module", None) == "own":
            return True, "PSBridge"
        if getattr(info, "module", None) and hasattr(info, "class_name"):
            return True, module_of(info.name)
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
    if name == "parametersets":
        return True, _parameter_sets(info)
    if name == "defaultparameterset":
        metadata = _metadata(info)
        return True, metadata.default_set if metadata is not None else None
    if name == "outputtype":
        return True, []
    if name == "implementingtype":
        return True, getattr(info, "class_name", None)
    return False, None


def _metadata(info: Any) -> Any:
    """The parameters of a cmdlet or function; None of anything else."""
    if isinstance(info, CmdletInfo):
        return info.metadata
    if isinstance(info, FunctionInfo):
        return signature(info.rt, info.rt.globals, info.name, info.code).metadata
    return None


def _parameter_sets(info: Any) -> list[Bag]:
    metadata = _metadata(info)
    if metadata is None:
        return []
    return [
        Bag({"Name": name, "IsDefault": name == (metadata.default_set or ALL_SETS)})
        for name in metadata.set_names or [ALL_SETS]
    ]


def _parameters(info: Any) -> Hashtable:
    metadata = _metadata(info)
    entries = metadata.entries if metadata is not None else []
    return Hashtable(
        {
            entry.parameter.name: _parameter(entry.parameter)
            for entry in entries
            if not entry.parameter.name.startswith("\0")
        }
    )


def _parameter(parameter: Any) -> Bag:
    attributes = {
        name: Bag({"ParameterSetName": name, "Mandatory": options.mandatory, "Position": options.position})
        for name, options in parameter.sets.items()
    }
    return Bag(
        {
            "Name": parameter.name,
            "ParameterType": parameter.type,
            "ParameterSets": Hashtable(attributes),
            "Aliases": list(parameter.aliases),
            "Attributes": list(attributes.values()),
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
        modules = self.get("Module")
        if modules:
            home = to_text(_read_command(info, "source")[1])
            if not any(wildcard(to_text(one)).fullmatch(home) for one in modules):
                return False
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


CMDLETS: dict[str, Any] = {
    "Get-Command": GetCommand,
    "Get-Alias": GetAlias,
    "Set-Alias": SetAlias,
    "New-Alias": SetAlias,
    "Remove-Alias": RemoveAlias,
    "Get-Help": GetHelp,
}

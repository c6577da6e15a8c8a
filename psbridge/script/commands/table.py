"""Which cmdlets there are: where each is done, its parameters, and PowerShell's own aliases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.errors import ValidationFailure
from psbridge.binding.metadata import Metadata
from psbridge.binding.parameters import ALL_SETS, COMMON, SHOULD_PROCESS, Parameter, SetOptions
from psbridge.binding.validation import (
    ValidateNotNull,
    ValidateNotNullOrEmpty,
    ValidateRange,
    ValidateSet,
    Validator,
)

from .parameters import CONFIRMING, PARAMETERS

_MODULES = {
    "objects": "Where-Object ForEach-Object Select-Object Measure-Object Tee-Object Out-Null Add-Member "
    "Get-Member",
    "making": "New-Object Get-Random Get-SecureRandom Measure-Command",
    "ordering": "Sort-Object Group-Object Compare-Object Get-Unique",
    "output": "Write-Output Write-Host Write-Error Write-Warning Write-Verbose Write-Debug "
    "Write-Information Write-Progress Out-Host Out-Default Out-String Out-File Format-Table "
    "Format-List Format-Wide Format-Custom Join-String Start-Transcript Stop-Transcript "
    "Clear-Host Read-Host Pause",
    "convert": "ConvertTo-Json ConvertFrom-Json Test-Json ConvertFrom-StringData ConvertTo-Csv "
    "ConvertFrom-Csv Import-Csv Export-Csv ConvertTo-Xml Export-Clixml Import-Clixml "
    "ConvertTo-Html ConvertFrom-Markdown ConvertTo-CliXml ConvertFrom-CliXml",
    "files": "Get-ChildItem Get-Item Set-Item New-Item Remove-Item Resolve-Path Invoke-Item "
    "Unblock-File Convert-Path",
    "moving": "Copy-Item Move-Item Rename-Item",
    "fileinfo": "Test-Path Get-FileHash New-TemporaryFile Get-ItemProperty Get-ItemPropertyValue "
    "Set-ItemProperty Compress-Archive Expand-Archive Format-Hex",
    "contents": "Get-Content Set-Content Add-Content Clear-Content Clear-Item",
    "paths": "Join-Path Split-Path Get-Location Set-Location Push-Location Pop-Location Get-PSDrive "
    "Get-PSProvider New-PSDrive",
    "strings": "Select-String Select-Xml Import-LocalizedData ConvertTo-SecureString "
    "ConvertFrom-SecureString Get-Credential",
    "session": "Get-Variable Set-Variable New-Variable Remove-Variable Clear-Variable Export-Alias "
    "Invoke-Expression Invoke-Command Set-StrictMode Get-Host Get-PSCallStack Get-History "
    "Invoke-History Set-PSDebug Update-TypeData Update-FormatData Get-TypeData Set-ExecutionPolicy "
    "Get-ExecutionPolicy Get-Verb Add-Type Get-Error Debug-Runspace Wait-Debugger "
    "Register-EngineEvent Unregister-Event Register-ArgumentCompleter Get-Culture Get-UICulture "
    "Get-Uptime",
    "discovery": "Get-Command Get-Alias Set-Alias New-Alias Remove-Alias Get-Help",
    "system": "Get-Date Set-Date New-TimeSpan Start-Sleep New-Guid Get-Process Stop-Process Start-Process "
    "Wait-Process Start-Job Get-Job Receive-Job Wait-Job Remove-Job Stop-Job Start-ThreadJob "
    "Get-Secret Set-Secret Get-TimeZone",
    "modules": "Import-Module Get-Module Remove-Module New-Module Export-ModuleMember Install-Module "
    "Get-InstalledModule Find-Module Update-Module Import-PowerShellDataFile "
    "Test-ModuleManifest Install-PSResource",
    "web": "Invoke-RestMethod Invoke-WebRequest",
    "psopenai": "Request-ChatCompletion",
}
if os.name == "nt":
    _MODULES["files"] += " mkdir"  # elsewhere the system's own program
    PARAMETERS["mkdir"] = (
        "Path String[] @pathSet(0,m,n) @nameSet(0,n) ; Name String z e @nameSet(m,n) ; Value Object v n ; "
        "Force switch ; Credential Object n ; default pathSet"
    )
_HOMES = {name.lower(): (module, name) for module, names in _MODULES.items() for name in names.split()}
_CLASS_NAMES = {
    "ConvertFrom-Csv": "ConvertFromCsvCommand",
    "Where-Object": "WhereObjectCommand",
    "Out-Default": "OutDefaultCommand",
    "New-Guid": "NewGuidCommand",
}


class CmdletInfo:
    """A cmdlet: its parameters, and the class that does it, loaded when it is first called."""

    kind = "Cmdlet"

    def __init__(self, name: str, module: str) -> None:
        self.name = name
        self.module = module
        verb, _, noun = name.partition("-")
        made = _CLASS_NAMES.get(name) or f"{verb}{noun}Command"
        self.class_name = f"Microsoft.PowerShell.Commands.{made}"
        self._metadata: Metadata | None = None
        self._implementation: Any = None
        self.parameters: list[Parameter] = []
        self._direct: str | None = None

    @property
    def metadata(self) -> Metadata:
        """The parameters laid out for the binder."""
        if self._metadata is None:
            self.parameters, default_set = read_parameters(PARAMETERS.get(self.name, ""))
            common = (*COMMON, *SHOULD_PROCESS) if self.name.lower() in CONFIRMING else COMMON
            self._metadata = Metadata(self.class_name, (*self.parameters, *common), default_set)
            taking = [one for one in self.parameters if one.takes_pipeline_input]
            if (
                len(taking) == 1
                and taking[0].type in (nettypes.PSOBJECT, nettypes.OBJECT)
                and taking[0].name == "InputObject"
            ):
                self._direct = "InputObject"
        return self._metadata

    @property
    def direct_input(self) -> str | None:
        """The one parameter that takes whatever comes through the pipeline."""
        return self._direct

    def start(self, rt: Any, S: Any, arguments: list[Any], sink: Any, has_input: bool) -> Any:
        """The stage of one call."""
        if self._implementation is None:
            module = import_module(f"{__package__}.{self.module}")
            self._implementation = module.CMDLETS[self.name]
        return self._implementation(self, rt, S, arguments, sink, has_input)


def read_parameters(text: str) -> tuple[list[Parameter], str | None]:
    """A cmdlet's parameters from their short form (see `parameters`), and its default parameter set."""
    default_set = None
    made: list[Parameter] = []
    for entry in text.split(";"):
        words = entry.split()
        if not words:
            continue
        if words[0] == "default":
            default_set = words[1]
            continue
        made.append(_parameter(words))
    return made, default_set


def _parameter(words: list[str]) -> Parameter:
    name, *aliases = words[0].split("/")
    type_name = "String"
    flags: list[str] = []
    values: list[str] = []
    validators: list[Validator] = []
    sets: dict[str, SetOptions] = {}
    for word in words[1:]:
        if word.startswith("{"):
            values = word.strip("{}").split(",")
        elif word.startswith("<"):
            low, dots, high = word.strip("<>").partition("..")
            validators.append(ValidateRange(int(low), int(high)) if dots else ValidateRange(low))
        elif word in ("o", "w"):
            validators.append(ValidateNotNullOrEmpty() if word == "o" else ValidateNotNull())
        elif word.startswith("@"):
            set_name, _, own = word[1:].partition("(")
            sets[set_name] = _options(own.rstrip(")").split(",") if own else flags)
        elif word in ("m", "v", "n", "r", "z", "e", "c") or word.isdigit():
            flags.append(word)
        else:
            type_name = word
    options = _options(flags)
    return Parameter(
        name,
        _type_named("SwitchParameter" if type_name == "switch" else type_name),
        aliases=aliases,
        sets=sets or {ALL_SETS: options},
        validate=[*_validators(values), *validators],
        transform=False,
        allow_null="z" in flags,
        allow_empty_string="e" in flags,
        allow_empty_collection="c" in flags,
    )


class _NoneOf(Validator):
    """None of these words, which mean something to another parameter of the same position."""

    gives_way = True

    def __init__(self, *words: str) -> None:
        self._words = {word.lower() for word in words}

    def check(self, value: object) -> None:
        if str(value).lower() in self._words:
            raise ValidationFailure(f"The parameter is not valid: '{value}' is a kind of member.")


def _validators(values: list[str]) -> list[Validator]:
    if not values:
        return []
    refused = values[0].startswith("!")
    return [_NoneOf(values[0][1:], *values[1:]) if refused else ValidateSet(*values)]


def _type_named(name: str) -> nettypes.NetType:
    try:
        return nettypes.net_type(name)
    except ValueError:
        from psbridge.script.semantics.types import resolve

        found = resolve(name)
        assert found is not None, name
        return found


def _options(flags: list[str]) -> SetOptions:
    position = next((int(flag) for flag in flags if flag.isdigit()), None)
    return SetOptions(
        mandatory="m" in flags,
        position=position,
        from_pipeline="v" in flags,
        from_pipeline_by_property_name="n" in flags,
        from_remaining_arguments="r" in flags,
    )


_KNOWN: dict[str, CmdletInfo] = {}


def find_cmdlet(name: str) -> Any:
    """The cmdlet of this name, PowerShell's or psbridge's; None when there is none."""
    folded = name.lower()
    known = _KNOWN.get(folded)
    if known is not None:
        return known
    home = _HOMES.get(folded)
    if home is not None:
        known = _KNOWN[folded] = CmdletInfo(home[1], home[0])
        return known
    if "-" in name and "." not in name and "/" not in name:
        from .own import find_own

        return find_own(name)
    return None


def class_names() -> dict[str, str]:
    """The cmdlets by the names of their classes."""
    return {CmdletInfo(name, module).class_name: name for module, name in _HOMES.values()}


def command_names() -> Iterator[str]:
    """The names of all cmdlets."""
    for _, name in _HOMES.values():
        yield name
    from .own import own_names

    yield from own_names()


ALIASES = {
    "%": "ForEach-Object",
    "?": "Where-Object",
    **dict(
        pair.split("=")
        for pair in (
            "foreach=ForEach-Object where=Where-Object select=Select-Object sort=Sort-Object "
            "group=Group-Object "
            "measure=Measure-Object tee=Tee-Object compare=Compare-Object diff=Compare-Object gu=Get-Unique "
            "gm=Get-Member echo=Write-Output write=Write-Output oh=Out-Host ft=Format-Table fl=Format-List "
            "fw=Format-Wide fc=Format-Custom gc=Get-Content cat=Get-Content type=Get-Content "
            "ac=Add-Content clc=Clear-Content gci=Get-ChildItem ls=Get-ChildItem "
            "dir=Get-ChildItem gi=Get-Item "
            "si=Set-Item ni=New-Item ri=Remove-Item rm=Remove-Item del=Remove-Item erase=Remove-Item "
            "rmdir=Remove-Item rd=Remove-Item cpi=Copy-Item copy=Copy-Item cp=Copy-Item mi=Move-Item "
            "move=Move-Item mv=Move-Item rni=Rename-Item ren=Rename-Item rvpa=Resolve-Path cvpa=Convert-Path "
            "gp=Get-ItemProperty sp=Set-ItemProperty gpv=Get-ItemPropertyValue cli=Clear-Item ii=Invoke-Item "
            "gl=Get-Location pwd=Get-Location sl=Set-Location cd=Set-Location chdir=Set-Location "
            "pushd=Push-Location popd=Pop-Location gdr=Get-PSDrive sls=Select-String gv=Get-Variable "
            "sv=Set-Variable nv=New-Variable rv=Remove-Variable clv=Clear-Variable set=Set-Variable "
            "gcm=Get-Command gal=Get-Alias sal=Set-Alias nal=New-Alias iex=Invoke-Expression "
            "icm=Invoke-Command "
            "sleep=Start-Sleep gps=Get-Process ps=Get-Process kill=Stop-Process spps=Stop-Process "
            "start=Start-Process saps=Start-Process sajb=Start-Job gjb=Get-Job rcjb=Receive-Job wjb=Wait-Job "
            "rjb=Remove-Job ipmo=Import-Module gmo=Get-Module rmo=Remove-Module nmo=New-Module "
            "irm=Invoke-RestMethod iwr=Invoke-WebRequest ipcsv=Import-Csv epcsv=Export-Csv "
            "cls=Clear-Host clear=Clear-Host man=Get-Help help=Get-Help h=Get-History history=Get-History "
            "r=Invoke-History ihy=Invoke-History "
            "fhx=Format-Hex ghy=Get-History ndr=New-PSDrive spjb=Stop-Job gerr=Get-Error "
            "gcs=Get-PSCallStack md=mkdir"
        ).split()
    ),
}
if os.name != "nt":
    # On Unix these names are left to the programs of the system, as PowerShell does.
    for _unix in "ac compare diff kill sleep sort start tee write cat cp ls man mv ps rm rmdir".split():
        ALIASES.pop(_unix, None)

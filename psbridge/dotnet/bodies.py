"""PSBridge's cmdlets as PowerShell functions of a hosted session: what is written in PowerShell of them.

Their parameters are read from the module's own files, and so are the functions that make and write an
ErrorRecord; what they invoke is the business of `functions`.
"""

from __future__ import annotations

import re
from functools import cache

from ..cmdlets.many import LIMITS
from ..cmdlets.table import TableEntry, entries
from ..install_module import source
from ..models import blocks

VARIABLE = "__PSBridge"

_MODULES = (
    "New-BridgeRecord",
    "ConvertTo-BridgeRecord",
    "Set-BridgeDetail",
    "Test-BridgeDetail",
    "Import-BridgeDetail",
    "ConvertTo-BridgeHeader",
    "New-BridgeException",
    "Write-BridgeError",
    "Write-BridgeDebug",
    "Invoke-BridgeBlock",
    "Get-BridgeUnset",
    "Add-BridgeUnsetCode",
    "Add-BridgeUnsetScript",
)
"""Functions of the module that a session uses as they are."""

_WRITE = "Write-BridgeAnswer"
_WRITES = """
    param($Cmdlet, $Answer, $Target)
    foreach ($line in $Answer[1]) {
        if ($line[0] -eq 'warning') { $Cmdlet.WriteWarning($line[1]) }
        elseif ($line[0] -eq 'verbose') { $Cmdlet.WriteVerbose($line[1]) }
        else { Write-BridgeDebug $Cmdlet $line[1] }
    }
    $value = $Answer[2]
    if ($Answer[0] -eq 'value') { if ($value -is [byte[]]) { , $value } else { $value } }
    elseif ($Answer[0] -eq 'failure') {
        Write-BridgeError $Cmdlet (ConvertTo-BridgeRecord $value $Target) $Cmdlet.MyInvocation.ExpectingInput
    }
    elseif ($Answer[0] -eq 'items') {
        try {
            while ($true) {
                $item = $value.Invoke($true)
                if ($item[0] -eq 'nothing') { break }
                Write-BridgeAnswer $Cmdlet $item $Target
            }
        }
        finally { $null = $value.Invoke($false) }
    }
"""

# What is PowerShell's own business (commands as tools, classes of a script, conversations that grow in place)
# is done by the module itself, with its worker in this process; it is imported when a script first needs it.
_MODULE = "Get-BridgeModule"
_GET_MODULE = """
    $module = Get-Module -Name PSBridge | Select-Object -First 1
    if ($null -eq $module) {{
        $module = Import-Module -Name '{path}' -Function '-' -Global -PassThru
        & $module {{
            Import-Bridge
            $hub = Get-BridgeHub
            $hub['InProcess'] = $true
            $hub['PythonPath'] = [System.AppDomain]::CurrentDomain.GetData('PSBridge.Python')
        }}
    }}
    $module
"""
_HANDS_ON = "& (Get-BridgeModule).ExportedFunctions['{name}'] @PSBoundParameters"
_BEGINS = """
        $command = (Get-BridgeModule).ExportedFunctions['{name}']
        $lent = $global:{variable}['Lend'].Invoke($PSBoundParameters['Connection'], $PSCmdlet)
        if ($lent[0] -eq 'failure') {{
            $PSCmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $lent[2] $null))
        }}
        if ($lent[0] -eq 'value' -and $command.Parameters.ContainsKey('Connection')) {{
            $PSBoundParameters['Connection'] = $lent[2]
        }}
        $through = {{ & $command @PSBoundParameters }}.GetSteppablePipeline()
        $through.Begin($PSCmdlet)
"""
_PASSES = "if ($PSCmdlet.MyInvocation.ExpectingInput) { $through.Process($_) } else { $through.Process() }"
_THROUGH = """
    begin {{ {begins} }}
    process {{ {passes} }}
    end {{ $through.End() }}
"""
_IS_THERE = (
    "$AsJob -or $As -is [type] -or ($null -ne $Tools -and "
    "@($Tools | Where-Object { $null -ne $_ -and $_.PSObject.TypeNames -contains 'PSBridge.ChatTool' })"
    ".Count)"
)

# One call for each item of the pipeline. PowerShell leaves an item's properties bound when the next item
# lacks them: they are taken out.
_EACH = """
    begin {{ $given = @($PSBoundParameters.Keys) }}
    process {{
        {asks}
        $answer = $global:{variable}['Call'].Invoke('{name}', $PSBoundParameters, $PSCmdlet, {heard})
        Write-BridgeAnswer $PSCmdlet $answer {target}
        {taken_out}
    }}
"""

# A cmdlet that takes a limit, a pace or no order for its pipeline: all of the pipeline is handed on.
_MANY = """
    begin {{
        $given = @($PSBoundParameters.Keys)
        $limits = @($given | Where-Object {{ $_ -in {limits} }})
        $limited = $PSCmdlet.MyInvocation.ExpectingInput -and $limits.Count
        $line = $null
        $through = $null
        if ({there}) {{ {begins} }}
    }}
    process {{
        if ($null -ne $through) {{
            {passes}
            return
        }}
        {asks}
        $clean = $false
        try {{
            if (-not $limited) {{
                $answer = $global:{variable}['Call'].Invoke('{name}', $PSBoundParameters, $PSCmdlet, {heard})
                Write-BridgeAnswer $PSCmdlet $answer {target}
            }}
            else {{
                if ($null -eq $line) {{
                    $heard = {heard}
                    $line = $global:{variable}['Open'].Invoke('{name}', $PSBoundParameters, $PSCmdlet, $heard)
                    if ($line[0] -eq 'failure') {{
                        $PSCmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $line[2] $null))
                    }}
                    $line = $line[2]
                }}
                $line['Feed'].Invoke($PSBoundParameters, $_, $PSCmdlet)
                do {{
                    $told = $line['Take'].Invoke($false)
                    foreach ($answer in $told[1]) {{ Write-BridgeAnswer $PSCmdlet $answer $answer[3] }}
                }} while ($told[0])
            }}
            $clean = $true
        }}
        finally {{
            if (-not $clean -and $line -is [hashtable]) {{ $line['Cancel'].Invoke() }}
        }}
        {taken_out}
    }}
    end {{
        if ($null -ne $through) {{ $through.End() }}
        if ($null -eq $line) {{ return }}
        try {{
            $line['Close'].Invoke()
            do {{
                $told = $line['Take'].Invoke($true)
                foreach ($answer in $told[1]) {{ Write-BridgeAnswer $PSCmdlet $answer $answer[3] }}
            }} while ($told[0])
        }}
        finally {{ $line['Cancel'].Invoke() }}
    }}
"""

# What throws upstream ends the pipeline between two blocks; only this one still runs, since PowerShell 7.3.
_CLEAN = """
    clean { if ($line -is [hashtable]) { $line['Cancel'].Invoke() } }
"""

# A block of the script's runs in the scope that calls, and the connection is in force for what it calls; what
# the pipeline behind does with one of its objects goes by the configuration outside.
_USES = """
    if ($null -eq $ScriptBlock) {{
        $why = 'Use-ChatConnection needs a script block.'
        $record = New-BridgeRecord $why 'PSBridge.InvalidValue' 'InvalidArgument' $null
        $PSCmdlet.ThrowTerminatingError($record)
    }}
    $answer = $global:{variable}['Use'].Invoke($Connection)
    if ($answer[0] -eq 'failure') {{
        $PSCmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $answer[2] $null))
    }}
    $exchange = $answer[2]
    $cmdlet = $PSCmdlet
    $exchange.Invoke()
    try {{
        . $ScriptBlock | & {{
            process {{
                $exchange.Invoke()
                try {{ $cmdlet.WriteObject($_, $false) }}
                finally {{ $exchange.Invoke() }}
            }}
        }}
    }}
    finally {{ $exchange.Invoke() }}
"""

# PowerShell runs a block in the scope of the function that dot-sources it, unless that is of another session
# state: this function gets one of its own, as a module's has.
START = "Start-BridgeSession"
_STARTS = """
    $apart = [System.Management.Automation.PSModuleInfo]::new($true)
    ${function:global:Use-ChatConnection} = $apart.NewBoundScriptBlock(${function:Use-ChatConnection})
"""

# A cmdlet whose whole pipeline is one call.
_GATHERS = """
    begin {{ $rows = [System.Collections.ArrayList]::new() }}
    process {{
        if (-not $PSBoundParameters.ContainsKey('InputObject')) {{ return }}
        foreach ($row in @($InputObject)) {{ [void]$rows.Add($row) }}
    }}
    end {{
        [void]$PSBoundParameters.Remove('InputObject')
        if ($PSBoundParameters['WhatIf']) {{ $PSBoundParameters['DryRun'] = $true }}
        if ($PSCmdlet.MyInvocation.ExpectingInput -or $rows.Count) {{
            $PSBoundParameters['InputObject'] = $rows.ToArray()
        }}
        $answer = $global:{variable}['Call'].Invoke('{name}', $PSBoundParameters, $PSCmdlet, {heard})
        Write-BridgeAnswer $PSCmdlet $answer $null
    }}
"""

_TAKEN_OUT = """foreach ($key in @($PSBoundParameters.Keys)) {
            if ($given -notcontains $key) { [void]$PSBoundParameters.Remove($key) }
        }"""


_HEARD = (
    "([int]($VerbosePreference -ne 'SilentlyContinue') + 2 * [int]($DebugPreference -ne 'SilentlyContinue'))"
)


@cache
def definitions(cleans: bool) -> dict[str, str]:
    """The body of every function, by its name; `START` is to be called once in every runspace.

    Args:
        cleans: this PowerShell has `clean` blocks.

    Raises:
        InstallError: this installation came without the PowerShell module.
    """
    heads = _heads()
    rows = {row.name: row for row in entries()}
    return {
        **{
            name: head + (_body(rows[name], cleans) if name in rows else _HANDS_ON.format(name=name))
            for name, head in heads.items()
        },
        **_functions_of_the_module(),
        _MODULE: _GET_MODULE.format(path=str(source()).replace("'", "''")),
        _WRITE: _WRITES,
        START: _STARTS,
    }


def _heads() -> dict[str, str]:
    """What stands before the body of every cmdlet of the module: its attributes and parameters."""
    text = (
        (source() / "PSBridge.psm1")
        .read_text(encoding="ascii")
        .replace("(Get-Module PSBridge)", f"({_MODULE})")
    )
    found = re.findall(r"(?ms)^function ([\w-]+) \{\n(    \[CmdletBinding.*?param\(.*?\))$", text)
    return {name: f"{head}\n" for name, head in found}


def _functions_of_the_module() -> dict[str, str]:
    files = (
        "PSBridge.Builders.ps1",
        "PSBridge.Calls.ps1",
        "PSBridge.Connections.ps1",
    )  # the first has stand-ins for the second
    text = "\n".join((source() / file).read_text(encoding="ascii") for file in files)
    found = {
        name: body
        for name, body in re.findall(r"(?ms)^function (?:script:)?([\w-]+) \{\n(.*?)^\}$", text)
        if name in _MODULES
    }
    return {name: found[name] for name in _MODULES}


def _body(entry: TableEntry, cleans: bool) -> str:
    row, parameters = entry.row, entry.parameters
    target = "$null"
    if row.operations and row.operations[0].request:
        target = f"$PSBoundParameters['{row.operations[0].request}']"
    piped = blocks.piped(parameters)
    if piped:
        target = f"$(if ($PSCmdlet.MyInvocation.ExpectingInput) {{ $_ }} else {{ {target} }})"
    asked = blocks.asks(row, parameters)
    words = {
        "variable": VARIABLE,
        "name": row.name,
        "asks": f"if (-not ({asked})) {{ return }}" if asked else "",
        "target": target,
        "taken_out": _TAKEN_OUT if piped else "",
        "limits": ", ".join(f"'{name}'" for name in (*LIMITS, "Unordered")),
        "begins": _BEGINS.format(name=row.name, variable=VARIABLE),
        "heard": _HEARD,
        "passes": _PASSES,
        "there": _IS_THERE if {"As", "Tools"} <= entry.names.keys() else "$false",
    }
    if row.name == "Use-ChatConnection":
        body = _USES.format(**words)
    elif entry.family == "conversation":
        body = _THROUGH.format(**words)
    elif row.gathers:
        body = _GATHERS.format(**words)
    elif "ThrottleLimit" in entry.names and piped:
        body = _MANY.format(**words) + (_CLEAN if cleans else "")
    else:
        body = _EACH.format(**words)
    return body

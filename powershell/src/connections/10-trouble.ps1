# What is said to the worker, and what is said when there is none.

function Get-BridgeTrouble {
    # One sentence on why there is no worker, from what it answered to the greeting.
    [CmdletBinding()]
    param([hashtable] $Connection, [psobject] $Answer)
    $python = $Connection['Python']
    if ($null -eq $Answer) {
        $said = ''
        if ($null -ne $Connection['Process']) {
            [void]$Connection['Process'].WaitForExit(2000)
            if ($null -eq $Connection['Drain']) { Read-BridgeNoise $Connection }
            [void]$Connection['Drain'].Wait(500)
            $said = [System.Text.Encoding]::UTF8.GetString($Connection['Head']).Trim([char]0)
        }
        return Get-BridgePythonTrouble $python $said
    }
    if ($Answer.PSObject.Properties['error']) { return "$($python['Path']): $($Answer.error.message)" }
    $theirs = $Answer.result
    "$($python['Path']) has psbridge $($theirs.version), which speaks protocol $($theirs.protocol); " +
    "this module speaks $($script:Protocol). Update both: & '$($python['Path'])' -m pip install --upgrade psbridge; psbridge install-module"
}

function Get-BridgePythonTrouble {
    # One sentence on why a Python could not be the worker, from what it wrote to standard error.
    [CmdletBinding()]
    param([hashtable] $Python, [string] $Said)
    $call = "& '$($Python['Path'])' $($Python['Before'])"
    if ($Said -match "No module named '?psbridge\.bridge|SyntaxError|requires a different Python") {
        return "$($Python['Path']) is too old, or its psbridge is: Python 3.10 or newer is needed; then: " +
        "$call-m pip install --upgrade psbridge"
    }
    if ($Said -match "No module named '?psbridge") {
        return "$($Python['Path']) has no psbridge; install it with: $call-m pip install psbridge"
    }
    $last = @($Said -split "`r?`n" | Where-Object { $_.Trim() })
    if ($last.Count) { return "$($Python['Path']) could not start the worker: $($last[-1].Trim())" }
    "$($Python['Path']) ended before it answered"
}

function Get-BridgeProcessId {
    # Of the process that has the worker: a child, or this one.
    [CmdletBinding()]
    param([hashtable] $Connection)
    if ($null -eq $Connection['Process']) { $PID } else { $Connection['Process'].Id }
}

function Write-BridgeRestart {
    # Warns that another worker serves from now on.
    [CmdletBinding()]
    param([hashtable] $Old, [hashtable] $New)
    Write-Warning ("The psbridge worker (process $(Get-BridgeProcessId $Old)) had ended; " +
        "a new one was started (process $(Get-BridgeProcessId $New)), with the same configuration.")
}

function Stop-BridgeCmdlet {
    # Ends a cmdlet that found no Python.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Why, [object] $Path)
    $Cmdlet.ThrowTerminatingError((New-BridgeRecord $Why 'PSBridge.PythonNotFound' 'ObjectNotFound' $Path))
}

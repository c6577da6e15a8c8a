# What is said to the worker, and what is said when there is none.

function Send-BridgeRequest {
    # Sends one request and returns the call to wait with: its id and the queue its lines come to.
    param($Connection, [string] $Method, [string] $Params, $Queue)
    if ($null -eq $Queue) { $Queue = [System.Collections.Concurrent.ConcurrentQueue[string]]::new() }
    $call = @{ Id = [long]0; Queue = $Queue; Signal = $script:Signal }
    $earlier = $Connection['Write']
    while ($null -ne $earlier -and -not $earlier.IsCompleted) { [void]([System.Threading.Tasks.Task]::WaitAny(@($earlier), 200)) }
    [System.Threading.Monitor]::Enter($Connection['Gate'])
    try {
        $id = $Connection['NextId'] + 1
        $Connection['NextId'] = $id
        $call.Id = $id
        $bytes = $script:Utf8.GetBytes("{`"jsonrpc`":`"2.0`",`"id`":$id,`"method`":`"$Method`",`"params`":$Params}`n")
        $Connection['Pending'][$id] = $call
        if ($bytes.Length -le 65536) {
            $Connection['Input'].Write($bytes, 0, $bytes.Length)
            $Connection['Input'].Flush()
        }
        else {
            # A long line is written in the background: PowerShell can be stopped meanwhile, the line stays whole.
            $Connection['Write'] = $Connection['Input'].WriteAsync($bytes, 0, $bytes.Length)
        }
    }
    catch [System.IO.IOException] {
        $Connection['Ready'] = $false
        $Queue.Enqueue('')
    }
    catch [System.ObjectDisposedException] {
        $Connection['Ready'] = $false
        $Queue.Enqueue('')
    }
    finally {
        [System.Threading.Monitor]::Exit($Connection['Gate'])
    }
    $call
}

function Get-BridgeTrouble {
    # One sentence on why there is no worker, from what it answered to the greeting.
    param($Connection, $Answer)
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
    "$($python['Path']) has psbridge $($theirs.version), which speaks protocol $($theirs.protocol); this module speaks $($script:Protocol). Update both: & '$($python['Path'])' -m pip install --upgrade psbridge; psbridge install-module"
}

function Get-BridgePythonTrouble {
    # One sentence on why a Python could not be the worker, from what it wrote to standard error.
    param($Python, [string] $Said)
    $call = "& '$($Python['Path'])' $($Python['Before'])"
    if ($Said -match "No module named '?psbridge\.bridge|SyntaxError|requires a different Python") {
        return "$($Python['Path']) is too old, or its psbridge is: Python 3.10 or newer is needed; then: $call-m pip install --upgrade psbridge"
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
    param($Connection)
    if ($null -eq $Connection['Process']) { $PID } else { $Connection['Process'].Id }
}

function Write-BridgeRestart {
    param($Old, $New)
    Write-Warning "The psbridge worker (process $(Get-BridgeProcessId $Old)) had ended; a new one was started (process $(Get-BridgeProcessId $New)), with the same configuration."
}

function Stop-BridgeCmdlet {
    # Ends a cmdlet that found no Python.
    param($Cmdlet, [string] $Why, $Path)
    $Cmdlet.ThrowTerminatingError((New-BridgeRecord $Why 'PSBridge.PythonNotFound' 'ObjectNotFound' $Path))
}

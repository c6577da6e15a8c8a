# The worker process and the lines to and from it.
#
# Whoever waits for an answer reads for everybody: one waiting runspace at a time has the turn, reads a line, and
# puts it into the queue of the call it belongs to. Waiting is done in slices, so that Ctrl+C works; a line that
# nobody waits for any more is dropped.

$script:LineHead = [regex]::new('^\{"jsonrpc": ?"2\.0", ?(?:"id": ?(\d+),|"method": ?"\w+", ?"params": ?\{"id": ?(\d+)[,}])')

function Connect-Bridge {
    # A connection that is ready, made if there is none. The cmdlet ends when it cannot be.
    param($Cmdlet)
    $hub = Get-BridgeHub
    while (-not [System.Threading.Monitor]::TryEnter($hub.Gate, 200)) { }
    try {
        $old = $hub.Connection
        if ($null -ne $old -and $old.Ready) { return $old }
        Add-BridgeUser $hub
        $trouble = [System.Collections.ArrayList]::new()
        foreach ($python in (Find-BridgePython $hub.PythonPath)) {
            if ($python.Trouble) { Stop-BridgeCmdlet $Cmdlet $python.Trouble $python.Path }
            $connection = Start-BridgeWorker $hub $python $trouble
            if ($null -ne $connection) {
                $hub.Connection = $connection
                if ($null -ne $old) {
                    $hub.Restarts++
                    Write-Warning "The psbridge worker (process $($old.Id)) had ended; a new one was started (process $($connection.Id)), with the same configuration."
                }
                return $connection
            }
        }
        $why = if ($trouble.Count) { $trouble -join '; ' } else { 'no python3, python or py was found on the path' }
        Stop-BridgeCmdlet $Cmdlet "PSBridge needs Python 3.10 or newer with psbridge: $why. Name another one with Connect-PSBridge -PythonPath or in PSBRIDGE_PYTHON."
    }
    finally {
        [System.Threading.Monitor]::Exit($hub.Gate)
    }
}

function Stop-BridgeCmdlet {
    # Ends a cmdlet that found no Python.
    param($Cmdlet, [string] $Why, $Path)
    $Cmdlet.ThrowTerminatingError((New-BridgeRecord $Why 'PSBridge.PythonNotFound' 'ObjectNotFound' $Path))
}

function Start-BridgeWorker {
    # The connection to a worker of this Python, greeted and configured; nothing when there can be none.
    param($Hub, $Python, $Trouble)
    $connection = $Hub.Early
    $Hub.Early = $null
    if ($null -ne $connection -and ($Hub.InProcess -or $connection.Python.Path -ne $Python.Path)) {
        Close-BridgeConnection $connection 0
        $connection = $null
    }
    if ($Hub.InProcess) { $connection = Start-BridgeInside $Python $Trouble }
    elseif ($null -eq $connection) { $connection = New-BridgeProcess $Python $Trouble }
    if ($null -eq $connection) { return }
    $done = $false
    try {
        $answer = Wait-BridgeAnswer $connection $connection.Hello 60000
        if ($null -eq $answer) {
            $said = ''
            if ($null -ne $connection.Process) {
                [void]$connection.Process.WaitForExit(2000)
                [void]$connection.Drain.Wait(500)
                $said = [System.Text.Encoding]::UTF8.GetString($connection.Head).Trim([char]0)
            }
            [void]$Trouble.Add((Get-BridgePythonTrouble $Python $said))
            return
        }
        if ($answer.PSObject.Properties['error']) {
            [void]$Trouble.Add("$($Python.Path): $($answer.error.message)")
            return
        }
        if ($answer.result.protocol -ne $script:Protocol) {
            [void]$Trouble.Add("$($Python.Path) has psbridge $($answer.result.version), which speaks protocol $($answer.result.protocol); this module speaks $($script:Protocol). Update both: & '$($Python.Path)' -m pip install --upgrade psbridge; psbridge install-module")
            return
        }
        foreach ($kept in @($Hub.Replay)) {
            $null = Wait-BridgeAnswer $connection (Send-BridgeRequest $connection 'invoke' (Get-BridgeReplayText $kept)) 60000
        }
        $connection.Ready = $true
        $done = $true
        $connection
    }
    finally {
        if (-not $done) { Close-BridgeConnection $connection 0 }
    }
}

function Get-BridgePythonTrouble {
    # One sentence on why a Python could not be the worker, from what it wrote to standard error.
    param($Python, [string] $Said)
    $call = "& '$($Python.Path)' $($Python.Before)"
    if ($Said -match "No module named '?psbridge\.bridge|SyntaxError|requires a different Python") {
        return "$($Python.Path) is too old, or its psbridge is: Python 3.10 or newer is needed; then: $call-m pip install --upgrade psbridge"
    }
    if ($Said -match "No module named '?psbridge") {
        return "$($Python.Path) has no psbridge; install it with: $call-m pip install psbridge"
    }
    $last = @($Said -split "`r?`n" | Where-Object { $_.Trim() })
    if ($last.Count) { return "$($Python.Path) could not start the worker: $($last[-1].Trim())" }
    "$($Python.Path) ended before it answered"
}

function Send-BridgeRequest {
    # Sends one request and returns the call to wait with: its id and the queue its lines come to.
    param($Connection, [string] $Method, [string] $Params, $Queue)
    if ($null -eq $Queue) { $Queue = [System.Collections.Concurrent.ConcurrentQueue[string]]::new() }
    $call = @{ Id = [long]0; Queue = $Queue; Signal = $script:Signal }
    $earlier = $Connection.Write
    while ($null -ne $earlier -and -not $earlier.IsCompleted) { [void]([System.Threading.Tasks.Task]::WaitAny(@($earlier), 200)) }
    [System.Threading.Monitor]::Enter($Connection.Gate)
    try {
        $id = $Connection.NextId + 1
        $Connection.NextId = $id
        $call.Id = $id
        $bytes = $script:Utf8.GetBytes("{`"jsonrpc`":`"2.0`",`"id`":$id,`"method`":`"$Method`",`"params`":$Params}`n")
        $Connection.Pending[$id] = $call
        if ($bytes.Length -le 65536) {
            $Connection.Input.Write($bytes, 0, $bytes.Length)
            $Connection.Input.Flush()
        }
        else {
            # A long line is written in the background: PowerShell can be stopped meanwhile, the line stays whole.
            $Connection.Write = $Connection.Input.WriteAsync($bytes, 0, $bytes.Length)
        }
    }
    catch [System.IO.IOException] {
        $Connection.Ready = $false
        $Queue.Enqueue('')
    }
    catch [System.ObjectDisposedException] {
        $Connection.Ready = $false
        $Queue.Enqueue('')
    }
    finally {
        [System.Threading.Monitor]::Exit($Connection.Gate)
    }
    $call
}

function Read-BridgeLine {
    # The next line for one of the calls of $Queue; '' when the worker has ended, $null when $Milliseconds passed.
    param($Connection, $Queue, [int] $Milliseconds)
    $line = $null
    if ($Queue.TryDequeue([ref]$line)) { return $line }
    $turn = $Connection.Turn
    $which = [System.Threading.WaitHandle]::WaitAny(@($script:Signal, $turn), $Milliseconds)
    if ($which -ne 1) {
        if ($Queue.TryDequeue([ref]$line)) { return $line }
        return $null
    }
    try {
        if ($Queue.TryDequeue([ref]$line)) { return $line }
        $read = $Connection.Read
        if ($null -eq $read) {
            $read = $Connection.Reader.ReadLineAsync()
            $Connection.Read = $read
        }
        if (-not $read.IsCompleted -and -not $read.Wait($Milliseconds)) {
            # Standard error past its first part is thrown away, so that no amount of it can block the worker.
            if ($null -ne $Connection.Drain -and $Connection.Drain.IsCompleted) {
                $Connection.Drain = $Connection.Process.StandardError.BaseStream.CopyToAsync([System.IO.Stream]::Null)
            }
            return $null
        }
        $line = $null
        if (-not $read.IsFaulted) { $line = $read.Result }
        if ($null -eq $line) {
            # The end of its output, which is for good: Read stays, and everybody who waits is told.
            $Connection.Ready = $false
            foreach ($id in @($Connection.Pending.Keys)) {
                $call = $null
                if ($Connection.Pending.TryRemove($id, [ref]$call)) {
                    $call.Queue.Enqueue('')
                    [void]$call.Signal.Set()
                }
            }
            [void]$Queue.TryDequeue([ref]$line)
            return ''
        }
        $Connection.Read = $null
        $match = $script:LineHead.Match($line)
        if (-not $match.Success) { return $null }
        $id = if ($match.Groups[1].Success) { [long]$match.Groups[1].Value } else { [long]$match.Groups[2].Value }
        $call = $null
        if ($Connection.Pending.TryGetValue($id, [ref]$call)) {
            if ([object]::ReferenceEquals($call.Queue, $Queue)) { return $line }
            $call.Queue.Enqueue($line)
            [void]$call.Signal.Set()
        }
        return $null
    }
    finally {
        [void]$turn.Set()
    }
}

function Wait-BridgeAnswer {
    # The answer to one request, parsed; $null when the worker ended or took longer than $Milliseconds.
    param($Connection, $Call, [int] $Milliseconds = [int]::MaxValue)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    try {
        while ($clock.ElapsedMilliseconds -lt $Milliseconds) {
            $line = Read-BridgeLine $Connection $Call.Queue 200
            if ($null -eq $line) { continue }
            if ($line -eq '') { return }
            $message = ConvertFrom-BridgeLine $line
            if ($message.PSObject.Properties['id']) { return $message }
        }
    }
    finally {
        $gone = $null
        [void]$Connection.Pending.TryRemove($Call.Id, [ref]$gone)
    }
}

function Add-BridgeUser {
    # Remembers that this runspace uses the worker, and has its end noticed.
    param($Hub)
    $me = [System.Management.Automation.Runspaces.Runspace]::DefaultRunspace
    if ($null -eq $me) { return }
    [System.Threading.Monitor]::Enter($Hub.SyncRoot)
    try {
        foreach ($user in @($Hub.Users)) {
            if ($user.RunspaceStateInfo.State -ne 'Opened') { $Hub.Users.Remove($user) }
        }
        if (-not $Hub.Users.Contains($me)) {
            [void]$Hub.Users.Add($me)
            # What Register-EngineEvent does; the cmdlet would have its whole module loaded first.
            $action = { & $Event.MessageData { Disconnect-Bridge } }
            $null = $ExecutionContext.Events.SubscribeEvent(
                $null, $null, 'PowerShell.Exiting', $ExecutionContext.SessionState.Module, $action, $true, $false)
        }
    }
    finally {
        [System.Threading.Monitor]::Exit($Hub.SyncRoot)
    }
}


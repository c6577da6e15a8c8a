# The worker process and the lines to and from it.
#
# Whoever waits for an answer reads for everybody: one waiting runspace at a time has the turn, reads a line, and
# puts it into the queue of the call it belongs to. Waiting is done in slices, so that Ctrl+C works; a line that
# nobody waits for any more is dropped.

function Connect-Bridge {
    # A connection that is ready, made if there is none. Throws an ErrorRecord when it cannot be.
    $hub = Get-BridgeHub
    while (-not [System.Threading.Monitor]::TryEnter($hub.Gate, 200)) { }
    try {
        $old = $hub.Connection
        if ($null -ne $old -and $old.Ready) { return $old }
        Add-BridgeUser $hub
        $trouble = New-Object System.Collections.ArrayList
        $candidates = Find-BridgePython $hub.PythonPath
        foreach ($python in $candidates) {
            $connection = Start-BridgeWorker $python $trouble
            if ($null -ne $connection) {
                $hub.Connection = $connection
                if ($null -ne $old) {
                    $hub.Restarts++
                    Write-Warning "The psbridge worker (process $($old.Process.Id)) had ended; a new one was started (process $($connection.Process.Id)), with the same configuration."
                }
                return $connection
            }
        }
        $why = if ($trouble.Count) { $trouble -join '; ' } else { 'no python3, python or py was found on the path' }
        throw (New-BridgeRecord "PSBridge needs Python 3.10 or newer with psbridge: $why. Name another one with Connect-PSBridge -PythonPath or in PSBRIDGE_PYTHON." 'PSBridge.PythonNotFound' 'ObjectNotFound' $null)
    }
    finally {
        [System.Threading.Monitor]::Exit($hub.Gate)
    }
}

function Start-BridgeWorker {
    param($Python, $Trouble)
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $Python.Path
    $start.Arguments = "$($Python.Before)-X utf8 -m psbridge.bridge"
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = $script:Utf8
    # Python puts the working directory first on its path: a folder of ours, not one where anything may lie.
    $start.WorkingDirectory = $PSScriptRoot
    $start.EnvironmentVariables['PYTHONSAFEPATH'] = '1'
    try {
        $process = [System.Diagnostics.Process]::Start($start)
    }
    catch {
        [void]$Trouble.Add("$($Python.Path) could not be started ($($_.Exception.GetBaseException().Message))")
        return
    }
    $head = New-Object byte[] 65536
    $connection = [hashtable]::Synchronized(@{
            Process = $process
            Python  = $Python
            Input   = $process.StandardInput.BaseStream
            Reader  = $process.StandardOutput
            Read    = $null                                             # the read under way, whoever began it
            Write   = $null                                             # a long write that may still be under way
            Turn    = New-Object System.Threading.AutoResetEvent $true  # whose turn it is to read
            Pending = New-Object 'System.Collections.Concurrent.ConcurrentDictionary[long,object]'
            NextId  = [long]0
            Head    = $head                                             # the first of what it said on standard error
            Drain   = $null
            Ready   = $false
            Gate    = New-Object object                                 # held while a line is written
            Hello   = $null
            Since   = [datetime]::UtcNow
        })
    $connection.Drain = $process.StandardError.BaseStream.CopyToAsync((New-Object System.IO.MemoryStream (, $head)))
    $done = $false
    try {
        $text = New-Object System.Text.StringBuilder
        Add-BridgeJson $text ([ordered]@{
                protocol   = $script:Protocol
                version    = $script:Version
                powershell = $PSVersionTable.PSVersion.ToString()
                edition    = $PSVersionTable.PSEdition
                os         = [System.Environment]::OSVersion.VersionString
            }) (New-Object System.Collections.Generic.List[object]) 'hello'
        $answer = Wait-BridgeAnswer $connection (Send-BridgeRequest $connection 'hello' $text.ToString()) 60000
        if ($null -eq $answer) {
            [void]$process.WaitForExit(2000)
            [void]$connection.Drain.Wait(500)
            [void]$Trouble.Add((Get-BridgePythonTrouble $Python ([System.Text.Encoding]::UTF8.GetString($head).Trim([char]0))))
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
        $connection.Hello = $answer.result
        foreach ($kept in @((Get-BridgeHub).Replay)) {
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
            if ($Connection.Drain.IsCompleted) {
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

function Close-BridgeConnection {
    # Ends a worker: its input ends, which it takes as a goodbye; after $Milliseconds it is killed.
    param($Connection, [int] $Milliseconds)
    $Connection.Ready = $false
    foreach ($id in @($Connection.Pending.Keys)) {
        $call = $null
        if ($Connection.Pending.TryRemove($id, [ref]$call)) {
            $call.Queue.Enqueue('')
            [void]$call.Signal.Set()
        }
    }
    try { $Connection.Input.Dispose() } catch { Write-Debug "Closing the worker's input: $($_.Exception.Message)" }
    try {
        if (-not $Connection.Process.WaitForExit($Milliseconds)) { $Connection.Process.Kill() }
    }
    catch { Write-Debug "Ending the worker: $($_.Exception.Message)" }
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
            $left = $ExecutionContext.SessionState.Module
            $null = Register-EngineEvent -SourceIdentifier PowerShell.Exiting -SupportEvent -MessageData $left -Action {
                & $Event.MessageData { Disconnect-Bridge }
            }
        }
    }
    finally {
        [System.Threading.Monitor]::Exit($Hub.SyncRoot)
    }
}

function Disconnect-Bridge {
    # Takes this runspace out of the worker's users; the last one ends it and forgets the configuration. With -All
    # the worker ends for everybody, and the next call's goes on with the same configuration.
    param([switch] $All)
    $hub = [System.AppDomain]::CurrentDomain.GetData('PSBridge.Hub.1')
    if ($null -eq $hub) { return }
    $me = [System.Management.Automation.Runspaces.Runspace]::DefaultRunspace
    $others = 0
    foreach ($user in @($hub.Users)) {
        if ($user -ne $me -and $user.RunspaceStateInfo.State -eq 'Opened') { $others++ }
    }
    $hub.Users.Remove($me)
    if ($All -or $others -eq 0) {
        $connection = $hub.Connection
        $hub.Connection = $null
        if ($null -ne $connection) { Close-BridgeConnection $connection 3000 }
        if (-not $All) {
            $hub.PythonPath = $null
            $hub.Restarts = 0
            $hub.Replay.Clear()
        }
    }
}

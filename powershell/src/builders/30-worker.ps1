# The worker process and the lines to and from it.
#
# Whoever waits for an answer reads for everybody: one waiting runspace at a time has the turn, reads a line, and
# puts it into the queue of the call it belongs to. Waiting is done in slices, so that Ctrl+C works; a line that
# nobody waits for any more is dropped.

$script:LineHead = [regex]::new('^\{"jsonrpc": ?"2\.0", ?(?:"id": ?(\d+),|"method": ?"\w+", ?"params": ?\{"id": ?(\d+)[,}])')
# What the greeting is answered with by a worker that speaks as this module does.
$script:Greeted = [regex]::new('^\{"jsonrpc": ?"2\.0", ?"id": ?1, ?"result": ?\{[^{}]*"protocol": ?' + $script:Protocol + '[,}]')

function Connect-Bridge {
    # A connection that is ready, made if there is none. The cmdlet ends when it cannot be.
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    $hub = Get-BridgeHub
    while (-not [System.Threading.Monitor]::TryEnter($hub['Gate'], 200)) { }
    try {
        $old = $hub['Connection']
        if ($null -ne $old) {
            if ($script:Wire.IsOpen($old)) { return $old }
            if ($old['Ready']) { Stop-BridgeWaiting $old }
        }
        $trouble = [System.Collections.ArrayList]::new()
        foreach ($python in (Find-BridgePython $hub['PythonPath'])) {
            if ($python['Trouble']) { Stop-BridgeCmdlet $Cmdlet $python['Trouble'] $python['Path'] }
            $connection = Start-BridgeWorker $hub $python $trouble
            if ($null -ne $connection) {
                $hub['Connection'] = $connection
                if ($null -ne $old) {
                    $hub['Restarts']++
                    Write-BridgeRestart $old $connection
                }
                return $connection
            }
        }
        $why = if ($trouble.Count) { $trouble -join '; ' } else { 'no python3, python or py was found on the path' }
        $why = "PSBridge needs Python 3.10 or newer with psbridge: $why. " +
        'Name another one with Connect-PSBridge -PythonPath or in PSBRIDGE_PYTHON.'
        Stop-BridgeCmdlet $Cmdlet $why
    }
    finally {
        [System.Threading.Monitor]::Exit($hub['Gate'])
    }
}

function Start-BridgeWorker {
    # The connection to a worker of this Python, greeted; nothing when there can be none.
    param([hashtable] $Hub, [hashtable] $Python, [System.Collections.ArrayList] $Trouble)
    $connection = $Hub['Early']
    $Hub['Early'] = $null
    if ($null -ne $connection -and ($Hub['InProcess'] -or $connection['Python']['Path'] -ne $Python['Path'])) {
        Close-BridgeConnection $connection 0
        $connection = $null
    }
    if ($Hub['InProcess']) { $connection = Start-BridgeInside $Python $Trouble }
    elseif ($null -eq $connection) { $connection = New-BridgeProcess $Python $Trouble }
    if ($null -eq $connection) { return }
    $done = $false
    try {
        $line = Read-BridgeHello $connection
        if (-not $script:Greeted.IsMatch($line)) {
            $answer = if ($line) { $script:Wire.Parse($line) }
            [void]$Trouble.Add((Get-BridgeTrouble $connection $answer))
            return
        }
        $connection['Ready'] = $true
        $done = $true
        $connection
    }
    finally {
        if (-not $done) { Close-BridgeConnection $connection 0 }
    }
}

function Read-BridgeHello {
    # The line that a worker answers the greeting with; '' when it ended instead, or was silent for a minute. Nobody else
    # reads from it yet.
    param([hashtable] $Connection)
    $read = $null
    foreach ($slice in 1..300) {
        if ($null -eq $read) { $read = $Connection['Reader'].ReadLineAsync() }
        try { $there = $read.Wait(200) }
        catch [System.AggregateException] { return '' }
        if ($there) {
            $line = $read.Result
            if ($null -eq $line) { return '' }
            if ($script:LineHead.IsMatch($line)) { return $line }
            $read = $null
        }
        elseif ($null -ne $Connection['Process']) { Read-BridgeNoise $Connection }
    }
    ''
}

function Read-BridgeNoise {
    # Reads what a worker says on standard error while an answer is late: no amount of it can block the worker for
    # longer. The first part is kept for the message that says why there is no answer.
    param([hashtable] $Connection)
    $drain = $Connection['Drain']
    if ($null -ne $drain -and -not $drain.IsCompleted) { return }
    $to = [System.IO.Stream]::Null
    if ($null -eq $drain) {
        $Connection['Head'] = [byte[]]::new(65536)
        $to = [System.IO.MemoryStream]::new($Connection['Head'])
    }
    $Connection['Drain'] = $Connection['Process'].StandardError.BaseStream.CopyToAsync($to)
}

function Add-BridgeUser {
    # Remembers that this module uses the worker, also one that others started, and has the end of PowerShell noticed.
    # Nothing tells of the end of a runspace: those that have ended are left out here.
    param([hashtable] $Hub)
    $runspace = [System.Management.Automation.Runspaces.Runspace]::DefaultRunspace
    $script:Runspace = $runspace.Id
    [System.Threading.Monitor]::Enter($Hub.SyncRoot)
    try {
        $all = $Hub['Runspaces']
        if ($all.Count) {
            foreach ($id in @($all.Keys)) {
                if ($all[$id].RunspaceStateInfo.State -ne 'Opened') {
                    $all.Remove($id)
                    $Hub['Own'].Remove($id)
                    $Hub['Users'] = @($Hub['Users'] | Where-Object { $_['Runspace'] -ne $id })
                }
            }
        }
        $all[$runspace.Id] = $runspace
        $Hub['Users'] += @{ Runspace = $runspace.Id; Module = $script:Me }
    }
    finally {
        [System.Threading.Monitor]::Exit($Hub.SyncRoot)
    }
    # What Register-EngineEvent does; the cmdlet would have its whole module loaded first.
    $action = { & $Event.MessageData { Disconnect-Bridge } }
    $null = $ExecutionContext.Events.SubscribeEvent(
        $null, $null, 'PowerShell.Exiting', $ExecutionContext.SessionState.Module, $action, $true, $false)
}

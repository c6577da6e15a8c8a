# The worker's process: started, and ended.

function Start-BridgeEarly {
    # Starts the process that the first call will most likely want, while the rest of the module is being read.
    # What goes wrong here is said when the connection is made.
    $hub = Get-BridgeHub
    $gate = $hub['Gate']
    if (-not [System.Threading.Monitor]::TryEnter($gate, 0)) { return }
    try {
        if ($null -eq $hub['Connection'] -and $null -eq $hub['Early'] -and -not $hub['InProcess']) {
            $python = Find-BridgePython $hub['PythonPath'] $true
            if ($null -ne $python -and -not $python['Trouble']) { $hub['Early'] = New-BridgeProcess $python }
        }
    }
    finally {
        [System.Threading.Monitor]::Exit($gate)
    }
}

function Start-BridgePython {
    # A process that runs a module of psbridge, with all its streams here; nothing when it could not be started.
    param([hashtable] $Python, [string] $Module, [System.Collections.ArrayList] $Trouble)
    $start = [System.Diagnostics.ProcessStartInfo]@{
        FileName               = $Python['Path']
        Arguments              = $Python['Before'] + '-X utf8 -m ' + $Module
        UseShellExecute        = $false
        CreateNoWindow         = $true
        RedirectStandardInput  = $true
        RedirectStandardOutput = $true
        RedirectStandardError  = $true
        StandardOutputEncoding = $script:Utf8
        # Python puts the working directory first on its path: a folder where only the system puts files, not one where
        # anything may lie. Not the module's own: Windows would not let it be updated while the worker runs.
        WorkingDirectory       = Get-BridgeSystemFolder
    }
    try { [System.Diagnostics.Process]::Start($start) }
    catch {
        if ($null -ne $Trouble) {
            [void]$Trouble.Add("$($Python['Path']) could not be started ($($_.Exception.GetBaseException().Message))")
        }
    }
}

function Get-BridgeSystemFolder {
    # A folder where only the system puts files.
    $folder = [System.Environment]::SystemDirectory
    if ($folder) { $folder } else { '/' }
}

function New-BridgeProcess {
    # The connection to a worker that was just started; nothing when it could not be started.
    param([hashtable] $Python, [System.Collections.ArrayList] $Trouble)
    $process = Start-BridgePython $Python 'psbridge.bridge' $Trouble
    if ($null -ne $process) {
        $connection = New-BridgeConnection $Python $process $process.StandardInput.BaseStream $process.StandardOutput
        # What it says on standard error is read from the start: a pipe that nobody reads may hold no more than 4 KB.
        # The first part is kept for the message that says why there is no answer.
        $connection['Head'] = [byte[]]::new(65536)
        $connection['Drain'] = $process.StandardError.BaseStream.CopyToAsync([System.IO.MemoryStream]::new($connection['Head']))
        $connection
    }
}

function New-BridgeConnection {
    # The connection over two streams. The worker is greeted, and its answer is not waited for.
    param([hashtable] $Python, [System.Diagnostics.Process] $Process, [System.IO.Stream] $Writer, [System.IO.StreamReader] $Reader)
    $connection = [hashtable]::Synchronized(@{
            Python  = $Python
            Process = $Process                                       # a child; none where the worker is in this process
            Input   = $Writer
            Reader  = $Reader
            Head    = $null                                          # the first of what a child said on standard error
            Drain   = $null                                          # the task that reads it, or what comes after
            Builder = $null                                          # a delegate that makes objects without the streams
            Read    = $null                                          # the read under way, whoever began it
            Write   = $null                                          # a long write that may still be under way
            Turn    = [System.Threading.AutoResetEvent]::new($true)  # whose turn it is to read
            Pending = [System.Collections.Concurrent.ConcurrentDictionary[long, object]]::new()
            NextId  = [long]1
            Ready   = $false
            Gate    = @{}                                            # held while a line is written
        })
    $bytes = $script:Utf8.GetBytes('{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":' + $script:Protocol +
        ',"version":"' + $script:Version +
        '","powershell":"' + $PSVersionTable['PSVersion'] + '","edition":"' + $PSVersionTable['PSEdition'] + "`"}}`n")
    try {
        $Writer.Write($bytes, 0, $bytes.Length)
        $Writer.Flush()
    }
    catch [System.IO.IOException] { Write-Debug "The worker ended before it was greeted: $($_.Exception.Message)" }
    $connection
}

function Stop-BridgeWaiting {
    # Nothing comes from this worker any more, and everybody who waits is told.
    param([hashtable] $Connection)
    $Connection['Ready'] = $false
    foreach ($id in @($Connection['Pending'].Keys)) {
        $call = $null
        if ($Connection['Pending'].TryRemove($id, [ref]$call)) {
            $call.Queue.Enqueue('')
            [void]$call.Signal.Set()
        }
    }
}

function Close-BridgeConnection {
    # Ends a worker: its input ends, which it takes as a goodbye; after $Milliseconds it is killed.
    param([hashtable] $Connection, [int] $Milliseconds)
    Stop-BridgeWaiting $Connection
    try { $Connection['Input'].Dispose() } catch { Write-Debug "Closing the worker's input: $($_.Exception.Message)" }
    if ($null -eq $Connection['Process']) { return }
    try {
        if (-not $Connection['Process'].WaitForExit($Milliseconds)) { $Connection['Process'].Kill() }
    }
    catch { Write-Debug "Ending the worker: $($_.Exception.Message)" }
}

function Disconnect-Bridge {
    # This module is no user of the worker any more; the last one ends it. What its runspace has set stays for another
    # import. With -All the worker ends for everybody, and the next call starts another.
    param([switch] $All)
    $hub = [System.AppDomain]::CurrentDomain.GetData('PSBridge.Hub.2')
    if ($null -eq $hub) { return }
    [System.Threading.Monitor]::Enter($hub.SyncRoot)
    try {
        if (-not $All) {
            $runspaces = $hub['Runspaces']
            $hub['Users'] = @($hub['Users'] | Where-Object {
                    $_['Module'] -ne $script:Me -and $runspaces[$_['Runspace']].RunspaceStateInfo.State -eq 'Opened'
                })
        }
        # Taken away in the same breath: whoever begins to use the worker now starts another.
        $ended = @()
        if ($All -or -not $hub['Users'].Count) {
            $ended = @($hub['Early'], $hub['Connection'])
            $hub['Early'] = $null
            $hub['Connection'] = $null
            if (-not $All) {
                $hub['PythonPath'] = $null
                $hub['InProcess'] = $false
                $hub['Restarts'] = 0
            }
        }
    }
    finally { [System.Threading.Monitor]::Exit($hub.SyncRoot) }
    foreach ($connection in $ended) { if ($null -ne $connection) { Close-BridgeConnection $connection 3000 } }
}

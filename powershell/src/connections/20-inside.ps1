# -InProcess: the same worker as a thread of this process, in a Python that pythonnet loads into it. A process loads
# one Python, once.

function Start-BridgeInside {
    # The connection to a worker in this process; nothing when there can be none.
    [CmdletBinding()]
    param([hashtable] $Python, [System.Collections.ArrayList] $Trouble)
    $domain = [System.AppDomain]::CurrentDomain
    $loaded = $domain.GetData('PSBridge.Python')
    if ($null -eq $loaded) {
        $facts = Get-BridgePythonFact $Python $Trouble
        if ($null -eq $facts) { return }
        try { Initialize-BridgePython $facts }
        catch {
            [void]$Trouble.Add("$($Python['Path']) could not be loaded into this process ($($_.Exception.GetBaseException().Message))")
            return
        }
        $loaded = $Python['Path']
        $domain.SetData('PSBridge.Python', $loaded)
    }
    if ($loaded -ne $Python['Path']) {
        [void]$Trouble.Add("this process has loaded $loaded, and cannot load $($Python['Path']) too; start another PowerShell for it")
        return
    }
    $shared = @{}
    $serve = $domain.GetData('PSBridge.Serve')  # of the Python that hosts this PowerShell
    try { if ($null -ne $serve) { $serve.Invoke($shared) } else { Start-BridgeServing $shared } }
    catch {
        [void]$Trouble.Add("$($Python['Path']) could not start the worker in this process ($($_.Exception.GetBaseException().Message))")
        return
    }
    $in = [Microsoft.Win32.SafeHandles.SafeFileHandle]::new([System.IntPtr][long]$shared['Input'], $true)
    $out = [Microsoft.Win32.SafeHandles.SafeFileHandle]::new([System.IntPtr][long]$shared['Output'], $true)
    $writer = [System.IO.FileStream]::new($in, [System.IO.FileAccess]::Write, 1)
    $reader = [System.IO.StreamReader]::new([System.IO.FileStream]::new($out, [System.IO.FileAccess]::Read, 1), $script:Utf8)
    $connection = New-BridgeConnection $Python $null $writer $reader
    $connection['Builder'] = $shared['Builder']
    $connection
}

function Start-BridgeServing {
    # Has the Python that this process has loaded start a worker.
    [CmdletBinding()]
    param([hashtable] $Shared)
    $gil = [Python.Runtime.Py]::GIL()
    try {
        $scope = [Python.Runtime.Py]::CreateScope()
        [void]$scope.Set('shared', $Shared)
        [void]$scope.Exec("from psbridge.inprocess.hosted import serve`nserve(shared)")
        $scope.Dispose()
    }
    finally {
        $gil.Dispose()
    }
}

function Get-BridgePythonFact {
    # What is needed to load a Python: it is asked itself. Nothing when it cannot be loaded.
    [CmdletBinding()]
    param([hashtable] $Python, [System.Collections.ArrayList] $Trouble)
    $process = Start-BridgePython $Python 'psbridge.inprocess' $Trouble
    if ($null -eq $process) { return }
    $process.StandardInput.Close()
    $said = $process.StandardError.ReadToEndAsync()
    $told = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    if ($process.ExitCode -ne 0) {
        [void]$Trouble.Add((Get-BridgePythonTrouble $Python $said.Result))
        return
    }
    $facts = $script:Wire.Parse($told)
    $why = $facts.PSObject.Properties['trouble']
    if ($null -eq $why) { return $facts }
    [void]$Trouble.Add($why.Value)
}

function Initialize-BridgePython {
    # Loads Python into this process, as it said itself where its parts lie.
    [CmdletBinding()]
    param([psobject] $Facts)
    $null = [System.Reflection.Assembly]::LoadFrom($Facts.runtime)
    [Python.Runtime.Runtime]::PythonDLL = $Facts.library
    [Python.Runtime.PythonEngine]::PythonHome = $Facts.home
    [Python.Runtime.PythonEngine]::ProgramName = $Facts.program
    [Python.Runtime.PythonEngine]::Initialize()
    # When the process ends, pythonnet would take its types away under the threads of Python's that still run. Nobody needs
    # them back: the process ends, and all of it with it.
    $end = [Python.Runtime.PythonEngine].GetMethod('OnProcessExit', [System.Reflection.BindingFlags]'NonPublic, Static')
    if ($null -ne $end) {
        $handler = [System.Delegate]::CreateDelegate([System.EventHandler], $end)
        [System.AppDomain]::CurrentDomain.remove_ProcessExit($handler)
    }
    $null = [Python.Runtime.PythonEngine]::BeginAllowThreads()
}

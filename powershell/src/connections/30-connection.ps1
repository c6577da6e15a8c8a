# What Connect-PSBridge and Get-PSBridgeStatus do.

function Set-BridgeConnection {
    # Another Python, another kind of worker, or none of both; then a worker that answers.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.IDictionary] $Bound)
    $hub = Get-BridgeHub
    $before = $hub['InProcess']
    $done = $false
    $asked = $null
    try {
        if ($Bound.TryGetValue('PythonPath', [ref]$asked)) {
            $path = $asked
            if ($path.IndexOfAny([char[]]'/\') -ge 0) { $path = $Cmdlet.GetUnresolvedProviderPathFromPSPath($path) }
            if ($path -ne $hub['PythonPath']) {
                $found = Resolve-BridgePython $path '-PythonPath'
                if ($found['Trouble']) { Stop-BridgeCmdlet $Cmdlet $found['Trouble'] $path }
                $running = $hub['Connection']
                if ($null -ne $running -and $running['Python']['Path'] -ne $found['Path']) { Disconnect-Bridge -All }
                $hub['PythonPath'] = $path
            }
        }
        if ($Bound.TryGetValue('InProcess', [ref]$asked) -and [bool]$asked -ne $hub['InProcess']) {
            if ($null -ne $hub['Connection']) { Disconnect-Bridge -All }
            $hub['InProcess'] = [bool]$asked
        }
        $null = Connect-Bridge $Cmdlet
        $done = $true
    }
    finally {
        if (-not $done) { $hub['InProcess'] = $before }  # a script that goes on is served as it was
    }
}

function Get-BridgeStatus {
    # What Get-PSBridgeStatus gives.
    [CmdletBinding()]
    param()
    $hub = Get-BridgeHub
    $connection = $hub['Connection']
    $members = [ordered]@{
        State = 'NotStarted'; InProcess = $false; ProcessId = $null; Python = $null; PythonVersion = $null; Version = $null
        ModuleVersion = $script:Version
        Protocol = $script:Protocol; Uptime = $null; Calls = $null; InFlight = $null; Errors = $null; LastError = $null
        Restarts = $hub['Restarts']; WorkerMemory = $null; Usage = $null
    }
    if ($null -ne $connection) {
        $members.State = 'Ended'
        $members.ProcessId = Get-BridgeProcessId $connection
        $members.InProcess = $null -eq $connection['Process']
        $members.Python = $connection['Python']['Path']
        if ($connection['Ready']) {
            $answer = $script:Wire.Wait($connection, $script:Wire.Send($connection, 'status', '{}', $null), 10000)
            if ($null -ne $answer -and $answer.PSObject.Properties['result']) {
                $told = $answer.result
                $members.State = 'Running'
                $members.Python = $told.executable
                $members.PythonVersion = $told.python
                $members.Version = $told.version
                $members.Uptime = [timespan]::FromSeconds($told.uptime)
                $members.Calls = $told.calls
                $members.InFlight = $told.in_flight
                $members.Errors = $told.errors
                $members.LastError = $told.last_error
                $members.WorkerMemory = $told.memory
                $members.Usage = $told.usage
            }
        }
    }
    Import-BridgeFormat
    $status = [pscustomobject]$members
    $status.PSObject.TypeNames.Insert(0, 'PSBridge.Status')
    $status
}

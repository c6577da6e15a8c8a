# The connection as the user sees it.

function Connect-PSBridge {
    # .EXTERNALHELP PSBridge-help.xml
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.Status')]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [String]
        ${PythonPath},

        [Switch]
        ${InProcess},

        [Switch]
        ${PassThru}
    )
    Import-Bridge
    $hub = Get-BridgeHub
    $before = $hub.InProcess
    try {
        if ($PSBoundParameters.ContainsKey('PythonPath')) {
            $path = $PythonPath
            if ($path.IndexOfAny([char[]]'/\') -ge 0) { $path = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($path) }
            if ($path -ne $hub.PythonPath) {
                $found = Resolve-BridgePython $path '-PythonPath' -Required
                if ($found.Trouble) { throw (New-BridgeRecord $found.Trouble 'PSBridge.PythonNotFound' 'ObjectNotFound' $path) }
                $running = $hub.Connection
                if ($null -ne $running -and $running.Python.Path -ne $found.Path) { Disconnect-Bridge -All }
                $hub.PythonPath = $path
            }
        }
        if ($PSBoundParameters.ContainsKey('InProcess') -and [bool]$InProcess -ne $hub.InProcess) {
            if ($null -ne $hub.Connection) { Disconnect-Bridge -All }
            $hub.InProcess = [bool]$InProcess
        }
        $null = Connect-Bridge
    }
    catch {
        $hub.InProcess = $before  # a script that goes on is served as it was
        $PSCmdlet.ThrowTerminatingError($_)
    }
    if ($PassThru) { Get-PSBridgeStatus }
}

function Disconnect-PSBridge {
    # .EXTERNALHELP PSBridge-help.xml
    [CmdletBinding(PositionalBinding = $false)]
    param()
    Import-Bridge
    Disconnect-Bridge -All
}

function Get-PSBridgeStatus {
    # .EXTERNALHELP PSBridge-help.xml
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.Status')]
    param()
    Import-Bridge
    $hub = Get-BridgeHub
    $connection = $hub.Connection
    $members = [ordered]@{
        State = 'NotStarted'; InProcess = $false; ProcessId = $null; Python = $null; PythonVersion = $null; Version = $null; ModuleVersion = $script:Version
        Protocol = $script:Protocol; Uptime = $null; Calls = $null; InFlight = $null; Errors = $null; LastError = $null
        Restarts = $hub.Restarts; WorkerMemory = $null; Usage = $null
    }
    if ($null -ne $connection) {
        $members.State = 'Ended'
        $members.ProcessId = $connection.Id
        $members.InProcess = $null -eq $connection.Process
        $members.Python = $connection.Python.Path
        if ($connection.Ready) {
            $answer = Wait-BridgeAnswer $connection (Send-BridgeRequest $connection 'status' '{}') 10000
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

# The connection as the user sees it, and the configuration that scripts change in place.

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
        ${PassThru}
    )
    $hub = Get-BridgeHub
    try {
        if ($PSBoundParameters.ContainsKey('PythonPath')) {
            $path = $PythonPath
            if ($path.IndexOfAny([char[]]'/\') -ge 0) { $path = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($path) }
            if ($path -ne $hub.PythonPath) {
                $found = Resolve-BridgePython $path '-PythonPath' -Required
                $running = $hub.Connection
                if ($null -ne $running -and $running.Python.Path -ne $found.Path) { Disconnect-Bridge -All }
                $hub.PythonPath = $path
            }
        }
        $null = Get-BridgeConnection
    }
    catch {
        $PSCmdlet.ThrowTerminatingError($_)
    }
    if ($PassThru) { Get-PSBridgeStatus }
}

function Disconnect-PSBridge {
    # .EXTERNALHELP PSBridge-help.xml
    [CmdletBinding(PositionalBinding = $false)]
    param()
    Disconnect-Bridge -All
}

function Get-PSBridgeStatus {
    # .EXTERNALHELP PSBridge-help.xml
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('PSBridge.Status')]
    param()
    $hub = Get-BridgeHub
    $connection = $hub.Connection
    $members = [ordered]@{
        State = 'NotStarted'; ProcessId = $null; Python = $null; PythonVersion = $null; Version = $null; ModuleVersion = $script:Version
        Protocol = $script:Protocol; Uptime = $null; Calls = $null; InFlight = $null; Errors = $null; LastError = $hub.LastError
        Restarts = $hub.Restarts; WorkerMemory = $null; Usage = $null
    }
    if ($null -ne $connection) {
        $members.State = 'Ended'
        $members.ProcessId = $connection.Process.Id
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
    $status = [pscustomobject]$members
    $status.PSObject.TypeNames.Insert(0, 'PSBridge.Status')
    $status
}

function Update-BridgeLive {
    # Get-Configuration gives a hashtable that scripts write into, always the same one; this fills it with what is in force.
    param($Configuration)
    if ($null -eq $script:Live) { $script:Live = @{} }
    foreach ($property in $Configuration.PSObject.Properties) {
        $value = $property.Value
        if ($property.Name -in 'ApiKey', 'ApiKeyPrefix', 'DefaultHeaders') {
            $table = @{}
            if ($null -ne $value) { foreach ($entry in $value.PSObject.Properties) { $table[$entry.Name] = $entry.Value } }
            $value = $table
        }
        $script:Live[$property.Name] = $value
    }
    $script:LiveSeen = Copy-BridgeLive
    $script:Live
}

function Copy-BridgeLive {
    $copy = @{}
    foreach ($key in $script:Live.Keys) {
        $value = $script:Live[$key]
        $copy[$key] = if ($value -is [hashtable]) { $value.Clone() } else { $value }
    }
    $copy
}

function Sync-BridgeLive {
    # What a script wrote into the configuration's hashtable since it was last looked at, put in force.
    $then = $script:LiveSeen
    $script:LiveSeen = Copy-BridgeLive  # first: the cmdlets called below look here too
    $changed = @{}
    $tables = @{
        ApiKey         = 'Set-ConfigurationApiKey', 'Id', 'ApiKey'
        ApiKeyPrefix   = 'Set-ConfigurationApiKeyPrefix', 'Id', 'ApiKeyPrefix'
        DefaultHeaders = 'Set-ConfigurationDefaultHeader', 'Key', 'Value'
    }
    foreach ($key in @($script:Live.Keys)) {
        $now = $script:Live[$key]
        if ($tables.ContainsKey($key) -and $now -is [hashtable]) {
            # Entry by entry: a masked secret that still stands there stands for itself.
            $before = $then[$key]
            foreach ($name in @(@($now.Keys) + @($before.Keys) | Select-Object -Unique)) {
                if ($now[$name] -cne $before[$name]) {
                    $given = @{ $tables[$key][1] = $name; $tables[$key][2] = $now[$name] }
                    & $tables[$key][0] @given
                }
            }
        }
        elseif (-not [object]::Equals($now, $then[$key])) {
            $changed[$key] = $now
            if ($script:Secret.Contains($key) -and $now) {
                $script:Live[$key] = '********'
                $script:LiveSeen[$key] = '********'
            }
        }
    }
    if ($changed.Count) { Set-Configuration @changed }
}

# The service that a test dictates: it runs in the worker, which also notices what a test does not allow.

function New-BridgeOffline {
    # Opens a service; until it is disposed of it is what this runspace's calls go to.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.IDictionary] $Bound)
    $asked = [ordered]@{ does = 'open'; answers = @(Get-BridgeSaid $Cmdlet $Bound['Reply']) }
    if ($Bound['Cassette']) { $asked['cassette'] = $Cmdlet.GetUnresolvedProviderPathFromPSPath($Bound['Cassette']) }
    if ($Bound.ContainsKey('Record')) { $asked['record'] = [bool]$Bound['Record'] }
    if ($Bound['Allow']) { $asked['allow'] = [object[]]$Bound['Allow'] }
    $connection = Connect-Bridge $Cmdlet
    $before = $script:Wire.Settings()
    if ($null -ne $before) {
        $none = [System.Collections.Generic.Dictionary[string, object]]::new()
        Send-BridgeSettings @{ Cmdlet = $Cmdlet; Settings = $before } $none $connection
        $asked['settings'] = [long]$before['Id']
    }
    $told = Invoke-BridgeTesting $Cmdlet $asked
    Set-Configuration -BaseUrl $told.base_url -AccessToken $told.key
    $server = [pscustomobject]@{ BaseUrl = $told.base_url }
    $server.PSObject.TypeNames.Insert(0, 'PSBridge.OfflineOpenAI')
    $state = @{ Server = $told.server; Before = $before; Proxies = Set-BridgeWebProxy $told.base_url; Open = $true; Failures = @() }
    $hidden = @{ MemberType = 'NoteProperty'; InputObject = $server }
    Add-Member @hidden -Name State -Value $state
    $members = [System.Management.Automation.PSMemberSet]::new('PSStandardMembers', [System.Management.Automation.PSMemberInfo[]]@(
            [System.Management.Automation.PSPropertySet]::new('DefaultDisplayPropertySet', [string[]]('BaseUrl', 'Requests', 'Failures'))))
    $server.PSObject.Members.Add($members)
    Add-Member -InputObject $server -MemberType ScriptProperty -Name Requests -Value { , (Get-BridgeRequest $this.State) }
    Add-Member -InputObject $server -MemberType ScriptProperty -Name Failures -Value { , (Get-BridgeFailure $this.State) }
    Add-Member -InputObject $server -MemberType ScriptMethod -Name Reply -Value {
        $asked = [ordered]@{ does = 'reply'; server = $this.State.Server; answers = @(Get-BridgeSaid $null $args) }
        $null = Invoke-BridgeTesting $null $asked
    }
    Add-Member -InputObject $server -MemberType ScriptMethod -Name ReplyWhen -Value {
        $asked = [ordered]@{
            does = 'reply'; server = $this.State.Server; when = $args[0]
            answers = @(Get-BridgeSaid $null $args[1..($args.Count - 1)])
        }
        $null = Invoke-BridgeTesting $null $asked
    }
    Add-Member -InputObject $server -MemberType ScriptMethod -Name AssertAsked -Value {
        $asked = [ordered]@{
            does = 'asked'; server = $this.State.Server; expected = $args[0]
            index = if ($args.Count -gt 1) { $args[1] } else { -1 }
        }
        $difference = Invoke-BridgeTesting $null $asked
        if ($null -ne $difference) { throw $difference }
    }
    Add-Member -InputObject $server -MemberType ScriptMethod -Name Dispose -Value { Close-BridgeOffline $this.State }
    $server
}

function Close-BridgeOffline {
    # Ends a service, puts back what was in force, and fails for what the test did not allow. Once.
    [CmdletBinding()]
    param([hashtable] $State)
    if (-not $State.Open) { return }
    $State.Failures = Get-BridgeFailure $State
    $State.Open = $false
    Set-BridgeOwn $State.Before
    Reset-BridgeWebProxy $State.Proxies
    $null = Invoke-BridgeTesting $null ([ordered]@{ does = 'close'; server = $State.Server })
    if ($State.Failures.Count) { throw ($State.Failures -join '; ') }
}

function Invoke-BridgeTesting {
    # One question to the worker about a service; its answer.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.IDictionary] $Asked)
    $writer = $script:Writer::new()
    $writer.Add($Asked, 'Reply')
    if ($writer.Refusal) { $record = New-BridgeRecord $writer.Refusal 'PSBridge.InvalidValue' 'InvalidData' $null }
    else {
        $connection = Connect-Bridge $Cmdlet
        $answer = $script:Wire.Wait($connection, $script:Wire.Send($connection, 'testing', $writer.Text.ToString(), $null), 60000)
        if ($null -eq $answer) { $record = New-BridgeLoss $connection $null }
        elseif ($null -ne $answer.PSObject.Properties['error']) { $record = ConvertTo-BridgeRecord $answer.error $null }
        else { return , $script:Reader.Read($answer.result.value) }
    }
    if ($null -ne $Cmdlet) { $Cmdlet.ThrowTerminatingError($record) }
    throw $record
}

function Get-BridgeSaid {
    # What is to be answered, one after the other, in the worker's terms.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object[]] $Answers)
    foreach ($answer in $Answers) {
        $calls = @($answer)
        $kind = ''
        if ($calls.Count -and $calls[0] -is [System.Management.Automation.PSCustomObject]) { $kind = $calls[0].PSObject.TypeNames[0] }
        if ($kind -eq 'PSBridge.OfflineToolCall') {
            $said = [object[]]@(foreach ($call in $calls) { @{ name = $call.name; arguments = $call.arguments } })
            @{ kind = 'calls'; value = $said }
        }
        elseif ($kind -eq 'PSBridge.OfflineFault') { @{ kind = 'fault'; value = $answer.Fault } }
        elseif ($answer -is [string]) { @{ kind = 'text'; value = [string]$answer } }
        else { @{ kind = 'data'; value = $answer } }
    }
}

function New-BridgeFault {
    # What New-OfflineFault gives, of its bound parameters.
    [CmdletBinding()]
    param([System.Collections.IDictionary] $Bound)
    $fault = @{}
    foreach ($key in $Bound.Keys) {
        if ($script:Common.Contains($key)) { continue }
        $value = $Bound[$key]
        if ($value -is [System.Management.Automation.SwitchParameter]) { $value = [bool]$value }
        $fault[($key -creplace '(?<=[a-z])([A-Z])', '_$1').ToLowerInvariant()] = $value
    }
    $made = [pscustomobject]@{ Fault = $fault }
    $made.PSObject.TypeNames.Insert(0, 'PSBridge.OfflineFault')
    $made
}

function Get-BridgeRequest {
    # What came, oldest first. What PowerShell's own cmdlets wanted from elsewhere is no request of the service.
    [CmdletBinding()]
    param([hashtable] $State)
    if (-not $State.Open) { throw 'The offline server is not open any more.' }
    $all = Invoke-BridgeTesting $null ([ordered]@{ does = 'requests'; server = $State.Server })
    , [object[]]@($all | Where-Object { -not (Test-BridgeElsewhere $_) })
}

function Get-BridgeFailure {
    # What the test must fail for: calls elsewhere, and requests without an answer.
    [CmdletBinding()]
    param([hashtable] $State)
    if (-not $State.Open) { return , [object[]]@($State.Failures) }
    $asked = [ordered]@{ does = 'failures'; server = $State.Server }
    $failures = Invoke-BridgeTesting $null $asked
    $asked['does'] = 'requests'
    $all = Invoke-BridgeTesting $null $asked
    foreach ($request in $all) {
        # PowerShell's own telemetry is no call of the test's.
        if ((Test-BridgeElsewhere $request) -and $request.Path -notlike 'dc.services.visualstudio.com*') {
            $failures += "a call to $($request.Path -replace '[?#].*$')"
        }
    }
    , [object[]]@($failures)
}

function Test-BridgeElsewhere {
    # Whether a request came as to a proxy: it was meant for another host.
    [CmdletBinding()]
    param([psobject] $Request)
    $Request.Method -eq 'CONNECT' -or $Request.Path -match '^https?://'
}

function Set-BridgeWebProxy {
    # Invoke-WebRequest and its kin go to the service, as to a proxy, for whatever is not this machine; what was before.
    [CmdletBinding()]
    param([string] $Url)
    $uri = [uri]$Url
    $proxy = [System.Net.WebProxy]::new("http://$($uri.Authority)", $true)
    $before = @{ Web = [System.Net.WebRequest]::DefaultWebProxy; Client = $null }
    [System.Net.WebRequest]::DefaultWebProxy = $proxy
    $client = 'System.Net.Http.HttpClient' -as [type]
    if ($null -ne $client -and $null -ne $client.GetProperty('DefaultProxy')) {
        $before.Client = $client::DefaultProxy
        $client::DefaultProxy = $proxy
    }
    $before
}

function Reset-BridgeWebProxy {
    # Puts back the proxy that this process's own requests went by.
    [CmdletBinding()]
    param([hashtable] $Before)
    [System.Net.WebRequest]::DefaultWebProxy = $Before.Web
    if ($null -ne $Before.Client) { ('System.Net.Http.HttpClient' -as [type])::DefaultProxy = $Before.Client }
}

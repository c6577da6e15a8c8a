# What the module holds, and the connection that every runspace of this PowerShell process shares.
#
# One worker serves the whole process: the hub lives in the application domain, so that jobs and
# ForEach-Object -Parallel find it warm and configured. The hub holds .NET objects only, never a script block:
# any thread may use it.

$script:Protocol = 1
$script:Version = '0.1.0'
$script:Hub = $null
$script:Fatal = $null    # the error record that ends the cmdlet that runs
$script:Refusal = $null  # why the value being written cannot be sent
$script:NoNotes = '"warnings":[],"verbose":[],"debug":[]}}'
$script:Templates = @{}
$script:Live = $null      # the hashtable Get-Configuration gave out
$script:LiveSeen = $null  # what it held when last looked at
$script:HasDateKind = $PSVersionTable.PSVersion -ge [version]'7.5'
# What ConvertFrom-Json calls; without the cmdlet around it a line takes a quarter of the time.
$script:HasFastReader = $PSVersionTable.PSEdition -eq 'Core'

# Made by Initialize-Bridge with the first call: an import costs no more than it must.
$script:Common = $null
$script:Control = $null
$script:HalfPair = $null
$script:Invariant = $null
$script:LineHead = $null
$script:LooksDated = $null
$script:NeedsEscape = $null
$script:Secret = $null
$script:Signal = $null
$script:Unset = $null
$script:UnsetMark = $null
$script:Utf8 = $null

function Initialize-Bridge {
    # What every call needs, made once.
    $script:Signal = [System.Threading.AutoResetEvent]::new($false)
    $script:Utf8 = [System.Text.UTF8Encoding]::new($false, $true)
    $script:Invariant = [System.Globalization.CultureInfo]::InvariantCulture
    $script:NeedsEscape = [regex]::new('["\\\x00-\x1f\ud800-\udfff]')
    $script:HalfPair = [regex]::new('[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]')
    $script:Control = [regex]::new('[\x00-\x1f]')
    $script:LineHead = [regex]::new('^\{"jsonrpc": ?"2\.0", ?(?:"id": ?(\d+),|"method": ?"\w+", ?"params": ?\{"id": ?(\d+)[,}])')
    $script:LooksDated = [regex]::new('"(?:\d{4}-\d\d-\d\d|\\?/Date\()')
    $script:UnsetMark = [System.Management.Automation.Internal.AutomationNull]::Value
    $script:Unset = [psobject]::new()
    $script:Unset.PSObject.TypeNames.Insert(0, 'PSBridge.Unset')
    $script:Common = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($name in 'Verbose', 'Debug', 'ErrorAction', 'WarningAction', 'InformationAction', 'ProgressAction',
        'ErrorVariable', 'WarningVariable', 'InformationVariable', 'OutVariable', 'OutBuffer', 'PipelineVariable',
        'WhatIf', 'Confirm') {
        [void]$script:Common.Add($name)
    }
    # Settings that may be given as a SecureString; its text crosses the pipe and nothing else.
    $script:Secret = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    foreach ($name in 'AccessToken', 'Password', 'ApiKey', 'KeyPassPhrase', 'Cookie') {
        [void]$script:Secret.Add($name)
    }
}

function Get-BridgeHub {
    # The hub of this process, made by whoever asks first.
    if ($null -eq $script:Hub) {
        Initialize-Bridge
        $domain = [System.AppDomain]::CurrentDomain
        [System.Threading.Monitor]::Enter($domain)
        try {
            $hub = $domain.GetData('PSBridge.Hub.1')
            if ($null -eq $hub) {
                $hub = [hashtable]::Synchronized(@{
                        Gate       = New-Object object      # held while a connection is made or ended
                        Connection = $null
                        PythonPath = $null                  # as Connect-PSBridge was told
                        Replay     = New-Object System.Collections.ArrayList # configuration, for a worker that starts again
                        Users      = New-Object System.Collections.ArrayList # runspaces that use the worker
                        Restarts   = 0
                        LastError  = $null
                    })
                $domain.SetData('PSBridge.Hub.1', $hub)
            }
            $script:Hub = $hub
        }
        finally {
            [System.Threading.Monitor]::Exit($domain)
        }
    }
    $script:Hub
}

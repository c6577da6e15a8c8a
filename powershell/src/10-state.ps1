# What the module holds, and the connection that every runspace of this PowerShell process shares.
#
# One worker serves the whole process: the hub lives in the application domain, so that jobs and
# ForEach-Object -Parallel find it warm and configured. The hub holds .NET objects only, never a script block:
# any thread may use it.

$script:Protocol = 1
$script:Version = '0.1.0'
$script:Hub = $null
$script:Signal = New-Object System.Threading.AutoResetEvent $false
$script:Utf8 = New-Object System.Text.UTF8Encoding $false, $true
$script:Invariant = [System.Globalization.CultureInfo]::InvariantCulture
$script:NeedsEscape = New-Object System.Text.RegularExpressions.Regex '["\\\x00-\x1f\ud800-\udfff]'
$script:HalfPair = New-Object System.Text.RegularExpressions.Regex '[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]'
$script:Fatal = $null    # the error record that ends the cmdlet that runs
$script:Refusal = $null  # why the value being written cannot be sent
$script:Control = New-Object System.Text.RegularExpressions.Regex '[\x00-\x1f]'
$script:LineHead = New-Object System.Text.RegularExpressions.Regex '^\{"jsonrpc": ?"2\.0", ?(?:"id": ?(\d+),|"method": ?"\w+", ?"params": ?\{"id": ?(\d+)[,}])'
$script:LooksDated = New-Object System.Text.RegularExpressions.Regex '"(?:\d{4}-\d\d-\d\d|\\?/Date\()'
$script:NoNotes = '"warnings":[],"verbose":[],"debug":[]}}'
$script:UnsetMark = [System.Management.Automation.Internal.AutomationNull]::Value
$script:Templates = @{}
$script:Live = $null      # the hashtable Get-Configuration gave out
$script:LiveSeen = $null  # what it held when last looked at
$script:HasDateKind = $PSVersionTable.PSVersion -ge [version]'7.5'
# What ConvertFrom-Json calls; without the cmdlet around it a line takes a quarter of the time.
$script:HasFastReader = $PSVersionTable.PSEdition -eq 'Core'
$script:Unset = New-Object PSObject
$script:Unset.PSObject.TypeNames.Insert(0, 'PSBridge.Unset')
$script:Common = New-Object 'System.Collections.Generic.HashSet[string]' ([System.StringComparer]::OrdinalIgnoreCase)
foreach ($name in 'Verbose', 'Debug', 'ErrorAction', 'WarningAction', 'InformationAction', 'ProgressAction',
    'ErrorVariable', 'WarningVariable', 'InformationVariable', 'OutVariable', 'OutBuffer', 'PipelineVariable',
    'WhatIf', 'Confirm') {
    [void]$script:Common.Add($name)
}
# Settings that may be given as a SecureString; its text crosses the pipe and nothing else.
$script:Secret = New-Object 'System.Collections.Generic.HashSet[string]' ([System.StringComparer]::OrdinalIgnoreCase)
foreach ($name in 'AccessToken', 'Password', 'ApiKey', 'KeyPassPhrase', 'Cookie') {
    [void]$script:Secret.Add($name)
}

function Get-BridgeHub {
    # The hub of this process, made by whoever asks first.
    if ($null -eq $script:Hub) {
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

# Use-ChatConnection: a block of the script's own with another configuration in force.

function Use-BridgeConnection {
    # The block runs where the script is, as ForEach-Object's does, and its objects go on as they come: what the pipeline
    # behind does with one goes by the configuration outside.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.IDictionary] $Bound)
    $block = $null
    $given = $Bound['Connection']
    if (-not $Bound.TryGetValue('ScriptBlock', [ref]$block) -or $null -eq $block) {
        $record = New-BridgeRecord 'Use-ChatConnection needs a script block.' 'PSBridge.InvalidValue' 'InvalidArgument' $null
        $Cmdlet.ThrowTerminatingError($record)
    }
    if ($given -is [string]) { $given = New-ChatConnection -Profile $given }
    $record = Get-BridgeNamed $given
    if ($null -eq $record) {
        # Without what was given, which may be a key.
        $why = "invalid value for 'Connection', must be what New-ChatConnection gave in this process, or the name of a profile."
        $Cmdlet.ThrowTerminatingError((New-BridgeRecord $why 'PSBridge.InvalidConnection' 'InvalidArgument' $null))
    }
    if ($null -ne $script:Live) { Sync-BridgeLive }
    $other = @{ Own = $record; Flow = $record; Live = $null; Seen = $null }
    Switch-BridgeSettings $other
    try {
        . $block | & {
            process {
                Switch-BridgeSettings $other
                try { $Cmdlet.WriteObject($_, $false) }
                finally { Switch-BridgeSettings $other }
            }
        }
    }
    finally { Switch-BridgeSettings $other }
}

function Switch-BridgeSettings {
    # What is in force, and what was put by, change places.
    [CmdletBinding()]
    param([hashtable] $Other)
    $now = @{ Own = $script:Hub['Own'][$script:Runspace]; Flow = $script:Hub['Flow'].Value; Live = $script:Live; Seen = $script:LiveSeen }
    $script:Hub['Own'][$script:Runspace] = $Other['Own']
    $script:Hub['Flow'].Value = $Other['Flow']
    $script:Live = $Other['Live']
    $script:LiveSeen = $Other['Seen']
    foreach ($name in $now.Keys) { $Other[$name] = $now[$name] }
}

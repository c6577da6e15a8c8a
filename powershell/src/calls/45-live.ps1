# The configuration that scripts change in place: the hashtable that Get-Configuration gives out.

$script:Special['Configuration'] = 'Update-BridgeLive'
$script:Live = $null
$script:LiveSeen = $null  # what it held when last looked at

function Update-BridgeLive {
    # Get-Configuration gives a hashtable that scripts write into, always the same one; this fills it with what is in force.
    param([object[]] $Told)
    if ($null -eq $script:Live) { $script:Live = @{} }
    for ($i = 1; $i -lt $Told.Count; $i += 2) {
        $name = $Told[$i]
        $value = $script:Reader.Read($Told[$i + 1])
        if ($name -in 'ApiKey', 'ApiKeyPrefix', 'DefaultHeaders') {
            $table = @{}
            if ($null -ne $value) { foreach ($entry in $value.PSObject.Properties) { $table[$entry.Name] = $entry.Value } }
            $value = $table
        }
        $script:Live[$name] = $value
    }
    $script:LiveSeen = Copy-BridgeLive
    $script:Live
}

function Copy-BridgeLive {
    # What is live in this runspace, as it is now.
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

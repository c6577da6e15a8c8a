# The configuration that scripts change in place: the hashtable that Get-Configuration gives out.

$script:Special['Configuration'] = 'Update-BridgeLive'
$script:Live = $null
$script:LiveSeen = $null  # what it held when last looked at

function Update-BridgeLive {
    # Get-Configuration gives a hashtable that scripts write into, always the same one; this fills it with what is in force.
    [CmdletBinding()]
    param([object[]] $Told)
    if ($null -eq $script:Live) { $script:Live = New-BridgeTable @(for ($i = 1; $i -lt $Told.Count; $i += 2) { $Told[$i] }) }
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

function New-BridgeTable {
    # A hashtable whose entries stand in the order of these names, others before them. A hashtable goes through its places
    # from the last to the first, and the place of an entry is what its comparer says of its name: here a rank. Where .NET
    # cannot make such a comparer the table has an order of its own.
    [CmdletBinding()]
    param([string[]] $Names)
    $kind = 'System.Collections.Generic.OrderedDictionary[string,int]' -as [type]
    if ($null -eq $kind) { return @{} }
    $ranks = $kind::new([System.StringComparer]::OrdinalIgnoreCase)
    for ($i = $Names.Count - 1; $i -ge 0; $i--) { $ranks.Add($Names[$i], 0) }
    $same = [System.StringComparer].GetMethod('Equals', [type[]]([string], [string]))
    $comparer = [System.Collections.Generic.EqualityComparer[string]]::Create(
        [System.Delegate]::CreateDelegate([System.Func[string, string, bool]], [System.StringComparer]::OrdinalIgnoreCase, $same),
        [System.Delegate]::CreateDelegate([System.Func[string, int]], $ranks, 'IndexOf'))
    [hashtable]::new(2 * $Names.Count, $comparer)
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
                    $given = @{ $tables[$key][1] = $name; $tables[$key][2] = $now[$name]; WhatIf = $false }
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
    if ($changed.Count) { Set-Configuration @changed -WhatIf:$false }
}

# Conversations: objects that scripts hold, and that grow in place with each answer.

$script:Special['ChatSession'] = 'Update-BridgeSession'
$script:Special['Turn'] = 'Update-BridgeTurn'
$script:Sessions = @{}  # by id, as long as somebody holds them

function Update-BridgeSession {
    # A conversation as the worker has it now: the object that a script holds already, brought up to it, or a new one.
    [CmdletBinding()]
    param([object[]] $Told)
    $members = [ordered]@{}
    for ($i = 1; $i -lt $Told.Count; $i += 2) { $members[$Told[$i]] = $script:Reader.Read($Told[$i + 1]) }
    # One message is a list too.
    $members['Messages'] = [object[]]@($members['Messages'])
    $held = $null
    $known = $script:Sessions[$members['Id']]
    if ($null -ne $known) { $held = $known.Target }
    if ($null -eq $held) {
        $held = [pscustomobject]$members
        $held.PSObject.TypeNames.Insert(0, 'PSBridge.ChatSession')
        $script:Sessions[$members['Id']] = [System.WeakReference]::new($held)
        return $held
    }
    foreach ($name in $members.Keys) { $held.$name = $members[$name] }
    $held
}

function Update-BridgeTurn {
    # What a conversation answered; the conversation itself is brought up to it on the way.
    [CmdletBinding()]
    param([object[]] $Told)
    $result = [System.Management.Automation.Internal.AutomationNull]::Value
    for ($i = 1; $i -lt $Told.Count; $i += 2) {
        $value = $script:Reader.Read($Told[$i + 1])
        if ($Told[$i] -eq 'Result') { $result = $value }
    }
    $result
}

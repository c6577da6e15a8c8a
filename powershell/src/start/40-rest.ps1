# The rest of the module.

function Import-BridgeRest {
    param($Start)
    if ($Start) { Start-BridgeEarly }
    $ExecutionContext.SessionState.Module.OnRemove = { Disconnect-Bridge }
    . "$PSScriptRoot/PSBridge.Builders.ps1"
    Add-BridgeUser (Get-BridgeHub)
    $script:Loaded = $true
}

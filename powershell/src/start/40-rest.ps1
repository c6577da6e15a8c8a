# The rest of the module.

function Import-BridgeRest {
    # What comes after the start: the builders, and this runspace as a user of the worker.
    param([bool] $Start)
    if ($Start) { Start-BridgeEarly }
    $ExecutionContext.SessionState.Module.OnRemove = { Disconnect-Bridge }
    . "$PSScriptRoot/PSBridge.Builders.ps1"
    Add-BridgeUser (Get-BridgeHub)
    $script:Loaded = $true
}

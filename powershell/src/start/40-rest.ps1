# The rest of the module.

function Import-BridgeRest {
    param($Start)
    if ($Start) { Start-BridgeEarly }
    $ExecutionContext.SessionState.Module.OnRemove = { Disconnect-Bridge }
    . "$PSScriptRoot/PSBridge.Builders.ps1"
    $script:Loaded = $true
}

function Get-BridgeText {
    # The text that a parameter for secrets was given: as it is, or a SecureString's.
    param($Given)
    if ($Given -is [securestring]) { return [System.Net.NetworkCredential]::new('', $Given).Password }
    , $Given
}

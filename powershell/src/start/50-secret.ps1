# Secrets.

function Get-BridgeText {
    # A SecureString's text; anything else, as a parameter for secrets may be given it, stays as it is.
    param([object] $Given)
    if ($Given -is [securestring]) { return [System.Net.NetworkCredential]::new('', $Given).Password }
    , $Given
}

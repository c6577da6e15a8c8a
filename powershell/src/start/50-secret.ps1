# Parameters for secrets.

function Get-BridgeText {
    # The text that a parameter for secrets was given: as it is, or a SecureString's.
    param($Given)
    if ($Given -is [securestring]) { return [System.Net.NetworkCredential]::new('', $Given).Password }
    , $Given
}

# What the settings' cmdlets take, in the worker's terms.

function Set-BridgeSetting {
    # Paths of the script's own, and secrets that are numbers. What a secret may be, the worker says.
    param($Call, $Own)
    foreach ($key in @($Own.Keys)) {
        $value = $Own[$key]
        if ($script:Secret.Contains($key) -and $value -is [System.ValueType] -and $value -is [System.IFormattable]) {
            $Own[$key] = $value.ToString($null, $script:Invariant)  # as PowerShell makes a text of a number
        }
        elseif ($key -eq 'ClientCertificate' -and $value) {
            $files = @($value)  # certificate, key, passphrase
            for ($i = 0; $i -lt [math]::Min(2, $files.Count); $i++) { $files[$i] = $Call.Cmdlet.GetUnresolvedProviderPathFromPSPath($files[$i]) }
            $Own[$key] = $files
        }
    }
}

# Lines of the worker as objects.

$script:LooksDated = [regex]::new('"(?:\d{4}-\d\d-\d\d|\\?/Date\()')
# What ConvertFrom-Json calls; without the cmdlet around it a line takes a quarter of the time.
$script:HasFastReader = $PSVersionTable['PSEdition'] -eq 'Core'

function ConvertFrom-BridgeLine {
    # One line of the worker as objects: fast where that keeps every value, exact elsewhere.
    param($Line)
    if ($script:HasFastReader -and -not $script:LooksDated.IsMatch($Line)) {
        $trouble = $null
        try {
            $message = [Microsoft.PowerShell.Commands.JsonObject]::ConvertFromJson($Line, [ref]$trouble)
            if ($null -eq $trouble) { return $message }
        }
        catch { Write-Debug "The fast reader could not read the worker's line: $($_.Exception.Message)" }
    }
    ConvertFrom-BridgeText $Line
}

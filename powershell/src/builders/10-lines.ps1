# Lines of the worker as objects.

$script:LooksDated = [regex]::new('"(?:\d{4}-\d\d-\d\d|\\?/Date\()')
# What ConvertFrom-Json calls; without the cmdlet around it a line takes a quarter of the time.
$script:FastReader = if ($PSVersionTable['PSEdition'] -eq 'Core') { [Microsoft.PowerShell.Commands.JsonObject] }

# Lines of the worker as objects.

$script:LooksDated = [regex]::new('"(?:\d{4}-\d\d-\d\d|\\?/Date\()')
# What ConvertFrom-Json calls; without the cmdlet around it a line takes a quarter of the time. By its assembly's name: a
# new process, as a job is, has not loaded that yet.
$script:FastReader = if ($PSVersionTable['PSEdition'] -eq 'Core') {
    'Microsoft.PowerShell.Commands.JsonObject, Microsoft.PowerShell.Commands.Utility' -as [type]
}

# Failures as PowerShell's own error records.

function New-BridgeRecord {
    # An ErrorRecord: its message, its id, its category, what it is about, and the exception if there is one already.
    param([string] $Message, [string] $Id, [string] $Category, $Target, $Exception)
    if ($null -eq $Exception) { $Exception = [System.InvalidOperationException]::new($Message) }
    $kind = [System.Management.Automation.ErrorCategory]::NotSpecified
    if (-not [System.Enum]::TryParse($Category, $true, [ref]$kind)) {
        $kind = [System.Management.Automation.ErrorCategory]::NotSpecified
    }
    [System.Management.Automation.ErrorRecord]::new($Exception, $Id, $kind, $Target)
}

function ConvertTo-BridgeRecord {
    # The worker's error answer as an ErrorRecord; an HTTP error keeps its body, headers and status.
    param($Failure, $Target)
    $message = [string]$Failure.message
    $data = $null
    if ($Failure.PSObject.Properties['data']) { $data = $Failure.data }
    if ($null -eq $data) { return New-BridgeRecord $message 'PSBridge.WorkerError' 'NotSpecified' $Target }
    $given = @{}
    foreach ($property in $data.PSObject.Properties) { $given[$property.Name] = $property.Value }
    if ($null -eq $Target -and $given['target']) { $Target = $given['target'] }
    $exception = New-BridgeException $message $given
    $record = New-BridgeRecord $message ([string]$given['error_id']) ([string]$given['category']) $Target $exception
    if ($given['body']) { $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new([string]$given['body']) }
    if ($given['hint']) {
        if ($null -eq $record.ErrorDetails) { $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($message) }
        $record.ErrorDetails.RecommendedAction = $given['hint']
    }
    $record
}

function New-BridgeException {
    # The exception that a failure of the worker is in PowerShell.
    param([string] $Message, [hashtable] $Given)
    if ([string]$Given['exception'] -like 'ParameterBinding*') {
        return [System.Management.Automation.ParameterBindingException]::new($Message)
    }
    $status = $Given['status']
    if ($null -eq $status -and -not $Given.ContainsKey('headers')) {
        if ($Given['category'] -like '*Timeout*') { return [System.TimeoutException]::new($Message) }
        if ($null -ne $Given['parameter']) { $exception = [System.ArgumentException]::new($Message) }
        else { $exception = [System.InvalidOperationException]::new($Message) }
    }
    else {
        # The exception a script of the platform's own web cmdlets would catch.
        $modern = 'Microsoft.PowerShell.Commands.HttpResponseException' -as [type]
        if ($modern -and $null -ne $status) {
            $exception = $modern::new($Message, [System.Net.Http.HttpResponseMessage]::new([System.Net.HttpStatusCode][int]$status))
        }
        else { $exception = [System.Net.WebException]::new($Message) }
        $headers = [System.Collections.Specialized.OrderedDictionary]::new([System.StringComparer]::OrdinalIgnoreCase)
        if ($null -ne $Given['headers']) {
            foreach ($property in $Given['headers'].PSObject.Properties) { $headers[$property.Name] = $property.Value }
        }
        $response = [pscustomobject]@{
            StatusCode   = if ($null -ne $status) { [System.Net.HttpStatusCode][int]$status }
            ReasonPhrase = $Given['reason']
            Headers      = $headers
        }
        Add-Member -InputObject $exception -MemberType NoteProperty -Name Response -Value $response -Force
    }
    foreach ($pair in @(('StatusCode', 'status'), ('RequestId', 'request_id'), ('Code', 'code'), ('Param', 'param'),
            ('Type', 'type'), ('Attempts', 'attempts'), ('ElapsedSec', 'elapsed'), ('RetryAfterSec', 'retry_after'),
            ('Parameter', 'parameter'), ('Partial', 'partial'), ('Text', 'text'))) {
        if ($pair[1] -in 'parameter', 'partial', 'text' -and $null -eq $Given[$pair[1]]) { continue }
        Add-Member -InputObject $exception -MemberType NoteProperty -Name $pair[0] -Value $Given[$pair[1]] -Force
    }
    $exception
}

function Write-BridgeError {
    # An item of a pipeline that fails is reported and the rest go on; a call of its own ends, unless -ErrorAction
    # says otherwise. The cmdlet throws it, not this function: what a function throws is in -ErrorVariable once more
    # for each function on the way.
    param($Cmdlet, $Record, $Piped)
    $asked = $null
    if ($Cmdlet.MyInvocation.BoundParameters.TryGetValue('ErrorAction', [ref]$asked)) {
        if ("$asked" -in 'Stop', 'Break') { $Cmdlet.ThrowTerminatingError($Record) }
        $Cmdlet.WriteError($Record)
        return
    }
    if (-not $Piped) { $Cmdlet.ThrowTerminatingError($Record) }
    # A module does not see the preference of the script that calls it; this does.
    $ErrorActionPreference = $Cmdlet.GetVariableValue('ErrorActionPreference')
    if ("$ErrorActionPreference" -eq 'Stop') { $Cmdlet.ThrowTerminatingError($Record) }
    $Cmdlet.WriteError($Record)
}

# Failures as PowerShell's own error records.

function New-BridgeRecord {
    # An ErrorRecord: its message, its id, its category, what it is about, and the exception if there is one already.
    [CmdletBinding()]
    param([string] $Message, [string] $Id, [string] $Category, [object] $Target, [System.Exception] $Exception)
    if ($null -eq $Exception) { $Exception = [System.InvalidOperationException]::new($Message) }
    $kind = [System.Management.Automation.ErrorCategory]::NotSpecified
    if (-not [System.Enum]::TryParse($Category, $true, [ref]$kind)) {
        $kind = [System.Management.Automation.ErrorCategory]::NotSpecified
    }
    [System.Management.Automation.ErrorRecord]::new($Exception, $Id, $kind, $Target)
}

function ConvertTo-BridgeRecord {
    # The worker's error answer as an ErrorRecord; an HTTP error keeps its body, headers and status.
    [CmdletBinding()]
    param([psobject] $Failure, [object] $Target)
    $message = [string]$Failure.message
    $data = $null
    if ($Failure.PSObject.Properties['data']) { $data = $Failure.data }
    if ($null -eq $data) { return New-BridgeRecord $message 'PSBridge.WorkerError' 'NotSpecified' $Target }
    $given = @{}
    foreach ($property in $data.PSObject.Properties) { $given[$property.Name] = $property.Value }
    if ($null -eq $Target -and $given['target']) { $Target = $given['target'] }
    $exception = New-BridgeException $message $given
    $record = New-BridgeRecord $message ([string]$given['error_id']) ([string]$given['category']) $Target $exception
    if ($given['hint']) {
        # Of a call without a reply they hold nothing else: what reads them as JSON finds none.
        $own = if ($given.ContainsKey('headers') -and -not $given['body']) { '' } else { $message }
        $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($own)
        $record.ErrorDetails.RecommendedAction = $given['hint']
    }
    if ($given['body']) { Set-BridgeDetail $record ([string]$given['body']) }
    $record
}

function Set-BridgeDetail {
    # The reply's body as a record's ErrorDetails, as the documented catch block reads it. Where a record holds it itself
    # the record's text is the body; so the exception holds it, which a catch does not copy, and the text is the message.
    [CmdletBinding()]
    param([System.Management.Automation.ErrorRecord] $Record, [string] $Body)
    if (-not (Test-BridgeDetail $Record)) { Import-BridgeDetail }
    $details = [System.Management.Automation.ErrorDetails]::new($Body)
    if ($null -ne $Record.ErrorDetails) { $details.RecommendedAction = $Record.ErrorDetails.RecommendedAction }
    if (-not (Test-BridgeDetail $Record)) { $Record.ErrorDetails = $details }
    else { Add-Member -InputObject $Record.Exception -MemberType NoteProperty -Name ErrorDetails -Value $details -Force }
}

function Test-BridgeDetail {
    # Whether this runspace finds the ErrorDetails that a record's exception holds.
    [CmdletBinding()]
    param([System.Management.Automation.ErrorRecord] $Record)
    $Record.PSObject.Properties['ErrorDetails'] -is [System.Management.Automation.PSScriptProperty]
}

function Import-BridgeDetail {
    # ErrorDetails of a record that psbridge made is what its exception holds, also after a job or CLIXML; another
    # record's, or one that a script has set, is its own. The blocks are unbound: they run in any runspace.
    [CmdletBinding()]
    param()
    $read = {
        $own = $this.psbase.ErrorDetails
        $exception = $this.psbase.Exception
        if ($null -eq $exception -or $this.psbase.FullyQualifiedErrorId -notlike 'PSBridge.*') { return $own }
        if ($null -ne $own -and $own.Message -cne $exception.Message) { return $own }
        $kept = $exception.PSObject.Properties['ErrorDetails']
        if ($null -eq $kept) {
            $remote = $exception.PSObject.Properties['SerializedRemoteException']
            if ($null -ne $remote) { $kept = $remote.Value.PSObject.Properties['ErrorDetails'] }
        }
        if ($null -eq $kept -or $null -eq $kept.Value) { return $own }
        # What shows an error on a console takes this for the message, where it finds any: there the exception's stands.
        if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') {
            $readers = @([System.Management.Automation.Runspaces.Runspace]::DefaultRunspace.Debugger.GetCallStack())
            $reader = if ($readers.Count -gt 1 -and "$($readers[1].ScriptName)" -notmatch '\.psm?1$') { $readers[1].Position }
            if ($null -ne $reader -and $reader.StartScriptPosition.GetFullScript().Contains('ErrorCategory_Message')) { return $own }
        }
        if ($kept.Value -is [System.Management.Automation.ErrorDetails]) { return $kept.Value }
        $details = [System.Management.Automation.ErrorDetails]::new([string]$kept.Value)
        if ($null -ne $own) { $details.RecommendedAction = $own.RecommendedAction }
        $details
    }
    $write = { $this.psbase.ErrorDetails = $args[0] }
    $type = @{
        TypeName = 'System.Management.Automation.ErrorRecord'; MemberType = 'ScriptProperty'; MemberName = 'ErrorDetails'
        Value = $read.Ast.GetScriptBlock(); SecondValue = $write.Ast.GetScriptBlock()
    }
    try { Update-TypeData @type -Force -WhatIf:$false -Confirm:$false -ErrorAction Stop }
    catch { Write-Debug $_.Exception.Message }  # a runspace whose types are not its own
}

function ConvertTo-BridgeHeader {
    # A reply's headers by their names, which have no case; empty for a reply without.
    [CmdletBinding()]
    param([psobject] $Headers)
    $made = [System.Collections.SortedList]::new([System.StringComparer]::OrdinalIgnoreCase)
    if ($null -ne $Headers) {
        foreach ($property in $Headers.PSObject.Properties) { $made[$property.Name] = $property.Value }
    }
    $made
}

function New-BridgeException {
    # The exception that a failure of the worker is in PowerShell.
    [CmdletBinding()]
    param([string] $Message, [hashtable] $Given)
    if ([string]$Given['exception'] -like 'ParameterBinding*') {
        return [System.Management.Automation.ParameterBindingException]::new($Message)
    }
    $status = $Given['status']
    if ($null -eq $status -and -not $Given.ContainsKey('headers')) {
        if ($Given['category'] -like '*Timeout*') { $exception = [System.TimeoutException]::new($Message) }
        elseif ($null -ne $Given['parameter']) { $exception = [System.ArgumentException]::new($Message) }
        else { $exception = [System.InvalidOperationException]::new($Message) }
        Add-Member -InputObject $exception -MemberType NoteProperty -Name Response -Value $null
    }
    else {
        # The exception a script of the platform's own web cmdlets would catch.
        $modern = 'Microsoft.PowerShell.Commands.HttpResponseException' -as [type]
        if ($modern -and $null -ne $status) {
            $exception = $modern::new($Message, [System.Net.Http.HttpResponseMessage]::new([System.Net.HttpStatusCode][int]$status))
        }
        else { $exception = [System.Net.WebException]::new($Message) }
        $response = $null
        if ($null -ne $status) {
            $response = [pscustomobject]@{
                StatusCode   = [System.Net.HttpStatusCode][int]$status
                ReasonPhrase = $Given['reason']
                Headers      = ConvertTo-BridgeHeader $Given['headers']
            }
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
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Management.Automation.ErrorRecord] $Record, [bool] $Piped)
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

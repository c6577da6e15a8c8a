# Items of a pipeline with a limit, a pace or no order: handed to the worker, which does the rest. What comes back is
# in the order in which it is to be written.

# What is said of the whole pipeline; everything else goes with each item.
$script:OfPipeline = 'ThrottleLimit', 'RequestsPerMinute', 'TokensPerMinute', 'Unordered', 'MaxRetryCount',
'TimeoutSec', 'WithHttpInfo', 'Stream',
    'StreamText', 'Connection', 'AdditionalBody', 'AdditionalHeaders', 'AdditionalQuery'

function Open-BridgePipeline {
    # The worker's end of this run's pipeline; its answer comes when all is done.
    [CmdletBinding()]
    param([hashtable] $Call, [hashtable] $Connection, [System.Collections.IDictionary] $Bound)
    $own = [System.Collections.Generic.Dictionary[string, object]]::new()
    $value = $null
    foreach ($key in $script:OfPipeline) {
        if ($Call.Given -contains $key -and $Bound.TryGetValue($key, [ref]$value)) { $own[$key] = $value }
    }
    $writer = Format-BridgeCall $Call.Name $own $Call.More
    if ($writer.Refusal) {
        $Call.Cmdlet.ThrowTerminatingError((New-BridgeRecord $writer.Refusal 'PSBridge.InvalidValue' 'InvalidData' $null))
    }
    $Call.Connection = $Connection
    Send-BridgeSettings $Call $Bound $Connection
    $Call.Pipeline = $script:Wire.Send($Connection, 'open', $writer.Text.ToString(), $Call.Queue)['Id']
    $script:Opened.Add($Call)
}

function Close-BridgeAbandoned {
    # Where a command before it in the pipeline throws, a cmdlet is never told: it has neither an end nor, before
    # PowerShell 7.3, anything else that runs. A cmdlet that is over knows its own command no more.
    [CmdletBinding()]
    param()
    foreach ($call in $script:Opened.ToArray()) {
        if ($call.Pipeline -and $null -ne $call.Cmdlet.MyInvocation.MyCommand) { continue }
        Stop-BridgeCall $call
        [void]$script:Opened.Remove($call)
    }
}

function Format-BridgeShared {
    # What all items of the pipeline are given alike is written once: the beginning and the end of each item's text.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound)
    $Call.Known = [System.Collections.Generic.HashSet[string]]::new([string[]]$Call.Given, [System.StringComparer]::OrdinalIgnoreCase)
    $shared = [System.Collections.Generic.Dictionary[string, object]]::new()
    foreach ($key in $Bound.Keys) {
        if ($Call.Known.Contains($key)) { $shared[$key] = $Bound[$key] }
    }
    $shared = Select-BridgeArgument $Call $shared
    $writer = $script:Writer::new()
    $open = ''
    foreach ($key in $shared.Keys) {
        if ($script:Common.Contains($key)) { continue }
        if (Test-BridgeUnset $shared[$key]) {
            $open += ',"' + $key + '"'
            continue
        }
        [void]$writer.Text.Append('"').Append($key).Append('":')
        $writer.Add($shared[$key], $key)
        if ($writer.Refusal) { break }
        [void]$writer.Text.Append(',')
    }
    $Call.Refusal = $writer.Refusal
    $Call.Shared = $writer.Text.ToString()
    $Call.Left = $open
}

function Send-BridgeItem {
    # One item; answers that are there are written, and waited for while the worker has enough to do.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound, [object] $Item)
    if ($null -eq $Call.Shared) { Format-BridgeShared $Call $Bound }
    $connection = $script:Hub['Connection']
    if ($null -eq $connection -or -not $script:Wire.IsOpen($connection)) { $connection = Connect-Bridge $Call.Cmdlet }
    if ($Call.Pipeline -and -not [object]::ReferenceEquals($Call.Connection, $connection)) {
        # The worker ended under this pipeline: that is reported before the new one gets its first item.
        while ($Call.Pipeline) { Receive-BridgeItem $Call 200 }
    }
    if (-not $Call.Pipeline) { Open-BridgePipeline $Call $connection $Bound }
    $number = $Call.Number
    $Call.Number = $number + 1
    $Call.Targets[$number] = $Item
    $writer = $script:Writer::new()
    $text = $writer.Text
    $head = '{"id":' + $Call.Pipeline + ',"number":' + $number + ','
    [void]$text.Append($head).Append('"parameters":{').Append($Call.Shared)
    $open = $Call.Left
    $writer.Refusal = $Call.Refusal
    foreach ($key in $Bound.Keys) {
        if ($writer.Refusal) { break }
        if ($Call.Known.Contains($key)) { continue }
        $value = $Bound[$key]
        if (($value -is [System.Management.Automation.PSCustomObject] -or $value -is [array]) -and (Test-BridgeUnset $value)) {
            $open += ',"' + $key + '"'
            continue
        }
        if ($key -eq $script:Requests[$Call.Name] -and $Bound['Template']) { $value = ConvertTo-BridgeItem $Bound['Template'] $value }
        if ($script:Files[$Call.Name] -contains $key -and $value) { $value = Resolve-BridgePath $Call.Cmdlet $value }
        [void]$text.Append('"').Append($key).Append('":')
        $writer.Add($value, $key)
        [void]$text.Append(',')
    }
    if ($writer.Refusal) {
        # Its turn in the order is kept.
        [void]$text.Clear().Append($head).Append('"refusal":')
        $writer.AddText($writer.Refusal, '')
    }
    else {
        if ($text[$text.Length - 1] -eq ',') { $text.Length-- }
        [void]$text.Append('}')
        if ($open) { [void]$text.Append(',"left_open":[').Append($open.Substring(1)).Append(']') }
        [void]$text.Append($Call.Shows)
    }
    [void]$text.Append('}')
    Send-BridgeNotice $connection 'feed' $text.ToString()
    if (-not $script:Formatted) { Import-BridgeFormat }
    while ($Call.Targets.Count -ge $Call.Most) { Receive-BridgeItem $Call 200 }
    while ($Call.Pipeline -and ($Call.Queue.Count -or ($null -ne $connection['Read'] -and $connection['Read'].IsCompleted))) {
        Receive-BridgeItem $Call 0
    }
}

function Complete-BridgePipeline {
    # No item comes any more; the rest is waited for.
    [CmdletBinding()]
    param([hashtable] $Call)
    if ($Call.Pipeline) { Send-BridgeNotice $Call.Connection 'close' ('{"id":' + $Call.Pipeline + '}') }
    while ($Call.Pipeline) { Receive-BridgeItem $Call 200 }
}

function Receive-BridgeItem {
    # Waits for one line of this pipeline and writes what it says.
    param([hashtable] $Call, [int] $Milliseconds)
    $line = $script:Wire.Read($Call.Connection, $Call.Queue, $Milliseconds)
    if ($null -eq $line) {
        if ($Call.Clock.ElapsedMilliseconds - $Call.Shown -gt 1000) { Show-BridgeProgress $Call }
        return
    }
    if ($line -eq '') {
        $Call.Pipeline = 0
        $lost = @($Call.Targets.Keys | Sort-Object)
        foreach ($number in $lost) {
            $target = $Call.Targets[$number]
            $Call.Targets.Remove($number)
            Write-BridgeError $Call.Cmdlet (New-BridgeLoss $Call.Connection $target) $true
        }
        return
    }
    $message = $script:Wire.Parse($line)
    $method = $script:PropertiesOf.Invoke($message)['method']
    if ($null -eq $method) {
        # The pipeline's own answer: it has ended.
        $gone = $null
        [void]$Call.Connection['Pending'].TryRemove([long]$Call.Pipeline, [ref]$gone)
        $Call.Pipeline = 0
        $Call.Targets.Clear()
        $failure = $message.PSObject.Properties['error']
        if ($null -ne $failure) { $Call.Cmdlet.ThrowTerminatingError((ConvertTo-BridgeRecord $failure.Value $null)) }
        return
    }
    $params = $message.params
    if ($method.Value -eq 'ask') {
        if ($null -ne $params.PSObject.Properties['command']) { Invoke-BridgeCommand $Call $params } else { Send-BridgeKey $Call $params }
        return
    }
    if ($method.Value -eq 'note') {
        Write-BridgeLineNote $Call $params
        return
    }
    foreach ($told in $params.items) {
        $number = [int]$told.number
        $target = $Call.Targets[$number]
        $Call.Targets.Remove($number)
        $Call.Finished++
        if ($null -ne $script:PropertiesOf.Invoke($told)['error']) {
            Write-BridgeError $Call.Cmdlet (ConvertTo-BridgeRecord $told.error $target) $true
        }
        else {
            $value = $script:Reader.Read($told.value)
            if ($null -ne $Call.As) { $value = ConvertTo-BridgeAnswer $Call $value }
            if ($value -is [byte[]]) { , $value } elseif ($null -ne $value) { $value }  # bytes stay one array
        }
    }
}

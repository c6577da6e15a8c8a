# Items of a pipeline with a limit, a pace or no order: handed to the worker, which does the rest. What comes back is
# in the order in which it is to be written.

# What is said of the whole pipeline; everything else goes with each item.
$script:OfPipeline = 'ThrottleLimit', 'RequestsPerMinute', 'TokensPerMinute', 'Unordered', 'MaxRetryCount', 'TimeoutSec', 'WithHttpInfo', 'Stream',
    'StreamText', 'Connection', 'AdditionalBody', 'AdditionalHeaders', 'AdditionalQuery'
$script:Ahead = 2  # items handed over and not answered, for each that may run at once

function Send-BridgeNotice {
    # Says something to the worker that has no answer.
    param($Connection, [string] $Method, [string] $Params)
    $earlier = $Connection['Write']
    while ($null -ne $earlier -and -not $earlier.IsCompleted) { [void]([System.Threading.Tasks.Task]::WaitAny(@($earlier), 200)) }
    $bytes = $script:Utf8.GetBytes('{"jsonrpc":"2.0","method":"' + $Method + '","params":' + $Params + "}`n")
    [System.Threading.Monitor]::Enter($Connection['Gate'])
    try {
        if ($bytes.Length -le 65536) {
            $Connection['Input'].Write($bytes, 0, $bytes.Length)
            $Connection['Input'].Flush()
        }
        else { $Connection['Write'] = $Connection['Input'].WriteAsync($bytes, 0, $bytes.Length) }
    }
    catch [System.IO.IOException] { $Connection['Ready'] = $false }
    catch [System.ObjectDisposedException] { $Connection['Ready'] = $false }
    finally { [System.Threading.Monitor]::Exit($Connection['Gate']) }
}

function Open-BridgePipeline {
    # The worker's end of this run's pipeline; its answer comes when all is done.
    param($Call, $Connection, $Bound)
    $own = [System.Collections.Generic.Dictionary[string, object]]::new()
    $value = $null
    foreach ($key in $script:OfPipeline) {
        if ($Call.Given -contains $key -and $Bound.TryGetValue($key, [ref]$value)) { $own[$key] = $value }
    }
    $writer = Format-BridgeCall $Call.Name $own $Call.More
    if ($writer.Refusal) { $Call.Cmdlet.ThrowTerminatingError((New-BridgeRecord $writer.Refusal 'PSBridge.InvalidValue' 'InvalidData' $null)) }
    $Call.Connection = $Connection
    Send-BridgeSettings $Call $Bound $Connection
    $Call.Pipeline = (Send-BridgeRequest $Connection 'open' $writer.Text.ToString() $Call.Queue).Id
}

function Send-BridgeItem {
    # One item; answers that are there are written, and waited for while the worker has enough to do.
    param($Call, $Bound, $Item)
    $writer = Format-BridgeCall $Call.Name (Select-BridgeArgument $Call $Bound) $Call.Shows
    $connection = $script:Hub['Connection']
    if ($null -eq $connection -or -not $connection['Ready'] -or ($null -ne $connection['Process'] -and $connection['Process'].HasExited)) {
        $connection = Connect-Bridge $Call.Cmdlet
    }
    if ($Call.Pipeline -and -not [object]::ReferenceEquals($Call.Connection, $connection)) {
        # The worker ended under this pipeline: that is reported before the new one gets its first item.
        while ($Call.Pipeline) { Receive-BridgeItem $Call 200 }
    }
    if (-not $Call.Pipeline) { Open-BridgePipeline $Call $connection $Bound }
    $number = $Call.Number
    $Call.Number = $number + 1
    $Call.Targets[$number] = $Item
    $head = '{"id":' + $Call.Pipeline + ',"number":' + $number + ','
    if ($writer.Refusal) {
        # Its turn in the order is kept.
        $said = [PSBridgeWriter]::new()
        $said.AddText($writer.Refusal, '')
        $text = $head + '"refusal":' + $said.Text.ToString() + '}'
    }
    else { $text = $head + $writer.Text.Remove(0, 1).ToString() }
    Send-BridgeNotice $connection 'feed' $text
    if (-not $script:Formatted) { Import-BridgeFormat }
    while ($Call.Targets.Count -ge $Call.Most) { Receive-BridgeItem $Call 200 }
    while ($Call.Pipeline -and ($Call.Queue.Count -or ($null -ne $connection['Read'] -and $connection['Read'].IsCompleted))) { Receive-BridgeItem $Call 0 }
}

function Complete-BridgePipeline {
    # No item comes any more; the rest is waited for.
    param($Call)
    if ($Call.Pipeline) { Send-BridgeNotice $Call.Connection 'close' ('{"id":' + $Call.Pipeline + '}') }
    while ($Call.Pipeline) { Receive-BridgeItem $Call 200 }
}

function Receive-BridgeItem {
    # Waits for one line of this pipeline and writes what it says.
    param($Call, [int] $Milliseconds)
    $line = Read-BridgeLine $Call.Connection $Call.Queue $Milliseconds
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
    $message = ConvertFrom-BridgeLine $line
    $method = $message.PSObject.Properties['method']
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
    if ($method.Value -eq 'ask') {
        if ($null -ne $params.PSObject.Properties['command']) { Invoke-BridgeCommand $Call $params }
        return
    }
    $number = [int]$params.number
    $target = $Call.Targets[$number]
    $Call.Targets.Remove($number)
    $Call.Finished++
    if ($method.Value -eq 'error') { Write-BridgeError $Call.Cmdlet (ConvertTo-BridgeRecord $params.error $target) $true }
    else {
        $value = $script:Reader.Read($params.value)
        if ($null -ne $Call.As) { $value = ConvertTo-BridgeAnswer $Call $value }
        if ($value -is [byte[]]) { , $value } elseif ($null -ne $value) { $value }  # bytes stay one array
    }
}

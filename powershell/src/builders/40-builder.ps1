# A builder call.

$script:NeedsEscape = [regex]::new('["\\\x00-\x1f\ud800-\udfff]')
$script:ModelHead = '"result":{"value":{"$psbridge":['
$script:NoNotes = '"warnings":[],"verbose":[],"debug":[]}}'
$script:Common = [System.Collections.Generic.HashSet[string]]::new(
    [string[]]('Verbose', 'Debug', 'ErrorAction', 'WarningAction', 'InformationAction', 'ProgressAction', 'ErrorVariable',
        'WarningVariable', 'InformationVariable', 'OutVariable', 'OutBuffer', 'PipelineVariable', 'WhatIf', 'Confirm'),
    [System.StringComparer]::OrdinalIgnoreCase)

function Invoke-BridgeBuilder {
    # One builder call: short, answered in order, nothing to stream or to show. Scripts make thousands of these, and
    # calling a function is what costs most in PowerShell: the usual way through is written out here, and whatever is
    # unusual goes to the functions that the other cmdlets use.
    # The name is the cmdlet's own: the function may have been imported with a prefix, renamed or wrapped.
    param($Cmdlet, $Name, $Bound, $Item, $Given)
    $piped = $null -ne $Given -and $Cmdlet.MyInvocation.ExpectingInput
    $connection = $script:Hub['Connection']
    $first = $null -eq $connection -or -not $connection['Ready'] -or ($null -ne $connection['Process'] -and $connection['Process'].HasExited)
    if ($first) { $connection = Connect-Bridge $Cmdlet }
    $record = $null
    $id = [long]-1
    $head = ''
    try {
        $text = '{"name":"' + $Name + '","parameters":{'
        $separator = '"'
        foreach ($key in $Bound.Keys) {
            $value = $Bound[$key]
            if ($value -is [string] -and -not $script:NeedsEscape.IsMatch($value) -and -not $script:Common.Contains($key)) {
                $text += $separator + $key + '":"' + $value + '"'
                $separator = ',"'
                continue
            }
            $text = $null
            break
        }
        if ($null -ne $text) {
            $text += '}}'
            if ($null -ne $connection['Builder']) {
                $made = $connection['Builder'].Invoke($Name, $Bound)
                if ($null -ne $made) { return $script:Reader.Make($made) }
            }
        }
        else {
            $writer = Format-BridgeCall $Name $Bound ''
            if ($writer.Refusal) {
                $record = New-BridgeRecord $writer.Refusal 'PSBridge.InvalidValue' 'InvalidData' $Item
                return
            }
            $text = $writer.Text.ToString()
        }
        $line = $null
        $queue = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
        if ($text.Length -gt 16000 -or $null -ne $connection['Write']) {
            $id = (Send-BridgeRequest $connection 'invoke' $text $queue).Id
        }
        else {
            $gate = $connection['Gate']
            [System.Threading.Monitor]::Enter($gate)
            try {
                $id = $connection['NextId'] + 1
                $connection['NextId'] = $id
                $head = '{"jsonrpc":"2.0","id":' + $id + ','
                $bytes = $script:Utf8.GetBytes($head + '"method":"invoke","params":' + $text + "}`n")
                $connection['Pending'][$id] = @{ Id = $id; Queue = $queue; Signal = $script:Signal }
                $connection['Input'].Write($bytes, 0, $bytes.Length)
                $connection['Input'].Flush()
            }
            catch [System.IO.IOException] {
                $connection['Ready'] = $false
                $queue.Enqueue('')
            }
            finally {
                [System.Threading.Monitor]::Exit($gate)
            }
            if ($first) { Initialize-BridgeReader $Name }
            $turn = $connection['Turn']
            if ($turn.WaitOne(0)) {
                try {
                    $read = $connection['Read']
                    if ($null -eq $read) {
                        $read = $connection['Reader'].ReadLineAsync()
                        $connection['Read'] = $read
                    }
                    if ($read.Wait(200)) {
                        $line = $read.Result
                        if ($null -ne $line -and $line.StartsWith($head, [System.StringComparison]::Ordinal)) { $connection['Read'] = $null }
                        else { $line = $null }
                    }
                }
                catch [System.AggregateException] { $line = $null }
                finally { [void]$turn.Set() }
            }
        }
        while ($null -eq $line) { $line = Read-BridgeLine $connection $queue 200 }
        if ($line -eq '') {
            $record = New-BridgeLoss $connection $Item
            return
        }
        if ($script:HasFastReader -and -not $script:LooksDated.IsMatch($line)) {
            $trouble = $null
            $message = [Microsoft.PowerShell.Commands.JsonObject]::ConvertFromJson($line, [ref]$trouble)
            if ($null -ne $trouble) { $message = ConvertFrom-BridgeText $line }
        }
        else { $message = ConvertFrom-BridgeText $line }
        if (-not $line.EndsWith($script:NoNotes, [System.StringComparison]::Ordinal)) {
            $failure = $message.PSObject.Properties['error']
            if ($null -ne $failure) {
                $record = ConvertTo-BridgeRecord $failure.Value $Item
                return
            }
            Write-BridgeNote $Cmdlet $message.result
        }
        $value = $message.result.value
        if ($line.StartsWith($head + $script:ModelHead, [System.StringComparison]::Ordinal)) { return $script:Reader.Make($value.'$psbridge') }
        , $script:Reader.Read($value)
    }
    catch [System.Management.Automation.PipelineStoppedException] { throw }
    catch {
        $record = $_
    }
    finally {
        if ($id -ge 0) {
            $gone = $null
            [void]$connection['Pending'].TryRemove($id, [ref]$gone)
        }
        if ($piped) {
            # PowerShell leaves an item's properties bound when the next item lacks them.
            foreach ($key in @($Bound.Keys)) {
                if ($Given -notcontains $key) { [void]$Bound.Remove($key) }
            }
        }
        # Written here and not thrown above: what is thrown and caught also lands in $Error and -ErrorVariable.
        if ($null -ne $record) { Write-BridgeError $Cmdlet $record $piped }
    }
}

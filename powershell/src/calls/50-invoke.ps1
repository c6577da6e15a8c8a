# Calls: bound parameters out, values, chunks, notes and errors back.

$script:Watch = $null  # run while a call waits, where somebody may want to end it
$script:Limits = 'ThrottleLimit', 'RequestsPerMinute', 'TokensPerMinute'  # of a pipeline, obeyed by the worker
$script:Opened = [System.Collections.Generic.List[object]]::new()  # runs of this runspace that have, or had, a pipeline there
$script:Ahead = 2  # items handed over and not answered, for each that may run at once

function Format-BridgeCall {
    # The params of an invoke request, in a writer.
    param([string] $Name, [System.Collections.IDictionary] $Bound, [string] $More)
    $writer = $script:Writer::new()
    $writer.AddCall($Name, $Bound, $More)
    $writer
}

function New-BridgeLoss {
    # The ErrorRecord of a call whose worker ended.
    [CmdletBinding()]
    param([hashtable] $Connection, [object] $Target)
    $how = 'ended'
    $process = $Connection['Process']
    try {
        if ($null -ne $process -and $process.HasExited) { $how = "ended with exit code $($process.ExitCode)" }
    }
    catch { Write-Debug $_.Exception.Message }
    $why = "The psbridge worker $how before it answered; the next call starts a new one."
    New-BridgeRecord $why 'PSBridge.WorkerEnded' 'ConnectionError' $Target
}

function Write-BridgeNote {
    # What a cmdlet said beside its result.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [psobject] $Result)
    foreach ($property in $Result.PSObject.Properties) {
        foreach ($text in @($property.Value)) {
            if ($property.Name -eq 'warnings') { $Cmdlet.WriteWarning($text) }
            elseif ($property.Name -eq 'verbose') { $Cmdlet.WriteVerbose($text) }
            elseif ($property.Name -eq 'debug') { Write-BridgeDebug $Cmdlet $text }
        }
    }
}

function Write-BridgeDebug {
    # -Debug of Windows PowerShell asks after every line; showing them is what is meant.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Text)
    $DebugPreference = 'Continue'
    if ($Cmdlet) { Write-Debug $Text }
}

function Open-BridgeCall {
    # The state of one run of a cmdlet: what is in flight, in which order it came, and what is wanted beside. The name is
    # the cmdlet's own: the function may have been imported with a prefix, renamed or wrapped.
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string] $Name, [System.Collections.IDictionary] $Bound)
    $asked = $null
    if ($script:Opened.Count) { Close-BridgeAbandoned }
    if ($null -ne $script:Live) { Sync-BridgeLive }
    $settings = $script:Wire.Settings()
    if ($Bound['AsJob']) {
        if ($Bound.TryGetValue('InvokeTools', [ref]$asked) -and $asked -ne 'None') {
            $why = "invalid value for 'AsJob', must not be given with -InvokeTools: tools run in the caller's runspace, " +
            'and a job has its own.'
            $record = New-BridgeRecord $why 'PSBridge.InvalidValue' 'InvalidArgument' $asked
            $Cmdlet.ThrowTerminatingError($record)
        }
        return @{
            Cmdlet = $Cmdlet; Name = $Name; Job = $true; Open = $true
            Bound = [System.Collections.Generic.Dictionary[string, object]]::new($Bound)
            Items = [System.Collections.ArrayList]::new(); Settings = $settings
        }
    }
    $call = @{
        Job        = $false
        Open       = $false                                                     # something is left to wait for, or to take back
        Cmdlet     = $Cmdlet
        Name       = $name
        Given      = @($Bound.Keys)
        Whole      = $false                                                     # the pipeline is one call, limits and all
        Rows       = $null
        Together   = [bool]$Bound['Unordered']                                  # the worker has the whole pipeline
        Pipeline   = 0                                                          # its id there
        Number     = 0                                                          # of the next item
        Targets    = @{}                                                        # items without an answer, by number
        Most       = 0                                                          # of them
        Known      = $null                                                      # the parameters that all items have alike,
        Shared     = $null                                                      # as text,
        Left       = ''                                                         # those of them that were left open,
        Refusal    = ''                                                         # and why they cannot be sent
        More       = ''
        Queue      = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
        Slots      = @{}                                                        # in flight or not shown yet, by id
        Order      = [System.Collections.Generic.Queue[object]]::new()          # the same, oldest first
        Flying     = 0
        Finished   = 0
        Clock      = [System.Diagnostics.Stopwatch]::StartNew()
        Shown      = 0                                                          # when progress was last written, in ms
        Connection = $null
        As         = $null                                                      # the type that an answer is made an instance of
        ParsedOnly = $false                                                     # nothing but that instance is wanted
        Kept       = $null                                                      # the results of tools that it had run
        Shows      = ''                                                         # the flag for showing what is not done
        Settings   = $settings                                                  # the record it goes by
        Named      = $name -eq 'New-ChatConnection'                             # it makes another one, with an id of its own
        Becomes    = $null                                                      # what that one is known by
        Bound      = $Bound
    }
    foreach ($limit in $script:Limits) {
        $asked = $Bound[$limit]
        if ($null -ne $asked) {
            if ($asked -le 0) {
                $why = "invalid value for '$limit', must be greater than 0."
                $record = New-BridgeRecord $why 'PSBridge.InvalidValue' 'InvalidArgument' $asked
                $Cmdlet.ThrowTerminatingError($record)
            }
            $call.Together = $true
            if ($limit -eq 'ThrottleLimit') { $call.Most = $script:Ahead * $asked }
        }
    }
    if ($call.Together) {
        $call.Together = $Cmdlet.MyInvocation.ExpectingInput
        $call.Most = [math]::Max($script:Ahead, $call.Most)
    }
    if ($null -ne $settings) { $call.More = ',"settings":' + $settings['Id'] + ',"runspace":' + $script:Runspace }
    if ($call.Named -or $name.StartsWith('Set-Configuration', [System.StringComparison]::OrdinalIgnoreCase)) {
        $call.Becomes = if ($call.Named) { '"' + [guid]::NewGuid().ToString('N') + '"' } else { [string](New-BridgeNumber) }
        $call.More += ',"becomes":' + $call.Becomes
    }
    if ("$($Cmdlet.GetVariableValue('VerbosePreference'))" -ne 'SilentlyContinue' -or $Bound['Verbose']) {
        $call.More += ',"verbose":true'
    }
    if ("$($Cmdlet.GetVariableValue('DebugPreference'))" -ne 'SilentlyContinue' -or $Bound['Debug']) {
        $call.More += ',"debug":true'
    }
    if (-not $Bound.TryGetValue('WhatIf', [ref]$asked)) { $asked = $Cmdlet.GetVariableValue('WhatIfPreference') }
    if ($asked -and $Bound.ContainsKey('InvokeTools')) {
        $call.Shows = ',"what_if":true'
        $call.More += $call.Shows
    }
    $call
}

function Send-BridgeCall {
    # One record of the pipeline: sent, and answers that are there written; waits while the limit is reached.
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound, [object] $Item)
    if ($Call.Job) {
        [void]$Call.Items.Add($Item)
        return
    }
    $clean = $false
    $cmdlet = $Call.Cmdlet
    $piped = $cmdlet.MyInvocation.ExpectingInput
    try {
        if ($Call.Together -and -not $Call.Whole) {
            Send-BridgeItem $Call $Bound $Item
            $clean = $true
            return
        }
        $request = $script:Requests[$Call.Name]
        if (-not $piped) {
            $Item = $null
            if ($null -ne $request) { [void]$Bound.TryGetValue($request, [ref]$Item) }
        }
        # A request by itself is sent as it is.
        $own = $Bound
        if ($piped -or $Call.Becomes -or $Bound.Count -gt 1 -or (($null -eq $request -or -not $Bound.ContainsKey($request)) -and
                ($script:Files.ContainsKey($Call.Name) -or $script:Prepared.ContainsKey($Call.Name)))) {
            $own = Select-BridgeArgument $Call $Bound
        }
        $writer = $script:Writer::new()
        $writer.AddCall($Call.Name, $own, $Call.More)
        if ($writer.Refusal) {
            # Its turn in the order is kept.
            $record = if ($Call.Becomes) { New-BridgeRecord $writer.Refusal 'PSBridge.InvalidConfiguration' 'InvalidArgument' $null }
            else { New-BridgeRecord $writer.Refusal 'PSBridge.InvalidValue' 'InvalidData' $Item }
            $Call.Order.Enqueue(@{
                    Id = -1; Target = $Item; Items = [System.Collections.Generic.Queue[object]]::new(); Done = $true; Params = ''
                    Record = $record
                })
            Write-BridgeFinished $Call
            $clean = $true
            return
        }
        $params = $writer.Text.ToString()
        $connection = $script:Hub['Connection']
        if ($null -eq $connection -or -not $script:Wire.IsOpen($connection)) { $connection = Connect-Bridge $cmdlet }
        if ($null -ne $Call.Connection -and -not [object]::ReferenceEquals($Call.Connection, $connection)) {
            # The worker ended under calls of this pipeline: those are reported before the new one gets its first.
            while ($Call.Order.Count) { Receive-BridgeCall $Call 200 }
        }
        $Call.Connection = $connection
        if (($null -ne $Call.Settings -and -not [object]::ReferenceEquals($Call.Settings['Told'], $connection)) -or
            $Bound.ContainsKey('Connection')) {
            Send-BridgeSettings $Call $Bound $connection
        }
        $sent = $script:Wire.Send($connection, 'invoke', $params, $Call.Queue)
        $slot = @{
            Id = $sent.Id; Target = $Item; Items = [System.Collections.Generic.Queue[object]]::new()
            Done = $false; Record = $null; Params = $params
        }
        $Call.Slots[$sent.Id] = $slot
        $Call.Order.Enqueue($slot)
        $Call.Flying++
        # What sets something is answered at once; a call that waits for a service has the time for this.
        if (-not $script:Formatted -and -not $Call.Becomes) { Import-BridgeFormat }
        $line = $script:Wire.Next($connection, $sent.Id)
        while ($Call.Order.Count) {
            Receive-BridgeCall $Call 200 $line
            $line = $null
        }
        $clean = $true
    }
    finally {
        if ($piped) {
            # PowerShell leaves an item's properties bound when the next item lacks them.
            foreach ($key in @($Bound.Keys)) {
                if ($Call.Given -notcontains $key) { [void]$Bound.Remove($key) }
            }
        }
        if ($clean) { $Call.Open = $Call.Shown -or $Call.Order.Count -or $Call.Pipeline -or $null -ne $Call.Kept }
        else { Stop-BridgeCall $Call }
    }
}

function Select-BridgeArgument {
    # What of the bound parameters is the worker's business, in its terms.
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound)
    $own = [System.Collections.Generic.Dictionary[string, object]]::new($Bound)
    if (-not $Call.Whole) {
        foreach ($key in $script:Limits) { [void]$own.Remove($key) }
        [void]$own.Remove('Unordered')
    }
    foreach ($key in $script:Files[$Call.Name]) {
        if ($own.ContainsKey($key) -and $own[$key]) { $own[$key] = Resolve-BridgePath $Call.Cmdlet $own[$key] }
    }
    if ($Call.Becomes) { Set-BridgeSetting $Call $own }
    $prepare = $script:Prepared[$Call.Name]
    if ($null -ne $prepare) { & $prepare $Call $own }
    $own
}

function Complete-BridgeCall {
    # The end of the pipeline: everything in flight is waited for.
    [CmdletBinding()]
    param([hashtable] $Call)
    if ($Call.Job) { return Start-BridgeJob $Call }
    $clean = $false
    try {
        if ($Call.Together) { Complete-BridgePipeline $Call }
        while ($Call.Order.Count) { Receive-BridgeCall $Call 200 }
        if ($Call.Shown) { Write-BridgeProgress $Call @{ Completed = $true } }
        $clean = $true
    }
    finally {
        if (-not $clean) { Stop-BridgeCall $Call }
        if ($null -ne $Call.Kept) { Clear-BridgeResult $Call }
    }
}

function Receive-BridgeCall {
    # Waits for one line of this run's calls, unless it is there, and writes what may be written by now.
    param([hashtable] $Call, [int] $Milliseconds, [object] $Line)
    if ($null -eq $Line) { $Line = $script:Wire.Read($Call.Connection, $Call.Queue, $Milliseconds) }
    if ($null -eq $line) {
        if ($null -ne $script:Watch) { & $script:Watch }
        if ($Call.Clock.ElapsedMilliseconds - $Call.Shown -gt 1000) { Show-BridgeProgress $Call }
        return
    }
    if ($line -eq '') {
        foreach ($slot in $Call.Order) {
            if (-not $slot.Done) {
                $slot.Done = $true
                $slot.Record = New-BridgeLoss $Call.Connection $slot.Target
            }
        }
        $Call.Flying = 0
        $Call.Slots.Clear()
        Write-BridgeFinished $Call
        return
    }
    $message = $script:Wire.Parse($line)
    $properties = $script:PropertiesOf.Invoke($message)
    $method = $properties['method']
    if ($null -ne $method) {
        $slot = $Call.Slots[[long]$message.params.id]
        if ($null -eq $slot) { return }
        if ($method.Value -eq 'item' -and $null -ne $message.params.PSObject.Properties['error']) {
            # An error in an item's place: the others go on.
            $target = $script:Reader.Read($message.params.target)
            Write-BridgeError $Call.Cmdlet (ConvertTo-BridgeRecord $message.params.error $target) $true
        }
        elseif ($method.Value -eq 'item') {
            $value = $script:Reader.Read($message.params.value)
            , $value
        }
        elseif ($method.Value -eq 'note') { Write-BridgeLineNote $Call $message.params }
        elseif ($method.Value -eq 'ask' -and $null -ne $message.params.PSObject.Properties['command']) {
            Invoke-BridgeCommand $Call $message.params
        }
        elseif ($method.Value -eq 'ask') { Send-BridgeKey $Call $message.params }
        return
    }
    $id = [long]$message.id
    $slot = $Call.Slots[$id]
    $gone = $null
    [void]$Call.Connection.Pending.TryRemove($id, [ref]$gone)
    if ($null -eq $slot) { return }
    $Call.Slots.Remove($id)
    $Call.Flying--
    $Call.Finished++
    $slot.Done = $true
    $failure = $properties['error']
    if ($null -ne $failure) { $slot.Record = ConvertTo-BridgeRecord $failure.Value $slot.Target }
    else {
        if (-not $line.EndsWith($script:NoNotes, [System.StringComparison]::Ordinal)) { Write-BridgeNote $Call.Cmdlet $message.result }
        if ($Call.Becomes) { Save-BridgeSettings $Call $slot }
        if ($null -ne $message.result.value) {
            $value = $script:Reader.Read($message.result.value)
            if ($null -ne $Call.As) { $value = ConvertTo-BridgeAnswer $Call $value }
            if ($Call.Order.Count -eq 1 -and $value -is [System.Management.Automation.PSCustomObject]) {
                # What Write-BridgeFinished does, without a call: an answer by itself is what scripts wait for most.
                [void]$Call.Order.Dequeue()
                return $value
            }
            $slot.Items.Enqueue($value)
        }
    }
    Write-BridgeFinished $Call
}

function Write-BridgeFinished {
    # Writes what is finished, results and errors, up to the first that is not.
    param([hashtable] $Call)
    while ($Call.Order.Count -and $Call.Order.Peek().Done) {
        $slot = $Call.Order.Dequeue()
        while ($slot.Items.Count) {
            $item = $slot.Items.Dequeue()
            if ($item -is [byte[]]) { , $item } else { $item }  # bytes stay one array
        }
        if ($null -ne $slot.Record) { Write-BridgeError $Call.Cmdlet $slot.Record $Call.Cmdlet.MyInvocation.ExpectingInput }
    }
}

function Write-BridgeLineNote {
    # What is said beside a result, as it is said.
    [CmdletBinding()]
    param([hashtable] $Call, [psobject] $Note)
    switch ($Note.stream) {
        'warning' { $Call.Cmdlet.WriteWarning($Note.text) }
        'verbose' { Write-Verbose $Note.text -Verbose }
        'debug' { Write-BridgeDebug $Call.Cmdlet $Note.text }
        'progress' { Write-BridgeProgress $Call @{ Status = $Note.text } }
    }
}

function Show-BridgeProgress {
    # Says how long a call has taken, or how much of a pipeline is done.
    [CmdletBinding()]
    param([hashtable] $Call)
    $status = "waiting for the answer, $([int]($Call.Clock.Elapsed.TotalSeconds)) s"
    if ($Call.Together -or $Call.Finished) { $status = "$($Call.Finished) done, $($Call.Flying + $Call.Targets.Count) under way" }
    Write-BridgeProgress $Call @{ Status = $status }
}

function Write-BridgeProgress {
    # As the script that calls prefers it, whose variables a module does not see by itself.
    [CmdletBinding()]
    param([hashtable] $Call, [hashtable] $Line)
    $Call.Shown = $Call.Clock.ElapsedMilliseconds
    $ProgressPreference = $Call.Cmdlet.GetVariableValue('ProgressPreference')
    if ($ProgressPreference) { Write-Progress -Activity $Call.Name @Line }
}

function Stop-BridgeCall {
    # Nobody waits for these any more: the worker is told, and what it still says of them is dropped.
    [CmdletBinding()]
    param([hashtable] $Call)
    $connection = $Call.Connection
    $ids = @($Call.Slots.Keys)
    if ($Call.Pipeline) { $ids += [long]$Call.Pipeline }
    foreach ($id in $ids) {
        $gone = $null
        if (-not $connection['Pending'].TryRemove($id, [ref]$gone)) { continue }
        $bytes = $script:Utf8.GetBytes("{`"jsonrpc`":`"2.0`",`"method`":`"cancel`",`"params`":{`"id`":$id}}`n")
        [System.Threading.Monitor]::Enter($connection['Gate'])
        try {
            if ($null -ne $connection['Write']) { [void]$connection['Write'].Wait(1000) }
            $connection['Input'].Write($bytes, 0, $bytes.Length)
            $connection['Input'].Flush()
        }
        catch { $connection['Ready'] = $false }
        finally { [System.Threading.Monitor]::Exit($connection['Gate']) }
    }
    $Call.Slots.Clear()
    $Call.Order.Clear()
    $Call.Pipeline = 0
    $Call.Targets.Clear()
}

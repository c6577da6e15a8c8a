# What this runspace says to the worker and hears from it.
#
# The connection itself is a table of .NET objects, which every runspace of the process uses. An instance of a class is
# of the runspace that made it: it works on the table, and never lies in it.

class PSBridgeWire {
    [string] $Head = ''  # what the line begins with that answers the latest question
    [string] $Start = '{"jsonrpc":"2.0","id":'

    [bool] IsOpen([hashtable] $connection) {
        # Whether there is a worker behind the connection; one that was killed may not have been noticed yet.
        if ($null -eq $connection -or -not $connection['Ready']) { return $false }
        return $null -eq $connection['Process'] -or -not $connection['Process'].HasExited
    }

    [hashtable] Settings() {
        # The record that calls of this runspace go by: what it set itself, else what was in force where it was started, else
        # what the first runspace of the process has; null where nobody set anything. What a thread starts inherits it.
        $hub = $script:Hub
        $own = $hub['Own'][$script:Runspace]
        if ($null -eq $own) {
            $own = $hub['Flow'].Value
            if ($null -eq $own) { $own = $hub['Own'][1] }
        }
        elseif (-not [object]::ReferenceEquals($own, $hub['Flow'].Value)) { $hub['Flow'].Value = $own }
        return $own
    }

    [object] Parse([string] $line) {
        # One line of the worker as objects: fast where that keeps every value, exact elsewhere.
        if ($null -ne $script:FastReader -and -not $script:LooksDated.IsMatch($line)) {
            $trouble = $null
            try {
                $message = $script:FastReader::ConvertFromJson($line, [ref] $trouble)
                if ($null -eq $trouble) { return $message }
            }
            catch { Write-Debug "The fast reader could not read the worker's line: $($_.Exception.Message)" }
        }
        return ConvertFrom-BridgeText $line
    }

    [hashtable] Send([hashtable] $connection, [string] $method, [string] $params, [object] $queue) {
        # Sends a request: the call to wait with, its id and the queue that its lines come to.
        if ($null -eq $queue) { $queue = [System.Collections.Concurrent.ConcurrentQueue[string]]::new() }
        $call = @{ Id = [long]0; Queue = $queue; Signal = $script:Signal }
        $earlier = $connection['Write']
        while ($null -ne $earlier -and -not $earlier.IsCompleted) {
            [void][System.Threading.Tasks.Task]::WaitAny(@($earlier), 200)
        }
        $gate = $connection['Gate']
        [System.Threading.Monitor]::Enter($gate)
        try {
            $id = $connection['NextId'] + 1
            $connection['NextId'] = $id
            $call['Id'] = $id
            $bytes = $script:Utf8.GetBytes($this.Start + $id + ',"method":"' + $method + '","params":' + $params + "}`n")
            $connection['Pending'][$id] = $call
            if ($bytes.Length -le 65536) {
                $connection['Input'].Write($bytes, 0, $bytes.Length)
                $connection['Input'].Flush()
            }
            else {
                # A long line is written in the background: PowerShell can be stopped meanwhile, the line stays whole.
                $connection['Write'] = $connection['Input'].WriteAsync($bytes, 0, $bytes.Length)
            }
        }
        catch [System.IO.IOException] { $this.Lose($connection, $queue) }
        catch [System.ObjectDisposedException] { $this.Lose($connection, $queue) }
        finally { [System.Threading.Monitor]::Exit($gate) }
        return $call
    }

    [void] Lose([hashtable] $connection, [object] $queue) {
        # Nothing can be written any more: whoever waits at the queue is told.
        $connection['Ready'] = $false
        $queue.Enqueue('')
    }

    [void] Forget([hashtable] $connection, [long] $id) {
        # Nobody waits for lines of this call any more.
        $gone = $null
        [void]$connection['Pending'].TryRemove($id, [ref] $gone)
    }

    [object] Ask([hashtable] $connection, [string] $params, [bool] $first) {
        # The line that answers a call; '' when the worker has ended. With $first, what a builder's answer takes is
        # compiled meanwhile. Mostly this runspace is alone and its answer the next line, which is looked at at once.
        $queue = [System.Collections.Concurrent.ConcurrentQueue[string]]::new()
        $id = $this.Send($connection, 'invoke', $params, $queue)['Id']
        try {
            # Any object of a model will do that has a member set and one unset.
            if ($first) { $null = $script:Reader.Make(@('Error', 'code', '')) }
            $line = $this.Next($connection, $id)
            while ($null -eq $line) { $line = $this.Read($connection, $queue, 200) }
            return $line
        }
        finally {
            # What Forget does, without a call: scripts ask thousands of times.
            $gone = $null
            [void]$connection['Pending'].TryRemove($id, [ref] $gone)
        }
    }

    [object] Next([hashtable] $connection, [long] $id) {
        # The worker's next line, where it is the answer of this call and comes soon; null elsewhere, and Read has it then.
        $this.Head = $this.Start + $id + ','
        $turn = $connection['Turn']
        if (-not $turn.WaitOne(0)) { return $null }
        try {
            $read = $connection['Read']
            if ($null -eq $read) {
                $read = $connection['Reader'].ReadLineAsync()
                $connection['Read'] = $read
            }
            if ($read.Wait(200)) {
                $line = $read.Result
                if ($null -ne $line -and $line.StartsWith($this.Head, [System.StringComparison]::Ordinal)) {
                    $connection['Read'] = $null
                    return $line
                }
            }
        }
        catch [System.AggregateException] { Write-Debug "Reading from the worker: $($_.Exception.Message)" }
        finally { [void]$turn.Set() }
        return $null
    }

    [object] Read([hashtable] $connection, [object] $queue, [int] $milliseconds) {
        # The next line for one of the calls of the queue; '' when the worker has ended, null when the time passed.
        $line = $null
        if ($queue.TryDequeue([ref] $line)) { return $line }
        $turn = $connection['Turn']
        $which = [System.Threading.WaitHandle]::WaitAny(@($script:Signal, $turn), $milliseconds)
        if ($which -ne 1) {
            if ($queue.TryDequeue([ref] $line)) { return $line }
            return $null
        }
        try {
            if ($queue.TryDequeue([ref] $line)) { return $line }
            $reading = $connection['Read']
            if ($null -eq $reading) {
                $reading = $connection['Reader'].ReadLineAsync()
                $connection['Read'] = $reading
            }
            if (-not $reading.IsCompleted -and -not $reading.Wait($milliseconds)) {
                if ($null -ne $connection['Process']) { Read-BridgeNoise $connection }
                return $null
            }
            $line = $null
            if (-not $reading.IsFaulted) { $line = $reading.Result }
            if ($null -eq $line) {
                # The end of its output, which is for good: Read stays.
                Stop-BridgeWaiting $connection
                [void]$queue.TryDequeue([ref] $line)
                return ''
            }
            $connection['Read'] = $null
            return $this.Deliver($connection, $queue, $line)
        }
        finally { [void]$turn.Set() }
    }

    [object] Deliver([hashtable] $connection, [object] $queue, [string] $line) {
        # The line, where it is for this queue; else it is put where it belongs, or dropped where nobody waits for it.
        $match = $script:LineHead.Match($line)
        if (-not $match.Success) { return $null }
        $id = if ($match.Groups[1].Success) { [long] $match.Groups[1].Value } else { [long] $match.Groups[2].Value }
        $call = $null
        if ($connection['Pending'].TryGetValue($id, [ref] $call)) {
            if ([object]::ReferenceEquals($call.Queue, $queue)) { return $line }
            $call.Queue.Enqueue($line)
            [void]$call.Signal.Set()
        }
        return $null
    }

    [object] Wait([hashtable] $connection, [hashtable] $call, [int] $milliseconds) {
        # The answer to one request, parsed; null when the worker ended or took longer.
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        try {
            while ($clock.ElapsedMilliseconds -lt $milliseconds) {
                $line = $this.Read($connection, $call['Queue'], 200)
                if ($null -eq $line) { continue }
                if ($line -eq '') { return $null }
                $message = $this.Parse($line)
                if ($message.PSObject.Properties['id']) { return $message }
            }
            return $null
        }
        finally { $this.Forget($connection, $call['Id']) }
    }
}

$script:Wire = [PSBridgeWire]::new()

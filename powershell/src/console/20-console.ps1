# Enter-ChatSession: a conversation at the console, line by line.

$script:ConsoleHelp = @'
/system TEXT   the instructions in front of everything; without a text it shows them
/model NAME    the model from now on
/undo          take the last question and its answer back
/save FILE     write the conversation to a file
/cost          what was used, and what it cost where -PriceFile was given
/exit          end
'@

function Enter-BridgeSession {
    # Reads, asks and shows until the end; the conversation is then given back.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.IDictionary] $Bound)
    $session = $Bound['Session']
    if ($null -eq $session) { $session = New-ChatSession }
    if ($Bound['Model']) { $session.Model = $Bound['Model'] }
    if ($Bound['System']) { Set-BridgeInstruction $session $Bound['System'] }
    $ui = $Cmdlet.Host.UI
    $ui.WriteLine('A conversation; /help lists what else can be said, /exit ends it.')
    while ($true) {
        $ui.Write('> ')
        try { $line = $ui.ReadLine() }
        catch [System.Management.Automation.PipelineStoppedException] { throw }
        catch {
            # Nobody is there to say anything.
            $ui.WriteLine()
            $Cmdlet.WriteVerbose($_.Exception.Message)
            break
        }
        if ($null -eq $line) { break }
        $line = $line.Trim()
        if ($line -in '/exit', '/quit') { break }
        if (-not $line) { continue }
        # What goes wrong is a sentence, and the conversation goes on.
        try {
            if ($line.StartsWith('/')) { $ui.WriteLine((Invoke-BridgeConsole $Cmdlet $Bound $session $line)) }
            else { Send-BridgeConsole $ui $session $line }
        }
        catch [System.Management.Automation.PipelineStoppedException] { throw }
        catch { $ui.WriteLine($_.Exception.Message) }
    }
    $session
}

function Invoke-BridgeConsole {
    # One of the console's own commands; what it says.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [System.Collections.IDictionary] $Bound, [psobject] $Session, [string] $Line)
    $name, $rest = $Line.Substring(1).Trim() -split '\s+', 2
    switch ($name) {
        'help' { $script:ConsoleHelp }
        'system' {
            if ($rest) { Set-BridgeInstruction $Session $rest }
            $first = @($Session.Messages | Where-Object { $_.role -in 'system', 'developer' })
            if ($first.Count) { "$($first[0].content)" } else { 'There are no instructions.' }
        }
        'model' {
            if ($rest) { $Session.Model = $rest }
            if ($Session.Model) { "$($Session.Model)" } else { "The configuration's model." }
        }
        'undo' {
            $taken = @(Undo-ChatMessage -Session $Session)
            if ($taken.Count) { "Taken back: $($taken[0].content)" } else { 'There is nothing to take back.' }
        }
        'save' {
            if (-not $rest) { return '/save needs the name of a file.' }
            $path = $Cmdlet.GetUnresolvedProviderPathFromPSPath($rest)
            Export-ChatSession -Session $Session -Path $path
            "Written to $path."
        }
        'cost' {
            $said = "$($Session.Usage.total_tokens) tokens in $($Session.Usage.calls) calls"
            if ($Bound['PriceFile']) {
                $path = $Cmdlet.GetUnresolvedProviderPathFromPSPath($Bound['PriceFile'])
                $cost = (Get-ChatCompletionUsage -Session $Session -PriceFile $path).Cost
                $said += if ($null -eq $cost) { ', no price for a model that was used' } else { ', ' + $cost.ToString($script:Invariant) }
            }
            "$said."
        }
        default { "There is no /$name. /system, /model, /undo, /save, /cost, /help, /exit." }
    }
}

function Set-BridgeInstruction {
    # The system's message of a conversation, in place of the one that was there.
    [CmdletBinding()]
    param([psobject] $Session, [string] $Text)
    $others = @($Session.Messages)
    for ($i = 0; $i -lt $others.Count; $i++) {
        if ($others[$i].role -in 'system', 'developer') {
            $others = @($others[0..$i] | Select-Object -SkipLast 1) + @($others | Select-Object -Skip ($i + 1))
            break
        }
    }
    $Session.Messages = [object[]](@([pscustomobject]@{ role = 'system'; content = $Text }) + $others)
}

function Send-BridgeConsole {
    # Asks, and shows the answer as it comes. Ctrl+C, read as a key meanwhile, ends the answer and not the conversation.
    [CmdletBinding()]
    param([System.Management.Automation.Host.PSHostUserInterface] $Ui, [psobject] $Session, [string] $Text)
    $watches = -not [System.Console]::IsInputRedirected
    $script:Stopped = $false
    if ($watches) {
        $before = [System.Console]::TreatControlCAsInput
        [System.Console]::TreatControlCAsInput = $true
        $script:Watch = { if (Test-BridgeInterrupt) { throw [System.OperationCanceledException]::new('stopped') } }
    }
    try {
        Send-ChatMessage $Text -Session $Session -StreamText | ForEach-Object {
            $Ui.Write(($_ -replace '[\x00-\x08\x0b-\x1f\x7f-\x9f]'))  # nothing that steers the console
            if ($watches -and (Test-BridgeInterrupt)) { throw [System.OperationCanceledException]::new('stopped') }
        }
    }
    catch [System.OperationCanceledException] { $Ui.Write("`n(stopped; neither the question nor the answer is kept)") }
    finally {
        if ($watches) {
            [System.Console]::TreatControlCAsInput = $before
            $script:Watch = $null
        }
    }
    $Ui.WriteLine()
}

function Test-BridgeInterrupt {
    # Whether Ctrl+C was pressed; other keys pressed meanwhile are dropped.
    [CmdletBinding()]
    param()
    while ([System.Console]::KeyAvailable) {
        $key = [System.Console]::ReadKey($true)
        if ($key.Key -eq 'C' -and $key.Modifiers -band [System.ConsoleModifiers]::Control) { return $true }
    }
    $false
}

# A key that a script block gives. The block itself goes nowhere: the worker asks for it while a call needs it, and it is
# run where that call was made.

function Get-BridgeBlockNumber {
    # What the worker knows a script block by. Its syntax tree is kept, which belongs to no runspace.
    [CmdletBinding()]
    param([scriptblock] $Block)
    $tree = $Block.Ast
    if ($tree -is [System.Management.Automation.Language.FunctionDefinitionAst]) { $tree = $tree.Body }
    [System.Threading.Monitor]::Enter($script:Hub.SyncRoot)
    try {
        $trees = $script:Hub['Blocks']
        for ($i = 0; $i -lt $trees.Count; $i++) { if ([object]::ReferenceEquals($trees[$i], $tree)) { return $i } }
        $trees.Add($tree)
    }
    finally { [System.Threading.Monitor]::Exit($script:Hub.SyncRoot) }
}

function Send-BridgeKey {
    # Asks the script block, as the script that calls would, and tells the worker what it gave, or how it failed; nothing
    # where it was stopped, since the call's time was up: that is the call's own error.
    [CmdletBinding()]
    param([hashtable] $Call, [psobject] $Question)
    $told = ''
    try {
        $block = $script:Hub['Blocks'][[int]$Question.block].GetScriptBlock()
        $seconds = $Question.PSObject.Properties['seconds']
        $seconds = if ($null -eq $seconds) { 1e6 } else { [double]$seconds.Value }
        $late = [ref] $false
        $given = @(Invoke-BridgeBlock $Call.Cmdlet $block $seconds $late)
        if ($late.Value) { return }
        $writer = $script:Writer::new()
        $value = $given
        if ($given.Count -lt 2) { $value = $given | Select-Object -First 1 }
        $writer.Add($value, 'AccessToken')
        $told = if ($writer.Refusal) { '"failed":"a value that is no key"' } else { '"value":' + $writer.Text.ToString() }
    }
    catch [System.Management.Automation.PipelineStoppedException] { throw }
    catch { $told = '"failed":"' + $_.Exception.GetBaseException().GetType().Name + '"' }
    Send-BridgeNotice $Call.Connection 'told' ('{"id":' + $Question.id + ',"question":' + $Question.question + ',' + $told + '}')
}

function Invoke-BridgeBlock {
    # What a block puts out in the scope of the script that calls; $Late says that it was stopped after so many seconds.
    [CmdletBinding()]
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [scriptblock] $Block, [double] $Seconds, [ref] $Late)
    $inner = [powershell]::Create([System.Management.Automation.RunspaceMode]::CurrentRunspace)
    $clock = [System.Threading.CancellationTokenSource]::new()
    try {
        $null = $inner.AddScript('try { $args[0].InvokeCommand.InvokeScript($args[0], $args[1], @()) 3>&1 4>&1 6>&1 } catch { throw }')
        $null = $inner.AddArgument($Cmdlet.SessionState).AddArgument($Block)
        # Delegates of .NET's own: the thread that stops the block has no runspace. What goes wrong there stays in the task.
        $stop = [System.Threading.Tasks.Task]::new([System.Delegate]::CreateDelegate([System.Action], $inner, 'Stop'))
        $planned = $clock.Token.Register([System.Delegate]::CreateDelegate([System.Action], $stop, 'Start'))
        $clock.CancelAfter([int][System.Math]::Min($Seconds * 1000, [int]::MaxValue))
        $said = $inner.Invoke()
        $Late.Value = "$($inner.InvocationStateInfo.State)" -eq 'Stopped'
        foreach ($one in $inner.Streams.Error) { $Cmdlet.WriteError($one) }
        foreach ($one in $said) {
            if ($one -is [System.Management.Automation.WarningRecord]) { $Cmdlet.WriteWarning($one.Message) }
            elseif ($one -is [System.Management.Automation.VerboseRecord]) { $Cmdlet.WriteVerbose($one.Message) }
            elseif ($one -is [System.Management.Automation.InformationRecord]) { $Cmdlet.WriteInformation($one) }
            else { $one }
        }
    }
    catch [System.Management.Automation.PipelineStoppedException] {
        if (-not $clock.IsCancellationRequested) { throw }
        $Late.Value = $true
    }
    finally {
        $planned.Dispose()
        # It may not be taken from under the thread that stops it.
        if ($stop.Status -ne 'Created') { try { $stop.Wait() } catch { Write-Debug "Stopping a key's block: $_" } }
        $clock.Dispose()
        $inner.Dispose()
    }
}

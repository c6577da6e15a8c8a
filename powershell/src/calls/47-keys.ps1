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
    # Asks the script block, as the script that calls would, and tells the worker what it gave, or how it failed.
    [CmdletBinding()]
    param([hashtable] $Call, [psobject] $Question)
    $told = ''
    try {
        $block = $script:Hub['Blocks'][[int]$Question.block].GetScriptBlock()
        $state = $Call.Cmdlet.SessionState
        $given = @($state.InvokeCommand.InvokeScript($state, $block, @()))
        $writer = [PSBridgeWriter]::new()
        if ($given.Count -eq 1) { $writer.Add($given[0], 'AccessToken') } else { $writer.Add($given, 'AccessToken') }
        $told = if ($writer.Refusal) { '"failed":"a value that is no key"' } else { '"value":' + $writer.Text.ToString() }
    }
    catch [System.Management.Automation.PipelineStoppedException] { throw }
    catch { $told = '"failed":"' + $_.Exception.GetBaseException().GetType().Name + '"' }
    Send-BridgeNotice $Call.Connection 'told' ('{"id":' + $Question.id + ',"question":' + $Question.question + ',' + $told + '}')
}

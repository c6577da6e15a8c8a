# A pipeline that is one call: its items go into a file, as lines of JSON, and the call gets the file.

function Add-BridgeRow {
    # One item of the pipeline.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound, [object] $Item)
    if (-not $Call.Cmdlet.MyInvocation.ExpectingInput -and -not $Bound.ContainsKey('InputObject')) { return }
    if ($null -eq $Call.Rows) {
        $path = Join-Path ([System.IO.Path]::GetTempPath()) "psbridge-rows-$([guid]::NewGuid().ToString('N')).jsonl"
        $options = [System.IO.FileMode]::CreateNew, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None
        $file = [System.IO.FileStream]::new($path, $options[0], $options[1], $options[2])
        $Call.Rows = @{ Path = $path; Writer = [System.IO.StreamWriter]::new($file, [System.Text.UTF8Encoding]::new($false)); Refusal = '' }
    }
    foreach ($one in @($Item)) {
        $writer = $script:Writer::new()
        $writer.Bare = $true
        $writer.Add($one, 'InputObject')
        if ($writer.Refusal) { $Call.Rows.Refusal = $writer.Refusal }
        $Call.Rows.Writer.WriteLine($writer.Text.ToString())
    }
}

function Send-BridgeRow {
    # The end of the pipeline: the call itself, with what was gathered.
    [CmdletBinding()]
    param([hashtable] $Call, [System.Collections.IDictionary] $Bound)
    $Call.Whole = $true
    $own = [System.Collections.Generic.Dictionary[string, object]]::new($Bound)
    [void]$own.Remove('InputObject')
    $shown = $null
    if (-not $own.TryGetValue('WhatIf', [ref]$shown)) { $shown = $Call.Cmdlet.GetVariableValue('WhatIfPreference') }
    if ($shown) { $own['DryRun'] = $true }
    [void]$own.Remove('WhatIf')
    try {
        if ($null -ne $Call.Rows) {
            $Call.Rows.Writer.Dispose()
            if ($Call.Rows.Refusal) {
                $Call.Cmdlet.ThrowTerminatingError((New-BridgeRecord $Call.Rows.Refusal 'PSBridge.InvalidValue' 'InvalidData' $null))
            }
            if ($own.ContainsKey('Path')) {
                $sentence = 'A run takes its rows from the pipeline, or from the file that -Path names, not from both.'
                $Call.Cmdlet.ThrowTerminatingError((New-BridgeRecord $sentence 'PSBridge.RunUsage' 'InvalidArgument' $null))
            }
            $own['Path'] = $Call.Rows.Path
        }
        Send-BridgeCall $Call $own $null
        if ($Call.Open) { Complete-BridgeCall $Call }
    }
    finally {
        if ($null -ne $Call.Rows) {
            $Call.Rows.Writer.Dispose()
            [System.IO.File]::Delete($Call.Rows.Path)
        }
    }
}

# A builder call.

$script:NeedsEscape = [regex]::new('["\\\x00-\x1f\ud800-\udfff]')
$script:ModelHead = '"result":{"value":{"$psbridge":['
# What is told of a model whose members are all texts as they are: mostly so of what a builder makes.
$script:Texts = [regex]::new('\G"[^"\\]*(?:","[^"\\]*)*"]},"warnings":\[],"verbose":\[],"debug":\[]}}$')
$script:Between = [regex]::new('","')
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
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Name,
        [System.Collections.IDictionary] $Bound,
        [object] $Item,
        [object] $Given
    )
    $piped = $null -ne $Given -and $Cmdlet.MyInvocation.ExpectingInput
    $connection = $script:Hub['Connection']
    $first = $false
    if ($null -eq $connection -or -not $script:Wire.IsOpen($connection)) {
        $connection = Connect-Bridge $Cmdlet
        $first = $true
    }
    $record = $null
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
        $line = $script:Wire.Ask($connection, $text, $first)
        if ($line -eq '') {
            $record = New-BridgeLoss $connection $Item
            return
        }
        $head = $script:Wire.Head + $script:ModelHead
        $model = $line.StartsWith($head, [System.StringComparison]::Ordinal)
        if ($model -and $script:Texts.IsMatch($line, $head.Length)) {
            # Without a reader of JSON, which takes longer than anything else here.
            $told = $line.Substring($head.Length + 1, $line.Length - $head.Length - $script:NoNotes.Length - 5)
            return $script:Reader.Make($script:Between.Split($told))
        }
        $message = $script:Wire.Parse($line)
        if (-not $line.EndsWith($script:NoNotes, [System.StringComparison]::Ordinal)) {
            $failure = $message.PSObject.Properties['error']
            if ($null -ne $failure) {
                $record = ConvertTo-BridgeRecord $failure.Value $Item
                return
            }
            Write-BridgeNote $Cmdlet $message.result
        }
        $value = $message.result.value
        if ($model) { return $script:Reader.Make($value.'$psbridge') }
        , $script:Reader.Read($value)
    }
    catch [System.Management.Automation.PipelineStoppedException] { throw }
    catch {
        $record = $_
    }
    finally {
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

# The calls that were measured on PowerShell 7.6.5, on this module's own parameter blocks: each exported function
# gets a twin with the same parameter block whose body only tells what was bound.
BeforeDiscovery {
    $data = Join-Path $PSScriptRoot '../data/parameter-binding.jsonl'
    $names = @((Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../powershell/PSBridge/PSBridge.psd1')).FunctionsToExport)
    $groups = if (Test-Path $data) {
        Get-Content $data -Encoding UTF8 | ForEach-Object { ConvertFrom-Json $_ -AsHashtable -DateKind String } |
            Where-Object { $_.command -in $names } | Group-Object { $_.command } |
            ForEach-Object { @{ command = $_.Name; rows = $_.Group } }
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    Import-Module (Get-ModulePath) -Force

    function Get-Twin([string] $Name) {
        $block = (Get-Command $Name).ScriptBlock.Ast.Body.ParamBlock
        $attributes = ($block.Attributes.Extent.Text) -join "`n"
        [scriptblock]::Create("function $Name { $attributes`n$($block.Extent.Text)`nprocess { `$copy = @{}; foreach (`$k in `$PSBoundParameters.Keys) { `$copy[`$k] = `$PSBoundParameters[`$k] }; `$global:Seen.Add(`$copy) } }")
    }

    function Get-Shown($Value) {
        # A value as the measurements write it: its type and what it holds.
        if ($null -eq $Value) { return 'null' }
        if ($Value -is [switch]) { return "Switch:$([bool]$Value)" }
        if ($Value -is [string]) { return "String:$Value" }
        if ($Value -is [bool]) { return "Boolean:$Value" }
        if ($Value -is [System.Collections.Specialized.OrderedDictionary] -or $Value -is [hashtable]) {
            return "$($Value.GetType().Name):{" + (@($Value.Keys | Sort-Object | ForEach-Object { "$_=$(Get-Shown $Value[$_])" }) -join ';') + '}'
        }
        if ($Value -is [System.Management.Automation.PSCustomObject]) {
            return 'PSCustomObject:{' + (@($Value.PSObject.Properties | Sort-Object Name | ForEach-Object { "$($_.Name)=$(Get-Shown $_.Value)" }) -join ';') + '}'
        }
        if ($Value -is [array]) { return "$($Value.GetType().FullName -replace '^System\.'):[" + (@($Value | ForEach-Object { Get-Shown $_ }) -join ';') + ']' }
        if ($Value -is [System.IFormattable]) { return "$($Value.GetType().Name):" + $Value.ToString($null, [cultureinfo]::InvariantCulture) }
        "$($Value.GetType().Name):$Value"
    }

    function Get-Told($Node) {
        # The same, out of the measurement.
        if ($null -eq $Node -or $Node.t -eq 'Null' -or $Node.t -eq 'null') { return 'null' }
        $v = $Node.v
        if ($Node.t -in 'Hashtable', 'OrderedDictionary', 'PSCustomObject') {
            return "$($Node.t):{" + (@($v.Keys | Sort-Object | ForEach-Object { "$_=$(Get-Told $v[$_])" }) -join ';') + '}'
        }
        if ($Node.t -like '*`[`]') { return "$($Node.t):[" + (@($v | ForEach-Object { Get-Told $_ }) -join ';') + ']' }
        "$($Node.t):$v"
    }

    # What differs on purpose: the reference had no -Moderation, so there -Mode meant -Model.
    $newlyAmbiguous = @{ 'names-0019' = 'Mode' }
}
AfterAll { Remove-Module PSBridge }

Describe 'Measured calls of <command>' -ForEach $groups {
    It 'bind the same values' {
        $twin = Get-Twin $command
        $wrong = foreach ($row in $rows) {
            $global:Seen = New-Object System.Collections.ArrayList
            $failure = & {
                . $twin
                $Error.Clear()
                try { $null = . ([scriptblock]::Create($row.script)) 2>$null } catch { $null = $_ }
                if ($Error.Count) { $Error[-1] }
            }
            $expected = @($row.errors)
            if ($expected.Count) {
                if ($null -eq $failure) { "$($row.id): bound, $($expected[0].id) expected"; continue }
                if ($failure.FullyQualifiedErrorId -ne $expected[0].id) { "$($row.id): $($failure.FullyQualifiedErrorId) instead of $($expected[0].id)"; continue }
                if ($failure.CategoryInfo.Category -ne $expected[0].category) { "$($row.id): category $($failure.CategoryInfo.Category)" }
                # Messages list what is allowed or ambiguous; this module's lists may be longer, never shorter.
                foreach ($word in [regex]::Matches($expected[0].message, '[-\w]+').Value) {
                    if ($failure.Exception.Message -notlike "*$word*") { "$($row.id): '$word' is missing in: $($failure.Exception.Message)"; break }
                }
            }
            elseif ($failure) {
                if ($newlyAmbiguous.ContainsKey($row.id) -and $failure.FullyQualifiedErrorId -like 'AmbiguousParameter,*' -and
                    $failure.Exception.Message -like "*'$($newlyAmbiguous[$row.id])' is ambiguous*") { continue }
                "$($row.id): $($failure.Exception.Message)"
                continue
            }
            for ($i = 0; $i -lt @($row.bound).Count; $i++) {
                $told = @($row.bound)[$i]
                $seen = if ($i -lt $global:Seen.Count) { $global:Seen[$i] } else { @{} }
                $a = @($told.Keys | Sort-Object | ForEach-Object { "$_=$(Get-Told $told[$_])" }) -join ' '
                $b = @($seen.Keys | Sort-Object | ForEach-Object { "$_=$(Get-Shown $seen[$_])" }) -join ' '
                if ($a -cne $b) { "$($row.id): $($row.script)`n    told $a`n    seen $b" }
            }
        }
        $wrong -join "`n" | Should -BeNullOrEmpty
    }
}

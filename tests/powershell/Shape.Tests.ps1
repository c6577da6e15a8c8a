BeforeDiscovery {
    $root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
    $exports = @((Import-PowerShellDataFile (Join-Path $root 'powershell/PSBridge/PSBridge.psd1')).FunctionsToExport)
    $hasAnalyzer = [bool](Get-Module PSScriptAnalyzer -ListAvailable)
}
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    Import-Module (Get-ModulePath) -Force
    $common = [System.Management.Automation.PSCmdlet]::CommonParameters + [System.Management.Automation.PSCmdlet]::OptionalCommonParameters
}
AfterAll { Remove-Module PSBridge }

Describe 'The manifest' {
    It 'is one that PowerShell accepts' { (Test-ModuleManifest (Get-ModulePath)).Name | Should -Be 'PSBridge' }
    It 'exports what it names, and nothing else' {
        (Get-Command -Module PSBridge).Name | Sort-Object | Should -Be (Import-PowerShellDataFile (Get-ModulePath)).FunctionsToExport
    }
    It 'says where it runs and where it comes from' {
        $manifest = Import-PowerShellDataFile (Get-ModulePath)
        $manifest.CompatiblePSEditions | Should -Be 'Desktop', 'Core'
        $manifest.PrivateData.PSData.Tags | Should -Contain 'OpenAI'
        $manifest.PrivateData.PSData.LicenseUri | Should -Match '^https://'
        $manifest.PrivateData.PSData.ProjectUri | Should -Match '^https://'
    }
}

Describe 'Help' {
    BeforeAll {
        $helps = @{}
        foreach ($name in (Get-Command -Module PSBridge).Name) { $helps[$name] = Get-Help $name -Full }
    }
    It 'describes every function, every parameter, and shows an example' {
        $missing = foreach ($name in $helps.Keys) {
            $help = $helps[$name]
            if (-not "$($help.Synopsis)".Trim().EndsWith('.')) { "$name has no synopsis" }
            if (-not $help.PSObject.Properties['examples'] -or -not "$(@($help.examples.example)[0].code)") { "$name has no example" }
            $described = @{}
            if ($help.parameters -and $help.parameters.PSObject.Properties['parameter']) {
                foreach ($parameter in @($help.parameters.parameter)) { $described[$parameter.name] = "$($parameter.description.Text)" }
            }
            foreach ($parameter in (Get-Command $name).Parameters.Keys) {
                if ($parameter -notin $common -and -not "$($described[$parameter])".Trim()) { "$name -$parameter has no help" }
                $described.Remove($parameter)
            }
            foreach ($left in $described.Keys) { "$name has help for -$left, which it does not take" }
        }
        $missing -join "`n" | Should -BeNullOrEmpty
    }
    It 'tells positions and pipeline input as PowerShell has them' {
        $wrong = foreach ($name in $helps.Keys) {
            $parameters = (Get-Command $name).Parameters
            if (-not ($helps[$name].parameters -and $helps[$name].parameters.PSObject.Properties['parameter'])) { continue }
            foreach ($told in @($helps[$name].parameters.parameter)) {
                foreach ($seen in $parameters[$told.name].ParameterSets.Values) {
                    $position = if ($seen.Position -lt 0) { 'named' } else { "$($seen.Position)" }
                    if ("$($told.position)" -ne $position) { "$name -$($told.name): $position" }
                    $piped = $seen.ValueFromPipeline -or $seen.ValueFromPipelineByPropertyName
                    if ("$($told.pipelineInput)".StartsWith('True') -ne $piped) { "$name -$($told.name): pipeline $piped" }
                }
            }
        }
        $wrong -join "`n" | Should -BeNullOrEmpty
    }
    It 'has examples that PowerShell can read' {
        foreach ($name in $helps.Keys) {
            foreach ($example in @($helps[$name].examples.example)) {
                $problems = $null
                $null = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref]$null, [ref]$problems)
                $problems | Should -BeNullOrEmpty -Because "$($example.code) stands in the help of $name"
            }
        }
    }
    It 'has a topic of its own' { Get-Help about_PSBridge | Out-String | Should -Match 'UNSET, NULL AND EMPTY' }
}

Describe 'The code' {
    It 'is ASCII, as Windows PowerShell reads it' {
        Get-ChildItem (Join-Path (Get-Root) 'powershell') -Recurse -File | ForEach-Object {
            [System.IO.File]::ReadAllBytes($_.FullName) | Where-Object { $_ -gt 127 } | Should -BeNullOrEmpty -Because $_.Name
        }
    }
    It 'is clean by PSScriptAnalyzer, its 5.1 syntax rule included' -Skip:(-not $hasAnalyzer) {
        $settings = Join-Path (Get-Root) 'powershell/PSScriptAnalyzerSettings.psd1'
        $found = foreach ($path in 'powershell/PSBridge', 'examples/powershell', 'benchmarks/powershell.ps1') {
            $full = Join-Path (Get-Root) $path
            if (Test-Path $full) { Invoke-ScriptAnalyzer -Path $full -Recurse -Settings $settings }
        }
        @($found | ForEach-Object { "$($_.ScriptName):$($_.Line) $($_.RuleName) $($_.Message)" }) -join "`n" | Should -BeNullOrEmpty
    }
}

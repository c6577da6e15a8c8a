# The example of the ChatApi page, run as a user would: copied into a script. PowerShell cannot parse it in four
# places; those are mended here and nothing else.
BeforeDiscovery {
    $page = Join-Path $PSScriptRoot '../../../shared/seeds/powershell-ChatApi.md'
    $there = Test-Path $page
}
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-OfflineServer
    Use-PSBridge $server
    $page = Join-Path $PSScriptRoot '../../../shared/seeds/powershell-ChatApi.md'
    if (Test-Path $page) {
        $text = [System.IO.File]::ReadAllText($page).Replace("`r", '')
        $script = [regex]::Match($text, '```powershell\n(.*?)```', 'Singleline').Groups[1].Value
        $script = $script.Replace('@{ key_example =  }', "@{ key_example = 'x' }")
        # The long command is cut in two after -Modalities by a repeated block; its own value comes after the block.
        $script = [regex]::Replace($script, '-Modalities \n.*\n"text" -Prediction', '-Modalities "text" -Prediction', 'Singleline')
    }
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'The whole example of the page' -Skip:(-not $there) {
    It 'is one PowerShell can parse after the four places are mended' {
        $problems = $null
        $null = [System.Management.Automation.Language.Parser]::ParseInput($script, [ref]$null, [ref]$problems)
        $problems | Should -BeNullOrEmpty
    }
    It 'ends in a reply <how>' -ForEach @(@{ how = 'as it stands'; before = '' }, @{ how = 'under strict mode'; before = 'Set-StrictMode -Version Latest' }) {
        $said = & ([scriptblock]::Create("$before`n$script`n`$Result")) 6>&1
        "$said" | Should -Not -Match 'Exception occurred'
        @($said)[-1].PSObject.TypeNames[0] | Should -Be 'PSBridge.CreateChatCompletionResponse'
        @($said)[-1].choices[0].message.role | Should -Be 'assistant'
    }
    It 'ends in status 200' {
        $info = & ([scriptblock]::Create(($script -replace 'New-ChatCompletion -Create', 'New-ChatCompletion -WithHttpInfo -Create') + "`n`$Result")) 6>&1 | Select-Object -Last 1
        $info.StatusCode | Should -Be 200
    }
    It 'reads the failure in its catch block' {
        $settings = Get-Configuration
        $settings.AccessToken = ''
        $key = $env:OPENAI_API_KEY
        $env:OPENAI_API_KEY = $null
        try { $said = & ([scriptblock]::Create($script)) 6>&1 }
        finally {
            $env:OPENAI_API_KEY = $key
            Set-Configuration -AccessToken 'sk-offline'
        }
        "$said" | Should -Match 'Exception occurred when calling New-ChatCompletion'
        "$said" | Should -Match 'Response headers: \{'
    }
}

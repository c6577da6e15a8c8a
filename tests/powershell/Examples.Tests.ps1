BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-OfflineServer
    Use-PSBridge $server
    $examples = Join-Path (Get-Root) 'examples/powershell'
    # The examples import the module by its name, as users do.
    $path = $env:PSModulePath
    $env:PSModulePath = (Join-Path (Get-Root) 'powershell') + [System.IO.Path]::PathSeparator + $path
}
AfterAll {
    $env:PSModulePath = $path
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'The example' {
    It 'of the page sends a request with a tool' {
        $said = & (Join-Path $examples 'chat-api.ps1') -BaseUrl $server.Url 6>&1
        @($said)[-1].choices.Count | Should -Be 1
    }
    It 'that sorts a CSV file keeps what fails apart' {
        $in = Join-Path $TestDrive 'in.csv'
        $out = Join-Path $TestDrive 'out.csv'
        @('id,text') + (1..12 | ForEach-Object { "$_,ticket number $_" }) + '13' | Set-Content -Path $in -Encoding UTF8
        $result = & (Join-Path $examples 'triage-csv.ps1') -Path $in -OutPath $out -BaseUrl $server.Url
        $result.Sorted | Should -Be 12
        $result.Failed | Should -Be 1
        $rows = @(Import-Csv $out)
        $rows.id | Should -Be @(1..13)
        $rows[0..11].category | Should -BeIn 'billing', 'bug', 'question', 'other'
        $rows[12].Error | Should -BeLike '*1 fields, the header 2*'
        (Get-Content (Join-Path $TestDrive 'out.failed.jsonl') | ConvertFrom-Json).id | Should -Be '13'
    }
    It 'that reports at night takes its key from the vault' {
        function global:Get-Secret([string] $Name) { ConvertTo-SecureString "sk-$Name" -AsPlainText -Force }
        $log = Join-Path $TestDrive 'a.log'
        Set-Content -Path $log -Value 'backup failed: disk full'
        try { & (Join-Path $examples 'nightly-report.ps1') -LogPath $log -OutPath (Join-Path $TestDrive 'report.md') -BaseUrl $server.Url }
        finally { Remove-Item function:global:Get-Secret }
        Get-Content (Join-Path $TestDrive 'report.md') -Raw | Should -Match 'disk full'
        Test-Path (Join-Path $TestDrive 'report.md.new') | Should -BeFalse
    }
    It 'that streams writes the text to the console' {
        (& (Join-Path $examples 'stream.ps1') -Text 'stream me' -BaseUrl $server.Url 6>&1) -join '' | Should -Match 'stream me'
    }
}

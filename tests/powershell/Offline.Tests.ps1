# New-OfflineOpenAI: the service that a test dictates.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    Use-PSBridge
    Set-StrictMode -Version Latest
}
AfterAll { Remove-Module PSBridge }

Describe 'A service that answers as told' {
    It 'answers in order, keeps what was asked, and is the configuration until it is disposed of' {
        Set-Configuration -BaseUrl 'http://127.0.0.1:9/v1' -AccessToken sk-before
        $server = New-OfflineOpenAI -Reply 'yes', @{ label = 'spam' }
        try {
            New-ChatCompletion 'first' -Model m -TextOnly | Should -BeExactly 'yes'
            New-ChatCompletion 'second' -Model m -TextOnly | ConvertFrom-Json | ForEach-Object label | Should -Be 'spam'
            $server.Requests | Should -HaveCount 2
            $server.Requests[0].Json.model | Should -Be 'm'
            $server.Requests[1].Json.messages[0].content | Should -Be 'second'
            "$($server.Requests.Headers.authorization)" | Should -Not -Match 'sk-offline'
            $server.AssertAsked('second')
            { $server.AssertAsked('third') } | Should -Throw "*is 'second'*"
            { $server.AssertAsked(@{ model = 'other' }) } | Should -Throw '*model*'
        }
        finally { $server.Dispose() }
        (Get-Configuration).BaseUrl | Should -Be 'http://127.0.0.1:9/v1'
        $server.Dispose()
    }
    It 'answers by what is asked, asks for tools, and goes wrong on request' {
        $server = New-OfflineOpenAI
        try {
            $server.ReplyWhen('pills', 'yes')
            $server.Reply((New-OfflineFault 429 -RetryAfter 0), @(, (New-OfflineToolCall Get-Stock @{ Item = 'paper' })))
            New-ChatCompletion 'cheap pills' -Model m -TextOnly | Should -Be 'yes'
            $call = (New-ChatCompletion 'stock?' -Model m).choices[0].message.tool_calls[0].function
            $call.name | Should -Be 'Get-Stock'
            $call.arguments | ConvertFrom-Json | ForEach-Object Item | Should -Be 'paper'
            $server.Requests | Should -HaveCount 3
        }
        finally { $server.Dispose() }
    }
    It 'says what is no fault' {
        { New-OfflineOpenAI -Reply (New-OfflineFault 200) } | Should -Throw '*within 300..599*'
    }
    It 'fails the test for a call elsewhere, even when the script swallows the error' {
        $server = New-OfflineOpenAI -Reply 'x'
        $elsewhere = New-ChatConnection -BaseUrl 'https://api.example.com/v1' -AccessToken sk-x
        $null = New-ChatCompletion 'x' -Model m -Connection $elsewhere -MaxRetryCount 0 -ErrorAction SilentlyContinue
        $server.Failures | Should -HaveCount 1
        { $server.Dispose() } | Should -Throw '*api.example.com*'
    }
    It 'fails the test for PowerShell''s own web cmdlets, too' {
        $before = [System.Net.WebRequest]::DefaultWebProxy
        $server = New-OfflineOpenAI
        try { Invoke-RestMethod 'https://api.example.com/v1/x' -TimeoutSec 20 } catch { Write-Debug "$_" }
        $server.Requests | Should -HaveCount 0
        { $server.Dispose() } | Should -Throw '*api.example.com*'
        [System.Net.WebRequest]::DefaultWebProxy | Should -Be $before
    }
    It 'fails the test for a request too many' {
        $server = New-OfflineOpenAI -Reply 'only'
        $null = 'a', 'b' | New-ChatCompletion -Model m -ErrorAction SilentlyContinue
        { $server.Dispose() } | Should -Throw '*only 1 answer was given*'
    }
    It 'records once and replays for ever' {
        $real = Start-OfflineServer
        Set-Configuration -BaseUrl $real.Url -AccessToken sk-real
        $tape = Join-Path $TestDrive 'tape.json'
        $recording = New-OfflineOpenAI -Cassette $tape -Record
        $first = New-ChatCompletion 'x' -Model m -TextOnly
        $recording.Dispose()
        Stop-OfflineServer $real
        $server = New-OfflineOpenAI -Cassette $tape
        New-ChatCompletion 'x' -Model m -TextOnly | Should -Be $first
        $null = New-ChatCompletion 'y' -Model m -ErrorAction SilentlyContinue
        { $server.Dispose() } | Should -Throw '*y*'
        Get-Content -Raw $tape | Should -Not -Match 'sk-'
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-OfflineServer
    Use-PSBridge $server
    Set-StrictMode -Version Latest
    function Get-Sent {
        # The messages that a call sends, from its debug stream.
        param([scriptblock] $Call)
        $body = & $Call 5>&1 | Where-Object { "$_" -like 'request body:*' } | Select-Object -Last 1
        ("$body" -replace '^request body: ' | ConvertFrom-Json).messages
    }
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'Prompts by pipe' {
    It 'takes a text as a user message' {
        'hi' | New-ChatCompletion -Model m -TextOnly | Should -Match 'You said: hi$'
        New-ChatCompletion 'hi' -TextOnly | Should -Match 'You said: hi$'
    }
    It 'takes many, in their order, several at a time' {
        $said = 1..20 | ForEach-Object { "prompt $_" } | New-ChatCompletion -Model m -ThrottleLimit 5 -TextOnly
        $said | Should -HaveCount 20
        $said[19] | Should -Match 'prompt 20$'
    }
    It 'fills a template with the properties of each item' {
        $rows = "Id,Text`n1,alpha`n2,beta" | ConvertFrom-Csv
        $said = $rows | New-ChatCompletion -Model m -Template 'Classify: {text} ({{{Id}}})' -System 'One word.' -TextOnly
        $said[1] | Should -Match 'Classify: beta \(\{2\}\)$'
    }
    It 'names the property that an item lacks, in the item''s place' {
        $rows = @([pscustomobject]@{ Text = 'a' }, [pscustomobject]@{ Body = 'b' }, [pscustomobject]@{ Text = 'c' })
        $said = $rows | New-ChatCompletion -Model m -Template '{Text}' -TextOnly -ErrorAction SilentlyContinue -ErrorVariable failed
        $said | Should -HaveCount 2
        "$failed" | Should -Match "names 'Text'"
        $failed[0].TargetObject.Body | Should -Be 'b'
    }
    It 'fills a template with what any object has' {
        Get-Process -Id $PID | New-ChatCompletion -Model m -Template 'Id {Id}' -TextOnly | Should -Match "Id $PID$"
        $failed = Get-Failure { Get-Process -Id $PID | New-ChatCompletion -Model m -Template '{Idd}' -ErrorAction Stop }
        "$failed" | Should -Match "names 'Idd', which the item does not have; it has .*Handles"
        $failed.TargetObject.Id | Should -Be $PID
        Get-Item $PSCommandPath | New-ChatCompletion -Model m -Template '{Name}' -TextOnly -ThrottleLimit 2 | Should -Match 'Everyday.Tests.ps1$'
    }
    It 'reads the files that are piped' {
        Set-Content -Path (Join-Path $TestDrive 'a.log') -Value 'from a file' -Encoding UTF8
        Get-ChildItem (Join-Path $TestDrive '*.log') | New-ChatCompletion -Model m -System 'Summarise.' -TextOnly |
            Should -Match 'from a file'
    }
    It 'keeps -Temp short for -Temperature' {
        $body = New-ChatCompletion -Messages 'x' -Model m -Temp 0.5 -Debug 5>&1 | Where-Object { "$_" -like 'request body:*' }
        ("$body" -replace '^request body: ' | ConvertFrom-Json).temperature | Should -Be 0.5
    }
    It 'goes on from a piped reply, its question included' {
        $reply = 'first question' | New-ChatCompletion -Model m
        $sent = Get-Sent { $reply | New-ChatCompletion -Messages 'and now' -Model m -Debug }
        $sent.role | Should -Be 'user', 'assistant', 'user'
        $sent[0].content | Should -Be 'first question'
        $reply | ConvertTo-Json -Depth 9 | Should -Not -Match '"user"'
    }
    It 'gives the item beside its reply with -PassThru' {
        $pairs = @('a', 'b' | New-ChatCompletion -Model m -PassThru)
        $pairs.Input | Should -Be 'a', 'b'
        $pairs[1].Reply.choices[0].message.content | Should -Match 'You said: b$'
    }
    It 'holds an answer to a schema' {
        $schema = @{ type = 'object'; properties = @{ label = @{ type = 'string' } }; required = @('label') }
        (New-ChatCompletion 'x' -Model m -JsonSchema $schema -ParsedOnly).label | Should -BeOfType string
        { New-ChatCompletion 'x' -Model m -JsonSchema @{ type = 'array' } } | Should -Throw '*object at its root*'
    }
    It 'sends pictures by the script''s own paths' {
        $png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
        [System.IO.File]::WriteAllBytes((Join-Path $TestDrive 'p.bin'), [System.Convert]::FromBase64String($png))
        Push-Location $TestDrive
        try { $sent = Get-Sent { New-ChatCompletion 'x' -Model m -Images ./p.bin, 'https://example.org/a.png' -ImageDetail low -Debug } }
        finally { Pop-Location }
        $sent[0].content.type | Should -Be 'text', 'image_url', 'image_url'
        $sent[0].content[1].image_url.url | Should -BeLike 'data:image/png;base64,*'
        $sent[0].content[2].image_url.url | Should -Be 'https://example.org/a.png'
    }
}

Describe 'A conversation' {
    It 'remembers, counts, and grows in place' {
        $session = New-ChatSession -System 'Be brief.' -Model m
        $session.Messages | Should -HaveCount 1
        Send-ChatMessage 'one' -Session $session -TextOnly | Should -Match 'You said: one$'
        (Send-ChatMessage 'two' -Session $session).choices[0].message.content | Should -Match 'You said: two$'
        $session.Messages.role | Should -Be 'system', 'user', 'assistant', 'user', 'assistant'
        $session.Usage.total_tokens | Should -BeGreaterThan 0
    }
    It 'takes messages by pipe and streams' {
        $session = New-ChatSession -Model m
        @('a', 'b' | Send-ChatMessage -Session $session -TextOnly) | Should -HaveCount 2
        (Send-ChatMessage 'c' -Session $session -StreamText) -join '' | Should -Match 'You said: c$'
        $session.Messages | Should -HaveCount 6
    }
    It 'takes back, branches, and survives in a file' {
        $session = New-ChatSession -Model m
        $null = 'a', 'b' | Send-ChatMessage -Session $session
        $branch = Copy-ChatSession -Session $session
        $null = Undo-ChatMessage -Session $session
        $session.Messages | Should -HaveCount 2
        $branch.Messages | Should -HaveCount 4
        $path = Join-Path $TestDrive 's.json'
        Export-ChatSession -Session $branch -Path $path
        $again = Import-ChatSession -Path $path
        $again.Messages.content | Should -Be $branch.Messages.content
        Get-Content -Raw $path | Should -Not -Match 'sk-offline'
    }
    It 'is as it was when a message cannot be sent' {
        $session = New-ChatSession -Model m
        $null = Send-ChatMessage 'a' -Session $session
        { Send-ChatMessage 'b' -Session $session -AdditionalHeaders @{ 'x-offline-fault' = 'status=400' } -ErrorAction Stop } |
            Should -Throw
        $session.Messages | Should -HaveCount 2
    }
    It 'is priced by the table that the script brings' {
        $session = New-ChatSession -Model m
        $null = Send-ChatMessage 'a' -Session $session
        $cost = Get-ChatCompletionUsage -Session $session -Price @{ m = @{ input = 1; output = 2 } }
        $cost.Cost | Should -BeGreaterThan 0
        { Get-ChatCompletionUsage -Session $session -Price @{ m = @{ input = -1; output = 2 } } } | Should -Throw '*0 or more*'
    }
}

Describe 'A function under another name' {
    It 'works with a prefix, as an alias, copied, and through a wrapper' {
        $text = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command @"
Import-Module '$(Get-ModulePath)' -Prefix My
Set-MyConfiguration -BaseUrl '$($server.Url)' -AccessToken sk-x
(Initialize-MyChatCompletionRequestUserMessage -Content hi -Role user).content
New-MyChatCompletion 'prefixed' -Model m -TextOnly
Set-Alias ask New-MyChatCompletion
ask 'by alias' -Model m -TextOnly
function Get-Answer { param([string] `$Text) New-MyChatCompletion `$Text -Model m -TextOnly }
Get-Answer 'wrapped'
Copy-Item Function:New-MyChatCompletion Function:Ask-It
Ask-It 'copied' -Model m -TextOnly
"@
        $text[0] | Should -Be 'hi'
        foreach ($said in 'prefixed', 'by alias', 'wrapped', 'copied') { "$text" | Should -Match "You said: $said" }
    }
}

Describe 'A job' {
    It 'is waited for, read and removed in one go' {
        $shell = [System.Diagnostics.Process]::Start((New-Object System.Diagnostics.ProcessStartInfo -Property @{
                    FileName               = (Get-Process -Id $PID).Path
                    Arguments              = "-NoProfile -NonInteractive -Command `"Import-Module '$(Get-ModulePath)'; " +
                    "Set-Configuration -BaseUrl '$($server.Url)' -AccessToken sk-x; foreach (`$n in 1..3) { " +
                    "(New-ChatCompletion ('job ' + `$n) -Model m -AsJob | Receive-Job -Wait -AutoRemoveJob).choices[0].message.content }; @(Get-Job).Count`""
                    UseShellExecute        = $false
                    RedirectStandardOutput = $true
                }))
        $text = $shell.StandardOutput.ReadToEndAsync()
        $ended = $shell.WaitForExit(60000)
        if (-not $ended) { $shell.Kill() }
        $ended | Should -BeTrue
        $text.Result | Should -Match 'You said: job 3\s+0\s*$'
    }
}

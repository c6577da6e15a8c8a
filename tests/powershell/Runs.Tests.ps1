# Runs: a pipeline through a ledger, in this console and in a process that outlives it.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1') -Force
    $Server = Start-OfflineServer
    Use-PSBridge $Server
    $Rows = 1..12 | ForEach-Object { [pscustomobject]@{ TicketId = "T$_"; Text = "printer $_" } }
    $Common = @{ Id = 'TicketId'; Template = 'Say {Text}'; Model = 'gpt-4o-mini' }
}
AfterAll { Stop-OfflineServer $Server }

Describe 'Invoke-ChatCompletionRun' {
    It 'returns a row for every item, in order, and asks for none twice' {
        $ledger = Join-Path $TestDrive 'i.db'
        $results = @($Rows | Invoke-ChatCompletionRun $ledger @Common)
        $results.Count | Should -Be 12
        $results.Id | Should -Be $Rows.TicketId
        $results[3].Answer | Should -BeLike '*Say printer 4'
        $results[0].PSObject.TypeNames[0] | Should -Be 'PSBridge.RunResult'
        $results[0].Row.Text | Should -Be 'printer 1'
        @($Rows | Invoke-ChatCompletionRun $ledger @Common).Count | Should -Be 12
        (Get-ChatCompletionRun $ledger).Calls | Should -Be 12
    }
    It 'takes a file, and writes the output' {
        $file = Join-Path $TestDrive 'rows.csv'
        $out = Join-Path $TestDrive 'out.csv'
        $Rows | Export-Csv $file -NoTypeInformation -Encoding UTF8
        $null = Invoke-ChatCompletionRun (Join-Path $TestDrive 'f.db') -Path $file -OutFile $out @Common
        $written = @(Import-Csv $out -Encoding UTF8)
        $written.TicketId | Should -Be $Rows.TicketId
        $written[1].Answer | Should -BeLike '*printer 2'
    }
    It 'reports a row that fails as an error with the row as target, and goes on' {
        $bad = @(@{ TicketId = 'a'; Text = 'x' }, @{ TicketId = 'b' }, @{ TicketId = 'c'; Text = 'y' })
        $results = @($bad | Invoke-ChatCompletionRun (Join-Path $TestDrive 'b.db') @Common -ErrorVariable problems -ErrorAction SilentlyContinue)
        $results.Id | Should -Be 'a', 'c'
        $problems.Count | Should -Be 1
        $problems[0].TargetObject.Id | Should -Be 'b'
        $problems[0].Exception.Message | Should -BeLike '*Text*'
    }
    It 'shows with -WhatIf what it would do, and sends nothing' {
        $ledger = Join-Path $TestDrive 'w.db'
        $plan = $Rows | Invoke-ChatCompletionRun $ledger @Common -WhatIf
        $plan.Rows | Should -Be 12
        $plan.ToAsk | Should -Be 12
        $plan.Requests[0].messages[0].content | Should -Be 'Say printer 1'
        Test-Path $ledger | Should -BeFalse
        $plan = & { $WhatIfPreference = $true; $Rows | Invoke-ChatCompletionRun $ledger @Common }
        $plan.ToAsk | Should -Be 12
        Test-Path $ledger | Should -BeFalse
    }
    It 'keeps a cap over all starts and says why it stopped' {
        $ledger = Join-Path $TestDrive 'cap.db'
        $results = @($Rows | Invoke-ChatCompletionRun $ledger @Common -MaxRequests 5 -ErrorVariable problems -ErrorAction SilentlyContinue)
        $results.Count | Should -Be 5
        "$($problems[0])" | Should -BeLike '*max-requests*'
        (Get-ChatCompletionRun $ledger).State | Should -Be 'stopped'
    }
    It 'holds answers to a class of PowerShell, whose members become columns' {
        enum RunQueue { billing; access }
        class RunTicket { [RunQueue]$Queue; [int]$Urgency }
        $results = @($Rows | Invoke-ChatCompletionRun (Join-Path $TestDrive 'as.db') @Common -As ([RunTicket]))
        $results[0].Columns.Queue | Should -BeIn 'billing', 'access'
        $results[0].Columns.Urgency | Should -BeOfType ([ValueType])
        { $Rows | Invoke-ChatCompletionRun (Join-Path $TestDrive 'no.db') @Common -As 'RunTicket' } | Should -Throw "*'As'*"
    }
    It 'refuses a cluster that is none' {
        { $Rows | Invoke-ChatCompletionRun (Join-Path $TestDrive 'c.db') @Common -Cluster nonsense -ErrorAction Stop } | Should -Throw '*is no cluster*'
    }
    It 'takes prompts and requests without a template, and a deadline as PowerShell has it' {
        $prompts = @('one', 'two' | Invoke-ChatCompletionRun (Join-Path $TestDrive 'p.db') -Model m -Deadline (New-TimeSpan -Minutes 5))
        $prompts[1].Answer | Should -BeLike '*two'
        $request = @{ messages = @(@{ role = 'user'; content = 'three' }) }
        ($request | Invoke-ChatCompletionRun (Join-Path $TestDrive 'q.db') -Model m).Answer | Should -BeLike '*three'
        $built = 'four', 'five' | ForEach-Object {
            Initialize-CreateChatCompletionRequest -Model m -Messages (Initialize-ChatCompletionRequestMessage -Role user -Content $_)
        }
        $answers = ($built | Invoke-ChatCompletionRun (Join-Path $TestDrive 'r.db')).Answer
        $answers[0] | Should -BeLike '*four'
        $answers[1] | Should -BeLike '*five'
        $late = @{ Model = 'm'; Deadline = (Get-Date).AddHours(-1); ErrorAction = 'SilentlyContinue' }
        'four' | Invoke-ChatCompletionRun (Join-Path $TestDrive 'l.db') @late | Should -BeNullOrEmpty
    }
    It 'refuses rows from two places' {
        (Get-Failure { $Rows | Invoke-ChatCompletionRun (Join-Path $TestDrive 'z.db') @Common -Path rows.csv }).Exception.Message | Should -BeLike '*not from both*'
    }
    It 'refuses rows from nowhere' {
        (Get-Failure { Invoke-ChatCompletionRun (Join-Path $TestDrive 'n.db') @Common }).Exception.Message | Should -BeLike '*-Path*'
    }
}

Describe 'Start-ChatCompletionRun' {
    It 'works in a process of its own, whose rows are received and exported' {
        $ledger = Join-Path $TestDrive 's.db'
        $started = $Rows | Start-ChatCompletionRun $ledger @Common
        $started.Total | Should -Be 12
        $ended = Wait-ChatCompletionRun $ledger -TimeoutSec 60
        $ended.State | Should -Be 'done'
        $results = @(Receive-ChatCompletionRun $ledger)
        $results.Id | Should -Be $Rows.TicketId
        $out = Join-Path $TestDrive 's.jsonl'
        Export-ChatCompletionRun $ledger $out | Should -Be $out
        @(Get-Content $out).Count | Should -Be 12
        Remove-ChatCompletionRun $ledger
        Test-Path $ledger | Should -BeFalse
    }
    It 'outlives the worker and its PowerShell' {
        $ledger = Join-Path $TestDrive 'o.db'
        $many = 1..300 | ForEach-Object { @{ TicketId = "T$_"; Text = "printer $_" } }
        $null = $many | Start-ChatCompletionRun $ledger @Common -ThrottleLimit 4
        Disconnect-PSBridge
        (Wait-ChatCompletionRun $ledger -TimeoutSec 100).Done | Should -Be 300
    }
    It 'is stopped and goes on' {
        $ledger = Join-Path $TestDrive 'p.db'
        $many = 1..400 | ForEach-Object { @{ TicketId = "T$_"; Text = "printer $_" } }
        $null = $many | Start-ChatCompletionRun $ledger @Common -ThrottleLimit 1
        Wait-Until { (Get-ChatCompletionRun $ledger).Done -gt 0 }
        (Stop-ChatCompletionRun $ledger).State | Should -BeIn 'stopped', 'done'
        $null = Resume-ChatCompletionRun $ledger -ThrottleLimit 32
        (Wait-ChatCompletionRun $ledger -TimeoutSec 100).Done | Should -Be 400
    }
    It 'hands its key over in no file and no argument' {
        $ledger = Join-Path $TestDrive 'k.db'
        Set-Configuration -AccessToken 'sk-run-handed-over-key'
        try {
            $null = $Rows | Start-ChatCompletionRun $ledger @Common
            (Wait-ChatCompletionRun $ledger -TimeoutSec 60).Done | Should -Be 12
            foreach ($file in Get-ChildItem $TestDrive -File) {
                $text = [System.Text.Encoding]::GetEncoding(28591).GetString([System.IO.File]::ReadAllBytes($file.FullName))
                $text | Should -Not -BeLike '*handed-over-key*'
            }
        }
        finally { Set-Configuration -AccessToken 'sk-offline' }
    }
}

Describe 'A cmdlet of a run that waits' {
    It 'makes no other call wait, and is ended by Ctrl+C' {
        $held = Start-KeyServer
        $c = New-ChatConnection -BaseUrl $held.Url -AccessToken sk-held
        $ledger = Join-Path $TestDrive 'held.db'
        $null = @{ Id = 'a'; Text = 'hold' } | Start-ChatCompletionRun $ledger -Id Id -Template '{Text}' -Model m -Connection $c
        $shell = [powershell]::Create().AddScript({ param($Module, $Ledger) Import-Module $Module; Wait-ChatCompletionRun $Ledger }).AddArgument((Get-ModulePath)).AddArgument($ledger)
        $null = $shell.BeginInvoke()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 1 }
        (Initialize-ChatCompletionRequestUserMessage -Content here -Role user).content | Should -BeExactly 'here'
        $shell.Stop()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 0 }
        $shell.Runspace.Dispose()
        $null = Invoke-RestMethod "$($held.Url)/release"
        (Wait-ChatCompletionRun $ledger).Done | Should -Be 1
        Stop-OfflineServer $held
    }
}

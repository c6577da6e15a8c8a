# What a key may be, and where it comes from.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-KeyServer
    Use-PSBridge
    Set-Configuration -BaseUrl $server.Url
    function Get-SecureString([string] $Text) { ConvertTo-SecureString $Text -AsPlainText -Force }
}
AfterAll {
    Remove-Module PSBridge
    Stop-OfflineServer $server
}

Describe 'A key' {
    It 'may be <what>' -ForEach @(
        @{ what = 'a text'; key = { 'sk-text' }; sent = 'Bearer sk-text' }
        @{ what = 'a text with blanks at its ends'; key = { "  sk-text `n" }; sent = 'Bearer sk-text' }
        @{ what = 'a text behind the word Bearer'; key = { 'Bearer sk-x' }; sent = 'Bearer sk-x' }
        @{ what = 'a SecureString'; key = { Get-SecureString 'sk-secure' }; sent = 'Bearer sk-secure' }
        @{ what = 'a SecureString behind the word Bearer'; key = { Get-SecureString 'Bearer sk-secure' }; sent = 'Bearer sk-secure' }
        @{ what = 'a credential'; key = { [pscredential]::new('anybody', (Get-SecureString 'sk-credential')) }; sent = 'Bearer sk-credential' }
        @{ what = 'a number'; key = { 12345678 }; sent = 'Bearer 12345678' }
    ) {
        Set-Configuration -AccessToken (& $key)
        Get-Key | Should -BeExactly $sent
        $c = New-ChatConnection -BaseUrl $server.Url -AccessToken (& $key)
        "$($c | Out-String) $($c | ConvertTo-Json)" | Should -Not -Match ($sent -replace '^Bearer ')
    }
    It 'is not <what>, which is refused when set' -ForEach @(
        @{ what = 'a table'; key = { @{ key = 'sk-table' } } }
        @{ what = 'an object'; key = { [pscustomobject]@{ key = 'sk-table' } } }
        @{ what = 'a text with a blank inside'; key = { 'sk-1 sk-2' } }
        @{ what = 'a SecureString with a blank inside'; key = { Get-SecureString 'sk-1 sk-2' } }
        @{ what = 'several texts'; key = { 'sk-1', 'sk-2' } }
        @{ what = 'a file'; key = { Get-Item $PSCommandPath } }
        @{ what = 'a switch'; key = { $true } }
        @{ what = 'a date'; key = { Get-Date } }
    ) {
        Set-Configuration -AccessToken sk-before
        foreach ($call in { Set-Configuration -AccessToken $given }, { New-ChatConnection -AccessToken $given }) {
            $given = & $key
            $failure = Get-Failure $call
            $failure.FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
            $failure.CategoryInfo.Category | Should -Be 'InvalidArgument'
            "$failure" | Should -Match 'AccessToken'
            "$failure" | Should -Not -Match 'sk-'
        }
        Get-Key | Should -BeExactly 'Bearer sk-before'
    }
    It 'may be a credential in a header of its own' {
        Set-Configuration -AccessToken $null
        Set-ConfigurationApiKey -Id api-key -ApiKey ([pscredential]::new('anybody', (Get-SecureString 'sk-header')))
        Get-Key | Should -BeExactly 'sk-header'
        Set-ConfigurationApiKey -Id api-key -ApiKey $null
        Set-Configuration -ApiKey @{ 'api-key' = Get-SecureString 'sk-table' }
        Get-Key | Should -BeExactly 'sk-table'
        Set-Configuration -ApiKey @{}
    }
    It 'stays with its parameters: no other takes a credential' {
        $credential = [pscredential]::new('anybody', (Get-SecureString 'sk-credential'))
        "$(Get-Failure { New-ChatCompletion @{ messages = @(@{ role = 'user'; content = $credential }) } })" | Should -Match 'Cannot send'
    }
}

Describe 'A secret' {
    It 'shows in no error, whatever its kind and the parameter that it is given to' {
        $transcript = Join-Path $TestDrive 'transcript.txt'
        $null = Start-Transcript $transcript
        try { $told = @(& (Join-Path (Get-Root) 'tests/data/secrets-in-wrong-places.ps1') -Verbose) }
        finally { $null = Stop-Transcript }
        $told[-1] | Should -Match '^1\d\d failed$'
        $told[0..($told.Count - 2)] | Where-Object { $_ -notmatch 'failed$' } | Should -BeNullOrEmpty
        ((Get-Content $transcript -Raw) -replace '\s') | Should -Not -Match 'hush7Kx92Lq'
        Set-Configuration -BaseUrl $server.Url
    }
}

Describe 'A key that a script block gives' {
    BeforeEach {
        $global:Asked = [System.Collections.ArrayList]::new()
        $global:Vault = 'sk-vault'
        function global:Get-Vault { [void]$global:Asked.Add([runspace]::DefaultRunspace.Id); $global:Vault }
    }
    AfterEach {
        Remove-Item function:global:Get-Vault
        Remove-Variable Asked, Vault -Scope Global
    }

    It 'is asked when a call is made, and not when it is set' {
        Set-Configuration -AccessToken { Get-Vault }
        $global:Asked.Count | Should -Be 0
        $global:Vault = 'sk-later'
        Get-Key | Should -BeExactly 'Bearer sk-later'
        $global:Asked.Count | Should -Be 1
        "$((Get-Configuration) | Out-String)" | Should -Not -Match 'Vault|sk-'
    }
    It 'is asked once more after a 401' {
        Set-Configuration -AccessToken { "$(Get-Vault)-$($global:Asked.Count)" } -MaxRetryCount 0
        $global:Vault = 'sk-refused'
        $failure = Get-Failure { Get-Key }
        $failure.Exception.StatusCode | Should -Be 401
        "$failure $($failure.ErrorDetails) $($failure | Format-List * -Force | Out-String)" | Should -Not -Match 'sk-refused'
        $global:Asked.Count | Should -Be 2
        $global:Asked.Clear()
        Set-Configuration -AccessToken { if ((Get-Vault) -and $global:Asked.Count -lt 2) { 'sk-refused' } else { 'sk-fresh' } }
        Get-Key | Should -BeExactly 'Bearer sk-fresh'
        $global:Asked.Count | Should -Be 2
    }
    It 'may be <what>' -ForEach @(
        @{ what = 'a SecureString'; block = { ConvertTo-SecureString 'sk-secure' -AsPlainText -Force }; sent = 'Bearer sk-secure' }
        @{ what = 'a credential'; block = { [pscredential]::new('anybody', (ConvertTo-SecureString 'sk-credential' -AsPlainText -Force)) }; sent = 'Bearer sk-credential' }
        @{ what = 'a text behind the word Bearer'; block = { 'Bearer sk-word' }; sent = 'Bearer sk-word' }
        @{ what = 'a function''s'; block = { ${function:Get-Vault} }; sent = 'Bearer sk-vault' }
    ) {
        Set-Configuration -AccessToken $(if ($what -eq 'a function''s') { & $block } else { $block })
        Get-Key | Should -BeExactly $sent
    }
    It 'is an error of the call where it is <what>' -ForEach @(
        @{ what = 'a failure'; block = { throw 'the vault holds sk-hidden' }; says = 'RuntimeException' }
        @{ what = 'no command'; block = { Get-NoSuchVault }; says = 'CommandNotFoundException' }
        @{ what = 'nothing'; block = { }; says = 'not nothing' }
        @{ what = 'a table'; block = { @{ key = 'sk-hidden' } }; says = 'not a table' }
        @{ what = 'several'; block = { 'sk-hidden', 'sk-other' }; says = 'not list' }
        @{ what = 'a process'; block = { Get-Process -Id $PID }; says = 'no key' }
    ) {
        Set-Configuration -AccessToken $block
        $failure = Get-Failure { Get-Key }
        $failure.FullyQualifiedErrorId | Should -Be 'PSBridge.InvalidConfiguration,New-ChatCompletion'
        "$failure" | Should -Match $says
        "$failure" | Should -Not -Match 'sk-hidden'
        Set-Configuration -AccessToken { Get-Vault }
        Get-Key | Should -BeExactly 'Bearer sk-vault'
    }
    It 'is stopped where it takes longer than the call may, which has its own error, and the next one goes on' {
        $slow = New-ChatConnection -BaseUrl $server.Url -AccessToken { if ($global:Asked.Add(1) -eq 0) { Start-Sleep 600 }; 'sk-late' }
        $failure = Get-Failure { Get-Key -Connection $slow -TimeoutSec 1 }
        $failure.FullyQualifiedErrorId | Should -Be 'PSBridge.DeadlineExceeded,New-ChatCompletion'
        Get-Key -Connection $slow | Should -BeExactly 'Bearer sk-late'
    }
    It 'is asked where the script is: its functions and variables are there' {
        $here = Join-Path $TestDrive 'script.ps1'
        Set-Content $here @"
Import-Module '$(Get-ModulePath)'
function Get-OwnKey { "sk-own-`$own" }
`$own = 'script'
Set-Configuration -BaseUrl '$($server.Url)' -AccessToken { Get-OwnKey }
function Invoke-Deep { `$own = 'deep'; New-ChatCompletion 'hi' -Model m -TextOnly }
Invoke-Deep
"@
        & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -File $here | Should -BeExactly 'Bearer sk-own-deep'
    }
    It 'is asked in the runspace that calls' {
        Set-Configuration -AccessToken { "sk-of-$([runspace]::DefaultRunspace.Id)" }
        $said = foreach ($i in 1..3) {
            $shell = [powershell]::Create().AddScript({ param($m, $s) Import-Module $m, $s; "Bearer sk-of-$([runspace]::DefaultRunspace.Id)" -eq (Get-Key) })
            $shell.AddArgument((Get-ModulePath)).AddArgument((Get-Module Support).Path).Invoke()
            $shell.Runspace.Dispose()
        }
        $said | Should -Be $true, $true, $true
        Get-Key | Should -BeExactly "Bearer sk-of-$([runspace]::DefaultRunspace.Id)"
        New-ChatCompletion (Get-Request) -TextOnly -AsJob | Receive-Job -Wait -AutoRemoveJob | Should -Match '^Bearer sk-of-\d+$'
    }
    It 'goes with pipelines, streams, connections, and a worker that starts again' {
        Set-Configuration -AccessToken { Get-Vault }
        1..6 | ForEach-Object { "p $_" } | New-ChatCompletion -Model m -ThrottleLimit 3 -TextOnly | Should -Be @(@('Bearer sk-vault') * 6)
        $global:Asked.Count | Should -Be 1
        -join (New-ChatCompletion 'hi' -Model m -StreamText) | Should -Be 'Bearersk-vault'
        $c = New-ChatConnection -BaseUrl $server.Url -AccessToken { "$(Get-Vault)-named" }
        Get-Key -Connection $c | Should -BeExactly 'Bearer sk-vault-named'
        Use-ChatConnection $c { Get-Key } | Should -BeExactly 'Bearer sk-vault-named'
        Disconnect-PSBridge
        Get-Key | Should -BeExactly 'Bearer sk-vault'
        Get-Key -Connection $c | Should -BeExactly 'Bearer sk-vault-named'
    }
    It 'goes with a run, here and in a process of its own' {
        Set-Configuration -AccessToken { Get-Vault }
        $rows = @{ Id = 'a'; Text = 'one' }, @{ Id = 'b'; Text = 'two' }
        $said = $rows | Invoke-ChatCompletionRun -Ledger (Join-Path $TestDrive 'here.db') -Id Id -Template '{Text}' -Model m
        $said.Answer | Should -Be 'Bearer sk-vault', 'Bearer sk-vault'
        $global:Vault = 'sk-handed-over'
        Set-Configuration -AccessToken { Get-Vault } -TimeoutSec 60
        $alone = Join-Path $TestDrive 'alone.db'
        $null = $rows | Start-ChatCompletionRun -Ledger $alone -Id Id -Template '{Text}' -Model m
        (Wait-ChatCompletionRun $alone).Done | Should -Be 2
        (Receive-ChatCompletionRun $alone).Answer | Should -Be 'Bearer sk-handed-over', 'Bearer sk-handed-over'
        $c = New-ChatConnection -BaseUrl $server.Url -AccessToken sk-named
        $named = $rows | Invoke-ChatCompletionRun -Ledger (Join-Path $TestDrive 'named.db') -Id Id -Template '{Text}' -Model m -Connection $c
        $named.Answer | Should -Be 'Bearer sk-named', 'Bearer sk-named'
    }
    It 'can be stopped while it is asked' {
        $runspace = [runspacefactory]::CreateRunspace()
        $runspace.Open()
        $reached = Join-Path $TestDrive 'asked'
        $shell = [powershell]::Create()
        $shell.Runspace = $runspace
        $null = $shell.AddScript({
                param($Module, $Support, $Path)
                Import-Module $Module, $Support
                $global:Path = $Path
                Set-Configuration -AccessToken { Set-Content $global:Path ''; while ($true) { Start-Sleep -Milliseconds 10 } }
                Get-Key
            }).AddArgument((Get-ModulePath)).AddArgument((Get-Module Support).Path).AddArgument($reached)
        $null = $shell.BeginInvoke()
        Wait-Until { Test-Path $reached }
        $shell.Stop()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 0 }
        $runspace.Dispose()
    }
    It 'is for AccessToken only' {
        foreach ($call in { Set-Configuration -Password { 'pw' } }, { Set-Configuration -Cookie { 'c=1' } }, { Set-ConfigurationApiKey -Id api-key -ApiKey { 'sk' } }, { Set-Configuration -ApiKey @{ 'api-key' = { 'sk' } } }) {
            (Get-Failure $call).FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
        }
    }
}

Describe 'A file of certificates' {
    It 'is refused when it is set and cannot be read' {
        Set-Configuration -AccessToken sk-before
        foreach ($call in { Set-Configuration -CaBundle 'nothing.pem' }, { Set-Configuration -ClientCertificate 'nothing.pem' },
            { New-ChatConnection -CaBundle 'nothing.pem' }, { New-ChatConnection -ClientCertificate 'nothing.pem' }) {
            $failure = Get-Failure $call
            $failure.FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
            "$failure" | Should -Match 'nothing\.pem'
        }
        Get-Key | Should -BeExactly 'Bearer sk-before'
    }
}

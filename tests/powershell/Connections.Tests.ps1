# Named connections: what a single call, or a block, is given instead of what is in force.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-KeyServer
    $module = Get-ModulePath
    $support = Join-Path $PSScriptRoot 'Support.psm1'
    Use-PSBridge
    Set-Configuration -BaseUrl $server.Url -AccessToken sk-main
    $c = New-ChatConnection -BaseUrl $server.Url -AccessToken sk-named -TimeoutSec 30
}
AfterAll {
    if (Get-Module PSBridge) { Remove-Module PSBridge }
    Stop-OfflineServer $server
}

Describe 'New-ChatConnection' {
    It 'takes every setting of Set-Configuration' {
        $own = (Get-Command New-ChatConnection).Parameters.Keys
        foreach ($name in (Get-Command Set-Configuration).Parameters.Keys) { if ($name -notin 'PassThru', 'WhatIf', 'Confirm') { $own | Should -Contain $name } }
    }
    It 'has what the script block that gives its key says beside it as the cmdlet''s own' {
        $block = { Write-Warning careful; Write-Information hello; 'sk-block' }
        $asked = New-ChatConnection -BaseUrl $server.Url -AccessToken $block
        $beside = @{ WarningAction = 'SilentlyContinue'; WarningVariable = 'warned'; InformationVariable = 'said' }
        $reply = New-ChatCompletion (Get-Request) -Connection $asked @beside
        $reply.choices[0].message.content | Should -BeExactly 'Bearer sk-block'
        "$warned $said" | Should -BeExactly 'careful hello'
    }
    It 'shows its settings and no key' {
        $c.BaseUrl | Should -Be $server.Url
        $c.TimeoutSec | Should -Be 30
        "$($c | Out-String) $($c | ConvertTo-Json) $c" | Should -Not -Match 'sk-named'
    }
    It 'changes nothing that is in force, and takes nothing of it' {
        Get-Key | Should -BeExactly 'Bearer sk-main'
        $bare = New-ChatConnection -BaseUrl $server.Url
        Get-Key -Connection $bare -MaxRetryCount 0 | Should -Not -Match 'sk-main'
    }
    It 'takes a proxy object as the URL with its credentials, or as none, or as the system''s' {
        function Get-Proxy($Proxy) { InModuleScope PSBridge -Parameters @{ P = $Proxy } { ((Format-BridgeCall 'Name' @{ Proxy = $P } '').Text.ToString() | ConvertFrom-Json).parameters.Proxy } }
        $proxy = [System.Net.WebProxy]::new('http://proxy.example:3128')
        Get-Proxy $proxy | Should -BeExactly 'http://proxy.example:3128'
        $proxy.Credentials = [System.Net.NetworkCredential]::new('me', 'p @:/w', 'DOM')
        Get-Proxy $proxy | Should -BeExactly 'http://DOM%5Cme:p%20%40%3A%2Fw@proxy.example:3128'
        $proxy.Credentials = [pscredential]::new('me', (ConvertTo-SecureString 'pw' -AsPlainText -Force))
        (New-ChatConnection -Proxy $proxy).Proxy | Should -Not -Match 'pw'
        Get-Proxy $proxy | Should -BeExactly 'http://me:pw@proxy.example:3128'
        $known = [System.Net.CredentialCache]::new()
        $known.Add($proxy.Address, 'Basic', [System.Net.NetworkCredential]::new('you', 'x'))
        $proxy.Credentials = $known
        Get-Proxy $proxy | Should -BeExactly 'http://you:x@proxy.example:3128'
        Get-Proxy ([System.Net.WebProxy]::new()) | Should -BeExactly ''
        Get-Proxy ([System.Net.WebRequest]::GetSystemWebProxy()) | Should -Be $null
        { New-ChatConnection -Proxy ([System.Net.WebRequest]::GetSystemWebProxy()) } | Should -Not -Throw
    }
    It 'finds certificates where the script is' {
        Push-Location $TestDrive
        try {
            Set-Content 'issuers.pem' "-----BEGIN CERTIFICATE-----`nnone`n-----END CERTIFICATE-----"
            (New-ChatConnection -ClientCertificate 'issuers.pem').ClientCertificate | Should -Be (Join-Path (Get-Location).ProviderPath 'issuers.pem')
        }
        finally { Pop-Location }
    }
}

Describe '-Connection' {
    It 'is a parameter of every cmdlet that calls' {
        $calling = InModuleScope PSBridge { Import-BridgeCalls; @($script:Requests.Keys) }
        $calling += Get-Command -Module PSBridge -Verb Invoke | Where-Object Name -NotLike '*Run' | ForEach-Object Name
        foreach ($name in $calling) { (Get-Command $name).Parameters.Keys | Should -Contain 'Connection' -Because $name }
    }
    It 'is for that call only' {
        Get-Key -Connection $c | Should -BeExactly 'Bearer sk-named'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'is for a whole pipeline, a stream, a job' {
        $said = 1..5 | ForEach-Object { "prompt $_" } | New-ChatCompletion -Model m -ThrottleLimit 3 -TextOnly -Connection $c
        $said | Should -Be @(@('Bearer sk-named') * 5)
        $said = 'one', 'two' | New-ChatCompletion -Model m -TextOnly -Connection $c
        $said | Should -Be 'Bearer sk-named', 'Bearer sk-named'
        -join (New-ChatCompletion 'hi' -Model m -StreamText -Connection $c) | Should -Be 'Bearersk-named'
        New-ChatCompletion (Get-Request) -TextOnly -Connection $c -AsJob | Receive-Job -Wait -AutoRemoveJob | Should -Be 'Bearer sk-named'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'holds in other runspaces' {
        $shell = [powershell]::Create().AddScript({ param($m, $s, $c) Import-Module $m, $s; Get-Key -Connection $c; Get-Key }).AddArgument($module).AddArgument($support).AddArgument($c)
        $shell.Invoke() | Should -Be 'Bearer sk-named', 'Bearer sk-main'
        $shell.Runspace.Dispose()
    }
    It 'outlives the worker' {
        Disconnect-PSBridge
        Get-Key -Connection $c | Should -BeExactly 'Bearer sk-named'
        Disconnect-PSBridge
        'a', 'b' | New-ChatCompletion -Model m -ThrottleLimit 2 -TextOnly -Connection $c | Should -Be 'Bearer sk-named', 'Bearer sk-named'
        Disconnect-PSBridge
        Use-ChatConnection $c { Get-Key } | Should -BeExactly 'Bearer sk-named'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'of another process is refused, never another taken' {
        $text = [System.Management.Automation.PSSerializer]::Serialize($c)
        $command = "Import-Module '$module', '$support'; Set-Configuration -BaseUrl '$($server.Url)' -AccessToken sk-other
            `$null = New-ChatConnection -BaseUrl '$($server.Url)' -AccessToken sk-theirs
            `$c = [System.Management.Automation.PSSerializer]::Deserialize([Console]::In.ReadToEnd())
            try { Get-Key -Connection `$c } catch { `$_.FullyQualifiedErrorId }"
        $text | & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $command | Should -Be 'PSBridge.InvalidConnection,New-ChatCompletion'
        Get-Key -Connection ([System.Management.Automation.PSSerializer]::Deserialize($text)) | Should -BeExactly 'Bearer sk-named'
    }
    It 'takes no <what>' -ForEach @(
        @{ what = 'table'; value = @{ BaseUrl = 'http://127.0.0.1:1' } }
        @{ what = 'number'; value = 5 }
        @{ what = 'unknown profile'; value = 'nobody-made-this' }
        @{ what = 'object that only looks like one'; value = [pscustomobject]@{ PSTypeName = 'PSBridge.ChatConnection'; Id = '1' } }
    ) {
        (Get-Failure { Get-Key -Connection $value }).FullyQualifiedErrorId | Should -Match '^PSBridge\.Invalid(Connection|Configuration),'
        (Get-Failure { Use-ChatConnection $value { Get-Key } }).FullyQualifiedErrorId | Should -Match '^PSBridge\.Invalid(Connection|Configuration),'
    }
}

Describe 'Use-ChatConnection' {
    It 'has everything in its block use it, and nothing after' {
        $said = Use-ChatConnection $c {
            Get-Key
            (Get-Configuration).TimeoutSec
            $kept = Get-Key
        }
        $said | Should -Be 'Bearer sk-named', 30
        $kept | Should -BeExactly 'Bearer sk-named'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'may be nested' {
        $inner = New-ChatConnection -BaseUrl $server.Url -AccessToken sk-inner
        $said = Use-ChatConnection $c { Get-Key; Use-ChatConnection $inner { Get-Key; Use-ChatConnection $c { Get-Key }; Get-Key }; Get-Key }
        $said | Should -Be 'Bearer sk-named', 'Bearer sk-inner', 'Bearer sk-named', 'Bearer sk-inner', 'Bearer sk-named'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'is over after an error, and the error is the block''s own' {
        "$(Get-Failure { Use-ChatConnection $c { Get-Key; throw 'no luck' } })" | Should -Be 'no luck'
        Get-Key | Should -BeExactly 'Bearer sk-main'
        (Get-Failure { Use-ChatConnection $c { Use-ChatConnection $c { New-ChatCompletion @{ messages = 5 } } } }).FullyQualifiedErrorId | Should -Match 'New-ChatCompletion'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'is over when a loop around it is left, and when the pipeline behind has enough' {
        foreach ($i in 1..3) { Use-ChatConnection $c { $null = Get-Key; break } }
        Get-Key | Should -BeExactly 'Bearer sk-main'
        Use-ChatConnection $c { 1..5 | ForEach-Object { Get-Key } } | Select-Object -First 2 | Should -Be 'Bearer sk-named', 'Bearer sk-named'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'is over after Ctrl+C' {
        $runspace = [runspacefactory]::CreateRunspace()
        $runspace.Open()
        $shell = [powershell]::Create()
        $shell.Runspace = $runspace
        $reached = Join-Path $TestDrive 'reached'
        $null = $shell.AddScript({
                param($Module, $Support, $Connection, $Reached)
                Import-Module $Module, $Support
                Use-ChatConnection $Connection {
                    $null = Get-Key
                    Set-Content $Reached ''
                    while ($true) { Start-Sleep -Milliseconds 10 }
                }
            }).AddArgument($module).AddArgument($support).AddArgument($c).AddArgument($reached)
        $null = $shell.BeginInvoke()
        Wait-Until { Test-Path $reached }
        $shell.Stop()
        $after = [powershell]::Create()
        $after.Runspace = $runspace
        $after.AddScript({ Get-Key }).Invoke() | Should -Be 'Bearer sk-main'
        $runspace.Dispose()
    }
    It 'may hold pipelines, whose objects come as they are made' {
        $seen = [System.Collections.ArrayList]::new()
        $said = Use-ChatConnection $c {
            1..3 | ForEach-Object { [void]$seen.Add("made $_"); $_ } | ForEach-Object { "$_ $(Get-Key)" }
            'a', 'b' | New-ChatCompletion -Model m -ThrottleLimit 2 -TextOnly
        } | ForEach-Object { [void]$seen.Add('passed on'); $_ }
        $said | Should -Be '1 Bearer sk-named', '2 Bearer sk-named', '3 Bearer sk-named', 'Bearer sk-named', 'Bearer sk-named'
        $seen[0..3] | Should -Be 'made 1', 'passed on', 'made 2', 'passed on'
    }
    It 'is not what the pipeline behind it uses' {
        $said = Use-ChatConnection $c { Get-Key; Get-Key } | ForEach-Object { "$_, then $(Get-Key)" }
        $said | Should -Be @(@('Bearer sk-named, then Bearer sk-main') * 2)
        $said = Use-ChatConnection $c { Get-Key } | ForEach-Object { Set-ConfigurationDefaultHeader -Key x-behind -Value yes; $_ }
        (Get-Configuration).DefaultHeaders['x-behind'] | Should -Be 'yes'
        Set-ConfigurationDefaultHeader -Key x-behind -Value $null
    }
    It 'keeps what is set inside inside, in place or not' {
        $settings = Get-Configuration
        $said = Use-ChatConnection $c {
            Set-Configuration -AccessToken sk-set-inside
            Get-Key
            $inside = Get-Configuration
            $inside.AccessToken = 'sk-in-place'
            Get-Key
        }
        $said | Should -Be 'Bearer sk-set-inside', 'Bearer sk-in-place'
        Get-Key | Should -BeExactly 'Bearer sk-main'
        Use-ChatConnection $c { Get-Key } | Should -BeExactly 'Bearer sk-named'
        $settings.TimeoutSec | Should -Not -Be 30
        $settings.TimeoutSec = 77
        (Get-Configuration).TimeoutSec | Should -Be 77
    }
    It 'is what is started inside goes by' {
        $inner = Use-ChatConnection $c { New-ChatCompletion (Get-Request) -TextOnly -AsJob }
        $inner | Receive-Job -Wait -AutoRemoveJob | Should -Be 'Bearer sk-named'
        if ($PSVersionTable.PSVersion.Major -ge 7) {
            Use-ChatConnection $c { 1..3 | ForEach-Object -Parallel { Import-Module $using:module, $using:support; Get-Key } } | Should -Be @(@('Bearer sk-named') * 3)
        }
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'gives arrays on as they are, and takes the script''s own variables' {
        $count = 0
        $said = Use-ChatConnection $c { $count++; , @(1, 2); @(3, 4) }
        $said | Should -HaveCount 3
        $count | Should -Be 1
    }
    It 'needs a block' {
        (Get-Failure { Use-ChatConnection $c }).FullyQualifiedErrorId | Should -Be 'PSBridge.InvalidValue,Use-ChatConnection'
    }
}

Describe '-Profile' {
    BeforeAll {
        $file = Join-Path $TestDrive 'profiles.json'
        Set-Content $file (@{ work = @{ BaseUrl = $server.Url; KeyVariable = 'WORK_KEY'; TimeoutSec = 44 } } | ConvertTo-Json)
        $env:PSBRIDGE_PROFILES = $file
        $env:WORK_KEY = 'sk-of-work'
        Disconnect-PSBridge  # the worker's environment is that of its start
    }
    AfterAll { Remove-Item Env:PSBRIDGE_PROFILES, Env:WORK_KEY }

    It 'names settings for a connection, a call, a block, and what is in force' {
        Get-Key -Connection (New-ChatConnection -Profile work) | Should -BeExactly 'Bearer sk-of-work'
        Get-Key -Connection work | Should -BeExactly 'Bearer sk-of-work'
        Use-ChatConnection work { Get-Key; (Get-Configuration).TimeoutSec } | Should -Be 'Bearer sk-of-work', 44
        Get-Key | Should -BeExactly 'Bearer sk-main'
        Set-Configuration -Profile work -TimeoutSec 45
        Get-Key | Should -BeExactly 'Bearer sk-of-work'
        (Get-Configuration).TimeoutSec | Should -Be 45
        Set-Configuration -AccessToken sk-main
    }
    It 'that nobody wrote is refused, with those there are' {
        "$(Get-Failure { New-ChatConnection -Profile wrok })" | Should -Match "no profile 'wrok'.*work"
    }
}

# Whose configuration a call goes by: each reply here is the key that its call came with.
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-KeyServer
    $other = Start-KeyServer
    $module = Get-ModulePath
    $support = Join-Path $PSScriptRoot 'Support.psm1'
    Set-StrictMode -Version Latest

    function Invoke-Elsewhere {
        # What a script block gives in a runspace of its own, one after another or all at once.
        param([object[]] $Each, [scriptblock] $Block, [switch] $AtOnce)
        $shells = foreach ($one in $Each) {
            $shell = [powershell]::Create().AddScript({
                    param($Module, $Support, $One, $Text)
                    Import-Module $Module, $Support
                    & ([scriptblock]::Create($Text)) $One
                }).AddArgument($module).AddArgument($support).AddArgument($one).AddArgument("$Block")
            $entry = @{ Shell = $shell; Wait = $shell.BeginInvoke() }
            if (-not $AtOnce) { Complete-Elsewhere $entry } else { $entry }
        }
        if ($AtOnce) { foreach ($entry in $shells) { Complete-Elsewhere $entry } } else { $shells }
    }
    function Wait-End([int] $Id) {
        # Until the worker's process is gone; a worker in this process has none of its own.
        if ($Id -ne $PID) { Wait-Until { -not (Test-Alive $Id) } }
    }
    function Complete-Elsewhere($Entry) {
        try {
            $Entry.Shell.EndInvoke($Entry.Wait)
            foreach ($problem in $Entry.Shell.Streams.Error) { throw "$problem" }
        }
        finally { $Entry.Shell.Runspace.Dispose() }
    }
}
AfterAll {
    if (Get-Module PSBridge) { Remove-Module PSBridge }
    $server, $other | ForEach-Object { Stop-OfflineServer $_ }
}

Describe 'A configuration' {
    BeforeEach {
        Use-PSBridge
        Set-Configuration -BaseUrl $server.Url -AccessToken sk-main
    }
    AfterEach { Remove-Module PSBridge }

    It 'belongs to the runspace that set it, one after another' {
        $said = Invoke-Elsewhere (1..4) { param($n) Get-Key; Set-Configuration -AccessToken "sk-$n"; Get-Key; Get-Key }
        $said | Should -Be @(1..4 | ForEach-Object { 'Bearer sk-main', "Bearer sk-$_", "Bearer sk-$_" })
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'belongs to the runspace that set it, all at once' {
        $said = Invoke-Elsewhere (1..6) -AtOnce {
            param($n)
            Set-Configuration -AccessToken "sk-$n"
            foreach ($i in 1..8) {
                Set-ConfigurationDefaultHeader -Key x-count -Value "$i"
                if ((Get-Key) -ne "Bearer sk-$n") { 'astray' }
            }
            Get-Key
        }
        $said | Should -Be @(1..6 | ForEach-Object { "Bearer sk-$_" })
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'belongs to it under ForEach-Object -Parallel' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        $said = 1..8 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:module, $using:support
            Set-Configuration -AccessToken "sk-$_"
            "$_ $(Get-Key)"
        }
        $said | Sort-Object | Should -Be @(1..8 | ForEach-Object { "$_ Bearer sk-$_" })
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'of others is not seen by a script that has set none' {
        $command = "Import-Module '$module', '$support'
            `$env:OPENAI_BASE_URL = '$($server.Url)'; `$env:OPENAI_API_KEY = 'sk-environment'
            `$shells = 1..4 | ForEach-Object { [powershell]::Create().AddScript({
                param(`$m, `$n) Import-Module `$m; Set-Configuration -AccessToken `"sk-`$n`"; `$null = Get-Configuration }).AddArgument('$module').AddArgument(`$_) }
            foreach (`$shell in `$shells) { `$shell.Invoke() }
            Get-Key"
        & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $command | Should -BeExactly 'Bearer sk-environment'
    }
    It 'is the one in force where the runspace was started' {
        $said = Invoke-Elsewhere 1 {
            param($n)
            Set-Configuration -AccessToken sk-middle
            $inner = [powershell]::Create().AddScript({ param($m, $s) Import-Module $m, $s; Get-Key; Set-Configuration -AccessToken sk-inner; Get-Key })
            $inner.AddArgument((Get-ModulePath)).AddArgument((Get-Module Support).Path).Invoke()
            $inner.Runspace.Dispose()
            Get-Key
        }
        $said | Should -Be 'Bearer sk-middle', 'Bearer sk-inner', 'Bearer sk-middle'
    }
    It 'is the one that was in force when it was started' {
        $script = { param($m, $s) Import-Module $m, $s; while (-not (Test-Path "$($args[0])")) { Start-Sleep -Milliseconds 20 }; Get-Key }
        $started = foreach ($tenant in 'a', 'b') {
            Set-Configuration -AccessToken "sk-$tenant"
            $shell = [powershell]::Create().AddScript($script).AddArgument($module).AddArgument($support).AddArgument((Join-Path $TestDrive 'go'))
            @{ Shell = $shell; Wait = $shell.BeginInvoke() }
        }
        Set-Configuration -AccessToken sk-later
        Set-Content (Join-Path $TestDrive 'go') ''
        ($started | ForEach-Object { Complete-Elsewhere $_ }) | Should -Be 'Bearer sk-a', 'Bearer sk-b'
        Get-Key | Should -BeExactly 'Bearer sk-later'
    }
    It 'of a job is that of its start' {
        $jobs = foreach ($tenant in 'a', 'b', 'c') {
            Set-Configuration -AccessToken "sk-$tenant"
            New-ChatCompletion (Get-Request) -TextOnly -AsJob
        }
        Set-Configuration -AccessToken sk-later
        $jobs | Receive-Job -Wait -AutoRemoveJob | Sort-Object | Should -Be 'Bearer sk-a', 'Bearer sk-b', 'Bearer sk-c'
        Get-Key | Should -BeExactly 'Bearer sk-later'
    }
    It 'can be set in a job, also when another job has looked at the parameters first' {
        $script = { param($m, $s) Import-Module $m, $s; $null = (Get-Command Set-Configuration).Parameters['AccessToken'].Attributes; 'seen' }
        Invoke-Elsewhere 1 { $null = (Get-Command Set-Configuration).Parameters.Values.Attributes; 'seen' } | Should -Be 'seen'
        $job = Start-Job -ScriptBlock $script -ArgumentList $module, $support
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 'seen'
        Set-Configuration -AccessToken sk-still
        Get-Key | Should -BeExactly 'Bearer sk-still'
        $keyed = { param($m, $s, $url) Import-Module $m, $s; Set-Configuration -BaseUrl $url -AccessToken sk-job; Get-Key; $Error.Count }
        Start-Job -ScriptBlock $keyed -ArgumentList $module, $support, $server.Url | Receive-Job -Wait -AutoRemoveJob | Should -Be 'Bearer sk-job', 0
        Get-Key | Should -BeExactly 'Bearer sk-still'
    }
    It 'written into in place is the runspace''s own too' {
        $said = Invoke-Elsewhere (1, 2) { param($n) $c = Get-Configuration; $c.AccessToken = "sk-place-$n"; $null = Get-HostSetting; Get-Key }
        $said | Should -Be 'Bearer sk-place-1', 'Bearer sk-place-2'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'of a runspace that has ended is forgotten' {
        $null = Invoke-Elsewhere (1..20) { param($n) Set-Configuration -AccessToken "sk-$n" }
        $null = Invoke-Elsewhere 1 { Get-HostSetting }
        InModuleScope PSBridge { $script:Hub['Own'].Count } | Should -Be 1
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'that nobody can go by any more is forgotten by the worker' {
        1..400 | ForEach-Object { Set-Configuration -AccessToken "sk-$_" }
        [System.GC]::Collect()
        [System.GC]::WaitForPendingFinalizers()
        401..620 | ForEach-Object { Set-Configuration -AccessToken "sk-$_" }
        InModuleScope PSBridge { $script:Hub['Records'].Count } | Should -BeLessThan 400
        Get-Key | Should -BeExactly 'Bearer sk-620'
    }
}

Describe 'A configuration that was set' {
    BeforeEach {
        Use-PSBridge
        Set-Configuration -BaseUrl $server.Url -AccessToken sk-main
        Set-ConfigurationDefaultHeader -Key x-team -Value support
    }
    AfterEach { if (Get-Module PSBridge) { Remove-Module PSBridge } }

    It 'survives Import-Module -Force' {
        Import-Module $module -Force -Global
        (Get-Configuration).BaseUrl | Should -Be $server.Url
        (Get-Configuration).DefaultHeaders['x-team'] | Should -Be 'support'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'survives Remove-Module and another import' {
        Remove-Module PSBridge
        Import-Module $module -Global
        (Get-Configuration).BaseUrl | Should -Be $server.Url
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'survives whatever ends the worker, in every runspace' {
        $shell = [powershell]::Create()
        $ask = { param($m, $s, $key) Import-Module $m, $s; if ($key) { Set-Configuration -AccessToken $key }; Get-Key 3> $null }
        $here = { $shell.Commands.Clear(); $shell.AddScript($ask).AddArgument($module).AddArgument($support).AddArgument($args[0]).Invoke() }
        & $here 'sk-elsewhere' | Should -Be 'Bearer sk-elsewhere'
        $kill = { if ((Get-PSBridgeStatus).ProcessId -ne $PID) { Stop-Process -Id (Get-PSBridgeStatus).ProcessId -Force } else { Disconnect-PSBridge } }
        $end = { Disconnect-PSBridge }, $kill, { Import-Module $module -Force -Global; Disconnect-PSBridge }
        foreach ($way in $end) {
            $id = (Get-PSBridgeStatus).ProcessId
            & $way
            Wait-End $id
            Get-Key 3> $null | Should -BeExactly 'Bearer sk-main'
            & $here '' | Should -Be 'Bearer sk-elsewhere'
            (Get-Configuration).DefaultHeaders['x-team'] | Should -Be 'support'
        }
        $shell.Runspace.Dispose()
    }
    It 'that cannot be set again is an error, and no other is taken' {
        $pem = Join-Path $TestDrive 'issuers.pem'
        Set-Content $pem "-----BEGIN CERTIFICATE-----`nnone`n-----END CERTIFICATE-----"
        Set-Configuration -CaBundle $pem
        Disconnect-PSBridge
        Remove-Item $pem
        $failure = Get-Failure { Get-Key }
        $failure.FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
        "$failure" | Should -Match 'issuers\.pem'
        (Get-Failure { 'a' | New-ChatCompletion -Model m -ThrottleLimit 2 }).FullyQualifiedErrorId | Should -BeLike 'PSBridge.InvalidConfiguration,*'
        Set-Content $pem "-----BEGIN CERTIFICATE-----`nnone`n-----END CERTIFICATE-----"
        Set-Configuration -CaBundle $null
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
}

Describe 'A module that is removed or imported again' {
    BeforeEach {
        Use-PSBridge
        Set-Configuration -BaseUrl $server.Url -AccessToken sk-main
    }
    AfterEach { if (Get-Module PSBridge) { Remove-Module PSBridge } }

    It 'leaves the calls of other runspaces alone, whoever started the worker: <what>' -ForEach @(
        @{ what = 'here'; here = $true }
        @{ what = 'elsewhere'; here = $false }
    ) {
        $id = (Get-PSBridgeStatus).ProcessId
        if (-not $here) {
            Remove-Module PSBridge
            Wait-End $id
        }
        $holder = Start-KeyServer
        $shell = [powershell]::Create().AddScript({
                param($Module, $Support, $Url)
                Import-Module $Module, $Support
                Set-Configuration -BaseUrl $Url -AccessToken sk-held
                New-ChatCompletion (Get-Request hold) -TextOnly
            }).AddArgument($module).AddArgument($support).AddArgument($holder.Url)
        $wait = $shell.BeginInvoke()
        Wait-Until { (Invoke-RestMethod "$($holder.Url)/held").held -eq 1 }
        if (-not $here) { Import-Module $module -Global }
        $id = (Get-PSBridgeStatus).ProcessId
        Import-Module $module -Force -Global
        Get-Key | Should -BeExactly 'Bearer sk-main'
        Remove-Module PSBridge
        $null = Invoke-RestMethod "$($holder.Url)/release"
        $shell.EndInvoke($wait) | Should -Be 'Bearer sk-held'
        $shell.Streams.Error | Should -BeNullOrEmpty
        Test-Alive $id | Should -BeTrue
        $shell.Runspace.Dispose()
        Import-Module $module -Global
        $null = Get-HostSetting
        Remove-Module PSBridge
        Wait-End $id
        Stop-OfflineServer $holder
    }
    It 'leaves their configuration alone' {
        $said = Invoke-Elsewhere 1 { Set-Configuration -AccessToken sk-1; Import-Module (Get-ModulePath) -Force; Get-Key; Remove-Module PSBridge; Import-Module (Get-ModulePath); Get-Key }
        $said | Should -Be 'Bearer sk-1', 'Bearer sk-1'
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
    It 'counts as a user also after Disconnect-PSBridge' {
        Disconnect-PSBridge
        $said = Invoke-Elsewhere 1 { Get-Key; (Get-PSBridgeStatus).ProcessId; Remove-Module PSBridge }
        Test-Alive $said[1] | Should -BeTrue
        (Get-PSBridgeStatus).ProcessId | Should -Be $said[1]
        Get-Key | Should -BeExactly 'Bearer sk-main'
    }
}

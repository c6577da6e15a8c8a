BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $server = Start-OfflineServer
    Set-StrictMode -Version Latest
}
AfterAll { Stop-OfflineServer $server }

Describe 'The worker' {
    BeforeEach { Use-PSBridge $server }
    AfterEach { if (Get-Module PSBridge) { Remove-Module PSBridge } }

    It 'starts with the first call and not before' {
        Remove-Module PSBridge
        Import-Module (Get-ModulePath) -Global
        (Get-PSBridgeStatus).State | Should -Be 'NotStarted'
        $null = Get-HostSetting
        $status = Get-PSBridgeStatus
        $status.State | Should -Be 'Running'
        $status.PythonVersion | Should -Match '^3\.\d+'
        Test-Alive $status.ProcessId | Should -BeTrue
    }
    It 'ends with the module' {
        $id = (Get-PSBridgeStatus).ProcessId
        Remove-Module PSBridge
        Wait-Until { -not (Test-Alive $id) }
    }
    It 'ends with the module also when no call came of it' {
        Remove-Module PSBridge
        Import-Module (Get-ModulePath) -Global
        $id = InModuleScope PSBridge {
            Import-Bridge -Start
            $script:Hub['Early']['Process'].Id
        }
        Test-Alive $id | Should -BeTrue
        Remove-Module PSBridge
        Wait-Until { -not (Test-Alive $id) }
    }
    It 'ends when it is asked to, and the next call starts another' {
        $id = (Get-PSBridgeStatus).ProcessId
        Disconnect-PSBridge
        Wait-Until { -not (Test-Alive $id) }
        $null = Get-HostSetting
        (Get-PSBridgeStatus).ProcessId | Should -Not -Be $id
    }
    It 'ends with PowerShell' {
        $command = "Import-Module '$(Get-ModulePath)'; `$null = Get-HostSetting; (Get-PSBridgeStatus).ProcessId"
        $id = [int](& (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $command)
        $id | Should -BeGreaterThan 0
        Wait-Until { -not (Test-Alive $id) }
    }
    It 'ends with a PowerShell that is killed' {
        $start = New-Object System.Diagnostics.ProcessStartInfo (Get-Process -Id $PID).Path
        $start.Arguments = "-NoProfile -NonInteractive -Command `"Import-Module '$(Get-ModulePath)'; `$null = Get-HostSetting; (Get-PSBridgeStatus).ProcessId; Start-Sleep 600`""
        $start.RedirectStandardOutput = $true
        $start.UseShellExecute = $false
        $shell = [System.Diagnostics.Process]::Start($start)
        $id = [int]$shell.StandardOutput.ReadLine()
        $shell.Kill()
        Wait-Until { -not (Test-Alive $id) }
    }
    It 'starts again after its death, says so, and keeps the configuration' {
        $old = (Get-PSBridgeStatus).ProcessId
        Stop-Process -Id $old -Force
        Wait-Until { -not (Test-Alive $old) }
        $failure = $null
        try { $null = New-ChatCompletion (Get-Request) -WarningVariable said -WarningAction SilentlyContinue } catch { $failure = $_ }
        if ($failure) { $failure.FullyQualifiedErrorId | Should -Match 'PSBridge.WorkerEnded' }
        $reply = New-ChatCompletion (Get-Request 'after') 3>&1
        "$($reply | Out-String) $said" | Should -Not -BeNullOrEmpty
        (New-ChatCompletion (Get-Request 'after')).choices[0].message.content | Should -Match 'after'
        (Get-Configuration).BaseUrl | Should -Be $server.Url
        (Get-PSBridgeStatus).Restarts | Should -BeGreaterThan 0
    }
    It 'leaves an error record for the call it was killed under' {
        $id = (Get-PSBridgeStatus).ProcessId
        (Get-Failure {
            $killer = [powershell]::Create().AddScript({ param($Id) Start-Sleep -Milliseconds 700; Stop-Process -Id $Id -Force }).AddArgument($id)
            $null = $killer.BeginInvoke()
            New-ChatCompletion (Get-Request) -AdditionalHeaders @{ 'x-offline-fault' = 'stall' }
        }).FullyQualifiedErrorId | Should -Be 'PSBridge.WorkerEnded,New-ChatCompletion'
    }
    It 'is not blocked by what it writes to standard error' -Skip:($env:OS -eq 'Windows_NT') {
        Disconnect-PSBridge
        $flood = Join-Path $TestDrive 'flood'
        $code = 'import os,threading,runpy,sys; threading.Thread(target=lambda: [os.write(2, b"x"*65536) for _ in range(400)], daemon=True).start(); sys.argv=["x"]; runpy.run_module("psbridge.bridge", run_name="__main__")'
        Set-Content -Path $flood -Value "#!/bin/sh`nexec '$($env:PSBRIDGE_PYTHON)' -c '$code'"
        chmod +x $flood
        Connect-PSBridge -PythonPath $flood
        Set-Configuration -BaseUrl $server.Url -AccessToken 'sk-offline'
        (New-ChatCompletion (Get-Request 'flooded')).choices[0].message.content | Should -Match 'flooded'
        1..20 | ForEach-Object { $null = Initialize-ChatCompletionRequestUserMessage -Content "$_" -Role user }
        Disconnect-PSBridge
        Connect-PSBridge -PythonPath $env:PSBRIDGE_PYTHON
    }
}

Describe 'A call that is stopped' {
    BeforeAll { Use-PSBridge $server }
    AfterAll { Remove-Module PSBridge }

    It 'returns at once, is cancelled in the worker, and its late answer harms nobody' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($Module, $Request)
                Import-Module $Module
                New-ChatCompletion $Request -AdditionalHeaders @{ 'x-offline-fault' = 'stall' }
            }).AddArgument((Get-ModulePath)).AddArgument((Get-Request 'stalled'))
        $null = $shell.BeginInvoke()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 1 }
        $shell.Stop()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 0 }
        $shell.Dispose()
        (New-ChatCompletion (Get-Request 'next')).choices[0].message.content | Should -Match 'next'
        $message = Initialize-ChatCompletionRequestUserMessage -Content 'still right' -Role user
        $message.content | Should -Be 'still right'
    }
    It 'may be a stopped pipeline of many' {
        $shell = [powershell]::Create()
        $null = $shell.AddScript({
                param($Module, $Requests)
                Import-Module $Module
                $Requests | New-ChatCompletion -ThrottleLimit 10 -AdditionalHeaders @{ 'x-offline-fault' = 'stall' }
            }).AddArgument((Get-ModulePath)).AddArgument(@(1..10 | ForEach-Object { Get-Request "s$_" }))
        $null = $shell.BeginInvoke()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 10 }
        $shell.Stop()
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 0 }
        $shell.Dispose()
    }
    It 'may be a job that is stopped' {
        $job = New-ChatCompletion (Get-Request) -AsJob -AdditionalHeaders @{ 'x-offline-fault' = 'stall' }
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 1 }
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
        Remove-Job $job
        Wait-Until { (Get-PSBridgeStatus).InFlight -eq 0 }
    }
    It 'ends with an error when the module is removed during a stream' {
        $id = (Get-PSBridgeStatus).ProcessId
        $seen = New-Object System.Collections.ArrayList
        $failure = Get-Failure {
            New-ChatCompletion (Get-Request) -StreamText -AdditionalHeaders @{ 'x-offline-fault' = 'stall-after-chunks=3' } | ForEach-Object {
                [void]$seen.Add($_)
                if (Get-Module PSBridge) { Remove-Module PSBridge }
            }
        }
        $failure.FullyQualifiedErrorId | Should -Match 'PSBridge.WorkerEnded'
        $seen.Count | Should -BeGreaterThan 0
        Wait-Until { -not (Test-Alive $id) }
        Use-PSBridge $server
    }
}

Describe 'Several runspaces' {
    BeforeAll { Use-PSBridge $server }
    AfterAll { Remove-Module PSBridge }

    It 'share the worker and its configuration, and never mix answers' {
        $shells = foreach ($n in 1..4) {
            $shell = [powershell]::Create().AddScript({
                    param($Module, $N)
                    Import-Module $Module
                    foreach ($i in 1..25) {
                        $text = "runspace $N call $i."
                        $message = Initialize-ChatCompletionRequestUserMessage -Content $text -Role user
                        if ($message.content -ne $text) { "mixed builder: $($message.content)" }
                        if ($i % 5 -eq 0) {
                            $answer = (New-ChatCompletion -Messages $message -Model gpt-4o).choices[0].message.content
                            if ($answer -notlike "*$text") { "mixed answer: $answer" }
                        }
                    }
                    "done $((Get-PSBridgeStatus).ProcessId)"
                }).AddArgument((Get-ModulePath)).AddArgument($n)
            @{ Shell = $shell; Wait = $shell.BeginInvoke() }
        }
        $said = foreach ($one in $shells) { $one.Shell.EndInvoke($one.Wait); $one.Shell.Streams.Error; $one.Shell.Runspace.Dispose() }
        $said | Should -Be (@("done $((Get-PSBridgeStatus).ProcessId)") * 4)
    }
    It 'work under ForEach-Object -Parallel' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        $module = Get-ModulePath
        $said = 1..12 | ForEach-Object -ThrottleLimit 4 -Parallel {
            Import-Module $using:module
            (New-ChatCompletion -Messages "parallel $_." -Model gpt-4o).choices[0].message.content
        }
        $said.Count | Should -Be 12
        foreach ($n in 1..12) { @($said -like "*parallel $n.").Count | Should -Be 1 }
    }
    It 'leave no process behind' {
        $id = (Get-PSBridgeStatus).ProcessId
        Remove-Module PSBridge
        Wait-Until { -not (Test-Alive $id) }
        Use-PSBridge $server
    }
}

Describe 'Finding Python' {
    BeforeAll {
        Import-Module (Get-ModulePath) -Global -Force
        $python = $env:PSBRIDGE_PYTHON
        $path = $env:PATH
    }
    AfterEach {
        $env:PSBRIDGE_PYTHON = $python
        $env:PATH = $path
        $env:VIRTUAL_ENV = $null
    }
    AfterAll { Remove-Module PSBridge }

    It 'says what to do when there is none' {
        $env:PSBRIDGE_PYTHON = $null
        $env:VIRTUAL_ENV = $null  # the tests may be run from an active environment
        $env:CONDA_PREFIX = $null
        $env:PATH = $TestDrive
        $failure = Get-Failure { Get-HostSetting }
        $failure.FullyQualifiedErrorId | Should -Match 'PSBridge.PythonNotFound'
        $failure.Exception.Message | Should -Match 'needs Python 3\.10 or newer with psbridge'
    }
    It 'gives the install command when psbridge is missing' -Skip:($env:OS -eq 'Windows_NT') {
        $bare = Join-Path $TestDrive 'python-bare'
        Set-Content -Path $bare -Value "#!/bin/sh`nexec '$python' -S -I `"`$@`""
        chmod +x $bare
        $env:PSBRIDGE_PYTHON = $bare
        (Get-Failure { Get-HostSetting }).Exception.Message | Should -Match 'python-bare has no psbridge; install it with: .*-m pip install psbridge'
    }
    It 'names the path that has no Python' {
        (Get-Failure { Connect-PSBridge -PythonPath (Join-Path $TestDrive 'nothing') }).Exception.Message | Should -Match 'No Python at .*nothing'
    }
    It 'is one error, however it is asked for' {
        $env:PSBRIDGE_PYTHON = Join-Path $TestDrive 'nothing'
        foreach ($call in { Get-HostSetting @common }, { Initialize-FunctionObject -Name f @common }, { Get-Request | New-ChatCompletion @common }, { Connect-PSBridge @common }) {
            foreach ($action in 'Continue', 'SilentlyContinue', 'Stop') {
                $common = @{ ErrorVariable = 'problems'; ErrorAction = $action }
                $problems = $null
                $Error.Clear()
                $failure = $null
                try { . $call 2>$null } catch { $failure = $_ }
                $failure.FullyQualifiedErrorId | Should -Match 'PSBridge.PythonNotFound'
                @($problems).Count | Should -Be 1
                $Error.Count | Should -Be 1
            }
        }
    }
    It 'takes the active virtual environment before the path' -Skip:($env:OS -eq 'Windows_NT') {
        $env:PSBRIDGE_PYTHON = $null
        $env:VIRTUAL_ENV = Split-Path (Split-Path $python)
        $env:PATH = $TestDrive
        $null = Get-HostSetting
        (Get-PSBridgeStatus).State | Should -Be 'Running'
        Disconnect-PSBridge
    }
    It 'says what differs when module and package speak other protocols' -Skip:($env:OS -eq 'Windows_NT') {
        $other = Join-Path $TestDrive 'python-other'
        Set-Content -Path $other -Value "#!/bin/sh`nexec '$python' -c 'import psbridge.bridge as b; b.PROTOCOL = 9; import sys; sys.argv=[`"x`"]; from psbridge.bridge.worker import main; main()'"
        chmod +x $other
        $env:PSBRIDGE_PYTHON = $other
        (Get-Failure { Get-HostSetting }).Exception.Message | Should -Match 'protocol'
    }
}

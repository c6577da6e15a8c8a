# Python inside this PowerShell: what only that has. That all else is the same, test_pester.py shows by running the
# other files once more.

BeforeDiscovery {
    & $env:PSBRIDGE_PYTHON -c 'import pythonnet' 2> $null
    $script:Without = $LASTEXITCODE -ne 0
}
BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1')
    $script:Server = Start-OfflineServer
    Import-Module (Get-ModulePath) -Global -Force
}
AfterAll {
    if (Get-Module PSBridge) { Remove-Module PSBridge }
    Stop-OfflineServer $script:Server
}

Describe 'Connect-PSBridge -InProcess' -Skip:$Without {
    BeforeEach { Connect-PSBridge -InProcess }

    It 'starts no child process' {
        $status = Get-PSBridgeStatus
        $status.InProcess | Should -BeTrue
        $status.ProcessId | Should -Be $PID
        $status.State | Should -Be 'Running'
    }
    It 'makes objects without the pipe, and leaves to it what is not plain' {
        $calls = (Get-PSBridgeStatus).Calls
        $message = Initialize-ChatCompletionRequestUserMessage -Content hi -Role user
        $message.content | Should -BeExactly 'hi'
        $message.PSObject.TypeNames[0] | Should -Be 'PSBridge.ChatCompletionRequestUserMessage'
        $message.name | Should -BeNullOrEmpty
        (Get-PSBridgeStatus).Calls | Should -Be $calls
        $null = Initialize-ChatCompletionRequestUserMessage -Content "two`nlines" -Role user
        (Get-PSBridgeStatus).Calls | Should -Be ($calls + 1)
    }
    It 'says an error as the child process does' {
        $inside = Get-Failure { Initialize-ChatCompletionRequestUserMessage -Content hi -Role $null }
        Connect-PSBridge -InProcess:$false
        $outside = Get-Failure { Initialize-ChatCompletionRequestUserMessage -Content hi -Role $null }
        "$inside" | Should -BeExactly "$outside"
        $inside.FullyQualifiedErrorId | Should -BeExactly $outside.FullyQualifiedErrorId
    }
    It 'sees the environment as the script has set it' {
        Disconnect-PSBridge
        $env:OPENAI_BASE_URL = $script:Server.Url
        $env:OPENAI_API_KEY = 'sk-set-by-the-script'
        try {
            (New-ChatCompletion (Get-Request 'environment')).choices[0].message.content | Should -Match 'environment'
        }
        finally {
            Remove-Item Env:OPENAI_BASE_URL, Env:OPENAI_API_KEY
        }
    }
    It 'begins anew after Disconnect-PSBridge, with the configuration that was set' {
        Set-Configuration -BaseUrl $script:Server.Url -AccessToken sk-offline
        Disconnect-PSBridge
        (Get-PSBridgeStatus).State | Should -Be 'NotStarted'
        (New-ChatCompletion (Get-Request 'again')).choices[0].message.content | Should -Match 'again'
        (Get-PSBridgeStatus).InProcess | Should -BeTrue
        (Get-PSBridgeStatus).Calls | Should -BeLessThan 10
    }
    It 'serves other runspaces too' -Skip:($PSVersionTable.PSVersion.Major -lt 7) {
        $path = Get-ModulePath
        $texts = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:path
            (Initialize-ChatCompletionRequestUserMessage -Content "text $_" -Role user).content
            (Get-PSBridgeStatus).InProcess
        } -ThrottleLimit 4
        @($texts | Where-Object { $_ -eq $true }).Count | Should -Be 4
        @($texts | Where-Object { $_ -is [string] } | Sort-Object) | Should -Be 'text 1', 'text 2', 'text 3', 'text 4'
    }
    It 'goes back to a child process, and comes again' {
        Connect-PSBridge -InProcess:$false
        $status = Get-PSBridgeStatus
        $status.InProcess | Should -BeFalse
        $status.ProcessId | Should -Not -Be $PID
        Connect-PSBridge -InProcess
        (Get-PSBridgeStatus).ProcessId | Should -Be $PID
    }
    It 'loads no second Python, and stays with the child process then' -Skip:($env:OS -eq 'Windows_NT') {
        Connect-PSBridge -InProcess:$false
        $other = Join-Path $TestDrive 'python-by-another-name'
        New-Item -ItemType SymbolicLink -Path $other -Target $env:PSBRIDGE_PYTHON
        (Get-Failure { Connect-PSBridge -PythonPath $other -InProcess }).Exception.Message | Should -Match 'has loaded .*cannot load .*another-name'
        Connect-PSBridge -PythonPath $env:PSBRIDGE_PYTHON
        (Get-PSBridgeStatus).InProcess | Should -BeFalse
    }
    It 'ends with PowerShell, also with a call under way' {
        $shell = (Get-Process -Id $PID).Path
        $slow = Start-OfflineServer '--delay 60000'
        try {
            $said = & $shell -NoProfile -NonInteractive -Command "
                Import-Module '$(Get-ModulePath)'; Connect-PSBridge -InProcess
                Set-Configuration -BaseUrl '$($slow.Url)' -AccessToken sk-offline
                `$job = New-ChatCompletion @{ model = 'm'; messages = @() } -AsJob
                Start-Sleep 1; 'done'" 2>&1
            "$said" | Should -BeExactly 'done'
            $LASTEXITCODE | Should -Be 0
        }
        finally { Stop-OfflineServer $slow }
    }
    It 'takes nothing from under threads that still run when PowerShell ends' {
        # pythonnet's own end would call this; a thread of Python's that uses .NET then would end the process with a signal.
        $python = "import os, psbridge.dotnet.edge as e; n = e.namespace('Python.Runtime').PythonEngine; " +
            "n.AddShutdownHandler(n.ShutdownHandler(lambda: os.write(1, b'taken down')))"
        $said = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "
            Import-Module '$(Get-ModulePath)'; Connect-PSBridge -InProcess
            `$lock = [Python.Runtime.Py]::GIL()
            `$null = [Python.Runtime.Py]::CreateScope().Exec(`"$python`")
            `$lock.Dispose(); 'done'" 2>&1
        "$said" | Should -BeExactly 'done'
        $LASTEXITCODE | Should -Be 0
    }
}

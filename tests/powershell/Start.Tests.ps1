# Which Python is started, where, and with what.

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'Support.psm1') -Force
}

Describe 'The search for Python' {
    BeforeAll {
        $module = Import-Module (Get-ModulePath) -Global -Force -PassThru
        $kept = @{}
        foreach ($name in 'PSBRIDGE_PYTHON', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'PATH') { $kept[$name] = [Environment]::GetEnvironmentVariable($name) }
        $suffix = if ($env:OS -eq 'Windows_NT') { '.exe' } else { '' }
        function New-Program([string] $Folder, [string] $Name, [string] $Content) {
            $path = Join-Path $Folder ($Name + $suffix)
            $null = New-Item -ItemType File -Path $path -Force
            if ($Content) { Set-Content -Path $path -Value $Content }
            if ($env:OS -ne 'Windows_NT') { chmod +x $path }
            $path
        }
        $store = Join-Path (Join-Path (Join-Path $TestDrive 'Local') 'Microsoft') 'WindowsApps'
        $alias = New-Program $store 'python3' ''
        $manager = New-Program $store 'py' ''
        $real = New-Program (Join-Path $TestDrive 'programs') 'python' "#!/bin/sh`nexit 1"
    }
    BeforeEach {
        foreach ($name in 'PSBRIDGE_PYTHON', 'VIRTUAL_ENV', 'CONDA_PREFIX') { [Environment]::SetEnvironmentVariable($name, $null) }
    }
    AfterAll {
        foreach ($name in $kept.Keys) { [Environment]::SetEnvironmentVariable($name, $kept[$name]) }
        Remove-Module PSBridge
    }

    It 'comes to the aliases of the Windows Store after every program on the path' {
        $env:PATH = $store + [IO.Path]::PathSeparator + (Split-Path $real)
        $tried = & $module { Import-Bridge; Find-BridgePython }
        $tried.Path | Should -Be $real, $alias, $manager
        $tried.Before | Should -Be '', '', '-3 '
    }
    It 'takes an alias where there is nothing else, also by its name' {
        $env:PATH = $store
        (& $module { Import-Bridge; Find-BridgePython $null $true }).Path | Should -Be $alias
        $env:PSBRIDGE_PYTHON = 'py'
        (& $module { Find-BridgePython }).Path | Should -Be $manager
        (& $module { Find-BridgePython }).Before | Should -Be '-3 '
    }
}

Describe 'The worker' {
    BeforeAll {
        $server = Start-OfflineServer
        Use-PSBridge $server
        $null = Initialize-FunctionObject -Name f
    }
    AfterAll {
        Remove-Module PSBridge
        Stop-OfflineServer $server
    }

    It 'does not keep the module from being updated, which a working directory in it would on Windows' -Skip:(-not (Test-Path /proc/self/cwd)) {
        (Get-Item "/proc/$((Get-PSBridgeStatus).ProcessId)/cwd").Target | Should -Be '/'
    }
    It 'says how much memory it occupies' {
        (Get-PSBridgeStatus).WorkerMemory | Should -BeGreaterThan 1000000
    }
}

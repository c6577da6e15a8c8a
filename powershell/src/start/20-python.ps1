# Finding a Python that has psbridge.

function Find-BridgePython {
    # The interpreters to try, best first, each with the arguments that must precede -m. A named one stands alone;
    # where it is not to be found, that is what Trouble says.
    param([string] $Named)
    if ($Named) { return , @(Resolve-BridgePython $Named '-PythonPath' -Required) }
    if ($env:PSBRIDGE_PYTHON) { return , @(Resolve-BridgePython $env:PSBRIDGE_PYTHON 'PSBRIDGE_PYTHON' -Required) }
    $found = [System.Collections.ArrayList]::new()
    foreach ($variable in 'VIRTUAL_ENV', 'CONDA_PREFIX') {
        $home_ = [System.Environment]::GetEnvironmentVariable($variable)
        if ($home_) {
            foreach ($place in 'bin/python', 'Scripts\python.exe', 'python.exe') {
                $path = [System.IO.Path]::Combine($home_, $place)
                if ([System.IO.File]::Exists($path)) { [void]$found.Add(@{ Path = $path; Before = ''; From = $variable; Trouble = '' }) }
            }
        }
    }
    foreach ($name in 'python3', 'python', 'py') {
        foreach ($one in @(Resolve-BridgePython $name 'PATH')) {
            if ($one) { [void]$found.Add($one) }
        }
    }
    , $found.ToArray()
}

function Resolve-BridgePython {
    param([string] $Name, [string] $From, [switch] $Required)
    $before = ''
    $path = $null
    if ($Name.IndexOfAny([char[]]'/\') -ge 0) {
        $given = $Name
        if (-not [System.IO.Path]::IsPathRooted($Name)) { $given = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Name) }
        if ([System.IO.File]::Exists($given)) { $path = $given }
        elseif ([System.IO.Directory]::Exists($given)) {
            foreach ($place in 'bin/python', 'Scripts\python.exe', 'python.exe') {
                $inside = [System.IO.Path]::Combine($given, $place)
                if (-not $path -and [System.IO.File]::Exists($inside)) { $path = $inside }
            }
        }
    }
    else {
        foreach ($command in @($ExecutionContext.InvokeCommand.GetCommands($Name, 'Application', $false))) {
            if (-not $path -and -not (Test-BridgeStoreStub $command.Path)) { $path = $command.Path }
        }
        if ($Name -eq 'py') { $before = '-3 ' }
    }
    if ($path) { return @{ Path = $path; Before = $before; From = $From; Trouble = '' } }
    if ($Required) {
        @{ Path = $Name; Before = ''; From = $From; Trouble = "No Python at '$Name', which $From names. Give the path of a Python 3.10 or newer that has psbridge." }
    }
}

function Test-BridgeStoreStub {
    # Windows puts an empty python.exe on the path that only opens the Store.
    param([string] $Path)
    $Path -like '*\Microsoft\WindowsApps\*' -and [System.IO.FileInfo]::new($Path).Length -eq 0
}

# Finding a Python that has psbridge.

function Find-BridgePython {
    # The interpreters to try, best first, each with the arguments that must precede -m. A named one stands alone.
    param([string] $Named)
    if ($Named) { return , @(Resolve-BridgePython $Named '-PythonPath' -Required) }
    if ($env:PSBRIDGE_PYTHON) { return , @(Resolve-BridgePython $env:PSBRIDGE_PYTHON 'PSBRIDGE_PYTHON' -Required) }
    $found = New-Object System.Collections.ArrayList
    foreach ($variable in 'VIRTUAL_ENV', 'CONDA_PREFIX') {
        $home_ = [System.Environment]::GetEnvironmentVariable($variable)
        if ($home_) {
            foreach ($place in 'bin/python', 'Scripts\python.exe', 'python.exe') {
                $path = [System.IO.Path]::Combine($home_, $place)
                if ([System.IO.File]::Exists($path)) { [void]$found.Add(@{ Path = $path; Before = ''; From = $variable }) }
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
        $given = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Name)
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
    if ($path) { return @{ Path = $path; Before = $before; From = $From } }
    if ($Required) {
        throw (New-BridgeRecord "No Python at '$Name', which $From names. Give the path of a Python 3.10 or newer that has psbridge." 'PSBridge.PythonNotFound' 'ObjectNotFound' $Name)
    }
}

function Test-BridgeStoreStub {
    # Windows puts an empty python.exe on the path that only opens the Store.
    param([string] $Path)
    $Path -like '*\Microsoft\WindowsApps\*' -and (New-Object System.IO.FileInfo $Path).Length -eq 0
}

function Get-BridgePythonTrouble {
    # One sentence on why a Python could not be the worker, from what it wrote to standard error.
    param($Python, [string] $Said)
    $call = "& '$($Python.Path)' $($Python.Before)"
    if ($Said -match "No module named '?psbridge") {
        return "$($Python.Path) has no psbridge; install it with: $call-m pip install psbridge"
    }
    if ($Said -match "No module named '?psbridge\.bridge|SyntaxError|requires a different Python") {
        return "$($Python.Path) is too old, or its psbridge is: Python 3.10 or newer is needed; then: $call-m pip install --upgrade psbridge"
    }
    $last = @($Said -split "`r?`n" | Where-Object { $_.Trim() })
    if ($last.Count) { return "$($Python.Path) could not start the worker: $($last[-1].Trim())" }
    "$($Python.Path) ended before it answered"
}

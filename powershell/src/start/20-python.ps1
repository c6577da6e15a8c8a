# Finding a Python that has psbridge.

function Find-BridgePython {
    # The interpreters to try, best first, each with the arguments that must precede -m. A named one stands alone;
    # where it is not to be found, that is what Trouble says. With $First only the best one is looked for.
    param([string] $Named, [bool] $First)
    $from = '-PythonPath'
    if (-not $Named) {
        $Named = $env:PSBRIDGE_PYTHON
        $from = 'PSBRIDGE_PYTHON'
    }
    if ($Named) { Resolve-BridgePython $Named $from }
    else { Search-BridgePython $First }
}

function Search-BridgePython {
    # The interpreters of active environments, the one whose psbridge installed this module, those on the path, and last
    # what Windows puts on the path for programs of the Store: a file without content, be there a Python behind it or not.
    param([bool] $First)
    foreach ($variable in 'VIRTUAL_ENV', 'CONDA_PREFIX') {
        $place = [System.Environment]::GetEnvironmentVariable($variable)
        if ($place) {
            $path = Get-BridgePythonInside $place
            if ($path) {
                @{ Path = $path; Before = ''; From = $variable; Trouble = '' }
                if ($First) { return }
            }
        }
    }
    $note = [System.IO.Path]::Combine($PSScriptRoot, 'PSBridge.Python.txt')
    if ([System.IO.File]::Exists($note)) {
        $path = [System.IO.File]::ReadAllText($note).Trim()
        if ([System.IO.File]::Exists($path)) {
            @{ Path = $path; Before = ''; From = 'install-module'; Trouble = '' }
            if ($First) { return }
        }
    }
    foreach ($alias in $false, $true) {
        foreach ($name in 'python3', 'python', 'py') {
            $path = Get-BridgeProgram $name $alias
            if ($path) {
                @{ Path = $path; Before = Get-BridgeBefore $name; From = 'PATH'; Trouble = '' }
                if ($First) { return }
            }
        }
    }
}

function Get-BridgeBefore {
    # What must precede -m.
    param([string] $Name)
    if ($Name -eq 'py') { '-3 ' } else { '' }
}

function Resolve-BridgePython {
    # The interpreter of a name on the path, at a path, or in a folder.
    param([string] $Name, [string] $From)
    $before = ''
    if ($Name.Contains('/') -or $Name.Contains('\')) {
        $path = $Name
        if (-not [System.IO.Path]::IsPathRooted($path)) {
            $path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)
        }
        if (-not [System.IO.File]::Exists($path)) { $path = Get-BridgePythonInside $path }
    }
    else {
        $path = Get-BridgeProgram $Name $false
        if (-not $path) { $path = Get-BridgeProgram $Name $true }
        $before = Get-BridgeBefore $Name
    }
    if ($path) { return @{ Path = $path; Before = $before; From = $From; Trouble = '' } }
    @{
        Path = $Name; Before = ''; From = $From
        Trouble = "No Python at '$Name', which $From names. Give the path of a Python 3.10 or newer that has psbridge."
    }
}

function Get-BridgePythonInside {
    # The interpreter of an environment's folder, or nothing.
    param([string] $Folder)
    foreach ($place in 'bin/python', 'Scripts\python.exe', 'python.exe') {
        $path = [System.IO.Path]::Combine($Folder, $place)
        if ([System.IO.File]::Exists($path)) { return $path }
    }
}

function Get-BridgeProgram {
    # The first program of a name on the path: with $Alias, of those that stand for a program of the Windows Store. Only
    # running such a file tells whether there is one.
    param([string] $Name, [bool] $Alias)
    foreach ($command in @($ExecutionContext.InvokeCommand.GetCommands($Name, 'Application', $false))) {
        $is = $command.Path -match '[\\/]Microsoft[\\/]WindowsApps[\\/]' -and [System.IO.FileInfo]::new($command.Path).Length -eq 0
        if ($is -eq $Alias) { return $command.Path }
    }
}

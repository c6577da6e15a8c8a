# What every test file here needs: the module, a Python that has psbridge, the offline server as a child process.
# PSBRIDGE_PYTHON names the Python; tests/powershell/test_pester.py sets it.

$script:Root = (Resolve-Path (Join-Path $PSScriptRoot '../..')).Path
$script:ModulePath = Join-Path $script:Root 'powershell/PSBridge/PSBridge.psd1'

function Get-Root { $script:Root }
function Get-ModulePath { $script:ModulePath }

function Start-OfflineServer {
    param([string[]] $Arguments = @())
    Start-Server "-m psbridge.offline --until-stdin-ends $($Arguments -join ' ')"
}

function Start-KeyServer {
    # A server whose replies are the keys that the calls came with.
    Start-Server "`"$(Join-Path $PSScriptRoot "../bridge/key_server.py")`""
}

function Start-Server {
    # A child of Python's that prints its address, and ends when its input does.
    param([string] $Arguments)
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $env:PSBRIDGE_PYTHON
    $start.Arguments = $Arguments
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    [pscustomobject]@{ Process = $process; Url = $process.StandardOutput.ReadLine() }
}

function Stop-OfflineServer {
    param($Server)
    $Server.Process.StandardInput.Close()
    if (-not $Server.Process.WaitForExit(5000)) { $Server.Process.Kill() }
}

function Use-PSBridge {
    # The module as a user has it, connected to a server with a key; in this process where a run asks for it.
    param($Server)
    Import-Module $script:ModulePath -Global -Force
    # Its own code holds under strict mode, but it does not ask for it: that would be a tenth of an import.
    . (Get-Module PSBridge) { Set-StrictMode -Version Latest }
    if ($env:PSBRIDGE_TEST_INPROCESS) { Connect-PSBridge -InProcess }
    if ($Server) { Set-Configuration -BaseUrl $Server.Url -AccessToken 'sk-offline' }
}

function Get-Request {
    param([string] $Text = 'hello')
    @{ model = 'gpt-4o-mini'; messages = @(@{ role = 'user'; content = $Text }) }
}

function Get-Key {
    # The header that a call comes with, as a key server tells it.
    (New-ChatCompletion (Get-Request) @args).choices[0].message.content
}

function Get-Failure {
    # The error record that a script block ends with.
    param([scriptblock] $Block)
    try { $null = & $Block } catch { return $_ }
    throw 'No error was raised.'
}

function Test-Alive {
    param([int] $Id)
    try { -not [System.Diagnostics.Process]::GetProcessById($Id).HasExited } catch { $false }
}

function Wait-Until {
    # Waits for something that must happen; a test that times out here has failed.
    param([scriptblock] $Block)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Block)) {
        if ($clock.Elapsed.TotalSeconds -gt 60) {
            $status = if (Get-Module PSBridge) { Get-PSBridgeStatus | Out-String }
            throw "Did not happen within a minute: $Block $status"
        }
        [System.Threading.Thread]::Sleep(20)
    }
}

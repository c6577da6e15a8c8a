# What the PowerShell module costs, beside Invoke-RestMethod (and the generated module, if PSOpenAPITools is
# installed) in the same run. Medians; carry the ratios, not the milliseconds.
#
#   $env:PSBRIDGE_PYTHON = './venv/bin/python'   # a Python that has psbridge
#   pwsh -NoProfile -File benchmarks/powershell.ps1
param([int] $Rounds = 7)
$ErrorActionPreference = 'Stop'
$Root = Split-Path $PSScriptRoot
$Module = Join-Path $Root 'powershell/PSBridge/PSBridge.psd1'
$Shell = (Get-Process -Id $PID).Path
$Python = if ($env:PSBRIDGE_PYTHON) { $env:PSBRIDGE_PYTHON } else { 'python3' }

function Get-Median($Values) {
    $sorted = @($Values | Sort-Object)
    $sorted[[math]::Floor($sorted.Count / 2)]
}

function Measure-Each([int] $Count, [string] $Command) {
    # Milliseconds of one call, the median over many blocks of 20: running a block costs a tenth of a builder call.
    $block = [scriptblock]::Create("foreach (`$i in 1..20) { `$null = $Command }")
    $times = foreach ($i in 1..$Count) {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        & $block
        $clock.Elapsed.TotalMilliseconds / 20
    }
    Get-Median $times
}

function Start-Server([string] $Arguments) {
    $start = New-Object System.Diagnostics.ProcessStartInfo $Python, "-m psbridge.offline --until-stdin-ends $Arguments"
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    [pscustomobject]@{ Process = $process; Url = $process.StandardOutput.ReadLine() }
}

function Add-Row([string] $What, $Measured, [string] $Unit, $Target, [string] $Beside = '') {
    [pscustomobject]@{
        What = $What; Measured = [math]::Round($Measured, 3); Unit = $Unit; Target = $Target
        Met = if ($null -eq $Target) { '' } elseif ($Measured -le $Target) { 'yes' } else { 'NO' }; Beside = $Beside
    }
}

$Server = Start-Server ''
$Slow = Start-Server '--delay 200'
$Streaming = Start-Server '--chunk-delay 20'
try {
    # Import and first call need a fresh PowerShell each time.
    $Import = @()
    $First = @()
    foreach ($i in 1..$Rounds) {
        $said = & $Shell -NoProfile -NonInteractive -Command "
            `$c = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$Module'; `$c.Elapsed.TotalMilliseconds
            `$c.Restart(); `$null = Initialize-ChatCompletionRequestUserMessage -Content hi -Role user; `$c.Elapsed.TotalMilliseconds"
        $Import += [double]$said[0]
        $First += [double]$said[1]
    }
    Add-Row 'Import-Module' (Get-Median $Import) ms 150
    Add-Row 'first call, worker start included' (Get-Median $First) ms 500

    Import-Module $Module
    Set-Configuration -BaseUrl $Server.Url -AccessToken 'sk-benchmark'
    # Long, here and below: .NET goes on compiling what runs often for thousands of calls.
    foreach ($i in 1..10000) { $null = Initialize-ChatCompletionRequestUserMessage -Content 'hi' -Role user }
    $Builder = Measure-Each 200 'Initialize-ChatCompletionRequestUserMessage -Content hi -Role user'
    $Beside = ''
    if (Get-Module PSOpenAPITools -ListAvailable) {
        Import-Module PSOpenAPITools -Prefix Ref
        $Theirs = Measure-Each 20 'Initialize-RefChatCompletionRequestUserMessage -Content hi -Role user'
        $Beside = "generated module $([math]::Round($Theirs, 2)) ms"
    }
    Add-Row 'builder call, warm' $Builder ms 0.4 $Beside

    $Request = @{ model = 'gpt-4o-mini'; messages = @(@{ role = 'user'; content = 'hi' }) }
    $Plain = {
        Invoke-RestMethod -Method Post -Uri "$($Server.Url)/chat/completions" -ContentType application/json -Body (ConvertTo-Json $Request -Depth 9) -Headers @{ Authorization = 'Bearer sk-benchmark' }
    }
    $Ours = { New-ChatCompletion $Request }
    foreach ($i in 1..2000) { $null = & $Plain; $null = & $Ours }
    $Pairs = foreach ($i in 1..400) {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $null = & $Plain
        $a = $clock.Elapsed.TotalMilliseconds
        $clock.Restart()
        $null = & $Ours
        , @($a, $clock.Elapsed.TotalMilliseconds)
    }
    $Rest = Get-Median ($Pairs | ForEach-Object { $_[0] })
    $Chat = Get-Median ($Pairs | ForEach-Object { $_[1] })
    Add-Row 'chat call, serial, of Invoke-RestMethod' ($Chat / $Rest) times 2.5 "$([math]::Round($Chat, 2)) ms beside $([math]::Round($Rest, 2)) ms"

    Set-Configuration -BaseUrl $Slow.Url
    $Many = foreach ($i in 1..3) {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $replies = @(1..200 | ForEach-Object { $Request } | New-ChatCompletion -ThrottleLimit 50)
        if ($replies.Count -ne 200) { throw "$($replies.Count) replies" }
        $clock.Elapsed.TotalSeconds
    }
    Add-Row '200 calls of 200 ms, 50 at a time' (Get-Median $Many) s 1.5

    # The server sends a chunk every 20 ms: what a chunk comes later than 20 ms after the one before, it lost on the way.
    Set-Configuration -BaseUrl $Streaming.Url
    $Gaps = New-Object System.Collections.ArrayList
    foreach ($i in 1..5) {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        New-ChatCompletion -Messages ('word ' * 30) -Model gpt-4o-mini -StreamText | ForEach-Object {
            [void]$Gaps.Add($clock.Elapsed.TotalMilliseconds)
            $clock.Restart()
        }
    }
    Add-Row 'streamed text, later than sent' ([math]::Max(0, (Get-Median $Gaps) - 20)) ms 3

    Set-Configuration -BaseUrl $Server.Url
    [System.GC]::Collect()
    $Process = Get-Process -Id $PID
    $Before = $Process.WorkingSet64
    $WorkerBefore = (Get-PSBridgeStatus).WorkerMemory
    foreach ($i in 1..10000) { $null = Initialize-ChatCompletionRequestUserMessage -Content "call $i" -Role user }
    [System.GC]::Collect()
    $Process.Refresh()
    Add-Row '10,000 builder calls, growth of PowerShell' (($Process.WorkingSet64 - $Before) / 1MB) MB 20
    Add-Row '10,000 builder calls, growth of the worker' (((Get-PSBridgeStatus).WorkerMemory - $WorkerBefore) / 1MB) MB 20
}
finally {
    if (Get-Module PSBridge) { Remove-Module PSBridge }
    foreach ($one in $Server, $Slow, $Streaming) { $one.Process.StandardInput.Close() }
}

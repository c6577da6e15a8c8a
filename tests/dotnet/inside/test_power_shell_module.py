"""A hosted PowerShell session does what the module does, cmdlet by cmdlet and stream by stream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.dotnet import PowerShellSession
from psbridge.install_module import source
from psbridge.offline import OfflineServer

ASK = "New-ChatCompletion -Messages hi -Model gpt-4o"


@pytest.fixture
def other() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


SHAPES = """
param($path)
function Get-Shape($command) {
    $parameters = foreach ($one in $command.Parameters.Values | Sort-Object Name) {
        $sets = foreach ($set in $one.ParameterSets.GetEnumerator() | Sort-Object Key) {
            $in = $set.Value
            "$($set.Key) $($in.Position) $($in.IsMandatory) $($in.ValueFromPipeline) " +
            $in.ValueFromPipelineByPropertyName
        }
        $attributes = ($one.Attributes | ForEach-Object { $_.GetType().Name } | Sort-Object) -join ' '
        $about = "$($one.ParameterType) $($one.Aliases | Sort-Object) {$attributes}"
        "$($one.Name) $about " + ($sets -join ', ')
    }
    @($command.DefaultParameterSet, "$($command.OutputType.Name)") + $parameters -join "`n"
}
$own = @{}
foreach ($one in Import-Module $path -PassThru -Prefix Own | ForEach-Object { $_.ExportedFunctions.Values }) {
    $own[$one.Name -replace '-Own', '-'] = Get-Shape $one
}
Remove-Module PSBridge
$own.Count
foreach ($name in $own.Keys) {
    $mine = Get-Command $name -CommandType Function -ErrorAction SilentlyContinue
    if ($null -eq $mine -or (Get-Shape $mine) -cne $own[$name]) { $name }
}
"""


def test_every_cmdlet_of_the_module_is_there_with_its_parameters(session: PowerShellSession) -> None:
    count, *others = session.run(SHAPES, [str(source() / "PSBridge.psd1")]).output
    assert count > 300 and others == []


def test_a_block_with_a_connection_runs_where_the_script_is(
    server: OfflineServer, other: OfflineServer, session: PowerShellSession
) -> None:
    """It sets the script's variables, reads the connection's settings, and what it sets ends with it."""
    script = f"""
    $c = New-ChatConnection -BaseUrl {other.base_url} -AccessToken sk-other
    $x = 1
    function f($own) {{ Use-ChatConnection $c {{ $own = 'new' }}; $own }}
    Use-ChatConnection $c {{
        $x = 2
        $y = (Get-Configuration).BaseUrl
        Set-Configuration -Organization inside
        $z = (Get-Configuration).Organization
    }}
    $x; $y; $z; (Get-Configuration).Organization; (f old)
    """
    assert session.run(script).output == [2, other.base_url, "inside", None, "new"]


def test_what_is_behind_a_block_goes_by_its_own_connection(
    server: OfflineServer, other: OfflineServer, session: PowerShellSession
) -> None:
    script = f"""
    $c = New-ChatConnection -BaseUrl {other.base_url} -AccessToken sk-other
    Use-ChatConnection $c {{ 1..2 | ForEach-Object {{ {ASK} }} }} | ForEach-Object {{ $null = {ASK} }}
    Use-ChatConnection $c {{ 1..9 }} | Select-Object -First 1
    $null = {ASK}
    try {{ Use-ChatConnection $c {{ Use-ChatConnection $c {{ throw 'x' }} }} }} catch {{ }}
    $null = {ASK}
    """
    session.run(script)
    assert (len(other.requests), len(server.requests)) == (2, 4)


@pytest.mark.parametrize("key", ["sk-other", "{ 'sk-other' }"])
def test_what_the_module_does_for_a_session_goes_by_the_same_connection(
    key: str, server: OfflineServer, other: OfflineServer, session: PowerShellSession
) -> None:
    """Answers of a script's class, jobs, tools."""
    script = f"""
    class Answer {{ [string] $city }}
    function Get-Stock {{ param([string] $Item) 3 }}
    $c = New-ChatConnection -BaseUrl {other.base_url} -AccessToken {key}
    $null = {ASK} -As ([Answer]) -MaxRepair 0 -Connection $c -ErrorAction SilentlyContinue
    $null = {ASK} -AsJob -Connection $c | Receive-Job -Wait -AutoRemoveJob
    Use-ChatConnection $c {{
        $null = {ASK} -As ([Answer]) -MaxRepair 0 -ErrorAction SilentlyContinue
        $null = {ASK} -Tools (New-ChatTool Get-Stock) -InvokeTools Auto
        $null = {ASK} -AsJob | Receive-Job -Wait -AutoRemoveJob
    }}
    """
    session.run(script)
    assert not server.requests
    assert len(other.requests) >= 5
    assert len({request.headers["authorization"] for request in other.requests}) == 1


def test_a_script_block_that_gives_no_key_in_time_is_stopped(
    server: OfflineServer, session: PowerShellSession
) -> None:
    script = f"""
    $c = New-ChatConnection -BaseUrl {server.base_url} -TimeoutSec 1 -AccessToken {{
        Start-Sleep 3600
        'sk-late'
    }}
    try {{ {ASK} -Connection $c }} catch {{ $_.FullyQualifiedErrorId }}
    """
    assert session.run(script).output == ["PSBridge.DeadlineExceeded,New-ChatCompletion"]
    assert not server.requests


def test_what_a_keys_script_block_sets_is_nothing_of_the_cmdlets(
    server: OfflineServer, session: PowerShellSession
) -> None:
    """Not even under the names that the functions use themselves, for an item behind the first."""
    names = ("given", "answer", "line", "clean", "through", "limited", "inner", "late", "name")
    sets = "; ".join(f"${name} = 'mine'" for name in names)
    script = f"""
    $c = New-ChatConnection -BaseUrl {server.base_url} -AccessToken {{ {sets}; 'sk-block' }}
    'a', 'b', 'c' | New-ChatCompletion -Model gpt-4o -ThrottleLimit 2 -Connection $c | ForEach-Object Role
    'a', 'b' | New-ChatCompletion -Model gpt-4o -Connection $c | ForEach-Object Role
    """
    assert session.run(script).output == ["assistant"] * 5
    assert len({request.headers["authorization"] for request in server.requests}) == 1


def test_what_a_keys_script_block_says_is_the_cmdlets(
    server: OfflineServer, session: PowerShellSession
) -> None:
    script = f"""
    $c = New-ChatConnection -BaseUrl {server.base_url} -AccessToken {{
        Write-Error soft; Write-Warning careful; Write-Host hello
        'sk-vault'
    }}
    $null = {ASK} -Connection $c -ErrorVariable errors -WarningVariable warnings -InformationVariable said
    "$errors $warnings $said"
    """
    assert session.run(script).output == ["soft careful hello"]
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", [ASK, "'hi' | New-ChatCompletion -Model gpt-4o -ThrottleLimit 2"])
def test_verbose_and_debug_show_what_the_log_has(
    call: str, server: OfflineServer, session: PowerShellSession
) -> None:
    """Each what it asks for, and afterwards nobody hears anything."""
    verbose = session.run(f"$null = {call} -Verbose")
    assert any(" -> 200, request id " in line for line in verbose.verbose) and not verbose.debug
    debug = session.run(f"$null = {call} -Debug")
    assert any("request body: " in line for line in debug.debug)
    assert not any(" -> 200" in line for line in debug.verbose)
    assert all("sk-test" not in line for line in verbose.verbose + debug.debug)
    quiet = session.run(f"$null = {call}")
    assert (quiet.verbose, quiet.debug) == ([], [])


def test_a_run_that_is_only_shown_sends_nothing(server: OfflineServer, session: PowerShellSession) -> None:
    session.run("$null = 'a', 'b' | Invoke-ChatCompletionRun -Model gpt-4o -WhatIf")
    assert not server.requests


def test_the_modules_own_cmdlets_are_there(session: PowerShellSession) -> None:
    script = "(Connect-PSBridge -PassThru).State; (New-OfflineFault -Status 429).PSObject.TypeNames[0]"
    assert session.run(script).output == ["Running", "PSBridge.OfflineFault"]


def test_what_to_do_about_a_failed_call_outlives_clixml(session: PowerShellSession) -> None:
    script = """
    $c = New-ChatConnection -BaseUrl http://127.0.0.1:1/v1 -AccessToken sk -MaxRetryCount 0
    try { New-ChatCompletion -Messages hi -Model m -Connection $c } catch { $failure = $_ }
    $text = [System.Management.Automation.PSSerializer]::Serialize($failure, 2)
    $again = [System.Management.Automation.PSSerializer]::Deserialize($text)
    $failure.ErrorDetails.RecommendedAction
    $again.ErrorDetails.RecommendedAction
    """
    before, after = session.run(script).output
    assert "BaseUrl" in before and after == before

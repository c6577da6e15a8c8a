"""A pipeline that is stopped, as Ctrl+C does it, or whose worker dies: nothing of it stays under way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dotnet.finding import with_power_shell

from .server import Telling
from .test_interfaces import MODULE, SHELL, UNDER_WAY, environment, telling

__all__ = ["telling"]

STOPPED = (
    UNDER_WAY
    + """
{before}
$items = 1..4 | ForEach-Object {{
    @{{ model = 'm'; messages = @(@{{ role = 'user'; content = "wait 60 $_" }}) }}
}}
$shell = [powershell]::Create()
$null = $shell.AddScript('param($items) {quoted}; $items | New-ChatCompletion -ThrottleLimit 2')
$null = $shell.AddArgument($items)
$begun = $shell.BeginInvoke()
while (-not (Test-Path '{marker}')) {{ Start-Sleep -Milliseconds 50 }}
$shell.Stop()
$seen = @("$($shell.InvocationStateInfo.State)", (Get-UnderWay))
'outcomes:' + (ConvertTo-Json $seen -Compress)
"""
)
DEAD = (
    UNDER_WAY
    + """
{before}
$items = 1..2 | ForEach-Object {{
    @{{ model = 'm'; messages = @(@{{ role = 'user'; content = "wait 60 $_" }}) }}
}}
$worker = (Get-PSBridgeStatus).ProcessId
if (-not $worker) {{ $null = Initialize-ChatCompletionRequestUserMessage -Content a -Role user }}
$worker = (Get-PSBridgeStatus).ProcessId
$killer = [powershell]::Create()
$null = $killer.AddScript('param($marker, $id)
    while (-not (Test-Path $marker)) {{ Start-Sleep -Milliseconds 50 }}
    Stop-Process -Id $id -Force').AddArgument('{marker}').AddArgument($worker)
$null = $killer.BeginInvoke()
$seen = @($items | New-ChatCompletion -ThrottleLimit 2 2>&1 | ForEach-Object {{ $_.FullyQualifiedErrorId }})
$seen += Get-UnderWay
'outcomes:' + (ConvertTo-Json $seen -Compress)
"""
)


ABANDONED = (
    UNDER_WAY
    + """
{before}
try {{
    1..3 | ForEach-Object {{
        while ($_ -eq 3 -and -not (Test-Path '{marker}')) {{ Start-Sleep -Milliseconds 50 }}
        if ($_ -eq 3) {{ throw 'upstream' }}
        @{{ model = 'm'; messages = @(@{{ role = 'user'; content = "wait 60 $_" }}) }}
    }} | New-ChatCompletion -ThrottleLimit 2
}}
catch {{ $seen = @("$_") }}
$seen += Get-UnderWay
'outcomes:' + (ConvertTo-Json $seen -Compress)
"""
)


def outcomes_in(done: subprocess.CompletedProcess[str]) -> list[str]:
    told = [line for line in done.stdout.splitlines() if line.startswith("outcomes:")]
    assert told, done.stdout + done.stderr
    outcomes: list[str] = json.loads(told[0].partition(":")[2])
    return outcomes


def run_until(script: str, transport: str, telling: tuple[Telling, str], folder: Path) -> list[str]:
    """What a script tells, for which the file `{marker}` is made when two requests are under way."""
    if SHELL is None:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    handler, url = telling
    marker = folder / "under way"
    before = f"Import-Module '{MODULE}'"
    if transport == "InProcess":
        pytest.importorskip("pythonnet")
        before += "; Connect-PSBridge -InProcess"
    text = script.format(before=before, quoted=before.replace("'", "''"), marker=marker)
    shell = subprocess.Popen(
        [SHELL, "-NoProfile", "-NonInteractive", "-Command", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, **environment(url), "PSBRIDGE_PYTHON": sys.executable, "NO_COLOR": "1"},
    )
    try:
        while shell.poll() is None and handler.now < 2:
            time.sleep(0.02)
        marker.touch()
        output, errors = shell.communicate(timeout=300)
    finally:
        shell.kill()
    return outcomes_in(subprocess.CompletedProcess(shell.args, shell.returncode, output, errors))


@pytest.mark.parametrize("transport", ["Process", "InProcess"])
def test_a_stopped_pipeline_leaves_nothing_under_way(
    transport: str, telling: tuple[Telling, str], tmp_path: Path
) -> None:
    """As after Ctrl+C, which stops the pipeline: its requests end, and the module serves on."""
    assert run_until(STOPPED, transport, telling, tmp_path) == ["Stopped", "left:0"]


@pytest.mark.parametrize("transport", ["Process", "InProcess"])
def test_the_next_call_ends_a_pipeline_whose_source_threw(
    transport: str, telling: tuple[Telling, str], tmp_path: Path
) -> None:
    """PowerShell does not tell the cmdlet; what it had under way ends all the same."""
    assert run_until(ABANDONED, transport, telling, tmp_path) == ["upstream", "left:0"]


def test_each_item_of_a_dead_worker_has_an_error(telling: tuple[Telling, str], tmp_path: Path) -> None:
    """And the next call has a new worker."""
    lost = ["PSBridge.WorkerEnded,New-ChatCompletion"] * 2
    assert run_until(DEAD, "Process", telling, tmp_path) == [*lost, "left:0"]


CANCELLED = """
import json, threading, time
import psbridge as ps
from psbridge.client import Cancellation
from psbridge.client.errors import CallCancelledError
from psbridge.dotnet import PowerShellSession

def under_way():
    request = {"model": "m", "messages": [{"role": "user", "content": "under way"}]}
    return ps.New_ChatCompletion(request).choices[0].message.content

def watch():
    while under_way() != "2":
        time.sleep(0.02)
    cancellation.cancel()

items = [{"model": "m", "messages": [{"role": "user", "content": f"wait 60 {n}"}]} for n in range(4)]
cancellation = Cancellation()
with PowerShellSession() as session:
    threading.Thread(target=watch).start()
    try:
        session.run("$input | New-ChatCompletion -ThrottleLimit 2", input=items, cancellation=cancellation)
        told = "ended"
    except CallCancelledError:
        told = "cancelled"
    for _ in range(100):
        left = under_way()
        if left == "0":
            break
        time.sleep(0.1)
    print("outcomes:" + json.dumps([told, "left:" + left]))
"""


def test_a_cancelled_script_leaves_nothing_under_way(telling: tuple[Telling, str], tmp_path: Path) -> None:
    """In a hosted session, where the host stops the pipeline."""
    done = subprocess.run(
        [sys.executable, "-c", CANCELLED],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        env={**with_power_shell(), **environment(telling[1])},
        check=False,
    )
    assert outcomes_in(done) == ["cancelled", "left:0"]

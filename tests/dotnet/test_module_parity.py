"""The PSBridge module, in a PowerShell of its own, sends and fails as the Python cmdlets do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chatapi.parity import CASES, by_cmdlets, check

from psbridge.offline import OfflineServer

from .finding import REPO, environment

MODULE = REPO / "powershell" / "PSBridge" / "PSBridge.psd1"

# Reads a case's parameters from each line and answers with the error id, or an empty line.
SCRIPT = """
$ErrorActionPreference = 'Stop'
Import-Module $env:PARITY_MODULE
Connect-PSBridge -PythonPath $env:PARITY_PYTHON -InProcess:($env:PARITY_TRANSPORT -eq 'in process')
Set-Configuration -BaseUrl $env:PARITY_URL -AccessToken sk-test -MaxRetryCount 0
while ($null -ne ($line = [Console]::In.ReadLine())) {
    $p = $line | ConvertFrom-Json -AsHashtable -DateKind String
    $id = ''
    try { $null = New-ChatCompletion (Initialize-CreateChatCompletionRequest @p) }
    catch { $id = $_.FullyQualifiedErrorId.Split(',')[0] }
    [Console]::Out.WriteLine("answer:$id")
}
"""


@pytest.mark.parametrize("transport", ["child process", "in process"])
def test_the_module_sends_the_same_and_fails_the_same(
    server: OfflineServer, tmp_path: Path, transport: str
) -> None:
    program = shutil.which("pwsh")
    if program is None:
        pytest.skip("no pwsh on the path")
    script = tmp_path / "parity.ps1"
    script.write_text(SCRIPT)
    if transport == "in process":
        pytest.importorskip("pythonnet")
    env = environment(
        PARITY_MODULE=str(MODULE),
        PARITY_PYTHON=sys.executable,
        PARITY_URL=server.base_url,
        PARITY_TRANSPORT=transport,
    )
    env.pop("PYTHONWARNINGS")
    shell = subprocess.Popen(
        [program, "-NoProfile", "-NonInteractive", "-File", str(script)],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    asked, answered = shell.stdin, shell.stdout

    def by_module(parameters: dict[str, Any]) -> str | None:
        asked.write(json.dumps(parameters) + "\n")
        asked.flush()
        told = []
        for line in answered:
            if line.startswith("answer:"):
                return line.removeprefix("answer:").strip() or None
            told.append(line)
        raise AssertionError("".join(told))

    try:
        for case in CASES:
            check(case, server, by_module, check(case, server, by_cmdlets, None))
    finally:
        shell.stdin.close()
        shell.wait(timeout=30)
        shell.stdout.close()

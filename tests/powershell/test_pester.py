"""The Pester files beside this one, each in a PowerShell of its own.

`PSBRIDGE_PWSH` names the PowerShell; without it `pwsh` or `powershell` on the path is taken. Skipped where
there is none, or where it has no Pester 5.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SHELL = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh") or shutil.which("powershell")
ENDED = """
$configuration = New-PesterConfiguration
$configuration.Run.Path = '{path}'
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$configuration.Output.CIFormat = 'None'
$configuration.Output.RenderMode = 'Plaintext'
$result = Invoke-Pester -Configuration $configuration
if ($result.Result -ne 'Passed' -or $result.PassedCount + $result.SkippedCount -eq 0) {{ exit 1 }}
"""


def environment() -> dict[str, str]:
    """This process's, without what would reach a real service, and with this Python as the worker's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("OPENAI_", "AZURE_OPENAI_")) and not name.upper().endswith("_PROXY")
    }
    return {**kept, "PSBRIDGE_PYTHON": sys.executable, "NO_COLOR": "1", "POWERSHELL_TELEMETRY_OPTOUT": "1"}


def run(command: str, timeout: float = 600, **more: str) -> subprocess.CompletedProcess[str]:
    assert SHELL is not None
    return subprocess.run(
        [SHELL, "-NoProfile", "-NonInteractive", "-Command", command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        env={**environment(), **more},
        check=False,
    )


@cache
def reason_to_skip() -> str | None:
    if SHELL is None:
        return "no PowerShell: set PSBRIDGE_PWSH"
    found = run("if (Get-Module Pester -ListAvailable | Where-Object Version -ge 5.3) { 'yes' }")
    return None if "yes" in found.stdout else "this PowerShell has no Pester 5"


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.Tests.ps1")))
def test_pester(name: str) -> None:
    """Every test of the file passes in a real PowerShell."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    done = run(ENDED.format(path=str(HERE / name).replace("'", "''")))
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.parametrize(
    "name",
    [
        "Chat.Tests.ps1",
        "Connections.Tests.ps1",
        "Objects.Tests.ps1",
        "Page.Tests.ps1",
        "Runspaces.Tests.ps1",
        "Secrets.Tests.ps1",
        "Tools.Tests.ps1",
    ],
)
def test_pester_in_process(name: str) -> None:
    """The same tests with Python inside PowerShell: whatever a script can see is the same."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    pytest.importorskip("pythonnet")
    done = run(ENDED.format(path=str(HERE / name).replace("'", "''")), PSBRIDGE_TEST_INPROCESS="1")
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]

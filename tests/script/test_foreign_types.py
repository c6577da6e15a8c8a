"""A type that the interpreter does not know is .NET's own, where pythonnet and a runtime are there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
$bits = [System.Collections.BitArray]::new(8)
$bits.Set(3, $true)
"$($bits.Get(3)) $($bits.Length) $($bits.GetType().Name)"
try { [System.Threading.Barrier]::new(-1) } catch { $_.FullyQualifiedErrorId }
try { [No.Such.Type]::Member } catch { $_.FullyQualifiedErrorId }
"""


def _runtime() -> bool:
    if importlib.util.find_spec("pythonnet") is None:
        return False
    from psbridge.dotnet.runtime import dotnet_root

    return dotnet_root(None) is not None


def _ran(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    script = folder / "types.ps1"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "psbridge", "run-script", *options, str(script)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(not _runtime(), reason="no pythonnet, or no .NET runtime")
def test_a_type_that_only_dotnet_knows_works_through_it(tmp_path: Path) -> None:
    ran = _ran(tmp_path)
    assert ran.stdout.splitlines() == ["True 8 BitArray", "ArgumentOutOfRangeException", "TypeNotFound"]
    assert ran.returncode == 0


def test_a_session_that_refuses_something_does_not_reach_for_dotnet(tmp_path: Path) -> None:
    ran = _ran(tmp_path, "--read-only")
    assert "Unable to find type [System.Collections.BitArray]." in ran.stderr
    assert "True 8" not in ran.stdout

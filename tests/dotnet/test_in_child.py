"""A process can load one .NET runtime, once: each file of `inside` runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .finding import REPO, with_dotnet, with_power_shell

INSIDE = Path(__file__).parent / "inside"


@pytest.mark.parametrize("file", sorted(file.name for file in INSIDE.glob("test_*.py")))
def test_in_a_process_with_dotnet(file: str) -> None:
    hosts = "power_shell" in file
    env = with_power_shell() if hosts else with_dotnet()
    env["INSIDE_DOTNET"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(INSIDE / file)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, cwd=REPO)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert done.stderr == ""

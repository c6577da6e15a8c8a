"""Which .NET and which PowerShell the tests can use, as the environment of a child process; or why none."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from psbridge.dotnet.failures import RuntimeNotFoundError
from psbridge.dotnet.pshome import PowerShellHome, find_pshome
from psbridge.dotnet.runtime import dotnet_root

REPO = Path(__file__).resolve().parents[2]


@cache
def packed_dotnet() -> dict[str, str] | None:
    """The environment for an SDK that is packed beside the project, where there is one."""
    script = REPO.parent / "shared" / "dotnet" / "use-dotnet.sh"
    if sys.platform != "linux" or not script.is_file():
        return None
    command = f'eval "$("{script}")" && env -0'
    told = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout.decode()
    return dict(line.split("=", 1) for line in told.split("\0") if "=" in line)


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what would change a call."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("OPENAI_", "AZURE_OPENAI_", "PYTHONNET_", "PSBRIDGE_"))
        and not name.upper().endswith("_PROXY")
    }
    return {**kept, "PYTHONPATH": str(REPO), "PYTHONWARNINGS": "error", **more}


@cache
def power_shell() -> PowerShellHome | None:
    """A PowerShell to host, or None."""
    try:
        home = find_pshome()
    except RuntimeNotFoundError:
        return None
    return home if dotnet_root(home) is not None else None


def with_dotnet() -> dict[str, str]:
    """The environment of a child that loads .NET; skips where there is none."""
    if importlib.util.find_spec("pythonnet") is None:
        pytest.skip("pythonnet is not installed (the extra 'dotnet')")
    if dotnet_root() is not None:
        return environment()
    packed = packed_dotnet()
    if packed is None:
        pytest.skip("no .NET runtime was found on this machine")
    return environment(DOTNET_ROOT=packed["DOTNET_ROOT"])


def with_power_shell() -> dict[str, str]:
    """The environment of a child that hosts PowerShell; skips where there is none."""
    if importlib.util.find_spec("pythonnet") is None:
        pytest.skip("pythonnet is not installed (the extra 'dotnet')")
    home = power_shell()
    if home is None:
        pytest.skip("no PowerShell 7 with its .NET runtime was found on this machine")
    root = dotnet_root(home)
    return environment(PSBRIDGE_PSHOME=str(home.path), DOTNET_ROOT=str(root))


def run(code: str, env: dict[str, str], seconds: float = 100) -> subprocess.CompletedProcess[str]:
    """Run Python code in a child; its output and errors."""
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=seconds, cwd=REPO
    )

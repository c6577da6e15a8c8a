"""examples/csharp builds and runs: a C# program that embeds psbridge and calls ChatApi."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from psbridge.offline import Fault, OfflineServer, fingerprint

from .finding import REPO, environment, packed_dotnet

KEY = "sk-test-0123456789abcdef"


def sdk() -> dict[str, str]:
    """The environment of a child that has the .NET SDK; skips where there is none."""
    packed = packed_dotnet()
    if packed is not None:
        names = ("DOTNET_ROOT", "PATH", "RestoreConfigFile", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT")
        return environment(**{name: packed[name] for name in names if name in packed})
    program = shutil.which("dotnet")
    listed = (
        ""
        if program is None
        else subprocess.run([program, "--list-sdks"], capture_output=True, text=True).stdout
    )
    if not any(
        line.split(".")[0].isdigit() and int(line.split(".")[0]) >= 10 for line in listed.splitlines()
    ):
        pytest.skip("no .NET 10 SDK was found on this machine")
    return environment()


def python_library() -> Path:
    """Python's shared library; skips where Python has none."""
    folder = Path(sys.base_prefix) if os.name == "nt" else Path(sysconfig.get_config_var("LIBDIR") or "")
    name = f"python{sys.version_info.major}{sys.version_info.minor}.dll"
    library = folder / (name if os.name == "nt" else sysconfig.get_config_var("INSTSONAME") or "")
    if not library.is_file() or library.suffix == ".a":
        pytest.skip("this Python has no shared library to embed")
    return library


@pytest.fixture
def program(tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """The built example and the environment it runs in."""
    found = importlib.util.find_spec("pythonnet")
    if found is None or found.origin is None:
        pytest.skip("pythonnet is not installed (the extra 'dotnet')")
    env = sdk()
    library = python_library()
    for name in ("ChatConsole.csproj", "Program.cs"):
        shutil.copy(REPO / "examples" / "csharp" / name, tmp_path / name)
    runtime = Path(found.origin).parent / "runtime"
    command = ["dotnet", "build", "-nologo", "-v", "quiet", f"-p:PythonNet={runtime}", "-o", "out"]
    env |= {"DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1", "MSBUILDDISABLENODEREUSE": "1"}
    built = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=400)
    assert built.returncode == 0, built.stdout
    env |= {"PYTHONNET_PYDLL": str(library), "PSBRIDGE_PYTHON": sys.executable, "OPENAI_API_KEY": KEY}
    return ["dotnet", str(tmp_path / "out" / "ChatConsole.dll"), "What is a cmdlet?"], env


def test_a_csharp_program_calls_chat_api_in_process(program: tuple[list[str], dict[str, str]]) -> None:
    command, env = program
    with OfflineServer() as server:
        env["OPENAI_BASE_URL"] = server.base_url
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=100)
        assert (done.returncode, done.stderr) == (0, "")
        assert "You said: What is a cmdlet?" in done.stdout
        assert server.requests[-1].json == {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "What is a cmdlet?"}],
            "temperature": 0.5,
        }
        assert fingerprint(KEY) in server.requests[-1].headers["authorization"]
        server.faults.add(Fault(status=400, times=1))
        failed = subprocess.run(command, env=env, capture_output=True, text=True, timeout=100)
        assert failed.returncode == 1
        assert failed.stderr.startswith("PSBridge.BadRequest: HTTP 400")
        assert failed.stderr.count("\n") == 1

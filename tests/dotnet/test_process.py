"""Finding, refusing and leaving: what a process with .NET in it does at its edges."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from psbridge.dotnet.failures import RuntimeNotFoundError
from psbridge.dotnet.pshome import SMA, find_pshome

from .finding import environment, run, with_dotnet, with_power_shell


def fake_home(folder: Path, options: dict[str, object] | None = None) -> Path:
    """A folder that looks like $PSHOME."""
    folder.mkdir(parents=True)
    (folder / SMA).write_bytes(b"")
    framework = {"name": "Microsoft.NETCore.App", "version": "9.0.0"}
    chosen = options or {"tfm": "net9.0", "framework": framework}
    (folder / "pwsh.runtimeconfig.json").write_text(json.dumps({"runtimeOptions": chosen}))
    return folder


def executable(file: Path, text: str = "") -> Path:
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PSBRIDGE_PSHOME", raising=False)


def test_pshome_is_the_folder_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = fake_home(tmp_path / "pwsh")
    assert find_pshome(home).framework["version"] == "9.0.0"
    monkeypatch.setenv("PSBRIDGE_PSHOME", str(home))
    assert find_pshome().path == home
    monkeypatch.setenv("PSBRIDGE_PSHOME", str(tmp_path))
    with pytest.raises(RuntimeNotFoundError, match="PSBRIDGE_PSHOME is"):
        find_pshome()


@pytest.mark.skipif(os.name == "nt", reason="symbolic links and shell scripts")
def test_pshome_is_found_through_a_link_and_through_a_wrapper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = fake_home(tmp_path / "pwsh")
    program = executable(home / "pwsh")
    path = tmp_path / "bin"
    path.mkdir()
    (path / "pwsh").symlink_to(program)
    monkeypatch.setenv("PATH", str(path), prepend=os.pathsep)
    assert find_pshome().path == home
    (path / "pwsh").unlink()
    runtime = tmp_path / "dotnet/shared/Microsoft.NETCore.App/9.0.1"
    executable(path / "pwsh", f"#!/bin/sh\necho {home}\necho {runtime}\n")
    found = find_pshome()
    assert (found.path, found.dotnet_root) == (home, tmp_path / "dotnet")


def test_a_self_contained_powershell_names_its_framework(tmp_path: Path) -> None:
    included = [{"name": "Microsoft.NETCore.App", "version": "10.0.1"}]
    home = fake_home(tmp_path / "own", {"tfm": "net10.0", "includedFrameworks": included})
    assert find_pshome(home).framework == included[0]


NOWHERE = "No .NET runtime was found. Install .NET"


def test_without_dotnet_a_sentence_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import psbridge.dotnet.runtime as r, psbridge.dotnet as d\n"
        "r._usual_roots = lambda: []\n"
        "r._has_mono = lambda: False\n"
        "try: d.to_dotnet(1)\n"
        "except d.RuntimeNotFoundError as e: print(e.message, e.category)\n"
    )
    pytest.importorskip("pythonnet")
    env = environment(PATH=str(tmp_path))
    env.pop("DOTNET_ROOT", None)
    done = run(code, env)
    assert NOWHERE in done.stdout, done.stderr
    assert "NotInstalled" in done.stdout


def test_without_pythonnet_a_sentence_says_what_to_install() -> None:
    code = (
        "import importlib.util as u, psbridge.dotnet as d\n"
        "found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pythonnet' else found(name, *rest)\n"
        "try: d.load()\n"
        "except d.RuntimeNotFoundError as e: print(e.message)\n"
    )
    done = run(code, environment())
    assert "pip install 'psbridge[dotnet]'" in done.stdout, done.stderr


def test_importing_psbridge_dotnet_loads_no_runtime() -> None:
    done = run(
        "import psbridge, psbridge.dotnet, sys; print('clr' in sys.modules, 'pythonnet' in sys.modules)",
        environment(),
    )
    assert done.stdout == "False False\n", done.stderr


LEAVING = {
    "from a thread with values alive": (
        "import threading\n"
        "kept = [d.to_dotnet({'a': [i]}) for i in range(1000)]\n"
        "t = threading.Thread(target=lambda: [d.from_dotnet(d.to_dotnet({'a': 1})) for _ in range(200)])\n"
        "t.start(); t.join()"
    ),
    "after an exception of .NET": (
        "from psbridge.dotnet import edge\n"
        "try: edge.net('System.Int32').Parse('x')\n"
        "except Exception: raise SystemExit(3)"
    ),
}


@pytest.mark.parametrize("way", LEAVING)
def test_a_process_with_dotnet_ends_quietly(way: str) -> None:
    code = f"import psbridge.dotnet as d\nd.load()\n{LEAVING[way]}\nprint('end')"
    done = run(code, with_dotnet())
    assert done.stderr == ""
    assert done.returncode == (3 if "SystemExit" in code else 0)


HOSTING = {
    "with a session open that a thread used": (
        "import threading\nt = threading.Thread(target=lambda: s.run('$x = 1'))\nt.start(); t.join()"
    ),
    "by an exception while a script runs": (
        "import threading, time\n"
        "def work():\n"
        "    try: s.run('Start-Sleep 60')\n"
        "    except Exception: pass\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        "time.sleep(0.5)\n"
        "raise SystemExit(3)"
    ),
}


@pytest.mark.parametrize("way", HOSTING)
def test_a_process_that_hosts_powershell_ends_quietly(way: str) -> None:
    code = (
        f"import psbridge.dotnet as d\ns = d.PowerShellSession(cmdlets=False)\n{HOSTING[way]}\nprint('end')"
    )
    done = run(code, with_power_shell())
    assert done.stderr == ""
    assert done.returncode == (3 if "SystemExit" in code else 0)


FLAT = """
import gc, resource, sys
import psbridge.dotnet as d
from psbridge.dotnet import edge
d.load()
edge.net("System.Collections.Hashtable")
def calls(count):
    for _ in range(count // 10):
        d.from_dotnet(d.to_dotnet({"a": 1, "b": ["x", 2.5, None]}))
def memory():
    gc.collect(); edge.net("System.GC").Collect(); edge.net("System.GC").WaitForPendingFinalizers()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
calls(100_000)  # .NET compiles anew what is used much, and its heap grows to what it needs
before = memory()
calls(100_000)
print(memory() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc/self/statm")
def test_memory_stays_flat_over_100_000_calls() -> None:
    """Each round trip makes over ten calls through pythonnet; a leak of 200 bytes a call would show."""
    done = run(FLAT, with_dotnet())
    assert done.stderr == ""
    assert int(done.stdout) < 20_000_000

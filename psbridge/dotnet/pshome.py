"""Where PowerShell lives, and which .NET it needs. Looks at files and asks `pwsh`; loads nothing.

Source: PowerShell's `pwsh.runtimeconfig.json`; $PSHOME is the folder of System.Management.Automation.dll.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .failures import RuntimeNotFoundError

SMA = "System.Management.Automation.dll"
_ASK = "$PSHOME; [System.Runtime.InteropServices.RuntimeEnvironment]::GetRuntimeDirectory()"
_ASK_SECONDS = 60


@dataclass(frozen=True)
class PowerShellHome:
    """A PowerShell that can be hosted.

    Attributes:
        path: $PSHOME.
        framework: name and version of the .NET runtime it was built for, as a runtime configuration has them.
        tfm: its target framework, such as net10.0.
        dotnet_root: the .NET installation it is known to run on, or None.
    """

    path: Path
    framework: Mapping[str, str]
    tfm: str
    dotnet_root: Path | None = None


def find_pshome(path: str | os.PathLike[str] | None = None) -> PowerShellHome:
    """The PowerShell to host: `path`, else `PSBRIDGE_PSHOME`, else `pwsh` on the path or in a usual folder.

    Raises:
        RuntimeNotFoundError: there is none, or the folder named is no $PSHOME.
    """
    named = path if path is not None else os.environ.get("PSBRIDGE_PSHOME") or None
    if named is not None:
        home = _home(Path(named))
        if home is None:
            what = "the folder given" if path is not None else "PSBRIDGE_PSHOME"
            raise RuntimeNotFoundError(
                f"{what} is '{named}', but there is no {SMA} with a pwsh.runtimeconfig.json; "
                "it must be the folder that $PSHOME names in PowerShell 7."
            )
        return home
    for found in _candidates():
        return found
    raise RuntimeNotFoundError(
        "No PowerShell 7 was found: no pwsh on the path, none in the usual folders. Install PowerShell 7 "
        "(https://aka.ms/powershell), or set PSBRIDGE_PSHOME to the folder that $PSHOME names in it."
    )


def _candidates() -> Iterator[PowerShellHome]:
    command = shutil.which("pwsh")
    if command is not None:
        home = _home(Path(command).resolve().parent) or _asked(command)
        if home is not None:
            yield home
    for folder in _usual_folders():
        home = _home(folder)
        if home is not None:
            yield home


def _usual_folders() -> list[Path]:
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMW6432")]
        parents = [Path(root) / "PowerShell" for root in roots if root]
    elif sys.platform == "darwin":
        parents = [Path("/usr/local/microsoft/powershell")]
    else:
        parents = [Path("/opt/microsoft/powershell"), Path("/usr/lib/powershell"), Path("/snap/powershell")]
    parents.append(Path.home() / ".powershell")
    found: list[Path] = []
    for parent in parents:
        if parent.is_dir():
            inner = sorted(parent.iterdir(), key=lambda folder: _number(folder.name), reverse=True)
            found += [parent, *inner]
    return found


def _number(name: str) -> tuple[int, ...]:
    parts = name.partition("-")[0].split(".")
    return tuple(int(part) if part.isdigit() else -1 for part in parts)


def _home(folder: Path, dotnet_root: Path | None = None) -> PowerShellHome | None:
    if not (folder / SMA).is_file():
        return None
    try:
        options = json.loads((folder / "pwsh.runtimeconfig.json").read_text("utf-8-sig"))["runtimeOptions"]
        framework = _framework(options)
        return PowerShellHome(folder.resolve(), framework, options["tfm"], dotnet_root)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _framework(options: Mapping[str, Any]) -> dict[str, str]:
    """The base runtime of a configuration: framework-dependent, or self-contained (`includedFrameworks`)."""
    listed = options.get("frameworks") or options.get("includedFrameworks") or [options["framework"]]
    base = next((one for one in listed if one["name"] == "Microsoft.NETCore.App"), listed[0])
    return {"name": str(base["name"]), "version": str(base["version"])}


@cache
def _asked(command: str) -> PowerShellHome | None:
    """$PSHOME as a pwsh that is a script, a shim or an alias says itself."""
    try:
        told = subprocess.run(
            [command, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _ASK],
            capture_output=True,
            text=True,
            timeout=_ASK_SECONDS,
            stdin=subprocess.DEVNULL,
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    if len(told) != 2:
        return None
    home, runtime = Path(told[0].strip()), Path(told[1].strip())
    # <root>/shared/Microsoft.NETCore.App/<version>/; a self-contained PowerShell has its runtime in $PSHOME.
    root = runtime.parents[2] if runtime.parent.parent.name == "shared" else None
    return _home(home, root)

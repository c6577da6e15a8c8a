"""Loading one .NET runtime into this process, once: coreclr by choice, else .NET Framework or Mono.

A process cannot change its runtime nor start one again. The choice follows `PYTHONNET_RUNTIME` where that is
set, as pythonnet itself does; `PSBRIDGE_DOTNET_CONFIG` names a runtimeconfig.json to use instead of a written
one; `DOTNET_ROOT` says where .NET is.
"""

from __future__ import annotations

import atexit
import ctypes.util
import gc
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from . import edge
from .failures import DotNetError, RuntimeNotFoundError
from .pshome import PowerShellHome

_NETCORE = "Microsoft.NETCore.App"
_lock = threading.Lock()

INSTALL = (
    "Install .NET 8 or newer (https://dot.net) and set DOTNET_ROOT if it is not in a usual folder, "
    "or Mono on Linux and macOS."
)


def loaded() -> bool:
    """Whether a .NET runtime is loaded in this process, by psbridge, by pythonnet or by a host."""
    return "clr" in sys.modules


def load(home: PowerShellHome | None = None) -> None:
    """Load a .NET runtime, unless one is loaded already, and let every cmdlet take .NET values.

    Args:
        home: a PowerShell whose runtime it must be; None for the newest .NET there is.

    Raises:
        RuntimeNotFoundError: pythonnet or .NET is missing; the message says what to install.
        DotNetError: the runtime was found and did not start.
    """
    with _lock:
        if not loaded():
            if importlib.util.find_spec("pythonnet") is None:
                raise RuntimeNotFoundError(
                    "psbridge.dotnet needs pythonnet, which is not installed: pip install 'psbridge[dotnet]'."
                )
            atexit.register(gc.unfreeze)  # the last thing at the exit, for whoever has a file open still
            _start(home)
            edge.shorten_shutdown()
        from .adapt import accept_dotnet_arguments

        accept_dotnet_arguments()


def _start(home: PowerShellHome | None) -> None:
    chosen = os.environ.get("PYTHONNET_RUNTIME")
    try:
        if chosen is not None and chosen != "coreclr":
            edge.start_named(chosen)
            return
        root = dotnet_root(home)
        if root is not None:
            edge.start_coreclr(root, _configuration(root, home))
        elif home is None and sys.platform == "win32":
            edge.start_named("netfx")
        elif home is None and _has_mono():
            edge.start_named("mono")
        else:
            wanted = "" if home is None else f" {home.framework['version']} for the PowerShell in {home.path}"
            raise RuntimeNotFoundError(f"No .NET runtime{wanted} was found. {INSTALL}")
    except DotNetError:
        raise
    except Exception as error:
        raise DotNetError(f"The .NET runtime did not start: {error}. {INSTALL}") from error


def dotnet_root(home: PowerShellHome | None = None) -> Path | None:
    """The .NET installation to use: one with the runtime `home` needs, or with any; None for none."""
    roots = [home.dotnet_root] if home is not None else []
    if os.environ.get("DOTNET_ROOT"):
        roots.insert(0, Path(os.environ["DOTNET_ROOT"]))
    command = shutil.which("dotnet")
    if command is not None:
        roots.append(Path(command).resolve().parent)
    roots += _usual_roots()
    for root in roots:
        if root is not None and _fitting(root, home) is not None:
            return root
    return None


def _usual_roots() -> list[Path]:
    if sys.platform == "win32":
        return [Path(os.environ.get("PROGRAMFILES", "C:/Program Files")) / "dotnet"]
    told = Path("/etc/dotnet/install_location")
    named = [Path(told.read_text("utf-8").strip())] if told.is_file() else []
    folders = ("/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet")
    return [*named, *map(Path, folders), Path.home() / ".dotnet"]


def _fitting(root: Path, home: PowerShellHome | None) -> str | None:
    """The newest runtime under `root` that will do: for a PowerShell one of its major version."""
    folder = root / "shared" / _NETCORE
    if not (root / "host").is_dir() or not folder.is_dir():
        return None
    versions = sorted((_version(one.name), one.name) for one in folder.iterdir() if one.name[:1].isdigit())
    if home is not None:
        wanted = _version(home.framework["version"])
        versions = [one for one in versions if one[0][0] == wanted[0] and one[0] >= wanted]
    return versions[-1][1] if versions else None


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.partition("-")[0].split(".") if part.isdigit())


def _configuration(root: Path, home: PowerShellHome | None) -> Path:
    """A runtimeconfig.json: the one named in the environment, else one written for this process."""
    named = os.environ.get("PSBRIDGE_DOTNET_CONFIG") or os.environ.get("PYTHONNET_CORECLR_RUNTIME_CONFIG")
    if named:
        if not Path(named).is_file():
            raise RuntimeNotFoundError(f"PSBRIDGE_DOTNET_CONFIG names '{named}', which is not a file.")
        return Path(named)
    newest = _fitting(root, None) or ""
    framework = dict(home.framework) if home is not None else {"name": _NETCORE, "version": newest}
    tfm = home.tfm if home is not None else "net{}.{}".format(*_version(newest))
    properties: dict[str, Any] = {
        # pythonnet's shutdown needs no BinaryFormatter, and .NET 9 has none.
        "System.Runtime.Serialization.EnableUnsafeBinaryFormatterSerialization": False,
    }
    if sys.platform.startswith("linux") and not ctypes.util.find_library("icuuc"):
        properties["System.Globalization.Invariant"] = True  # without ICU, .NET would end the process
    options = {
        "tfm": tfm,
        "framework": framework,
        "rollForward": "LatestMinor",
        "configProperties": properties,
    }
    handle, name = tempfile.mkstemp(prefix="psbridge-", suffix=".runtimeconfig.json")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"runtimeOptions": options}, file)
    path = Path(name)
    atexit.register(path.unlink, missing_ok=True)
    return path


def _has_mono() -> bool:
    return ctypes.util.find_library("monosgen-2.0") is not None or shutil.which("mono") is not None

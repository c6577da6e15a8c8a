"""Puts the PowerShell module on a user's or a machine's module path: `psbridge install-module`.

The module comes with the package; this copies it where PowerShell looks. Knows the folders of Windows
PowerShell 5.1 and of PowerShell 7 on Windows, Linux and macOS, and nothing of what the module does.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .errors import PSBridgeError

NAME = "PSBridge"
SCOPES = ("user", "machine")


class InstallError(PSBridgeError):
    """The module could not be put in place."""

    default_error_id = "PSBridge.InstallFailed"
    default_category = "WriteError"


def source() -> Path:
    """The module's folder: inside the installed package, or beside it in a checkout.

    Raises:
        InstallError: this installation came without it.
    """
    package = Path(__file__).parent
    for folder in (package / "_powershell" / NAME, package.parent / "powershell" / NAME):
        if (folder / f"{NAME}.psd1").is_file():
            return folder
    raise InstallError(
        "This psbridge was installed without its PowerShell module; install it again with pip."
    )


def module_paths(scope: str = "user") -> list[Path]:
    """The folders PowerShell searches for modules of that scope; on Windows those of both PowerShells.

    Raises:
        InstallError: an unknown scope.
    """
    if scope not in SCOPES:
        raise InstallError(f"'{scope}' is no scope; it must be user or machine.", parameter="Scope")
    if sys.platform == "win32":
        if scope == "machine":
            base = Path(os.environ.get("ProgramFiles", r"C:\Program Files"))  # noqa: SIM112 its real name
        else:
            base = _documents()
        return [base / "WindowsPowerShell" / "Modules", base / "PowerShell" / "Modules"]
    if scope == "machine":
        return [Path("/usr/local/share/powershell/Modules")]
    data = os.environ.get("XDG_DATA_HOME")
    home = Path(data) if data else Path.home() / ".local" / "share"
    return [home / "powershell" / "Modules"]


def _documents() -> Path:
    """The Documents folder, which may have been moved (to OneDrive, to a share)."""
    if sys.platform == "win32":
        import winreg

        shell_folders = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, shell_folders) as key:
                return Path(os.path.expandvars(winreg.QueryValueEx(key, "Personal")[0]))
        except OSError:
            pass
    return Path.home() / "Documents"


def install_module(scope: str = "user", path: str | os.PathLike[str] | None = None) -> list[Path]:
    """Copy the module, replacing an earlier copy; returns the folders written.

    A copy is complete before it takes the place of the old one, and the old one is kept until then.

    Args:
        scope: "user" (default) or "machine"; ignored when `path` is given.
        path: a folder of modules to copy into instead, such as one named in PSModulePath.

    Raises:
        InstallError: an unknown scope, or a folder that cannot be written.
    """
    found = source()
    folders = [Path(path).expanduser().absolute()] if path is not None else module_paths(scope)
    return [_copied(found, folder / NAME) for folder in folders]


def _copied(found: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=target.parent))
    except OSError as error:
        raise InstallError(f"Cannot write into {target.parent}: {error.strerror or error}.") from None
    try:
        shutil.copytree(found, staging / "new")
        if target.exists():
            target.rename(staging / "old")
        try:
            (staging / "new").rename(target)
        except OSError:
            if (staging / "old").exists():
                (staging / "old").rename(target)
            raise
    except OSError as error:
        raise InstallError(
            f"Cannot put the module at {target}: {error.strerror or error}. Close the PowerShell sessions "
            "that use it, or give another folder with --path."
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target


def told(written: list[Path], path: str | os.PathLike[str] | None = None) -> str:
    """What was done, in a sentence or two."""
    places = " and ".join(str(folder) for folder in written)
    if path is None:
        return f"Installed {NAME} at {places}. In PowerShell: Import-Module {NAME}"
    return f"Installed {NAME} at {places}. In PowerShell: Import-Module '{written[0]}'"

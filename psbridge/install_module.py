"""Puts the PowerShell module on a user's or a machine's module path: `psbridge install-module`.

The module comes with the package; this copies it where PowerShell looks, a folder a version side by side
(`PSBridge/0.1.0`), and writes into it which Python it came from. Knows the folders of Windows PowerShell 5.1
and of PowerShell 7 on Windows, Linux and macOS, and nothing of what the module does.

Nothing is ever removed that is not known to be a copy of this module: its manifest has this module's GUID,
and every file in it is one that such a copy has.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from .errors import PSBridgeError

NAME = "PSBridge"
SCOPES = ("user", "machine")
PYTHON_FILE = f"{NAME}.Python.txt"

_SCOPES = {"user": "user", "currentuser": "user", "machine": "machine", "allusers": "machine"}
_STAGING = f".{NAME}-"
_VERSION = re.compile(r"\d+(\.\d+){1,3}")
_SETTING = r"(?im)^\s*%s\s*=\s*['\"]([^'\"]+)['\"]"
_OURS = re.compile(
    rf"(?i)({NAME}(\.\w+)?\.(psd1|psm1|ps1|ps1xml|txt)|{NAME}-help\.xml|about_{NAME}\.help\.txt)"
)
_OF_THE_SYSTEM = frozenset({".ds_store", "desktop.ini", "thumbs.db"})


class InstallError(PSBridgeError):
    """The module could not be put in place."""

    default_error_id = "PSBridge.InstallFailed"
    default_category = "WriteError"


class ScopeError(InstallError):
    """There is no such scope."""

    default_error_id = "PSBridge.InvalidValue"
    default_category = "InvalidArgument"


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

    Args:
        scope: "user" or "machine", in any case; PowerShell's "CurrentUser" and "AllUsers" are the same.

    Raises:
        ScopeError: an unknown scope.
    """
    known = _SCOPES.get(scope.lower())
    if known is None:
        raise ScopeError(
            f"'{scope}' is not a scope; it must be user (CurrentUser) or machine (AllUsers).",
            parameter="Scope",
        )
    if sys.platform == "win32":
        base = _program_files() if known == "machine" else _documents()
        return [base / "WindowsPowerShell" / "Modules", base / "PowerShell" / "Modules"]
    if known == "machine":
        return [Path("/usr/local/share/powershell/Modules")]
    data = os.environ.get("XDG_DATA_HOME")
    home = Path(data) if data else Path.home() / ".local" / "share"
    return [home / "powershell" / "Modules"]


def _program_files() -> Path:
    """The one of the system's own word size: a 32-bit Python is shown another under the plain name."""
    found = os.environ.get("ProgramW6432") or os.environ.get("ProgramFiles")  # noqa: SIM112 their real names
    return Path(found or r"C:\Program Files")


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


def install_module(
    scope: str = "user", path: str | os.PathLike[str] | None = None, *, force: bool = False
) -> list[Path]:
    """Copy the module, replacing an earlier copy of this version; returns the folders written.

    A copy is complete before it takes the place of an old one, and the old one is kept until then. Other
    versions stay where they are; a copy that lies in `PSBridge` itself, as psbridge once put it, makes room.

    Args:
        scope: "user" (default, CurrentUser) or "machine" (AllUsers); ignored when `path` is given.
        path: a folder of modules to copy into instead, such as one named in PSModulePath.
        force: also where a newer version is; the newer one is removed, because PowerShell would load it.

    Raises:
        ScopeError: an unknown scope.
        InstallError: a folder that cannot be written, that holds what is not this module, or a newer version.
    """
    module = source()
    folders = [Path(path).expanduser().absolute()] if path is not None else module_paths(scope)
    shared = path is None and _SCOPES[scope.lower()] == "machine"
    replaced = [
        _replaced(folder, module, force) for folder in folders
    ]  # all are looked at before one changes
    return [_copied(module, folder, old, shared) for folder, old in zip(folders, replaced, strict=True)]


def _replaced(folder: Path, module: Path, force: bool) -> list[Path]:
    """What a new copy takes the place of: files of a copy in `PSBridge` itself, and folders of versions."""
    place = folder / NAME
    version = _version(module)
    if _is_link(place):
        raise InstallError(
            f"{place} is a link, which stays as it is: remove it, or give another folder with --path."
        )
    if not place.exists():
        return []
    try:
        entries = [entry for entry in place.iterdir() if entry.name.lower() not in _OF_THE_SYSTEM]
    except OSError as error:
        raise InstallError(f"Cannot read {place}: {error.strerror or error}.") from None
    versions = [entry for entry in entries if _VERSION.fullmatch(entry.name) and entry.is_dir()]
    flat = [entry for entry in entries if entry not in versions]
    if flat and not _is_copy(place, flat):
        strange = next((entry for entry in flat if not _is_part(entry)), flat[0])
        raise InstallError(
            f"{place} holds what is not a copy of this module ('{strange.name}'), so nothing was changed. "
            "Move it away, or give another folder with --path."
        )
    newer = [
        entry
        for entry in versions
        if _number(entry.name) > _number(version) and (entry / f"{NAME}.psd1").is_file()
    ]
    if flat and _number(_version(place)) > _number(version):
        newer.append(place)
    if newer and not force:
        there = max(_number(_version(place) if one == place else one.name) for one in newer)
        raise InstallError(
            f"{place} has version {'.'.join(map(str, there))}, which is newer than this one ({version}), "
            "so nothing was changed. --force puts this one in its place."
        )
    same = [entry for entry in versions if _number(entry.name) == _number(version)]
    for entry in same + [one for one in newer if one != place]:
        if any(entry.iterdir()) and not _is_copy(entry):
            raise InstallError(
                f"{entry} is not a copy of this module, or has other files in it, so nothing was changed. "
                "Move it away, or give another folder with --path."
            )
    return [*flat, *same, *(one for one in newer if one != place)]


def _is_copy(folder: Path, entries: list[Path] | None = None) -> bool:
    """Whether it is a copy of this module, and nothing else."""
    entries = list(folder.iterdir()) if entries is None else entries
    known = _setting(folder, "GUID").lower() == _setting(source(), "GUID").lower() != ""
    return known and not _is_link(folder) and all(map(_is_part, entries))


def _is_part(entry: Path) -> bool:
    """Whether a copy of this module has such a file, or such a folder of help with nothing else in it."""
    if _is_link(entry):
        return False
    if entry.is_dir():
        return bool(re.fullmatch(r"[a-z]{2}(-[A-Za-z]+)*", entry.name)) and all(
            not inner.is_dir() and _is_part(inner) for inner in entry.iterdir()
        )
    return bool(_OURS.fullmatch(entry.name)) or entry.name.lower() in _OF_THE_SYSTEM


def _is_link(entry: Path) -> bool:
    """A symbolic link, or a junction of Windows."""
    try:
        return entry.is_symlink() or bool(getattr(entry.lstat(), "st_reparse_tag", 0))
    except OSError:
        return False


def _setting(folder: Path, name: str) -> str:
    """A text of the manifest in `folder`; "" where there is none."""
    try:
        manifest = (folder / f"{NAME}.psd1").read_text("utf-8-sig", errors="replace")
    except OSError:
        return ""
    match = re.search(_SETTING % name, manifest)
    return match[1] if match else ""


def _version(folder: Path) -> str:
    return _setting(folder, "ModuleVersion") or "0.0"


def _number(version: str) -> tuple[int, ...]:
    """A version's numbers, so that 0.2 and 0.2.0 are one."""
    numbers = [int(part) for part in version.split(".") if part.isdigit()]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _copied(module: Path, folder: Path, replaced: list[Path], shared: bool) -> Path:
    """Put a copy into `folder`, in place of what is `replaced`; one that all users can read when `shared`."""
    target = folder / NAME / _version(module)
    try:
        _make(target.parent, shared)
        _clear(folder)
        with _staging(folder) as staging:
            new, old = staging / "new", staging / "old"
            shutil.copytree(module, new, copy_function=shutil.copyfile)
            if sys.executable and not getattr(sys, "frozen", False):
                (new / PYTHON_FILE).write_text(sys.executable + "\n", encoding="utf-8")
            if shared:
                _open_to_all(staging)
            _swap(new, target, old, replaced)
    except OSError as error:
        raise InstallError(
            f"Cannot write into {target.parent}: {error.strerror or error}. Nothing was changed; "
            "if PowerShell sessions use the module, close them, or give another folder with --path."
        ) from None
    return target


def _swap(new: Path, target: Path, old: Path, replaced: list[Path]) -> None:
    """Put `new` in the target's place and what is replaced into `old`; all of it back when that fails."""
    old.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for number, entry in enumerate(replaced):
            aside = old / str(number) / entry.name
            aside.parent.mkdir()
            entry.rename(aside)
            moved.append((entry, aside))
        new.rename(target)
    except BaseException:
        for entry, aside in reversed(moved):
            aside.rename(entry)
        raise


def _make(folder: Path, shared: bool) -> None:
    """Make a folder and those above it; those that were not there can be read by all when `shared`."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if shared and os.name != "nt":
        for one in missing:
            one.chmod(0o755)


def _open_to_all(folder: Path) -> None:
    """Let every user read it. On Windows it has the rights of the folder it is in already."""
    if os.name == "nt":
        return
    folder.chmod(0o755)
    for entry in folder.rglob("*"):
        entry.chmod(0o755 if entry.is_dir() else 0o644)


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A new folder beside the module, with the rights of its parent, held by a lock until it is removed.

    Not `tempfile.mkdtemp`: what that makes only its maker can read, and a rename keeps it so.
    """
    staging = folder / f"{_STAGING}{secrets.token_hex(4)}"
    staging.mkdir()
    lock = os.open(staging / "lock", os.O_RDWR | os.O_CREAT)
    try:
        _locked(lock)
        yield staging
    finally:
        os.close(lock)
        shutil.rmtree(staging, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Remove what killed runs left behind: staging folders that nobody holds, with copies in them only."""
    for staging in folder.glob(f"{_STAGING}*"):
        if _is_link(staging) or not staging.is_dir() or not _holds_copies_only(staging):
            continue
        with contextlib.suppress(FileNotFoundError):  # killed before it had one
            lock = os.open(staging / "lock", os.O_RDWR)
            held = not _locked(lock)
            os.close(lock)
            if held:
                continue
        shutil.rmtree(staging, ignore_errors=True)


def _holds_copies_only(staging: Path) -> bool:
    """Whether all files below are such as a copy of this module has, as many of them as were copied."""
    return all(
        (entry.is_dir() and not _is_link(entry)) or entry.name == "lock" or _is_part(entry)
        for entry in staging.rglob("*")
    )


def _locked(descriptor: int) -> bool:
    """Lock a file until it is closed or this process ends; False when another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def told(written: list[Path], path: str | os.PathLike[str] | None = None) -> str:
    """What was done, in a sentence or two."""
    places = " and ".join(str(folder) for folder in written)
    if path is None:
        return f"Installed {NAME} at {places}. In PowerShell: Import-Module {NAME}"
    quoted = str(written[0].parent).replace("'", "''")
    return f"Installed {NAME} at {places}. In PowerShell: Import-Module '{quoted}'"

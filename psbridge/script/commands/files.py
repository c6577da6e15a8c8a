"""Files and folders; and items of the environment, variables and functions where a path names their drive."""

from __future__ import annotations

import fnmatch
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.net.files import FileEntry, hidden
from psbridge.script.net.place import fault_of, full, may_write
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.patterns import has_wildcard, wildcard
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet
from .drives import drive_of, found_in_drive, items_of_drive, remove_from_drive, set_in_drive


def plain_path(path: Any) -> str:
    """A path as text: without the provider's name, with the system's own slashes."""
    text = path.path if isinstance(path, FileEntry) else to_text(path)
    if "::" in text:
        text = text.partition("::")[2]
    if text.lower().startswith("filesystem:"):
        text = text[11:]
    if text == "~" or text.startswith(("~/", "~\\")):
        text = str(Path.home()) + text[1:]
    return text.replace("\\" if os.sep == "/" else "/", os.sep)


def expand(pattern: str) -> list[str]:
    """The paths a wildcard matches, in order."""
    absolute = Path(full(pattern or "."))
    found = [absolute.anchor]
    for part in absolute.parts[1 if absolute.anchor else 0 :]:
        if not has_wildcard(part):
            found = [
                str(Path(base) / part)
                for base in found
                if (Path(base) / part).exists() or (Path(base) / part).is_symlink()
            ]
            continue
        compiled = wildcard(part)
        following: list[str] = []
        for base in found:
            try:
                names = sorted((one.name for one in Path(base or ".").iterdir()), key=str.lower)
            except OSError:
                continue
            following += [str(Path(base) / name) for name in names if compiled.fullmatch(name)]
        found = following
    return found


def resolved(
    cmdlet: Any, pattern: Any, *, literal: bool, quiet: bool = False, missing_id: str = "PathNotFound"
) -> list[str]:
    """The paths that exist for a path or wildcard; an error where there is none."""
    text = plain_path(pattern)
    if not literal and has_wildcard(text):
        paths = expand(text)
        return [path for path in paths if cmdlet.on("Force") or not hidden(path)]
    path = full(text) if text else full(".")
    if not Path(path).exists() and not Path(path).is_symlink():
        if not quiet:
            missing(cmdlet, path, missing_id)
        return []
    return [path]


def missing(cmdlet: Any, path: str, error_id: str = "PathNotFound") -> None:
    """The error of a path that is not there."""
    cmdlet.error(
        "ItemNotFoundException",
        f"Cannot find path '{path}' because it does not exist.",
        error_id,
        "ObjectNotFound",
        path,
    )


def patterns_of(cmdlet: Any, default: str | None = None) -> list[tuple[Any, bool]]:
    """The paths a call names, and whether each is literal."""
    if cmdlet.has("LiteralPath"):
        return [(one, True) for one in cmdlet.get("LiteralPath")]
    paths = cmdlet.get("Path")
    if paths is None:
        return [(default, False)] if default is not None else []
    return [(one, False) for one in (paths if is_list(paths) else [paths])]


def guarded(cmdlet: Any, path: str, work: Any, error_id: str) -> Any:
    """Do something with a file; what the system refuses becomes an error."""
    try:
        return work()
    except OSError as error:
        fault = fault_of(error, path)
        kind, message = fault.type_name, str(fault)
    except NetFault as fault_:
        kind, message = fault_.type_name, str(fault_)
    categories = {
        "UnauthorizedAccessException": "PermissionDenied",
        "DirectoryNotFoundException": "ObjectNotFound",
    }
    category = categories.get(kind, "WriteError")
    cmdlet.error(kind, message, error_id, category, path)
    return None


def chosen(cmdlet: Cmdlet, path: str) -> bool:
    """Whether -Filter, -Include and -Exclude let a file through."""
    name = Path(path).name
    if cmdlet.has("Filter") and not wildcard(cmdlet.text("Filter")).fullmatch(name):
        return False
    return included(cmdlet, name)


def included(cmdlet: Cmdlet, name: str) -> bool:
    """Whether -Include and -Exclude let a name through."""
    if cmdlet.has("Include") and not any(wildcard(one).fullmatch(name) for one in cmdlet.get("Include")):
        return False
    return not (cmdlet.has("Exclude") and any(wildcard(one).fullmatch(name) for one in cmdlet.get("Exclude")))


class GetChildItem(Cmdlet):
    """Get-ChildItem."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self, "."):
            drive = drive_of(pattern)
            if drive is not None:
                kind, name = drive
                items = items_of_drive(self, kind, name or "*")
                if not items and not has_wildcard(name or "*"):
                    missing(self, name)
                self.write_all(drive_entries(kind, items))
                continue
            text = plain_path(pattern)
            if not literal and has_wildcard(text):
                self._matching(text)
                continue
            path = full(text) if text else full(".")
            if not Path(path).exists():
                missing(self, path)
            elif Path(path).is_dir():
                self._folder(path, self._depth(), path)
            elif self._wanted(path):
                self._give(path, str(Path(path).parent))

    def _depth(self) -> int:
        if self.has("Depth"):
            return int(self.get("Depth"))
        return 1 << 30 if self.on("Recurse") else 0

    def _matching(self, text: str) -> None:
        for path in expand(text):
            if hidden(path) and not self.on("Force"):
                continue
            if self._wanted(path):
                self._give(path, str(Path(path).parent))
            if self.on("Recurse") and Path(path).is_dir():
                self._folder(path, self._depth(), path)

    def _folder(self, folder: str, depth: int, root: str) -> None:
        try:
            names = sorted((one.name for one in Path(folder).iterdir()), key=str.lower)
        except OSError as error:
            fault = fault_of(error, folder)
            self.error(fault.type_name, str(fault), "DirUnauthorizedAccessError", "PermissionDenied", folder)
            return
        folders = [name for name in names if (Path(folder) / name).is_dir()]
        files = [name for name in names if name not in set(folders)]
        for name in (*folders, *files):
            path = str(Path(folder) / name)
            if hidden(path) and not self.on("Force") and not self.on("Hidden"):
                continue
            if self._wanted(path):
                self._give(path, root)
        if depth > 0:
            for name in folders:
                linked = (Path(folder) / name).is_symlink() and not self.on("FollowSymlink")
                if not linked and (not hidden(str(Path(folder) / name)) or self.on("Force")):
                    self._folder(str(Path(folder) / name), depth - 1, root)

    def _wanted(self, path: str) -> bool:
        name = Path(path).name
        folder = Path(path).is_dir()
        if (self.on("File") and folder) or (self.on("Directory") and not folder):
            return False
        if self.on("Hidden") and not hidden(path):
            return False
        if self.on("ReadOnly") and os.access(path, os.W_OK):
            return False
        if self.has("Filter") and not _filter_matches(name, self.text("Filter")):
            return False
        return included(self, name)

    def _give(self, path: str, root: str) -> None:
        if self.on("Name"):
            self.write(os.path.relpath(path, root))
        else:
            self.write(FileEntry(path))


def _filter_matches(name: str, pattern: str) -> bool:
    """The system's own wildcards: only `*` and `?`, in any case; `*.*` is everything."""
    if pattern in ("*.*", "*"):
        return True
    return fnmatch.fnmatchcase(name.lower(), pattern.lower().replace("[", "[[]"))


def drive_entries(kind: str, items: list[tuple[str, Any]]) -> list[Any]:
    """Items of a drive as objects."""
    made = []
    for key, value in items:
        type_name = {
            "env": "System.Collections.DictionaryEntry",
            "variable": "System.Management.Automation.PSVariable",
        }
        bag = Bag({"Name": key, "Value": value}, type_name.get(kind))
        if kind == "env":
            bag["Key"] = key
        if kind == "function":
            bag = Bag(
                {"CommandType": "Function", "Name": key, "ScriptBlock": value, "Definition": to_text(value)}
            )
        made.append(bag)
    return made


class GetItem(Cmdlet):
    """Get-Item."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            drive = drive_of(pattern)
            if drive is not None:
                self.write_all(drive_entries(drive[0], found_in_drive(self, *drive)))
                continue
            for path in resolved(self, pattern, literal=literal):
                if chosen(self, path):
                    self.write(FileEntry(path))


class SetItem(Cmdlet):
    """Set-Item."""

    def record(self) -> None:
        value = self.get("Value")
        for pattern, _ in patterns_of(self):
            drive = drive_of(pattern)
            if drive is not None:
                set_in_drive(self, *drive, [value])
            elif self.confirms(full(plain_path(pattern))):
                guarded(
                    self,
                    plain_path(pattern),
                    lambda pattern=pattern: Path(may_write(full(plain_path(pattern)))).write_bytes(
                        to_text(value).encode()
                    ),
                    "SetItem",
                )


class NewItem(Cmdlet):
    """New-Item."""

    kind = "File"

    def record(self) -> None:
        names = self.get("Path") or ["."]
        for base in names:
            drive = drive_of(base)
            if drive is not None:
                set_in_drive(self, *drive, [self.get("Value")])
                continue
            text = plain_path(base)
            path = full(str(Path(text) / self.text("Name")) if self.has("Name") else text)
            kind = self.text("ItemType", self.kind).lower()
            if not self.confirms(
                f"Destination: {path}", f"Create {'Directory' if kind.startswith('d') else 'File'}"
            ):
                continue
            guarded(self, path, lambda path=path, kind=kind: self._make(path, kind), "NewItemIOError")

    def _make(self, path: str, kind: str) -> None:
        target = Path(may_write(path))
        if (kind and "directory".startswith(kind)) or kind == "container":
            if target.exists() and not self.on("Force"):
                self.error(
                    "IOException",
                    f"An item with the specified name {path} already exists.",
                    "DirectoryExist",
                    "ResourceExists",
                    path,
                )
                return
            target.mkdir(parents=True, exist_ok=True)
        elif kind in ("symboliclink", "hardlink", "junction"):
            source = full(to_text(self.get("Value")))
            if self.on("Force"):
                target.unlink(missing_ok=True)
            (target.symlink_to if kind != "hardlink" else target.hardlink_to)(source)
        else:
            if target.exists() and not self.on("Force"):
                self.error(
                    "IOException", f"The file '{path}' already exists.", "NewItemIOError", "WriteError", path
                )
                return
            if self.on("Force"):
                target.parent.mkdir(parents=True, exist_ok=True)
            value = self.get("Value")
            target.write_bytes(b"" if value is None else to_text(value).encode())
        self.write(FileEntry(path))


class MakeFolder(NewItem):
    """mkdir, which on Windows is a function."""

    kind = "Directory"


class RemoveItem(Cmdlet):
    """Remove-Item."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            drive = drive_of(pattern)
            if drive is not None:
                remove_from_drive(self, *drive)
                continue
            for path in resolved(self, pattern, literal=literal):
                if not chosen(self, path):
                    continue
                action = "Remove Directory" if Path(path).is_dir() else "Remove File"
                if self.confirms(path, action):
                    guarded(self, path, lambda path=path: self._remove(path), "RemoveFileSystemItemIOError")

    def _remove(self, path: str) -> None:
        target = Path(may_write(path))
        if target.is_dir() and not target.is_symlink():
            if not self.on("Recurse") and any(target.iterdir()):
                raise self.fatal(
                    "PSInvalidOperationException",
                    f"The item at {path} has children and the Recurse parameter was not specified.",
                    "RemoveItem",
                    "InvalidOperation",
                )
            shutil.rmtree(target, onerror=_try_again if self.on("Force") else None)
        else:
            if self.on("Force"):
                _may_go(target)
            target.unlink()


def _may_go(path: Path) -> None:
    """Let a file be removed that is marked as read-only, which Windows does not do otherwise."""
    if os.name == "nt" and not path.is_symlink():
        path.chmod(stat.S_IWRITE)


def _try_again(function: Any, path: str, _: Any) -> None:
    if os.name != "nt":
        raise
    _may_go(Path(path))
    function(path)


class Nothing(Cmdlet):
    """Does nothing here: Unblock-File, Invoke-Item."""


from .paths import ConvertPath, ResolvePath  # noqa: E402

CMDLETS: dict[str, Any] = {
    "Get-ChildItem": GetChildItem,
    "Get-Item": GetItem,
    "Set-Item": SetItem,
    "New-Item": NewItem,
    "Remove-Item": RemoveItem,
    "Resolve-Path": ResolvePath,
    "Convert-Path": ConvertPath,
    "Invoke-Item": Nothing,
    "Unblock-File": Nothing,
    "mkdir": MakeFolder,
}

"""Files and folders; and items of the environment, variables and functions where a path names their drive."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.net.encoding import named
from psbridge.script.net.files import FileEntry
from psbridge.script.net.numbers import as_bytes, byte_array
from psbridge.script.net.place import fault_of, full, lines_of, may_write, read_text
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.members import enumerate_value
from psbridge.script.semantics.patterns import has_wildcard, wildcard
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet
from .drives import drive_of, items_of_drive, remove_from_drive, set_in_drive


def plain_path(path: Any) -> str:
    """A path as text: without the provider's name, backslashes as slashes."""
    text = path.path if isinstance(path, FileEntry) else to_text(path)
    if "::" in text:
        text = text.partition("::")[2]
    if text.lower().startswith("filesystem:"):
        text = text[11:]
    if text == "~" or text.startswith(("~/", "~\\")):
        text = str(Path.home()) + text[1:]
    return text.replace("\\", "/") if os.sep == "/" else text


def expand(pattern: str) -> list[str]:
    """The paths a wildcard matches, in order."""
    absolute = full(pattern or ".")
    parts = absolute.split("/")
    found = ["/"] if absolute.startswith("/") else [""]
    for part in parts:
        if not part:
            continue
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


def resolved(cmdlet: Any, pattern: Any, *, literal: bool, quiet: bool = False) -> list[str]:
    """The paths that exist for a path or wildcard; an error where there is none."""
    text = plain_path(pattern)
    if not literal and has_wildcard(text):
        paths = expand(text)
        return [path for path in paths if cmdlet.on("Force") or not Path(path).name.startswith(".")]
    path = full(text) if text else full(".")
    if not Path(path).exists() and not Path(path).is_symlink():
        if not quiet:
            missing(cmdlet, path)
        return []
    return [path]


def missing(cmdlet: Any, path: str) -> None:
    """The error of a path that is not there."""
    cmdlet.error(
        "ItemNotFoundException",
        f"Cannot find path '{path}' because it does not exist.",
        "PathNotFound",
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
    category = "PermissionDenied" if kind == "UnauthorizedAccessException" else "WriteError"
    cmdlet.error(kind, message, error_id, category, path)
    return None


class GetContent(Cmdlet):
    """Get-Content."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            drive = drive_of(pattern)
            if drive is not None:
                for _, value in items_of_drive(self, *drive):
                    self.emit(value)
                continue
            for path in resolved(self, pattern, literal=literal):
                if not self._chosen(path):
                    continue
                if Path(path).is_dir():
                    self.error(
                        "UnauthorizedAccessException",
                        f"Access to the path '{path}' is denied.",
                        "GetContentReaderUnauthorizedAccessError",
                        "PermissionDenied",
                        path,
                    )
                    continue
                guarded(self, path, lambda path=path: self._read(path), "GetContentReaderIOError")

    def _chosen(self, path: str) -> bool:
        name = Path(path).name
        if self.has("Filter") and not wildcard(self.text("Filter")).fullmatch(name):
            return False
        if self.has("Include") and not any(wildcard(one).fullmatch(name) for one in self.get("Include")):
            return False
        return not (self.has("Exclude") and any(wildcard(one).fullmatch(name) for one in self.get("Exclude")))

    def _read(self, path: str) -> None:
        if self.on("AsByteStream"):
            data = byte_array(Path(path).read_bytes())
            if self.on("Raw"):
                self.write(data)
            else:
                self.write_all(data)
            return
        text = read_text(path, named(self.get("Encoding")) if self.has("Encoding") else None)
        if self.on("Raw"):
            if text:
                self.write(text)
            return
        if self.has("Delimiter"):
            pieces = text.split(self.text("Delimiter"))
            lines = pieces[:-1] if pieces and pieces[-1] == "" else pieces
        else:
            lines = lines_of(text)
        count, tail = self.get("TotalCount"), self.get("Tail")
        if count is not None and count >= 0:
            lines = lines[:count]
        if tail is not None and tail >= 0:
            lines = lines[-tail:] if tail else []
        size = self.get("ReadCount", 1)
        if size == 0 and lines:
            self.write(list(lines))
        elif size > 1:
            for start in range(0, len(lines), size):
                self.write(list(lines[start : start + size]))
        else:
            self.write_all(lines)


class SetContent(Cmdlet):
    """Set-Content and Add-Content."""

    append = False

    def start(self) -> None:
        self.values: list[Any] = []
        self.given = False
        self.targets: list[tuple[Any, bool]] = patterns_of(self)

    def record(self) -> None:
        if not self.targets:
            self.targets = patterns_of(self)
        if self.has("Value"):
            self.given = True
            value = self.get("Value")
            self.values += list(value) if is_list(value) else [value]

    def finish(self) -> None:
        for pattern, literal in self.targets:
            drive = drive_of(pattern)
            if drive is not None:
                set_in_drive(self, *drive, self.values)
                continue
            text = plain_path(pattern)
            paths = expand(text) if not literal and has_wildcard(text) else [full(text)]
            for path in paths:
                if self.confirms(path, "Set Content" if not self.append else "Add Content"):
                    kind = "IO" if Path(path).parent.is_dir() else "DirectoryNotFound"
                    error_id = f"GetContentWriter{kind}Error"
                    guarded(self, path, lambda path=path: self._write(path), error_id)
        if self.on("PassThru"):
            self.write_all(self.values)

    def _write(self, path: str) -> None:
        may_write(path)
        encoding = named(self.get("Encoding")) if self.has("Encoding") else named("utf8NoBOM")
        with Path(path).open("ab" if self.append else "wb") as file:
            if self.on("AsByteStream"):
                file.write(as_bytes(self.values))
                return
            mark = encoding.mark if file.tell() == 0 else b""
            end = "" if self.on("NoNewline") else "\n"
            text = "".join(f"{line}{end}" for value in self.values for line in _content_texts(value))
            file.write(mark + encoding.encode(text))


def _content_texts(value: Any) -> list[str]:
    if value is None:
        return []
    if is_list(value):
        return [text for item in value for text in _content_texts(item)]
    import datetime

    from psbridge.script.semantics.dateformat import format_date

    return [format_date(value, "G") if isinstance(value, datetime.datetime) else to_text(value)]


class AddContent(SetContent):
    """Add-Content."""

    append = True


class ClearContent(Cmdlet):
    """Clear-Content."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if self.confirms(path, "Clear Content"):
                    guarded(
                        self, path, lambda path=path: Path(may_write(path)).write_bytes(b""), "ClearContent"
                    )


class GetChildItem(Cmdlet):
    """Get-ChildItem."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self, "."):
            drive = drive_of(pattern)
            if drive is not None:
                kind, name = drive
                self.write_all(item for item in drive_entries(self, kind, name or "*"))
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
            if Path(path).name.startswith(".") and not self.on("Force"):
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
            if name.startswith(".") and not self.on("Force") and not self.on("Hidden"):
                continue
            if self._wanted(path):
                self._give(path, root)
        if depth > 0:
            for name in folders:
                if not name.startswith(".") or self.on("Force"):
                    self._folder(str(Path(folder) / name), depth - 1, root)

    def _wanted(self, path: str) -> bool:
        name = Path(path).name
        folder = Path(path).is_dir()
        if (self.on("File") and folder) or (self.on("Directory") and not folder):
            return False
        if self.on("Hidden") and not name.startswith("."):
            return False
        if self.on("ReadOnly") and os.access(path, os.W_OK):
            return False
        if self.has("Filter") and not _filter_matches(name, self.text("Filter")):
            return False
        if self.has("Include") and not any(wildcard(one).fullmatch(name) for one in self.get("Include")):
            return False
        return not (self.has("Exclude") and any(wildcard(one).fullmatch(name) for one in self.get("Exclude")))

    def _give(self, path: str, root: str) -> None:
        if self.on("Name"):
            self.write(os.path.relpath(path, root))
        else:
            self.write(FileEntry(path))


def _filter_matches(name: str, pattern: str) -> bool:
    """The system's own wildcards: only `*` and `?`, `*.*` is everything."""
    if pattern in ("*.*", "*"):
        return True
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def drive_entries(cmdlet: Any, kind: str, name: str) -> list[Any]:
    """The items of a drive as objects."""
    made = []
    for key, value in items_of_drive(cmdlet, kind, name):
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
                entries = drive_entries(self, *drive)
                if not entries and not has_wildcard(drive[1]):
                    missing(self, to_text(pattern).partition(":")[2])
                self.write_all(entries)
                continue
            for path in resolved(self, pattern, literal=literal):
                if GetContent._chosen(self, path):  # type: ignore[arg-type]
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
                    lambda pattern=pattern: Path(may_write(full(plain_path(pattern)))).write_text(
                        to_text(value)
                    ),
                    "SetItem",
                )


class NewItem(Cmdlet):
    """New-Item."""

    def record(self) -> None:
        names = self.get("Path") or ["."]
        for base in names:
            drive = drive_of(base)
            if drive is not None:
                set_in_drive(self, *drive, [self.get("Value")])
                continue
            text = plain_path(base)
            path = full(str(Path(text) / self.text("Name")) if self.has("Name") else text)
            kind = self.text("ItemType", "File").lower()
            if not self.confirms(path, f"Create {'Directory' if kind.startswith('d') else 'File'}"):
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


class RemoveItem(Cmdlet):
    """Remove-Item."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            drive = drive_of(pattern)
            if drive is not None:
                remove_from_drive(self, *drive)
                continue
            for path in resolved(self, pattern, literal=literal):
                if not GetContent._chosen(self, path):  # type: ignore[arg-type]
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
            shutil.rmtree(target)
        else:
            target.unlink()


def destination_of(cmdlet: Any, source: str) -> str:
    """Where a copied or moved item goes."""
    target = full(plain_path(cmdlet.get("Destination") or "."))
    return str(Path(target) / Path(source).name) if Path(target).is_dir() else target


class CopyItem(Cmdlet):
    """Copy-Item."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if GetContent._chosen(self, path):  # type: ignore[arg-type]
                    target = destination_of(self, path)
                    if self.confirms(f"Item: {path} Destination: {target}", "Copy File"):
                        guarded(
                            self,
                            path,
                            lambda path=path, target=target: self._copy(path, target),
                            "CopyFileInfoItemIOError",
                        )

    def _copy(self, path: str, target: str) -> None:
        may_write(target)
        if Path(path).is_dir():
            if self.on("Recurse"):
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                Path(target).mkdir(exist_ok=True)
        else:
            if not Path(target).parent.is_dir():
                self.error(
                    "DirectoryNotFoundException",
                    f"Could not find a part of the path '{target}'.",
                    "System.IO.DirectoryNotFoundException",
                    "NotSpecified",
                    path,
                )
                return
            shutil.copy2(path, target)
        if self.on("PassThru"):
            self.write(FileEntry(target))


class MoveItem(Cmdlet):
    """Move-Item."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                target = destination_of(self, path)
                if self.confirms(f"Item: {path} Destination: {target}", "Move File"):
                    guarded(
                        self,
                        path,
                        lambda path=path, target=target: self._move(path, target),
                        "MoveFileInfoItemIOError",
                    )

    def _move(self, path: str, target: str) -> None:
        may_write(path)
        if Path(target).exists() and not self.on("Force"):
            self.error(
                "IOException",
                "Cannot create a file when that file already exists.",
                "MoveFileInfoItemIOError",
                "WriteError",
                path,
            )
            return
        shutil.move(path, target)
        if self.on("PassThru"):
            self.write(FileEntry(target))


class RenameItem(Cmdlet):
    """Rename-Item."""

    def record(self) -> None:
        pattern = self.get("LiteralPath") or self.get("Path")
        for path in resolved(self, pattern, literal=self.has("LiteralPath")):
            target = str(Path(path).parent / Path(self.text("NewName")).name)
            if not self.confirms(f"Item: {path} Destination: {target}", "Rename File"):
                continue
            if Path(target).exists() and not self.on("Force"):
                self.error(
                    "IOException",
                    "Cannot create a file when that file already exists.",
                    "RenameItemIOError",
                    "WriteError",
                    path,
                )
                continue
            guarded(
                self,
                path,
                lambda path=path, target=target: Path(may_write(path)).rename(target),
                "RenameItemIOError",
            )
            if self.on("PassThru"):
                self.write(FileEntry(target))


class TestPath(Cmdlet):
    """Test-Path."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            self.write(self._exists(pattern, literal))

    def _exists(self, pattern: Any, literal: bool) -> bool:
        if self.on("IsValid"):
            return "\0" not in to_text(pattern)
        drive = drive_of(pattern)
        if drive is not None:
            return bool(items_of_drive(self, *drive))
        text = plain_path(pattern)
        if not text.strip():
            return False
        paths = expand(text) if not literal and has_wildcard(text) else [full(text)]
        paths = [path for path in paths if Path(path).exists() and GetContent._chosen(self, path)]  # type: ignore[arg-type]
        kind = self.text("PathType", "Any").lower()
        if kind == "container":
            paths = [path for path in paths if Path(path).is_dir()]
        elif kind == "leaf":
            paths = [path for path in paths if not Path(path).is_dir()]
        if self.has("NewerThan"):
            limit = self.get("NewerThan").astimezone().timestamp()
            paths = [path for path in paths if Path(path).stat().st_mtime > limit]
        if self.has("OlderThan"):
            limit = self.get("OlderThan").astimezone().timestamp()
            paths = [path for path in paths if Path(path).stat().st_mtime < limit]
        return bool(paths)


class GetFileHash(Cmdlet):
    """Get-FileHash."""

    def record(self) -> None:
        algorithm = self.text("Algorithm", "SHA256").upper()
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if Path(path).is_file():
                    digest = hashlib.new(algorithm.lower(), Path(path).read_bytes()).hexdigest().upper()
                    self._give(algorithm, digest, path)
        if self.has("InputStream"):
            data = self.get("InputStream").file.read()
            self._give(algorithm, hashlib.new(algorithm.lower(), data).hexdigest().upper(), None)

    def _give(self, algorithm: str, digest: str, path: str | None) -> None:
        self.write(
            Bag(
                {"Algorithm": algorithm, "Hash": digest, "Path": path},
                "Microsoft.PowerShell.Commands.FileHashInfo",
            )
        )


class NewTemporaryFile(Cmdlet):
    """New-TemporaryFile."""

    def record(self) -> None:
        handle, path = tempfile.mkstemp(prefix="tmp", suffix=".tmp")
        os.close(handle)
        self.write(FileEntry(path))


class GetItemProperty(Cmdlet):
    """Get-ItemProperty and Get-ItemPropertyValue."""

    def record(self) -> None:
        from psbridge.script.semantics import members

        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                entry = FileEntry(path)
                names = self.get("Name")
                if self.name.endswith("Value"):
                    self.write_all(members.member(entry, name) for name in names or [])
                elif names:
                    self.write(Bag({name: members.member(entry, name) for name in names}))
                else:
                    self.write(entry)


class SetItemProperty(Cmdlet):
    """Set-ItemProperty."""

    def record(self) -> None:
        from psbridge.script.semantics import members

        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if self.confirms(path):
                    members.set_member(FileEntry(path), self.text("Name"), self.get("Value"))


class CompressArchive(Cmdlet):
    """Compress-Archive."""

    def record(self) -> None:
        target = full(plain_path(self.get("DestinationPath")))
        target = target if target.lower().endswith(".zip") else f"{target}.zip"
        if Path(target).exists() and not (self.on("Force") or self.on("Update")):
            raise self.fatal(
                "IOException",
                f"The archive file {target} already exists. Use the -Update parameter to update "
                f"the existing archive file "
                "or use the -Force parameter to overwrite the existing archive file.",
                "ArchiveFileExists",
                "PermissionDenied",
            )
        mode: Any = "a" if self.on("Update") else "w"
        with zipfile.ZipFile(may_write(target), mode, zipfile.ZIP_DEFLATED) as archive:
            for pattern, literal in patterns_of(self):
                for path in resolved(self, pattern, literal=literal):
                    base = Path(path).parent
                    inside = (
                        [path, *map(str, sorted(Path(path).rglob("*")))] if Path(path).is_dir() else [path]
                    )
                    for one in inside:
                        archive.write(one, os.path.relpath(one, base))


class ExpandArchive(Cmdlet):
    """Expand-Archive."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                target = (
                    full(plain_path(self.get("DestinationPath")))
                    if self.has("DestinationPath")
                    else str(Path(full(".")) / Path(path).stem)
                )
                Path(may_write(target)).mkdir(parents=True, exist_ok=True)
                with zipfile.ZipFile(path) as archive:
                    archive.extractall(target)


class FormatHex(Cmdlet):
    """Format-Hex."""

    def record(self) -> None:
        data = b""
        if self.has("InputObject"):
            value = self.get("InputObject")
            data = as_bytes(value) if is_list(value) else to_text(value).encode()
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                data = Path(path).read_bytes()
        for start in range(0, len(data), 16):
            piece = data[start : start + 16]
            shown = "".join(chr(one) if 32 <= one < 127 else "." for one in piece)
            self.write(f"{start:016X}   {' '.join(f'{one:02X}' for one in piece):<48} {shown}")


class Nothing(Cmdlet):
    """Does nothing here: Unblock-File, Invoke-Item."""


from .paths import ConvertPath, ResolvePath  # noqa: E402

CMDLETS: dict[str, Any] = {
    "Get-Content": GetContent,
    "Set-Content": SetContent,
    "Add-Content": AddContent,
    "Clear-Content": ClearContent,
    "Get-ChildItem": GetChildItem,
    "Get-Item": GetItem,
    "Set-Item": SetItem,
    "New-Item": NewItem,
    "Remove-Item": RemoveItem,
    "Copy-Item": CopyItem,
    "Move-Item": MoveItem,
    "Rename-Item": RenameItem,
    "Test-Path": TestPath,
    "Resolve-Path": ResolvePath,
    "Convert-Path": ConvertPath,
    "Get-FileHash": GetFileHash,
    "New-TemporaryFile": NewTemporaryFile,
    "Get-ItemProperty": GetItemProperty,
    "Get-ItemPropertyValue": GetItemProperty,
    "Set-ItemProperty": SetItemProperty,
    "Clear-Item": ClearContent,
    "Invoke-Item": Nothing,
    "Unblock-File": Nothing,
    "Compress-Archive": CompressArchive,
    "Expand-Archive": ExpandArchive,
    "Format-Hex": FormatHex,
}
__all__ = ["CMDLETS", "enumerate_value"]

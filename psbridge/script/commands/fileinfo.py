"""What is known of a file: its hash, its properties, its bytes; archives."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.net.conversions import as_bytes
from psbridge.script.net.files import FileEntry
from psbridge.script.net.paths import new_temporary_file
from psbridge.script.net.place import full, may_write
from psbridge.script.semantics.patterns import has_wildcard
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet
from .drives import drive_of, items_of_drive
from .files import chosen, expand, guarded, patterns_of, plain_path, resolved


class TestPath(Cmdlet):
    """Test-Path."""

    def record(self) -> None:
        for name in ("Path", "LiteralPath"):
            given = self.get(name)
            if self.has(name) and (not given or None in given):
                self.error(
                    "ArgumentNullException",
                    "Value cannot be null. (Parameter 'The provided Path argument was null or an empty "
                    "collection.')",
                    "NullPathNotPermitted",
                    "InvalidArgument",
                )
                return
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
        paths = [path for path in paths if Path(path).exists() and chosen(self, path)]
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
            for path in resolved(self, pattern, literal=literal, missing_id="FileNotFound"):
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
        made = guarded(self, tempfile.gettempdir(), new_temporary_file, "NewTemporaryFileWriteError")
        if made is not None:
            self.write(FileEntry(made))


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


CMDLETS: dict[str, Any] = {
    "Test-Path": TestPath,
    "Get-FileHash": GetFileHash,
    "New-TemporaryFile": NewTemporaryFile,
    "Get-ItemProperty": GetItemProperty,
    "Get-ItemPropertyValue": GetItemProperty,
    "Set-ItemProperty": SetItemProperty,
    "Compress-Archive": CompressArchive,
    "Expand-Archive": ExpandArchive,
    "Format-Hex": FormatHex,
}

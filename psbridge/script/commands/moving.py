"""Copy-Item, Move-Item and Rename-Item."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from psbridge.script.net.files import FileEntry
from psbridge.script.net.place import full, may_write

from .cmdlet import Cmdlet
from .files import chosen, guarded, patterns_of, plain_path, resolved


def destination_of(cmdlet: Any, source: str) -> str:
    """Where a copied or moved item goes."""
    target = full(plain_path(cmdlet.get("Destination") or "."))
    return str(Path(target) / Path(source).name) if Path(target).is_dir() else target


class _ToDestination(Cmdlet):
    """A cmdlet that puts every item of its paths somewhere else."""

    verb = ""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if not self._is_chosen(path):
                    continue
                target = destination_of(self, path)
                if self.confirms(f"Item: {path} Destination: {target}", f"{self.verb} File"):
                    guarded(
                        self,
                        path,
                        lambda path=path, target=target: self._put(path, target),
                        f"{self.verb}FileInfoItemIOError",
                    )

    def _is_chosen(self, path: str) -> bool:
        return True

    def _put(self, path: str, target: str) -> None:
        raise NotImplementedError


class CopyItem(_ToDestination):
    """Copy-Item."""

    verb = "Copy"

    def _is_chosen(self, path: str) -> bool:
        return chosen(self, path)

    def _put(self, path: str, target: str) -> None:
        may_write(target)
        if Path(path) == Path(target):
            message = f"Cannot overwrite the item {path} with itself."
            self.error("IOException", message, "CopyError", "WriteError", path)
            return
        if Path(path).is_dir() and Path(target).is_file():
            message = "Container cannot be copied onto existing leaf item."
            self.error("ArgumentException", message, "CopyContainerItemToLeafError", "InvalidArgument", path)
            return
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


class MoveItem(_ToDestination):
    """Move-Item."""

    verb = "Move"

    def _put(self, path: str, target: str) -> None:
        may_write(path)
        if _is_taken(path, target) and Path(path).is_dir():
            message = f"An item with the specified name {target} already exists."
            self.error("IOException", message, "DirectoryExist", "ResourceExists", path)
            return
        if _is_taken(path, target) and not self.on("Force"):
            self.error(
                "IOException",
                f"The file '{target}' already exists.",
                "MoveFileInfoItemIOError",
                "WriteError",
                path,
            )
            return
        shutil.move(path, target)
        if self.on("PassThru"):
            self.write(FileEntry(target))


def _is_taken(source: str, target: str) -> bool:
    """Whether something is there already, other than the item itself with its name in another case."""
    place = Path(target)
    only_case = source != target and source.lower() == target.lower()
    return place.exists() and not (only_case and place.samefile(source))


class RenameItem(Cmdlet):
    """Rename-Item."""

    def record(self) -> None:
        pattern = self.get("LiteralPath") or self.get("Path")
        for path in resolved(self, pattern, literal=self.has("LiteralPath")):
            target = str(Path(path).parent / Path(self.text("NewName")).name)
            if not self.confirms(f"Item: {path} Destination: {target}", "Rename File"):
                continue
            if _is_taken(path, target) and not self.on("Force"):
                taken = (
                    f"Cannot create '{target}' because a file or directory with the same name already exists."
                )
                self._refused(path, taken if Path(path).is_dir() else f"The file '{target}' already exists.")
                continue
            guarded(
                self,
                path,
                lambda path=path, target=target: Path(may_write(path)).rename(target),
                "RenameItemIOError",
            )
            if self.on("PassThru"):
                self.write(FileEntry(target))

    def _refused(self, path: str, message: str) -> None:
        self.error("IOException", message, "RenameItemIOError", "WriteError", path)


CMDLETS: dict[str, Any] = {
    "Copy-Item": CopyItem,
    "Move-Item": MoveItem,
    "Rename-Item": RenameItem,
}

"""Paths and the current folder."""

from __future__ import annotations

import os
import string
from pathlib import Path
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import to_text
from psbridge.script.interpreter.automatic import Location
from psbridge.script.net.files import FileEntry
from psbridge.script.net.paths import relative
from psbridge.script.net.place import Place, full
from psbridge.script.semantics.patterns import has_wildcard
from psbridge.script.semantics.values import Made

from .cmdlet import Cmdlet


def _plain(path: Any) -> str:
    from .files import plain_path

    return plain_path(path)


def joined(base: str, child: str) -> str:
    """Two parts of a path with one separator between them."""
    if not base:
        return child
    if not child:
        return base if base.endswith(os.sep) else f"{base}{os.sep}"
    return f"{base.rstrip(os.sep)}{os.sep}{child.lstrip(os.sep)}"


class JoinPath(Cmdlet):
    """Join-Path."""

    def record(self) -> None:
        children = self.get("ChildPath") or [""]
        more = [to_text(one) for one in self.get("AdditionalChildPath") or []]
        child = to_text(children[0]) if is_list(children) else to_text(children)
        rest = [*map(to_text, children[1:] if is_list(children) else []), *more]
        for base in self.get("Path") or []:
            result = joined(_slashes(base), _slashes(child))
            for part in rest:
                result = joined(result, _slashes(part))
            if self.on("Resolve"):
                from .files import resolved

                self.write_all(resolved(self, result, literal=False))
            else:
                self.write(result)


def _slashes(path: Any) -> str:
    text = path.path if isinstance(path, FileEntry) else to_text(path)
    return text.replace("\\" if os.sep == "/" else "/", os.sep)


class SplitPath(Cmdlet):
    """Split-Path."""

    def record(self) -> None:
        for path in self.get("Path") or self.get("LiteralPath") or []:
            text = _slashes(path)
            texts = [text]
            if self.on("Resolve"):
                from .files import resolved

                texts = resolved(self, text, literal=False)
            for one in texts:
                self.write(self._part(one))

    def _part(self, text: str) -> Any:
        trimmed = text.rstrip(os.sep) if len(text) > 1 else text
        leaf = trimmed.rpartition(os.sep)[2]
        if self.on("Leaf"):
            return text if trimmed == os.path.splitdrive(text)[0] else leaf
        if self.on("LeafBase"):
            return leaf.rpartition(".")[0] if "." in leaf else leaf
        if self.on("Extension"):
            return f".{leaf.rpartition('.')[2]}" if "." in leaf else ""
        if self.on("IsAbsolute"):
            return text.find(":") > 0 if os.name == "nt" else text.startswith(os.sep) or ":" in text[1:]
        if self.on("Qualifier"):
            if ":" not in text:
                raise self.fatal(
                    "FormatException",
                    f"Cannot parse path because path '{text}' does not have a qualifier specified.",
                    "ParsePathFormatError",
                    "InvalidArgument",
                )
            return f"{text.partition(':')[0]}:"
        if self.on("NoQualifier"):
            return text.partition(":")[2] if ":" in text else text
        if trimmed == os.path.splitdrive(trimmed)[0]:
            return ""
        head, _, _ = trimmed.rpartition(os.sep)
        return f"{head}{os.sep}" if head and head == os.path.splitdrive(head)[0] else head


class ResolvePath(Cmdlet):
    """Resolve-Path."""

    def record(self) -> None:
        from .files import patterns_of, resolved

        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if self.on("Relative"):
                    self.write(_from_here(path))
                else:
                    self.write(Location(path))


def _from_here(path: str) -> str:
    """A path from the current folder, or in full where no relative one leads there."""
    found = relative(path, full("."))
    return found if Path(found).is_absolute() or Path(found).parts[:1] == ("..",) else f".{os.sep}{found}"


class ConvertPath(Cmdlet):
    """Convert-Path."""

    def record(self) -> None:
        from .files import patterns_of, resolved

        for pattern, literal in patterns_of(self):
            self.write_all(resolved(self, pattern, literal=literal))


class GetLocation(Cmdlet):
    """Get-Location."""

    def record(self) -> None:
        self.write(Location(self.rt.location()))


def move_to(cmdlet: Any, path: Any) -> bool:
    """Make a folder the current one; False when it is not there."""
    text = _plain(path) if path is not None else str(Path.home())
    if has_wildcard(text) and not cmdlet.has("LiteralPath"):
        from .files import expand

        found = expand(text)
        text = found[0] if found else text
    target = full(text)
    if not Path(target).is_dir():
        cmdlet.error(
            "ItemNotFoundException",
            f"Cannot find path '{target}' because it does not exist.",
            "PathNotFound",
            "ObjectNotFound",
            target,
        )
        return False
    Place.folder = target
    return True


class SetLocation(Cmdlet):
    """Set-Location."""

    def record(self) -> None:
        if move_to(self, self.get("LiteralPath") or self.get("Path")) and self.on("PassThru"):
            self.write(Location(self.rt.location()))


class PushLocation(Cmdlet):
    """Push-Location."""

    def record(self) -> None:
        stack = self.rt.state.setdefault("locations", [])
        stack.append(self.rt.location())
        path = self.get("LiteralPath") or self.get("Path")
        if path is not None and not move_to(self, path):
            stack.pop()


class PopLocation(Cmdlet):
    """Pop-Location."""

    def record(self) -> None:
        stack = self.rt.state.setdefault("locations", [])
        if stack:
            Place.folder = stack.pop()


def _roots() -> dict[str, str]:
    """The drives of files, and where each begins."""
    if os.name != "nt":
        return {"/": "/"}
    return {letter: f"{letter}:\\" for letter in string.ascii_uppercase if Path(f"{letter}:\\").exists()}


class GetDrive(Cmdlet):
    """Get-PSDrive and Get-PSProvider."""

    def record(self) -> None:
        roots = _roots()
        drives = {
            **dict.fromkeys(roots, "FileSystem"),
            "Alias": "Alias",
            "Env": "Environment",
            "Function": "Function",
            "Variable": "Variable",
        }
        wanted = {to_text(one).lower() for one in self.get("Name") or ()}
        providers = {to_text(one).lower() for one in self.get("PSProvider") or ()}
        for name, provider in drives.items():
            if (not wanted or name.lower() in wanted) and (not providers or provider.lower() in providers):
                self.write(
                    Made(
                        {
                            "Name": name,
                            "Provider": provider,
                            "Root": roots.get(name, ""),
                            "CurrentLocation": "",
                        },
                        "System.Management.Automation.PSDriveInfo",
                        name,
                    )
                )


class NewDrive(Cmdlet):
    """New-PSDrive."""

    def record(self) -> None:
        raise self.fatal(
            "NotSupportedException", "New drives are not supported here.", "NotSupported", "NotImplemented"
        )


CMDLETS: dict[str, Any] = {
    "Join-Path": JoinPath,
    "Split-Path": SplitPath,
    "Get-Location": GetLocation,
    "Set-Location": SetLocation,
    "Push-Location": PushLocation,
    "Pop-Location": PopLocation,
    "Get-PSDrive": GetDrive,
    "Get-PSProvider": GetDrive,
    "New-PSDrive": NewDrive,
}

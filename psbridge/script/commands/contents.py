"""Get-Content and the cmdlets that write files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psbridge.binding.objects import is_list
from psbridge.binding.text import net_text, to_text
from psbridge.script.net.conversions import as_bytes, byte_array
from psbridge.script.net.encoding import named
from psbridge.script.net.place import full, lines_of, may_write, read_text
from psbridge.script.semantics.patterns import has_wildcard
from psbridge.script.semantics.text import NEWLINE

from .cmdlet import Cmdlet
from .drives import drive_of, found_in_drive, set_in_drive
from .files import chosen, expand, guarded, patterns_of, plain_path, resolved


class GetContent(Cmdlet):
    """Get-Content."""

    def record(self) -> None:
        for pattern, literal in patterns_of(self):
            drive = drive_of(pattern)
            if drive is not None:
                for _, value in found_in_drive(self, *drive):
                    self.emit(value)
                continue
            for path in resolved(self, pattern, literal=literal):
                if not chosen(self, path):
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

    def _part(self, lines: list[Any]) -> list[Any]:
        """The lines, or bytes, that -TotalCount and -Tail leave."""
        count, tail = self.get("TotalCount"), self.get("Tail")
        if count is not None and count >= 0:
            lines = lines[:count]
        if tail is not None and tail >= 0:
            lines = lines[-tail:] if tail else []
        return lines

    def _read(self, path: str) -> None:
        if self.on("AsByteStream"):
            data = byte_array(Path(path).read_bytes())
            if self.on("Raw"):
                self.write(data)
            else:
                self.write_all(self._part(data))
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
        lines = self._part(lines)
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
    leaves_what_came = True

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
            if self.on("PassThru"):
                self.write_all(value if is_list(value) else [value])

    def close(self) -> None:
        """Write what came; a file is opened when the first object comes."""
        if self.is_open and self.values:
            super().close()

    def finish(self) -> None:
        for pattern, literal in self.targets:
            drive = drive_of(pattern)
            if drive is not None:
                set_in_drive(self, *drive, self.values)
                continue
            text = plain_path(pattern)
            paths = expand(text) if not literal and has_wildcard(text) else [full(text)]
            if not paths:
                self.error(
                    "ItemNotFoundException",
                    f"An object at the specified path {text} does not exist, or has been filtered by the "
                    "-Include or -Exclude parameter.",
                    "ItemNotFound",
                    "ObjectNotFound",
                    text,
                )
            for path in paths:
                if self.confirms(f"Path: {path}", "Set Content" if not self.append else "Add Content"):
                    kind = "IO" if Path(path).parent.is_dir() else "DirectoryNotFound"
                    error_id = f"GetContentWriter{kind}Error"
                    guarded(self, path, lambda path=path: self._write(path), error_id)

    def _write(self, path: str) -> None:
        may_write(path)
        encoding = named(self.get("Encoding")) if self.has("Encoding") else named("utf8NoBOM")
        with Path(path).open("ab" if self.append else "wb") as file:
            if self.on("AsByteStream"):
                file.write(as_bytes(self.values))
                return
            mark = encoding.mark if file.tell() == 0 else b""
            end = "" if self.on("NoNewline") else NEWLINE
            text = "".join(f"{line}{end}" for value in self.values for line in _content_texts(value))
            file.write(mark + encoding.encode(text))


def _content_texts(value: Any) -> list[str]:
    if value is None:
        return []
    if is_list(value):
        return [text for item in value for text in _content_texts(item)]
    import datetime

    from psbridge.script.semantics.dateformat import format_date

    if isinstance(value, float):
        return [net_text(value)]
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


CMDLETS: dict[str, Any] = {
    "Get-Content": GetContent,
    "Set-Content": SetContent,
    "Add-Content": AddContent,
    "Clear-Content": ClearContent,
    "Clear-Item": ClearContent,
}

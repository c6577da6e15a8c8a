"""Select-String, secure strings, credentials."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.binding.values import SecureString, UInt64
from psbridge.script.net.encoding import named
from psbridge.script.net.files import FileEntry
from psbridge.script.net.place import lines_of, read_text
from psbridge.script.net.regex import Match
from psbridge.script.net.secrets import Credential
from psbridge.script.semantics import patterns
from psbridge.script.semantics.attributes import NetAttributes
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.members import member, register_object
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet


class MatchInfo(NetAttributes):
    """A line that Select-String found."""

    net_type = NetType("MatchInfo", "Microsoft.PowerShell.Commands.MatchInfo")

    def __init__(
        self, line: str, number: int, path: str, pattern: str, matches: list[Match] | None, ignore_case: bool
    ) -> None:
        self.line = line
        self.number = number
        self.path = path
        self.pattern = pattern
        self.matches = matches
        self.ignore_case = ignore_case
        self.context: Any = None

    def __str__(self) -> str:
        if self.path == "InputStream":
            return self.line
        from psbridge.script.net.place import Place

        folder = (Place.folder or "").rstrip("/") + "/"
        return f"{self.path.removeprefix(folder)}:{self.number}:{self.line}"


def _read(info: MatchInfo, name: str) -> tuple[bool, Any]:
    values: dict[str, Any] = {
        "line": info.line,
        "linenumber": UInt64(info.number),
        "path": info.path,
        "filename": Path(info.path).name,
        "pattern": info.pattern,
        "matches": info.matches,
        "ignorecase": info.ignore_case,
        "context": info.context,
    }
    return (True, values[name]) if name in values else (False, None)


register_object(MatchInfo, _read)


class SelectString(Cmdlet):
    """Select-String."""

    def start(self) -> None:
        self.number = 0
        self.found = self.in_files = False
        case = self.on("CaseSensitive")
        texts = [to_text(one) for one in self.get("Pattern") or []]
        self.patterns = [
            re.compile(re.escape(text), 0 if case else re.IGNORECASE)
            if self.on("SimpleMatch")
            else self._pattern(text, not case)
            for text in texts
        ]
        self.texts = texts
        self.lines: list[str] = []

    def record(self) -> None:
        if self.has("InputObject") and not (self.has("Path") or self.has("LiteralPath")):
            value = self.get("InputObject")
            if isinstance(value, FileEntry):
                if not value.is_folder:
                    self._file(value.path)
                return
            text = to_text(value)
            self.number += 1
            if self.has("Context"):
                self.lines.append(text)
            else:
                self._line(text, self.number, "InputStream")
            return
        from .files import patterns_of, resolved

        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                if Path(path).is_file():
                    self._file(path)

    def _file(self, path: str) -> None:
        self.in_files = True
        encoding = named(self.get("Encoding")) if self.has("Encoding") else None
        lines = lines_of(read_text(path, encoding))
        for number, line in enumerate(lines, 1):
            info = self._line(line, number, path, lines)
            if info and self.on("List"):
                break

    def _line(self, line: str, number: int, path: str, lines: list[str] | None = None) -> bool:
        for text, compiled in zip(self.texts, self.patterns, strict=True):
            found = (
                list(compiled.finditer(line))
                if self.on("AllMatches")
                else [m for m in [compiled.search(line)] if m]
            )
            if bool(found) == self.on("NotMatch"):
                continue
            self.found = True
            if self.on("Quiet"):
                return True
            if self.on("Raw"):
                self.write(line)
                return True
            simple = self.on("SimpleMatch")
            matches = None if simple else [Match(one, compiled, line) for one in found]
            info = MatchInfo(line, number, path, text, matches, not self.on("CaseSensitive"))
            if self.has("Context") and lines is not None:
                info.context = self._context(lines, number)
            self.write(info)
            return True
        return False

    def _pattern(self, text: str, ignore_case: bool) -> Any:
        try:
            return patterns.regex(text, ignore_case=ignore_case)
        except ScriptError as error:
            message = f"The string {text} is not a valid regular expression: {error.record.exception_message}"
            raise self.fatal("ArgumentException", message, "InvalidRegex", "InvalidArgument", text) from None

    def _context(self, lines: list[str], number: int) -> Bag:
        sizes = list(self.get("Context"))
        before, after = sizes[0], sizes[-1]
        return Bag(
            {
                "PreContext": lines[max(0, number - 1 - before) : number - 1],
                "PostContext": lines[number : number + after],
                "DisplayPreContext": lines[max(0, number - 1 - before) : number - 1],
                "DisplayPostContext": lines[number : number + after],
            }
        )

    def finish(self) -> None:
        for number, line in enumerate(self.lines, 1):
            self._line(line, number, "InputStream", self.lines)
        if self.on("Quiet") and (self.found or self.in_files):
            self.write(self.found)


class ConvertToSecureString(Cmdlet):
    """ConvertTo-SecureString."""

    def record(self) -> None:
        text = self.text("String")
        if self.on("AsPlainText"):
            self.write(SecureString(text))
            return
        try:
            self.write(SecureString(base64.b16decode(text.upper()).decode("utf-16-le")))
        except (ValueError, UnicodeDecodeError):
            raise self.fatal(
                "ArgumentException",
                f'The parameter value "{"*" * 8}" is not a valid encrypted string.',
                "ImportSecureString_InvalidArgument",
                "InvalidArgument",
            ) from None


class ConvertFromSecureString(Cmdlet):
    """ConvertFrom-SecureString."""

    def record(self) -> None:
        secret = self.get("SecureString")
        if self.on("AsPlainText"):
            self.write(secret.reveal())
        else:
            self.write(base64.b16encode(secret.reveal().encode("utf-16-le")).decode().lower())


class GetCredential(Cmdlet):
    """Get-Credential: asks on standard input."""

    def record(self) -> None:
        given = self.get("Credential")
        if isinstance(given, Credential):
            self.write(given)
            return
        name = self.text("UserName") or (to_text(given) if given is not None else "")
        if not name:
            self.rt.host.write("User: ")
            name = self.rt.host.read_line()
        self.rt.host.write(f"Password for user {name}: ")
        self.write(Credential(name, SecureString(self.rt.host.read_line())))


class ImportLocalizedData(Cmdlet):
    """Import-LocalizedData: a data file beside the script."""

    def record(self) -> None:
        from .modules import data_file

        base = self.text("BaseDirectory") or to_text(self.scope.script_scope().vars.get("psscriptroot", "."))
        name = self.text("FileName") or Path(self.rt.script_file or "").stem
        name = name if name.lower().endswith(".psd1") else f"{name}.psd1"
        for folder in (base, str(Path(base) / self.text("UICulture", "en-US"))):
            path = Path(folder) / name
            if path.is_file():
                value = data_file(self.rt, str(path))
                if self.has("BindingVariable"):
                    self.scope.vars[self.text("BindingVariable").lstrip("$").lower()] = value
                else:
                    self.write(value)
                return
        self.error(
            "PSInvalidOperationException",
            f"Cannot find the Windows PowerShell data file '{name}'.",
            "ImportLocalizedData",
            "ObjectNotFound",
            name,
        )


class SelectXml(Cmdlet):
    """Select-Xml."""

    def record(self) -> None:
        from psbridge.script.net.documents import parse_xml
        from psbridge.script.net.place import read_text
        from psbridge.script.semantics.calling import invoke

        from .files import patterns_of, resolved

        pattern = self.text("XPath")
        sources = [(document, "InputStream") for document in self.get("Xml") or []]
        sources += [(parse_xml(text), "InputStream") for text in self.get("Content") or []]
        if self.has("Path") or self.has("LiteralPath"):
            for given, literal in patterns_of(self):
                sources += [
                    (parse_xml(read_text(path)), path) for path in resolved(self, given, literal=literal)
                ]
        elements, at, attribute = pattern.rpartition("/@")
        for document, place in sources:
            for node in invoke(document, "SelectNodes", [elements or "/*" if at else pattern]):
                found: Any = node
                if at:
                    value = member(node, attribute)
                    if value is None:
                        continue
                    found = Bag(
                        {"Name": attribute, "Value": value, "InnerText": value}, "System.Xml.XmlAttribute"
                    )
                self.write(
                    Bag(
                        {"Node": found, "Path": place, "Pattern": pattern},
                        "Microsoft.PowerShell.Commands.SelectXmlInfo",
                    )
                )


CMDLETS: dict[str, Any] = {
    "Select-Xml": SelectXml,
    "Select-String": SelectString,
    "ConvertTo-SecureString": ConvertToSecureString,
    "ConvertFrom-SecureString": ConvertFromSecureString,
    "Get-Credential": GetCredential,
    "Import-LocalizedData": ImportLocalizedData,
}

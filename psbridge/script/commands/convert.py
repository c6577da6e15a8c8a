"""Texts of other shapes: CSV, key=value, HTML, CLIXML."""

from __future__ import annotations

import csv
import html
import io
import os
import re
from pathlib import Path
from typing import Any

from psbridge import separated
from psbridge.binding.objects import is_dictionary, is_list
from psbridge.binding.text import net_text, to_text
from psbridge.script.interpreter.outfile import write_lines
from psbridge.script.net.encoding import named
from psbridge.script.net.place import full, read_text
from psbridge.script.semantics import members
from psbridge.script.semantics.patterns import has_wildcard
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, Hashtable, Wrapped

from .calculated import calculated, property_names, value_of
from .cmdlet import Cmdlet
from .files import resolved
from .json import ConvertFromJson, ConvertToJson, TestJson
from .serialize import ConvertFromCliXml, ConvertToCliXml, ExportClixml, ImportClixml

_LARGEST_FIELD = (1 << 31) - 1  # characters; Python's own limit is 128 KiB


def csv_lines(text: str, delimiter: str) -> list[list[str]]:
    """The records of a CSV text."""
    if csv.field_size_limit() < _LARGEST_FIELD:
        csv.field_size_limit(_LARGEST_FIELD)
    lines = io.StringIO(text, newline="")
    rows = list(separated.reader(lines, delimiter=delimiter, skipinitialspace=True))
    return [row for row in rows if row]


def csv_objects(rows: list[list[str]], header: list[str] | None, cmdlet: Cmdlet) -> list[Bag]:
    """An object for each record; a missing field is null."""
    rows = [row for row in rows if not (row and row[0].startswith("#TYPE"))]
    if header is None:
        if not rows:
            return []
        header, rows = rows[0], rows[1:]
    number = 0
    names: list[str] = []
    for name in header:
        if not name:
            number += 1
        names.append(name or f"H{number}")
    folded = [name.lower() for name in names]
    twice = next((name for place, name in enumerate(names) if folded.index(name.lower()) != place), None)
    if twice is not None and rows:
        message = f'The member "{twice}" is already present.'
        raise cmdlet.fatal(
            "ExtendedTypeSystemException", message, "AlreadyPresentPSMemberInfoInternalCollectionAdd"
        )
    if number:
        cmdlet.warn(
            'One or more headers were not specified. Default names starting with "H" have been used in '
            "place of any missing headers."
        )
    made = []
    for row in rows:
        bag = Bag()
        for place, name in enumerate(names):
            bag[name] = row[place] if place < len(row) else None
        made.append(bag)
    return made


class ConvertFromCsv(Cmdlet):
    """ConvertFrom-Csv."""

    def start(self) -> None:
        self.texts: list[str] = []

    def record(self) -> None:
        self.texts += [to_text(item) for item in self.get("InputObject") or []]

    def finish(self) -> None:
        delimiter = str(self.get("Delimiter", ","))
        rows = csv_lines("\n".join(self.texts), delimiter)
        self.write_all(csv_objects(rows, self.get("Header"), self))


class ImportCsv(Cmdlet):
    """Import-Csv."""

    def record(self) -> None:
        for pattern in self.get("Path") or self.get("LiteralPath") or []:
            place = full(to_text(pattern))
            if not has_wildcard(to_text(pattern)) and not os.path.lexists(place):
                raise self.fatal(
                    "FileNotFoundException", f"Could not find file '{place}'.", "FileOpenFailure", "OpenError"
                )
            for path in resolved(self, pattern, literal=self.has("LiteralPath")):
                encoding = named(self.get("Encoding")) if self.has("Encoding") else None
                rows = csv_lines(read_text(path, encoding), str(self.get("Delimiter", ",")))
                self.write_all(csv_objects(rows, self.get("Header"), self))


class _CsvWriter(Cmdlet):
    def start(self) -> None:
        self.names: list[str] | None = None
        self.lines: list[str] = []
        self.delimiter = str(self.get("Delimiter", ","))
        self.quotes = self.text("UseQuotes", "Always")
        self.quoted_names = {name.lower() for name in self.get("QuoteFields") or []}

    def quoted(self, text: str | None, name: str) -> str:
        """A field as it stands in a line."""
        if text is None:
            return ""
        if self.quoted_names:
            needed = name.lower() in self.quoted_names
        elif self.quotes == "Never":
            needed = False
        else:
            needed = self.quotes == "Always" or any(c in text for c in (self.delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if needed else text

    def record(self) -> None:
        item = self.get("InputObject")
        if item is None:
            return
        table = is_dictionary(item)
        if self.names is None:
            self.names = [to_text(key) for key in item] if table else property_names(item)
            if not self.names:
                self.names = None
                return
            self.first()
            if self.on("IncludeTypeInformation"):
                self.put(f"#TYPE {type_of(item).full_name}")
            if not self.on("NoHeader"):
                self.put(self.delimiter.join(self.quoted(name, name) for name in self.names))
        self.check(item)
        fields = []
        for name in self.names:
            found, value = members.lookup(item, name)
            fields.append(self.quoted(None if value is None or not found else _field(value), name))
        self.put(self.delimiter.join(fields))

    def first(self) -> None:
        """Before the first line."""

    def check(self, item: Any) -> None:
        """Before an object's line."""

    def put(self, line: str) -> None:
        """One line."""
        self.lines.append(line)


def _field(value: Any) -> str:
    if isinstance(value, Wrapped):
        value = value.value
    return net_text(value) if is_list(value) else to_text(value)


class ConvertToCsv(_CsvWriter):
    """ConvertTo-Csv."""

    def put(self, line: str) -> None:
        self.write(line)


class ExportCsv(_CsvWriter):
    """Export-Csv."""

    appended = False
    leaves_what_came = True

    def first(self) -> None:
        path = full(self.text("Path") or self.text("LiteralPath"))
        if self.on("Append") and Path(path).exists() and Path(path).stat().st_size:
            rows = csv_lines(read_text(path), self.delimiter)
            if rows:
                self.names = rows[0]
                self.appended = True
                self.bound["NoHeader"] = True

    def check(self, item: Any) -> None:
        if not self.appended or self.on("Force"):
            return
        known = {to_text(key).lower() for key in (item if is_dictionary(item) else property_names(item))}
        missing = next((name for name in self.names or [] if name.lower() not in known), None)
        if missing is not None:
            raise self.fatal(
                "InvalidOperationException",
                "Cannot append CSV content to the following file: "
                f"{self.text('Path') or self.text('LiteralPath')}. The appended object does not have a "
                f"property that corresponds to the following column: {missing}. To continue with mismatched "
                "properties, add the -Force parameter, and then retry the command.",
                "CannotAppendCsvWithMismatchedPropertyNames",
                "InvalidData",
                missing,
            )

    def finish(self) -> None:
        name = self.text("Path") or self.text("LiteralPath")
        path = full(name)
        if not self.confirms(path):
            return
        if self.on("NoClobber") and Path(path).exists():
            raise self.fatal(
                "IOException", f"The file '{path}' already exists.", "NoClobber", "ResourceExists", path
            )
        encoding = named(self.get("Encoding")) if self.has("Encoding") else None
        write_lines(self.rt, name, self.lines, append=self.on("Append"), encoding=encoding)


class ConvertFromStringData(Cmdlet):
    """ConvertFrom-StringData."""

    def record(self) -> None:
        table = Hashtable()
        delimiter = str(self.get("Delimiter", "="))
        for line in self.text("StringData").replace("\r\n", "\n").split("\n"):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            key, found, value = line.partition(delimiter)
            if not found:
                raise self.fatal(
                    "PSInvalidOperationException",
                    f"Data line '{line}' is not in 'name=value' format. ",
                    "InvalidOperation",
                    "InvalidOperation",
                )
            key = key.strip()
            if key in table:
                raise self.fatal(
                    "PSInvalidOperationException",
                    f"Data item '{key}' in line '{line}' is already defined.",
                    "InvalidOperation",
                    "InvalidOperation",
                )
            table[key] = _unescaped(value.strip())
        self.write(table)


def _unescaped(text: str) -> str:
    from psbridge.script.net.regex import unescape

    return unescape(text) if "\\" in text else text


class ConvertToHtml(Cmdlet):
    """ConvertTo-Html."""

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        item = self.get("InputObject")
        if item is not None:
            self.items.append(item)

    def finish(self) -> None:
        columns = [calculated(one, self) for one in self.get("Property") or []]
        if not columns and self.items:
            columns = [calculated(name, self) for name in property_names(self.items[0])]
        lines: list[str] = []
        if not self.on("Fragment"):
            lines += [
                '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"  "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
                '<html xmlns="http://www.w3.org/1999/xhtml">',
                "<head>",
                *(self.get("Head") or [f"<title>{self.text('Title', 'HTML TABLE')}</title>"]),
                "</head><body>",
            ]
        lines += self.get("PreContent") or []
        if self.has("Body"):
            lines += self.get("Body")
        if self.items and self.text("As") == "List":
            lines.append("<table>")
            for number, item in enumerate(self.items):
                if number:
                    lines.append("<tr><td><hr></td></tr>")
                for column in columns:
                    name = html.escape(column.name or to_text(column.expression))
                    value = html.escape(to_text(value_of(item, column, self)))
                    lines.append(f"<tr><td>{name}:</td><td>{value}</td></tr>")
            lines.append("</table>")
        elif self.items:
            lines.append("<table>")
            names = [column.name or to_text(column.expression) for column in columns]
            lines.append(f"<colgroup>{'<col/>' * len(names)}</colgroup>")
            lines.append(f"<tr>{''.join(f'<th>{html.escape(name)}</th>' for name in names)}</tr>")
            for item in self.items:
                cells = [html.escape(to_text(value_of(item, column, self))) for column in columns]
                lines.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
            lines.append("</table>")
        lines += self.get("PostContent") or []
        if not self.on("Fragment"):
            lines.append("</body></html>")
        self.write_all(lines)


class ConvertToXml(Cmdlet):
    """ConvertTo-Xml: the document of simple objects."""

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        self.items.append(self.get("InputObject"))

    def finish(self) -> None:
        from xml.sax.saxutils import escape

        parts = ['<?xml version="1.0" encoding="utf-8"?><Objects>']
        for item in self.items:
            parts.append(f'<Object Type="{escape(type_of(item).full_name)}">')
            names = property_names(item)
            if not names or isinstance(item, str):
                parts.append(escape(to_text(item)))
            else:
                for name in names:
                    value = members.lookup(item, name)[1]
                    parts.append(f'<Property Name="{escape(name)}">{escape(to_text(value))}</Property>')
            parts.append("</Object>")
        text = "".join([*parts, "</Objects>"])
        from psbridge.script.net.documents import parse_xml

        self.write(text if self.text("As") == "String" else parse_xml(text.partition("?>")[2]))


class ConvertFromMarkdown(Cmdlet):
    """ConvertFrom-Markdown: headings, paragraphs and lists."""

    def record(self) -> None:
        text = to_text(self.get("InputObject"))
        for pattern in self.get("Path") or []:
            text = "\n".join(read_text(path) for path in resolved(self, pattern, literal=False))
        body = []
        for block in re.split(r"\n\s*\n", text.strip()):
            heading = re.match(r"(#{1,6})\s+(.*)", block)
            if heading:
                level = len(heading[1])
                body.append(f"<h{level}>{html.escape(heading[2])}</h{level}>")
            else:
                body.append(f"<p>{html.escape(block)}</p>")
        self.write(Bag({"Html": "\n".join(body), "VT100EncodedString": text, "Tokens": None}))


CMDLETS: dict[str, Any] = {
    "ConvertTo-Json": ConvertToJson,
    "ConvertFrom-Json": ConvertFromJson,
    "Test-Json": TestJson,
    "ConvertFrom-StringData": ConvertFromStringData,
    "ConvertTo-Csv": ConvertToCsv,
    "ConvertFrom-Csv": ConvertFromCsv,
    "Import-Csv": ImportCsv,
    "Export-Csv": ExportCsv,
    "ConvertTo-Html": ConvertToHtml,
    "ConvertTo-Xml": ConvertToXml,
    "Export-Clixml": ExportClixml,
    "Import-Clixml": ImportClixml,
    "ConvertTo-CliXml": ConvertToCliXml,
    "ConvertFrom-CliXml": ConvertFromCliXml,
    "ConvertFrom-Markdown": ConvertFromMarkdown,
}

"""CLIXML: objects to PowerShell's own XML and back."""

from __future__ import annotations

import datetime
import uuid
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from psbridge.binding import nettypes
from psbridge.binding.objects import is_dictionary, is_list, type_of
from psbridge.binding.text import to_text
from psbridge.script.interpreter.outfile import write_lines
from psbridge.script.net.place import full, read_text
from psbridge.script.semantics import dateformat, members
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.patterns import has_wildcard
from psbridge.script.semantics.values import Bag, Hashtable

from .calculated import property_names
from .cmdlet import Cmdlet

_SPACE = "http://schemas.microsoft.com/powershell/2004/04"
_TAGS = {
    nettypes.INT32: "I32",
    nettypes.INT64: "I64",
    nettypes.DOUBLE: "Db",
    nettypes.SINGLE: "Sg",
    nettypes.BYTE: "By",
    nettypes.INT16: "I16",
    nettypes.UINT32: "U32",
    nettypes.UINT64: "U64",
    nettypes.DECIMAL: "D",
    nettypes.CHAR: "C",
    nettypes.GUID: "G",
    nettypes.VERSION: "Version",
    nettypes.URI: "URI",
    nettypes.TIMESPAN: "TS",
    nettypes.SCRIPTBLOCK: "SBK",
}
_TYPES = {tag: type_ for type_, tag in _TAGS.items()}


def _element(value: Any, name: str | None, depth: int) -> str:
    label = f' N="{escape(name)}"' if name is not None else ""
    if value is None:
        return f"<Nil{label} />"
    if isinstance(value, bool):
        return f"<B{label}>{str(value).lower()}</B>"
    if isinstance(value, datetime.datetime):
        return f"<DT{label}>{dateformat.format_date(value, 'o')}</DT>"
    tag = _TAGS.get(type_of(value))
    if tag is not None:
        text = str(ord(value)) if tag == "C" else to_text(value)
        return f"<{tag}{label}>{escape(text)}</{tag}>"
    if isinstance(value, str):
        return f"<S{label}>{escape(value)}</S>"
    if depth < 0:
        return f"<S{label}>{escape(to_text(value))}</S>"
    if is_dictionary(value):
        entries = "".join(
            f"<En>{_element(key, 'Key', depth - 1)}{_element(item, 'Value', depth - 1)}</En>"
            for key, item in value.items()
        )
        names = f"<TN><T>{type_of(value).full_name}</T><T>System.Object</T></TN>"
        return f"<Obj{label}>{names}<DCT>{entries}</DCT></Obj>"
    if is_list(value):
        items = "".join(_element(item, None, depth - 1) for item in value)
        return f"<Obj{label}><TN><T>{escape(type_of(value).full_name)}</T></TN><LST>{items}</LST></Obj>"
    pairs = "".join(_element(members.lookup(value, key)[1], key, depth - 1) for key in property_names(value))
    return (
        f"<Obj{label}><TN><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN>"
        f"<MS>{pairs}</MS></Obj>"
    )


def to_clixml(items: list[Any], depth: int) -> str:
    """Objects as a CLIXML document."""
    body = "\n  ".join(_element(item, None, depth) for item in items)
    return f'<Objs Version="1.1.0.1" xmlns="{_SPACE}">\n  {body}\n</Objs>'


def _value(node: ElementTree.Element) -> Any:
    tag = node.tag.rpartition("}")[2]
    text = node.text or ""
    if tag == "Nil":
        return None
    if tag == "S":
        return text
    if tag == "B":
        return text == "true"
    if tag == "DT":
        return cast_value(text, nettypes.DATETIME)
    if tag == "C":
        from psbridge.binding.values import Char

        return Char(chr(int(text)))
    if tag in _TYPES:
        return cast_value(text, _TYPES[tag]) if tag != "G" else uuid.UUID(text)
    for child in node:
        kind = child.tag.rpartition("}")[2]
        if kind == "DCT":
            return Hashtable([(_value(entry[0]), _value(entry[1])) for entry in child])
        if kind in ("LST", "IE", "QUE", "STK"):
            return [_value(item) for item in child]
        if kind in ("MS", "Props"):
            return Bag({item.get("N", ""): _value(item) for item in child})
    return Bag()


def from_clixml(text: str) -> list[Any]:
    """The objects of a CLIXML document."""
    root = ElementTree.fromstring(text)
    return [_value(node) for node in root]


class _Exporter(Cmdlet):
    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        self.items.append(self.get("InputObject"))


class ExportClixml(_Exporter):
    """Export-Clixml."""

    def finish(self) -> None:
        name = self.text("Path") or self.text("LiteralPath")
        if self.confirms(full(name)):
            write_lines(self.rt, name, [to_clixml(self.items, self.get("Depth", 2))], append=False)


class ConvertToCliXml(_Exporter):
    """ConvertTo-CliXml."""

    def finish(self) -> None:
        self.write(to_clixml(self.items, self.get("Depth", 2)))


class ImportClixml(Cmdlet):
    """Import-Clixml."""

    def record(self) -> None:
        from .files import resolved

        for pattern in self.get("Path") or self.get("LiteralPath") or []:
            place = full(to_text(pattern))
            if not has_wildcard(to_text(pattern)) and not Path(place).exists():
                raise self.fatal(
                    "FileNotFoundException", f"Could not find file '{place}'.", "FileOpenFailure", "OpenError"
                )
            for path in resolved(self, pattern, literal=self.has("LiteralPath")):
                self.write_all(from_clixml(read_text(path)))


class ConvertFromCliXml(Cmdlet):
    """ConvertFrom-CliXml."""

    def record(self) -> None:
        self.write_all(from_clixml(self.text("InputObject")))


__all__ = ["Decimal", "ExportClixml", "ImportClixml", "from_clixml", "to_clixml"]

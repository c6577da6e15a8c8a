"""CLIXML: objects to PowerShell's own XML and back."""

from __future__ import annotations

import datetime
import re
import uuid
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
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
from psbridge.script.semantics.text import NEWLINE
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


_UNPLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]|_(?=[xX])")
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def encoded(text: str) -> str:
    """A text as CLIXML spells it: what XML cannot hold, and a `_` before an x, by UTF-16 code units."""

    def by_number(match: re.Match[str]) -> str:
        units = match.group().encode("utf-16-be", "surrogatepass")
        return "".join(f"_x{units[at]:02X}{units[at + 1]:02X}_" for at in range(0, len(units), 2))

    return escape(_UNPLAIN.sub(by_number, text), {'"': "&quot;"})


def decoded(text: str) -> str:
    """The text that CLIXML spells so."""
    plain = _ENCODED.sub(lambda match: chr(int(match[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _moment(value: datetime.datetime) -> str:
    """A time as XML has it: a fraction without zeros at its end."""
    return re.sub(
        r"\.(\d*?)0+(?!\d)",
        lambda found: f".{found[1]}" if found[1] else "",
        dateformat.format_date(value, "o"),
    )


class _Writer:
    """Writes one document: its objects and their type names are numbered."""

    def __init__(self) -> None:
        self.objects = -1
        self.kinds: dict[str, int] = {}

    def names(self, types: list[str], indent: str) -> str:
        """The names of an object's types; those that came before are referred to."""
        known = self.kinds.get(types[0])
        if known is not None:
            return f'{indent}<TNRef RefId="{known}" />\n'
        number = self.kinds[types[0]] = len(self.kinds)
        listed = "".join(f"{indent}  <T>{escape(one)}</T>\n" for one in types)
        return f'{indent}<TN RefId="{number}">\n{listed}{indent}</TN>\n'

    def wrapped(self, label: str, indent: str, inside: Callable[[str], str]) -> str:
        """An object's element with what is inside it."""
        self.objects += 1
        return f'{indent}<Obj{label} RefId="{self.objects}">\n{inside(indent + "  ")}{indent}</Obj>\n'


def _element(writer: _Writer, value: Any, name: str | None, depth: int, indent: str) -> str:
    label = f' N="{encoded(name)}"' if name is not None else ""
    plain = _plain_element(value, label, depth)
    if plain is not None:
        return f"{indent}{plain}\n"
    if is_dictionary(value):

        def entries(inner: str) -> str:
            made = ""
            for key, item in value.items():
                pair = _element(writer, key, "Key", depth - 1, f"{inner}    ")
                pair += _element(writer, item, "Value", depth - 1, f"{inner}    ")
                made += f"{inner}  <En>\n{pair}{inner}  </En>\n"
            types = writer.names([type_of(value).full_name, "System.Object"], inner)
            return f"{types}{inner}<DCT>\n{made}{inner}</DCT>\n"

        return writer.wrapped(label, indent, entries)
    if is_list(value):

        def elements(inner: str) -> str:
            types = [type_of(value).full_name, *(["System.Array"] if type_of(value).is_array else [])]
            head = writer.names([*types, "System.Object"], inner)
            made = "".join(_element(writer, item, None, depth - 1, f"{inner}  ") for item in value)
            return f"{head}{inner}<LST>\n{made}{inner}</LST>\n"

        return writer.wrapped(label, indent, elements)

    def properties(inner: str) -> str:
        head = writer.names(["System.Management.Automation.PSCustomObject", "System.Object"], inner)
        pairs = "".join(
            _element(writer, members.lookup(value, key)[1], key, depth - 1, f"{inner}  ")
            for key in property_names(value)
        )
        return f"{head}{inner}<MS>\n{pairs}{inner}</MS>\n"

    return writer.wrapped(label, indent, properties)


def _plain_element(value: Any, label: str, depth: int) -> str | None:
    """The element of a value that has no parts; None where it has some."""
    if value is None:
        return f"<Nil{label} />"
    if isinstance(value, bool):
        return f"<B{label}>{str(value).lower()}</B>"
    if isinstance(value, datetime.datetime):
        return f"<DT{label}>{_moment(value)}</DT>"
    tag = _TAGS.get(type_of(value))
    if tag is not None:
        text = str(ord(value)) if tag == "C" else to_text(value)
        return f"<{tag}{label}>{encoded(text)}</{tag}>"
    if isinstance(value, str):
        return f"<S{label}>{encoded(value)}</S>"
    if depth < 0:
        return f"<S{label}>{encoded(to_text(value))}</S>"
    return None


def to_clixml(items: list[Any], depth: int) -> str:
    """Objects as a CLIXML document."""
    writer = _Writer()
    body = "".join(_element(writer, item, None, depth, "  ") for item in items)
    text = f'<Objs Version="1.1.0.1" xmlns="{_SPACE}">\n{body}</Objs>'
    return text.replace("\n", NEWLINE)  # those inside values are escaped


def _value(node: ElementTree.Element) -> Any:
    tag = node.tag.rpartition("}")[2]
    text = decoded(node.text or "")
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
            return _restored({decoded(item.get("N", "")): _value(item) for item in child})
    return Bag()


def _restored(properties: dict[str, Any]) -> Bag:
    made = Bag(properties)
    made._type_names.append("Deserialized.System.Management.Automation.PSCustomObject")
    return made


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
            text = to_clixml(self.items, self.get("Depth", 2))
            write_lines(self.rt, name, [text], append=False, newline=False)


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

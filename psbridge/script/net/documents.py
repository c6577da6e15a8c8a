"""XML documents, and the JSON serializer's plain calls."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from xml.parsers import expat

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.errors import with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.values import Bag, NetList

from . import describe
from .place import guarded, may_write


class Xml:
    """An XmlDocument (the node above the root) or an XmlElement."""

    def __init__(self, node: ElementTree.Element, document: bool = False) -> None:
        self.node = node
        self.document = document
        name = "XmlDocument" if document else "XmlElement"
        self.net_type = _TYPES[name]

    def __str__(self) -> str:
        return self.net_type.full_name if self.document else self.node.tag

    def child(self, place: int) -> Any:
        """The first or last child."""
        children = [self.node] if self.document else list(self.node)
        return Xml(children[place]) if children else None

    def fill(self, text: str) -> None:
        """Put XML in place of what is inside.

        Raises:
            NetFault: it is not XML.
        """
        try:
            inside = tree_of(f"<x>{text}</x>")
        except expat.ExpatError as error:
            raise NetFault("XmlException", f"{error}.") from None
        for one in list(self.node):
            self.node.remove(one)
        self.node.text = inside.text
        self.node.extend(list(inside))

    def text(self) -> str:
        return "".join(self.node.itertext())

    def outer(self) -> str:
        return ElementTree.tostring(self.node, encoding="unicode")


_TYPES = {name: NetType(name, f"System.Xml.{name}") for name in ("XmlDocument", "XmlElement")}


def tree_of(text: str) -> ElementTree.Element:
    """The root element of a text: names as they are written, declarations of namespaces as attributes.

    White space alone between tags is left out, as an XmlDocument leaves it out.

    Raises:
        ExpatError: it is not XML.
    """
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate("utf-8")  # whatever the declaration says: the text is decoded
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = lambda data: builder.data(data) if data.strip() else None
    parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    return builder.close()


class Attributes(NetList):
    """An element's attributes: by place, and by name."""

    __slots__ = ()

    def __net_index__(self, key: Any) -> Any:
        if isinstance(key, int):
            return self[key] if 0 <= key < len(self) else None
        return next((one for one in self if one["Name"] == to_text(key)), None)


register_object(
    Attributes,
    lambda these, folded: (False, None),
    None,
    lambda these, folded, arguments: (
        (True, these.__net_index__(arguments[0])) if folded == "getnameditem" else (False, None)
    ),
)


def _local(name: str) -> str:
    """A name without its prefix, in lower case: what a property of the document is found by."""
    return name.rpartition(":")[2].lower()


def _value(node: ElementTree.Element) -> Any:
    return (node.text or "") if len(node) == 0 and not node.attrib else Xml(node)


def _read(xml: Xml, folded: str) -> tuple[bool, Any]:
    if xml.document:
        return (True, _value(xml.node)) if _local(xml.node.tag) == folded else (False, None)
    for name, value in xml.node.attrib.items():
        if _local(name) == folded:
            return True, value
    values = [_value(child) for child in xml.node if _local(child.tag) == folded]
    if values:
        return True, values[0] if len(values) == 1 else values
    if folded == "#text":
        return True, xml.node.text
    return False, None


register_object(Xml, _read, lambda xml, folded, value: _set_child(xml, folded, value))


def parse_xml(value: Any) -> Any:
    """`[xml]$text`."""
    if isinstance(value, Xml):
        return value
    text = "".join(map(to_text, value)) if isinstance(value, list) else to_text(value)
    try:
        return Xml(tree_of(text), True)
    except expat.ExpatError as error:
        convert(text, nettypes.XML)  # the binder knows how .NET says it
        if not text.strip():
            return Xml(ElementTree.Element(""), True)
        raise with_inner(text, "System.Xml.XmlDocument", f"{error}.") from None


_NUMBER = re.compile(r"(\[\s*[@\w.]+\s*!?=\s*)(\d+)(\s*\])")


def _select(xml: Xml, path: str) -> list[ElementTree.Element]:
    """The elements that ElementTree's part of XPath finds."""
    start = xml.node
    if xml.document or path.startswith("/"):
        start = ElementTree.Element("document")
        start.append(xml.node)
        path = path if path.startswith("/") else f"/{path}"
        path = f".{path}"
    path = _NUMBER.sub(r"\1'\2'\3", path)  # which ElementTree knows as texts alone
    try:
        matching = start.findall(path)
    except (SyntaxError, KeyError) as error:
        raise NetFault("XPathException", f"'{path}' has an invalid token.") from error
    named = _in_namespaces(xml.node)
    return [node for node in matching if node not in named] if named else matching


def _in_namespaces(root: ElementTree.Element) -> set[ElementTree.Element]:
    """The elements below one that a default namespace is declared for: a path without prefixes finds none."""
    named: set[ElementTree.Element] = set()
    waiting = [(root, "")]
    while waiting:
        node, outer = waiting.pop()
        space = node.attrib.get("xmlns", outer)
        if space and ":" not in node.tag:
            named.add(node)
        waiting += [(child, space) for child in node]
    return named


def _set_child(xml: Xml, folded: str, value: Any) -> bool:
    for name in xml.node.attrib:
        if _local(name) == folded:
            xml.node.set(name, to_text(value))
            return True
    for child in xml.node if not xml.document else [xml.node]:
        if _local(child.tag) == folded:
            _set_text(Xml(child), value)
            return True
    return False


def _set_text(xml: Xml, value: Any) -> None:
    for child in list(xml.node):
        xml.node.remove(child)
    xml.node.text = to_text(value)


def _append(xml: Xml, child: Any) -> Any:
    if xml.document:
        xml.node = child.node
    else:
        xml.node.append(child.node)
    return child


def _save(xml: Xml, path: str) -> None:
    Path(may_write(path)).write_text(_indented(xml.node), encoding="utf-8")


def _indented(node: ElementTree.Element) -> str:
    laid_out = copy.deepcopy(node)
    laid_out.tail = None
    ElementTree.indent(laid_out)
    return ElementTree.tostring(laid_out, encoding="unicode")


_TYPES["XmlDocument"].rule = parse_xml
DOCUMENT = describe("System.Xml.XmlDocument", _TYPES["XmlDocument"], "System.Xml.XmlElement")
DOCUMENT.property({"DocumentElement": lambda xml: Xml(xml.node)})
DOCUMENT.new({"()": lambda: Xml(ElementTree.Element("root"), True)})
ELEMENT = describe("System.Xml.XmlElement", _TYPES["XmlElement"])
ELEMENT.property(
    {
        "Name": lambda xml: "#document" if xml.document else xml.node.tag,
        "LocalName": lambda xml: xml.node.tag.rpartition(":")[2],
        "InnerText": lambda xml: xml.text(),
        "OuterXml": lambda xml: xml.outer(),
        "InnerXml": lambda xml: "".join(ElementTree.tostring(c, encoding="unicode") for c in xml.node),
        "ChildNodes": lambda xml: [Xml(child) for child in ([xml.node] if xml.document else xml.node)],
        "Attributes": lambda xml: Attributes(
            Bag({"Name": name, "Value": value, "InnerText": value, "#text": value})
            for name, value in xml.node.attrib.items()
        ),
        "HasChildNodes": lambda xml: xml.document or len(xml.node) > 0 or bool(xml.node.text),
        "HasAttributes": lambda xml: bool(xml.node.attrib),
        "IsEmpty": lambda xml: len(xml.node) == 0 and not xml.node.text,
        "FirstChild": lambda xml: xml.child(0),
        "LastChild": lambda xml: xml.child(-1),
        "NodeType": lambda xml: "Document" if xml.document else "Element",
        "Value": lambda xml: None,
    }
)
ELEMENT.setter({"InnerText": _set_text, "InnerXml": lambda xml, value: xml.fill(to_text(value))})
ELEMENT.method(
    {
        "CreateElement(string name)": lambda xml, name: Xml(ElementTree.Element(name)),
        "AppendChild(any newChild)": _append,
        "PrependChild(any newChild)": lambda xml, child: xml.node.insert(0, child.node) or child,
        "RemoveChild(any oldChild)": lambda xml, child: xml.node.remove(child.node) or child,
        "RemoveAttribute(string name)": lambda xml, name: xml.node.attrib.pop(name, None) and None,
        "RemoveAll()": lambda xml: xml.node.clear(),
        "Save(string filename)": lambda xml, path: guarded(lambda where: _save(xml, where))(path),
        "CloneNode(bool deep)": lambda xml, deep: Xml(copy.deepcopy(xml.node), xml.document),
        "LoadXml(string xml)": lambda xml, text: setattr(xml, "node", parse_xml(text).node),
        "GetAttribute(string name)": lambda xml, name: xml.node.attrib.get(name, ""),
        "HasAttribute(string name)": lambda xml, name: name in xml.node.attrib,
        "SelectNodes(string xpath)": lambda xml, path: [Xml(node) for node in _select(xml, path)],
        "SelectSingleNode(string xpath)": lambda xml, path: next(
            (Xml(node) for node in _select(xml, path)), None
        ),
        "GetElementsByTagName(string name)": lambda xml, name: [Xml(node) for node in xml.node.iter(name)],
        "SetAttribute(string name, string value)": lambda xml, name, value: xml.node.set(name, value),
    }
)


JSON = describe("System.Text.Json.JsonSerializer")
JSON.static(
    {"Serialize(object value)": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)}
)
SERIALIZER = describe("System.Management.Automation.PSSerializer")

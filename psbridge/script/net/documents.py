"""XML documents, and the JSON serializer's plain calls."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

from psbridge.binding.errors import with_inner
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import to_text
from psbridge.script.semantics.members import register_object
from psbridge.script.semantics.values import TypedArray

from . import describe


class Xml:
    """An XmlDocument (the node above the root) or an XmlElement."""

    def __init__(self, node: ElementTree.Element, document: bool = False) -> None:
        self.node = node
        self.document = document
        name = "XmlDocument" if document else "XmlElement"
        self.net_type = _TYPES[name]

    def __str__(self) -> str:
        return self.net_type.full_name if self.document else self.node.tag

    def text(self) -> str:
        return "".join(self.node.itertext())

    def outer(self) -> str:
        return ElementTree.tostring(self.node, encoding="unicode").replace(" />", " />")


_TYPES = {name: NetType(name, f"System.Xml.{name}") for name in ("XmlDocument", "XmlElement")}


def _value(node: ElementTree.Element) -> Any:
    return (node.text or "") if len(node) == 0 and not node.attrib else Xml(node)


def _read(xml: Xml, folded: str) -> tuple[bool, Any]:
    if xml.document:
        if xml.node.tag.lower() == folded:
            return True, _value(xml.node)
        return False, None
    for name, value in xml.node.attrib.items():
        if name.lower() == folded:
            return True, value
    found = [_value(child) for child in xml.node if child.tag.lower() == folded]
    if found:
        return True, found[0] if len(found) == 1 else found
    if folded == "#text":
        return True, xml.node.text
    return False, None


register_object(Xml, _read)


def parse_xml(value: Any) -> Any:
    """`[xml]$text`."""
    if isinstance(value, Xml):
        return value
    text = "".join(map(to_text, value)) if isinstance(value, list) else to_text(value)
    try:
        return Xml(ElementTree.fromstring(text), True)
    except ElementTree.ParseError as error:
        raise with_inner(text, "System.Xml.XmlDocument", f"{error}.") from None


_TYPES["XmlDocument"].rule = parse_xml
DOCUMENT = describe("System.Xml.XmlDocument", _TYPES["XmlDocument"], "System.Xml.XmlElement")
DOCUMENT.property({"DocumentElement": lambda xml: Xml(xml.node)})
DOCUMENT.new({"()": lambda: Xml(ElementTree.Element("root"), True)})
ELEMENT = describe("System.Xml.XmlElement", _TYPES["XmlElement"])
ELEMENT.property(
    {
        "Name": lambda xml: "#document" if xml.document else xml.node.tag,
        "LocalName": lambda xml: xml.node.tag,
        "InnerText": lambda xml: xml.text(),
        "OuterXml": lambda xml: xml.outer(),
        "InnerXml": lambda xml: "".join(ElementTree.tostring(c, encoding="unicode") for c in xml.node),
        "ChildNodes": lambda xml: [Xml(child) for child in ([xml.node] if xml.document else xml.node)],
        "Attributes": lambda xml: list(xml.node.attrib.items()),
    }
)
ELEMENT.method(
    {
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


def _select(xml: Xml, path: str) -> list[ElementTree.Element]:
    if path.startswith("//"):
        return (
            [node for node in xml.node.iter() if node.tag == path[2:]]
            if "/" not in path[2:]
            else xml.node.findall(f".{path}")
        )
    path = path.lstrip("/")
    if xml.document:
        head, _, rest = path.partition("/")
        return [] if head != xml.node.tag else ([xml.node] if not rest else xml.node.findall(rest))
    return xml.node.findall(path)


JSON = describe("System.Text.Json.JsonSerializer")
JSON.static(
    {"Serialize(object value)": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)}
)
SERIALIZER = describe("System.Management.Automation.PSSerializer")
__all__ = ["TypedArray", "parse_xml"]

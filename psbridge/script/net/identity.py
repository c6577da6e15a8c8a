"""System.Guid, System.Uri, System.Version and SemanticVersion."""

from __future__ import annotations

import re
import time
import urllib.parse
import uuid
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.conversion import convert
from psbridge.binding.digits import whole
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.nettypes import NetType
from psbridge.binding.text import net_text, to_text
from psbridge.binding.uris import parse_uri
from psbridge.binding.values import Uri, Version
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.text import format_value
from psbridge.script.semantics.types import net_enum
from psbridge.script.semantics.values import TypedArray

from . import describe


def _parse_guid(text: str) -> uuid.UUID:
    try:
        guid: uuid.UUID = cast_value(text, nettypes.GUID)
        return guid
    except InvalidCast as error:
        raise NetFault("FormatException", str(error).partition('. Error: "')[2].removesuffix('"')) from None


def _version_7() -> uuid.UUID:
    """A Guid that sorts by the time it was made: its first 48 bits are milliseconds since 1970."""
    random = uuid.uuid4().int & ((1 << 80) - 1)
    return uuid.UUID(int=time.time_ns() // 1_000_000 << 80 | random & ~(15 << 76) | 7 << 76)


GUID = describe("System.Guid", nettypes.GUID)


GUID.static({"NewGuid()": uuid.uuid4, "Parse(string input)": _parse_guid, "CreateVersion7()": _version_7})


GUID.constant({"Empty": uuid.UUID(int=0)})


GUID.new({"(string g)": _parse_guid, "()": lambda: uuid.UUID(int=0)})


GUID.property(
    {
        "Guid": str,
        "Variant": lambda guid: guid.bytes[8] >> 4,
        "Version": lambda guid: guid.bytes[6] >> 4,
    }
)


GUID.method(
    {
        "ToString()": str,
        "ToString(string format)": format_value,
        "ToByteArray()": lambda value: TypedArray(value.bytes_le, nettypes.BYTE),
    }
)


def _uri(text: str, kind: Any = None) -> Uri:
    try:
        uri = parse_uri(text)
    except NetError as error:
        raise NetFault("UriFormatException", str(error)) from None
    if (kind is None or int(kind) == 1) and not _absolute(uri):
        raise NetFault("UriFormatException", "Invalid URI: The format of the URI could not be determined.")
    return uri


def _join_uri(base: Uri, relative: str) -> Uri:
    return Uri(urllib.parse.urljoin(str(base), relative))


def _split(uri: Uri) -> urllib.parse.SplitResult:
    return urllib.parse.urlsplit(str(uri))


def _absolute(uri: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", str(uri)) is not None


_PORTS = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}


def _absolute_uri(uri: Uri) -> str | None:
    if not _absolute(uri):
        return None
    parts = _split(uri)
    path = urllib.parse.quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or ("/" if parts.netloc else "")
    port = parts.port
    host = (parts.hostname or "") + (f":{port}" if port and port != _PORTS.get(parts.scheme) else "")
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    query = f"?{urllib.parse.quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    slashes = "//" if parts.netloc or parts.scheme in _PORTS or parts.scheme == "file" else ""
    return f"{parts.scheme}:{slashes}{user}{host}{path}{query}{fragment}"


URI = describe("System.Uri", nettypes.URI)


URI.new(
    {
        "(string uriString)": _uri,
        "(string uriString, System.UriKind uriKind)": _uri,
        "(uri baseUri, string relativeUri)": _join_uri,
    }
)


def _absolute_path(uri: Any) -> str:
    return urllib.parse.quote(_split(uri).path, safe="/%:@!$&'()*+,;=~-._") or "/"


URI.property(
    {
        "OriginalString": str,
        "AbsoluteUri": _absolute_uri,
        "AbsolutePath": _absolute_path,
        "LocalPath": lambda uri: urllib.parse.unquote(_split(uri).path) or "/",
        "PathAndQuery": lambda uri: (
            _absolute_path(uri) + (f"?{_split(uri).query}" if _split(uri).query else "")
        ),
        "Scheme": lambda uri: _split(uri).scheme,
        "Host": lambda uri: _split(uri).hostname or "",
        "DnsSafeHost": lambda uri: _split(uri).hostname or "",
        "IdnHost": lambda uri: _split(uri).hostname or "",
        "Port": lambda uri: _split(uri).port or _PORTS.get(_split(uri).scheme, -1),
        "Authority": lambda uri: _split(uri).netloc.rpartition("@")[2],
        "Query": lambda uri: f"?{_split(uri).query}" if _split(uri).query else "",
        "Fragment": lambda uri: f"#{_split(uri).fragment}" if _split(uri).fragment else "",
        "UserInfo": lambda uri: _split(uri).netloc.rpartition("@")[0],
        "IsAbsoluteUri": _absolute,
        "IsDefaultPort": lambda uri: _split(uri).port in (None, _PORTS.get(_split(uri).scheme)),
        "IsFile": lambda uri: _split(uri).scheme == "file",
        "IsLoopback": lambda uri: (_split(uri).hostname or "") in ("localhost", "127.0.0.1", "::1"),
        "HostNameType": lambda uri: _host_kind(_split(uri).hostname or ""),
        "IsUnc": lambda uri: _split(uri).scheme == "file" and bool(_split(uri).hostname),
        "UserEscaped": lambda uri: False,
        "Segments": lambda uri: TypedArray(_segments(_split(uri).path), nettypes.STRING),
    }
)


def _host_kind(host: str) -> Any:
    """The UriHostNameType of a host's name."""
    kind = net_enum("System.UriHostNameType")
    if not host:
        return kind(1)
    if ":" in host:
        return kind(4)
    return kind(3 if re.fullmatch(r"[0-9]+(\.[0-9]+){3}", host) else 2)


def _segments(path: str) -> list[str]:
    parts = path.split("/")
    return ["/", *(f"{part}/" for part in parts[1:-1]), *([parts[-1]] if parts[-1] else [])]


def _escape(text: str) -> str:
    return urllib.parse.quote(text, safe="-._~")


URI.static(
    {
        "EscapeDataString(string stringToEscape)": _escape,
        "UnescapeDataString(string stringToUnescape)": urllib.parse.unquote,
        "EscapeUriString(string stringToEscape)": lambda text: urllib.parse.quote(
            text, safe="-._~:/?#[]@!$&'()*+,;="
        ),
        "IsWellFormedUriString(string uriString, System.UriKind uriKind)": lambda text, kind: (
            " " not in text and (int(kind) != 1 or _absolute(text))
        ),
        "TryCreate(string uriString, System.UriKind uriKind, ref result)": lambda text, kind, ref: _try_uri(
            text, kind, ref
        ),
    }
)


def _try_uri(text: str, kind: Any, reference: Any) -> bool:
    try:
        reference.write(_uri(text, kind))
    except NetFault:
        reference.write(None)
        return False
    return True


URI.method(
    {
        "ToString()": str,
        "GetLeftPart(any part)": lambda uri, part: f"{_split(uri).scheme}://{_split(uri).netloc}",
    }
)


class UriBuilder:
    """System.UriBuilder."""

    net_type = NetType("UriBuilder", "System.UriBuilder")

    def __init__(self, text: str = "http://localhost/") -> None:
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        self.values: dict[str, Any] = {
            "scheme": parts.scheme,
            "host": parts.hostname or "",
            "port": parts.port or _PORTS.get(parts.scheme, -1),
            "path": parts.path or "/",
            "query": f"?{parts.query}" if parts.query else "",
            "fragment": f"#{parts.fragment}" if parts.fragment else "",
        }

    def __str__(self) -> str:
        v = self.values
        port = "" if v["port"] in (-1,) else f":{v['port']}"
        return f"{v['scheme']}://{v['host']}{port}{v['path']}{v['query']}{v['fragment']}"


def _set_part(name: str) -> Any:
    def write(builder: UriBuilder, value: Any) -> None:
        text = to_text(value)
        mark = {"query": "?", "fragment": "#"}.get(name, "")
        if mark and text and not text.startswith(mark):
            text = mark + text
        if name == "path" and not text.startswith("/"):
            text = f"/{text}"
        builder.values[name] = cast_value(value, nettypes.INT32) if name == "port" else text

    return write


BUILDER = describe("System.UriBuilder", UriBuilder.net_type)


BUILDER.new({"()": UriBuilder, "(string uri)": UriBuilder})


for _part in ("Scheme", "Host", "Port", "Path", "Query", "Fragment"):
    BUILDER.property({_part: lambda builder, part=_part: builder.values[part.lower()]})
    BUILDER.setter({_part: _set_part(_part.lower())})


BUILDER.property({"Uri": lambda builder: Uri(_absolute_uri(Uri(str(builder))) or "")})


BUILDER.method({"ToString()": str})


VERSION = describe("System.Version", nettypes.VERSION)


VERSION.new(
    {
        "(string version)": lambda text: cast_value(text, nettypes.VERSION),
        "(int major, int minor)": lambda *parts: Version(parts),
        "(int major, int minor, int build)": lambda *parts: Version(parts),
        "(int major, int minor, int build, int revision)": lambda *parts: Version(parts),
        "()": lambda: Version((0, 0)),
    }
)


VERSION.property(
    {
        name: lambda version, place=place: version[place] if place < len(version) else -1
        for place, name in enumerate(("Major", "Minor", "Build", "Revision"))
    }
    | {
        "MajorRevision": lambda version: version[3] >> 16 if len(version) > 3 else -1,
        "MinorRevision": lambda version: version[3] & 0xFFFF if len(version) > 3 else -1,
    }
)


VERSION.static({"Parse(string input)": lambda text: cast_value(text, nettypes.VERSION)})


VERSION.method(
    {
        "ToString()": str,
        "ToString(int fieldCount)": lambda version, count: ".".join(map(str, version[:count])),
    }
)


class SemanticVersion:
    """System.Management.Automation.SemanticVersion."""

    net_type = NetType("SemanticVersion", "System.Management.Automation.SemanticVersion")

    def __init__(self, text: str) -> None:
        core, _, build = text.partition("+")
        core, _, label = core.partition("-")
        numbers = [int(part) for part in core.split(".")]
        self.major, self.minor, self.patch = ([*numbers, 0, 0])[:3]
        self.label, self.build = label or None, build or None

    def __str__(self) -> str:
        label = f"-{self.label}" if self.label else ""
        return f"{self.major}.{self.minor}.{self.patch}{label}{f'+{self.build}' if self.build else ''}"

    def key(self) -> tuple[Any, ...]:
        return (self.major, self.minor, self.patch, self.label is None, _precedence(self.label))

    def __net_compare__(self, other: Any) -> int:
        theirs = _semantic(other)
        return (self.key() > theirs.key()) - (self.key() < theirs.key())

    def __net_equals__(self, other: Any) -> bool:
        try:
            return self.__net_compare__(other) == 0
        except InvalidCast:
            return False


def _precedence(label: str | None) -> list[tuple[bool, int, str]]:
    """What a label is compared by, part by part: numbers by value, and before words."""
    parts = label.split(".") if label else []
    numeric = [part.isascii() and part.isdigit() for part in parts]
    return [
        (not number, whole(part) if number else 0, "" if number else part)
        for part, number in zip(parts, numeric, strict=True)
    ]


def _semantic(value: Any) -> SemanticVersion:
    if isinstance(value, SemanticVersion):
        return value
    return SemanticVersion(net_text(convert(value, nettypes.SEMVER)))


SemanticVersion.net_type.rule = _semantic


SEMANTIC = describe("System.Management.Automation.SemanticVersion", SemanticVersion.net_type)


SEMANTIC.new({"(string version)": _semantic})


SEMANTIC.static({"Parse(string version)": _semantic})


SEMANTIC.property(
    {
        "Major": lambda version: version.major,
        "Minor": lambda version: version.minor,
        "Patch": lambda version: version.patch,
        "PreReleaseLabel": lambda version: version.label,
        "BuildLabel": lambda version: version.build,
    }
)


SEMANTIC.method({"ToString()": str})

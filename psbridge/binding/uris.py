"""System.Uri: what its parser takes, and the text its ToString shows."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from psbridge.binding import messages
from psbridge.binding.digits import whole
from psbridge.binding.errors import NetError
from psbridge.binding.numbers import trim
from psbridge.binding.values import Uri

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORTS: Final = {
    "http": "80",
    "https": "443",
    "ftp": "21",
    "ws": "80",
    "wss": "443",
    "ldap": "389",
    "gopher": "70",
}
_HOST: Final = re.compile(r"[^\s.\[\]@:/?#]+(?:\.[^\s.\[\]@:/?#]+)*\.?")
# Percent-encoded characters that ToString leaves alone: decoded they would mean something else.
_KEPT: Final = frozenset("%/\\?#;:@&=+$,")


def parse_uri(text: str) -> Uri:
    """`new Uri(text, UriKind.RelativeOrAbsolute)`, as its ToString shows it.

    Raises:
        NetError: not a URI, absolute or relative.
    """
    stripped = trim(text)
    if stripped.startswith("\\\\"):
        return Uri("file:" + stripped.replace("\\", "/"))
    match = _SCHEME.match(stripped)
    if match is None:
        return Uri(text)
    scheme, rest = match[1].lower(), stripped[match.end() :]
    if len(scheme) == 1:
        if rest[:1] not in ("/", "\\"):
            raise NetError(messages.DOS_PATH)
        return Uri(f"file:///{match[1]}:{rest}".replace("\\", "/"))
    if scheme == "mailto":
        user, at, host = rest.rpartition("@")
        return Uri(f"{scheme}:{user}{at}{host.lower()}")
    if not rest.startswith("//"):
        if scheme in _PORTS or scheme == "file":
            if rest.startswith("\\\\"):
                raise NetError(messages.URI_EMPTY_HOST)
            return Uri(text)
        return Uri(f"{scheme}:{_unescaped(rest)}")
    return Uri(f"{scheme}://{_after_slashes(scheme, rest[2:])}")


def _after_slashes(scheme: str, rest: str) -> str:
    split = re.compile(r"([^/\\?#]*)([^?#]*)(.*)", re.DOTALL).fullmatch(rest)
    assert split is not None
    authority, path, tail = split.groups()
    user, at, host = authority.partition("@")
    if not at:
        user, host = "", authority
    name, port = host, ""
    bracketed = re.fullmatch(r"(\[[^\]]*\])(?::(.*))?", host)
    if bracketed:
        name, port = bracketed[1], bracketed[2] or ""
    elif not host.startswith("["):
        name, _, port = host.partition(":")
    if not (name or scheme == "file" or scheme not in _PORTS):
        raise NetError(messages.URI_EMPTY_HOST)
    if name:
        name = _host(name)
    if port and (not (port.isascii() and port.isdigit()) or whole(port) > 65535):
        raise NetError(messages.URI_PORT)
    shown = f":{port}" if port and port != _PORTS.get(scheme) else ""
    path = _without_dots(path.replace("\\", "/")) if scheme in _PORTS or scheme == "file" else path
    if not path and (scheme in _PORTS or not name):
        path = "/"
    return f"{user}{at}{name}{shown}{_unescaped(path)}{_unescaped(tail)}"


def _host(name: str) -> str:
    if name.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]" if name.endswith("]") else _refuse()
        except ValueError:
            _refuse()
    if not _HOST.fullmatch(name):
        _refuse()
    return name.lower()


def _refuse() -> str:
    raise NetError(messages.URI_EMPTY_HOST)


def _without_dots(path: str) -> str:
    kept: list[str] = []
    parts = path.split("/")
    for index, part in enumerate(parts):
        if part in (".", ".."):
            if part == ".." and len(kept) > 1:
                kept.pop()
            if index == len(parts) - 1:
                kept.append("")
        else:
            kept.append(part)
    return "/".join(kept)


def _unescaped(text: str) -> str:
    """Percent-encoding taken off where that changes no meaning; a stray percent sign is encoded."""

    def decoded(match: re.Match[str]) -> str:
        try:
            plain = bytes.fromhex(match.group().replace("%", "")).decode("utf-8")
        except UnicodeDecodeError:
            return match.group()
        return "".join(f"%{ord(item):02X}" if item in _KEPT or item < " " else item for item in plain)

    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return re.sub(r"(?:%[0-9A-Fa-f]{2})+", decoded, text)

"""What each kind of setting may hold: a value goes in as a caller gave it and comes out as it is kept.

Each check raises ValueError or TypeError with a sentence that begins with the parameter and shows no secret.
Knows nothing of `Configuration`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..message.headers import check_header, is_header_safe
from .secret import Masked, MaskedUrl, Revealable, Secret, key, mask_text, secret

LONGEST = 1e9  # seconds; what a clock of the operating system can count
TRANSPORTS = ("httpcore", "httpx", "httpx2")
_PEM = b"-----BEGIN "


def text(value: Any, parameter: str) -> str | None:
    """A text, or None."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{parameter} must be a text, not {_kind(value)}.")
    return value


def header(value: Any, parameter: str) -> str | None:
    """A text that goes into a header."""
    if text(value, parameter) is not None:
        check_header(parameter, value, parameter)
    return value  # type: ignore[no-any-return]


def flag(value: Any, parameter: str) -> bool:
    """True or false."""
    return bool(value)


def seconds(value: Any, parameter: str) -> float:
    """A time above 0."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= LONGEST:
        raise ValueError(f"{parameter} must be a number of seconds above 0 and at most {LONGEST:,.0f}.")
    return value


def count(value: Any, parameter: str) -> int:
    """How often."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{parameter} must be a whole number, 0 or more.")
    return value


def size(value: Any, parameter: str) -> int:
    """Bytes."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{parameter} must be a whole number of bytes above 0.")
    return value


def url(value: Any, parameter: str) -> str | None:
    """An absolute http or https URL with a host, without user, password, query or fragment; trailing slashes
    go.
    """
    if value is None:
        return None
    try:
        parts: SplitResult | None = urlsplit(value)
        usable = (
            parts is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.username is None
            and parts.password is None
            and not parts.query
            and not parts.fragment
            and (parts.port is None or parts.port > 0)
            and value.isprintable()
            and not any(c.isspace() or c in "?#" for c in value)
            and not any(c in (parts.hostname or "") for c in '\\<>"{}|^`%')
            and all(0 < len(label) <= 63 for label in _ascii(parts.hostname or "").rstrip(".").split("."))
        )
    except (ValueError, AttributeError, TypeError):
        usable = False
    if not usable:
        raise ValueError(f"Invalid URL '{mask_text(str(value))}' cannot be used in the base URL.")
    address = str(value).rstrip("/")
    if address.endswith("/chat/completions"):
        raise ValueError(
            f"Invalid URL '{address}' cannot be used in the base URL: leave out /chat/completions, "
            "which is added to it."
        )
    return address


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def proxy(value: Any, parameter: str) -> str | None:
    """A proxy's URL; "" for none at all."""
    if not value:
        return text(value, parameter)
    try:
        parts = urlsplit(value)
        scheme, _, rest = str.partition(value, "://")
        usable = scheme.lower() in ("http", "https", "socks5", "socks5h") and bool(parts.hostname)
        usable = usable and not any(c.isspace() or not c.isprintable() for c in rest)
        usable = usable and (parts.port is None or parts.port > 0)
    except (ValueError, AttributeError, TypeError):
        usable = False
    if not usable:
        raise ValueError("Proxy must be an http://, https://, socks5:// or socks5h:// URL with a host.")
    return MaskedUrl(f"{scheme.lower()}://{rest}")


def a_secret(value: Any, parameter: str) -> Secret | None:
    """A text that goes into a header and does not show."""
    if value is None:
        return None
    kept = secret(value, parameter)
    if not is_header_safe(kept.reveal()):
        raise ValueError(
            f"{parameter} may hold no line break, control character or character outside ISO-8859-1."
        )
    return kept


def a_key(value: Any, parameter: str) -> Any:
    """A key, or what gives one: a function, or something that hands out several."""
    if value is None or (hasattr(value, "reserve") and hasattr(value, "penalise")):
        return value
    if callable(value) and not isinstance(value, Secret | Revealable):
        return value
    return key(value, parameter)


def keys(value: Any, parameter: str) -> Mapping[str, Secret]:
    """Keys by the header they go into."""
    kept = {}
    for name, item in _table(value, parameter).items():
        check_header(name, "", parameter)
        kept[str(name)] = _prefixed(item, parameter)
    return Masked(kept)


def _prefixed(value: Any, parameter: str) -> Secret:
    """A key of a header: a word before it, such as Bearer, is part of it."""
    kept = a_secret(value, parameter)
    assert kept is not None or value is None
    stripped = "" if kept is None else kept.reveal().strip()
    if not stripped:
        raise ValueError(f"{parameter} may not be empty.")
    return kept if kept is not None and kept.reveal() == stripped else Secret(stripped)


def headers(value: Any, parameter: str) -> Mapping[str, str | None]:
    """Header lines by their names; a SecureString gives its text, None is a header that is not sent."""
    kept = {}
    for name, item in _table(value, parameter).items():
        line = item.reveal() if isinstance(item, Secret | Revealable) else item
        check_header(name, "" if line is None else line, parameter)
        kept[name] = line if line is None else line.strip(" \t")
    return Masked(kept)


def table(value: Any, parameter: str) -> Mapping[str, Any]:
    """Names and values."""
    return Masked(_table(value, parameter))


def issuers(value: Any, parameter: str) -> str | None:
    """A PEM file or a folder of them that can be read."""
    if value is None:
        return None
    from pathlib import Path

    path = os.fspath(value)
    if _readable(parameter, path, lambda name: Path(name).is_dir()):
        _readable(parameter, path, os.listdir)
    else:
        pem_file(path, parameter)
    return str(path)


def certificate(value: Any, parameter: str) -> str | tuple[str | Secret, ...] | None:
    """A PEM file, or (certificate, key), or (certificate, key, passphrase)."""
    if value is None:
        return None
    if isinstance(value, str | os.PathLike):
        return pem_file(os.fspath(value), parameter)
    parts: Sequence[Any] = tuple(value)
    if not 1 <= len(parts) <= 3:
        raise ValueError(
            f"{parameter} takes a file, or (certificate, key), or (certificate, key, passphrase)."
        )
    files = tuple(pem_file(str(part), parameter) for part in parts[:2])
    return files if len(parts) < 3 else (*files, secret(parts[2], parameter))


def pem_file(path: str, parameter: str) -> str:
    """A PEM file that can be read."""
    from pathlib import Path

    def holds_pem(name: str) -> bool:
        with Path(name).open("rb") as file:
            return _PEM in file.read(1 << 24)

    if not _readable(parameter, path, holds_pem):
        raise ValueError(f"{parameter}: '{path}' is not a PEM file.")
    return path


def _readable(parameter: str, path: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name cannot be used"
        raise ValueError(f"{parameter}: '{path}' cannot be read: {why}.") from None


def transport(value: Any, parameter: str) -> str:
    """A library that sends requests."""
    if value not in TRANSPORTS:
        raise ValueError(f"{parameter} must be one of {', '.join(TRANSPORTS)}.")
    return str(value)


def anything(value: Any, parameter: str) -> Any:
    """What is checked elsewhere."""
    return value


def _table(value: Any, parameter: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{parameter} must be a table of names and values.")
    return value


def _kind(value: Any) -> str:
    return "a table" if isinstance(value, Mapping) else type(value).__name__


CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "text": text,
    "header": header,
    "flag": flag,
    "seconds": seconds,
    "count": count,
    "size": size,
    "url": url,
    "proxy": proxy,
    "secret": a_secret,
    "key": a_key,
    "keys": keys,
    "headers": headers,
    "table": table,
    "issuers": issuers,
    "certificate": certificate,
    "signing": anything,
    "transport": transport,
}
"""By `Setting.kind`."""

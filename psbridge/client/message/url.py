"""An absolute http or https URL, taken apart as a request needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Url:
    """Where a request goes.

    Attributes:
        scheme: `http` or `https`.
        host: in ASCII, an IPv6 address without brackets.
        port: as stated, or None for the scheme's own.
        target: path and query, escaped.
    """

    scheme: str
    host: str
    port: int | None
    target: bytes = field(default=b"/", repr=False)

    @classmethod
    def parse(cls, text: str) -> Url:
        """The URL that `text` is; names outside ASCII in their IDNA form.

        Raises:
            ValueError: it has no host, or a port that is no number (UnicodeError is one, too).
        """
        parts = urlsplit(text)
        host = parts.hostname or ""
        if not host:
            raise ValueError("the URL has no host")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(
            parts.scheme,
            host if host.isascii() else host.encode("idna").decode("ascii"),
            parts.port,
            target.encode("ascii", "replace"),
        )

    @property
    def real_port(self) -> int:
        """The port that is connected to."""
        return self.port if self.port is not None else _DEFAULT_PORTS[self.scheme]

    @property
    def host_line(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_line}{self.target.decode('latin-1')}"

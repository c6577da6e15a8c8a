"""One HTTP request over the client's transport, for the web cmdlets. Knows nothing of PowerShell."""

from __future__ import annotations

import re
import time
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_MOST = 1 << 30  # bytes of a reply


def charset_of(label: str) -> str:
    """The charset that a content type names, in lower case; empty when it names none."""
    return label.lower().partition("charset=")[2].partition(";")[0].strip(' "')


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """The first header of this name, which is in lower case; empty when there is none."""
    return next((value for given, value in headers if given.lower() == name), "")


class Failed(Exception):
    """There was no whole reply."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass
class Answer:
    """A reply, read to its end."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    url: str

    def label(self) -> str:
        """The content type."""
        return header(self.headers, "content-type")

    def text(self) -> str:
        """The body as text."""
        try:
            return self.body.decode(charset_of(self.label()) or "utf-8", "replace").removeprefix("\ufeff")
        except LookupError:
            return self.body.decode("utf-8", "replace")


class Wire:
    """Connections kept alive between requests, and closed with the session that has them."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._routes: Any = None

    def send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes,
        *,
        timeout: float | None = None,
        proxy: str | None = None,
        skip_check: bool = False,
    ) -> Answer:
        """Send one request and read the reply.

        Raises:
            Failed: there was no whole reply.
        """
        import warnings

        from psbridge.client.errors import ClientError
        from psbridge.client.message.inflate import Inflater
        from psbridge.client.message.url import Url
        from psbridge.client.settings.configuration import Configuration
        from psbridge.client.wire.blocking_transport import BlockingTransport
        from psbridge.client.wire.bounds import Bounds
        from psbridge.client.wire.route import Routes
        from psbridge.client.wire.transport import WireRequest

        if self._transport is None:
            self._transport, self._routes = BlockingTransport(), Routes()
            weakref.finalize(self, self._transport.close)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Failed(f"'{url}' is not an absolute http or https URI.")
        lines = [
            (name.encode("latin-1", "replace"), value.encode("utf-8")) for name, value in headers.items()
        ]
        known = {name.lower() for name in headers}
        lines.insert(
            0,
            (
                b"Host",
                parts.netloc.rpartition("@")[2].encode("idna" if not parts.netloc.isascii() else "ascii"),
            ),
        )
        if "accept-encoding" not in known:
            lines.append((b"Accept-Encoding", b"gzip, deflate"))
        if body or method in ("POST", "PUT", "PATCH"):
            lines.append((b"Content-Length", str(len(body)).encode()))
        configuration = Configuration(proxy=proxy, skip_certificate_check=skip_check)
        limit = timeout or 100.0 if timeout is not None else 100.0
        target = Url.parse(_escaped(url))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                route = self._routes.find(configuration, target)
            bounds = Bounds(time.monotonic, time.monotonic() + limit, limit)
            response = self._transport.send(WireRequest(method, target, lines, body), route, bounds)
            try:
                pieces = []
                while piece := response.read():
                    pieces.append(piece)
            finally:
                response.close()
        except ClientError as error:
            late = "Timeout" in type(error).__name__ or "Deadline" in type(error).__name__
            raise Failed(_said(error.message, parts.netloc.rpartition("@")[2]), timed_out=late) from None
        got = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers]
        coding = next((value for name, value in got if name.lower() == "content-encoding"), "")
        data = b"".join(pieces)
        if coding:
            inflater = Inflater(coding, _MOST)
            data = inflater.feed(data)
            inflater.finish()
        return Answer(response.status, response.reason, got, data, url)


def _said(message: str, place: str) -> str:
    """What .NET says where there is no connection: the system's own words, and where to."""
    reason = re.search(r"\[Errno -?\d+\] ([^.]+)", message)
    return f"{reason[1]} ({place})" if reason else message


def _escaped(url: str) -> str:
    from urllib.parse import quote

    return quote(url, safe="/%:@!$&'()*+,;=~-._?#[]")

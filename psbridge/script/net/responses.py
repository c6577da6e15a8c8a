"""What a failed request's error knows of its response: System.Net.Http's message and header collections."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.binding.values import DateTimeOffset, Int64, Uri
from psbridge.script.semantics.errors import NetFault
from psbridge.script.semantics.values import DictionaryEntry, Made, TypedArray, generic_type

from . import describe

_HOME = "System.Net.Http.Headers."
_OF_CONTENT = frozenset(
    "allow content-disposition content-encoding content-language content-length content-location content-md5 "
    "content-range content-type expires last-modified".split()
)
_SPELT = {
    name.lower(): name
    for name in (
        "Age Cache-Control Connection Date ETag Keep-Alive Location Pragma Retry-After Server Set-Cookie "
        "Transfer-Encoding Vary Via WWW-Authenticate X-Content-Type-Options X-Frame-Options X-Powered-By "
        "X-Request-ID Content-Encoding Content-Language Content-Length Content-Type Expires Last-Modified"
    ).split()
}
_PAIR = generic_type(
    "KeyValuePair", nettypes.STRING, NetType("IEnumerable`1", "System.Collections.Generic.IEnumerable`1")
)


class ResponseHeaders:
    """HttpResponseHeaders: all but those that say what the body is."""

    net_type = NetType("HttpResponseHeaders", f"{_HOME}HttpResponseHeaders")
    of_content = False

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        self.known: dict[str, tuple[str, list[str]]] = {}
        for name, value in headers:
            if (name.lower() in _OF_CONTENT) == self.of_content:
                spelt = _SPELT.get(name.lower(), name)
                self.known.setdefault(name.lower(), (spelt, []))[1].append(value)

    def values_of(self, name: str) -> TypedArray | None:
        """The values of a header; None where it is not there.

        Raises:
            NetFault: it belongs to the other collection.
        """
        if (name.lower() in _OF_CONTENT) != self.of_content:
            raise NetFault(
                "InvalidOperationException",
                f"Misused header name, '{name}'. Make sure request headers are used with HttpRequestMessage, "
                "response headers with HttpResponseMessage, and content headers with HttpContent objects.",
            )
        found = self.known.get(name.lower())
        return None if found is None else TypedArray(found[1], nettypes.STRING)

    def text(self, name: str) -> str | None:
        """A header's values in one text; None where it is not there."""
        found = self.known.get(name)
        return None if found is None else ", ".join(found[1])

    def __net_iterate__(self) -> Iterator[Any]:
        for name, values in self.known.values():
            yield DictionaryEntry(name, TypedArray(values, nettypes.STRING), _PAIR)


class ContentHeaders(ResponseHeaders):
    """HttpContentHeaders: those that say what the body is."""

    net_type = NetType("HttpContentHeaders", f"{_HOME}HttpContentHeaders")
    of_content = True


def _values(headers: ResponseHeaders, name: str) -> TypedArray:
    found = headers.values_of(name)
    if found is None:
        raise NetFault("InvalidOperationException", "The given header was not found.")
    return found


def _try_values(headers: ResponseHeaders, name: str, reference: Any) -> bool:
    found = headers.values_of(name)
    reference.write(found)
    return found is not None


def _moment(text: str | None) -> DateTimeOffset | None:
    try:
        return None if text is None else DateTimeOffset.of(parsedate_to_datetime(text))
    except (TypeError, ValueError):
        return None


_SECONDS = re.compile("[0-9]{1,10}")
_SIZE = re.compile("[0-9]{1,18}")


def _retry_after(headers: ResponseHeaders) -> Made | None:
    text = headers.text("retry-after")
    if text is None:
        return None
    wait = datetime.timedelta(seconds=int(text)) if _SECONDS.fullmatch(text) else None
    members = {"Date": None if wait is not None else _moment(text), "Delta": wait}
    return Made(members, f"{_HOME}RetryConditionHeaderValue", text)


def _content_type(headers: ResponseHeaders) -> Made | None:
    text = headers.text("content-type")
    if text is None:
        return None
    kind, _, rest = text.partition(";")
    charset = rest.partition("charset=")[2].partition(";")[0].strip() or None
    return Made({"CharSet": charset, "MediaType": kind.strip()}, f"{_HOME}MediaTypeHeaderValue", text)


def _length(headers: ResponseHeaders) -> Int64 | None:
    text = headers.text("content-length") or ""
    return Int64(int(text)) if _SIZE.fullmatch(text) else None


def _location(headers: ResponseHeaders) -> Uri | None:
    text = headers.text("location")
    return None if text is None else Uri(text)


RESPONSE = describe(ResponseHeaders.net_type.full_name, ResponseHeaders.net_type)
CONTENT = describe(ContentHeaders.net_type.full_name, ContentHeaders.net_type)
for _described in (RESPONSE, CONTENT):
    _described.method(
        {
            "Contains(string name)": lambda headers, name: headers.values_of(name) is not None,
            "GetValues(string name)": _values,
            "TryGetValues(string name, ref values)": _try_values,
        }
    )
RESPONSE.property(
    {
        "Date": lambda headers: _moment(headers.text("date")),
        "Location": _location,
        "RetryAfter": _retry_after,
    }
)
CONTENT.property({"ContentLength": _length, "ContentType": _content_type})


def message_of(status: Any, reason: str, headers: list[tuple[str, str]], url: str, method: str) -> Made:
    """System.Net.Http.HttpResponseMessage of an answer."""
    content = Made({"Headers": ContentHeaders(headers)}, "System.Net.Http.HttpConnectionResponseContent")
    verb = Made({"Method": method}, "System.Net.Http.HttpMethod", method)
    shown = f"Method: {method}, RequestUri: '{url}', Version: 1.1, Content: <null>, Headers:\n{{\n}}"
    asked = Made({"Method": verb, "RequestUri": Uri(url)}, "System.Net.Http.HttpRequestMessage", shown)
    members = {
        "Version": "1.1",
        "Content": content,
        "StatusCode": status,
        "ReasonPhrase": reason,
        "Headers": ResponseHeaders(headers),
        "RequestMessage": asked,
        "IsSuccessStatusCode": 200 <= int(status) < 300,
    }
    return Made(members, "System.Net.Http.HttpResponseMessage")


__all__ = ["ContentHeaders", "ResponseHeaders", "message_of"]

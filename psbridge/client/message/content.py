"""What the bytes of a reply are, told from the bytes: an event stream, JSON, or something else.

Servers and proxies label replies wrongly; the status decides first, then the content, and a label last. Knows
nothing of statuses or models.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["events", "json", "other"]

ENOUGH = 16  # bytes behind blanks and comments by which every kind can be told

# Servers say that they are still there with blank lines and, in event streams, with comments.
_WAITING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]+|:[^\r\n]*[\r\n])*")
_EVENT_FIELD = re.compile(rb"(?:data|event|id|retry|error)[ \t]*(?::|\r|\n|$)")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.I)
_DONE_BEHIND = re.compile(rb"\s*data:\s*\[DONE\]\s*\Z")


def kind_of(data: bytes, label: str = "") -> Kind:
    """What `data`, a reply's beginning or all of it, is.

    JSON begins with a bracket; an event stream with one of its fields or a comment. What begins with neither
    is an event stream where `label`, its content type, says so: unknown fields are allowed there.
    """
    rest = without_waiting(data)
    if rest[:1] in (b"{", b"["):
        return "json"
    if _EVENT_FIELD.match(rest) or data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b":"):
        return "events"
    return "events" if is_event_stream(label) and not rest.startswith(b"<") else "other"


def without_waiting(data: bytes) -> bytes:
    """`data` from where something begins: without a byte order mark, blanks and comments."""
    return data[_end_of_waiting(data) :]


def can_be_told(data: bytes) -> bool:
    """Whether more of a reply would change nothing about its kind."""
    rest = without_waiting(data)
    return rest[:1] in (b"{", b"[", b"<") or b"\n" in rest or len(rest) >= ENOUGH


def as_utf8(body: bytes, label: str) -> bytes:
    """A body as UTF-8, which JSON is written in; `label` is its content type, which may name another charset.

    What is UTF-8 is taken for that, whatever the label says.
    """
    charset = _CHARSET.search(label)
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else charset[1] if charset else "utf-8"
    if encoding.lower() in ("utf-8", "utf8") or (b"\0" not in body and _is_utf8(body)):
        return body
    try:
        return body.decode(encoding).encode("utf-8", "replace")
    except (LookupError, UnicodeError):  # no such charset, or not that one
        return body


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_event_stream(label: str) -> bool:
    """Whether a content type says `text/event-stream`."""
    return label.partition(";")[0].strip().lower() == "text/event-stream"


def json_in(data: bytes) -> bytes:
    """The JSON of a reply, without an event stream's comments before it and its `[DONE]` behind it."""
    start = _end_of_waiting(data)
    end = _DONE_BEHIND.search(data, max(start, len(data) - 64))
    return data[start : end.start() if end else len(data)]


def reads_as_text(data: bytes) -> bool:
    """Whether a body begins as JSON, an event stream or a page do, and so is not compressed."""
    return kind_of(data) != "other" or data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b'"')


def _end_of_waiting(data: bytes) -> int:
    match = _WAITING.match(data)
    return match.end() if match else 0

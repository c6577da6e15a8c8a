"""Server-sent events, decoded incrementally after the WHATWG text ("9.2.6 Interpreting an event stream").

One field more than there is known: a line `error: ...` is an event named error.

Bytes go in as they come, split anywhere; events come out. Knows nothing of JSON, chat or HTTP.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import ResponseTooLargeError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event: `data` is UTF-8 with its lines joined by LF; `event` is "message" where none was named."""

    data: bytes
    event: str = "message"
    id: str = ""


class EventDecoder:
    """Feed it bytes; it returns the events they complete. What is left at the end of the stream, without a
    blank line behind it, is what `end` returns.

    Attributes:
        comments: how many comment lines have come; servers send them to say that they are still there.

    Raises:
        ResponseTooLargeError: one event, or one line, is larger than `limit` bytes.
    """

    def __init__(self, limit: int = 16 * 1024 * 1024) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []  # the unfinished line
        self._pending = 0  # its size
        self._data: list[bytes] = []
        self._size = 0
        self._event = ""
        self._id = ""
        self._start = True
        self._after_cr = False
        self.comments = 0

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that `data` completes, in order."""
        if self._start:
            data = b"".join((*self._pieces, data))
            if len(data) < 3 and _BOM.startswith(data):
                self._pieces = [data]
                return []
            self._start = False
            self._pieces, self._pending = [], 0
            if data.startswith(_BOM):
                data = data[3:]
        if self._after_cr and data:
            self._after_cr = False
            if data[0] == 10:
                data = data[1:]
        if not data:
            return []
        if b"\r" in data:
            self._after_cr = data[-1] == 13
            lines = _LINE_END.split(data)
        else:
            lines = data.split(b"\n")
        rest = lines.pop()
        if not lines:
            self._keep(rest)
            return []
        if self._pieces:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._pieces, self._pending = [], 0
        events: list[ServerSentEvent] = []
        for line in lines:
            if line.startswith(b"data: "):
                self._add(line[6:])
            elif line:
                self._field(line)
            elif self._data:
                payload = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(ServerSentEvent(payload, self._event or "message", self._id))
                self._data, self._size, self._event = [], 0, ""
            else:
                self._event = ""
        if rest:
            self._keep(rest)
        return events

    def end(self) -> ServerSentEvent | None:
        """What came behind the last event, at the end of the stream; whether it is whole its data tells."""
        return next(iter(self.feed(b"\n\n")), None)

    def _keep(self, rest: bytes) -> None:
        self._pieces.append(rest)
        self._pending += len(rest)
        if self._pending + self._size > self._limit:
            raise self._too_large()

    def _add(self, value: bytes) -> None:
        self._data.append(value)
        self._size += len(value) + 1
        if self._size > self._limit + 1:
            raise self._too_large()

    def _field(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        if not name and colon:
            self.comments += 1
            return
        if value.startswith(b" "):
            value = value[1:]
        if name == b"data":
            self._add(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"error":  # not in the standard: old llama.cpp servers
            self._event = "error"
            self._add(value)
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")

    def _too_large(self) -> ResponseTooLargeError:
        return ResponseTooLargeError(f"A server-sent event is larger than {self._limit:,} bytes.")

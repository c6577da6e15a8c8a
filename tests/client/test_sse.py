"""The server-sent events decoder: the same events however a stream is split, and as the WHATWG text has
them.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.client.errors import ResponseTooLargeError
from psbridge.client.streams.sse import EventDecoder, ServerSentEvent


def reference(stream: bytes) -> list[tuple[bytes, str, str]]:
    """The WHATWG algorithm, word by word, on the whole stream at once."""
    text = stream.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines, start, i = [], 0, 0
    while i < len(text):
        if text[i] in "\r\n":
            lines.append(text[start:i])
            i += 2 if text[i : i + 2] == "\r\n" else 1
            start = i
        else:
            i += 1
    events, data, kind, last_id = [], "", "", ""
    for line in lines:
        if not line:
            if data:
                events.append((data[:-1].encode("utf-8", "surrogateescape"), kind or "message", last_id))
            data = kind = ""
            continue
        if line.startswith(":"):
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        elif name == "id" and "\0" not in value:
            last_id = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return events


pieces = st.sampled_from(
    [
        b"data: x",
        b"data:",
        b"data",
        b"data:  two spaces",
        b"event: e",
        b"event",
        b"id: 1",
        b"id: \0",
        b"retry: 5",
        b": comment",
        b":",
        b"unknown: y",
        "data: ✓ grün 🙂".encode(),
        b"data: \xff\xfe",
        b"data: \xe2\x80\xa8",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"\r\r",
        b"\r\n\r\n",
        b"\xef\xbb\xbf",
        b"data: [DONE]\n\n",
    ]
)
streams = st.lists(pieces | st.binary(max_size=6), max_size=30).map(b"".join)


@given(streams, st.data())
def test_any_split_of_any_stream_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    """Bytes arrive as the network likes; the events do not depend on it."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = EventDecoder()
    events: list[ServerSentEvent] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        events += decoder.feed(stream[start:end])
    assert [tuple(event) for event in events] == reference(stream)


@given(streams)
def test_byte_by_byte_gives_the_same_events_as_at_once(stream: bytes) -> None:
    """Including a CR LF, a byte order mark and a character split in the middle."""
    decoder = EventDecoder()
    single = [event for i in range(len(stream)) for event in decoder.feed(stream[i : i + 1])]
    assert single == EventDecoder().feed(stream)


def test_an_unfinished_event_is_dropped() -> None:
    """Only an empty line ends an event."""
    assert EventDecoder().feed(b"data: a\n\ndata: b\n") == [ServerSentEvent(b"a")]


def test_lines_of_data_are_joined() -> None:
    """Each data field is a line of its own, an empty one too."""
    assert EventDecoder().feed(b"data: a\ndata\ndata:b\nevent: e\nid: 7\n\n") == [
        ServerSentEvent(b"a\n\nb", "e", "7")
    ]


@pytest.mark.parametrize("stream", [b"data: " + b"x" * 200, b"data: xxxxxxxx\n" * 20, b": " + b"x" * 200])
def test_an_event_over_the_limit_is_an_error(stream: bytes) -> None:
    """One line without an end, or many that belong together: memory stays bounded."""
    decoder = EventDecoder(limit=100)
    with pytest.raises(ResponseTooLargeError, match="100 bytes"):
        for i in range(0, len(stream), 7):
            decoder.feed(stream[i : i + 7])

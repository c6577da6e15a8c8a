"""Servers that break HTTP in every way: each ends in an answer or in one clear error, never in a hang or a
crash.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import threading
import zlib
from typing import Any

import pytest

from psbridge.client import Client, Configuration
from psbridge.client.errors import (
    BadResponseError,
    ClientError,
    ConnectionFailedError,
    DeadlineError,
    IdleTimeoutError,
    ResponseTooLargeError,
    StreamStalledError,
    TruncatedStreamError,
)
from psbridge.offline import OfflineServer

from .conftest import BODY, Caller, MovedClock
from .faulty import COMPLETION, STREAM_HEAD, Connection, event_stream, reply


def once(server: Any, **changes: Any) -> Configuration:
    """A configuration for one try against `server`."""
    return Configuration(base_url=server.base_url, max_retries=0, **changes)


def test_a_reset_at_any_byte_of_a_reply_is_a_connection_error(caller: Caller, faulty: Any) -> None:
    """Status line, headers, body: wherever the connection breaks, the error says that it did."""
    whole = reply(COMPLETION)
    place = 0

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(whole[:place])
        connection.reset()

    client = caller.client(once(faulty(handler)))
    ends = [*range(whole.index(b"\r\n\r\n") + 6), len(whole) // 2, len(whole) - 1]
    for place in ends:  # noqa: B007  # the handler reads it
        with pytest.raises(ConnectionFailedError) as caught:
            caller.create(client)
        assert caught.value.attempts == 1


def test_a_close_at_any_byte_of_an_event_stream_is_told(caller: Caller, faulty: Any) -> None:
    """What had arrived comes with the error; only the whole stream gives a completion."""
    events = event_stream("Hel", "lo ✓")
    place = 0

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + events[:place])

    client = caller.client(once(faulty(handler)))
    first = events.index(b"\n\n") + 2
    second = events.index(b"\n\n", first) + 2
    for place in range(len(events)):
        with pytest.raises(ClientError) as caught:
            caller.completion(client)
        error = caught.value
        if place < first:
            assert type(error) is ConnectionFailedError
            continue
        assert type(error) is TruncatedStreamError
        assert error.partial is not None
        text = error.partial["choices"][0]["message"]["content"]
        assert text == ("Hel" if place < second else "Hello ✓")
    place = len(events)
    assert caller.completion(client)["choices"][0]["message"]["content"] == "Hello ✓"


def test_a_reset_at_any_byte_of_an_event_stream_is_told(caller: Caller, faulty: Any) -> None:
    """A reset may swallow what was sent before it; never is a shorter answer passed off as a whole one."""
    events = event_stream("Hel", "lo ✓")
    place = 0

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + events[:place])
        connection.reset()

    client = caller.client(once(faulty(handler)))
    done = events.index(b"data: [DONE]")
    for place in range(done):  # noqa: B007  # the handler reads it
        with pytest.raises((TruncatedStreamError, ConnectionFailedError)):
            caller.completion(client)


def test_a_reset_in_the_middle_of_a_stream_is_not_tried_again(caller: Caller, faulty: Any) -> None:
    """A chunk was delivered, so the request is not sent twice."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + event_stream("a", "b")[:250])
        await asyncio.sleep(0.05)
        connection.reset()

    server = faulty(handler)
    with pytest.raises(TruncatedStreamError) as caught:
        caller.chunks(caller.client(Configuration(base_url=server.base_url)))
    assert server.connections == 1
    assert caught.value.error_id == "PSBridge.TruncatedStream"


def test_a_stream_that_breaks_before_its_first_chunk_is_tried_again(
    caller: Caller, faulty: Any, clock: MovedClock
) -> None:
    """Nothing was delivered yet."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + (b"" if connection.number == 1 else event_stream("ok")))

    server = faulty(handler)
    client = caller.client(Configuration(base_url=server.base_url), clock=clock)
    assert caller.completion(client)["choices"][0]["message"]["content"] == "ok"
    assert server.connections == 2


def test_a_server_that_sends_a_byte_at_a_time_does_not_outlast_the_deadline(
    caller: Caller, faulty: Any
) -> None:
    """Every byte comes in time, the reply as a whole does not."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        for byte in reply(COMPLETION):
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.02)

    with pytest.raises(DeadlineError):
        caller.create(caller.client(once(faulty(handler))), timeout=0.3)


def test_a_stream_that_comes_a_byte_at_a_time_does_not_outlast_the_idle_limit(
    caller: Caller, faulty: Any
) -> None:
    """The limit is between chunks, not between bytes; what had arrived comes with the error."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        events = event_stream("first", "second")
        whole = events.index(b"\n\n") + 2
        await connection.send(STREAM_HEAD + events[:whole])
        for byte in events[whole:]:
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.03)

    with pytest.raises(StreamStalledError) as caught:
        caller.chunks(caller.client(once(faulty(handler))), idle_timeout=0.3)
    assert caught.value.partial is not None
    assert caught.value.partial["choices"][0]["message"]["content"] == "first"


def test_comments_keep_a_stream_alive(caller: Caller, faulty: Any) -> None:
    """A server that says it is still there is not taken for a stalled one."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD)
        for _ in range(12):
            await connection.send(b": working\n\n")
            await asyncio.sleep(0.1)
        await connection.send(event_stream("there"))

    client = caller.client(once(faulty(handler)))
    assert len(caller.chunks(client, idle_timeout=0.6)) == 2


def test_a_body_that_stalls_is_told(caller: Caller, faulty: Any) -> None:
    """The headers came, and then nothing."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(reply(COMPLETION)[:-10])
        await connection.reader.read()

    with pytest.raises(IdleTimeoutError):
        caller.create(caller.client(once(faulty(handler))), idle_timeout=0.2)


@pytest.mark.parametrize(
    ("length", "expected"), [(10, BadResponseError), (10_000, ConnectionFailedError)], ids=["short", "long"]
)
def test_a_wrong_content_length_is_an_error(
    caller: Caller, faulty: Any, length: int, expected: type[ClientError]
) -> None:
    """Neither a cut JSON nor bytes of the next reply are taken for an answer."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(COMPLETION, content_length=str(length))

    with pytest.raises(expected):
        caller.create(caller.client(once(faulty(handler))))


@pytest.mark.parametrize("kind", ["gzip", "deflate", "raw deflate", "two gzip members"])
def test_compressed_replies_are_read(caller: Caller, faulty: Any, kind: str) -> None:
    """Raw deflate data too, which some servers send."""
    data = json.dumps(COMPLETION).encode()
    half = len(data) // 2
    content = {
        "gzip": gzip.compress(data),
        "deflate": zlib.compress(data),
        "raw deflate": zlib.compress(data)[2:-4],
        "two gzip members": gzip.compress(data[:half]) + gzip.compress(data[half:]),
    }[kind]

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(content, content_encoding="deflate" if "deflate" in kind else "gzip")

    assert caller.create(caller.client(once(faulty(handler)))).value == COMPLETION


@pytest.mark.parametrize("kind", ["truncated", "damaged", "unknown"])
def test_broken_compression_is_an_error(caller: Caller, faulty: Any, kind: str) -> None:
    """Cut off, damaged, or in a coding that was not asked for."""
    content = gzip.compress(json.dumps(COMPLETION).encode())
    if kind == "truncated":
        content = content[:-12]
    elif kind == "damaged":
        content = content[:20] + b"\xff\xff\xff" + content[23:]

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(content, content_encoding="br" if kind == "unknown" else "gzip")

    with pytest.raises(BadResponseError) as caught:
        caller.create(caller.client(once(faulty(handler))))
    assert caught.value.status == 200


def test_a_decompression_bomb_is_cut_off(caller: Caller, faulty: Any) -> None:
    """A few kilobytes that would become 64 MiB stop at the size limit."""
    packed = gzip.compress(bytes(64 * 1024 * 1024))

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(packed, content_encoding="gzip")

    with pytest.raises(ResponseTooLargeError, match="1,000,000 bytes"):
        caller.create(caller.client(once(faulty(handler), max_response_bytes=1_000_000)))


def test_a_body_over_the_limit_is_cut_off(caller: Caller, faulty: Any) -> None:
    """However it is framed."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            await connection.send(b" " * 65_536)

    with pytest.raises(ResponseTooLargeError):
        caller.create(caller.client(once(faulty(handler), max_response_bytes=1_000_000)))


def test_endless_headers_are_cut_off(caller: Caller, faulty: Any) -> None:
    """At 100 KiB."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            await connection.send(b"x-more: " + b"x" * 1000 + b"\r\n")

    with pytest.raises(ResponseTooLargeError, match="headers"):
        caller.create(caller.client(once(faulty(handler))))


def test_an_event_of_64_megabytes(caller: Caller, faulty: Any) -> None:
    """Over the limit it is a clear error; under a raised limit it arrives whole."""
    events = event_stream("x" * (64 * 1024 * 1024))

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + events)

    server = faulty(handler)
    with pytest.raises(ResponseTooLargeError, match="16,777,216 bytes"):
        caller.completion(caller.client(once(server)))
    raised = once(server, max_event_bytes=80 * 1024 * 1024)
    assert (
        len(caller.completion(caller.client(raised))["choices"][0]["message"]["content"]) == 64 * 1024 * 1024
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"created": ' + b"9" * 5000 + b"}",
        b'{"created": 1e999}',
        b'{"created": NaN}',
        b"<html>nope</html>",
        b"\xff\xfe\x00",
        b"",
        b"[]",
        b'{"id": "x"',
    ],
    ids=["deep", "deep objects", "long", "huge", "nan", "html", "not utf-8", "empty", "array", "cut"],
)
def test_what_is_no_json_object_is_an_error(caller: Caller, faulty: Any, body: bytes) -> None:
    """One sentence, with status and body, and no crash."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(body, x_request_id="req_7")

    with pytest.raises(BadResponseError) as caught:
        caller.create(caller.client(once(faulty(handler))))
    error = caught.value
    assert (error.status, error.request_id, error.body) == (200, "req_7", body)
    assert len(str(error)) < 200 and "\n" not in str(error)


@pytest.mark.parametrize(
    "start", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n"]
)
def test_what_is_no_http_is_an_error(caller: Caller, faulty: Any, start: bytes) -> None:
    """Another service on that port."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(start)

    with pytest.raises(BadResponseError, match="breaks HTTP"):
        caller.create(caller.client(once(faulty(handler))))


def test_an_error_page_that_is_no_json_keeps_its_status(caller: Caller, faulty: Any) -> None:
    """A proxy's HTML is in the details, the status in the message."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(b"<html>Bad Gateway</html>", 502, content_type="text/html")

    with pytest.raises(ClientError, match="HTTP 502") as caught:
        caller.create(caller.client(once(faulty(handler))))
    assert caught.value.ErrorDetails == "<html>Bad Gateway</html>"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "model 'x' not found"}, "model 'x' not found"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"message": "no such route"}, "no such route"),
        ({"error": {"message": "two\nlines\tand a tab"}}, "two lines and a tab"),
    ],
    ids=["ollama", "fastapi", "plain", "several lines"],
)
def test_other_servers_errors_are_read_too(
    caller: Caller, faulty: Any, body: dict[str, Any], message: str
) -> None:
    """On one line each."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(body, 404)

    with pytest.raises(ClientError) as caught:
        caller.create(caller.client(once(faulty(handler))))
    assert str(caught.value) == f"HTTP 404 X: {message}"


def test_a_kept_connection_is_used_again(caller: Caller, faulty: Any) -> None:
    """Ten calls and two streams in a row need one connection."""

    async def handler(connection: Connection) -> None:
        while True:
            received = await connection.request()
            if received.json.get("stream"):
                await connection.reply(event_stream("x"), content_type="text/event-stream")
            else:
                await connection.reply(COMPLETION)

    server = faulty(handler)
    client = caller.client(once(server))
    for _ in range(5):
        caller.create(client, BODY)
    caller.chunks(client)
    caller.completion(client)
    for _ in range(5):
        caller.create(client, BODY)
    assert server.connections == 1


def test_an_idle_connection_that_the_server_closed_is_not_used(caller: Caller, faulty: Any) -> None:
    """The second call opens a new one instead of failing."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.reply(COMPLETION)

    server = faulty(handler)
    client = caller.client(once(server))
    caller.create(client)
    asyncio.run(asyncio.sleep(0.05))
    caller.create(client)
    assert server.connections == 2


# Connections that wait


def test_more_dead_connections_than_tries_cost_no_try(faulty: Any) -> None:
    """However many were idle, and however they ended: the call is made over a new one."""
    everybody: list[asyncio.Event] = []

    async def handler(connection: Connection) -> None:
        await connection.request()
        if connection.number <= 6:
            everybody.append(mine := asyncio.Event())
            if len(everybody) == 6:
                for one in everybody:
                    one.set()
            await mine.wait()
        await connection.reply(COMPLETION)
        await connection.reader.read(1)
        connection.reset()

    server = faulty(handler)
    with Client(once(server)) as client:
        threads = [threading.Thread(target=client.create, args=(BODY,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [client.create(BODY).attempts for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("streamed", [False, True])
def test_nobody_gets_what_was_sent_behind_a_reply(caller: Caller, faulty: Any, streamed: bool) -> None:
    """Another tenant's key, another answer; behind a whole reply or behind a stream's last chunk."""
    stray = reply({**COMPLETION, "id": "stray"})
    events = event_stream("Hi")
    chunks = f"{len(events):x}\r\n".encode() + events + b"\r\n0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

    async def handler(connection: Connection) -> None:
        while True:
            wanted = (await connection.request()).json.get("stream")
            await connection.send((head + chunks if wanted else reply(COMPLETION)) + stray)

    client = caller.client(once(faulty(handler)))
    for _ in range(3):
        if streamed:
            assert caller.completion(client)["choices"][0]["message"]["content"] == "Hi"
        assert caller.create(client).value["id"] == COMPLETION["id"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows counts no sockets")
def test_idle_connections_make_room_when_file_handles_run_out(server: OfflineServer) -> None:
    """Those of a `map` for a later call, and the other way round."""
    program = """
import os, resource, sys
from psbridge.client import Client, Configuration
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
with Client(Configuration(base_url=sys.argv[1], access_token="k" * 8, proxy="", max_retries=0)) as client:
    assert all(outcome.ok for outcome in client.map([body] * 200, concurrency=60))
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    assert client.create(body).status == 200
    for handle in held[:3]:
        os.close(handle)
    assert all(outcome.ok for outcome in client.map([body] * 3, concurrency=1))
"""
    command = [sys.executable, "-c", program, server.base_url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")

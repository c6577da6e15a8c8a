"""Streams against the offline server: chunks, text, events, whole completions, and how a stream can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from psbridge.client import AsyncClient, Client, Configuration, Done, JsonCodec, ToolCallDelta, UsageReport
from psbridge.client.errors import (
    BadResponseError,
    StreamEventError,
    StreamStalledError,
    TruncatedStreamError,
)
from psbridge.client.streams.assemble import Assembler
from psbridge.offline import Fault, OfflineServer

from .conftest import BODY, Caller
from .faulty import RESET_KEEPS, STREAM_HEAD, Connection, event_stream

TOOLS = {
    **BODY,
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "look_up",
                "parameters": {
                    "type": "object",
                    "properties": {"word": {"type": "string"}},
                    "required": ["word"],
                },
            },
        }
    ],
    "tool_choice": "required",
}


def test_chunks_arrive_typed_by_the_codec(caller: Caller, configuration: Configuration) -> None:
    """Each chunk is what the codec makes of its JSON."""

    @dataclass
    class Chunk:
        id: str
        choices: list[Any]

    class Typed(JsonCodec):
        def decode(self, data: bytes, model: str) -> Chunk:
            assert model == "CreateChatCompletionStreamResponse"
            members = json.loads(data)
            return Chunk(members["id"], members["choices"])

    chunks = caller.chunks(caller.client(configuration, codec=Typed()))
    assert len(chunks) > 3 and all(type(chunk) is Chunk for chunk in chunks)


@pytest.mark.parametrize(
    "body",
    [BODY, {**BODY, "n": 3}, TOOLS, {**BODY, "logprobs": True, "top_logprobs": 2}],
    ids=["text", "several choices", "tool call", "logprobs"],
)
def test_a_streamed_completion_is_the_one_not_streamed(
    caller: Caller, configuration: Configuration, body: dict[str, Any]
) -> None:
    """Choice by choice: message, tool calls, log probabilities, finish reason, and usage when it is asked
    for.
    """
    client = caller.client(configuration)
    whole = caller.create(client, body).value
    streamed = caller.completion(client, {**body, "stream_options": {"include_usage": True}})
    for side in (whole, streamed):
        for choice in side["choices"]:
            choice["message"].pop("annotations", None)
    assert streamed["choices"] == whole["choices"]
    assert streamed["usage"] == whole["usage"]
    assert (streamed["object"], streamed["model"]) == (whole["object"], whole["model"])


def test_text_is_the_content_as_it_arrives(configuration: Configuration) -> None:
    """Its pieces add up to the content."""
    with Client(configuration) as client:
        pieces = list(client.stream(BODY).text())
        assert len(pieces) > 1 and all(pieces)
        assert "".join(pieces) == client.create(BODY).value["choices"][0]["message"]["content"]


def test_events_tell_tool_calls_usage_and_the_end(configuration: Configuration) -> None:
    """The first piece of a call brings its name; the last event the whole completion."""
    body = {**TOOLS, "stream_options": {"include_usage": True}}
    with Client(configuration) as client:
        events = list(client.stream(body).events())
    calls = [event for event in events if isinstance(event, ToolCallDelta)]
    assert calls[0].name == "look_up" and calls[0].id
    assert "word" in json.loads("".join(call.arguments for call in calls))
    assert any(isinstance(event, UsageReport) for event in events)
    assert isinstance(events[-1], Done)
    assert events[-1].completion["choices"][0]["finish_reason"] == "tool_calls"


def test_a_reply_that_is_streamed_unasked_is_still_a_completion(
    caller: Caller, configuration: Configuration
) -> None:
    """`create` with `stream: true` in the body."""
    client = caller.client(configuration)
    reply = caller.create(client, {**BODY, "stream": True})
    assert reply.value["object"] == "chat.completion"
    assert reply.value["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(cut_after_chunks=3), TruncatedStreamError),
        pytest.param(Fault(cut_after_chunks=3, reset=True), TruncatedStreamError, marks=RESET_KEEPS),
        (Fault(end_after_chunks=3), TruncatedStreamError),
        (Fault(error_after_chunks=3), StreamEventError),
        (Fault(stall_after_chunks=3), StreamStalledError),
        (Fault(malformed=True), BadResponseError),
    ],
    ids=["cut", "reset", "ended early", "error event", "stalled", "malformed"],
)
@pytest.mark.parametrize("way", ["chunks", "completion"])
def test_a_stream_that_goes_wrong_says_so_and_keeps_what_arrived(
    caller: Caller,
    server: OfflineServer,
    configuration: Configuration,
    fault: Fault,
    expected: type[Exception],
    way: str,
) -> None:
    """Never a shorter answer passed off as a whole one, and never a second request."""
    armed = server.faults.add(fault)
    read: Callable[..., Any] = getattr(caller, way)
    with pytest.raises(expected) as caught:
        read(caller.client(configuration), idle_timeout=0.3)
    error: Any = caught.value
    assert error.partial["object"] == "chat.completion"
    assert error.partial["choices"][0]["message"]["role"] == "assistant"
    assert armed.hits == 1
    assert error.attempts == 1


def test_a_done_without_a_finish_reason_is_not_whole(caller: Caller, faulty: Any) -> None:
    """Whether chunks are read typed, or folded."""

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + event_stream("half", finish=False))

    client = caller.client(Configuration(base_url=faulty(handler).base_url))
    for read in (caller.chunks, caller.completion):
        with pytest.raises(TruncatedStreamError, match="before a choice was finished") as caught:
            read(client)
        assert caught.value.partial["choices"][0]["message"]["content"] == "half"  # type: ignore[index]


def test_chunks_before_an_error_are_delivered_first(
    server: OfflineServer, configuration: Configuration
) -> None:
    """The error comes in its place in the order."""
    server.faults.add(Fault(error_after_chunks=4))
    seen = []
    with Client(configuration) as client, pytest.raises(StreamEventError):
        for chunk in client.stream(BODY):
            seen.append(chunk)
    assert len(seen) == 4


def test_closing_a_stream_closes_its_connection(faulty: Any) -> None:
    """At once, though the server would go on; the iterator then ends."""
    import threading

    closed = threading.Event()

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + event_stream("a", done=False, finish=False))
        await connection.reader.read()
        closed.set()

    with Client(Configuration(base_url=faulty(handler).base_url)) as client:
        with client.stream(BODY) as stream:
            next(stream)
        assert list(stream) == []
        assert closed.wait(10)


def test_an_asynchronous_stream_closes_its_connection(faulty: Any) -> None:
    """Leaving `async with` is enough."""
    import asyncio
    import threading

    closed = threading.Event()

    async def handler(connection: Connection) -> None:
        await connection.request()
        await connection.send(STREAM_HEAD + event_stream("a", done=False, finish=False))
        await connection.reader.read()
        closed.set()

    server = faulty(handler)

    async def main() -> None:
        async with AsyncClient(Configuration(base_url=server.base_url)) as client:
            async with await client.stream(BODY) as stream:
                await stream.__anext__()
            assert [chunk async for chunk in stream] == []

    asyncio.run(main())
    assert closed.wait(10)


def test_usage_of_streams_is_counted(caller: Caller, configuration: Configuration) -> None:
    """Where the server reports it."""
    client = caller.client(configuration)
    caller.chunks(client, {**BODY, "stream_options": {"include_usage": True}})
    totals = client.usage.totals()
    assert totals.requests == 1 and totals.total_tokens > 0


def test_members_nobody_knows_are_folded_too() -> None:
    """Texts are put together, lists extended, other values replaced; an empty id repeats nothing."""
    assembler = Assembler()
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a'}}
    again = {"index": 0, "id": "", "function": {"arguments": '":1}'}}
    for delta in (
        {"role": "assistant", "reasoning_content": "Let ", "tool_calls": [call]},
        {"reasoning_content": "me see", "tool_calls": [again], "annotations": [{"a": 1}]},
        {"annotations": [{"a": 2}], "audio": {"id": "x", "data": "QU"}},
        {"audio": {"data": "JD"}},
    ):
        assembler.add({"id": "c", "x": 1, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    assert assembler.completion()["choices"][0]["message"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "reasoning_content": "Let me see",
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
        ],
        "annotations": [{"a": 1}, {"a": 2}],
        "audio": {"id": "x", "data": "QUJD"},
    }

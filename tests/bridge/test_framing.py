"""Bytes on the pipes: writes split and merged anywhere, line ends, marks, and messages of any size."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Start
from .worker_client import WorkerClient

MESSAGE = "Initialize-ChatCompletionRequestUserMessage"


def message(client: WorkerClient, content: str) -> tuple[int, bytes]:
    """An invoke of a builder as raw UTF-8."""
    id = client.new_id()
    params = {"name": MESSAGE, "parameters": {"Content": content, "Role": "user"}}
    text = json.dumps({"jsonrpc": "2.0", "id": id, "method": "invoke", "params": params}, ensure_ascii=False)
    return id, text.encode()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(st.text(alphabet="aé\u2028\U0001f600 ", max_size=9), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 600), max_size=8),
    end=st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
)
def test_messages_may_be_split_and_merged_anywhere(
    shared: WorkerClient, contents: list[str], cuts: list[int], end: bytes
) -> None:
    sent = [message(shared, content) for content in contents]
    data = b"".join(line + end for _, line in sent)
    start = 0
    for cut in [*sorted(cut for cut in cuts if cut < len(data)), len(data)]:
        shared.write(data[start:cut])
        start = cut
    for (id, _), content in zip(sent, contents, strict=True):
        assert shared.result(id)["value"]["set"]["content"] == content


def test_a_message_sent_byte_by_byte_arrives(shared: WorkerClient) -> None:
    id, line = message(shared, "\U0001f600")
    for byte in line + b"\n":
        shared.write(bytes([byte]))
    assert shared.result(id)["value"]["set"]["content"] == "\U0001f600"


@pytest.mark.parametrize("pieces", [1, 4])
def test_a_byte_order_mark_at_the_beginning_is_tolerated(start: Start, pieces: int) -> None:
    client = start(greet=False)
    data = b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}\r\n'
    for piece in range(pieces):
        client.write(data[piece : piece + 1] if piece < pieces - 1 else data[piece:])
    assert client.result(1)["protocol"] == 1


def test_everything_written_is_ascii(shared: WorkerClient) -> None:
    id, line = message(shared, "é\u2028\U0001f600\x7f\x00")
    shared.write(line + b"\n")
    shared.result(id)
    answer = shared.raw[-1]
    assert answer.isascii()
    assert answer.endswith(b"}\n")
    assert b"\\ud83d\\ude00" in answer


def test_64_megabytes_go_both_ways(start: Start) -> None:
    client = start()
    content = "0123456789abcdef" * (4 << 20)
    answer = client.run(MESSAGE, {"Content": content, "Role": "user"})
    assert answer["set"]["content"] == content
    client.messages.clear()
    client.raw.clear()
    # It is not kept: what the worker occupies afterwards is a fraction of one such message.
    assert client.run(MESSAGE, {"Content": "small", "Role": "user"})["set"]["content"] == "small"


def test_a_message_above_the_limit_is_refused_and_the_next_one_works(start: Start) -> None:
    client = start()
    before = client.ask("status")["memory"]
    client.write(b'{"jsonrpc":"2.0","id":"big","method":"invoke","params":{"name":"')
    piece = b"x" * (1 << 20)
    for _ in range(300):
        client.write(piece)
    client.write(b'"}}\n')
    error = client.error("big")
    assert error["code"] == -32600
    assert "256 MB" in error["message"]
    assert client.run(MESSAGE, {"Content": "next", "Role": "user"})["set"]["content"] == "next"
    # A sender without an end does not fill the memory either.
    for _ in range(600):
        client.write(piece)
    client.write(b"\n")
    assert client.error_without_id()["code"] == -32600
    assert client.ask("status")["memory"] < before + 350 * 1024 * 1024


def test_a_last_line_without_its_end_is_not_carried_out(start: Start) -> None:
    client = start()
    id, line = message(client, "unfinished")
    client.write(line)
    client.close_input()
    assert client.wait() == 0
    client.until_ended()
    assert client.answers(id) == []


def test_keys_in_any_order_and_spacing(shared: WorkerClient) -> None:
    id = shared.new_id()
    message: dict[str, Any] = {
        "params": {"parameters": {"Role": "user", "Content": "hi"}, "name": MESSAGE},
        "method": "invoke",
        "id": id,
        "jsonrpc": "2.0",
        "extra": [None],
    }
    shared.write(json.dumps(message, indent=None, separators=(" , ", " : ")).encode() + b"\n")
    assert shared.result(id)["value"]["set"]["content"] == "hi"

"""Calls to a server: many at once, streams, cancelling, and what is said beside the results."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from psbridge.offline import Fault, OfflineServer

from .conftest import REQUEST, Start, connect
from .worker_client import WorkerClient

CHAT = "New-ChatCompletion"


def chat(
    client: WorkerClient, said: str = "Hello", parameters: dict[str, Any] | None = None, **more: Any
) -> int:
    """Start a chat call; returns the request's id."""
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}]}
    id: int = client.invoke(CHAT, {"CreateChatCompletionRequest": request, **(parameters or {})}, **more)
    return id


def content(result: dict[str, Any]) -> str:
    """The text of a reply."""
    text: str = result["value"]["set"]["choices"][0]["set"]["message"]["set"]["content"]
    return text


class Gate:
    """Holds the server's replies back until it is opened."""

    def __init__(self, server: OfflineServer) -> None:
        self.arrived = threading.Semaphore(0)
        self._server = server
        self._fault = server.faults.add(Fault(stall=True, when=self._note))

    def _note(self, request: object) -> bool:
        self.arrived.release()
        return True

    def wait_for(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        for _ in range(count):
            assert self.arrived.acquire(timeout=60)

    def open(self) -> None:
        """Let further requests through."""
        self._server.faults.remove(self._fault)


def test_500_calls_at_once_are_all_answered_each_its_own(connected: WorkerClient) -> None:
    ids = {chat(connected, f"number {n}."): f"number {n}." for n in range(500)}
    for id, said in ids.items():
        assert said in content(connected.result(id))
    assert all(len(connected.answers(id)) == 1 for id in ids)
    assert connected.ask("status")["in_flight"] == 0


def test_calls_wait_side_by_side_and_builders_do_not_wait_for_them(
    connected: WorkerClient, server: OfflineServer
) -> None:
    gate = Gate(server)
    ids = [chat(connected) for _ in range(20)]
    gate.wait_for(20)
    built = connected.run("Initialize-ChatCompletionRequestUserMessage", {"Content": "x", "Role": "user"})
    assert built["set"]["content"] == "x"
    assert connected.ask("status")["in_flight"] == 20
    for id in ids:
        connected.cancel(id)
    for id in ids:
        assert connected.error(id)["code"] == -32800


def test_quick_requests_are_answered_in_their_order(connected: WorkerClient) -> None:
    name = "Initialize-ChatCompletionRequestUserMessage"
    ids = [connected.invoke(name, {"Content": str(n), "Role": "user"}) for n in range(300)]
    connected.result(ids[-1])
    assert [one["id"] for one in connected.messages if one.get("id") in set(ids)] == ids


def test_a_call_uses_the_configuration_of_its_arrival(start: Start, server: OfflineServer) -> None:
    client = start()
    connect(client, server)
    with OfflineServer() as other:
        first = chat(client)
        client.invoke("Set-Configuration", {"BaseUrl": other.base_url})
        second = chat(client)
        client.result(first)
        client.result(second)
        assert (len(server.requests), len(other.requests)) == (1, 1)


# Streams


def test_a_stream_comes_in_order_and_is_closed_by_its_result(connected: WorkerClient) -> None:
    id = chat(connected, parameters={"Stream": True}, stream=True)
    assert connected.result(id) == {"value": None, "warnings": [], "verbose": [], "debug": []}
    chunks = connected.items(id)
    assert {chunk["$type"] for chunk in chunks} == {"CreateChatCompletionStreamResponse"}
    text = chat(connected, parameters={"StreamText": True})
    connected.result(text)
    assert "Hello" in "".join(connected.items(text))
    last = [
        one for one in connected.messages if one.get("params", {}).get("id") == id or one.get("id") == id
    ][-1]
    assert "result" in last


def test_a_chunk_is_sent_on_before_the_next_one_is_there(
    connected: WorkerClient, server: OfflineServer
) -> None:
    server.faults.add(Fault(stall_after_chunks=3))
    id = chat(connected, parameters={"Stream": True})
    connected.until(lambda: len(connected.items(id)) == 3)
    assert connected.answers(id) == []
    connected.cancel(id)
    assert connected.error(id)["code"] == -32800


def test_several_streams_side_by_side_stay_apart(connected: WorkerClient, server: OfflineServer) -> None:
    server.faults.add(Fault(chunk_delay=0.002))
    ids = {chat(connected, f"{n}" * 40, {"StreamText": True}): f"{n}" * 40 for n in range(1, 9)}
    for id in ids:
        connected.result(id)
    for id, said in ids.items():
        assert said in "".join(connected.items(id))


def test_a_request_that_asks_for_a_stream_is_one(connected: WorkerClient) -> None:
    id = connected.invoke(CHAT, {"CreateChatCompletionRequest": {**REQUEST, "stream": True}})
    assert connected.result(id)["value"] is None
    assert len(connected.items(id)) > 2


def test_a_stream_that_breaks_off_says_what_had_come(connected: WorkerClient, server: OfflineServer) -> None:
    server.faults.add(Fault(cut_after_chunks=3))
    id = chat(connected, parameters={"Stream": True})
    error = connected.error(id)
    assert error["data"]["error_id"] == "PSBridge.TruncatedStream"
    assert len(connected.items(id)) == 3
    assert error["data"]["partial"]["choices"]


def test_all_stored_completions_come_one_by_one(connected: WorkerClient) -> None:
    for n in range(25):
        request = {**REQUEST, "store": True, "metadata": {"n": str(n)}}
        connected.run(CHAT, {"CreateChatCompletionRequest": request})
    id = connected.invoke("Get-ChatCompletion", {"All": True, "Limit": 10, "Order": "asc"})
    connected.result(id)
    items = connected.items(id)
    assert [item["set"]["metadata"]["n"] for item in items] == [str(n) for n in range(25)]
    stored = items[0]["set"]["id"]
    one = connected.run("Get-ChatCompletion", {"CompletionId": stored})
    assert one["set"]["id"] == stored
    changed = connected.run("Update-ChatCompletion", {"CompletionId": stored, "Metadata": {"n": "new"}})
    assert changed["set"]["metadata"] == {"n": "new"}
    messages = connected.run("Get-ChatCompletionMessage", {"CompletionId": stored})
    assert messages["$type"] == "ChatCompletionMessageList"
    assert connected.run("Remove-ChatCompletion", {"CompletionId": stored})["set"]["deleted"] is True
    missing = connected.fails("Get-ChatCompletion", {"CompletionId": stored})
    assert missing["data"]["error_id"] == "PSBridge.NotFound"


# Cancelling


def test_a_cancelled_call_is_answered_at_once_and_lets_go_of_the_server(
    connected: WorkerClient, server: OfflineServer
) -> None:
    gate = Gate(server)
    id = chat(connected)
    gate.wait_for(1)
    connected.cancel(id)
    error = connected.error(id)
    assert (error["code"], error["data"]["error_id"]) == (-32800, "PSBridge.Cancelled")
    gate.open()
    assert content(connected.result(chat(connected)))


def test_a_wait_before_the_next_try_can_be_cancelled(connected: WorkerClient, server: OfflineServer) -> None:
    server.faults.add(Fault(status=429, retry_after=300))
    id = chat(connected, parameters={"MaxRetryCount": 5}, verbose=True)
    connected.until(lambda: any("Next in 300 s" in line for line in connected.said(id, "verbose")))
    connected.cancel(id)
    assert connected.error(id)["code"] == -32800


def test_a_storm_of_cancels_leaves_every_request_answered_exactly_once(
    connected: WorkerClient, server: OfflineServer
) -> None:
    server.faults.add(Fault(delay=0.01, chunk_delay=0.001))
    ids = []
    for n in range(400):
        ids.append(chat(connected, parameters={"StreamText": True} if n % 2 else {}))
        if n % 3:
            connected.cancel(ids[-1])
        if n % 7 == 0:
            connected.cancel(ids[n // 2])
    for id in ids:
        answer = connected.answer(id)
        assert "result" in answer or answer["error"]["code"] == -32800, answer
    connected.ask("status")
    for id in ids:
        assert len(connected.answers(id)) == 1
    for id in ids:
        told = [
            one.get("method", "answer")
            for one in connected.messages
            if one.get("id") == id or one.get("params", {}).get("id") == id
        ]
        assert told[-1] == "answer"
    assert content(connected.result(chat(connected)))


def test_a_cancel_that_comes_too_late_or_means_nobody_does_nothing(connected: WorkerClient) -> None:
    id = chat(connected)
    connected.result(id)
    nobody: list[Any] = [id, 987654, "nobody", None, 1.5, [], True]
    for unknown in nobody:
        connected.cancel(unknown)
    assert connected.ask("cancel", id=id) == {"cancelled": False}
    assert len(connected.answers(id)) == 1


def test_an_id_in_use_is_not_taken_twice(connected: WorkerClient, server: OfflineServer) -> None:
    gate = Gate(server)
    id = chat(connected)
    gate.wait_for(1)
    connected.send("status", id=id)
    connected.write(b'{"jsonrpc":"2.0","id":%d,"method":\n' % id)
    errors = connected.until(
        lambda: len(found := [one for one in connected.messages if one.get("id", 0) is None]) == 2 and found
    )
    assert str(id) in errors[0]["error"]["message"]
    assert connected.answers(id) == []
    connected.cancel(id)
    assert connected.error(id)["code"] == -32800
    connected.send("status", id=id)
    connected.until(lambda: len(connected.answers(id)) == 2)


# What is said beside the result


def test_warnings_of_calls_side_by_side_are_not_mixed(connected: WorkerClient) -> None:
    open_prediction = {"$psbridge": "model", "type": "PredictionContent", "set": {"type": "content"}}
    open_tool = {"$psbridge": "model", "type": "ChatCompletionNamedToolChoice", "set": {"type": "function"}}
    kinds: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"prediction": open_prediction}, ["Prediction"]),
        ({"tool_choice": open_tool}, ["ToolChoice"]),
        ({"prediction": open_prediction, "tool_choice": open_tool}, ["Prediction", "ToolChoice"]),
    ]
    ids = [
        connected.invoke(CHAT, {"CreateChatCompletionRequest": {**REQUEST, **kinds[n % 4][0]}})
        for n in range(120)
    ]
    for n, id in enumerate(ids):
        connected.result(id)
        warned = [line.split("'")[1] for line in connected.said(id, "warning")]
        assert sorted(warned) == kinds[n % 4][1]


def test_a_builders_warning_comes_with_its_result_and_with_no_other(shared: WorkerClient) -> None:
    name = "Initialize-CreateChatCompletionRequestToolsInner"
    parts = "Initialize-ChatCompletionRequestUserMessageContentPart"
    warned = shared.result(shared.invoke(parts, {"Type": "text", "Text": "x", "File": {"file_id": "f"}}))
    assert len(warned["warnings"]) == 1
    assert "-File" in warned["warnings"][0]
    clean = shared.result(shared.invoke(name, {"Type": "function", "VarFunction": {"name": "f"}}))
    assert clean["warnings"] == []
    again = shared.result(shared.invoke(parts, {"Type": "text", "Text": "x", "File": {"file_id": "f"}}))
    assert again["warnings"] == warned["warnings"]


def test_verbose_tells_how_the_call_went(connected: WorkerClient, server: OfflineServer) -> None:
    server.faults.add(Fault(status=503, retry_after=0, times=1))
    id = chat(connected, parameters={"MaxRetryCount": 2}, verbose=True)
    connected.result(id)
    lines = connected.said(id, "verbose")
    assert "503" in lines[0] and "attempt 1" in lines[0]
    assert lines[1].startswith("Try 1 failed")
    for told in ("POST", server.base_url, "200", "req_", " s", "attempt 2"):
        assert told in lines[2]
    assert connected.said(id, "debug") == []
    quiet = chat(connected)
    connected.result(quiet)
    assert connected.notifications("note", quiet) == []


def test_debug_shows_the_bodies(connected: WorkerClient) -> None:
    id = chat(connected, "show me", debug=True)
    connected.result(id)
    lines = connected.said(id, "debug")
    assert any(line.startswith("request body") and "show me" in line for line in lines)
    assert any(line.startswith("reply body") and "chat.completion" in line for line in lines)
    assert connected.said(id, "verbose") == []


# Errors


def test_a_servers_error_comes_with_everything_an_error_record_needs(
    connected: WorkerClient, server: OfflineServer
) -> None:
    server.faults.add(Fault(status=429, retry_after=7, code="rate_limit_exceeded", message="slow down"))
    error = connected.error(chat(connected))
    assert error["code"] == -32000
    assert "slow down" in error["message"]
    data = error["data"]
    assert data["error_id"] == "PSBridge.RateLimit"
    assert data["category"] == "LimitsExceeded"
    assert data["exception"] == "RateLimitError"
    assert (data["status"], data["code"], data["attempts"], data["retry_after"]) == (
        429,
        "rate_limit_exceeded",
        1,
        7,
    )
    assert data["headers"]["retry-after"] == "7"
    assert data["headers"]["x-request-id"] == data["request_id"]
    assert "slow down" in data["body"]
    assert data["command"] == CHAT
    assert data["elapsed"] > 0


@pytest.mark.parametrize(
    ("fault", "error_id"),
    [
        (Fault(cut=True), "PSBridge.ConnectionFailed"),
        (Fault(malformed=True), "PSBridge.BadResponse"),
        (Fault(status=401), "PSBridge.Authentication"),
        (Fault(status=500), "PSBridge.ServerError"),
        (Fault(status=429, code="insufficient_quota"), "PSBridge.QuotaExceeded"),
    ],
)
def test_each_failure_has_its_id(
    connected: WorkerClient, server: OfflineServer, fault: Fault, error_id: str
) -> None:
    server.faults.add(fault)
    assert connected.error(chat(connected))["data"]["error_id"] == error_id


def test_a_request_that_cannot_be_sent_names_the_parameter(connected: WorkerClient) -> None:
    make: Callable[..., Any] = connected.fails
    error = make(CHAT, {"CreateChatCompletionRequest": {"model": "gpt-4o"}})
    assert error["data"]["parameter"] == "Messages"
    error = make(CHAT, {"CreateChatCompletionRequest": REQUEST, "Messages": REQUEST["messages"]})
    assert error["data"]["error_id"] == "AmbiguousParameterSet"
    error = make(CHAT, {})
    assert error["data"]["command"] == CHAT


CATCHING = """
import warnings
from psbridge.bridge.listener import current
from psbridge.bridge.listening import listen
from psbridge.cmdlets.warning import warn

class Call:
    def say(self, stream, text):
        print(stream, text)

listen()
current.set(Call())
with warnings.catch_warnings():  # as any library does, in any thread
    warn("heard")
"""


def test_a_warning_reaches_its_call_while_some_thread_catches_warnings() -> None:
    done = subprocess.run([sys.executable, "-c", CATCHING], capture_output=True, text=True, check=True)
    assert done.stdout == "warning heard\n"
    assert done.stderr == ""

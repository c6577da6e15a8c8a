"""The wire as JSON-RPC has it: hello, ids, what is refused and why, and lines that are no messages at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Start
from .worker_client import WorkerClient, same

MESSAGE = "Initialize-ChatCompletionRequestUserMessage"


def request(id: Any, method: str = "status", **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).encode() + b"\n"


def invoke(params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "x", "method": "invoke", "params": params}


def refusal(client: WorkerClient, line: bytes, id: Any = None) -> dict[str, Any]:
    """Send a line that is refused; the one error that answers it."""
    seen = len(client.messages)
    mark = client.new_id()
    client.write(line.rstrip(b"\n") + b"\n" + request(mark))
    client.result(mark)
    (answer,) = [one for one in client.messages[seen:] if not same(one.get("id"), mark)]
    assert same(answer["id"], id), answer
    error: dict[str, Any] = answer["error"]
    return error


def test_hello_says_who_is_there(start: Start) -> None:
    client = start(greet=False)
    answer = client.ask("hello", protocol=1, version="0.1.0", powershell="7.6.5", edition="Core", os="Linux")
    assert answer["protocol"] == 1
    assert answer["protocols"] == [1]
    assert answer["pid"] == client.process.pid
    assert set(answer) == {"protocol", "version", "python", "pid", "protocols"}


@pytest.mark.parametrize(
    ("protocol", "cure"),
    [(2, "pip install -U psbridge"), (0, "psbridge install-module"), (None, "psbridge install-module")],
)
def test_another_protocol_is_refused_with_both_versions_and_the_cure(
    start: Start, protocol: Any, cure: str
) -> None:
    client = start(greet=False)
    error = client.error(client.send("hello", {"protocol": protocol, "version": "7.8.9"}))
    assert error["code"] == -32001
    for told in ("7.8.9", error["data"]["version"], "protocol", cure):
        assert told in error["message"]
    assert error["data"]["protocols"] == [1]
    # Still a stranger, and still able to come to terms.
    assert client.error(client.send("status"))["code"] == -32002
    assert client.ask("hello", protocol=1)["protocol"] == 1


def test_nothing_is_done_before_hello(start: Start) -> None:
    client = start(greet=False)
    error = client.error(client.invoke(MESSAGE, {"Content": "hi", "Role": "user"}))
    assert error["code"] == -32002


@pytest.mark.parametrize("id", [0, -1, 7_000_000_001, "", "seven", "0", "é\u2028\U0001f600", 2**70])
def test_an_id_comes_back_as_it_was(shared: WorkerClient, id: Any) -> None:
    before = len(shared.answers(id))
    shared.send("status", id=id)
    shared.until(lambda: len(shared.answers(id)) > before)
    assert "result" in shared.answers(id)[-1]


@pytest.mark.parametrize("id", [None, 1.5, 1.0, True, [], {}, [1]])
def test_an_id_that_is_neither_text_nor_whole_number_is_refused(shared: WorkerClient, id: Any) -> None:
    error = refusal(shared, request(id))
    assert error["code"] == -32600
    assert "id" in error["message"]


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (b"nonsense", -32700, "not JSON"),
        (b"{", -32700, "not JSON"),
        (b'{"jsonrpc": "2.0"', -32700, "not JSON"),
        (b"\xff\xfe\x00", -32700, "not UTF-8 at byte 0"),
        (b'{"a": "\xc3\x28"}', -32700, "not UTF-8 at byte 7"),
        (b"[" * 100_000, -32700, "too deeply"),
        (b'{"a":' * 100_000, -32700, "too deeply"),
        (b"[]", -32600, "one request a line"),
        (b'[{"jsonrpc":"2.0","id":1,"method":"status"}]', -32600, "one request a line"),
        (b"null", -32600, "no JSON object"),
        (b"12", -32600, "no JSON object"),
        (b'"status"', -32600, "no JSON object"),
        (b"NaN", -32600, "no JSON object"),
        (b"\x00", -32700, "not JSON"),
        (b"\xef\xbb\xbf{}", -32700, "not JSON"),
    ],
)
def test_a_line_that_is_no_request_harms_only_itself(
    shared: WorkerClient, line: bytes, code: int, told: str
) -> None:
    error = refusal(shared, line)
    assert error["code"] == code
    assert told in error["message"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"id": "x", "method": "status"}, -32600),
        ({"jsonrpc": "1.0", "id": "x", "method": "status"}, -32600),
        ({"jsonrpc": "2.0", "id": "x"}, -32600),
        ({"jsonrpc": "2.0", "id": "x", "method": 5}, -32600),
        ({"jsonrpc": "2.0", "id": "x", "result": {}}, -32600),
        ({"jsonrpc": "2.0", "id": "x", "method": "Status"}, -32601),
        ({"jsonrpc": "2.0", "id": "x", "method": "status", "params": [1]}, -32602),
        ({"jsonrpc": "2.0", "id": "x", "method": "invoke", "params": "x"}, -32602),
        (invoke({}), -32602),
        (invoke({"name": 1}), -32602),
        (invoke({"name": MESSAGE, "parameters": []}), -32602),
        (invoke({"name": MESSAGE, "left_open": "Role"}), -32602),
        (invoke({"name": MESSAGE, "left_open": [1]}), -32602),
    ],
)
def test_a_request_that_is_not_allowed_is_answered_under_its_id(
    shared: WorkerClient, message: Any, code: int
) -> None:
    assert refusal(shared, json.dumps(message).encode(), "x")["code"] == code


def test_a_line_cut_off_is_answered_under_the_id_at_its_beginning(shared: WorkerClient) -> None:
    line = b'{"jsonrpc":"2.0","id":"cut","method":"invoke","params":{"name":"Initi'
    assert refusal(shared, line, "cut")["code"] == -32700
    nested = b'{"jsonrpc":"2.0","id":"deep","params":' + b"[" * 100_000
    assert refusal(shared, nested, "deep")["code"] == -32700


def test_notifications_are_not_answered(shared: WorkerClient) -> None:
    seen = len(shared.messages)
    for method in ("status", "invoke", "hello", "shutdown", "nonsense", "cancel"):
        shared.write(json.dumps({"jsonrpc": "2.0", "method": method}).encode() + b"\n")
    shared.ask("status")
    assert len(shared.messages) == seen + 1


def test_empty_lines_mean_nothing(shared: WorkerClient) -> None:
    seen = len(shared.messages)
    shared.write(b"\n\r\n   \n\t\n")
    shared.ask("status")
    assert len(shared.messages) == seen + 1


@pytest.mark.parametrize("name", ["Verbose", "whatif", "ErrorAction", "vb", "Confirm"])
def test_common_parameters_are_powershells_own(shared: WorkerClient, name: str) -> None:
    error = shared.fails("Remove-ChatCompletion", {"CompletionId": "x", name: True})
    assert error["code"] == -32602
    assert name in error["message"]


def test_status_tells_what_happened(start: Start) -> None:
    client = start()
    assert client.ask("status")["last_error"] is None
    client.run(MESSAGE, {"Content": "hi", "Role": "user"})
    client.fails(MESSAGE, {"Contents": "hi"})
    status = client.ask("status")
    assert status["pid"] == client.process.pid
    assert (status["calls"], status["errors"], status["in_flight"]) == (2, 1, 0)
    assert "Contents" in status["last_error"]
    assert status["uptime"] > 0
    assert status["memory"] > 1_000_000


def test_shutdown_is_answered_and_ends_the_worker(start: Start) -> None:
    client = start()
    assert client.ask("shutdown") == {}
    assert client.wait() == 0


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NAMES = st.sampled_from(["Content", "Role", "role", "", "$psbridge", "\ud800", "self", "args"])
_MARKED = st.dictionaries(st.sampled_from(["$psbridge", "a"]), st.sampled_from(["unset", "secure", 1]))
_PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "protocol": st.just(1),
        "id": st.integers() | st.text() | st.none() | st.lists(st.none()),
        "name": st.sampled_from([MESSAGE, "Get-HostSetting", "Set-Nothing", "", "\ud800"]) | st.integers(),
        "parameters": st.dictionaries(_NAMES, _ANYTHING | _MARKED, max_size=3) | st.integers(),
        "left_open": st.lists(st.sampled_from(["Role", "", "x"])) | st.integers(),
    },
)
_ALMOST = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from(["2.0", "2.0", "2.0", "1.0", 2])},
    optional={
        "id": st.none() | st.floats() | st.booleans() | st.just("fuzz"),
        "method": st.sampled_from(["invoke", "invoke", "cancel", "status", "hello", ""]) | st.integers(),
        "params": st.none() | st.lists(st.integers()) | _PARAMS,
    },
)
_ODD = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    _ANYTHING.map(lambda value: json.dumps(value).encode()),
    _ALMOST.map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(_ODD, min_size=1, max_size=5))
def test_no_line_whatever_is_in_it_ends_the_worker_or_is_a_bug_in_it(
    shared: WorkerClient, lines: list[bytes]
) -> None:
    seen = len(shared.messages)
    mark = shared.new_id()
    shared.write(b"\n".join(lines) + b"\n" + request(mark))
    shared.result(mark)
    for answer in shared.messages[seen:]:
        assert answer["jsonrpc"] == "2.0"
        assert ("result" in answer) != ("error" in answer)
        assert answer.get("error", {}).get("code") != -32603, (answer, bytes(shared.errors).decode()[-2000:])

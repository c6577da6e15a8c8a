"""Configurations by number: each request goes by its own, and a script block's key is asked of the module."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .worker_client import PATIENCE, WorkerClient

PROMPT = {"Messages": [{"role": "user", "content": "hi"}], "Model": "m", "TextOnly": True}
HOLD = {"Messages": [{"role": "user", "content": "hold"}], "Model": "m", "TextOnly": True}
BLOCK = {"$psbridge": "asked", "value": 7}


@pytest.fixture(scope="module")
def keys() -> Iterator[str]:
    """The address of a server that answers with the key of each call."""
    command = [sys.executable, str(Path(__file__).with_name("key_server.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout and server.stdin
        yield server.stdout.readline().strip()
        server.stdin.close()


@pytest.fixture
def worker(keys: str) -> Iterator[WorkerClient]:
    """A worker that has nothing set but where to call, under the number 1."""
    with WorkerClient(environment={"OPENAI_API_KEY": "sk-environment"}) as client:
        client.run("Set-Configuration", {"BaseUrl": keys, "MaxRetryCount": 0}, becomes=1)
        yield client


def secret(text: str) -> dict[str, str]:
    return {"$psbridge": "secure", "value": text}


def key_of(worker: WorkerClient, settings: int, **more: Any) -> Any:
    return worker.run("New-ChatCompletion", PROMPT, settings=settings, **more)


def results(worker: WorkerClient, pipeline: Any) -> list[Any]:
    """What a pipeline's items gave, in the order in which it came."""
    return [one["value"] for told in worker.notifications("items", pipeline) for one in told["items"]]


def answer_question(worker: WorkerClient, id: Any, text: str, count: int = 1) -> None:
    """Wait for the question of that count, and answer it."""
    asked = worker.until(lambda: worker.notifications("ask", id)[count - 1 : count])[0]
    told = {"id": id, "question": asked["question"], "value": secret(text)}
    worker.write(worker.line({"jsonrpc": "2.0", "method": "told", "params": told}))


def test_what_is_set_under_a_number_stays_there(worker: WorkerClient, keys: str) -> None:
    """Neither the process nor another number sees it, and what a number stands for does not change."""
    for number in (2, 3):
        bound = {"AccessToken": secret(f"sk-{number}")}
        worker.run("Set-Configuration", bound, settings=1, becomes=number)
    assert [key_of(worker, number) for number in (2, 1, 3)] == [
        "Bearer sk-2",
        "Bearer sk-environment",
        "Bearer sk-3",
    ]
    worker.run("Set-Configuration", {"AccessToken": secret("sk-newer")}, settings=2, becomes=4)
    assert [key_of(worker, number) for number in (2, 4)] == ["Bearer sk-2", "Bearer sk-newer"]
    assert worker.run("Get-Configuration")["set"]["BaseUrl"] == "https://api.openai.com/v1"
    assert worker.run("Get-Configuration", settings=3)["set"]["BaseUrl"] == keys


def test_calls_side_by_side_go_by_their_own(worker: WorkerClient, keys: str) -> None:
    """Held at the server at once, each with its key; what is set meanwhile is not theirs."""
    numbers = range(10, 30)
    ids = []
    for number in numbers:
        bound = {"AccessToken": secret(f"sk-{number}")}
        worker.run("Set-Configuration", bound, settings=1, becomes=number)
        ids.append(worker.invoke("New-ChatCompletion", HOLD, settings=number))
    limit = time.monotonic() + PATIENCE
    while f'"held": {len(ids)}' not in get(f"{keys}/held") and time.monotonic() < limit:
        time.sleep(0.01)
    get(f"{keys}/release")
    assert [worker.result(id)["value"] for id in ids] == [f"Bearer sk-{number}" for number in numbers]


def get(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as reply:
        return str(reply.read(), "utf-8")


def test_a_pipeline_goes_by_the_number_it_was_opened_with(worker: WorkerClient) -> None:
    worker.run("Set-Configuration", {"AccessToken": secret("sk-2")}, settings=1, becomes=2)
    params = {"name": "New-ChatCompletion", "parameters": {"ThrottleLimit": 2}, "settings": 2}
    pipeline = worker.send("open", params)
    for number in range(3):
        fed = {"id": pipeline, "number": number, "parameters": PROMPT}
        worker.write(worker.line({"jsonrpc": "2.0", "method": "feed", "params": fed}))
    worker.write(worker.line({"jsonrpc": "2.0", "method": "close", "params": {"id": pipeline}}))
    worker.result(pipeline)
    assert results(worker, pipeline) == ["Bearer sk-2"] * 3


def test_a_number_nobody_knows_is_an_error(worker: WorkerClient) -> None:
    """Never the configuration of the process, or of another."""
    worker.run("Set-Configuration", {"AccessToken": secret("sk-2")}, settings=1, becomes=2)
    worker.write(worker.line({"jsonrpc": "2.0", "method": "forget", "params": {"settings": [2]}}))
    for number in (2, 99, "2", None, [1]):
        if number is not None:
            error = worker.fails("New-ChatCompletion", PROMPT, settings=number)
            assert error["data"]["error_id"] == "PSBridge.InvalidConnection"
        params = {"name": "New-ChatCompletion", "parameters": {"ThrottleLimit": 2}, "settings": 99}
        assert worker.error(worker.send("open", params))["data"]["error_id"] == "PSBridge.InvalidConnection"
    assert worker.fails("Set-Configuration", {"Model": "m"}, becomes=[1])["code"] == -32602


def test_what_is_refused_is_not_kept(worker: WorkerClient) -> None:
    error = worker.fails("Set-Configuration", {"AccessToken": "a b"}, settings=1, becomes=2)
    assert error["data"]["error_id"] == "PSBridge.InvalidConfiguration"
    assert worker.fails("Get-Configuration", settings=2)["data"]["error_id"] == "PSBridge.InvalidConnection"


def test_a_connection_is_known_by_its_number(worker: WorkerClient, keys: str) -> None:
    """As a parameter, and as what is in force; nothing of what is in force goes into it."""
    bound = {"BaseUrl": keys, "AccessToken": secret("sk-named")}
    made = worker.run("New-ChatConnection", bound, settings=1, becomes=5)
    assert made["set"]["Id"] == 5
    assert key_of(worker, 5) == "Bearer sk-named"
    sent = {"$psbridge": "model", "type": "ChatConnection", "set": {"Id": 5}}
    assert worker.run("New-ChatCompletion", {**PROMPT, "Connection": sent}, settings=1) == "Bearer sk-named"
    assert key_of(worker, 1) == "Bearer sk-environment"


def test_a_script_blocks_key_is_asked_when_a_call_needs_it(worker: WorkerClient) -> None:
    """Once for all calls of a runspace, once more after a refusal; another runspace asks for itself."""
    worker.run("Set-Configuration", {"AccessToken": BLOCK}, settings=1, becomes=2)
    first = worker.invoke("New-ChatCompletion", PROMPT, settings=2, runspace=1)
    answer_question(worker, first, "sk-refused-by-the-server")
    answer_question(worker, first, "sk-second", 2)
    assert worker.result(first)["value"] == "Bearer sk-second"
    assert [one["block"] for one in worker.notifications("ask", first)] == [7, 7]
    again = worker.invoke("New-ChatCompletion", PROMPT, settings=2, runspace=1)
    assert worker.result(again)["value"] == "Bearer sk-second"
    assert not worker.notifications("ask", again)
    other = worker.invoke("New-ChatCompletion", PROMPT, settings=2, runspace=8)
    answer_question(worker, other, "sk-other")
    assert worker.result(other)["value"] == "Bearer sk-other"


def test_a_key_that_is_refused_twice_ends_the_call(worker: WorkerClient) -> None:
    worker.run("Set-Configuration", {"AccessToken": BLOCK}, settings=1, becomes=2)
    call = worker.invoke("New-ChatCompletion", PROMPT, settings=2)
    answer_question(worker, call, "sk-refused-1")
    answer_question(worker, call, "sk-refused-2", 2)
    error = worker.error(call)
    assert error["data"]["status"] == 401
    assert "sk-refused" not in str(error)
    assert len(worker.notifications("ask", call)) == 2


def test_a_pipelines_key_is_asked_of_it(worker: WorkerClient) -> None:
    worker.run("Set-Configuration", {"AccessToken": BLOCK}, settings=1, becomes=2)
    params = {"name": "New-ChatCompletion", "parameters": {"ThrottleLimit": 2}, "settings": 2}
    pipeline = worker.send("open", params)
    for number in range(3):
        fed = {"id": pipeline, "number": number, "parameters": PROMPT}
        worker.write(worker.line({"jsonrpc": "2.0", "method": "feed", "params": fed}))
    answer_question(worker, pipeline, "sk-piped")
    worker.write(worker.line({"jsonrpc": "2.0", "method": "close", "params": {"id": pipeline}}))
    worker.result(pipeline)
    assert results(worker, pipeline) == ["Bearer sk-piped"] * 3


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"failed": "CommandNotFoundException"}, "failed with CommandNotFoundException"),
        ({"value": {"key": "sk-x"}}, "not a table"),
        ({"value": ["sk-1", "sk-2"]}, "not list"),
        ({"value": ""}, "may not be empty"),
        ({}, "AccessToken"),
    ],
)
def test_a_script_block_that_gives_no_key_is_an_error(
    worker: WorkerClient, told: dict[str, Any], says: str
) -> None:
    worker.run("Set-Configuration", {"AccessToken": BLOCK}, settings=1, becomes=2)
    call = worker.invoke("New-ChatCompletion", PROMPT, settings=2)
    asked = worker.until(lambda: worker.notifications("ask", call))[0]
    params = {"id": call, "question": asked["question"], **told}
    worker.write(worker.line({"jsonrpc": "2.0", "method": "told", "params": params}))
    error = worker.error(call)
    assert error["data"]["error_id"] == "PSBridge.InvalidConfiguration"
    assert says in error["message"] and "sk-" not in error["message"]


def test_a_call_can_be_cancelled_while_its_key_is_asked(worker: WorkerClient) -> None:
    """The next one asks again, and an answer that comes too late is nobody's."""
    worker.run("Set-Configuration", {"AccessToken": BLOCK}, settings=1, becomes=2)
    call = worker.invoke("New-ChatCompletion", PROMPT, settings=2)
    worker.until(lambda: worker.notifications("ask", call))
    worker.cancel(call)
    assert worker.error(call)["data"]["error_id"] == "PSBridge.Cancelled"
    answer_question(worker, call, "sk-late")
    again = worker.invoke("New-ChatCompletion", PROMPT, settings=2)
    answer_question(worker, again, "sk-in-time")
    assert worker.result(again)["value"] == "Bearer sk-in-time"


def test_a_script_block_that_does_not_answer_meets_the_calls_time_limit(worker: WorkerClient) -> None:
    worker.run("Set-Configuration", {"AccessToken": BLOCK}, settings=1, becomes=2)
    error = worker.fails("New-ChatCompletion", {**PROMPT, "TimeoutSec": 0.3}, settings=2)
    assert error["data"]["category"] == "OperationTimeout"

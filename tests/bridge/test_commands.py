"""The module's commands as tools: described to the worker, which asks the module to run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.testing import OfflineOpenAI, tool_call

from .worker_client import WorkerClient

TOLD = {
    "number": "n1",
    "name": "Get-Weather",
    "description": "The weather.",
    "parameters": [
        {"name": "City", "shape": {"kind": "string"}, "mandatory": True, "help": "where"},
        {"name": "Days", "shape": {"kind": "integer"}, "default": 3, "limits": {"minimum": 1}},
    ],
}
TOOL = {"$psbridge": "command", "told": TOLD}
ASK = {"Messages": "x", "Model": "m", "Tools": [TOOL], "InvokeTools": "Auto"}


@pytest.fixture
def service() -> Iterator[OfflineOpenAI]:
    with OfflineOpenAI() as service:
        yield service


@pytest.fixture
def worker(service: OfflineOpenAI) -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        client.run("Set-Configuration", {"BaseUrl": service.base_url, "AccessToken": "sk-x"})
        yield client


def asked(worker: WorkerClient, id: Any, count: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = worker.until(lambda: worker.notifications("ask", id)[count - 1 : count])[0]
    return found


def tell(worker: WorkerClient, id: Any, question: dict[str, Any], **value: Any) -> None:
    told = {"id": id, "question": question["question"], "value": value}
    worker.write(worker.line({"jsonrpc": "2.0", "method": "told", "params": told}))


def test_a_description_becomes_a_strict_definition(worker: WorkerClient) -> None:
    made = worker.run("New-ChatTool", {"Command": TOOL})["set"]
    assert made["function"]["strict"] is True and made["Number"] == "n1"
    assert made["function"]["parameters"] == {
        "type": "object",
        "properties": {
            "City": {"type": "string", "description": "where"},
            "Days": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": 3},
        },
        "required": ["City", "Days"],
        "additionalProperties": False,
    }


def test_a_name_that_the_service_refuses_is_refused_here(worker: WorkerClient) -> None:
    error = worker.fails("New-ChatTool", {"Command": {**TOOL, "told": {**TOLD, "name": "not a name"}}})
    assert "1 to 64 letters" in error["message"]


def test_the_module_runs_what_the_model_asks_for(worker: WorkerClient, service: OfflineOpenAI) -> None:
    service.reply(
        [tool_call("Get-Weather", City="Bonn", Days=None), tool_call("Get-Weather", City="Kiel")], "Sunny."
    )
    call = worker.invoke("New-ChatCompletion", ASK)
    first = asked(worker, call)
    assert (first["command"]["does"], first["command"]["arguments"]) == ("run", {"City": "Bonn"})
    assert len(worker.notifications("ask", call)) == 1, "a runspace does one thing at a time"
    tell(worker, call, first, text="warm", key="k1", elapsed=0.5)
    tell(worker, call, asked(worker, call, 2), error="it rains")
    calls = worker.result(call)["value"]["set"]["ToolCalls"]
    assert [one["set"]["Error"] for one in calls] == [None, "it rains"]
    assert calls[0]["set"]["Result"]["set"]["Key"] == "k1" and calls[0]["set"]["Elapsed"] == 0.5
    told = [one["content"] for one in service.requests[-1].json["messages"] if one["role"] == "tool"]
    assert told == ["warm", "Error: it rains"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"City": 5}, "City: 5 is not of type 'string'"),
        ({"City": "x", "Days": "many"}, "Days: 'many' is not of type 'integer'"),
        ({}, "'City' is a required property"),
        ({"City": "x", "Extra": 1}, "'Extra' was unexpected"),
    ],
)
def test_arguments_that_do_not_fit_are_not_run(
    worker: WorkerClient, service: OfflineOpenAI, arguments: dict[str, Any], says: str
) -> None:
    service.reply(tool_call("Get-Weather", **arguments), "sorry")
    call = worker.invoke("New-ChatCompletion", ASK)
    assert worker.result(call)["value"]["set"]["ToolCalls"][0]["set"]["Error"].count(says) == 1
    assert not worker.notifications("ask", call)


def test_confirm_asks_the_module_and_what_if_shows(worker: WorkerClient, service: OfflineOpenAI) -> None:
    service.reply(tool_call("Get-Weather", City="Bonn"), "sorry", tool_call("Get-Weather", City="Bonn"))
    call = worker.invoke("New-ChatCompletion", {**ASK, "InvokeTools": "Confirm"})
    question = asked(worker, call)
    assert question["command"]["does"] == "confirm"
    assert json.loads(question["command"]["text"]) == {"City": "Bonn"}
    tell(worker, call, question, yes=False)
    calls = worker.result(call)["value"]["set"]["ToolCalls"]
    assert calls[0]["set"]["Error"] == "the user declined this call"
    call = worker.invoke("New-ChatCompletion", ASK, what_if=True)
    question = asked(worker, call)
    assert question["command"]["does"] == "show"
    tell(worker, call, question)
    assert worker.result(call)["value"]["set"]["ToolCalls"][0]["set"]["Result"] is None


def test_a_call_that_is_cancelled_waits_for_no_tool(worker: WorkerClient, service: OfflineOpenAI) -> None:
    service.reply(tool_call("Get-Weather", City="Bonn"), "never")
    call = worker.invoke("New-ChatCompletion", ASK)
    asked(worker, call)
    worker.cancel(call)
    assert worker.error(call)["data"]["error_id"] == "PSBridge.Cancelled"
    assert len(service.requests) == 1

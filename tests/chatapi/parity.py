"""One table of calls for every interface: the same request on the wire, the same error for the same failure.

An interface is a function from the parameters of a case (those of Initialize-CreateChatCompletionRequest, as
JSON has them) to the error id it failed with, or None.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.worker_client import opened, plain

import psbridge as ps
from psbridge.cmdlets.table import entry
from psbridge.offline import Fault, OfflineServer

USER = {"role": "user", "content": "Hello there"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}


@dataclass(frozen=True)
class Case:
    """One call; `status` makes the server fail it, `error` is the error id every interface must then give."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    error: str | None = None

    def whole(self) -> dict[str, Any]:
        """The parameters with what every request needs."""
        return {"Messages": [USER], "Model": "gpt-4o", **self.parameters}


CASES = [
    Case("the least"),
    Case("numbers", {"Temperature": 0.7, "TopP": 1, "MaxTokens": 5, "Seed": 7, "PresencePenalty": -1.5}),
    Case("falsy values", {"User": "", "Temperature": 0, "Store": False}),
    Case("texts", {"User": 'é \U0001f600 "quoted" \\ \n', "Model": "ft:gpt-4o:org"}),
    Case("maps", {"LogitBias": {"50256": -100}, "Metadata": {"a": "b"}, "Store": True}),
    Case("lists", {"Stop": ["a", "b"], "Messages": [{"role": "system", "content": "Be kind."}, USER]}),
    Case("parts", {"Messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}),
    Case("tools", {"Tools": [TOOL], "ToolChoice": "auto", "ParallelToolCalls": False}),
    Case("a date stays text", {"Messages": [{"role": "user", "content": "2024-01-02T03:04:05Z"}]}),
    Case("too high", {"TopLogprobs": 99}, error="PSBridge.InvalidValue"),
    Case("400", status=400, error="PSBridge.BadRequest"),
    Case("401", status=401, error="PSBridge.Authentication"),
    Case("404", status=404, error="PSBridge.NotFound"),
    Case("429", status=429, error="PSBridge.RateLimit"),
    Case("500", status=500, error="PSBridge.ServerError"),
]

Interface = Callable[[dict[str, Any]], str | None]


def by_cmdlets(parameters: dict[str, Any]) -> str | None:
    """The Python cmdlets."""
    try:
        ps.New_ChatCompletion(ps.Initialize_CreateChatCompletionRequest(**parameters))
    except ps.PSBridgeError as error:
        return error.error_id
    return None


def by_chat_api(parameters: dict[str, Any]) -> str | None:
    """ChatApi, with a table by JSON names."""
    rows = {one.name: one.wire for one in entry("Initialize-CreateChatCompletionRequest").parameters}
    try:
        ps.ChatApi().CreateChatCompletion({rows[name]: value for name, value in parameters.items()})
    except ps.PSBridgeError as error:
        return error.error_id
    return None


class Worker:
    """`python -m psbridge.bridge`, spoken to as the PowerShell module does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "psbridge.bridge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._last = 0
        self.ask(
            "hello", {"protocol": 1, "version": ps.__version__, "powershell": "7.6.5", "edition": "Core"}
        )

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._last += 1
        request = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        while True:
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            if answer.get("id") == self._last:
                return answer

    def __call__(self, parameters: dict[str, Any]) -> str | None:
        made = self.ask(
            "invoke", {"name": "Initialize-CreateChatCompletionRequest", "parameters": parameters}
        )
        if "error" not in made:
            value = {
                "$psbridge": "model",
                "type": "CreateChatCompletionRequest",
                "set": plain(opened(made["result"]["value"])),
            }
            sent = {"CreateChatCompletionRequest": value}
            made = self.ask("invoke", {"name": "New-ChatCompletion", "parameters": sent})
        found: str | None = made["error"]["data"]["error_id"] if "error" in made else None
        return found

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=30)


def check(case: Case, server: OfflineServer, interface: Interface, wanted: Any) -> Any:
    """Call through one interface; what was sent, which must be `wanted` unless that is None."""
    server.faults.clear()
    server.requests.clear()
    if case.status is not None:
        server.faults.add(Fault(status=case.status, times=1))
    assert interface(case.whole()) == case.error
    sent = [json.dumps(request.json, sort_keys=True) for request in server.requests]
    assert len(sent) == (0 if case.error and case.status is None else 1)
    assert wanted is None or sent == wanted
    return sent

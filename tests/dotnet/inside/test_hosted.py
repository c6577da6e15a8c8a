"""The worker as a thread of its host, reached as a host reaches it; PowerShell's side has Pester files."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import psbridge as ps
from psbridge import dotnet
from psbridge.client import set_configuration
from psbridge.client.settings.configuration import current_configuration
from psbridge.dotnet import edge
from psbridge.inprocess.hosted import serve

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="handles are not descriptors there")
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 1, "version": ps.__version__}}
Ask = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def shared() -> Iterator[Any]:
    dotnet.load()
    environment = dict(os.environ)
    yield edge.net("System.Collections.Hashtable")()
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def ask(shared: Any) -> Iterator[Ask]:
    serve(shared)
    theirs = os.fdopen(shared["Output"], "rb")

    def ask(message: dict[str, Any]) -> dict[str, Any]:
        os.write(shared["Input"], json.dumps(message).encode() + b"\n")
        answer: dict[str, Any] = json.loads(theirs.readline())
        return answer

    ask(HELLO)
    yield ask
    os.close(shared["Input"])
    assert theirs.readline() == b""  # it has ended, and closed its side
    theirs.close()


def test_it_answers_as_the_child_process_does(ask: Ask) -> None:
    """The protocol's messages, one line each."""
    parameters = {"Content": "hi", "Role": "user"}
    name = "Initialize-ChatCompletionRequestUserMessage"
    answer = ask(
        {"jsonrpc": "2.0", "id": 2, "method": "invoke", "params": {"name": name, "parameters": parameters}}
    )
    told = answer["result"]["value"]["$psbridge"]
    assert told == ["ChatCompletionRequestUserMessage", "content", "hi", "role", "user"]
    assert ask({"jsonrpc": "2.0", "id": 3, "method": "status", "params": {}})["result"]["pid"] == os.getpid()


def test_it_has_a_new_processs_configuration_and_the_hosts_environment(shared: Any) -> None:
    """What .NET set for itself reaches Python."""
    environment = edge.net("System.Environment")
    environment.SetEnvironmentVariable("PSBRIDGE_TEST_OF_HOSTED", "seen")
    set_configuration(organization="another")
    serve(shared)
    assert os.environ["PSBRIDGE_TEST_OF_HOSTED"] == "seen"
    environment.SetEnvironmentVariable("PSBRIDGE_TEST_OF_HOSTED", None)
    os.close(shared["Input"])
    os.close(shared["Output"])
    serve(shared)
    assert "PSBRIDGE_TEST_OF_HOSTED" not in os.environ
    assert current_configuration().organization is None
    os.close(shared["Input"])
    os.close(shared["Output"])


def test_the_builder_tells_texts_and_leaves_what_is_not_plainly_a_success(ask: Ask, shared: Any) -> None:
    """Null sends the host the usual way, where errors and warnings are told."""
    table = edge.namespace("System.Collections.Generic").Dictionary[
        edge.namespace("System").String, edge.namespace("System").Object
    ]

    def build(name: str, **values: str) -> Any:
        bound = table()
        for key, value in values.items():
            bound[key] = value
        return shared["Builder"].Invoke(name, bound)

    told = build("Initialize-ChatCompletionRequestUserMessage", Content="hi", Role="user")
    assert list(told) == ["ChatCompletionRequestUserMessage", "content", "hi", "role", "user"]
    assert build("Initialize-ChatCompletionRequestUserMessage", Content="hi", Role="nobody") is None
    assert build("Initialize-Nothing") is None
    assert build("Initialize-ChatCompletionRequestUserMessageContent", Value="hi") is None

"""The PowerShell ChatApi page: its example runs, and nothing it names is missing."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.cli import page

PAGE = Path(__file__).parents[3] / "shared" / "seeds" / "powershell-ChatApi.md"


class Recorded:
    """The cmdlets, with the name and parameters of each call kept in `calls`."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[str]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        cmdlet = getattr(ps, name)

        def call(**parameters: Any) -> Any:
            self.calls.append((cmdlet.entry.name, list(parameters)))
            return cmdlet(**parameters)

        return call


def _calls_of_the_page() -> list[tuple[str, list[str]]]:
    """Each call of the page's example, its four mistakes mended."""
    example = PAGE.read_text(encoding="utf-8").split("```powershell")[1].split("```")[0]
    example = example.replace("@{ key_example =  }", '@{ key_example = "x" }')
    cut, broken, rest = example.partition("-Modalities \n")
    assert broken
    # Between -Modalities and its value the page repeats its beginning.
    repeated, joint, rest = rest.partition('Initialize-CreateChatCompletionRequestModel \n"text" -Prediction')
    assert joint and repeated.strip().startswith("$ChatCompletionRequestAssistantMessageAudio")
    example = f'{cut}-Modalities "text" -Prediction{rest}'
    calls = []
    for line in example.splitlines():
        line = re.sub(r'"[^"]*"|@\{[^}]*\}', "x", line.partition("#")[0])
        found = re.match(r"\s*\$\w+ = ([A-Z]\w+-\w+)(.*)", line)
        if found:
            calls.append((found[1], re.findall(r" -([A-Z]\w*)", found[2])))
    return calls


@pytest.fixture
def reply(server: ps.OfflineServer) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PSBridgeWarning)
        return page.run(ps)


@pytest.mark.skipif(not PAGE.exists(), reason="the page is not beside the project (../shared/seeds)")
def test_every_call_of_the_page_is_made_in_its_order_with_its_parameters(server: ps.OfflineServer) -> None:
    recorded = Recorded()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PSBridgeWarning)
        page.run(recorded)
    expected = _calls_of_the_page()
    assert len(expected) == 22
    assert recorded.calls == expected


@pytest.mark.skipif(not PAGE.exists(), reason="the page is not beside the project (../shared/seeds)")
def test_no_builder_or_parameter_the_page_names_is_missing() -> None:
    for name, parameters in _calls_of_the_page():
        known = {one.name for one in getattr(ps, name.replace("-", "_")).entry.parameters}
        assert set(parameters) <= known, name


def test_the_page_ends_in_a_200(server: ps.OfflineServer, reply: Any) -> None:
    assert reply.object == "chat.completion"
    assert reply.choices[0].message.tool_calls[0].function.name == "MyName"
    logged = server.requests[-1]
    assert (logged.method, logged.path, server.requests.total) == ("POST", "/v1/chat/completions", 1)


def test_what_the_page_set_is_sent_and_nothing_else(server: ps.OfflineServer, reply: Any) -> None:
    """Zeros and falses go out; open ones do not; the model is the configuration's."""
    sent = server.requests[-1].json
    assert (
        sent["max_tokens"] == 0
        and sent["logprobs"] is False
        and sent["metadata"] == {"key_example": "MyInner"}
    )
    assert sent["modalities"] == ["text"] and sent["model"] == "gpt-4o-mini"
    assert not {"stop", "prediction", "web_search_options", "verbosity"} & sent.keys()
    assert sent["messages"][0]["tool_call_id"] == "MyToolCallId"
    assert None not in sent.values()


def test_an_open_model_is_the_configured_one(server: ps.OfflineServer) -> None:
    ps.Get_Configuration().Model = "gpt-4.1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ps.PSBridgeWarning)
        page.run(ps)
    assert server.requests[-1].json["model"] == "gpt-4.1"


def test_the_page_warns_three_times_and_at_the_caller_s_line(server: ps.OfflineServer) -> None:
    with pytest.warns(ps.PSBridgeWarning) as caught:
        page.run(ps)
    assert [str(one.message).partition(":")[0] for one in caught] == [
        "Initialize-ChatCompletionRequestMessage",
        "Initialize-CreateChatCompletionRequestResponseFormat",
        "'Prediction' is not sent",
    ]
    assert {one.filename for one in caught} == {__file__}

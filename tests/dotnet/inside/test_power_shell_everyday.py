"""Tools, typed answers and conversations in a hosted session: what the module does there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.dotnet import PowerShellError, PowerShellSession
from psbridge.testing import Fault, OfflineOpenAI, tool_call

COMMANDS = """
enum Queue { billing; access }
class Place { [string] $Street; [Nullable[int]] $Number }
function Get-Weather {
    # .SYNOPSIS
    # The weather.
    param([Parameter(Mandatory)] [string] $City, [int] $Days = 3)
    "$City $Days, floor $floor"
}
function Test-Loop { while ($true) { } }
$floor = 3
$tools = New-ChatTool -Command Get-Weather
$loop = New-ChatTool -Command Test-Loop -Description x -TimeoutSec 0.2
$auto = @{ Tools = $tools; InvokeTools = 'Auto' }
"""


@pytest.fixture(scope="module")
def session() -> Iterator[PowerShellSession]:
    with PowerShellSession() as opened:
        assert not opened.run(COMMANDS).errors
        yield opened


PLACES = "(New-ChatCompletion x -Model m -As ([Place])).Parsed"
SCHEMA = "@{ type = 'object'; properties = @{ a = @{ type = 'integer' } } }"
WEATHER = tool_call("Get-Weather", City="Bonn")


@pytest.mark.parametrize(
    ("script", "answers", "output"),
    [
        ("(New-ChatCompletion x @auto).ToolCalls[0].Result", [WEATHER, "fine"], ["Bonn 3, floor 3"]),
        (
            "(New-ChatCompletion x -Tools $loop -InvokeTools Auto).ToolCalls[0].Error",
            [tool_call("Test-Loop"), "sorry"],
            ["the tool did not answer within 0.2 seconds"],
        ),
        ("'a', 'b' | New-ChatCompletion @auto -TextOnly -ThrottleLimit 2", ["one", "one"], ["one", "one"]),
        (
            f"{PLACES} | ForEach-Object {{ $_.GetType().Name; $_.Street }}",
            [{"Street": "Weg", "Number": None}],
            ["Place", "Weg"],
        ),
        ('"$(New-ChatCompletion x -As ([Queue]) -ParsedOnly)"', [{"value": "access"}], ["access"]),
        (f"(New-ChatCompletion x -JsonSchema {SCHEMA}).Parsed.a", [{"a": 5}], [5]),
        (
            """$s = New-ChatSession -Model m
            Send-ChatMessage a -Session $s @auto -TextOnly
            $s.Messages.role
            $s.Usage.calls
            (Get-ChatCompletionUsage -Session $s -Price @{ m = @{ input = 1; output = 1 } }).requests""",
            [WEATHER, "fine"],
            ["fine", "user", "assistant", "tool", "assistant", 1, 1],
        ),
        (
            """$s = New-ChatSession -Model m
            $null = 'a', 'b' | Send-ChatMessage -Session $s
            $null = Undo-ChatMessage $s
            $s.Messages.content""",
            ["one", "two"],
            ["a", "one"],
        ),
        (
            "(Initialize-CreateChatCompletionRequest x m -Tools $tools).tools.function.name",
            [],
            ["Get-Weather"],
        ),
        (
            """$o = New-OfflineOpenAI -Reply inner
            New-ChatCompletion x -TextOnly -Tools $tools
            $o.Requests.Count
            $o.Dispose()""",
            [],
            ["inner", 1],
        ),
    ],
)  # fmt: skip
def test_it_does_what_the_module_does(
    session: PowerShellSession, script: str, answers: list[Any], output: list[Any]
) -> None:
    with OfflineOpenAI(*answers):
        result = session.run(script)
    assert (result.output, result.errors) == (output, [])


def test_a_piped_reply_is_gone_on_from(session: PowerShellSession) -> None:
    with OfflineOpenAI("one", "two") as server:
        session.run("New-ChatCompletion first -Model m | New-ChatCompletion -Messages second -Model m")
        assert [one["content"] for one in server.requests[1].json["messages"]] == ["first", "one", "second"]


def test_replies_of_the_module_come_out_of_sessions_of_either_kind(session: PowerShellSession) -> None:
    asks = (
        "New-ChatCompletion x -Model m -Tools (New-ChatTool { 1 } -Name f -Description x) -InvokeTools Auto"
    )
    with OfflineOpenAI("fine", "fine"), PowerShellSession(runspaces=2) as pool:
        for opened in (session, pool):
            [reply] = opened.run(asks).output
            assert reply.choices[0].message.content == "fine" and list(reply.ToolCalls) == []


def test_what_goes_wrong_there_is_an_error_here(session: PowerShellSession) -> None:
    with OfflineOpenAI(Fault(status=400)):
        with pytest.raises(PowerShellError) as raised:
            session.run("New-ChatCompletion x @auto -ErrorAction Stop")
        assert raised.value.error_id.startswith("PSBridge.BadRequest")
    [error] = session.run("New-ChatTool -Command No-Such").errors
    assert "there is no command 'No-Such'" in str(error)

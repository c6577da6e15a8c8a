"""What tools, typed answers and conversations cost, beside plain calls and beside `openai`'s client.

    python -m benchmarks.everyday [--rounds N]

Everything is measured in turns in one run, in processor time but for PowerShell and pytest's start; medians
are compared. The server is a process of its own, and answers at once; in PowerShell it is the worker's.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import openai
from pydantic import BaseModel, create_model

import psbridge as ps
from psbridge.chat.tools import tool
from psbridge.chat.typed import answer_type

from .bridge import medians as wall_medians
from .bridge import row, serve, stop


class Ticket(BaseModel):
    queue: Literal["billing", "access"]
    urgent: bool
    note: str | None = None


def weather(city: str, days: int = 3, unit: Literal["C", "F"] = "C", tags: list[str] | None = None) -> str:
    """The weather of a city.

    Args:
        city: where.
        days: how many.
    """
    return f"{city} {days} {unit} {tags}"


def medians(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of the processor for each work, done in turns; the first twenty turns do not count."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 20):
        for taken, work in zip(times, works, strict=True):
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
    return [statistics.median(taken[20:]) for taken in times]


def tools(rounds: int) -> None:
    """A tool's schema, made anew each time, and asked for again."""
    fields: Any = {
        "city": (str, ...),
        "days": (int, 3),
        "unit": (Literal["C", "F"], "C"),
        "tags": (list[str] | None, None),
    }

    def official() -> Any:
        arguments = create_model("weather", **fields)
        return openai.pydantic_function_tool(arguments, name="weather", description="The weather of a city.")

    made = tool(weather)
    ours, again, theirs = medians(rounds, lambda: tool(weather), lambda: made.definition, official)
    row("a tool of a function", ours, "pydantic_function_tool", theirs)
    row("its definition, once it is made", again, "pydantic_function_tool", theirs)


def calls(rounds: int, url: str) -> None:
    """A typed answer beside a plain call that asks for the same; a message beside the whole conversation."""
    client = openai.OpenAI(base_url=url, api_key="sk-offline", max_retries=0)
    ask: Any = ps.New_ChatCompletion
    schema: Any = answer_type(Ticket).response_format
    messages: Any = [{"role": "user", "content": "Which queue?"}]
    plain, typed, parsed, created = medians(
        rounds,
        lambda: ask(Messages=messages, Model="m", ResponseFormat=schema),
        lambda: ask(Messages=messages, Model="m", As=Ticket),
        lambda: client.chat.completions.parse(messages=messages, model="m", response_format=Ticket),
        lambda: client.chat.completions.create(messages=messages, model="m", response_format=schema),
    )
    row("a typed answer", typed, "the same call, plain", plain)
    row("a typed answer", typed, "openai's parse", parsed)
    row("openai's parse", parsed, "its create", created)
    history: Any = [
        {"role": ("user", "assistant")[number % 2], "content": f"message {number}"} for number in range(40)
    ]

    def sent() -> Any:
        return ps.ChatSession(Model="m", Messages=history).send("And now?")

    kept = ps.ChatSession(Model="m", Messages=history)

    def said() -> Any:
        kept.Messages = kept.Messages[:40]
        return kept.send("And now?")

    whole: Any = [*history, {"role": "user", "content": "And now?"}]
    said_, sent_, plain = medians(rounds, said, sent, lambda: ask(Messages=whole, Model="m"))
    row("a message in a conversation of 40", said_, "the same request, whole", plain)
    row("a conversation made of 40 messages", sent_, "the same request, whole", plain)


def starts(rounds: int) -> None:
    """pytest's start with the plugin, and without it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]

        def run(*more: str) -> None:
            subprocess.run([*plain, *more], cwd=folder, capture_output=True, check=True)

        with_plugin, without = wall_medians(
            max(5, rounds // 20), lambda: run(), lambda: run("-p", "no:psbridge"), warm_up=1
        )
        row("pytest, the plugin unused", with_plugin, "without the plugin", without)


IN_POWERSHELL = r"""
Import-Module 'MODULE'
enum Queue { billing; access }
class Ticket { [Queue] $Queue; [bool] $Urgent; [string] $Note }
function Get-Weather {
    # .SYNOPSIS
    # The weather of a city.
    param([Parameter(Mandatory)] [string] $City, [int] $Days = 3, [ValidateSet('C', 'F')] $Unit = 'C')
    "$City $Days $Unit"
}
$ticket = @{ Queue = 'billing'; Urgent = $true; Note = 'x' }
$call = New-OfflineToolCall Get-Weather @{ City = 'Bonn' }
$tool = New-ChatTool -Command Get-Weather
$server = New-OfflineOpenAI -Reply $ticket
$null = New-ChatCompletion x -Model m -As ([Ticket])
$format = $server.Requests[0].Json.response_format
$works = [ordered]@{
    tool  = { $null = New-ChatTool -Command Get-Weather }
    typed = { $null = New-ChatCompletion x -Model m -As ([Ticket]) }
    plain = { $null = New-ChatCompletion x -Model m -ResponseFormat $format }
    round = { $null = New-ChatCompletion x -Model m -Tools $tool -InvokeTools Auto }
    two   = { $null = New-ChatCompletion x -Model m; $null = New-ChatCompletion x -Model m }
}
$answers = @{ typed = @($ticket); plain = @($ticket); round = @($call, 'fine'); two = 'a', 'b' }
$times = @{}
foreach ($name in $works.Keys) { $times[$name] = [System.Collections.Generic.List[double]]::new() }
foreach ($turn in 1..ROUNDS) {
    foreach ($name in $works.Keys) {
        foreach ($answer in $answers[$name]) { $server.Reply($answer) }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        & $works[$name]
        if ($turn -gt 10) { $times[$name].Add($clock.Elapsed.TotalSeconds) }
    }
}
$server.Dispose()
$medians = @{}
foreach ($name in $works.Keys) {
    $medians[$name] = ($times[$name] | Sort-Object)[[int]($times[$name].Count / 2)]
}
'medians:' + (ConvertTo-Json $medians -Compress)
"""


def in_powershell(rounds: int) -> None:
    """Tools and typed answers from PowerShell, in the time that a script waits; not where there is none."""
    shell = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    if shell is None:
        print("no PowerShell: set PSBRIDGE_PWSH")
        return
    module = Path(__file__).parents[1] / "powershell" / "PSBridge"
    script = IN_POWERSHELL.replace("MODULE", str(module)).replace("ROUNDS", str(rounds + 10))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "everyday.ps1")
        file.write_text(script)
        done = subprocess.run(
            [shell, "-NoProfile", "-NonInteractive", "-File", str(file)],
            capture_output=True,
            text=True,
            env={**os.environ, "PSBRIDGE_PYTHON": sys.executable, "NO_COLOR": "1"},
            check=True,
        )
    told = next(line for line in done.stdout.splitlines() if line.startswith("medians:"))
    taken = json.loads(told.partition(":")[2])
    row("PowerShell: a typed answer", taken["typed"], "the same call, plain", taken["plain"])
    row("PowerShell: a round of a tool", taken["round"], "two plain calls", taken["two"])
    row("PowerShell: a tool of a function", taken["tool"], "a plain call", taken["plain"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    tools(rounds)
    server, url = serve(0)
    try:
        with ps.use_configuration(ps.Configuration(base_url=url, access_token="sk-offline", proxy="")):
            calls(rounds, url)
    finally:
        stop(server)
    in_powershell(rounds)
    starts(rounds)


if __name__ == "__main__":
    main()

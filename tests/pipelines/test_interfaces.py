"""The pipeline's cases at every interface: Python, worker, PowerShell by both transports, hosted session."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from bridge.worker_client import WorkerClient
from client.faulty import FaultyServer
from dotnet.finding import with_power_shell

import psbridge as ps

from .cases import CASES, Case
from .server import Telling

KEY = "sk-test-0123456789abcdef"
MODULE = Path(__file__).parents[2] / "powershell" / "PSBridge"


def request_of(item: Any) -> Any:
    return {"model": "m", "messages": [{"role": "user", "content": item}]} if isinstance(item, str) else item


def warns(item: Any) -> bool:
    """Whether it is to be a request with something incomplete, which is left out with a warning."""
    return isinstance(item, str) and item.startswith("warn ")


def built_of(item: Any) -> Any:
    if not warns(item):
        return request_of(item)
    given = {
        "Messages": request_of(item)["messages"],
        "Prediction": ps.Initialize_PredictionContent(Type="content", Content=ps.UNSET),
    }
    return ps.Initialize_CreateChatCompletionRequest(Model="m", **given)


def marked_of(item: Any) -> Any:
    """The same as the worker gets it."""
    if not warns(item):
        return request_of(item)
    prediction = {"$psbridge": "model", "type": "PredictionContent", "set": {"type": "content"}}
    members = {**request_of(item), "prediction": prediction}
    return {"$psbridge": "model", "type": "CreateChatCompletionRequest", "set": members}


@pytest.fixture
def telling() -> Iterator[tuple[Telling, str]]:
    handler = Telling()
    server = FaultyServer(handler)
    yield handler, server.base_url
    server.stop()


def environment(url: str) -> dict[str, str]:
    return {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY, "NO_PROXY": "*"}


def in_python(case: Case, url: str) -> list[str]:
    """`New_ChatCompletion.pipe`."""
    results: list[str] = []
    with (
        ps.use_configuration(ps.Configuration(base_url=url, access_token=KEY, proxy="")),
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        pipe: Any = ps.New_ChatCompletion.pipe(
            (built_of(item) for item in case.items), ErrorAction=case.action, **case.parameters
        )
        try:
            for result in pipe:
                failed = isinstance(result, ps.PSBridgeError)
                results.append(result.error_id if failed else result.choices[0].message.content)
                if len(results) == case.first:
                    break
        except ps.PSBridgeError as error:
            results.append(error.error_id)
        pipe.close()
        left = [count_under_way() for _ in range(1) if case.first]
    return [*results, *left, *["warning"] * len(told)]


def count_under_way() -> str:
    """How many requests the service has, once that is none, or after a while."""
    for _ in range(100):
        left = ps.New_ChatCompletion(request_of("under way")).choices[0].message.content
        if left == "0":
            break
        time.sleep(0.1)
    return f"left:{left}"


def in_worker(case: Case, url: str) -> list[str]:
    """`open`, `feed` and `close`; what -ErrorAction makes of an error is the module's."""
    results: dict[int, str] = {}
    order: list[int] = []
    with WorkerClient(environment=environment(url)) as worker:
        pipeline = worker.send("open", {"name": "New-ChatCompletion", "parameters": case.parameters})
        for number, item in enumerate(case.items):
            own = {"CreateChatCompletionRequest": marked_of(item), **case.parameters}
            notice(worker, "feed", id=pipeline, number=number, parameters=own)
        if case.first:
            worker.until(lambda: items_of(worker)[: case.first] or None)
            notice(worker, "cancel", id=pipeline)
            assert answer_of(worker, pipeline)["error"]["code"] == -32800
            contents = [content_of(one["value"]) for one in items_of(worker)]
            return [*contents, f"left:{worker.ask('status')['in_flight']}"]
        notice(worker, "close", id=pipeline)
        answer = worker.until(lambda: next((m for m in worker.messages if m.get("id") == pipeline), None))
        assert answer["result"]["value"] is None
        for told in items_of(worker):
            error = told.get("error")
            results[told["number"]] = error["data"]["error_id"] if error else content_of(told["value"])
            order.append(told["number"])
    assert sorted(order) == list(range(len(case.items)))
    outcomes = [results[number] for number in order]
    notes = [one["params"] for one in worker.messages if one.get("method") == "note"]
    outcomes += ["warning" for note in notes if note["stream"] == "warning"]
    failed = [one.startswith("PSBridge.") for one in outcomes]
    if case.action == "Stop" and any(failed):
        return outcomes[: failed.index(True) + 1]
    return [one for one in outcomes if case.action == "Continue" or not one.startswith("PSBridge.")]


def items_of(worker: WorkerClient) -> list[dict[str, Any]]:
    """What was told of a pipeline's items, each with the pipeline's id."""
    lines = [one["params"] for one in worker.messages if one.get("method") == "items"]
    return [{**item, "id": line["id"]} for line in lines for item in line["items"]]


def content_of(value: dict[str, Any]) -> str:
    content: str = value["set"]["choices"][0]["set"]["message"]["set"]["content"]
    return content


def notice(worker: WorkerClient, method: str, **params: Any) -> None:
    worker.write(worker.line({"jsonrpc": "2.0", "method": method, "params": params}))


# Each PowerShell is one process for all cases. It reads the paths of scripts, a line each, and runs them.

SHELL = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh") or shutil.which("powershell")
IN_POWERSHELL = """
{before}
while ($path = [Console]::In.ReadLine()) {{
    $script = [scriptblock]::Create((Get-Content -Raw -LiteralPath $path -Encoding UTF8))
    try {{ & $script }} catch {{ 'outcomes:' + (ConvertTo-Json @("$_") -Compress) }}
}}
"""
IN_HOSTED = """
import sys
from pathlib import Path
from psbridge.dotnet import PowerShellSession
with PowerShellSession() as session:
    for line in sys.stdin:
        result = session.run(Path(line.strip()).read_text("utf-8"))
        print(*result.output, sep="\\n", flush=True)
"""
UNDER_WAY = """
function Get-UnderWay {{
    $ask = @{{ model = 'm'; messages = @(@{{ role = 'user'; content = 'under way' }}) }}
    foreach ($try in 1..100) {{
        $left = (New-ChatCompletion $ask).choices[0].message.content
        if ($left -eq '0') {{ break }}
        Start-Sleep -Milliseconds 100
    }}
    "left:$left"
}}
"""
SCRIPT = (
    UNDER_WAY
    + """
Set-Configuration -BaseUrl '{url}' -AccessToken '{key}'
$case = Get-Content -Raw '{file}' | ConvertFrom-Json
$items = @($case.items)
$given = @{{}}
foreach ($property in $case.parameters.PSObject.Properties) {{ $given[$property.Name] = $property.Value }}
function Get-ErrorName($Record) {{ $Record.FullyQualifiedErrorId.Split(',')[0] }}
function Get-Outcome {{
    process {{
        if ($_ -is [System.Management.Automation.ErrorRecord]) {{ Get-ErrorName $_ }}
        elseif ($_ -is [System.Management.Automation.WarningRecord]) {{ $script:warned += 'warning' }}
        else {{ $_.choices[0].message.content }}
    }}
}}
$script:warned = @()
$items = @(foreach ($item in $items) {{
        if ("$($item.messages.content)" -notlike 'warn *') {{ $item; continue }}
        $open = Initialize-PredictionContentContent
        $prediction = Initialize-PredictionContent -Type content -Content $open
        Initialize-CreateChatCompletionRequest -Messages $item.messages -Model m -Prediction $prediction
    }})
$seen = [System.Collections.ArrayList]::new()
try {{
    $items | New-ChatCompletion @given -ErrorAction {action} 2>&1 3>&1 | Get-Outcome |
        {first} ForEach-Object {{ [void]$seen.Add($_) }}
}}
catch {{ [void]$seen.Add((Get-ErrorName $_)) }}
if ('{first}') {{ [void]$seen.Add((Get-UnderWay)) }}
$script:warned | ForEach-Object {{ [void]$seen.Add($_) }}
'outcomes:' + (ConvertTo-Json @($seen) -Compress)
"""
)


class Session:
    """A process that runs scripts, one after another, whose paths it reads from its standard input."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )

    def outcomes(self, case: Case, url: str, folder: Path) -> list[str]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{script_of(case, url, folder)}\n")
        self._process.stdin.flush()
        said = ""
        for line in self._process.stdout:
            if line.startswith("outcomes:"):
                outcomes: list[str] = json.loads(line.partition(":")[2])
                return outcomes
            said += line
        raise AssertionError(said)

    def close(self) -> None:
        self._process.communicate(timeout=60)


def power_shell(*before: str) -> Session:
    if SHELL is None:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    script = IN_POWERSHELL.format(before="; ".join([f"Import-Module '{MODULE}'", *before]))
    return Session(
        [SHELL, "-NoProfile", "-NonInteractive", "-Command", script],
        {**os.environ, "NO_PROXY": "*", "PSBRIDGE_PYTHON": sys.executable, "NO_COLOR": "1"},
    )


def power_shell_in_process() -> Session:
    pytest.importorskip("pythonnet")
    return power_shell("Connect-PSBridge -InProcess")


def hosted_session() -> Session:
    """The functions of a `PowerShellSession`, in a process of its own: .NET stays loaded."""
    return Session([sys.executable, "-c", IN_HOSTED], {**with_power_shell(), "NO_PROXY": "*"})


SESSIONS = {
    "PowerShell": power_shell,
    "PowerShell in process": power_shell_in_process,
    "hosted session": hosted_session,
}


@pytest.fixture(scope="module")
def sessions() -> Iterator[Callable[[str], Session]]:
    """The process of an interface, started for its first case."""
    running: dict[str, Session] = {}

    def session(interface: str) -> Session:
        if interface not in running:
            running[interface] = SESSIONS[interface]()
        return running[interface]

    yield session
    for one in running.values():
        one.close()


def script_of(case: Case, url: str, folder: Path) -> Path:
    """A file with the case's script; its output's last line has the outcomes."""
    file = folder / "case.json"
    file.write_text(
        json.dumps({"items": [request_of(item) for item in case.items], "parameters": case.parameters})
    )
    first = f"Select-Object -First {case.first} |" if case.first else ""
    script = folder / "case.ps1"
    script.write_text(
        SCRIPT.format(url=url, key=KEY, file=file, action=case.action, first=first), encoding="utf-8"
    )
    return script


INTERFACES: dict[str, Callable[[Case, str], list[str]]] = {"Python": in_python, "worker": in_worker}


@pytest.mark.parametrize(
    ("case", "interface"),
    [
        pytest.param(case, interface, id=f"{case.name}-{interface}")
        for case in CASES
        for interface in [*INTERFACES, *SESSIONS]
    ],
)
def test_case(
    case: Case,
    interface: str,
    telling: tuple[Telling, str],
    sessions: Callable[[str], Session],
    tmp_path: Path,
) -> None:
    """The same comes of the same items, wherever they are piped."""
    handler, url = telling
    if interface in INTERFACES:
        outcomes = INTERFACES[interface](case, url)
    else:
        outcomes = sessions(interface).outcomes(case, url, tmp_path)
    told = outcomes[len(outcomes) - case.warnings :] if case.warnings else []
    assert told == ["warning"] * case.warnings
    outcomes = outcomes[: len(outcomes) - case.warnings]
    if case.first:
        assert outcomes.pop() == "left:0"
    if not case.in_order:
        assert sorted(outcomes) == sorted(case.outcomes)
    else:
        assert outcomes == list(case.outcomes)
    if case.at_once is not None:
        assert handler.most == case.at_once


# What only the worker's protocol has


@pytest.fixture
def worker(telling: tuple[Telling, str]) -> Iterator[WorkerClient]:
    with WorkerClient(environment=environment(telling[1])) as running:
        yield running


def opened(worker: WorkerClient, **parameters: Any) -> Any:
    return worker.send("open", {"name": "New-ChatCompletion", "parameters": parameters})


def feed(worker: WorkerClient, pipeline: Any, number: int, item: Any) -> None:
    given = {"CreateChatCompletionRequest": request_of(item)}
    notice(worker, "feed", id=pipeline, number=number, parameters=given)


def answer_of(worker: WorkerClient, id: Any) -> Any:
    return worker.until(lambda: next((m for m in worker.messages if m.get("id") == id), None))


def told_of(worker: WorkerClient, number: int) -> Any:
    return worker.until(lambda: next((one for one in items_of(worker) if one["number"] == number), None))


def test_answers_come_while_the_pipeline_is_open(worker: WorkerClient) -> None:
    """Nobody has to say first that no more items come."""
    pipeline = opened(worker, ThrottleLimit=2)
    for number in range(3):
        feed(worker, pipeline, number, "a")
        assert "value" in told_of(worker, number)


def test_one_item_can_be_cancelled(worker: WorkerClient) -> None:
    """It has an error in its place; the others go on."""
    pipeline = opened(worker, ThrottleLimit=2)
    feed(worker, pipeline, 0, "wait 60")
    feed(worker, pipeline, 1, "b")
    notice(worker, "cancel", id=pipeline, number=0)
    notice(worker, "close", id=pipeline)
    assert told_of(worker, 0)["error"]["data"]["error_id"] == "PSBridge.Cancelled"
    assert "value" in told_of(worker, 1)
    assert "result" in answer_of(worker, pipeline)


def test_a_pipeline_can_be_cancelled(worker: WorkerClient, telling: tuple[Telling, str]) -> None:
    """Its answer says so, nothing of it is heard any more, and the worker serves on."""
    pipeline = opened(worker, ThrottleLimit=4)
    for number in range(4):
        feed(worker, pipeline, number, f"wait 60 {number}")
    worker.until(lambda: telling[0].now == 4 or worker.send("status"))
    notice(worker, "cancel", id=pipeline)
    assert answer_of(worker, pipeline)["error"]["code"] == -32800
    assert worker.ask("status")["in_flight"] == 0
    second = opened(worker, ThrottleLimit=1)
    feed(worker, second, 9, "a")
    assert "value" in told_of(worker, 9)


def test_who_feeds_without_end_is_stopped(worker: WorkerClient) -> None:
    """What the worker is to hold is bounded."""
    pipeline = opened(worker, ThrottleLimit=1)
    for number in range(20):
        feed(worker, pipeline, number, "wait 60")
    assert "without an answer" in answer_of(worker, pipeline)["error"]["message"]


def test_pipelines_side_by_side_do_not_mix(worker: WorkerClient) -> None:
    """Each has its items, by its own numbers."""
    pipelines = [opened(worker, ThrottleLimit=3) for _ in range(5)]
    for number in range(3):
        for pipeline in pipelines:
            feed(worker, pipeline, number, f"{pipeline} {number}")
    for pipeline in pipelines:
        notice(worker, "close", id=pipeline)
    for pipeline in pipelines:
        assert "result" in answer_of(worker, pipeline)
    items = items_of(worker)
    assert len(items) == 15
    assert all(content_of(item["value"]) == f"{item['id']} {item['number']}" for item in items)


@pytest.mark.parametrize(
    "params",
    [
        {"name": "Get-Configuration"},
        {"name": "New-Nothing"},
        {"name": "New-ChatCompletion", "parameters": {"ThrottleLimit": 2, "Stream": True}},
        {"name": "New-ChatCompletion", "parameters": {"ThrottleLimit": 0}},
    ],
)
def test_a_pipeline_that_cannot_be_is_refused(worker: WorkerClient, params: dict[str, Any]) -> None:
    """At once, by its own answer."""
    assert "error" in answer_of(worker, worker.send("open", params))
    assert worker.ask("status")["in_flight"] == 0


# What only Python has


def test_a_pipe_that_is_left_early_sends_no_more(telling: tuple[Telling, str]) -> None:
    """Of an endless source."""
    handler, url = telling
    drawn = count()
    lock = threading.Lock()
    with ps.use_configuration(ps.Configuration(base_url=url, access_token=KEY, proxy="")):
        pipe = ps.New_ChatCompletion.pipe((request_of(str(next(drawn))) for _ in count()), ThrottleLimit=3)
        first = next(pipe)
        pipe.close()  # type: ignore[attr-defined]
    assert first.choices[0].message.content == "0"
    with lock:
        asked = sum(handler.asked.values())
    assert asked <= 12

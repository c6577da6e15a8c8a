"""The cases of `everyday` at every interface: Python, asyncio, the worker, PowerShell and a hosted session.

Each interface does all of them in one go, against one service that says all the answers.
"""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from bridge.worker_client import WorkerClient, plain
from dotnet.finding import with_power_shell

import psbridge as ps
from psbridge.cmdlets.functions import cmdlet
from psbridge.testing import Fault, OfflineOpenAI, tool_call

from .everyday import CASES, FILES, Case, Failure, Step

MODULE = Path(__file__).parents[2] / "powershell" / "PSBridge"
SHELL = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh") or shutil.which("powershell")
Outcomes = list[Any]


@ps.tool
def weather(City: str, Days: int = 3) -> str:
    """The weather."""
    return f"{City} {Days}"


@ps.tool
def failing() -> None:
    """Fails."""
    raise LookupError("no such thing")


TOOLS: dict[str, Any] = {"weather": weather, "failing": failing}


def place(value: Any, get: str) -> Any:
    """What stands at `get` in a result."""
    for name in filter(None, get.split(".")):
        if name.isdigit():
            value = value[int(name)]
        else:
            value = value[name] if isinstance(value, dict) else getattr(value, name)
    return value


class InPython:
    """What the steps of a case give, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session: Any = None
        self.replies: list[Any] = []

    def value(self, given: Any) -> Any:
        """A value as this interface takes it."""
        if not isinstance(given, dict) or len(given) != 1:
            return [self.value(one) for one in given] if isinstance(given, list) else given
        [(kind, about)] = given.items()
        known: dict[str, Callable[[], Any]] = {
            "$session": lambda: self.session,
            "$reply": lambda: self.replies[about],
            "$tools": lambda: [self.tool(name) for name in about],
            "$file": lambda: self.file(about),
        }
        return known[kind]() if kind in known else given

    def tool(self, name: str) -> Any:
        return TOOLS[name]

    def file(self, name: str) -> Any:
        return self.folder / name

    def case(self, case: Case) -> Outcomes:
        """The outcomes of a case."""
        outcomes: Outcomes = []
        for step in case.steps:
            given = {name: self.value(one) for name, one in step.given.items()}
            outcomes = [
                one if isinstance(one, Failure) else place(one, case.get if step is case.steps[-1] else "")
                for one in self.results(step, given)
            ]
        return outcomes

    def results(self, step: Step, given: dict[str, Any]) -> Outcomes:
        try:
            if step.items is not None:
                items = [self.value(one) for one in step.items]
                results = list(cmdlet(step.do).pipe(items, ErrorAction="Continue", **given))
            else:
                results = [self.call(step.do, given)]
        except ps.PSBridgeError as error:
            results = [error]
        self.replies.append(results[-1] if results else None)
        if isinstance(self.replies[-1], ps.ChatSession):
            self.session = self.replies[-1]
        return [
            Failure(one.error_id, one.message) if isinstance(one, ps.PSBridgeError) else one
            for one in results
        ]

    def call(self, name: str, given: dict[str, Any]) -> Any:
        return ps.invoke(name, **given)


class OnAsyncio(InPython):
    """The same, with `asend` for messages and for questions."""

    def call(self, name: str, given: dict[str, Any]) -> Any:
        if name == "New-ChatCompletion":
            session = ps.ChatSession(Model=given.pop("Model"))
            return asyncio.run(session.asend(given.pop("Messages"), **given))
        if name == "Send-ChatMessage":
            return asyncio.run(given.pop("Session").asend(given.pop("Message"), **given))
        return super().call(name, given)


def on_asyncio(case: Case) -> bool:
    """Whether a case has nothing that only the cmdlets have."""
    only = {"Template", "Reply", "PassThru", "System"}
    chats = [step for step in case.steps if step.do in ("New-ChatCompletion", "Send-ChatMessage")]
    return bool(chats) and not any(step.items is not None or only & step.given.keys() for step in chats)


class InWorker(InPython):
    """The same over the worker's protocol, where tools are the other side's."""

    def __init__(self, folder: Path, worker: WorkerClient) -> None:
        super().__init__(folder)
        self.worker = worker

    def tool(self, name: str) -> Any:
        city = {"name": "City", "shape": {"kind": "string"}, "mandatory": True}
        days = {"name": "Days", "shape": {"kind": "integer"}, "default": 3}
        parameters = [city, days] if name == "weather" else []
        told = {"number": name, "name": name, "description": "x", "parameters": parameters}
        return {"$psbridge": "command", "told": told}

    def file(self, name: str) -> Any:
        return str(self.folder / name)

    def results(self, step: Step, given: dict[str, Any]) -> Outcomes:
        items = [None] if step.items is None else [self.value(one) for one in step.items]
        outcomes: Outcomes = []
        for item in items:
            own = {"CreateChatCompletionRequest": self.item(item)} if item is not None else {}
            answer = self.answer(self.worker.invoke(step.do, {**given, **own}))
            if "error" in answer:
                error = answer["error"]
                outcomes.append(Failure(error["data"]["error_id"], error["message"]))
                continue
            value = answer["result"]["value"]
            kind = value.get("$type") if isinstance(value, dict) else None
            if kind == "Turn":
                self.session, value = marked(value["set"]["Session"]), value["set"].get("Result")
            elif kind == "ChatSession":
                self.session = marked(value)
            self.replies.append(marked(value))
            outcomes.append(plain(value))
        return outcomes

    def answer(self, asked: Any) -> dict[str, Any]:
        """The answer to a call; what is asked of the module meanwhile is answered too."""
        answered = 0

        def heard() -> Any:
            return self.worker.answers(asked) or self.worker.notifications("ask", asked)[answered:]

        while not self.worker.answers(asked):
            self.worker.until(heard)
            for question in self.worker.notifications("ask", asked)[answered:]:
                answered += 1
                given = question["command"]["arguments"]
                ran = (
                    {"text": f"{given['City']} {given.get('Days', 3)}", "key": "k"}
                    if given
                    else {"error": "no"}
                )
                told = {"id": asked, "question": question["question"], "value": {**ran, "elapsed": 0.1}}
                self.worker.write(self.worker.line({"jsonrpc": "2.0", "method": "told", "params": told}))
        return self.worker.answer(asked)

    def item(self, item: Any) -> Any:
        """An item as the module sends it: a file of Get-ChildItem by its place."""
        if isinstance(item, str) and item.startswith(str(self.folder)):
            return {"$psbridge": "file", "value": item}
        return item


def marked(value: Any) -> Any:
    """What came over the wire as the module sends it back."""
    if isinstance(value, list):
        return [marked(one) for one in value]
    if not isinstance(value, dict):
        return value
    members = {name: marked(one) for name, one in value.get("set", value).items()}
    known = value.get("$type") in ps.models.__all__
    return {"$psbridge": "model", "type": value["$type"], "set": members} if known else members


SCRIPT = r"""
$case = $null
function weather { param([Parameter(Mandatory)] [string] $City, [int] $Days = 3) "$City $Days" }
function failing { throw 'no such thing' }
function Get-Value($Given) {
    if ($Given -is [array]) { return , [object[]]@(foreach ($one in $Given) { Get-Value $one }) }
    if ($Given -isnot [System.Management.Automation.PSCustomObject]) { return $Given }
    $name = @($Given.PSObject.Properties)[0].Name
    $about = @($Given.PSObject.Properties)[0].Value
    switch ($name) {
        '$session' { return $script:session }
        '$reply' { return $script:replies[$about] }
        '$tools' { return , [object[]]@($about | ForEach-Object { New-ChatTool -Command $_ -Description x }) }
        '$file' { return [System.IO.Path]::Combine('FOLDER', $about) }
    }
    $Given
}
function Get-Piped($Given) {
    $value = Get-Value $Given
    $isFile = $Given -isnot [string] -and $value -is [string]
    if ($isFile) { Get-Item -LiteralPath $value } else { $value }
}
function Get-Place($Value, $Get) {
    foreach ($name in $Get.Split('.')) {
        if (-not $name) { continue }
        if ($name -match '^\d+$') { $Value = @($Value)[[int]$name] } else { $Value = $Value.$name }
    }
    if ($Value -is [decimal]) { $Value = [double]$Value }
    , $Value
}
foreach ($case in (ConvertFrom-Json (Get-Content -Raw 'FOLDER/cases.json'))) {
    $script:session = $null
    $script:replies = [System.Collections.ArrayList]::new()
    foreach ($step in $case.steps) {
        $given = @{}
        foreach ($one in $step.given.PSObject.Properties) { $given[$one.Name] = Get-Value $one.Value }
        $items = @($step.items | ForEach-Object { Get-Piped $_ })
        $results = @()
        try {
            if ($null -eq $step.items) { $results = @(& $step.do @given 3> $null) }
            else { $results = @($items | & $step.do @given -ErrorAction Continue 2>&1 3> $null) }
        }
        catch { $results = @($_) }
        $last = if ($results.Count) { $results[-1] }
        [void]$script:replies.Add($last)
        $isSession = $null -ne $last -and $last.PSObject.TypeNames[0] -eq 'PSBridge.ChatSession'
        if ($isSession) { $script:session = $last }
    }
    $told = @(foreach ($result in $results) {
            if ($result -isnot [System.Management.Automation.ErrorRecord]) { Get-Place $result $case.get }
            else { @{ id = $result.FullyQualifiedErrorId.Split(',')[0]; says = "$result" } }
        })
    'outcomes:' + (ConvertTo-Json @{ name = $case.name; outcomes = $told } -Compress -Depth 5)
}
"""
IN_HOSTED = """
import sys
from psbridge.dotnet import PowerShellSession
with PowerShellSession() as session:
    result = session.run(sys.stdin.read())
    print(*result.errors, file=sys.stderr)
print("\\n".join(map(str, result.output)))
"""


def in_powershell(folder: Path, command: list[str], environment: dict[str, str]) -> dict[str, Outcomes]:
    cases = [asdict(case) for case in CASES]
    (folder / "cases.json").write_text(json.dumps(cases))
    done = subprocess.run(
        command,
        input=SCRIPT.replace("FOLDER", str(folder)),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        env={**os.environ, **environment, "PSBRIDGE_PYTHON": sys.executable, "NO_COLOR": "1"},
        check=False,
    )
    lines = [line.partition(":")[2] for line in done.stdout.splitlines() if line.startswith("outcomes:")]
    assert len(lines) == len(CASES), done.stdout[-3000:] + done.stderr[-3000:]
    told = [json.loads(line) for line in lines]
    return {
        one["name"]: [
            Failure(**item) if isinstance(item, dict) and "says" in item else item for item in one["outcomes"]
        ]
        for one in told
    }


def answers_of(case: Case) -> Outcomes:
    """A case's answers as the service takes them."""

    def answer(given: Any) -> Any:
        if isinstance(given, dict) and "$call" in given:
            return tool_call(given["$call"], **given["arguments"])
        return Fault(status=given["$fault"]) if isinstance(given, dict) and "$fault" in given else given

    return [answer(one) for one in case.answers]


def done_at(interface: str, folder: Path, cases: list[Case]) -> dict[str, Outcomes]:
    """The outcomes of all cases at one interface."""
    if interface == "Python":
        return {case.name: InPython(folder).case(case) for case in cases}
    if interface == "asyncio":
        return {case.name: OnAsyncio(folder).case(case) for case in cases}
    own = {"OPENAI_BASE_URL": os.environ["OPENAI_BASE_URL"], "OPENAI_API_KEY": "sk-x", "NO_PROXY": "*"}
    if interface == "worker":
        with WorkerClient(environment=own) as worker:
            return {case.name: InWorker(folder, worker).case(case) for case in cases}
    if interface == "hosted session":
        return in_powershell(folder, [sys.executable, "-c", IN_HOSTED], {**with_power_shell(), **own})
    if SHELL is None:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    script = folder / "run.ps1"
    script.write_text(f"Import-Module '{MODULE}'\n" + SCRIPT.replace("FOLDER", str(folder)))
    return in_powershell(folder, [SHELL, "-NoProfile", "-NonInteractive", "-File", str(script)], own)


@pytest.fixture(scope="module", params=["Python", "asyncio", "worker", "PowerShell", "hosted session"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What every case came to at one interface, and what was sent for it."""
    folder = tmp_path_factory.mktemp("everyday")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    cases = [case for case in CASES if request.param != "asyncio" or on_asyncio(case)]
    with OfflineOpenAI(*[answer for case in cases for answer in answers_of(case)]) as server:
        outcomes = done_at(request.param, folder, cases)
        sent = [one.json for one in server.requests]
    assert len(sent) == sum(len(case.answers) for case in cases)
    by_name: dict[str, Any] = {}
    for case in cases:
        own, sent = sent[: len(case.answers)], sent[len(case.answers) :]
        by_name[case.name] = (outcomes[case.name], own[-1]["messages"] if own else None)
    return by_name


@pytest.mark.filterwarnings("ignore::psbridge.PSBridgeWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(done: dict[str, Any], case: Case) -> None:
    """The same comes of the same, wherever it is done."""
    if case.name not in done:
        pytest.skip("this interface does not have it")
    outcomes, sent = done[case.name]
    assert len(outcomes) == len(case.outcomes), outcomes
    for outcome, expected in zip(outcomes, case.outcomes, strict=True):
        if isinstance(expected, Failure):
            assert outcome.id == expected.id and expected.says in outcome.says
        elif isinstance(expected, float):
            assert float(outcome) == pytest.approx(expected)
        else:
            assert outcome == expected
    if case.sent is not None:
        told = [[one["role"], shortly(one.get("content"))] for one in sent]
        assert [role for role, _ in told] == [role for role, _ in case.sent]
        for (_, content), (_, wanted) in zip(told, case.sent, strict=True):
            assert content == wanted or (isinstance(wanted, str) and fnmatch.fnmatch(str(content), wanted))


def shortly(content: Any) -> Any:
    """A message's content; of parts their kinds."""
    return [part["type"] for part in content] if isinstance(content, list) else content

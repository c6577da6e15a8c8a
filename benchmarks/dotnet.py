"""What .NET in the same process costs, beside JSON text, the subprocess bridge and the bare client.

    python benchmarks/dotnet.py [--rounds N]

Needs the extra `dotnet` and a .NET runtime; the second table a PowerShell 7 too. Every pair is measured in
turns in one run, so that a busy machine slows both; medians are compared.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psbridge as ps
from psbridge import dotnet
from psbridge.cli import page
from psbridge.client import Client, set_configuration
from psbridge.cmdlets.codec import ModelCodec
from psbridge.cmdlets.complete import completed
from psbridge.dotnet import edge
from psbridge.models import CreateChatCompletionRequest
from psbridge.offline import OfflineServer

MODULE = Path(__file__).resolve().parents[1] / "powershell" / "PSBridge" / "PSBridge.psd1"
CALLS = 200
WARM_UP = 10  # .NET compiles what runs often a second time
WARM_UP_CALLS = 10_000  # and goes on with PowerShell's own code for thousands of calls
LOOP = f"""
$watch = [System.Diagnostics.Stopwatch]::StartNew()
for ($i = 0; $i -lt {CALLS}; $i++) {{
    $null = Initialize-ChatCompletionRequestUserMessage -Content hi -Role user
}}
$watch.Elapsed.TotalMilliseconds * 1000 / {CALLS}
"""
SERVE = """
Import-Module $args[0]
Connect-PSBridge -PythonPath $args[1] -InProcess:($args[2] -eq 'in process')
while ($null -ne [Console]::In.ReadLine()) { [Console]::Out.WriteLine("time:" + (& { LOOP })) }
""".replace("LOOP", LOOP)


class Module:
    """PSBridge in a PowerShell of its own, over a transport; each call is one timed loop."""

    def __init__(self, program: str, folder: Path, transport: str) -> None:
        script = folder / "serve.ps1"
        script.write_text(SERVE, encoding="utf-8")
        self._shell = subprocess.Popen(
            [program, "-NoProfile", "-File", str(script), str(MODULE), sys.executable, transport],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self) -> float:
        assert self._shell.stdin and self._shell.stdout
        self._shell.stdin.write("go\n")
        self._shell.stdin.flush()
        for line in self._shell.stdout:
            if line.startswith("time:"):
                return float(line.removeprefix("time:")) / 1e6
        raise RuntimeError("PowerShell ended; is the module built?")

    def __enter__(self) -> Module:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shell.communicate(timeout=60)


def timed(work: Callable[[], object], loops: int) -> Callable[[], float]:
    """A measurement: seconds for one `work`, over `loops` of them."""

    def measure() -> float:
        begun = time.perf_counter()
        for _ in range(loops):
            work()
        return (time.perf_counter() - begun) / loops

    return measure


def medians(
    measures: dict[str, Callable[[], float]], rounds: int, warm_up: int = WARM_UP
) -> dict[str, float]:
    """The median of each measurement; each round takes all in turn, after some that do not count."""
    for measure in list(measures.values()) * warm_up:
        measure()
    samples: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            samples[name].append(measure())
    return {name: statistics.median(times) for name, times in samples.items()}


def table(title: str, found: dict[str, float]) -> None:
    """Print medians with the ratio to the first."""
    first = next(iter(found.values()))
    print(f"\n{title}")
    for name, seconds in found.items():
        print(f"  {name:<44}{seconds * 1e6:>10.0f} µs{seconds / first:>8.2f}")


def conversions(rounds: int) -> None:
    """The page's whole request to .NET and back, and the same through JSON text."""
    # As it is sent: the page leaves a member open that the API requires.
    request = completed(page.build_request(ps), model=lambda: "gpt-4o")
    node = edge.net("System.Text.Json.Nodes.JsonNode")

    def by_values() -> object:
        return dotnet.from_dotnet(dotnet.to_dotnet(request), CreateChatCompletionRequest)

    made = dotnet.to_dotnet(request)

    def by_json() -> object:
        text = node.Parse(request.model_dump_json()).ToJsonString()
        return CreateChatCompletionRequest.model_validate_json(text)

    works = {
        "as values (psbridge.dotnet)": timed(by_values, 50),
        "  to .NET alone": timed(lambda: dotnet.to_dotnet(request), 50),
        "  from .NET alone": timed(lambda: dotnet.from_dotnet(made, CreateChatCompletionRequest), 50),
        "as JSON text (System.Text.Json)": timed(by_json, 50),
    }
    table("the page's whole request to .NET and back", medians(works, rounds))


def builders(rounds: int, session: dotnet.PowerShellSession, program: str, folder: Path) -> None:
    """One builder call from PowerShell, over the child process and in process."""
    with Module(program, folder, "child process") as child, Module(program, folder, "in process") as inside:
        measures: dict[str, Callable[[], float]] = {
            "PSBridge over its child process": child,
            "PSBridge -InProcess": inside,
            "a hosted session's cmdlets": lambda: float(session.run(LOOP).output[0]) / 1e6,
        }
        table("a builder call from PowerShell", medians(measures, rounds, WARM_UP_CALLS // CALLS))


def chat_api(rounds: int) -> None:
    """ChatApi beside the client it stands on, against the offline server."""
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=[{"role": "user", "content": "hi"}], Model="m"
    )
    with OfflineServer() as server:
        set_configuration(base_url=server.base_url, access_token="sk-benchmark-0000")
        api, client = ps.ChatApi(), Client(codec=ModelCodec())
        works = {
            "the client": timed(lambda: client.create(request.model_dump_json().encode()).value, 100),
            "ChatApi": timed(lambda: api.CreateChatCompletion(request), 100),
        }
        table("a chat call to the offline server", medians(works, rounds * 2))
        client.close()


def main() -> None:
    from tempfile import TemporaryDirectory

    parser = argparse.ArgumentParser(description="Measure .NET in the same process.")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is measured (default 15)")
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore", ps.PSBridgeWarning)
    chat_api(rounds)
    program = shutil.which("pwsh")
    if program is None:
        dotnet.load()
        conversions(rounds)
        return
    with dotnet.PowerShellSession() as session, TemporaryDirectory() as folder:
        conversions(rounds)
        builders(rounds, session, program, Path(folder))


if __name__ == "__main__":
    main()

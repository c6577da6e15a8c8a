"""`Invoke-ChatCompletionRun` beside `psbridge run`, in turns of one session.

    PSBRIDGE_PWSH=/path/to/pwsh python -m benchmarks.runs_powershell [--rounds N] [--rows N] [--width N]

The service waits 50 ms. PowerShell runs as a console does: its module is there, and its first rounds, in
which .NET compiles, do not count. Carry the ratio, not the rows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from .rivals import TEMPLATE, line
from .runs import Server, environment, folder, write_rows

MODULE = Path(__file__).parents[1] / "powershell" / "PSBridge" / "PSBridge.psd1"
SCRIPT = """
Import-Module '{module}'
$run = @{{ Id = 'Id'; Template = '{template}'; Model = 'gpt-4o-mini'; ThrottleLimit = {width} }}
while ($null -ne ($asked = [Console]::In.ReadLine())) {{
    $from, $folder = $asked -split ' ', 2
    $run.Ledger, $run.OutFile = "$folder/p.db", "$folder/o.csv"
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    if ($from -eq 'file') {{ Invoke-ChatCompletionRun @run -Path "$folder/t.csv" | Out-Null }}
    else {{ Import-Csv "$folder/t.csv" | Invoke-ChatCompletionRun @run | Out-Null }}
    [Console]::Out.WriteLine($clock.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture))
}}
"""


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="two or more; the first does not count")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--width", type=int, default=128)
    given = parser.parse_args()
    program = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    if program is None:
        raise SystemExit("no pwsh on the path; name one in PSBRIDGE_PWSH")
    server = Server()
    script = SCRIPT.format(module=MODULE, template=TEMPLATE, width=given.width)
    shell = subprocess.Popen(
        [program, "-NoProfile", "-NonInteractive", "-Command", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(server.port), "PSBRIDGE_PYTHON": sys.executable},
    )
    assert shell.stdin and shell.stdout
    seconds: dict[str, list[float]] = {"command": [], "file": [], "pipeline": []}
    try:
        for _ in range(given.rounds):
            for name, times in seconds.items():
                server.get("/reset?delay=50")
                with folder() as place:
                    write_rows(place / "t.csv", given.rows)
                    start = time.perf_counter()
                    if name == "command":
                        command, quiet = line(place, given.width), subprocess.DEVNULL
                        subprocess.run(command, env=environment(server.port), stderr=quiet, check=True)
                        times.append(time.perf_counter() - start)
                    else:
                        shell.stdin.write(f"{name} {place}\n")
                        shell.stdin.flush()
                        times.append(float(shell.stdout.readline()))
                assert server.get("/stats")["answered"] == given.rows, name
    finally:
        shell.stdin.close()
        shell.wait(30)
        server.close()
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    print(f"{given.rows:,} rows of 50 ms, {given.width} in flight, median of {given.rounds - 1}")
    for name, median in medians.items():
        called = "psbridge run" if name == "command" else f"Invoke-ChatCompletionRun, from a {name}"
        ratio = f"{median / medians['command']:.2f} of the command's time (wanted 1.1)"
        print(f"  {called:<40}{given.rows / median:>8,.0f} rows/s, {ratio}")


if __name__ == "__main__":
    main()

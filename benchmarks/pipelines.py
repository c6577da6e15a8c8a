"""What a pipeline from PowerShell brings beside `Client.map`: rows a second, in turns of one run.

    PSBRIDGE_PWSH=/path/to/pwsh python -m benchmarks.pipelines [--rounds N] [--rows N]

The service waits 50 ms, and 64 requests may be under way. PowerShell's first rounds, in which .NET compiles,
do not count. Carry the ratio, not the rows.
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

from psbridge.client import Client, Configuration
from psbridge.cmdlets.codec import ModelCodec

from .bridge import KEY, REQUEST, serve, stop

MODULE = Path(__file__).parents[1] / "powershell" / "PSBridge" / "PSBridge.psd1"
AT_ONCE = 64
SCRIPT = """
Import-Module '{module}'
$request = @{{ model = 'gpt-4o'; messages = @(@{{ role = 'user'; content = 'Say hello.' }}) }}
while ($null -ne ($rows = [Console]::In.ReadLine())) {{
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $replies = @(1..$rows | ForEach-Object {{ $request }} | New-ChatCompletion -ThrottleLimit {at_once})
    if ($replies.Count -ne $rows) {{ throw "$($replies.Count) replies" }}
    [Console]::Out.WriteLine($clock.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture))
}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="two or more")
    parser.add_argument("--rows", type=int, default=2000)
    given = parser.parse_args()
    program = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    if program is None:
        raise SystemExit("no pwsh on the path; name one in PSBRIDGE_PWSH")
    server, url = serve(50)
    settings = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY, "PSBRIDGE_PYTHON": sys.executable}
    shell = subprocess.Popen(
        [program, "-NoProfile", "-NonInteractive", "-Command", SCRIPT.format(module=MODULE, at_once=AT_ONCE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **settings},
    )
    assert shell.stdin and shell.stdout

    def by_powershell() -> float:
        assert shell.stdin and shell.stdout
        shell.stdin.write(f"{given.rows}\n")
        shell.stdin.flush()
        seconds = float(shell.stdout.readline())
        return float(given.rows / seconds)

    with Client(Configuration(base_url=url, access_token=KEY), ModelCodec()) as client:

        def by_client() -> float:
            started = time.perf_counter()
            for _ in client.map([REQUEST] * given.rows, concurrency=AT_ONCE):
                pass
            return float(given.rows / (time.perf_counter() - started))

        first = by_powershell()
        for _ in range(2):
            by_powershell()
            by_client()
        pairs = [(by_powershell(), by_client()) for _ in range(given.rounds)]
    shell.stdin.close()
    shell.wait()
    shell.stdout.close()
    stop(server)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    lower = statistics.quantiles((one / two for one, two in pairs), n=4)[0]
    print(f"PowerShell {ours:.0f} rows/s, Client.map {theirs:.0f} rows/s: {ours / theirs:.2f} of it")
    print(f"lower quartile of {len(pairs)} ratios: {lower:.2f}")
    print(f"the first {given.rows} rows, compiling and the worker's start included: {first:.0f} rows/s")


if __name__ == "__main__":
    main()

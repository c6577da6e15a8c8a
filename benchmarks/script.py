"""What a PowerShell script costs here, beside `pwsh -NoProfile -File`.

    python benchmarks/script.py [--rounds N]

Measures the start and end of a 60-line script, a loop of a million additions and a pipeline of 100,000
objects, each run as it is and as the Python that `psbridge port` writes, and reading and porting 1,000 lines.
Every set is measured in turns in one run, so that a busy machine slows all; medians are compared. A
PowerShell built here is not compiled ahead of time: it starts slower than a released one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from psbridge.script import parse, port

LINES = """\
param([string]$Name = 'world', [int]$Count = 3)

function Get-Greeting {
    param([string]$Who, [int]$Times = 1)
    for ($i = 0; $i -lt $Times; $i++) {
        "Hello, $Who ($i)"
    }
}

$items = @('a', 'b', 'c')
$table = @{ one = 1; two = 2 }
foreach ($item in $items) {
    "$item"
}
$table.GetEnumerator() | Sort-Object Name | ForEach-Object { "$($_.Key)=$($_.Value)" }
Get-Greeting -Who $Name -Times $Count
$json = @{ a = 1; b = @(1, 2, 3) } | ConvertTo-Json -Compress
($json | ConvertFrom-Json).b -join ','
if ($Count -gt 2) {
    'many'
} else {
    'few'
}
try {
    throw 'x'
} catch {
    "caught $_"
}
$day = Get-Date '2024-05-06'
$day.ToString('yyyy-MM-dd')
"""
SCRIPT = LINES + LINES.partition("\n\n")[2]
ADDITIONS = "$sum = 0; for ($i = 0; $i -lt 1000000; $i++) { $sum += $i }; $sum"
PIPELINE = (
    "1..100000 | Where-Object { $_ % 2 } | ForEach-Object { $_ * 2 } | Measure-Object | ForEach-Object Count"
)


def timed(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    shell = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    rows = {
        f"a script of {SCRIPT.count(chr(10))} lines": SCRIPT,
        "an empty script": "",
        "1,000,000 additions": ADDITIONS,
        "100,000 objects through two blocks": PIPELINE,
    }
    print(f"{'':<38}{'run':>10}{'ported':>10}{'pwsh':>10}{'run':>8}{'ported':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in rows.items():
            path = Path(folder, "script.ps1")
            path.write_text(text, encoding="utf-8")
            ours = [sys.executable, "-m", "psbridge", "run-script", str(path)]
            theirs = [shell, "-NoProfile", "-File", str(path)] if shell else None
            made = port(text)
            python = Path(folder, "script.py")
            python.write_text(made.text, encoding="utf-8")
            own, ported, other = [], [], []
            for _ in range(rounds):
                own.append(timed(ours))
                if not made.report:
                    ported.append(timed([sys.executable, str(python)]))
                if theirs:
                    other.append(timed(theirs))
            mine, beside = statistics.median(own), statistics.median(other) if other else None
            written = statistics.median(ported) if ported else None
            print(
                f"{name:<38}{mine:>9.2f}s{_seconds(written)}{_seconds(beside)}"
                f"{_ratio(mine, beside)}{_ratio(written, beside)}"
            )
    text = SCRIPT.replace("param([string]$Name = 'world', [int]$Count = 3)\n", "")
    text *= 1000 // text.count("\n") + 1
    count = text.count("\n")
    for name, work in (("reading", parse), ("porting", port)):
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            work(text)
            times.append(time.perf_counter() - started)
        print(f"{f'{name} {count:,} lines':<38}{statistics.median(times):>9.3f}s")


def _seconds(value: float | None) -> str:
    return f"{'-':>10}" if value is None else f"{value:>9.2f}s"


def _ratio(one: float | None, other: float | None) -> str:
    return "" if one is None or other is None else f"{one / other:>8.2f}"


if __name__ == "__main__":
    main()

"""Runs against what else people use for many prompts, in one run, each in a fresh process.

    python -m benchmarks.runs [--rows 5000] [--width 128] [--repeats 3] [--million] [--kills 200] [--storm]

The server is in a process of its own and answers after 50 ms. Rivals: `Client.map` of psbridge without a
ledger, `openai` with a semaphore and with aiohttp, async-batch-llm over psbridge's client and as shipped,
curator, Dask calling psbridge (a task for 512 rows, each with `Client.map`; and a task for each row, with one
client a worker), Ray Data calling psbridge; the last three are measured against `psbridge run --cluster
local:2`. Each is one process that is started and waited for, whatever it starts itself: a run by its command,
a rival by `benchmarks.rivals`, so that all pay for their interpreter, their imports and their end, and
nobody for another's. A rival that is not installed is named as such; one that is
installed elsewhere is measured there, with `--python bespokelabs=/path/to/python`. `--kills` kills a run
of 2,000 rows at random, so often, and counts what was lost, doubled and answered twice; `--storm` sends
6,000 rows against 150 a second; `--million` takes a million rows in, works them off without HTTP, and
writes them out.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .rivals import CLUSTER, KEY, RIVALS, RUN, TEMPLATE, TEXT, line

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "tests" / "runs" / "counting.py"


class Server:
    """The counting server in its own process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as reply:
            return json.load(reply)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def environment(port: int) -> dict[str, str]:
    """This process's, with the server as the service; what is loaded is compiled once, as if installed."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": KEY, "NO_PROXY": "*"}


def write_rows(path: Path, count: int) -> None:
    """A table of tickets."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Id", "Text"])
        table.writerows((number, TEXT.format(number % 40)) for number in range(count))


# --- measuring


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="psbridge-bench-") as name:
        yield Path(name)


def timed(command: list[str], port: int) -> tuple[float, float, float]:
    """(seconds, seconds of processor time, MiB at its peak) of a command."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as said:  # no pipe: what fills one stands still
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment(port), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said
        )
        peak = 0.0
        while True:
            peak = max(peak, resident(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)  # whose end is seen at once, and not at the next look
                break
        took = time.perf_counter() - start
        said.seek(0)
        if process.returncode:
            raise SystemExit(f"{command} ended with {process.returncode}:\n{said.read().decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, used, peak


def resident(pid: int) -> float:
    """MiB a process occupies (Linux); 0 where that is not known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def interpreters(own: Sequence[str]) -> dict[str, str]:
    """The interpreter of each rival that is installed: this one, or that of `own`, which has `name=path`."""
    named = dict(one.split("=", 1) for one in own)
    here = {}
    for name, rival in RIVALS.items():
        python = named.get(rival.module, sys.executable)
        looks = f"import sys, importlib.util as i; sys.exit(i.find_spec('{rival.module}') is None)"
        if subprocess.run([python, "-c", looks], check=False).returncode == 0:
            here[name] = python
    return here


def contest(server: Server, rows: int, width: int, repeats: int, here: dict[str, str]) -> None:
    """Rows a second of a run, of one on a cluster, and of every rival that is here."""
    runs: dict[str, tuple[str, ...]] = {RUN: ()}
    if importlib.util.find_spec("distributed") is not None:
        runs[CLUSTER] = ("--cluster", "local:2")
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in (*runs, *here)}
    for _ in range(repeats):
        for name in found:
            server.get("/reset?delay=50")
            with folder() as place:
                write_rows(place / "t.csv", rows)
                if name in runs:
                    command = line(place, width, *runs[name])
                else:
                    command = [here[name], "-m", "benchmarks.rivals", name, "--rows", str(rows)]
                    command += ["--width", str(width), "--out", str(place / "o")]
                found[name].append(timed(command, server.port))
            assert server.get("/stats")["answered"] >= rows, name  # curator asks one more, to try
    medians = {name: statistics.median(one[0] for one in values) for name, values in found.items()}
    print(f"{rows:,} rows of 50 ms, {width} in flight, median of {repeats}; ratio: so much faster a run is,")
    print("and for Dask and Ray one on a cluster")
    print(f"  {'':<32}{'rows/s':>8}{'CPU ms/row':>12}{'MiB':>7}{'ratio':>8}  wanted")
    for name, seconds in medians.items():
        used = statistics.median(one[1] for one in found[name]) / rows * 1e3
        peak = statistics.median(one[2] for one in found[name])
        text = f"  {name:<32}{rows / seconds:>8,.0f}{used:>12.2f}{peak:>7.0f}"
        if name in runs:
            text += f"{seconds / medians[RUN]:>8.2f}"
        elif RIVALS[name].than in medians:
            text += f"{seconds / medians[RIVALS[name].than]:>8.2f}  {RIVALS[name].wanted:g}"
        print(text, flush=True)
    for name in RIVALS.keys() - here.keys():
        print(f"  {name:<32} is not installed")


def kills(server: Server, count: int, rows: int = 2000, width: int = 64) -> None:
    """Runs killed at random: what was lost, doubled, and answered twice because of one kill.

    Every other one right after a reply has gone out, when most are on their way; the others at any moment.
    """
    chance = random.Random(1)
    after: dict[str, list[int]] = {"right after a reply": [], "at any moment": []}
    quiet: dict[str, Any] = {"env": environment(server.port), "stderr": subprocess.DEVNULL}
    lost = doubled = 0
    while sum(map(len, after.values())) < count:
        with folder() as place:
            write_rows(place / "t.csv", rows)
            server.get("/reset?delay=50")
            for _ in range(5):
                before = server.get("/stats")
                want = before["answered"] + chance.randrange(50, 350)
                process = subprocess.Popen(line(place, width), **quiet)
                while process.poll() is None and server.get("/stats")["answered"] < want:
                    time.sleep(0.002)
                moment = min(after, key=lambda name: len(after[name]))
                if moment == "at any moment":
                    time.sleep(chance.uniform(0, 0.2))
                if process.poll() is not None:
                    break
                process.kill()
                process.wait()
                time.sleep(0.1)
                from psbridge.runs.ledger import Ledger

                with Ledger(place / "o.csv.run.db") as ledger:
                    after[moment].append(server.get("/stats")["answered"] - ledger.status().Done)
            subprocess.run(line(place, width), check=True, **quiet)
            with (place / "o.csv").open(newline="") as file:
                ids = [
                    row["Id"] for row in csv.DictReader(file) if row["Answer"] == f"answer to p-{row['Id']}"
                ]
            lost += rows - len(set(ids))
            doubled += len(ids) - len(set(ids))
    print(
        f"{sum(map(len, after.values()))} kills of {rows:,} rows at {width} in flight: {lost} lost, "
        f"{doubled} doubled; answered twice:"
    )
    for moment, twice in after.items():
        median = statistics.median(twice)
        print(f"  {moment}: median {median:g} (wanted 16), worst {max(twice)} (wanted 48)", flush=True)


def storm(server: Server, rows: int = 6000) -> None:
    """A service that takes 150 a second, and fails one first try in twenty."""
    server.get("/reset?rate=150&first500=5&delay=50")
    with folder() as place:
        write_rows(place / "t.csv", rows)
        timed(line(place, 64), server.port)
    stats = server.get("/stats")
    refused = stats["statuses"].get("429", 0)
    ideal = (stats["calls"] - refused) / 150
    print(
        f"storm, {rows:,} rows at 150 a second: {rows - stats['answered']} lost, "
        f"{100 * refused / stats['calls']:.1f} % refused (wanted 3), "
        f"{stats['span'] / ideal:.2f} of the ideal time (wanted 1.25)"
    )


def million(rows: int = 1_000_000) -> None:
    """A million rows without HTTP."""
    with folder() as place:
        write_rows(place / "t.csv", rows)
        for step, wanted in (("ingest", 30), ("work", 0), ("export", 15), ("resume", 1)):
            command = [sys.executable, "-m", "benchmarks.runs", "--measure", step, "--out", str(place)]
            took, used, peak = timed(command, 1)
            aim = f" (wanted {wanted})" if wanted else ""
            print(
                f"{rows:,} rows, {step}: {took:.1f} s{aim}, {used:.1f} s of processor time, "
                f"{peak:.0f} MiB (wanted 60)",
                flush=True,
            )
        print(f"ledger: {(place / 'o.csv.run.db').stat().st_size / 1e6:.0f} MB (wanted 700)")


def million_step(step: str, place: Path) -> None:
    """One step, in its own process."""
    from psbridge.runs.claims import DONE, Outcome, Worker
    from psbridge.runs.job import Job
    from psbridge.runs.ledger import Ledger
    from psbridge.runs.settings import Settings

    settings = Settings(
        id="Id",
        template=TEMPLATE,
        model="gpt-4o-mini",
        out=str(place / "o.csv"),
        input={"path": str(place / "t.csv")},
    )
    job = Job(place / "o.csv.run.db", settings)
    if step in ("ingest", "resume"):
        job.take()
        if step == "resume":
            assert job.taken is None
            job.work()
    elif step == "export":
        job.export()
    else:
        reply = json.dumps({"choices": [{"message": {"content": "lorem ipsum " * 8}}]}).encode()
        with Ledger(job.path) as ledger:
            worker = Worker(ledger, job.caps)
            outcomes: list[Outcome] = []
            while True:
                claims, view = worker.turn(outcomes, 128)
                outcomes = [
                    Outcome(claim, DONE, status=200, reply=reply, prompt=30, completion=20)
                    for claim in claims
                ]
                if not view.left:
                    break
            worker.leave()
            ledger.end("")
            ledger.checkpoint()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument(
        "--python", action="append", default=[], help="a rival's own interpreter: bespokelabs=/path/to/python"
    )
    parser.add_argument("--storm", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        million_step(given.measure, given.out)
        return
    server = Server()
    try:
        if given.repeats:
            contest(server, given.rows, given.width, given.repeats, interpreters(given.python))
        if given.kills:
            kills(server, given.kills)
        if given.storm:
            storm(server)
    finally:
        server.close()
    if given.million:
        million()


if __name__ == "__main__":
    main()

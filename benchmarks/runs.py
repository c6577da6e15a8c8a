"""Runs against what else people use for many prompts, in one run, each in a fresh process.

    python benchmarks/runs.py [--rows 5000] [--width 128] [--repeats 3] [--million] [--kills 200] [--storm]

The server is in a process of its own and answers after 50 ms. Rivals: `Client.map` of psbridge without a
ledger, `openai` with a semaphore and with aiohttp, async-batch-llm over psbridge's client and as shipped,
Dask calling psbridge (a task for 512 rows, each with `Client.map`; and a task for each row, with one client a
worker), Ray Data calling psbridge. A rival that is not installed is named as such. `--kills` kills a run
of 2,000 rows at random, so often, and counts what was lost, doubled and answered twice; `--storm` sends
6,000 rows against 150 a second; `--million` takes a million rows in, works them off without HTTP, and
writes them out.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVER = HERE.parent / "tests" / "runs" / "counting.py"
KEY = "sk-benchmark-00000"
TEMPLATE = "p-{Id} Sort this: {Text}"
TEXT = "the printer on floor {} is jammed again and users are waiting"


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
    """This process's, with the server as the service."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    return {**kept, "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1", "OPENAI_API_KEY": KEY, "NO_PROXY": "*"}


def write_rows(path: Path, count: int) -> None:
    """A table of tickets."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Id", "Text"])
        table.writerows((number, TEXT.format(number % 40)) for number in range(count))


def prompt(number: int) -> str:
    """What every contender asks."""
    return f"p-{number} Sort this: {TEXT.format(number % 40)}"


def body(number: int) -> dict[str, Any]:
    """The same as a request."""
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt(number)}]}


def line(folder: Path, width: int, *more: str) -> list[str]:
    """The command of a run."""
    return [
        *(sys.executable, "-m", "psbridge", "run", str(folder / "t.csv"), "--id", "Id"),
        *("--template", TEMPLATE, "--model", "gpt-4o-mini", "--out", str(folder / "o.csv")),
        *("--throttle-limit", str(width), *more),
    ]


# --- the contenders, each run as `--measure NAME`; they write one line a row, as a run does


def psbridge_map(rows: int, width: int, out: Path) -> None:
    from psbridge.client import Client

    with out.open("w") as file, Client() as client:
        bodies = (json.dumps(body(number)).encode() for number in range(rows))
        for outcome in client.map(bodies, concurrency=width, ordered=False):
            answer = outcome.value["choices"][0]["message"]["content"]
            file.write(json.dumps({"id": outcome.index, "text": answer}) + "\n")


def openai_semaphore(rows: int, width: int, out: Path, aiohttp: bool = False) -> None:
    import openai

    async def main() -> None:
        client = openai.AsyncOpenAI(
            **({"http_client": openai.DefaultAioHttpClient()} if aiohttp else {})  # type: ignore[arg-type]
        )
        places = asyncio.Semaphore(width)
        with out.open("w") as file:

            async def one(number: int) -> None:
                async with places:
                    reply = await client.chat.completions.create(**body(number))
                    text = reply.choices[0].message.content
                    file.write(json.dumps({"id": number, "text": text}) + "\n")

            await asyncio.gather(*(one(number) for number in range(rows)))

    asyncio.run(main())


def batch_llm(rows: int, width: int, out: Path, over_psbridge: bool = False) -> None:
    import async_batch_llm

    rival: Any = async_batch_llm

    identity = rival.ArtifactIdentity(provider="openai", model="gpt-4o-mini", prompt_version="v1")
    base = os.environ["OPENAI_BASE_URL"]

    async def main() -> None:
        strategy: Any
        if over_psbridge:
            from psbridge.client import AsyncClient

            client = AsyncClient()

            async def invoke(text: str, *, attempt: Any, timeout: Any, state: Any) -> Any:
                members = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
                value = (await client.create(members)).value
                usage = value["usage"]
                return rival.CallOutcome(
                    value["choices"][0]["message"]["content"],
                    token_usage={
                        "input_tokens": usage["prompt_tokens"],
                        "output_tokens": usage["completion_tokens"],
                        "total_tokens": usage["total_tokens"],
                    },
                )

            strategy = rival.CallableStrategy(invoke, identity=identity)
        else:
            model = rival.OpenAIModel.from_api_key(
                *("gpt-4o-mini",),
                api_key=KEY,
                base_url=base,
                api_surface="chat_completions",
                max_connections=width,
            )
            strategy = rival.OpenAIStrategy(model)
        store = rival.SqliteArtifactStore(str(out) + ".sqlite", identity=identity)
        sizes = {"concurrency": width, "max_queue_size": 2 * width, "max_result_queue_size": 2 * width}
        items = ((f"row-{number}", prompt(number)) for number in range(rows))
        with out.open("w") as file:
            async for result in rival.process_stream(
                strategy,
                items,
                config=rival.ProcessorConfig(**sizes),
                artifact_store=store,
                resume=rival.ResumePolicy.REUSE_SUCCESSES,
            ):
                file.write(json.dumps({"id": result.item_id, "text": result.output}) + "\n")

    asyncio.run(main())


def _dask_chunk(numbers: list[int], width: int) -> list[tuple[int, str]]:
    from psbridge.client import Client

    with Client() as client:
        bodies = (json.dumps(body(number)).encode() for number in numbers)
        return [
            (numbers[one.index], one.value["choices"][0]["message"]["content"])
            for one in client.map(bodies, concurrency=width, ordered=False)
        ]


def dask_chunks(rows: int, width: int, out: Path) -> None:
    import dask.distributed

    distributed: Any = dask.distributed  # it has no types
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
        out.open("w") as file,
    ):
        chunks = [list(range(start, min(rows, start + 512))) for start in range(0, rows, 512)]
        futures = client.map(_dask_chunk, chunks, width=width // 2, retries=3)
        for _, answers in distributed.as_completed(futures, with_results=True):
            for number, text in answers:
                file.write(json.dumps({"id": number, "text": text}) + "\n")


def _dask_row(number: int) -> tuple[int, str]:
    """A row's task; its client is kept at the worker process, for all of its threads."""
    import dask.distributed

    from psbridge.client import Client

    distributed: Any = dask.distributed
    worker = distributed.get_worker()
    if not hasattr(worker, "asks"):
        worker.asks = Client()
    return number, str(worker.asks.create(body(number)).value["choices"][0]["message"]["content"])


def dask_rows(rows: int, width: int, out: Path) -> None:
    """What a user of Dask writes first: a task for each row, and as many threads as requests."""
    import dask.distributed

    distributed: Any = dask.distributed  # it has no types
    options = {"n_workers": 2, "threads_per_worker": width // 2, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
        out.open("w") as file,
    ):
        futures = client.map(_dask_row, range(rows), retries=3)
        for _, (number, text) in distributed.as_completed(futures, with_results=True):
            file.write(json.dumps({"id": number, "text": text}) + "\n")


def ray_data(rows: int, width: int, out: Path) -> None:
    import ray

    library: Any = ray  # its types do not tell
    library.init(num_cpus=2, include_dashboard=False, log_to_driver=False)

    def answered(batch: dict[str, Any]) -> dict[str, Any]:
        answers = dict(_dask_chunk([int(number) for number in batch["id"]], width // 2))
        return {"id": batch["id"], "text": [answers[int(number)] for number in batch["id"]]}

    numbers = library.data.range(rows).map_batches(answered, batch_size=512, concurrency=2)
    with out.open("w") as file:
        for row in numbers.iter_rows():
            file.write(json.dumps({"id": int(row["id"]), "text": str(row["text"])}) + "\n")
    library.shutdown()


def on_a_cluster(rows: int, width: int, out: Path) -> None:
    subprocess.run(line(out.parent, width, "--cluster", "local:2"), check=True)


RIVALS: dict[str, tuple[Callable[[int, int, Path], None], str, float]] = {
    "Client.map, no ledger": (psbridge_map, "psbridge", 0.9),
    "async-batch-llm over psbridge": (partial(batch_llm, over_psbridge=True), "async_batch_llm", 2.0),
    "async-batch-llm as shipped": (batch_llm, "async_batch_llm", 4.0),
    "openai with a semaphore": (openai_semaphore, "openai", 4.0),
    "openai with aiohttp": (partial(openai_semaphore, aiohttp=True), "aiohttp", 2.0),
    "Dask calling psbridge, by chunks": (dask_chunks, "distributed", 1.4),
    "Dask calling psbridge, by rows": (dask_rows, "distributed", 1.4),
    "Ray Data calling psbridge": (ray_data, "ray", 3.5),
    "psbridge run, two on a cluster": (on_a_cluster, "distributed", 1.0),
}
NOT_MEASURED = {"curator": "bespokelabs"}


# --- measuring


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="psbridge-bench-") as name:
        yield Path(name)


def timed(command: list[str], port: int) -> tuple[float, float, float]:
    """(seconds, seconds of processor time, MiB at its peak) of a command."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment(port), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.02)
    took = time.perf_counter() - start
    said = process.stderr.read() if process.stderr is not None else b""
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}:\n{said.decode()}")
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


def contest(server: Server, rows: int, width: int, repeats: int) -> None:
    """Rows a second of a run and of every rival that is here."""
    import importlib.util

    here = {name: one for name, one in RIVALS.items() if importlib.util.find_spec(one[1])}
    found: dict[str, list[tuple[float, float, float]]] = {"psbridge run": []}
    found.update({name: [] for name in here})
    for _ in range(repeats):
        for name in found:
            server.get("/reset?delay=50")
            with folder() as place:
                write_rows(place / "t.csv", rows)
                own = line(place, width)
                other = [sys.executable, __file__, "--measure", name, "--rows", str(rows)]
                other += ["--width", str(width), "--out", str(place / "o")]
                found[name].append(timed(own if name == "psbridge run" else other, server.port))
            assert server.get("/stats")["answered"] == rows, name
    medians = {name: statistics.median(one[0] for one in values) for name, values in found.items()}
    print(f"{rows:,} rows of 50 ms, {width} in flight, median of {repeats}; ratio: so much faster a run is")
    print(f"  {'':<32}{'rows/s':>8}{'CPU ms/row':>12}{'MiB':>7}{'ratio':>8}  wanted")
    for name, seconds in medians.items():
        used = statistics.median(one[1] for one in found[name]) / rows * 1e3
        peak = statistics.median(one[2] for one in found[name])
        ratio = seconds / medians["psbridge run"]
        wanted = "" if name == "psbridge run" else f"{RIVALS[name][2]:g}"
        print(
            f"  {name:<32}{rows / seconds:>8,.0f}{used:>12.2f}{peak:>7.0f}{ratio:>8.2f}  {wanted}", flush=True
        )
    for name in RIVALS.keys() - here.keys():
        print(f"  {name:<32} is not installed")
    for name, module in NOT_MEASURED.items():
        if importlib.util.find_spec(module) is None:
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
            command = [sys.executable, __file__, "--measure", f"million {step}", "--out", str(place)]
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
    parser.add_argument("--storm", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        if given.measure.startswith("million "):
            million_step(given.measure.split()[1], given.out)
        else:
            RIVALS[given.measure][0](given.rows, given.width, given.out)
        return
    server = Server()
    try:
        if given.repeats:
            contest(server, given.rows, given.width, given.repeats)
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

"""A run on many machines: a real scheduler and real workers, each a process of its own, and what is left when
one of them is killed.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge import Configuration, OfflineServer, Run
from psbridge.runs.errors import RunUsageError

from .conftest import COMMAND, KEY, TEMPLATE, Counting, Tickets

distributed: Any = pytest.importorskip("distributed", reason="dask is not installed: psbridge[dask]")

MOST_AGAIN = 16 + 32
"""Rows asked for again after one kill, at `--throttle-limit 16`: those under way, and 32."""

_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")


class Machines:
    """A scheduler and workers; the key is in the workers' environment, and not in the scheduler's."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.file = folder / "scheduler.json"
        self._environment = environment
        self._folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self.file.unlink(missing_ok=True)
        self.scheduler = self._start(
            *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--scheduler-file", str(self.file)),
            without="OPENAI_API_KEY",
        )
        while not self.file.exists() or not self.file.read_bytes():
            assert self.scheduler.poll() is None
            time.sleep(0.05)

    def add(self, count: int = 1) -> None:
        """Start workers, without anybody who would start them again."""
        self.workers += [
            self._start(
                *("worker", "--scheduler-file", str(self.file), "--nthreads", "1", "--no-nanny"),
                *("--host", "127.0.0.1", "--no-dashboard", "--death-timeout", "60"),
            )
            for _ in range(count)
        ]

    def until_there(self, count: int, address: str = "") -> None:
        """Wait for workers: a run gives up when none has come for a minute."""
        with distributed.Client(address or self.address, set_as_default=False) as client:
            client.wait_for_workers(count)

    @property
    def address(self) -> str:
        found: str = json.loads(self.file.read_text())["address"]
        return found

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def run(self, line: list[str], variables: dict[str, str]) -> None:
        """Start a line of `dask` as it stands."""
        assert line[0] == "dask"
        self.workers.append(self._start(line[1], *line[2:], **variables))

    def _start(self, what: str, *arguments: str, without: str = "", **more: str) -> subprocess.Popen[bytes]:
        own = {name: value for name, value in self._environment.items() if name != without}
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments],
            env={**own, **more},
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture
def machines(tickets: Tickets, tmp_path: Path) -> Iterator[Machines]:
    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / "vault.py").write_text("import os\n\n\ndef key():\n    return os.environ['FROM_THE_VAULT']\n")
    tickets.environment["PYTHONPATH"] = str(folder)
    tickets.environment["FROM_THE_VAULT"] = "sk-of-this-machine-7"
    machines = Machines(folder, tickets.environment)
    yield machines
    machines.close()


def test_two_machines_do_a_run(tickets: Tickets, machines: Machines, counting: Counting) -> None:
    """Every row once, under a key that only the workers have, and only in their environment."""
    tickets.write(400)
    machines.add(2)
    machines.until_there(2)
    counting.reset(delay=20)
    del tickets.environment["OPENAI_API_KEY"]
    done = tickets.run("--cluster", machines.file, "--throttle-limit", "16")
    assert done.returncode == 0, done.stderr
    tickets.check_whole(400)
    assert counting.stats["calls"] == 400
    assert counting.stats["peak"] <= 16
    if sys.platform == "linux":
        assert KEY.encode() in environment_of(machines.workers[0])
        assert not holds(machines.scheduler, KEY.encode())


def environment_of(process: subprocess.Popen[bytes]) -> bytes:
    return Path(f"/proc/{process.pid}/environ").read_bytes()


def holds(process: subprocess.Popen[bytes], word: bytes) -> bool:
    """Whether a process has a word anywhere in its memory."""
    try:
        with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
            for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
                place, rights, *_ = line.split()
                first, last = (int(one, 16) for one in place.split("-"))
                if not rights.startswith("rw") or last - first > 1 << 30:
                    continue
                memory.seek(first)
                with contextlib.suppress(OSError):
                    if word in memory.read(last - first):
                        return True
    except PermissionError:
        pytest.skip("the memory of a child cannot be read here")
    return False


def until_answered(counting: Counting, count: int, process: subprocess.Popen[bytes]) -> None:
    while counting.stats["answered"] < count:
        assert process.poll() is None
        time.sleep(0.02)


@_POSIX
def test_the_guides_example_is_a_run_on_many_machines(
    tickets: Tickets, machines: Machines, counting: Counting
) -> None:
    """Its very lines, with the name of this machine and a free port, each as a process of its own."""
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "runs.md").read_text("utf-8")
    block = next(one for one in guide.split("```") if "$ dask scheduler" in one)
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    block = block.replace("machine1:8786", place).replace("--port 8786", f"--port {place[10:]}")
    lines = [
        line.partition("$ ")[2] for line in block.replace("--host machine1", "--host 127.0.0.1").split("\n")
    ]
    *others, run = (shlex.split(line) for line in lines if line)
    (tickets.folder / "tickets.csv").write_text(
        "TicketId,Text\n" + "".join(f"T{n},p-{n} \n" for n in range(30))
    )
    del tickets.environment["OPENAI_API_KEY"]
    for line in others:
        variables = {"OPENAI_API_KEY": KEY} if line[0] == "OPENAI_API_KEY=..." else {}
        machines.run(line[len(variables) :], variables)
    machines.until_there(2, f"tcp://{place}")
    done = subprocess.run(
        [*COMMAND, *run[1:]], env=tickets.environment, cwd=tickets.folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with (tickets.folder / "sorted.csv").open(encoding="utf-8", newline="") as file:
        assert [row["Answer"] for row in csv.DictReader(file)] == [f"answer to p-{n}" for n in range(30)]
    assert counting.stats["calls"] == 30


@_POSIX
def test_a_worker_that_is_killed_loses_nothing(
    tickets: Tickets, machines: Machines, counting: Counting
) -> None:
    """What it had is asked for by the other one; little is asked again, and what was not sent is no call."""
    tickets.write(300)
    machines.add(2)
    machines.until_there(2)
    counting.reset(delay=20, hold=150)
    process = tickets.start(*tickets.line("--cluster", machines.file, "--throttle-limit", "16"))
    until_answered(counting, 150, process)
    asked = 0
    while counting.stats["calls"] != asked:  # each has as many under way as it may, and nothing is answered
        assert process.poll() is None
        asked = counting.stats["calls"]
        time.sleep(0.3)
    machines.workers[0].kill()
    counting.set(hold=0)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    tickets.check_whole(300)
    assert counting.stats["answered"] == 300
    assert tickets.status().Calls - 8 <= counting.stats["calls"] <= 300 + MOST_AGAIN


def test_a_worker_that_comes_later_takes_part(
    tickets: Tickets, machines: Machines, counting: Counting
) -> None:
    """And a run waits for the first one."""
    tickets.write(40)
    process = tickets.start(*tickets.line("--cluster", machines.address))
    while not tickets.ledger.exists():
        assert process.poll() is None
        time.sleep(0.02)
    assert counting.stats["calls"] == 0
    machines.add()
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    tickets.check_whole(40)


# The command, with what a run says to its log on standard error.
_LOGGED = """
import logging
logging.basicConfig(format="%(name)s: %(message)s")
logging.getLogger("psbridge.runs").setLevel(logging.INFO)
from psbridge.cli import main
main()
"""


@_POSIX
def test_limits_are_divided_anew_when_somebody_comes_or_goes(
    tickets: Tickets, machines: Machines, counting: Counting
) -> None:
    """What each host says that it was given. Who comes begins when another has less under way."""
    tickets.write(100)
    counting.reset(hold=1)
    limits = ("--requests-per-minute", "60000", "--tokens-per-minute", "9000000")
    line = tickets.line("--cluster", machines.file, "--throttle-limit", "16", *limits)
    process = tickets.start(*line, command=[sys.executable, "-c", _LOGGED])
    assert process.stderr is not None
    shares: dict[str, str] = {}

    def until(*wanted: str) -> None:
        assert process.stderr is not None
        while sorted(shares.values()) != sorted(wanted):
            said = process.stderr.readline().decode()
            assert said, shares
            if said.startswith("psbridge.runs: host "):
                host, share = said.removeprefix("psbridge.runs: host ").split(" has its share: ")
                shares[host] = share.strip()

    whole = "16 under way, 60000 requests a minute, 9e+06 tokens a minute"
    nothing = "0 under way, 30000 requests a minute, 4.5e+06 tokens a minute"
    half = "8 under way, 30000 requests a minute, 4.5e+06 tokens a minute"
    machines.add()
    until(whole)
    machines.add()
    until(half, nothing)  # what it has under way is still more than its share
    counting.set(hold=60)
    until(half, half)
    while counting.stats["in_flight"] < 16:  # the first one had all rows, and has given some back
        assert process.poll() is None
        time.sleep(0.02)
    machines.workers[0].kill()
    until(half, whole)  # the first is what the dead one said last
    counting.set(hold=0)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    tickets.check_whole(100)


_EXPECTING = "from psbridge.runs import cluster\ncluster._EXPECTED = 600.0" + _LOGGED


@_POSIX
def test_hosts_that_join_together_have_their_parts_at_once(
    tickets: Tickets, machines: Machines, counting: Counting
) -> None:
    """Who is heard first does not take what is for the others; together the parts are the whole."""
    tickets.write(100)
    counting.reset(hold=1)
    machines.add(3)
    machines.until_there(3)
    limits = ("--requests-per-minute", "60000", "--tokens-per-minute", "9000000")
    line = tickets.line("--cluster", machines.file, "--throttle-limit", "16", *limits)
    process = tickets.start(*line, command=[sys.executable, "-c", _EXPECTING])  # however slow a host is
    assert process.stderr is not None
    widths: dict[str, int] = {}
    while sorted(widths.values()) != [5, 5, 6]:
        word = process.stderr.readline().decode()
        assert word, widths
        if word.startswith("psbridge.runs: host "):
            host, share = word.removeprefix("psbridge.runs: host ").split(" has its share: ")
            width, limits_of_it = share.strip().split(" under way, ")
            assert width in ("0", "5", "6"), share
            if width != "0":
                widths[host] = int(width)
                assert limits_of_it == "20000 requests a minute, 3e+06 tokens a minute"
    while counting.stats["in_flight"] < 16:
        assert process.poll() is None
        time.sleep(0.02)
    counting.set(hold=0)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    tickets.check_whole(100)
    assert counting.stats["peak"] == 16 and counting.stats["calls"] == 100


@_POSIX
@pytest.mark.parametrize("who", ["scheduler", "coordinator"])
def test_whoever_is_killed_the_same_line_goes_on(
    tickets: Tickets, machines: Machines, counting: Counting, who: str
) -> None:
    """What the ledger holds is not asked again; nor is much of what it does not hold.

    The workers outlive their coordinator, and send no more than a lost coordinator may cost.
    """
    tickets.write(300)
    machines.add(2)
    machines.until_there(2)
    counting.reset(delay=20, hold=150)
    line = tickets.line("--throttle-limit", "16", "--cluster", machines.file)
    process = tickets.start(*line)
    until_answered(counting, 60, process)
    killed = process if who == "coordinator" else machines.scheduler
    killed.send_signal(signal.SIGKILL)
    said = process.communicate(timeout=300)[1].decode()
    if who == "scheduler":
        assert process.returncode == 1
        assert "cluster" in said and "is gone" in said and "Traceback" not in said
        machines.close()
        machines.workers.clear()
        machines.start_scheduler()
        machines.add(2)
        machines.until_there(2)
    assert tickets.status().Done < 300
    counting.set(hold=0)
    assert tickets.psbridge(*line).returncode == 0
    tickets.check_whole(300)
    assert counting.stats["answered"] == 300
    assert counting.stats["calls"] <= 300 + MOST_AGAIN


def test_a_function_on_the_machine_gives_the_key(tickets: Tickets, machines: Machines) -> None:
    """And a key that is refused stops the run."""
    tickets.write(5)
    machines.add()
    machines.until_there(1)
    with OfflineServer(api_key="sk-of-this-machine-7", default_model="m") as server:
        tickets.environment["OPENAI_BASE_URL"] = server.base_url
        done = tickets.run("--cluster", machines.file)
        assert (done.returncode, "key" in done.stderr) == (3, True)
        done = tickets.run("--cluster", machines.file, "--cluster-key", "vault:key")
        assert done.returncode == 0, done.stderr
        assert len(tickets.rows()) == 5
        done = tickets.run("--cluster", machines.file, "--cluster-key", "vault:none")
        assert done.returncode == 0  # nothing is left to ask


def test_a_function_that_is_not_there_is_told(tickets: Tickets, machines: Machines) -> None:
    tickets.write(5)
    machines.add()
    machines.until_there(1)
    done = tickets.run("--cluster", machines.file, "--cluster-key", "vault:none")
    assert done.returncode == 1
    assert "the module vault has no function none" in done.stderr and "Traceback" not in done.stderr


_PLAIN = [*COMMAND[:1], *COMMAND[3:]]  # Dask's own warnings are not ours
_WITH_A_THREAD = """
import threading, time
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
from psbridge.cli import main
main()
"""


_WITHOUT_FORKING = """
from psbridge.runs import own
own.FORKS = False
from psbridge.cli import main
main()
"""


@pytest.mark.parametrize(
    "command",
    [_PLAIN, [sys.executable, "-c", _WITH_A_THREAD], [sys.executable, "-c", _WITHOUT_FORKING]],
    ids=["forked", "a thread forbids it", "as where nothing can fork"],
)
def test_processes_of_this_machine_are_a_cluster_too(
    tickets: Tickets, counting: Counting, command: list[str]
) -> None:
    """For trying it."""
    tickets.write(50)
    process = tickets.start(*tickets.line("--cluster", "local:2"), command=command)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    tickets.check_whole(50)
    assert counting.stats["calls"] == 50


@pytest.mark.parametrize("command", [_PLAIN, [sys.executable, "-c", _WITHOUT_FORKING]])
def test_a_cluster_of_this_machine_leaves_dasks_port_alone(
    tickets: Tickets, counting: Counting, command: list[str]
) -> None:
    """Whoever else has it, nothing is said of it."""
    tickets.write(5)
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # somebody has it already
            taken.bind(("", 8787))
            taken.listen()
        process = tickets.start(*tickets.line("--cluster", "local:1"), command=command)
        said = process.communicate(timeout=300)[1].decode()
    assert process.returncode == 0, said
    assert "8787" not in said and len(said.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are read from /proc")
def test_workers_of_this_machine_end_with_a_coordinator_that_is_killed(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(2000)
    process = tickets.start(*tickets.line("--cluster", "local:2"), command=_PLAIN)
    while counting.stats["answered"] < 20:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(workers) == 2
    process.kill()
    process.communicate()
    while any(map(_lives, workers)):
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="a process's children are read from /proc")
@pytest.mark.parametrize("more", [("--cluster", "local:2"), ("--processes", "3")])
def test_a_terminal_that_closes_ends_all_processes_cleanly(
    tickets: Tickets, counting: Counting, more: tuple[str, str]
) -> None:
    """It tells each of them, one twice, as a shell tells it too; that one says when to end."""
    tickets.write(500)
    counting.reset(delay=100)
    line = tickets.line("--throttle-limit", "12", *more)
    process = tickets.start(*line, command=_PLAIN)
    until_answered(counting, 40, process)
    others = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(others) == 2
    for number in (*map(int, others), process.pid):
        os.kill(number, signal.SIGHUP)
    assert process.stderr is not None
    while b"stopping" not in (word := process.stderr.readline()):
        assert word, "it ended without one"
    process.send_signal(signal.SIGHUP)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert b"stopping" not in said
    answered = sum(bool(row["Answer"]) for row in tickets.rows())
    assert answered == counting.stats["answered"] == counting.stats["calls"] < 500


def _lives(worker: str) -> bool:
    try:
        return bool(
            Path(f"/proc/{worker}/cmdline").read_bytes()
        )  # nothing of one that only nobody waited for
    except OSError:
        return False


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--cluster", "nonsense"), 2, "is no cluster"),
        (("--cluster", "local:0"), 2, "is no cluster"),
        (("--cluster", "tcp://DEAD"), 1, "There is no cluster at"),
        (("--cluster", "local", "--batch"), 2, "does not go with batches"),
        (("--cluster", "local", "--processes", "2"), 2, "processes"),
        (("--cluster", "local", "--cluster-key", "os.environ"), 2, "module:function"),
    ],
)
def test_what_is_no_cluster_is_refused(
    tickets: Tickets, counting: Counting, more: tuple[str, ...], code: int, said: str, dead_address: str
) -> None:
    tickets.write(3)
    tickets.environment["DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT"] = "1s"
    done = tickets.run(*(one.replace("DEAD", dead_address) for one in more))
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert counting.stats["calls"] == 0


def test_a_setting_that_holds_a_secret_does_not_travel(tmp_path: Path) -> None:
    """It is refused by its name, and does not show."""
    for setting, value in (("default_headers", {"X-Key": "marked"}), ("proxy", "http://u:marked@p:1")):
        given: dict[str, Any] = {setting: value}
        configuration = Configuration(base_url="http://127.0.0.1:9/v1", access_token="sk-1", **given)
        run = Run(
            *(tmp_path / f"{setting}.db", [{"Id": "1", "Text": "x"}]),
            id="Id",
            template=TEMPLATE,
            model="m",
            cluster="local:1",
            configuration=configuration,
        )
        with pytest.raises(RunUsageError) as caught, run:
            list(run)
        assert setting in caught.value.message and "marked" not in caught.value.message


def test_without_dask_it_says_what_to_install(tickets: Tickets) -> None:
    tickets.write(3)
    program = "import sys; sys.modules['distributed'] = None\nfrom psbridge.cli import main\nmain()"
    process = tickets.start(*tickets.line("--cluster", "local:1"), command=[sys.executable, "-c", program])
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 2 and "psbridge[dask]" in said and os.linesep in said

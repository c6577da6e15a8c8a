"""How a run is ended before it is done: Ctrl+C, a closed terminal, another process."""

from __future__ import annotations

import json
import signal
import sys
import time

import pytest

from psbridge.cli.run import interruptible
from psbridge.runs.job import job_of

from .conftest import Counting, Tickets


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_ctrl_c_once_ends_cleanly_and_the_same_line_goes_on(
    tickets: Tickets, counting: Counting, name: str
) -> None:
    """So does a terminal that closes."""
    tickets.write(500)
    counting.reset(delay=30)
    process = tickets.start(*tickets.line("--throttle-limit", "8"))
    while counting.stats["answered"] < 40:
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
    rows = tickets.rows()
    stats = counting.stats
    assert (
        len(rows) == 500 and sum(bool(row["Answer"]) for row in rows) == stats["answered"] == stats["calls"]
    )
    assert tickets.run().returncode == 0
    tickets.check_whole(500)
    assert counting.stats["calls"] == 500, "a clean stop has nothing asked again"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_does_not_wait_for_what_waits_for_its_minute(tickets: Tickets, counting: Counting) -> None:
    tickets.write(20)
    process = tickets.start(*tickets.line("--requests-per-minute", "1"))
    while counting.stats["answered"] < 1:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert counting.stats["calls"] == 1


def test_what_waits_for_its_minute_is_not_begun_after_the_deadline(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(20)
    done = tickets.run("--requests-per-minute", "1", "--deadline", "2s")
    assert done.returncode == 3 and "deadline" in done.stderr, done.stderr
    assert counting.stats["calls"] <= 1
    assert tickets.run("--requests-per-minute", "6000").returncode == 0
    tickets.check_whole(20)
    assert counting.stats["calls"] == 20


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_twice_ends_at_once(tickets: Tickets, counting: Counting) -> None:
    tickets.write(50)
    counting.reset(delay=60_000)
    process = tickets.start(*tickets.line())
    while counting.stats["calls"] < 50:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while b"stopping" not in process.stderr.readline():  # two signals at once are one
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    counting.reset()
    assert tickets.run().returncode == 0
    tickets.check_whole(50)


def test_another_process_stops_a_run_and_resume_goes_on(tickets: Tickets, counting: Counting) -> None:
    tickets.write(2000)
    counting.reset(delay=30)
    process = tickets.start(*tickets.line("--throttle-limit", "4"))
    while counting.stats["answered"] < 10:
        time.sleep(0.01)
    status = tickets.psbridge("runs", "status", str(tickets.ledger), "--json")
    assert json.loads(status.stdout)["state"] == "running"
    assert tickets.psbridge("runs", "stop", str(tickets.ledger)).returncode == 0
    process.communicate(timeout=60)
    assert process.returncode == 3
    status = tickets.psbridge("runs", "status", str(tickets.ledger), "--json")
    assert json.loads(status.stdout)["state"] == "stopped"
    counting.reset()
    done = tickets.psbridge("runs", "resume", str(tickets.ledger), "--throttle-limit", "64")
    assert done.returncode == 0, done.stderr
    tickets.check_whole(2000)


@pytest.mark.parametrize("name", ["SIGBREAK"] if sys.platform == "win32" else ["SIGINT", "SIGTERM", "SIGHUP"])
def test_whatever_asks_a_run_to_end_stops_it_once_and_interrupts_it_twice(
    tickets: Tickets, name: str
) -> None:
    """Windows tells of Ctrl+Break, a console that closes and the system's end with one signal."""
    tickets.write(2)
    assert tickets.run().returncode == 0
    job = job_of(tickets.ledger)
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with interruptible(job):
        signal.raise_signal(number)
        assert job.stopping == "interrupted"
        if name != "SIGHUP":  # a closed terminal's may come again
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
    if name != "SIGHUP":
        assert signal.getsignal(number) == before
    signal.signal(number, before)

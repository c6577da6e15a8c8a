"""Killed at any moment, a run goes on where it was: nothing lost, nothing doubled, little asked again."""

from __future__ import annotations

import random
import signal
import sys
import time

import pytest

from psbridge.runs.turnstile import MOST_UNWRITTEN

from .conftest import Counting, Tickets

WIDTH = 64

# Runs the command, and kills it at the n-th event of a name, as `kill -9` does.
_KILLED_AT = """
import os, signal, sys
name, number = sys.argv[1], int(sys.argv[2])
def hook(event, arguments):
    global number
    if event == name:
        number -= 1
        if number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
sys.argv[1:] = sys.argv[3:]
from psbridge.cli import main
main()
"""
_EVENTS = [
    *(("psbridge.run.commit", number) for number in (1, 2, 3, 4, 5, 6, 8, 12)),
    *(("psbridge.run.committed", number) for number in (1, 2, 3, 4, 5, 6, 8, 12)),
    *(("psbridge.run.rename", number) for number in (1, 2)),
    *(("psbridge.run.renamed", number) for number in (1, 2)),
]


def killed_at(tickets: Tickets, event: str, number: int, *more: str) -> int:
    command = [sys.executable, "-c", _KILLED_AT, event, str(number)]
    process = tickets.start(*tickets.line(*more), command=command)
    process.communicate()
    return process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
@pytest.mark.parametrize(("event", "number"), _EVENTS)
def test_killed_at_a_commit_or_a_rename_it_goes_on(
    tickets: Tickets, counting: Counting, event: str, number: int
) -> None:
    tickets.write(150)
    counting.reset(delay=10)
    assert killed_at(tickets, event, number, "--throttle-limit", "16") == -signal.SIGKILL
    done = tickets.run("--throttle-limit", "16")
    assert done.returncode == 0, done.stderr
    tickets.check_whole(150)
    assert counting.stats["calls"] <= 150 + 16 + MOST_UNWRITTEN
    keys = counting.get("/keys")
    assert all(len(one) == 1 for one in keys.values()), "a row asked again keeps its idempotency key"
    assert sorted(path.name for path in tickets.folder.iterdir()) == ["o.csv", "o.csv.run.db", "t.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
def test_killed_at_random_again_and_again_it_ends_whole(tickets: Tickets, counting: Counting) -> None:
    count = 600
    tickets.write(count)
    counting.reset(delay=20)
    kills = 0
    chance = random.Random(7)
    while kills < 8:
        process = tickets.start(*tickets.line("--throttle-limit", str(WIDTH)))
        before = counting.stats["answered"]
        want = before + chance.randrange(20, 80)
        while process.poll() is None and counting.stats["answered"] < want:
            time.sleep(0.002)
        if process.poll() is not None:
            break
        process.kill()
        process.communicate()
        kills += 1
    process.communicate()
    done = tickets.run()
    assert done.returncode == 0, done.stderr
    tickets.check_whole(count)
    assert counting.stats["calls"] <= count + kills * (WIDTH + MOST_UNWRITTEN)

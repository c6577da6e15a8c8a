"""`psbridge run` reads plain command lines by itself: just as typer would."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
import typer

from psbridge.cli.app import app, run_rows
from psbridge.cli.quick import read

PLAIN = [
    ["t.csv"],
    ["-", "--out", "o.csv"],
    ["t.csv", "--id", "Id", "--template", "p-{Id} {Text}", "--model", "m", "--out", "o.csv"],
    ["--out=o.csv", "-t", "{Text}", "-s", "be short", "-m", "m", "t.csv", "--throttle-limit", "128"],
    ["t.csv", "--max-cost", "5", "--requests-per-minute", "0.5", "--dry-run", "--ledger", "a b/t.db"],
    ["t.csv", "--batch", "--no-wait", "--profile", "work", "--deadline", "2h", "--schema", "s.json"],
]
DOUBTFUL = [
    [],
    ["--help"],
    ["t.csv", "u.csv"],
    ["t.csv", "--no-such", "1"],
    ["t.csv", "--throttle-limit", "many"],
    ["t.csv", "--throttle-limit", "-1"],
    ["t.csv", "--processes"],
    ["t.csv", "--max-cost", "1e3"],
    ["t.csv", "--id", "A", "--id", "B"],
    ["t.csv", "--dry-run=yes"],
    ["t.csv", "--batch-tokens", "5"],
    ["--", "t.csv"],
]


@pytest.mark.parametrize("words", PLAIN)
def test_a_plain_line_is_read_as_typer_reads_it(words: list[str]) -> None:
    """What is read quickly is what typer makes of the same words; the rest are the function's defaults."""
    command: Any = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    by_typer = command.make_context("run", list(words)).params
    quick = read(run_rows, words)
    assert quick is not None
    parameters = inspect.signature(run_rows).parameters.values()
    assert {one.name: quick.get(one.name, one.default) for one in parameters} == by_typer


@pytest.mark.parametrize("words", DOUBTFUL)
def test_anything_else_is_left_to_typer(words: list[str]) -> None:
    """What is wrong, asks for help, or could be meant in another way is not read quickly."""
    assert read(run_rows, words) is None


_WITH_MORE_TO_DO = """
import atexit, sys, threading
from psbridge.cli import main

def say(word):
    sys.stderr.write(word + "\\n")

atexit.register(say, "told last")
threading.Thread(target=lambda: (threading.main_thread().join(), say("a thread"))).start()
main()
"""


def test_a_thread_of_somebody_elses_ends_before_who_asked_to_be_told_is_told() -> None:
    """As in any other process: the command ends without taking the interpreter apart."""
    done = subprocess.run(
        [sys.executable, "-c", _WITH_MORE_TO_DO, "run", "no-such.csv", "--model", "m"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.split("\n")[-3:] == ["a thread", "told last", ""]

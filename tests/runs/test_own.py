"""What a process that a run has for itself leaves to a child of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Tickets

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is left to a child")

_START = "import os, signal, sys, time\nfrom psbridge.runs import own\nhere = os.getpid()\n"


def program(text: str) -> list[str]:
    return [sys.executable, "-c", _START + text]


def test_a_child_works_while_its_parent_does_something_else() -> None:
    text = "done = []\nchild = own.beside(os.getpid, lambda: done.append(1))\nprint(child != here, done)"
    assert subprocess.run(program(text), check=True, stdout=subprocess.PIPE).stdout == b"True [1]\n"


@pytest.mark.parametrize("fate", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(3)", "1 / 0"])
def test_what_a_child_cannot_do_is_done_again(fate: str) -> None:
    """However it failed."""
    text = f"def work():\n    if os.getpid() != here:\n        {fate}\n    return 'here'\n"
    done = subprocess.run(
        program(f"{text}print(own.beside(work, int))"), check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout == "here\n"


def test_an_error_of_the_work_is_raised() -> None:
    text = "try:\n    own.beside(lambda: {}['no'], int)\nexcept KeyError as error:\n    print(error)"
    assert subprocess.run(program(text), check=True, stdout=subprocess.PIPE).stdout == b"'no'\n"


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    """However that ended."""
    said = tmp_path / "child"
    text = f"def work():\n    open({str(said)!r}, 'w').write(str(os.getpid()) + ' ')\n    time.sleep(600)\n"
    process = subprocess.Popen(program(f"{text}own.beside(work, lambda: time.sleep(600))"))
    while not said.exists() or not said.read_text().endswith(" "):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    place = Path(f"/proc/{said.read_text().strip()}/cmdline")
    while place.exists() and place.read_bytes():  # nothing of one that only nobody waited for
        time.sleep(0.01)


@pytest.mark.parametrize("table", ["Id,Text\n1,a\n1,b\n", "Id,Words\n1,a\n", "Name,Text\n1,a\n"])
def test_rows_that_cannot_be_taken_in_are_told_as_without_a_cluster(tickets: Tickets, table: str) -> None:
    pytest.importorskip("distributed", reason="dask is not installed: psbridge[dask]")
    tickets.source.write_text(table)
    alone = tickets.run()
    left = tickets.ledger.exists()
    tickets.ledger.unlink(missing_ok=True)
    process = tickets.start(*tickets.line("--cluster", "local:1"), command=[sys.executable, "-m", "psbridge"])
    said = process.communicate(timeout=300)[1].decode()
    assert (process.returncode, said, tickets.ledger.exists()) == (alone.returncode, alone.stderr, left)
    assert alone.returncode

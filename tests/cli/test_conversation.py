"""`psbridge chat` without a text: a conversation at a real pseudo-terminal."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")


class Terminal:
    """A process at a terminal: what is typed goes in, what it shows comes out."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        self.near, far = pty.openpty()
        environment = {**os.environ, "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "200"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "psbridge", "chat", "--offline", *arguments],
            stdin=far, stdout=far, stderr=far, cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(far)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self.near, text.encode() + b"\n")

    def wait_for(self, text: str, limit: float = 60) -> str:
        """Read until `text` was shown; what came up to it."""
        end = time.monotonic() + limit
        start = len(self.shown)
        while text not in self.shown[start:]:
            assert time.monotonic() < end, self.shown
            if select.select([self.near], [], [], 0.5)[0]:
                try:
                    self.shown += os.read(self.near, 65536).decode("utf-8", "replace")
                except OSError:
                    break
        assert text in self.shown[start:], self.shown
        return self.shown[start:]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    (tmp_path / "prices.json").write_text('{"gpt-4o-mini": {"input": 1, "output": 1}}')
    terminal = Terminal("--model", "gpt-4o-mini", "--price-file", "prices.json", folder=tmp_path)
    terminal.wait_for("> ")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.near)


def test_it_answers_remembers_takes_back_and_saves(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("first thing")
    terminal.wait_for("You said: first thing")
    terminal.type("/system Be brief.")
    terminal.wait_for("Be brief.")
    terminal.type("second thing")
    terminal.wait_for("You said: second thing")
    terminal.type("/cost")
    terminal.wait_for("tokens in 2 calls, 0.0")
    terminal.type("/undo")
    terminal.wait_for("Taken back: second thing")
    terminal.type("/nope")
    terminal.wait_for("There is no /nope")
    terminal.type("/save talk.json")
    terminal.wait_for("Written to")
    document = json.loads((tmp_path / "talk.json").read_text(encoding="utf-8"))
    assert [one["role"] for one in document["messages"]] == ["system", "user", "assistant"]
    terminal.type("/exit")
    assert terminal.process.wait(30) == 0


def test_ctrl_d_ends_it(terminal: Terminal) -> None:
    os.write(terminal.near, b"\x04")
    assert terminal.process.wait(30) == 0

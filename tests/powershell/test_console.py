"""Enter-ChatSession at a real pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_pester import SHELL, environment, reason_to_skip

from psbridge import OfflineServer
from psbridge.offline import Fault

pty = pytest.importorskip("pty")
MODULE = Path(__file__).parents[2] / "powershell" / "PSBridge" / "PSBridge.psd1"


class Terminal:
    """A PowerShell at a terminal that talks; what is typed goes in, what it shows comes out."""

    def __init__(self, url: str, folder: Path) -> None:
        assert SHELL is not None
        self.near, far = pty.openpty()
        command = (
            f"Import-Module '{MODULE}'; Set-Configuration -BaseUrl '{url}' -AccessToken sk-offline; "
            "$s = Enter-ChatSession -Model m -System 'Be brief.'; \"kept $($s.Messages.Count)\""
        )
        self.process = subprocess.Popen(
            [SHELL, "-NoProfile", "-Command", command],
            stdin=far, stdout=far, stderr=far, cwd=folder, start_new_session=True,
            env={**environment(), "TERM": "dumb", "PSBRIDGE_PYTHON": sys.executable},
        )  # fmt: skip
        os.close(far)
        self.shown = ""
        self._place = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self.near, 65536).decode("utf-8", "replace")
            except OSError:
                return
            # A terminal is asked where its cursor is, and has to say at once.
            os.write(self.near, piece.count("\x1b[6n") * b"\x1b[1;1R")
            with self._changed:
                self.shown += piece
                self._changed.notify_all()

    def type(self, text: str) -> None:
        os.write(self.near, text.encode())

    def wait_for(self, text: str) -> None:
        """Wait until `text` is shown, behind what was waited for before."""
        with self._changed:
            came = self._changed.wait_for(lambda: text in self.shown[self._place :], 90)
            assert came, self.shown[-2000:]
            self._place = self.shown.index(text, self._place) + len(text)


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as server:
        yield server


@pytest.fixture
def terminal(server: OfflineServer, tmp_path: Path) -> Iterator[Terminal]:
    if reason := reason_to_skip():
        pytest.skip(reason)
    terminal = Terminal(server.base_url, tmp_path)
    terminal.wait_for("> ")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.near)


def test_it_answers_remembers_takes_back_and_saves(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("hello\n")
    terminal.wait_for("You said: hello")
    terminal.wait_for("> ")
    terminal.type("/system Be long.\n")
    terminal.wait_for("Be long.\r\n> ")
    terminal.type("/cost\n")
    terminal.wait_for("tokens in 1 calls")
    terminal.type("/undo\n")
    terminal.wait_for("Taken back: hello")
    terminal.type("/nonsense\n")
    terminal.wait_for("There is no /nonsense")
    terminal.type("/save kept.json\n")
    terminal.wait_for("Written to")
    terminal.type("/exit\n")
    terminal.wait_for("kept 1")
    assert "Be long." in (tmp_path / "kept.json").read_text()


def test_ctrl_c_ends_the_answer_and_not_the_conversation(terminal: Terminal, server: OfflineServer) -> None:
    stalled = server.faults.add(Fault(stall=True))
    terminal.type("first\n")
    end = time.monotonic() + 60
    while not len(server.requests):
        assert time.monotonic() < end
        time.sleep(0.02)
    terminal.type("\x03")
    terminal.wait_for("(stopped")
    server.faults.remove(stalled)
    terminal.wait_for("> ")
    terminal.type("second\n")
    terminal.wait_for("You said: second")
    terminal.wait_for("> ")
    terminal.type("/exit\n")
    terminal.wait_for("kept 3")

"""Runs as users start them: the command in a child process, against a server that counts in another one."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge.runs.ledger import Ledger

KEY = "sk-runs-secret-key-0001"
HERE = Path(__file__).parent
COMMAND = [sys.executable, "-W", "error", "-m", "psbridge"]
TEMPLATE = "p-{Id} Sort this: {Text}"


class Counting:
    """The counting server in its own process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "counting.py")], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as reply:
            return json.load(reply)

    def reset(self, **settings: float) -> None:
        self.get("/reset?" + "&".join(f"{name}={value}" for name, value in settings.items()))

    def set(self, **settings: float) -> None:
        """Change settings, and count on."""
        self.get("/set?" + "&".join(f"{name}={value}" for name, value in settings.items()))

    @property
    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.get("/stats")
        return stats

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Tickets:
    """A folder with tickets, and the line that runs them."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder = folder
        self.source = folder / "t.csv"
        self.out = folder / "o.csv"
        self.ledger = folder / "o.csv.run.db"
        self.failed = folder / "o.failed.jsonl"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")},
            "OPENAI_BASE_URL": base_url,
            "OPENAI_API_KEY": KEY,
            "NO_PROXY": "*",
        }

    def write(self, count: int, text: str = "the printer on floor {0} is jammed") -> None:
        rows = "".join(f"{number},{text.format(number)}\n" for number in range(count))
        self.source.write_text(f"Id,Text\n{rows}", encoding="utf-8")

    def line(self, *more: str | Path, template: str = TEMPLATE) -> list[str]:
        """The arguments of the command."""
        return [
            *("run", str(self.source), "--id", "Id", "--template", template, "--model", "gpt-4o-mini"),
            *("--out", str(self.out), *map(str, more)),
        ]

    def start(self, *arguments: str, command: list[str] | None = None) -> subprocess.Popen[bytes]:
        """Start the command, or another one."""
        return subprocess.Popen(
            [*(command or COMMAND), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def psbridge(self, *arguments: str, says: bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            input=says,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def run(self, *more: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the line to its end."""
        return self.psbridge(*self.line(*more))

    def rows(self) -> list[dict[str, str]]:
        """The output."""
        with self.out.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def check_whole(self, count: int) -> None:
        """Every row is there once, in order, with its own answer."""
        rows = self.rows()
        assert [row["Id"] for row in rows] == [str(number) for number in range(count)]
        assert [row["Answer"] for row in rows] == [f"answer to p-{number}" for number in range(count)]
        assert not any(row["Error"] for row in rows)

    def status(self) -> Any:
        with Ledger(self.ledger) as ledger:
            return ledger.status()


@pytest.fixture(scope="session")
def counting_process() -> Iterator[Counting]:
    server = Counting()
    yield server
    server.close()


@pytest.fixture
def counting(counting_process: Counting) -> Counting:
    counting_process.reset()
    return counting_process


@pytest.fixture
def tickets(tmp_path: Path, counting: Counting) -> Tickets:
    return Tickets(tmp_path, counting.base_url)

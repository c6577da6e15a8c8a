"""The command as users run it: a child process that treats warnings as errors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge import OfflineServer

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "psbridge"]


@pytest.fixture
def psbridge() -> Run:
    """Run `psbridge ARGUMENTS`; `says` goes to its standard input, which is empty otherwise."""

    def run(*arguments: str, says: str | bytes = "", **options: Any) -> Done:
        data = says if isinstance(says, bytes) else says.encode()
        done = subprocess.run(
            [*COMMAND, *arguments], input=data, capture_output=True, timeout=120, check=False, **options
        )
        return subprocess.CompletedProcess(done.args, done.returncode, _text(done.stdout), _text(done.stderr))

    return run


def _text(data: bytes) -> str:
    return data.decode("utf-8").replace("\r\n", "\n")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OfflineServer]:
    """A server that takes one key only, which the environment names as an administrator's would."""
    with OfflineServer(api_key="sk-the-right-key-0001") as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-the-right-key-0001")
        yield running

"""Further processes that work on the same ledger: started, told what they need, ended.

A key goes to them by standard input, never by an argument or the environment. They end when whoever started
them does: their standard input ends then.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..client.settings.configuration import Configuration
from ..client.settings.secret import Revealable, Secret


def start(path: Path, count: int, width: int, configuration: Configuration) -> list[subprocess.Popen[bytes]]:
    """Start `count` processes on a ledger, each with `width` requests under way."""
    started = []
    for _ in range(count):
        process = subprocess.Popen(
            [sys.executable, "-m", "psbridge.runs", "helper", str(path), str(width)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        process.stdin.write(handed_over(configuration) + b"\n")
        process.stdin.flush()
        started.append(process)
    return started


def end(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Have them end what is under way, and wait for them."""
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    for process in started:
        process.wait()


def handed_over(configuration: Configuration) -> bytes:
    """A configuration as one line, secrets and all: for a pipe, and for nothing else."""
    values = {
        one.name: _revealed(value)
        for one in fields(configuration)
        if (value := getattr(configuration, one.name)) is not None and not callable(value)
    }
    return pickle.dumps(values, protocol=4).hex().encode()


def taken_over(line: bytes) -> Configuration:
    """The configuration that `handed_over` wrote, from whoever started this process."""
    values: dict[str, Any] = pickle.loads(bytes.fromhex(line.decode("ascii").strip()))
    return Configuration(**values)


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {name: _revealed(one) for name, one in value.items()}
    if hasattr(value, "items"):
        return {name: _revealed(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_revealed(one) for one in value)
    return value.reveal() if isinstance(value, Revealable) else value


def when_input_ends(act: Any) -> None:
    """Have `act` called when standard input ends: whoever started this process is gone or says so."""

    def watch() -> None:
        while sys.stdin.buffer.read(4096):
            continue
        act()

    threading.Thread(target=watch, name="psbridge-starter", daemon=True).start()

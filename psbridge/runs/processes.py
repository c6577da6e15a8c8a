"""Further processes that work on the same ledger: started, told what they need, ended.

A key goes to them by standard input, never by an argument or the environment. They end when whoever started
them does: their standard input ends then.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..client.settings.configuration import Configuration, KeyDispenser
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


def start_alone(path: Path, configuration: bytes) -> int:
    """Start a process that works on a ledger and outlives this one, its console and its job; its number.

    Args:
        configuration: as `handed_over` wrote it.
    """
    log = path.with_name(path.name + ".log")
    options: list[dict[str, Any]] = [{"start_new_session": True}]
    if sys.platform == "win32":  # pragma: no cover - Windows only
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
        # A job that lets nobody out refuses the first.
        options = [{"creationflags": flags | subprocess.CREATE_BREAKAWAY_FROM_JOB}, {"creationflags": flags}]
    command = [sys.executable, "-m", "psbridge.runs", "alone", str(path.absolute()), "0"]
    with log.open("ab") as file:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": file}
        try:
            process = subprocess.Popen(command, **pipes, **options[0])
        except OSError:
            process = subprocess.Popen(command, **pipes, **options[-1])
    assert process.stdin is not None
    process.stdin.write(configuration + b"\n")
    process.stdin.close()
    # Waited for, so that nobody takes it for alive when it has ended.
    threading.Thread(target=process.wait, name="psbridge-run-alone", daemon=True).start()
    return process.pid


def end(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Have them end what is under way, and wait for them."""
    end_input(started)
    wait(started)


def end_input(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Have them end what is under way."""
    for process in started:
        assert process.stdin is not None
        process.stdin.close()


def wait(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait for their end."""
    for process in started:
        process.wait()


def handed_over(configuration: Configuration) -> bytes:
    """A configuration as one line, secrets and all: for a pipe, and for nothing else."""
    values = {
        one.name: _revealed(value)
        for one in fields(configuration)
        if (value := getattr(configuration, one.name)) is not None
    }
    return pickle.dumps(values, protocol=4).hex().encode()


def taken_over(line: bytes) -> Configuration:
    """The configuration that `handed_over` wrote, from whoever started this process."""
    values: dict[str, Any] = pickle.loads(bytes.fromhex(line.decode("ascii").strip()))
    return Configuration(**values)


def _revealed(value: Any) -> Any:
    """A setting as plain values; a key that is asked for is asked for now, once."""
    if isinstance(value, KeyDispenser):
        return value.reserve(time.monotonic())[0].reveal()
    if callable(value) and not isinstance(value, Secret):
        value = value()
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {name: _revealed(one) for name, one in value.items()}
    if hasattr(value, "items"):
        return {name: _revealed(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_revealed(one) for one in value)
    return value.reveal() if isinstance(value, Revealable) else value


def leave_ending_to_starter() -> None:
    """Take no notice of Ctrl+C, nor of a terminal that closes, of which all processes of a console are told:
    whoever started this one says when to end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":  # pragma: no cover - Windows only
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def when_input_ends(act: Any) -> None:
    """Have `act` called when standard input ends: whoever started this process is gone or says so."""

    def watch() -> None:
        # By descriptor: a thread within `sys.stdin` would hold up the exit, and end it with an abort.
        while os.read(0, 4096):
            continue
        act()

    threading.Thread(target=watch, name="psbridge-starter", daemon=True).start()

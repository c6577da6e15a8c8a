"""What the worker costs beside a bare echo process, and a chat call through it beside the client itself.

    python benchmarks/bridge.py [--rounds N]

Every pair is measured in turns in one run, so that a busy machine slows both; medians are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

from psbridge.client import Client, Configuration
from psbridge.cmdlets.codec import ModelCodec

ECHO = """
import os
pending = b""
while piece := os.read(0, 1 << 20):
    os.write(1, piece)
"""
# A call passed on by as little as can be: what any process between costs.
PASSING = """
import os, sys
from psbridge.client import Client, Configuration
from psbridge.cmdlets.codec import ModelCodec
url, key, request = sys.argv[1], sys.argv[2], {request}
with Client(Configuration(base_url=url, access_token=key), ModelCodec()) as client:
    while os.read(0, 1 << 16):
        client.create(request)
        os.write(1, b'{{"jsonrpc":"2.0","id":1,"result":{{}}}}\\n')
"""
BUILDER = {
    "name": "Initialize-ChatCompletionRequestUserMessage",
    "parameters": {"Content": "Say hello.", "Role": "user"},
    "left_open": [],
    "stream": False,
    "verbose": False,
    "debug": False,
}
REQUEST = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello."}]}
KEY = "sk-benchmark-000000000000"


class Process:
    """A child process that answers every line with a line."""

    def __init__(self, *program: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdin and self.process.stdout
        self._input = self.process.stdin.fileno()
        self._output = self.process.stdout
        self._id = 0

    def ask(self, method: str, params: Any) -> Any:
        """One request and its answer."""
        return json.loads(self.pass_on(self.line(method, params)))

    def line(self, method: str, params: Any) -> bytes:
        """A request as it is written."""
        self._id += 1
        message = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        return json.dumps(message).encode() + b"\n"

    def pass_on(self, line: bytes) -> bytes:
        """A request that is written already, and its answer as it comes: the process's own time alone."""
        os.write(self._input, line)
        return self._output.readline()

    def ask_all(self, method: str, params: Any, count: int) -> None:
        """Many requests at once, until all are answered."""
        os.write(self._input, b"".join(self.line(method, params) for _ in range(count)))
        for _ in range(count):
            assert b'"result"' in self._output.readline()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        self._output.close()


def medians(rounds: int, *works: Callable[[], object], warm_up: int = 0) -> list[float]:
    """Median seconds of each work, done in turns; the first `warm_up` turns do not count."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + warm_up):
        for taken, work in zip(times, works, strict=True):
            started = time.perf_counter()
            work()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken[warm_up:]) for taken in times]


def serve(delay: int) -> tuple[subprocess.Popen[str], str]:
    """An offline server in a process of its own, and its base URL."""
    program = [sys.executable, "-m", "psbridge.offline", "--until-stdin-ends", "--delay", str(delay)]
    server = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    return server, server.stdout.readline().strip()


def stop(server: subprocess.Popen[str]) -> None:
    """End an offline server."""
    assert server.stdin and server.stdout
    server.stdin.close()
    server.wait()
    server.stdout.close()


def row(what: str, ours: float, rival: str, theirs: float) -> None:
    """One line of the table, in milliseconds."""
    print(f"{what:36} {ours * 1e3:9.3f} ms   {rival:28} {theirs * 1e3:9.3f} ms   x {ours / theirs:5.2f}")


def starts(rounds: int) -> None:
    """From starting the process to the answer of its first request."""

    def worker() -> None:
        with Process("-m", "psbridge.bridge") as process:
            assert "result" in process.ask("hello", {"protocol": 1})

    def builder() -> None:
        with Process("-m", "psbridge.bridge") as process:
            process.ask("hello", {"protocol": 1})
            assert "result" in process.ask("invoke", BUILDER)

    def echo() -> None:
        with Process("-c", ECHO) as process:
            process.ask("hello", {"protocol": 1})

    to_hello, to_builder, to_echo = medians(rounds, worker, builder, echo)
    row("start to hello's answer", to_hello, "echo process", to_echo)
    row("start to the first builder's answer", to_builder, "echo process", to_echo)


def round_trips(rounds: int) -> None:
    """A builder, there and back."""
    with Process("-m", "psbridge.bridge") as worker, Process("-c", ECHO) as echo:
        worker.ask("hello", {"protocol": 1})
        ours, theirs = medians(
            rounds,
            lambda: worker.ask("invoke", BUILDER),
            lambda: echo.ask("invoke", BUILDER),
            warm_up=100,
        )
        row("builder, there and back", ours, "echo of the same line", theirs)


def calls(rounds: int) -> None:
    """Chat calls through the worker and through the client."""
    server, url = serve(0)
    invoke = {"name": "New-ChatCompletion", "parameters": {"CreateChatCompletionRequest": REQUEST}}
    settings = {"name": "Set-Configuration", "parameters": {"BaseUrl": url, "AccessToken": KEY}}
    with Process("-m", "psbridge.bridge") as worker:
        worker.ask("hello", {"protocol": 1})
        worker.ask("invoke", settings)
        passing = ("-c", PASSING.format(request=REQUEST), url, KEY)
        with (
            Client(Configuration(base_url=url, access_token=KEY), ModelCodec()) as client,
            Process(*passing) as bare,
        ):
            line = worker.line("invoke", invoke)
            assert b'"result"' in worker.pass_on(line)
            for what, call in (
                ("chat call", lambda: worker.pass_on(line)),
                ("the same, with its JSON", lambda: worker.ask("invoke", invoke)),
                ("through a process that passes it on", lambda: bare.pass_on(line)),
            ):
                ours, theirs = medians(rounds, call, lambda: client.create(REQUEST), warm_up=20)
                row(what, ours, "client called directly", theirs)
        stop(server)
        server, url = serve(200)
        settings["parameters"] = {"BaseUrl": url, "AccessToken": KEY}
        worker.ask("invoke", settings)
        for count in (50, 200, 500):
            taken = medians(5, partial(worker.ask_all, "invoke", invoke, count), warm_up=1)[0]
            row(f"{count} at once, server waits 200 ms", taken, "the wait alone", 0.2)
        stop(server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    rounds = parser.parse_args().rounds
    starts(max(5, rounds // 200))
    round_trips(rounds)
    calls(max(50, rounds // 5))


if __name__ == "__main__":
    main()

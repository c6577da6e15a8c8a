"""A cluster of this machine's processes, for trying one: a scheduler in this process, and workers in others.

Where the system can fork, what the workers need is loaded once for all of them: by this process, if it does
nothing else, or by the first of theirs while this one loads the same. They end with whoever started them:
their standard input ends then. Runs in the coordinator, and by `work` in the processes; knows no rows.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any, NoReturn

from . import own, processes

_FORKS = sys.platform == "linux"  # elsewhere what is loaded may not outlive a fork
_LOADED = ("distributed", "psbridge.runs.host")
_UNWATCHED = {  # what a dashboard would show, and here is none: a fortieth of the processor time
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.interval": "500ms",
}


class LocalCluster:
    """Workers on this machine; loading begins at once, work with `open`.

    Args:
        count: how many.

    Raises:
        ImportError: what they need is not installed. Workers that load it themselves say so and end.
    """

    def __init__(self, count: int) -> None:
        self._scheduler: Any = None
        self._workers = _Forked(count) if _FORKS and own.may_fork() else _Started(count)

    async def open(self) -> str:
        """Start the scheduler and have the workers come; returns its address."""
        distributed: Any = importlib.import_module("distributed")
        with _unwatched():
            self._scheduler = await distributed.Scheduler(host="127.0.0.1", port=0, dashboard=False)
        address = str(self._scheduler.address)
        self._workers.tell(f"{address}\n".encode())
        return address

    async def close(self) -> None:
        """End the workers, then the scheduler."""
        await asyncio.to_thread(self.end)
        if self._scheduler is not None:
            await self._scheduler.close()

    def end(self) -> None:
        """End the workers."""
        self._workers.end()


class _Started:
    """Workers that load what they need."""

    def __init__(self, count: int) -> None:
        # A library's threads would be lost by forking, and there is nothing here for it to compute.
        environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "psbridge.runs", "workers", "-", str(each)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )
            for each in ([count] if _FORKS else [1] * count)
        ]

    def tell(self, line: bytes) -> None:
        """Have each read a line from its standard input."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(line)
            process.stdin.flush()

    def end(self) -> None:
        """End their input, and wait for them."""
        processes.end(self._processes)


class _Forked:
    """Workers that this process has loaded what they need for."""

    def __init__(self, count: int) -> None:
        _load()
        pipes = [os.pipe() for _ in range(count)]
        self._inputs = [said for _, said in pipes]
        self._workers: list[int] = []
        for read, _ in pipes:
            worker = os.fork()
            if worker == 0:
                _be_worker(read, [one for one in sum(pipes, ()) if one != read])
            self._workers.append(worker)
        for read, _ in pipes:
            os.close(read)

    def tell(self, line: bytes) -> None:
        """Have each read a line from its standard input."""
        for said in self._inputs:
            os.write(said, line)

    def end(self) -> None:
        """End their input, and wait for them."""
        for said in self._inputs:
            os.close(said)
        self._inputs = []
        for worker in self._workers:
            with suppress(ChildProcessError):
                os.waitpid(worker, 0)
        self._workers = []


def work(count: int) -> int:
    """Be `count` workers of the scheduler whose address comes by standard input, until that ends."""
    _load()
    address = sys.stdin.buffer.readline().decode().strip()
    if not address:
        return 0
    others: list[int] = []
    while len(others) < count - 1:
        child = os.fork()
        if child == 0:
            others = []
            break
        others.append(child)
    _work_for(address, others)
    return 0


def _load() -> None:
    """Load what workers need.

    Not numpy, which takes a quarter of the time where it is installed: nothing is computed here.
    """
    absent = "numpy" not in sys.modules
    if absent:
        sys.modules["numpy"] = None  # type: ignore[assignment]  # which is how a module is kept from loading
    try:
        for name in _LOADED:
            importlib.import_module(name)
    finally:
        if absent:
            del sys.modules["numpy"]


def _be_worker(read: int, others: list[int]) -> NoReturn:
    """Be a worker in a child of the coordinator; it has nothing of its parent's but what is loaded.

    Args:
        read: the pipe that is to be its standard input.
        others: pipes of its brothers; an input that one of them held open would not end.
    """
    try:
        processes.leave_ending_to_starter()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for one in others:
            os.close(one)
        os.dup2(read, 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        address = b""
        while not address.endswith(b"\n") and (piece := os.read(0, 1)):
            address += piece
        if address:
            _work_for(address.decode().strip(), [])
    finally:
        os._exit(0)


def _work_for(address: str, others: list[int]) -> None:
    """Work until standard input ends; then wait for `others`, children of this process."""

    def leave() -> None:
        for child in others:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
        os._exit(0)

    processes.when_input_ends(leave)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    asyncio.run(_work(address))


async def _work(address: str) -> None:
    distributed: Any = importlib.import_module("distributed")
    with _unwatched():
        async with distributed.Worker(address, nthreads=1, host="127.0.0.1", memory_limit=0) as worker:
            await worker.finished()


def _unwatched() -> Any:
    """Dask's settings for what is made here, while it is made."""
    return importlib.import_module("dask").config.set(_UNWATCHED)

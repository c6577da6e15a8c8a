"""A cluster of this machine's processes, for trying one: a scheduler in this process, and workers in others.

Where the system can fork, what the workers need is loaded once for all of them: by this process, if it does
nothing else, or by the first of theirs while this one loads the same. They end with whoever started them:
their standard input ends then. Runs in the coordinator, and by `work` in the processes; knows no rows.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

from . import own, processes
from .errors import RunUsageError

_LOADED = ("distributed", "psbridge.runs.host")
_IDLE = ("numpy", "jinja2", "colorama")  # nothing is computed, no page is drawn, nothing is said in colours
_UNWATCHED = {  # what a dashboard would show, and here is none: a fortieth of the processor time
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
# A scheduler without pages listens for who looks at them all the same: on this machine, at a free port.
_UNSEEN: dict[str, Any] = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}


class LocalCluster:
    """Workers on this machine; loading begins at once, work with `open`.

    Args:
        count: how many.

    Raises:
        ImportError: what they need is not installed. Workers that load it themselves say so and end.
    """

    def __init__(self, count: int) -> None:
        self._scheduler: Any = None
        self._workers = _Forked(count) if own.may_fork() else _Started(count)

    async def open(self) -> str:
        """Start the scheduler and have the workers come; returns its address."""
        distributed: Any = importlib.import_module("distributed")
        with _unwatched():
            # For this process without a socket, for the others by one.
            self._scheduler = await distributed.Scheduler(
                protocol=("inproc", "tcp"), host=(None, "127.0.0.1"), port=(None, 0), **_UNSEEN
            )
        here, there = (str(one.contact_address) for one in self._scheduler.listeners)
        self._workers.tell(f"{there}\n".encode())
        return here

    async def close(self) -> None:
        """End the workers and the scheduler."""
        self._workers.end()
        if self._scheduler is not None:
            await self._scheduler.close()
        await asyncio.to_thread(self._workers.wait)

    def end(self) -> None:
        """End the workers."""
        self._workers.end()
        self._workers.wait()


def asked_for(place: str) -> LocalCluster | None:
    """The processes that `local` or `local:4` asks for, which begin at once.

    Raises:
        RunUsageError: they are not a number.
    """
    kind, _, count = place.partition(":")
    if kind != "local":
        return None
    if count and not (count.isascii() and count.isdigit() and int(count)):
        raise RunUsageError(f"'{place}' is no cluster: local:4 has four processes.")
    return LocalCluster(int(count) if count else os.cpu_count() or 1)


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
            for each in ([count] if own.FORKS else [1] * count)
        ]

    def tell(self, line: bytes) -> None:
        """Have each read a line from its standard input."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(line)
            process.stdin.flush()

    def end(self) -> None:
        """End their input."""
        processes.end_input(self._processes)

    def wait(self) -> None:
        """Wait for them."""
        processes.wait(self._processes)


class _Forked:
    """Workers that this process has loaded what they need for."""

    def __init__(self, count: int) -> None:
        load()
        self._workers = [own.Child(_be_worker) for _ in range(count)]

    def tell(self, line: bytes) -> None:
        """Have each read a line from its standard input."""
        for worker in self._workers:
            worker.tell(line)

    def end(self) -> None:
        """End their input."""
        for worker in self._workers:
            worker.end()

    def wait(self) -> None:
        """Wait for them."""
        for worker in self._workers:
            worker.wait()
        self._workers = []


def work(count: int) -> int:
    """Be `count` workers of the scheduler whose address comes by standard input, until that ends."""
    load()
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


def load() -> None:
    """Load what workers need; without what takes long, where it is installed, and serves nothing here."""
    absent = [name for name in _IDLE if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # which is how a module is kept from loading
    collects = gc.isenabled()
    gc.disable()  # what a module makes stays
    try:
        for name in _LOADED:
            importlib.import_module(name)
        # Who joins a cluster says what it has installed, which takes long to read, and is read once.
        importlib.import_module("distributed.versions").get_versions()
    finally:
        if collects:
            gc.enable()
        for name in absent:
            del sys.modules[name]


def _be_worker() -> None:
    """Be a worker in a child of the coordinator."""
    address = b""
    while not address.endswith(b"\n") and (piece := os.read(0, 1)):
        address += piece
    if address:
        _work_for(address.decode().strip(), [])


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

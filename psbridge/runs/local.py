"""A cluster of this machine's processes, for trying one: a scheduler in this process, and workers in others.

What the workers need is loaded while this process is still at its own beginning, and where the system can
fork, once for all of them. They end with whoever started them: their standard input ends then. Runs in the
coordinator, and by `work` in the processes; knows no rows.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

from . import processes

_FORKS = sys.platform == "linux"  # elsewhere what is loaded may not outlive a fork
_LOADED = ("distributed", "psbridge.runs.host")


class LocalCluster:
    """Workers on this machine; loading begins at once, work with `open`.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        # A library's threads would be lost by forking, and there is nothing here for it to compute.
        environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
        self._scheduler: Any = None
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "psbridge.runs", "workers", "-", str(each)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )
            for each in ([count] if _FORKS else [1] * count)
        ]

    async def open(self) -> str:
        """Start the scheduler and have the workers come; returns its address."""
        distributed: Any = importlib.import_module("distributed")
        self._scheduler = await distributed.Scheduler(host="127.0.0.1", port=0, dashboard=False)
        address = str(self._scheduler.address)
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{address}\n".encode())
            process.stdin.flush()
        return address

    async def close(self) -> None:
        """End the workers, then the scheduler."""
        await asyncio.to_thread(self.end)
        if self._scheduler is not None:
            await self._scheduler.close()

    def end(self) -> None:
        """End the workers."""
        processes.end(self._processes)


def work(count: int) -> int:
    """Be `count` workers of the scheduler whose address comes by standard input, until that ends."""
    for name in _LOADED:
        importlib.import_module(name)
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

    def leave() -> None:
        for child in others:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
        os._exit(0)

    processes.when_input_ends(leave)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    asyncio.run(_work(address))
    return 0


async def _work(address: str) -> None:
    distributed: Any = importlib.import_module("distributed")
    async with distributed.Worker(address, nthreads=1, host="127.0.0.1", memory_limit=0) as worker:
        await worker.finished()

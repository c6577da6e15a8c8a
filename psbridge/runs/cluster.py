"""A run on many machines: Dask starts what works there and carries rows and replies.

Only this process opens the ledger. It takes the place of the client for the engine: a row that is to be asked
for goes to the host that has least under way, and the engine hears what became of it as if it had called by
itself. A host that is gone, or silent, gives its rows back; one that comes later gets its share.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import logging
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..client.errors import ConnectionFailedError
from ..client.settings.configuration import Configuration, setting_default
from ..client.settings.table import BY_NAME
from .calling import Stopped
from .claims import Claim, Outcome
from .errors import RunError, RunUsageError
from .host import BEAT, QUIET, order_of, outcome_from, serve
from .schema import OPEN
from .settings import Settings

_LOOK_EVERY = 0.5  # seconds between two looks whether somebody has come
_PATIENCE = (60.0, 5.0)  # seconds to wait for a host; and where one was there that cannot be used
_SHARED = (
    *("base_url", "organization", "project", "model", "timeout", "connect_timeout", "idle_timeout"),
    *("max_retries", "azure_endpoint", "azure_deployment", "api_version", "system_trust_store"),
    *("skip_certificate_check", "additional_query", "max_response_bytes", "transport"),
)
_OWN = ("access_token", "additional_body")  # each host's own; in the rows already


class _Host:
    """A host as the coordinator sees it."""

    def __init__(self, address: str, inbox: Any, task: Any) -> None:
        self.address = address
        self.inbox = inbox
        self.task = task
        self.held: dict[int, tuple[Claim, asyncio.Future[Outcome]]] = {}
        self.outgoing: list[list[Any]] = []
        self.heard = time.monotonic()
        self.works = False  # it has been heard


class Cluster:
    """The hosts of a run; `ask` is what the engine calls.

    Args:
        place: a scheduler's address (`tcp://host:8786`), the path of a scheduler file, or `local` or
            `local:4` for as many processes on this machine.
        key: `module:function`, imported on each host, that gives the key; "" takes each host's environment.

    Raises:
        RunUsageError: dask is not installed, or a setting is in force that is not carried to other machines.
    """

    def __init__(
        self, place: str, settings: Settings, run: str, configuration: Configuration, key: str
    ) -> None:
        quiet = "distributed" not in sys.modules
        try:
            self._distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise RunUsageError('A cluster needs Dask: pip install "psbridge[dask]".') from None
        if quiet:  # what it would report of a lost connection is told here, in a sentence
            for name in ("distributed", "distributed.client"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        self._place = place
        self._order = order_of(settings, run, _carried(configuration), key)
        self._hosts: dict[str, _Host] = {}
        self._refused: set[str] = set()  # addresses that cannot work, or fell silent
        self._tokens = itertools.count()
        self._flushing = False
        self._someone = asyncio.Event()
        self._lost: ConnectionFailedError | None = None
        self._unfit = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._client: Any = None
        self._local: Any = None

    # --- as the engine's way to ask

    async def ask(self, claim: Claim) -> Outcome:
        """Have a host send a row's request once.

        Raises:
            Stopped: the service refuses the run, or no host is left to ask.
        """
        host = await self._someone_free()
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        token = next(self._tokens)
        host.held[token] = (claim, waiter)
        host.outgoing.append([token, *claim])
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)
        try:
            return await waiter
        finally:
            host.held.pop(token, None)

    async def _someone_free(self) -> _Host:
        began = time.monotonic()
        while self._lost is not None or not self._working():
            if self._lost is None and time.monotonic() - began > _PATIENCE[bool(self._refused)]:
                why = f": {self._unfit.rstrip('.')}" if self._unfit else ""
                self._lost = ConnectionFailedError(
                    f"No worker of the cluster {self._place} can be used{why}."
                )
            if self._lost is not None:
                raise Stopped("unreachable", self._lost)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._someone.wait(), _LOOK_EVERY)
        return min(self._working(), key=lambda one: len(one.held))

    def _working(self) -> list[_Host]:
        return [host for host in self._hosts.values() if host.works]

    def _flush(self) -> None:
        self._flushing = False
        for host in self._hosts.values():
            if host.outgoing:
                rows, host.outgoing = host.outgoing, []
                self._spawn(self._tell(host, {"rows": rows, "hosts": len(self._hosts)}))

    # --- coming and going

    async def start(self) -> None:
        """Find the scheduler and put the hosts to work.

        Raises:
            RunError: there is no scheduler.
        """
        try:
            self._client = await self._connected()
        except (OSError, ValueError, TimeoutError, asyncio.TimeoutError) as error:
            raise RunError(
                f"There is no cluster at '{self._place}': {str(error) or type(error).__name__}."
            ) from None
        self._results = self._distributed.Queue(f"psbridge-{uuid.uuid4().hex}", client=self._client)
        await self._results
        self._spawn(self._listen())
        self._spawn(self._watch())

    async def _connected(self) -> Any:
        options = {"asynchronous": True, "set_as_default": False}
        kind, _, count = self._place.partition(":")
        if kind == "local":
            if count and not (count.isascii() and count.isdigit() and int(count)):
                raise RunUsageError(f"'{self._place}' is no cluster: local:4 has four processes.")
            self._local = await self._distributed.LocalCluster(
                n_workers=int(count) if count else None,
                threads_per_worker=1,
                dashboard_address=None,
                asynchronous=True,
            )
            return await self._distributed.Client(self._local, **options)
        if "://" in self._place:
            return await self._distributed.Client(self._place, **options)
        if not Path(self._place).is_file():
            raise RunUsageError(
                f"'{self._place}' is no cluster: a scheduler's address such as tcp://host:8786, "
                "a scheduler file, or local."
            )
        return await self._distributed.Client(scheduler_file=self._place, **options)

    async def close(self) -> None:
        """Have the hosts end, and leave the cluster."""
        hosts = list(self._hosts.values()) if self._lost is None else []
        for host in hosts:
            with suppress(Exception):
                await host.inbox.put({"end": True})
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Exception):  # whoever does not end by itself ends when it hears no more
            ends = (host.task for host in hosts)
            await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), QUIET)
        for one in (self._client, self._local):
            if one is not None:
                with suppress(Exception):
                    await one.close()

    async def _watch(self) -> None:
        """Look who is there, time and again, and say that this process is."""
        try:
            while True:
                there = set((await self._client.scheduler.identity())["workers"])
                now = time.monotonic()
                for address in there - self._hosts.keys() - self._refused:
                    await self._join(address)
                for host in list(self._hosts.values()):
                    if host.task.status == "error":
                        self._unfit = str(await host.task.exception())
                        self._refused.add(host.address)
                    elif host.address in there and now - host.heard > QUIET:
                        self._refused.add(host.address)
                    if host.address not in there or host.address in self._refused:
                        self._lose(host)
                for host in self._hosts.values():
                    await host.inbox.put({"hosts": len(self._hosts)})
                await asyncio.sleep(BEAT / 2)
        except Exception as error:
            self._gone(error)

    async def _join(self, address: str) -> None:
        inbox = self._distributed.Queue(f"psbridge-{uuid.uuid4().hex}", client=self._client)
        await inbox
        task = self._client.submit(
            *(serve, self._order, inbox.name, self._results.name, address),
            workers=[address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        self._hosts[address] = _Host(address, inbox, task)

    def _lose(self, host: _Host) -> None:
        """What a host held is anybody's again: it may have been sent, and uses up no try."""
        self._hosts.pop(host.address, None)
        if not self._working():
            self._someone.clear()
        kept = {row[0] for row in host.outgoing}
        for token, (claim, waiter) in list(host.held.items()):
            if not waiter.done():
                waiter.set_result(Outcome(claim, OPEN, sent=token not in kept, tried=False))
        self._spawn(self._forget(host))

    async def _forget(self, host: _Host) -> None:
        with suppress(Exception):
            await self._client.cancel([host.task])

    def _gone(self, error: Exception) -> None:
        """The scheduler is gone, and with it whoever works."""
        self._lost = ConnectionFailedError(
            f"The cluster {self._place} is gone: {type(error).__name__}.", attempts=1
        )
        for host in list(self._hosts.values()):
            for _, waiter in list(host.held.values()):
                if not waiter.done():
                    waiter.set_exception(Stopped("unreachable", self._lost))

    # --- what comes back

    async def _listen(self) -> None:
        try:
            while True:
                first = await self._results.get()
                for address, results in [first, *await self._results.get(batch=True)]:
                    host = self._hosts.get(address)
                    if host is not None:
                        host.heard = time.monotonic()
                        for result in results:
                            self._received(host, result)
        except Exception as error:
            self._gone(error)

    def _received(self, host: _Host, result: list[Any]) -> None:
        kind, *rest = result
        if kind == "beat":
            host.works = True
            self._someone.set()
            return
        if kind == "unfit":
            self._unfit = rest[0]
            self._refused.add(host.address)
            self._lose(host)
            return
        held = host.held.pop(rest[0], None)
        if held is None or held[1].done():
            return
        claim, waiter = held
        if kind == "done":
            waiter.set_result(outcome_from(claim, rest[1:]))
        elif kind == "stopped":
            _, why, message, attempts = rest
            waiter.set_exception(Stopped(why, ConnectionFailedError(message, attempts=attempts)))
        else:
            waiter.set_exception(RunError(f"A worker of the cluster failed: {rest[1]}."))

    async def _tell(self, host: _Host, message: dict[str, Any]) -> None:
        try:
            await host.inbox.put(message)
        except Exception as error:
            self._gone(error)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)


def _carried(configuration: Configuration) -> dict[str, Any]:
    """The settings that go to other machines, as plain values: none of them holds a secret.

    Raises:
        RunUsageError: another one is set, which would have to.
    """
    carried: dict[str, Any] = {}
    for name in BY_NAME:
        value = getattr(configuration, name)
        if name in _OWN or value == setting_default(name):
            continue
        if isinstance(value, Mapping) and not value:
            continue
        if name not in _SHARED:
            raise RunUsageError(
                f"The setting '{name}' does not go to other machines: set it on each of them, "
                "by its environment or a profile, or leave it out."
            )
        carried[name] = dict(value) if isinstance(value, Mapping) else value
    return carried

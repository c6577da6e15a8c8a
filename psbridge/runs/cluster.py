"""A run on many machines: Dask starts what works there and carries rows and replies.

Only this process opens the ledger. It hands rows out in chunks, to the host that has the fewest, and hears
what became of them in groups. A host has more rows than it may send at once, so that it need not wait for the
next chunk; what it has not answered when it is gone, or silent, is handed out again. One that comes later
gets its share of the run's width and of its limits. None has more under way and unsettled than its share, and
a share grows only after others have said that theirs is smaller now.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import pickle
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

from ..client.errors import ConnectionFailedError
from ..client.settings.configuration import Configuration, setting_default
from ..client.settings.table import BY_NAME
from . import own
from .calling import Stopped
from .claims import Claim, Outcome
from .errors import RunError, RunUsageError
from .host import BEAT, LISTENERS, QUIET, Outbox, order_of, outcome_from, serve
from .local import LocalCluster, asked_for, load
from .schema import OPEN
from .settings import Settings

_log = logging.getLogger("psbridge.runs")

SPARE = 32
"""Rows of all hosts together that may be answered and not in the ledger yet, beside those under way."""
_LEAST_AHEAD = 64  # rows that a host has waiting, at least, beside those under way
_EXPECTED = 1.0  # seconds that a share is kept for a host that was put to work and has not been heard yet
_SOON = 0.005  # seconds to the next look who is there, while somebody is expected
_AT_ONCE = 0.001  # seconds; results that come sooner lie in wait, and are fetched together
_PATIENCE = (60.0, 5.0)  # seconds to wait for a host; and where one was there that cannot be used
_SHARED = (
    *("base_url", "organization", "project", "model", "timeout", "connect_timeout", "idle_timeout"),
    *("max_retries", "azure_endpoint", "azure_deployment", "api_version", "system_trust_store"),
    *("skip_certificate_check", "additional_query", "max_response_bytes", "transport"),
)
_OWN = ("access_token", "additional_body")  # each host's own; in the rows already


_Key: TypeAlias = tuple[int, int]  # a claim's row and fence


class Share(NamedTuple):
    """What a host may do, as it said itself.

    Attributes:
        width: requests under way at most; `requests_per_minute`, `tokens_per_minute` None for no limit.
    """

    width: int
    requests_per_minute: float | None
    tokens_per_minute: float | None

    def __str__(self) -> str:
        """As the log has it."""
        limits = zip(("requests", "tokens"), self[1:], strict=True)
        parts = [f"{limit:g} {name} a minute" for name, limit in limits if limit is not None]
        return ", ".join([f"{self.width} under way", *parts])


class Employer(Protocol):
    """Whoever hands rows out and hears what became of them; all on one event loop."""

    def room(self) -> None:
        """There may be room for rows at some host."""

    def came(self, outcomes: Sequence[Outcome]) -> None:
        """This became of rows that were handed out."""

    def refused(self, stopped: Stopped) -> None:
        """The service refuses the run, or no host is left to ask."""

    def failed(self, error: RunError) -> None:
        """Something is wrong that no service and no row can do."""


class _Host:
    """A host as the coordinator sees it."""

    def __init__(self, address: str, inbox: Any, task: Any, gathered: Callable[[_Host], Any]) -> None:
        self.address = address
        self.inbox = inbox
        self.task = task
        self.held: dict[_Key, Claim] = {}  # handed out and not answered, in the order of handing out
        self.outgoing: list[Claim] = []  # of these, what has not been sent to it
        self.begun: set[_Key] = set()  # of these, what it has said that it asks for
        self.settled = 0  # answers in the ledger that it has not been told of
        self.recall = self.recalled = False
        self.turn = self.width = self.spare = 0  # what it is told; `turn` counts the changes
        self.granted = 0  # the most it may have under way until it says that it keeps to `width`
        self.share: Share | None = None
        self.saying: asyncio.Task[None] | None = None
        self.heard = self.came = time.monotonic()
        self.works = False  # it has been heard
        self.outbox = Outbox(partial(gathered, self), inbox.put)  # what is settled comes in groups

    @property
    def room(self) -> int:
        """Rows to hand out now: none while it has enough waiting, so that chunks are not small."""
        ahead = max(self.width, _LEAST_AHEAD) if self.width else 0
        held = len(self.held)
        return self.width + 2 * ahead - held if held < self.width + ahead else 0


class Cluster:
    """The hosts of a run; an engine hands rows out to them, and is told what became of these.

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
        self._order = order_of(settings, run, _carried(configuration), key)
        self._local: LocalCluster | None = None
        quiet = own.is_own() or "distributed" not in sys.modules
        try:
            self._local = asked_for(place)
            if own.is_own():
                load()
            self._distributed: Any = importlib.import_module("distributed")
        except ImportError:
            if self._local is not None:
                self._local.end()
            raise RunUsageError('A cluster needs Dask: pip install "psbridge[dask]".') from None
        if quiet:  # what it would report of a lost connection is told here, in a sentence
            for name in ("distributed", "distributed.client"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        self._place = place
        self._width = settings.width
        self._capped = bool(settings.caps(""))
        self._hosts: dict[str, _Host] = {}
        self._owners: dict[_Key, _Host] = {}  # of rows handed out and not settled
        self._divided_by = 0
        self._refused: set[str] = set()  # addresses that cannot work, or fell silent
        self._alone_since = time.monotonic()
        self._lost: ConnectionFailedError | None = None
        self._unfit, self._ending = "", False
        self._tasks: list[asyncio.Task[None]] = []
        self._client: Any = None

    # --- for whoever hands rows out

    @property
    def in_flight(self) -> int:
        """Rows under way, as far as it is known."""
        return sum(min(len(host.held), host.granted) for host in self._hosts.values())

    @property
    def room(self) -> int:
        """Rows that the hosts would take now."""
        return sum(host.room for host in self._working())

    def hand_out(self, claims: Sequence[Claim]) -> None:
        """Hand out rows, not more than there is `room` for."""
        hosts = sorted((host for host in self._working() if host.room), key=lambda host: host.room)
        left = list(claims)
        for number, host in enumerate(hosts):
            count = min(host.room, -(-len(left) // (len(hosts) - number)))
            chunk, left = left[:count], left[count:]
            for claim in chunk:
                host.held[_key(claim)] = claim
                self._owners[_key(claim)] = host
            host.outgoing += chunk
            host.recalled = False
            host.outbox.wake()

    def settled(self, outcomes: Sequence[Outcome]) -> None:
        """These are in the ledger: whoever had them under way may begin further ones."""
        for outcome in outcomes:
            host = self._owners.pop(_key(outcome.claim), None)
            if host is not None:
                host.settled += 1
                if host.settled >= max(1, host.spare // 2):  # fewer hold nothing up: it has the other half
                    host.outbox.wake()

    def recall(self) -> None:
        """Have the hosts give back what they have not begun."""
        for host in self._hosts.values():
            self._recall(host)

    def _recall(self, host: _Host) -> None:
        if host.held and not host.recalled:
            host.recall = host.recalled = True
            host.outbox.wake()

    def _working(self) -> list[_Host]:
        return [host for host in self._hosts.values() if host.works]

    def _sharers(self) -> int:  # who works, and who is about to
        since = time.monotonic() - _EXPECTED
        return sum(host.works or host.came > since for host in self._hosts.values())

    def _divide(self) -> None:
        """Divide the width among those who work; who is to have more waits until others have less."""
        working = self._working()
        self._divided_by = self._sharers()
        free = self._width - sum(host.granted for host in self._hosts.values())
        for number, host in enumerate(working):
            share = (self._width + number) // self._divided_by
            width = min(share, host.granted + max(free, 0))
            if width != host.width:
                free -= max(width - host.granted, 0)
                host.granted = max(host.granted, width)
                host.width, host.spare = width, SPARE * width // self._width
                host.turn += 1
            host.outbox.wake()
        self._employer.room()

    def _gathered(self, host: _Host) -> dict[str, Any]:
        rows, host.outgoing = host.outgoing, []
        settled, host.settled = host.settled, 0
        back, host.recall = host.recall, False
        return {
            "rows": [tuple(claim) for claim in rows],
            "settled": settled,
            "back": back,
            "share": (host.turn, host.width, host.spare),
            "hosts": max(1, min(self._divided_by, self._width)),
            "end": self._ending,
        }

    # --- coming and going

    async def start(self, employer: Employer) -> None:
        """Find the scheduler and put the hosts to work for `employer`.

        Raises:
            RunError: there is no scheduler.
        """
        self._employer = employer
        try:
            self._client = await self._connected()
        except (OSError, ValueError, TimeoutError, asyncio.TimeoutError) as error:
            raise RunError(
                f"There is no cluster at '{self._place}': {str(error) or type(error).__name__}."
            ) from None
        self._results = self._distributed.Queue(f"psbridge-{uuid.uuid4().hex}", client=self._client)
        await self._results
        for _ in range(LISTENERS):
            self._spawn(self._listen())
        self._spawn(self._watch())

    async def _connected(self) -> Any:
        options = {"asynchronous": True, "set_as_default": False}
        if self._local is not None:
            return await self._distributed.Client(await self._local.open(), **options)
        if "://" in self._place:
            return await self._distributed.Client(self._place, **options)
        if not Path(self._place).is_file():
            raise RunUsageError(
                f"'{self._place}' is no cluster: a scheduler's address such as tcp://host:8786, "
                "a scheduler file, or local."
            )
        return await self._distributed.Client(scheduler_file=self._place, **options)

    async def close(self) -> None:
        """Have the hosts end, and leave the cluster; those of this machine end with their input."""
        hosts = list(self._hosts.values()) if self._lost is None and self._local is None else []
        self._ending = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Exception):  # whoever does not end by itself ends when it hears no more
            ends = (self._end(host) for host in hosts)
            await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), QUIET)
        for one in (self._client, self._local):
            if one is not None:
                with suppress(Exception):
                    await one.close()

    async def _end(self, host: _Host) -> None:
        await host.outbox.send()
        await host.task

    async def _watch(self) -> None:
        """Look who is there, time and again, and say that this process is."""
        try:
            while self._lost is None:
                there = set((await self._client.scheduler.identity())["workers"])
                new = there - self._hosts.keys() - self._refused
                for address in new:
                    await self._join(address)
                for host in list(self._hosts.values()):
                    await self._look_at(host, there)
                if self._divided_by and self._divided_by != self._sharers():
                    self._divide()
                for host in self._hosts.values():
                    host.outbox.wake()
                self._even_out()
                self._lose_patience()
                # Who comes first seldom comes alone.
                await asyncio.sleep(BEAT / 2 if self._working() and not new else _SOON)
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
        host = _Host(address, inbox, task, self._gathered)
        host.saying = self._spawn(self._say(host))
        self._hosts[address] = host

    async def _look_at(self, host: _Host, there: set[str]) -> None:
        if host.task.status == "error":
            self._unfit = str(await host.task.exception())
            self._refused.add(host.address)
        elif host.address in there and time.monotonic() - host.heard > QUIET:
            self._refused.add(host.address)
        gone = host.address not in there or host.address in self._refused
        if gone or host.task.status == "finished":  # one that found this process silent may come again
            self._lose(host)

    def _even_out(self) -> None:
        """Where one has nothing to do and others have rows waiting, there are no more: these come back."""
        working = self._working()
        if any(host.width and not host.held for host in working):
            for host in working:
                if len(host.held) > host.granted + host.spare:
                    self._recall(host)

    def _lose_patience(self) -> None:
        now = time.monotonic()
        if self._working():
            self._alone_since = now
        elif now - self._alone_since > _PATIENCE[bool(self._refused)]:
            why = f": {self._unfit.rstrip('.')}" if self._unfit else ""
            self._give_up(f"No worker of the cluster {self._place} can be used{why}.")

    def _give_up(self, sentence: str) -> None:
        self._lost = ConnectionFailedError(sentence, attempts=1)
        for host in list(self._hosts.values()):
            self._lose(host)
        self._employer.refused(Stopped("unreachable", self._lost))

    def _lose(self, host: _Host) -> None:
        """What a host has not answered is anybody's again, and has used up no try.

        What it said that it has begun counts as sent. Under a cap all counts that it may have begun since.
        """
        self._hosts.pop(host.address, None)
        if host.saying is not None:
            host.saying.cancel()
        sent = host.begun
        if self._capped:
            most = host.granted + SPARE * host.granted // self._width
            sent = sent | set(list(host.held)[:most]) - {_key(claim) for claim in host.outgoing}
        outcomes = [Outcome(claim, OPEN, sent=key in sent, tried=False) for key, claim in host.held.items()]
        for key in host.held:
            self._owners.pop(key, None)
        host.held.clear()
        self._employer.came(outcomes)
        if self._working():
            self._divide()
        self._spawn(self._forget(host))

    async def _forget(self, host: _Host) -> None:
        with suppress(Exception):
            await self._client.cancel([host.task])

    def _gone(self, error: Exception) -> None:
        """The scheduler is gone, and with it whoever works."""
        if self._lost is None:
            self._give_up(f"The cluster {self._place} is gone: {type(error).__name__}.")

    async def _say(self, host: _Host) -> None:
        try:
            await host.outbox.run()
        except Exception as error:
            self._gone(error)

    # --- what comes back

    async def _listen(self) -> None:
        try:
            while True:
                began = time.monotonic()
                arrived = [await self._results.get()]
                if time.monotonic() - began < _AT_ONCE:
                    arrived += await self._results.get(batch=True)
                for address, news in arrived:
                    host = self._hosts.get(address)
                    if host is not None:
                        self._received(host, pickle.loads(news))
        except Exception as error:
            self._gone(error)

    def _received(self, host: _Host, news: dict[str, Any]) -> None:
        host.heard = time.monotonic()
        if "unfit" in news:
            self._unfit = news["unfit"][0]
            self._refused.add(host.address)
            self._lose(host)
            return
        share = Share(*news["share"])
        if share != host.share:
            host.share = share
            _log.info("host %s has its share: %s", host.address, share)
        if not host.works:
            host.works = True
            self._divide()
        elif news["turn"] == host.turn and host.granted != host.width:
            host.granted = host.width
            self._divide()
        self._answered(host, news)
        self._employer.room()

    def _answered(self, host: _Host, news: dict[str, Any]) -> None:
        held = host.held
        host.begun.update(news.get("begun", ()))
        outcomes = [
            outcome_from(held.pop(key), values) for key, values in news.get("done", ()) if key in held
        ]
        for key in news.get("back", ()):
            if key in held:
                self._owners.pop(key, None)
                outcomes.append(Outcome(held.pop(key), OPEN, sent=False))
        for key, *_, attempts in news.get("stopped", ()):
            if key in held:
                outcomes.append(Outcome(held.pop(key), OPEN, sent=attempts > 0, tried=False))
        for key, _ in news.get("failed", ()):
            if key in held:
                outcomes.append(Outcome(held.pop(key), OPEN, sent=False))
        host.begun &= held.keys()
        self._employer.came(outcomes)
        for _, why, sentence, attempts in news.get("stopped", ()):
            self._employer.refused(Stopped(why, ConnectionFailedError(sentence, attempts=attempts)))
        for _, what in news.get("failed", ()):
            self._employer.failed(RunError(f"A worker of the cluster failed: {what}."))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)
        return task


def _key(claim: Claim) -> _Key:
    return claim.seq, claim.fence


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

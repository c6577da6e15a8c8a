"""A host's part in a run on a cluster: the same engine's calls, without a ledger.

One long Dask task a host starts it; the work itself runs on the event loop of the Dask worker, beside what
Dask does there, so that no thread waits for another. Rows come in chunks by a queue of the host's own, more
than can be sent at once; what became of them goes back in groups by a queue that all hosts share. A host
sends no more than its share of the run's width, and stops sending when too many of its results are not known
to be in the ledger: whoever is lost, few rows are asked for again. The key is this host's own: its
environment's, or what a function that is imported here gives.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import importlib
import pickle
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from operator import attrgetter
from typing import Any

from .. import __version__
from ..client.errors import ClientError
from ..client.settings.configuration import Configuration, use_configuration
from ..errors import PSBridgeError
from .calling import Calling, Stopped
from .claims import Claim, Outcome
from .limits import SharedLimits
from .recipes import endpoint, recipe
from .settings import Settings

QUIET = 15.0
"""Seconds without a word from the coordinator after which a host ends: it is gone."""
BEAT = 1.0
"""Seconds between two words, from the coordinator to a host and back."""
LISTENERS = 2
"""Messages that are waited for at once, so that the next is on its way while one is read."""
_MESSAGES = 4  # sent at once, at most
_GAP = 0.004  # seconds that results are gathered
# Rows that begin at once: one in so many of its share, and no fewer than so many; and seconds to the next.
_BURST = (16, 4)
_APART = 0.002

_values = attrgetter(*(one.name for one in fields(Outcome)[1:]))


def serve(order: dict[str, Any], inbox: str, results: str, here: str) -> str:
    """Work for a run until its coordinator says that it has ended, or is gone.

    Args:
        order: what the coordinator asks for; see `order_of`.
        inbox, results: names of the queues.
        here: this worker's address, by which the coordinator knows it.

    Returns:
        Why it ended.
    """
    dask: Any = importlib.import_module("distributed")
    worker = dask.get_worker()
    dask.secede()  # the worker's threads are for others, and for the next run
    if order["version"] != __version__:
        raise RuntimeError(f"it has psbridge {__version__}, the coordinator {order['version']}")

    async def work() -> str:
        client = dask.Client(
            worker.scheduler.address, security=worker.security, asynchronous=True, set_as_default=False
        )
        try:
            await client
            rows, back = await asyncio.gather(*(dask.Queue(name, client=client) for name in (inbox, results)))
            return await _Host(order, rows, back, here).work()
        finally:
            with suppress(Exception):
                await asyncio.wait_for(client.close(), BEAT)

    loop = worker.loop.asyncio_loop
    working = asyncio.run_coroutine_threadsafe(work(), loop)
    while not loop.is_closed():
        with suppress(concurrent.futures.TimeoutError):
            return working.result(BEAT)
    return "the worker is gone"


def order_of(settings: Settings, run: str, configuration: dict[str, Any], key: str) -> dict[str, Any]:
    """What a host needs to work for a run, as plain values without a secret."""
    return {
        "version": __version__,
        "run": run,
        "settings": {
            **settings.requests(),
            "requests_per_minute": settings.requests_per_minute,
            "tokens_per_minute": settings.tokens_per_minute,
            "prices": settings.prices,
        },
        "configuration": configuration,
        "key": key,
    }


def key_function(name: str) -> Callable[[], Any]:
    """The function that `module:function` names.

    Raises:
        ValueError: there is none.
    """
    module, _, attribute = name.partition(":")  # of this form: the settings hold nothing else
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise ValueError(f"the module {module} has no function {attribute}")
    return found  # type: ignore[no-any-return]


def outcome_from(claim: Claim, values: Sequence[Any]) -> Outcome:
    """An outcome from the plain values that a host made of it."""
    return Outcome(claim, *values)


class Outbox:
    """Sends what has gathered as one message, and does not wait until it has arrived to send the next.

    Args:
        gathered: gives what there is to say, once `wake` was called.
        put: sends it; the message is bytes, so that a scheduler has nothing to do but pass it on.
        gap: seconds that are waited for more to say.
    """

    def __init__(
        self, gathered: Callable[[], dict[str, Any]], put: Callable[[bytes], Awaitable[Any]], gap: float = 0.0
    ) -> None:
        self._gathered = gathered
        self._put = put
        self._gap = gap
        self._some = asyncio.Event()

    def wake(self) -> None:
        """There is something to send."""
        self._some.set()

    async def run(self) -> None:
        """Send until this task is cancelled, or a message cannot be sent."""
        under_way: set[asyncio.Future[None]] = set()
        try:
            while True:
                await self._some.wait()
                await asyncio.sleep(self._gap)
                if len(under_way) == _MESSAGES:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for ended in [one for one in under_way if one.done()]:
                    under_way.remove(ended)
                    ended.result()
                under_way.add(asyncio.ensure_future(self._put(self._message())))
        finally:
            for one in under_way:
                one.cancel()

    async def send(self) -> None:
        """Send what there is now."""
        await self._put(self._message())

    def _message(self) -> bytes:
        """What there is to say now, at once: what is said with it is not said again by an empty message."""
        self._some.clear()
        return pickle.dumps(self._gathered(), pickle.HIGHEST_PROTOCOL)


class _Host:
    """A host at work, on its worker's event loop."""

    def __init__(self, order: dict[str, Any], rows: Any, back: Any, here: str) -> None:
        self._order = order
        self._rows = rows
        self._outbox = Outbox(self._news, lambda message: back.put((here, message)), _GAP)
        self._limits = SharedLimits()
        self._waiting: deque[Claim] = deque()  # rows that are not begun
        self._under_way = 0
        self._unsettled = 0  # begun, and not known to be in the ledger
        self._pause: asyncio.Handle | None = None  # until further rows may begin
        self._turn = self._width = self._spare = 0
        self._confirmed = 0  # the last turn that the coordinator heard to be kept
        self._news_of: dict[str, list[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def work(self) -> str:
        """Ask for rows until the coordinator says that the run has ended, or is gone; returns why."""
        try:
            with self._in_force() as (configuration, settings):
                self._open(configuration, settings)
                try:
                    return await self._until_end()
                finally:
                    await self._close()
        except PSBridgeError as error:
            unfit = error.message
        except Exception as error:
            unfit = f"{type(error).__name__}: {error}"
        self._add("unfit", unfit)
        with suppress(Exception):
            await asyncio.wait_for(self._outbox.send(), QUIET)
        return unfit

    @contextmanager
    def _in_force(self) -> Iterator[tuple[Configuration, Settings]]:
        settings = Settings.of_json(self._order["settings"])
        configuration = Configuration(**self._order["configuration"])
        if self._order["key"]:
            configuration = configuration.replace(access_token=key_function(self._order["key"]))
        configuration = configuration.resolved()
        with use_configuration(configuration):
            yield configuration, settings

    def _open(self, configuration: Configuration, settings: Settings) -> None:
        self._limits = SharedLimits(settings.requests_per_minute, settings.tokens_per_minute)
        self._calling = Calling(
            configuration,
            endpoint(settings.endpoint)[1].operation,
            recipe(settings.requests()),
            self._order["run"],
            self._limits,
            prices=settings.price_table(),
        )

    async def _until_end(self) -> str:
        listeners = [self._listen() for _ in range(LISTENERS)]
        parts = (*listeners, self._beat(), self._outbox.run())
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return ended.pop().result() or ""
        except (TimeoutError, asyncio.TimeoutError):
            return "the coordinator is silent"
        except Exception as error:  # the scheduler is gone, however the library says so
            return f"the cluster is gone: {type(error).__name__}"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._calling.close()

    # --- from the coordinator

    async def _listen(self) -> str:
        while True:
            message = pickle.loads(await asyncio.wait_for(self._rows.get(), QUIET))
            if message["end"]:
                return "the run has ended"
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["share"][0] > self._turn:  # they may overtake each other
            self._turn, self._width, self._spare = message["share"]
        self._limits.share(message["hosts"])
        self._unsettled -= message["settled"]
        self._waiting.extend(map(Claim._make, message["rows"]))
        if message["back"]:
            for claim in self._waiting:
                self._add("back", (claim.seq, claim.fence))
            self._waiting.clear()
        self._begin()
        if self._turn != self._confirmed:
            self._outbox.wake()

    # --- rows

    @property
    def _keeps_its_share(self) -> bool:
        return self._under_way <= self._width and self._unsettled <= self._width + self._spare

    @property
    def _may_begin(self) -> bool:
        most = self._width + self._spare
        return bool(self._waiting) and self._under_way < self._width and self._unsettled < most

    def _begin(self) -> None:
        """Begin rows, not all at once, whose replies would come back in one burst."""
        if self._pause is not None:
            return
        part, least = _BURST
        for _ in range(max(self._width // part, least)):
            if not self._may_begin:
                return
            self._begin_one()
        self._pause = asyncio.get_running_loop().call_later(_APART, self._begin_more)

    def _begin_more(self) -> None:
        self._pause = None
        self._begin()

    def _begin_one(self) -> None:
        self._under_way += 1
        self._unsettled += 1
        claim = self._waiting.popleft()
        self._add("begun", (claim.seq, claim.fence))
        task = asyncio.ensure_future(self._ask(claim))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, claim: Claim) -> None:
        key = claim.seq, claim.fence
        try:
            outcome = await self._calling.ask(claim)
        except Stopped as stopped:
            error: ClientError = stopped.error
            self._add("stopped", (key, stopped.why, error.message, error.attempts))
        except Exception as error:
            self._add("failed", (key, f"{type(error).__name__}: {error}"))
        else:
            self._add("done", (key, _values(outcome)))
        self._under_way -= 1
        self._begin()

    # --- to the coordinator

    def _add(self, kind: str, value: Any) -> None:
        self._news_of.setdefault(kind, []).append(value)
        self._outbox.wake()

    async def _beat(self) -> str:
        await self._outbox.send()
        while True:
            await asyncio.sleep(BEAT)
            self._outbox.wake()

    def _news(self) -> dict[str, Any]:
        news, self._news_of = self._news_of, {}
        if self._keeps_its_share:
            self._confirmed = self._turn
        return {**news, "turn": self._confirmed, "share": (self._width, *self._limits.per_minute)}


__all__ = ["BEAT", "LISTENERS", "QUIET", "Outbox", "key_function", "order_of", "outcome_from", "serve"]

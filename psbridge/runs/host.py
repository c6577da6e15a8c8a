"""A host's part in a run on a cluster: the same engine's calls, without a ledger.

Runs inside a Dask worker, as one task that lasts as long as the run. Rows come by a queue of its own, and
what became of them goes back by one that all hosts share, in groups. Only rows that may be sent at once are
handed out, so that a host that is lost loses no more than what it had under way. The key is this host's own:
its environment's, or what a function that is imported here gives.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
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
_GROUP = 0.002  # seconds that results are gathered before they go back


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
    dask.secede()  # the worker's threads are for others, and for the next run
    if order["version"] != __version__:
        raise RuntimeError(f"it has psbridge {__version__}, the coordinator {order['version']}")
    host = _Host(order, dask.Queue(results), here)
    thread = threading.Thread(target=host.work, name="psbridge-host", daemon=True)
    thread.start()
    rows = dask.Queue(inbox)
    heard = time.monotonic()
    why = ""
    while not why:
        try:
            message = rows.get(timeout=BEAT)
            heard = time.monotonic()
            why = host.told(message)
        except (TimeoutError, asyncio.TimeoutError):
            if time.monotonic() - heard > QUIET:
                why = "the coordinator is silent"
        except Exception as error:  # the scheduler is gone, however the library says so
            why = f"the cluster is gone: {type(error).__name__}"
    host.end()
    thread.join(QUIET)
    return why


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
    """An outcome from what `_plain` made of it."""
    return Outcome(claim, *values)


def _plain(outcome: Outcome) -> list[Any]:
    """An outcome as plain values, without its claim."""
    return [getattr(outcome, one.name) for one in fields(Outcome)[1:]]


class _Host:
    """The event loop of a host, and the thread that sends its results back."""

    def __init__(self, order: dict[str, Any], results: Any, here: str) -> None:
        self._order = order
        self._results = results
        self._here = here
        self._loop = asyncio.new_event_loop()
        self._calling: Calling | None = None
        self._limits: SharedLimits | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: list[list[Any]] = []
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._ended = False
        self._sender = threading.Thread(target=self._send, name="psbridge-host-results", daemon=True)

    # --- from the coordinator, on the task's thread

    def told(self, message: dict[str, Any]) -> str:
        """Take a word of the coordinator; returns why to end, or ""."""
        if message.get("end"):
            return "the run has ended"
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._take, message)
        return ""

    def end(self) -> None:
        """Begin nothing more, and drop what is under way."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._drop)

    # --- on the loop's thread

    def work(self) -> None:
        """Run the loop until `end`."""
        self._sender.start()
        asyncio.set_event_loop(self._loop)
        try:
            with self._in_force() as (configuration, settings):
                self._open(configuration, settings)
                self._loop.run_forever()
                self._loop.run_until_complete(self._close())
        except PSBridgeError as error:
            self._refuse_all(error.message)
        except Exception as error:
            self._refuse_all(f"{type(error).__name__}: {error}")
        finally:
            self._loop.close()
            self._ended = True
            self._some.set()
            self._sender.join(QUIET)

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
        self._beat()

    def _beat(self) -> None:
        self._back(["beat"])
        self._loop.call_later(BEAT, self._beat)

    def _take(self, message: dict[str, Any]) -> None:
        assert self._limits is not None
        self._limits.share(message["hosts"])
        for token, *values in message.get("rows", ()):
            task = self._loop.create_task(self._ask(token, Claim._make(values)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask(self, token: int, claim: Claim) -> None:
        assert self._calling is not None
        try:
            outcome = await self._calling.ask(claim)
        except Stopped as stopped:
            error: ClientError = stopped.error
            self._back(["stopped", token, stopped.why, error.message, error.attempts])
        except Exception as error:
            self._back(["failed", token, f"{type(error).__name__}: {error}"])
        else:
            self._back(["done", token, *_plain(outcome)])

    def _drop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._loop.stop()

    async def _close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._calling is not None:
            await self._calling.close()

    def _refuse_all(self, sentence: str) -> None:
        self._back(["unfit", sentence])

    # --- results, on their own thread

    def _back(self, result: list[Any]) -> None:
        with self._lock:
            self._ready.append(result)
        self._some.set()

    def _send(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            time.sleep(_GROUP)
            with self._lock:
                ready, self._ready = self._ready, []
            if ready:
                try:
                    self._results.put([self._here, ready])
                except Exception:  # nobody is there to hear it
                    return
            elif self._ended:
                return


__all__ = ["BEAT", "QUIET", "key_function", "order_of", "outcome_from", "serve"]

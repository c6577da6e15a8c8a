"""What all cmdlets that call share: one client, what cancels them, the options and the result of a call.

Loads the client with the first call. Knows operations and no cmdlet by name.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..forks import new_lock

if TYPE_CHECKING:
    from ..client import AsyncClient, Cancellation, Client, Reply, UsageTotals

_log = logging.getLogger("psbridge.cmdlets")
_lock = new_lock()
_client: Client | None = None


def client() -> Client:
    """The one client all cmdlets share: one set of connections, following the configuration in force."""
    global _client
    if _client is None:
        with _lock:
            if _client is None:
                from ..client import Client
                from .codec import ModelCodec

                _client = Client(codec=ModelCodec())
                atexit.register(_client.close)
    return _client


async def async_client() -> AsyncClient:
    """The running event loop's own client, beside `client`: its connections last until the loop ends."""
    from asyncio import get_running_loop

    loop = get_running_loop()
    kept = _of_loops.get(loop)
    if kept is None:
        # A loop that ends closes the asynchronous generators that were begun in it, and this one the client.
        holder = _held_open(loop)
        kept = _of_loops[loop] = (await anext(holder), holder)
    return kept[0]


async def _held_open(loop: Any) -> AsyncGenerator[AsyncClient, None]:
    own = client().on_asyncio()
    try:
        yield own
    finally:
        _of_loops.pop(loop, None)
        await own.close()


_of_loops: WeakKeyDictionary[Any, tuple[AsyncClient, AsyncGenerator[AsyncClient, None]]] = WeakKeyDictionary()


def usage_totals(bound: Mapping[str, Any]) -> UsageTotals:
    """What this session used so far, as the replies reported it; `bound` says nothing."""
    return client().usage.totals()


def usage_so_far() -> UsageTotals | None:
    """The same; None while nothing has been sent."""
    return None if _client is None else _client.usage.totals()


_cancellation: ContextVar[Cancellation | None] = ContextVar("psbridge_cancellation", default=None)


@contextmanager
def cancellable(cancellation: Cancellation) -> Iterator[None]:
    """Have `cancellation` end what the cmdlets called inside wait for, and the streams they return."""
    token = _cancellation.set(cancellation)
    try:
        yield
    finally:
        _cancellation.reset(token)


def cancel_by(cancellation: Cancellation) -> None:
    """The same, for the rest of the context that runs here."""
    _cancellation.set(cancellation)


def cancelling() -> Any:
    """The option of a call that lets it be cancelled."""
    cancellation = _cancellation.get()
    return {} if cancellation is None else {"cancellation": cancellation}


@dataclass(frozen=True)
class HttpInfo:
    """What -WithHttpInfo gives back: the reply and how it came.

    Attributes:
        Response: the reply as a model; StatusCode and Headers are HTTP's.
        RequestId: the server's id of the request, or None.
        Attempts: how often the request was sent.
        ElapsedSec: seconds from the first try to the end of the reply, waits included.
    """

    Response: Any
    StatusCode: int
    Headers: Mapping[str, str]
    RequestId: str | None
    Attempts: int
    ElapsedSec: float

    def __ps_properties__(self) -> dict[str, Any]:
        return dict(vars(self))


OPTIONS = {
    "Connection": "configuration",
    "MaxRetryCount": "max_retries",
    "TimeoutSec": "timeout",
    "AdditionalBody": "additional_body",
    "AdditionalHeaders": "additional_headers",
    "AdditionalQuery": "additional_query",
}
"""Parameters of every call, and the client's options they are."""


_CHECKED = frozenset(("timeout", "max_retries"))


def call_options(bound: Mapping[str, Any]) -> Any:
    """The client's options of a call, as bound."""
    if OPTIONS.keys().isdisjoint(bound):
        return cancelling()
    options = {option: bound[name] for name, option in OPTIONS.items() if bound.get(name) is not None}
    if "additional_headers" in options:
        from ..client.settings.secret import Masked

        options["additional_headers"] = Masked(
            (str(key), str(value))
            for key, value in options["additional_headers"].items()
            if value is not None
        )
    if "additional_query" in options:
        from ..binding import Switch

        options["additional_query"] = {
            str(key): bool(value) if isinstance(value, Switch) else value
            for key, value in options["additional_query"].items()
        }
    names = {option: name for name, option in OPTIONS.items() if name in bound}
    if not names.keys().isdisjoint(_CHECKED):
        from ..client.core import check_call

        check_call(options, names)
    if "configuration" in options:
        from .connections import connection_of

        options["configuration"] = connection_of(options["configuration"]).configuration
    return {**options, **cancelling()}


def result_of(reply: Reply, bound: Mapping[str, Any]) -> Any:
    """The reply as -WithHttpInfo or its absence wants it."""
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug("%s %s %s", reply.method, reply.url, reply.status)
    if not bound.get("WithHttpInfo"):
        return reply.value
    return HttpInfo(reply.value, reply.status, reply.headers, reply.request_id, reply.attempts, reply.elapsed)

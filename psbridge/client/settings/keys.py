"""Where the key of a request comes from: a fixed one, a callable asked again after a 401, or a ring of
several.

Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import math
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

from ...forks import new_lock, start_afresh
from ..errors import CallCancelledError, ConfigurationError, DeadlineError
from .secret import Revealable, Secret, leaves_no_trace
from .secret import key as a_key

if TYPE_CHECKING:
    from ..wire.bounds import Bounds

_MOST_STRONG = 64  # sources kept that cannot be referred to weakly


_REFUSED = 300.0  # seconds after which a key that the server refused is tried again


class KeyRing:
    """Several keys, each used no more often than its interval allows; calls are spread over those that are
    free.

    Args:
        keys: texts, Secrets or SecureStrings; at least one.
        interval: seconds between two uses of one key; 0 for no limit of its own.

    A key that got a 429 rests for as long as the server asked, while the others go on. One that got a 401 is
    left aside for five minutes, as long as there is another, with which the call goes on. Safe between
    threads and tasks.
    """

    @leaves_no_trace
    def __init__(self, keys: Iterable[str | Secret | Revealable], interval: float = 0.0) -> None:
        try:
            self._keys = [a_key(one, "AccessToken") for one in keys]
        except (TypeError, ValueError) as error:
            raise ConfigurationError(str(error), parameter="AccessToken") from None
        if not self._keys:
            raise ConfigurationError(
                "AccessToken: a key ring needs at least one key.", parameter="AccessToken"
            )
        if interval < 0:
            raise ConfigurationError(
                "AccessToken: a key's interval must be 0 or more.", parameter="AccessToken"
            )
        self._interval = interval
        self._free_at = [float("-inf")] * len(self._keys)
        self._refused_until = list(self._free_at)
        self._order = list(range(len(self._keys)))
        self._lock = new_lock()

    def __len__(self) -> int:
        return len(self._keys)

    def reserve(self, now: float) -> tuple[Secret, float]:
        """The key that is free soonest, the least recently used first, and the seconds until it may be
        used; one that the server refused only where it refused all.
        """
        with self._lock:
            index = min(self._order, key=lambda i: (self._refused_until[i] > now, max(self._free_at[i], now)))
            self._order.remove(index)
            self._order.append(index)
            start = max(self._free_at[index], now)
            self._free_at[index] = start + self._interval
        return self._keys[index], start - now

    def penalise(self, key: Secret, until: float) -> None:
        """Hand `key` out no more before `until` (monotonic seconds)."""
        with self._lock:
            for index, own in enumerate(self._keys):
                if own == key:
                    self._free_at[index] = max(self._free_at[index], until)

    def refuse(self, key: Secret, now: float) -> bool:
        """The server does not know `key`; whether there is another that it has not refused."""
        with self._lock:
            for index, own in enumerate(self._keys):
                if own == key:
                    self._refused_until[index] = now + _REFUSED
            return any(until <= now for until in self._refused_until)

    def restore(self, key: Secret) -> None:
        """Hand `key` out again at once: the server takes it after all."""
        with self._lock:
            for index, own in enumerate(self._keys):
                if own == key:
                    self._free_at[index] = float("-inf")

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)} keys)"


class KeyCache:
    """Keeps what key callables returned until a server refuses it; each is asked once, however many calls
    wait, and each by itself: one that hangs makes nobody wait but those who need its key.

    A callable is not kept alive for its key: what is known of it goes with it.
    """

    def __init__(self) -> None:
        self._lock = new_lock()
        self._kept: dict[int, _Kept] = {}
        self._strong: OrderedDict[int, Any] = OrderedDict()  # sources that cannot be referred to weakly
        self._asking: dict[tuple[int, int], Future[Secret]] = {}
        start_afresh(self)

    def get(self, source: Any, rejected: Secret | None, bounds: Bounds) -> Secret:
        """The key of a callable; asked for anew when the kept one is `rejected`.

        The callable runs in a thread of its own, in the caller's context, so that the wait for it can end.

        Raises:
            ConfigurationError: the callable returned no usable key.
            DeadlineError, CallCancelledError: the call's time was up first, or it was cancelled.
        """
        kept = self._usable(source, rejected)
        if kept is not None:
            return kept
        if inspect.iscoroutinefunction(source):
            raise _asynchronous()
        if getattr(source, "runs_here", False):  # it can be asked by the thread that calls, and by no other
            token = needed_by.set(time.monotonic() + bounds.left())
            try:
                return self._keep(source, _called(source))
            finally:
                needed_by.reset(token)
        while True:
            answer, own = self._asked(source, rejected, bounds)
            self._wait(answer, bounds)
            if own or not _was_cancelled(answer):
                return _result(answer)

    def _wait(self, answer: Future[Secret], bounds: Bounds) -> None:
        finished = threading.Event()
        answer.add_done_callback(lambda _: finished.set())
        cancellation = bounds.cancellation
        if cancellation is not None:
            cancellation.register(finished, finished.set)
        try:
            while not finished.is_set():
                left = bounds.left()
                if left <= 0:
                    raise self._too_late(answer)
                finished.wait(min(left, 0.5))  # in slices, so that Ctrl+C is seen on Windows
        finally:
            if cancellation is not None:
                cancellation.register(finished, None)
        if not answer.done():
            raise CallCancelledError("The call was cancelled.")

    async def get_async(self, source: Any, rejected: Secret | None, bounds: Bounds) -> Secret:
        """The asyncio twin of `get`; a coroutine function runs in the loop, a plain callable in a thread."""
        kept = self._usable(source, rejected)
        if kept is not None:
            return kept
        loop = asyncio.get_running_loop()
        while True:
            answer, own = self._asked(source, rejected, bounds, loop)
            await self._wait_async(answer, bounds, loop)
            if own or not _was_cancelled(answer):
                return _result(answer)

    async def _wait_async(
        self, answer: Future[Secret], bounds: Bounds, loop: asyncio.AbstractEventLoop
    ) -> None:
        finished = asyncio.Event()
        answer.add_done_callback(lambda _: _tell(loop, finished))
        if not answer.done():
            try:
                # For an event, not for the answer: that is shared, and not to be cancelled with a call.
                waiting = asyncio.ensure_future(finished.wait())
                await asyncio.wait({waiting}, timeout=max(bounds.left(), 0))
            finally:
                waiting.cancel()
        if not answer.done():
            raise self._too_late(answer)

    def after_fork(self) -> None:
        """In a child: what a thread of the parent asks for never comes here."""
        self._asking = {}

    def _asked(
        self,
        source: Any,
        rejected: Secret | None,
        bounds: Bounds,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> tuple[Future[Secret], bool]:
        """The answer to come, one for all who wait for it, and whether this call is who asked."""
        coroutine = loop is not None and inspect.iscoroutinefunction(source)
        place = (id(source), id(loop) if coroutine else 0)
        with self._lock:
            answer = self._asking.get(place)
            if answer is not None:
                return answer, False
            answer = Future()
            kept = self._usable(source, rejected)
            if kept is not None:
                answer.set_result(kept)
                return answer, True
            self._asking[place] = answer

        def settle(value: object, error: BaseException | None) -> None:
            try:
                if error is not None:
                    raise error
                key = self._keep(source, value)
            except BaseException as failure:
                self._settled(place, answer)
                answer.set_exception(failure)
            else:
                self._settled(place, answer)
                answer.set_result(key)

        if coroutine:
            assert loop is not None
            _tasks.add(task := loop.create_task(_awaited(source(), settle)))
            task.add_done_callback(_tasks.discard)
            return answer, True
        context = contextvars.copy_context()
        context.run(needed_by.set, time.monotonic() + bounds.left())

        def ask() -> None:
            try:
                value = context.run(_called, source)
            except BaseException as error:
                settle(None, error)
                return
            if not inspect.isawaitable(value):
                settle(value, None)
            elif loop is not None:
                loop.call_soon_threadsafe(lambda: _tasks.add(loop.create_task(_awaited(value, settle))))
            else:
                if inspect.iscoroutine(value):
                    value.close()
                settle(None, _asynchronous())

        threading.Thread(target=ask, name="psbridge-key", daemon=True).start()
        return answer, True

    def _settled(self, place: tuple[int, int], answer: Future[Secret]) -> None:
        with self._lock:
            if self._asking.get(place) is answer:
                del self._asking[place]

    def _too_late(self, answer: Future[Secret]) -> DeadlineError:
        """Nobody waits for a callable that hangs twice: the next call asks it anew."""
        with self._lock:
            for place, one in list(self._asking.items()):
                if one is answer:
                    del self._asking[place]
        return no_key_in_time()

    def _usable(self, source: Any, rejected: Secret | None) -> Secret | None:
        kept = self._kept.get(id(source))
        if kept is None or kept.source() is not source or kept.key is rejected:
            return None
        return kept.key

    def _keep(self, source: Any, value: object) -> Secret:
        try:
            key = a_key(value, "AccessToken: what the callable gave", blanks=True)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(str(error), parameter="AccessToken") from None
        key = Secret(key.reveal())  # one of its own, so that it is told from the one a server refused
        number = id(source)

        def forget(gone: Any) -> None:
            kept = self._kept.get(number)
            if kept is not None and kept.source is gone:
                self._kept.pop(number, None)

        try:
            reference: Callable[[], Any] = weakref.ref(source, forget)
        except TypeError:
            reference = lambda: source  # noqa: E731  # the same shape as a weak reference
            with self._lock:
                self._strong[number] = source
                self._strong.move_to_end(number)
                while len(self._strong) > _MOST_STRONG:
                    self._kept.pop(self._strong.popitem(last=False)[0], None)
        self._kept[number] = _Kept(reference, key)
        return key


# Inside a callable that is asked for a key: the monotonic second by which the call that asks needs it.
needed_by: contextvars.ContextVar[float] = contextvars.ContextVar("psbridge_needed_by", default=math.inf)


class _Kept(NamedTuple):
    source: Callable[[], Any]
    key: Secret


_tasks: set[asyncio.Task[None]] = set()


def _tell(loop: asyncio.AbstractEventLoop, finished: asyncio.Event) -> None:
    try:
        loop.call_soon_threadsafe(finished.set)
    except RuntimeError:  # the loop has ended, and nobody waits any more
        return


async def _awaited(value: Awaitable[object], settle: Callable[[object, BaseException | None], None]) -> None:
    try:
        key = await value
    except asyncio.CancelledError:
        settle(None, ConfigurationError("AccessToken: the loop ended first.", parameter="AccessToken"))
        raise
    except ConfigurationError as error:
        settle(None, error)
    except Exception as error:
        failure = _failed(error)
        failure.__cause__ = error
        settle(None, failure)
    else:
        settle(key, None)


def _result(answer: Future[Secret]) -> Secret:
    """The key; each who waited gets a failure of its own, since errors are changed on their way."""
    error = answer.exception()
    if error is None:
        return answer.result()
    if isinstance(error, ConfigurationError):
        raise ConfigurationError(error.message, parameter=error.parameter) from error.__cause__
    raise error


def _was_cancelled(answer: Future[Secret]) -> bool:
    """The call that asked was cancelled, which is not for the others that waited: one of them asks again."""
    return isinstance(answer.exception(), CallCancelledError)


def _asynchronous() -> ConfigurationError:
    return ConfigurationError(
        "AccessToken: a coroutine function gives keys only to asynchronous calls.",
        parameter="AccessToken",
    )


def no_key_in_time() -> DeadlineError:
    """The error of a call whose time was up before what gives its key had given it."""
    return DeadlineError(
        "The call did not finish within its time limit: the callable that gives the key did not return."
    )


def _called(source: Any) -> object:
    try:
        return source()
    except (ConfigurationError, CallCancelledError, DeadlineError):
        raise  # says by itself what is missing, or that nobody wants it any more
    except Exception as error:
        raise _failed(error) from error


def _failed(error: Exception) -> ConfigurationError:
    # Only the kind of the failure: its text may hold what a vault was asked with.
    return ConfigurationError(
        f"AccessToken: the callable that gives the key failed with {type(error).__name__}.",
        parameter="AccessToken",
    )

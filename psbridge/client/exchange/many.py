"""Many calls at once: a fixed number of workers over any iterable, in constant memory, each failure a result.

The engine runs on asyncio. `Results` lets blocking code use it: the engine gets a thread of its own, while
the requests are still drawn from the iterable in the caller's thread. A request is drawn when the shared
limits have a place for it, so that no time of its own passes while it waits in line.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ...forks import leave_to_parent, start_afresh
from ..clock import Cancellation
from ..errors import CallCancelledError, RequestError
from ..message.reply import Reply
from .background import LoopThread
from .gate import Gate, Job
from .limits import Place

_AHEAD = 2  # requests drawn and not yet handed back, per worker


@dataclass(frozen=True)
class Outcome:
    """What became of one of many requests: exactly one of `reply` and `error` is set.

    Attributes:
        index: the request's place in the iterable, from 0.
        request: the request itself, as it was drawn.
    """

    index: int
    request: Any
    reply: Reply | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.error is None

    @property
    def value(self) -> Any:
        """The decoded answer; raises the error where there is one."""
        if self.error is not None:
            raise self.error
        assert self.reply is not None
        return self.reply.value


Send = Callable[[Any, "Place | None"], Awaitable[Any]]
"""Sends one request, in the place under the shared limits that was taken for it."""


def check_concurrency(concurrency: int) -> int:
    """`concurrency`, or RequestError when it is no whole number of 1 or more."""
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        raise RequestError("ThrottleLimit must be a whole number, 1 or more.", parameter="ThrottleLimit")
    return concurrency


async def outcomes(
    send: Send,
    source: Iterable[Any] | AsyncIterable[Any],
    concurrency: int,
    ordered: bool,
    gate: Gate | None = None,
) -> AsyncGenerator[Outcome, None]:
    """Send what `source` yields, at most `concurrency` at a time and when `gate` lets it.

    No more than twice as many requests are drawn as are handed back, so a slow consumer slows the source.
    Closing the generator cancels what is under way. An exception of `source` is raised once everything drawn
    is handed back.
    """
    engine = _Engine(send, source, concurrency, gate)
    workers = [asyncio.ensure_future(engine.work()) for _ in range(concurrency)]
    waiting: dict[int, Outcome] = {}
    following = 0
    try:
        running = concurrency
        while running:
            outcome = await engine.done.get()
            if outcome is None:
                running -= 1
                continue
            if not ordered:
                engine.window.release()
                yield outcome
                continue
            waiting[outcome.index] = outcome
            while following in waiting:
                engine.window.release()
                yield waiting.pop(following)
                following += 1
        if engine.failure is not None:
            raise engine.failure
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


class _Engine:
    def __init__(
        self,
        send: Send,
        source: Iterable[Any] | AsyncIterable[Any],
        concurrency: int,
        gate: Gate | None,
    ) -> None:
        self._send = send
        self._gate = gate
        self._held = source if isinstance(source, _Feed) else None
        self._asynchronous = isinstance(source, AsyncIterable)
        self._source: Any = aiter(source) if isinstance(source, AsyncIterable) else iter(source)
        self._turn = asyncio.Lock()
        self._drawn = 0
        self._exhausted = False
        self.window = asyncio.Semaphore(concurrency * _AHEAD)
        self.done: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self.failure: Exception | None = None

    async def work(self) -> None:
        """Draw, send and report until the source is exhausted."""
        try:
            while True:
                await self.window.acquire()
                async with self._turn:
                    drawn, place = await self._next()
                if drawn is None:
                    self.window.release()
                    return
                index, request = drawn
                try:
                    reply = await self._send(request, place)
                except Exception as error:
                    self.done.put_nowait(Outcome(index, request, error=error))
                else:
                    self.done.put_nowait(Outcome(index, request, reply))
        finally:
            self.done.put_nowait(None)

    async def _next(self) -> tuple[tuple[int, Any] | None, Place | None]:
        """The next request, drawn once there is a place for it; None at the end."""
        if self._gate is None or self._exhausted:
            return await self._draw(), None
        place, waited = await self._gate.place()
        if self._held is not None:
            self._held.held = waited
        drawn = None
        try:
            drawn = await self._draw()
        finally:
            if drawn is None:
                self._gate.give_back(place)
        return drawn, self._gate.take(place, drawn[1]) if drawn is not None else None

    async def _draw(self) -> tuple[int, Any] | None:
        if self._exhausted:
            return None
        try:
            request = await anext(self._source) if self._asynchronous else next(self._source)
        except (StopIteration, StopAsyncIteration):
            self._exhausted = True
            return None
        except Exception as error:
            self._exhausted, self.failure = True, error
            return None
        return self._numbered(request)

    def _numbered(self, request: Any) -> tuple[int, Any]:
        index = self._drawn
        self._drawn += 1
        return index, request


class _Feed:
    """Requests drawn in the caller's thread, iterated on the loop.

    Attributes:
        taken: how many were.
        held: the last one had to wait for its place, so that no more should be drawn than are asked for.
    """

    def __init__(self, want: Callable[[], None]) -> None:
        self._queue: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self._want = want
        self.taken = 0
        self.held = False

    def put(self, requests: list[Any], last: bool) -> None:
        """On the loop: more requests; `last` says that no more will come."""
        for request in requests:
            self._queue.put_nowait((request,))
        if last:
            self._queue.put_nowait(())

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if self._queue.empty():
            self._want()
        item = await self._queue.get()
        if not item:
            raise StopAsyncIteration
        self.taken += 1
        return item[0]


class _Wanted:
    """Said to the caller's thread: a worker waits for a request."""


_WANTED = _Wanted()


class Line:
    """Many requests handed in from any thread; each outcome is told as it is ready, on the loop."""

    def __init__(
        self,
        thread: LoopThread,
        send: Send,
        concurrency: int,
        ordered: bool,
        tell: Callable[[Outcome | BaseException | None], None],
        gate: Gate | None,
    ) -> None:
        self._loop = thread.loop()
        self._tell = tell
        self._feed = _Feed(lambda: None)
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        context = contextvars.copy_context()

        def start() -> None:
            pump = self._pump(send, concurrency, ordered, gate)
            self._task = context.run(self._loop.create_task, pump)
            if self._cancelled:
                self._task.cancel()

        self._loop.call_soon_threadsafe(start)

    def put(self, request: Any) -> None:
        """Hand in one more."""
        self._loop.call_soon_threadsafe(self._feed.put, [request], False)

    def close(self) -> None:
        """Nothing more comes."""
        self._loop.call_soon_threadsafe(self._feed.put, [], True)

    def stop(self, job: Job) -> None:
        """End one job; its outcome is an error."""
        self._loop.call_soon_threadsafe(job.cancel)

    def cancel(self) -> None:
        """End what is under way; nothing more is told but that it was cancelled."""

        def stop() -> None:
            self._cancelled = True
            if self._task is not None:
                self._task.cancel()

        with contextlib.suppress(RuntimeError):  # the loop is closed, and with it the task has ended
            self._loop.call_soon_threadsafe(stop)

    async def _pump(self, send: Send, concurrency: int, ordered: bool, gate: Gate | None) -> None:
        try:
            async with contextlib.aclosing(
                outcomes(send, self._feed, concurrency, ordered, gate)
            ) as all_of_it:
                async for outcome in all_of_it:
                    self._tell(outcome)
        except asyncio.CancelledError:
            self._tell(CallCancelledError("The call was cancelled while requests were under way."))
            raise
        except Exception as error:
            self._tell(error)
        else:
            self._tell(None)


class Results(Iterator[Outcome]):
    """The outcomes of many requests, for blocking code. Close it, or use `with`, to cancel what is under
    way.
    """

    def __init__(
        self,
        thread: LoopThread,
        send: Send,
        requests: Iterable[Any],
        concurrency: int,
        ordered: bool,
        cancellation: Cancellation | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._loop = thread.loop()
        self._source = iter(requests)
        self._window = concurrency * _AHEAD
        self._refill_below = self._window - max(1, concurrency // 4) + 1
        self._ahead = 0
        self._drawn = 0
        self._exhausted = False
        self._failure: BaseException | None = None
        self._done: queue.SimpleQueue[Outcome | BaseException | _Wanted | None] = queue.SimpleQueue()
        self._feed = _Feed(lambda: self._done.put(_WANTED))
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._abandoned = False
        self._cancellation = cancellation
        start_afresh(self)
        context = contextvars.copy_context()
        started = threading.Event()

        def start() -> None:
            pump = self._pump(send, concurrency, ordered, gate)
            self._task = context.run(self._loop.create_task, pump)
            # Not in the task itself, which may be cancelled before it begins.
            self._task.add_done_callback(lambda _: self._done.put(None))
            started.set()

        self._loop.call_soon_threadsafe(start)
        started.wait()
        if cancellation is not None:
            cancellation.register(self, self._cancel)

    async def _pump(self, send: Send, concurrency: int, ordered: bool, gate: Gate | None) -> None:
        try:
            async for outcome in outcomes(send, self._feed, concurrency, ordered, gate):
                self._done.put(outcome)
        except asyncio.CancelledError:
            cancelled = self._cancellation is not None and self._cancellation.cancelled
            why = "The call was cancelled" if cancelled else "The client was closed"
            self._done.put(CallCancelledError(f"{why} while requests were under way."))
            raise
        except Exception as error:  # handed to the consumer, who raises it
            self._done.put(error)

    def after_fork(self) -> None:
        """In a child: nobody works on these here. Who asks for them is told so."""
        leave_to_parent(self._task, self._done, self._feed)
        if not self._closed:
            self._closed = True
            self._abandoned = True

    def _cancel(self) -> None:
        try:
            if self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)
        except RuntimeError:  # the loop is closed, and with it the task has ended
            return

    def __next__(self) -> Outcome:
        if self._closed:
            if self._abandoned:
                raise CallCancelledError("These requests are under way in the process that this one left.")
            raise StopIteration
        try:
            if self._ahead < self._refill_below:
                self._refill()
            while isinstance(outcome := self._take(), _Wanted):
                self._refill()
        except BaseException:
            self.close()
            raise
        if isinstance(outcome, Outcome):
            self._ahead -= 1
            return outcome
        if outcome is not None:
            self.close()
            raise outcome
        self._end()
        if self._failure is not None:
            raise self._failure
        raise StopIteration

    def _end(self) -> None:
        self._closed = True
        if self._cancellation is not None:
            self._cancellation.register(self, None)

    def _take(self) -> Outcome | BaseException | _Wanted | None:
        while True:
            try:
                # A limit, so that Ctrl+C is seen on Windows, where a wait without one cannot be interrupted.
                return self._done.get(timeout=0.5)
            except queue.Empty:
                continue

    def _refill(self) -> None:
        """Draw as much as the engine may work on; only what it asks for while it is held up."""
        if self._exhausted:
            return
        most = self._window - self._ahead
        if self._feed.held:
            most = min(most, 1 - (self._drawn - self._feed.taken))
        drawn: list[Any] = []
        while len(drawn) < most:
            try:
                drawn.append(next(self._source))
            except StopIteration:
                self._exhausted = True
                break
            except Exception as error:  # raised once everything drawn is handed back
                self._exhausted, self._failure = True, error
                break
        self._ahead += len(drawn)
        self._drawn += len(drawn)
        if drawn or self._exhausted:
            self._loop.call_soon_threadsafe(self._feed.put, drawn, self._exhausted)

    def close(self) -> None:
        """Cancel what is under way and wait until its sockets are closed. Iterating afterwards ends."""
        if self._closed:
            return
        self._end()
        self._cancel()
        while self._take() is not None:
            continue

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if "_closed" in self.__dict__ and not self._closed:
            self.close()

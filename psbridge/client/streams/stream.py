"""A streamed completion: typed chunks as they arrive, text, events, or the whole completion at the end.

`StreamState` holds all that can go wrong and performs no I/O; `ChatStream` and `AsyncChatStream` drive it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Generator, Iterator
from types import TracebackType
from typing import Any

from ..core import Core
from ..errors import (
    BadResponseError,
    ClientError,
    ConnectionFailedError,
    IdleTimeoutError,
    StreamError,
    StreamEventError,
    StreamStalledError,
    TruncatedStreamError,
)
from ..exchange.drivers import AsyncDriver, Driver
from ..exchange.loop import Answer, Call, Close, Command, Read, error_members
from ..exchange.telemetry import Span
from ..message import jsontext
from ..message.headers import Headers
from .assemble import DONE, Assembler
from .events import Done, StreamEvent, events_of
from .sse import ServerSentEvent

_AFTER_DONE = 0.25  # seconds given to a server to end its reply properly, so that the connection can be kept


class StreamState:
    """What has come of a stream, what is still to be delivered, and how it ended."""

    def __init__(self, core: Core, call: Call, answer: Answer, span: Span) -> None:
        assert answer.decoder is not None and answer.inflater is not None
        self.core = core
        self.call = call
        self.answer = answer
        self.span = span
        self.ready: deque[bytes] = deque()
        self.ended = False
        self.closed = False
        self._failure: ClientError | None = None
        self._decoder = answer.decoder
        self._inflater = answer.inflater
        self._comments = self._decoder.comments
        self._delivered: list[bytes] = []
        self._assembler = Assembler()
        self._begun: set[int] = set()
        self._finished: set[int] = set()
        self._usage: Any = None
        self._take_in(answer.events)

    # Filling

    def fill(self) -> Generator[Command, Any, None]:
        """Read until a chunk is ready or the stream has ended; raises what went wrong once all chunks are
        out.
        """
        while not self.ready:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                yield from self.stop(failure)
                raise failure
            if self.closed:
                return
            if self.ended:
                yield from self._drain()
                return
            try:
                data: bytes = yield Read(self.answer.response)
                if data:
                    self._take_in(self._decoder.feed(self._inflater.feed(data)))
                else:
                    self._inflater.finish()
                    self._failure = self._truncated("before it said that it was done")
            except ClientError as error:
                self._failure = self._converted(error)
            except BaseException as error:
                yield from self.stop(error)
                raise

    def _take_in(self, events: list[ServerSentEvent] | tuple[ServerSentEvent, ...]) -> None:
        bounds = self.answer.bounds
        if events or self._decoder.comments != self._comments:
            self._comments = self._decoder.comments
            bounds.idle_until = bounds.now() + self.call.idle_timeout
        for event in events:
            data = event.data
            if data == DONE or data.strip() == DONE:
                self.ended = True
                return
            if event.event == "error" or b'"error"' in data:
                failure = self._event_error(event)
                if failure is not None:
                    self._failure = failure
                    return
            if data:
                self.ready.append(data)

    def _drain(self) -> Generator[Command, Any, None]:
        """Read the end of the reply behind [DONE], so that the connection can serve again."""
        bounds = self.answer.bounds
        bounds.idle_until = bounds.now() + _AFTER_DONE
        try:
            while (yield Read(self.answer.response)):
                continue
        except ClientError:
            yield Close(self.answer.response)

    # Delivering

    def decode(self, data: bytes) -> Any:
        """A chunk, by the codec."""
        try:
            chunk = self.core.codec.chunk(data)
        except (ValueError, TypeError, RecursionError) as error:
            raise self._unreadable(data, error) from None
        self._delivered.append(data)
        self._note(chunk)
        return chunk

    def parse(self, data: bytes) -> dict[str, Any]:
        """A chunk, as its JSON."""
        try:
            chunk = jsontext.loads(data)
            if not isinstance(chunk, dict):
                raise ValueError("a chunk is no JSON object")
        except ValueError as error:
            raise self._unreadable(data, error) from None
        self._fold()
        self._assembler.add(chunk)
        self._note(chunk)
        return chunk

    def _note(self, chunk: Any) -> None:
        choices = jsontext.field(chunk, "choices")
        for choice in choices or ():
            index = jsontext.field(choice, "index") or 0
            self._begun.add(index)
            if jsontext.field(choice, "finish_reason") is not None:
                self._finished.add(index)
        usage = jsontext.field(chunk, "usage")
        if usage is not None:
            self._usage = usage

    def _fold(self) -> None:
        for data in self._delivered:
            chunk = jsontext.loads(data)
            if isinstance(chunk, dict):
                self._assembler.add(chunk)
        self._delivered.clear()

    def check_end(self) -> None:
        """All chunks are out and [DONE] came; raises when a choice has no finish_reason."""
        if self._begun - self._finished:
            self._fold()
            if self._assembler.unfinished():
                raise self._truncated("before a choice was finished")

    def whole(self) -> Any:
        """The completion, by the codec."""
        self._fold()
        data = jsontext.dumps(self._assembler.completion())
        try:
            return self.core.codec.completion(data)
        except (ValueError, TypeError, RecursionError) as error:
            raise self._unreadable(data, error) from None

    def partial(self) -> dict[str, Any]:
        """The completion as far as it has come, chunks included that were not delivered yet."""
        self._fold()
        for data in self.ready:
            try:
                chunk = jsontext.loads(data)
            except ValueError:
                break
            if isinstance(chunk, dict):
                self._assembler.add(chunk)
        return self._assembler.completion()

    # Ending

    def settle(self, error: BaseException | None) -> None:
        """Count the stream once, when it has ended or was closed."""
        if self.closed:
            return
        self.closed = True
        seconds = self.answer.bounds.now() - self.answer.started
        if error is None:
            value = {"usage": self._usage}
            self.core.usage.answered(value, self.answer.attempts)
            if self.call.limits is not None:
                total = jsontext.field(self._usage, "total_tokens")
                self.call.limits.succeeded(self.call.outgoing.estimated_tokens, total)
            self.span.end(value, seconds=seconds)
        else:
            self.core.failed(error)
            self.span.fail(error)

    def stop(self, error: BaseException | None = None) -> Generator[Command, Any, None]:
        """Close at once."""
        self.settle(error)
        yield Close(self.answer.response)

    # Errors

    def _details(self) -> dict[str, Any]:
        answer = self.answer
        return {
            "status": answer.status,
            "reason": answer.reason,
            "request_id": answer.headers.request_id,
            "headers": answer.headers,
            "attempts": answer.attempts,
            "elapsed": answer.bounds.now() - answer.started,
            "partial": self.partial(),
        }

    def _truncated(self, when: str) -> StreamError:
        return TruncatedStreamError(f"The stream ended {when}.", **self._details())

    def _converted(self, error: ClientError) -> ClientError:
        made: ClientError
        if isinstance(error, IdleTimeoutError):
            made = StreamStalledError(
                "The stream stalled: no chunk came within the idle limit.", **self._details()
            )
        elif isinstance(error, ConnectionFailedError):
            made = TruncatedStreamError(f"The stream was cut off: {error.message}", **self._details())
        else:
            made = type(error)(error.message, **self._details())
        made.__cause__ = error
        return made

    def _unreadable(self, data: bytes, error: Exception) -> BadResponseError:
        why = str(error).partition("\n")[0] if isinstance(error, ValueError) else "it is nested too deeply"
        failure = BadResponseError(f"A chunk of the stream cannot be read: {why}.", **self._details())
        failure.body = data
        return failure

    def _event_error(self, event: ServerSentEvent) -> StreamEventError | None:
        try:
            members = jsontext.loads(event.data)
        except ValueError:
            members = event.data.decode("utf-8", "replace") if event.event == "error" else None
        if event.event != "error" and not jsontext.field(members, "error"):
            return None
        code, param, kind, told = error_members(members)
        return StreamEventError(
            f"The server reported an error in the stream: {told or 'no message'}",
            code=code,
            param=param,
            type=kind,
            body=event.data,
            **self._details(),
        )


class _Opened:
    """What a stream tells before and after its chunks."""

    def __init__(self, state: StreamState) -> None:
        self._state = state
        self._ready = state.ready
        self._decode = state.decode

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._state.answer.status

    @property
    def headers(self) -> Headers:
        """The reply's headers."""
        return self._state.answer.headers

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, or None."""
        return self.headers.request_id

    @property
    def attempts(self) -> int:
        """How often the request was sent."""
        return self._state.answer.attempts

    @property
    def partial(self) -> dict[str, Any]:
        """The completion as far as it has come (JSON-like)."""
        return self._state.partial()


class ChatStream(_Opened):
    """Iterate it for typed chunks, or use one of `text`, `events` and `completion`; close it, or use `with`.

    Raises, while it is read:
        StreamError: it was cut off, stalled, or the server reported an error; `partial` holds what had
            arrived.
        DeadlineError, ResponseTooLargeError, BadResponseError: likewise with `partial`.
    """

    def __init__(self, state: StreamState, driver: Driver) -> None:
        super().__init__(state)
        self._driver = driver

    def __iter__(self) -> ChatStream:
        return self

    def __next__(self) -> Any:
        if not self._ready and not self._fill():
            raise StopIteration
        return self._guarded(self._decode)

    def _fill(self) -> bool:
        state = self._state
        if not state.closed:
            self._driver.run(state.fill())
        if self._ready:
            return True
        if not state.closed:
            try:
                state.check_end()
            except ClientError as error:
                self._driver.run(state.stop(error))
                raise
            self._driver.run(state.stop())
        return False

    def _guarded(self, read: Any) -> Any:
        try:
            return read(self._ready.popleft())
        except ClientError as error:
            self._driver.run(self._state.stop(error))
            raise

    def _chunks(self) -> Iterator[dict[str, Any]]:
        while self._ready or self._fill():
            yield self._guarded(self._state.parse)

    def text(self, choice: int = 0) -> Iterator[str]:
        """The content of one choice, piece by piece as it arrives; pieces are not empty."""
        for event in self.events(done=False):
            if event.type == "content" and event.choice == choice:
                yield event.text

    def events(self, *, done: bool = True) -> Iterator[StreamEvent]:
        """What happens, as events: content, refusal, tool call, usage; at the end `done` with the whole
        completion.
        """
        for chunk in self._chunks():
            yield from events_of(chunk)
        if done:
            yield Done(self._state.whole())

    def completion(self) -> Any:
        """Read to the end; the whole completion by the codec, as if it had not been streamed."""
        for _ in self._chunks():
            continue
        return self._state.whole()

    def close(self) -> None:
        """Close the connection at once; iterating afterwards ends."""
        if not self._state.closed:
            self._ready.clear()
            self._driver.run(self._state.stop())

    def __enter__(self) -> ChatStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if "_driver" in self.__dict__:
            self.close()


class AsyncChatStream(_Opened):
    """The asyncio twin of `ChatStream`."""

    def __init__(self, state: StreamState, driver: AsyncDriver) -> None:
        super().__init__(state)
        self._driver = driver

    def __aiter__(self) -> AsyncChatStream:
        return self

    async def __anext__(self) -> Any:
        if not self._ready and not await self._fill():
            raise StopAsyncIteration
        return await self._guarded(self._decode)

    async def _fill(self) -> bool:
        state = self._state
        if not state.closed:
            await self._driver.run(state.fill())
        if self._ready:
            return True
        if not state.closed:
            try:
                state.check_end()
            except ClientError as error:
                await self._driver.run(state.stop(error))
                raise
            await self._driver.run(state.stop())
        return False

    async def _guarded(self, read: Any) -> Any:
        try:
            return read(self._ready.popleft())
        except ClientError as error:
            await self._driver.run(self._state.stop(error))
            raise

    async def _chunks(self) -> AsyncIterator[dict[str, Any]]:
        while self._ready or await self._fill():
            yield await self._guarded(self._state.parse)

    async def text(self, choice: int = 0) -> AsyncIterator[str]:
        """The content of one choice, piece by piece as it arrives; pieces are not empty."""
        async for event in self.events(done=False):
            if event.type == "content" and event.choice == choice:
                yield event.text

    async def events(self, *, done: bool = True) -> AsyncIterator[StreamEvent]:
        """What happens, as events: content, refusal, tool call, usage; at the end `done` with the whole
        completion.
        """
        async for chunk in self._chunks():
            for event in events_of(chunk):
                yield event
        if done:
            yield Done(self._state.whole())

    async def completion(self) -> Any:
        """Read to the end; the whole completion by the codec, as if it had not been streamed."""
        async for _ in self._chunks():
            continue
        return self._state.whole()

    async def close(self) -> None:
        """Close the connection at once; iterating afterwards ends."""
        if not self._state.closed:
            self._ready.clear()
            await self._driver.run(self._state.stop())

    async def __aenter__(self) -> AsyncChatStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

"""A streamed completion: typed chunks as they arrive, text, events, or the whole completion at the end.

`ChatStream` and `AsyncChatStream` drive a `StreamState`, which holds all that can go wrong.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any

from ..errors import ClientError
from ..exchange.drivers import AsyncDriver, Driver
from ..message.headers import Headers
from ..settings.secret import without_frames
from .events import Done, EventReader, StreamEvent
from .state import StreamState


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
            failure = without_frames(error)
        raise failure

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
        reader = EventReader()
        for chunk in self._chunks():
            yield from reader.events_of(chunk)
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
            failure = without_frames(error)
        raise failure

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
        reader = EventReader()
        async for chunk in self._chunks():
            for event in reader.events_of(chunk):
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

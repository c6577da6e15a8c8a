"""The asyncio client: the twin of `client`, over the same retry loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .chat import CREATE, DELETE, GET, LIST, MESSAGES, UPDATE, stored
from .clock import Clock
from .core import CallOptions, Core
from .exchange.call import Answer, Call
from .exchange.drivers import AsyncDriver
from .exchange.gate import Gate, Job
from .exchange.limits import Place, RateLimits
from .exchange.loop import exchange
from .exchange.many import Outcome, Send, check_concurrency, outcomes
from .message.codec import Codec
from .message.form import Form
from .message.jsontext import field
from .message.payload import Payload
from .message.reply import Reply, Usage
from .operation import Operation
from .settings.configuration import Configuration
from .streams.state import StreamState
from .streams.stream import AsyncChatStream
from .wire.choice import AsyncChosenTransport
from .wire.transport import AsyncTransport

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .exchange.sink import Sink


class AsyncClient:
    """Chat completions over one shared set of connections; belongs to one event loop at a time.

    Args:
        configuration: fixed, or None to follow the one in force where each call is made.
        codec: decodes replies; plain dicts by default.
        limits: rate limits shared by all calls, or None.
        transport: sends requests; by default the one that the configuration's `transport` names.
        clock: the time; replaced in tests.

    Every method raises kinds of `ClientError`; see `errors`. Options are those of `CallOptions`.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        codec: Codec | None = None,
        limits: RateLimits | None = None,
        transport: AsyncTransport | None = None,
        clock: Clock | None = None,
        *,
        _core: Core | None = None,
    ) -> None:
        self._core = _core if _core is not None else Core(configuration, codec, limits, clock)
        self._transport: AsyncTransport = transport if transport is not None else AsyncChosenTransport()
        self._driver = AsyncDriver(self._transport, self._core.keys, self._core.clock)

    @property
    def usage(self) -> Usage:
        """What was used through this client so far: `client.usage.totals()`."""
        return self._core.usage

    def map(
        self,
        bodies: Iterable[bytes | Mapping[str, Any]] | AsyncIterable[bytes | Mapping[str, Any]],
        *,
        concurrency: int = 32,
        ordered: bool = True,
        limits: RateLimits | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncGenerator[Outcome, None]:
        """Send many requests, at most `concurrency` at a time; yields an `Outcome` for each, failures
        included.

        `bodies` may be endless: at most twice `concurrency` are drawn before one is handed back. Without
        `ordered`, outcomes come as they are ready. Everybody who sends many to one service with one key
        shares its limits, unless `limits` are given: a 429 slows all down and uses up no try. A request is
        drawn when there is a place for it, and has its whole time limit from then on.
        Closing the generator (`aclose`) cancels what is under way.
        """
        held = self._core.held(options)

        check_concurrency(concurrency)
        gate = self._core.gate(limits, held)
        return outcomes(self.create_reserved(gate, held), bodies, concurrency, ordered, gate)

    def create_reserved(self, gate: Gate, options: CallOptions) -> Send:
        """What creates one of many, in the place reserved for it under the shared limits."""

        core = self._core

        async def send(body: bytes | Mapping[str, Any] | Job, place: Place | None) -> Any:
            counted = not isinstance(body, Job) or body.body is not None
            with core.sharing(gate, place, counted):
                if isinstance(body, Job):
                    return await body.run(lambda content: self.create(content, **options))
                return await self.create(body, **options)

        return send

    async def create(self, body: bytes | Mapping[str, Any], **options: Unpack[CallOptions]) -> Reply:
        """Send a chat completion request: JSON bytes, or a mapping; returns the completion in a `Reply`."""
        core = self._core
        call = core.prepared(CREATE, {}, {}, body, options)
        span = core.span(call)
        try:
            reply = core.reply(call, await self._run(call))
        except BaseException as error:
            core.failed(error)
            span.fail(error)
            raise
        span.end(reply.value)
        return reply

    async def stream(
        self, body: bytes | Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> AsyncChatStream:
        """Send a chat completion request and return its stream once the first chunk is there."""
        core = self._core
        call = core.prepared(CREATE, {}, {}, body, options, streamed=True)
        span = core.span(call)
        try:
            answer = await self._run(call)
        except BaseException as error:
            core.failed(error)
            span.fail(error)
            raise
        return AsyncChatStream(StreamState(core, call, answer, span), self._driver)

    async def call(
        self,
        operation: Operation,
        *,
        places: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Payload | bytes | Mapping[str, Any] | Form | None = None,
        **options: Unpack[CallOptions],
    ) -> Reply:
        """Do any operation: `places` fill the braces of its path, `body` is its JSON, or a form."""
        call = self._core.prepared(operation, places or {}, query or {}, body, options)
        return self._core.reply(call, await self._run(call))

    async def download(
        self,
        operation: Operation,
        sink: Sink,
        *,
        places: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Reply:
        """Do an operation that answers with a file's content, which goes into `sink` as it comes.

        A connection that breaks on the way is taken up where it broke, within the one time limit. The
        reply's value is what the sink makes of it: the bytes, or the path of the file.
        """
        from .exchange.download import download

        call = self._core.prepared(operation, places or {}, query or {}, None, options)
        try:
            steps = download(call, sink, self._core.clock)
            answer = await self._driver.run(steps)
            return self._core.replied(call, answer, sink.finish())
        finally:
            sink.leave()

    def pages(
        self,
        operation: Operation,
        *,
        places: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Any]:
        """The items of an operation that answers with pages, page after page as they are asked for."""
        return self._items(operation, places, dict(query or {}), self._core.held(options))

    async def _items(
        self,
        operation: Operation,
        places: Mapping[str, Any] | None,
        asked: dict[str, Any],
        options: CallOptions,
    ) -> AsyncIterator[Any]:
        while True:
            page = (await self.call(operation, places=places, query=asked, **options)).value
            items = field(page, "data") or []
            for item in items:
                yield item
            following = field(page, "last_id") or (field(items[-1], "id") if items else None)
            if not field(page, "has_more") or not items or following in (None, asked.get("after")):
                return
            asked["after"] = following

    async def get(self, completion_id: str, **options: Unpack[CallOptions]) -> Reply:
        """A stored completion."""
        return await self.call(GET, places=stored(completion_id), **options)

    async def list(
        self,
        *,
        model: str | None = None,
        metadata: Mapping[str, str] | None = None,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Reply:
        """One page of stored completions; `value` has `data`, `has_more`, `last_id`. `order` is asc or
        desc.
        """
        query = {"model": model, "metadata": metadata, "after": after, "limit": limit, "order": order}
        return await self.call(LIST, query=query, **options)

    def list_all(
        self,
        *,
        model: str | None = None,
        metadata: Mapping[str, str] | None = None,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Any]:
        """All stored completions, page after page as they are asked for; `limit` is the size of a page."""
        query = {"model": model, "metadata": metadata, "after": after, "limit": limit, "order": order}
        return self.pages(LIST, query=query, **options)

    async def messages(
        self,
        completion_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Reply:
        """One page of the messages of a stored completion."""
        query = {"after": after, "limit": limit, "order": order}
        return await self.call(MESSAGES, places=stored(completion_id), query=query, **options)

    def messages_all(
        self,
        completion_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Any]:
        """All messages of a stored completion, page after page as they are asked for."""
        query = {"after": after, "limit": limit, "order": order}
        return self.pages(MESSAGES, places=stored(completion_id), query=query, **options)

    async def update(
        self, completion_id: str, metadata: Mapping[str, str] | None, **options: Unpack[CallOptions]
    ) -> Reply:
        """Replace a stored completion's metadata."""
        body = {"metadata": metadata}
        return await self.call(UPDATE, places=stored(completion_id), body=body, **options)

    async def delete(self, completion_id: str, **options: Unpack[CallOptions]) -> Reply:
        """Delete a stored completion."""
        return await self.call(DELETE, places=stored(completion_id), **options)

    async def close(self) -> None:
        """Close idle connections. The client can be used again afterwards."""
        await self._transport.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, call: Call) -> Answer:
        return await self._driver.run(exchange(call, self._core.clock))

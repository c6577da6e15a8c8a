"""The blocking client. Its asyncio twin is in `asyncclient`; both stand on one retry loop, and a test keeps
them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .chat import CREATE, DELETE, GET, LIST, MESSAGES, UPDATE, stored
from .clock import Clock
from .core import CallOptions, Core
from .exchange.background import LoopThread
from .exchange.call import Answer, Call
from .exchange.drivers import Driver
from .exchange.limits import RateLimits
from .exchange.loop import exchange
from .exchange.many import Line, Outcome, Results, check_concurrency
from .message.codec import Codec
from .message.form import Form
from .message.jsontext import field
from .message.payload import Payload
from .message.reply import Reply, Usage
from .operation import Operation
from .settings.configuration import Configuration
from .streams.state import StreamState
from .streams.stream import ChatStream
from .wire.choice import ChosenTransport
from .wire.transport import Transport

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .asyncclient import AsyncClient
    from .exchange.sink import Sink


class Client:
    """Chat completions over one shared set of connections; may be used from many threads.

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
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._core = Core(configuration, codec, limits, clock)
        self._transport: Transport = transport if transport is not None else ChosenTransport()
        self._driver = Driver(self._transport, self._core.keys, self._core.clock)
        self._thread = LoopThread()
        self._many: AsyncClient | None = None

    @property
    def usage(self) -> Usage:
        """What was used through this client so far: `client.usage.totals()`."""
        return self._core.usage

    def map(
        self,
        bodies: Iterable[bytes | Mapping[str, Any]],
        *,
        concurrency: int = 32,
        ordered: bool = True,
        limits: RateLimits | None = None,
        **options: Unpack[CallOptions],
    ) -> Results:
        """Send many requests, at most `concurrency` at a time; yields an `Outcome` for each, failures
        included.

        `bodies` may be endless: at most twice `concurrency` are drawn before one is handed back. Without
        `ordered`, outcomes come as they are ready. Everybody who sends many to one service with one key
        shares its limits, unless `limits` are given: a 429 slows all down and uses up no try. A request is
        drawn when there is a place for it, and has its whole time limit from then on.
        Closing the result, or leaving its `with`, cancels what is under way.
        """
        check_concurrency(concurrency)
        held = self._core.held(options)
        gate = self._core.gate(limits, held)
        send = self._twin().create_reserved(gate, held)
        return Results(self._thread, send, bodies, concurrency, ordered, options.get("cancellation"), gate)

    def line(
        self,
        tell: Callable[[Outcome | BaseException | None], None],
        *,
        concurrency: int = 32,
        ordered: bool = True,
        limits: RateLimits | None = None,
        **options: Unpack[CallOptions],
    ) -> Line:
        """Like `map`, with the requests handed in one by one: bodies, or `Job`s.

        `tell` gets each outcome as it is ready, then None, or what ended it all; it is called on the client's
        own thread and must not wait.
        """
        check_concurrency(concurrency)
        held = self._core.held(options)
        gate = self._core.gate(limits, held)
        return Line(self._thread, self._twin().create_reserved(gate, held), concurrency, ordered, tell, gate)

    def on_asyncio(self) -> AsyncClient:
        """A new asyncio client with connections of its own; settings, codec, limits and usage are shared."""
        from .asyncclient import AsyncClient

        return AsyncClient(_core=self._core)

    def _twin(self) -> AsyncClient:
        if self._many is None:
            self._many = self.on_asyncio()
        return self._many

    def create(self, body: bytes | Mapping[str, Any], **options: Unpack[CallOptions]) -> Reply:
        """Send a chat completion request: JSON bytes, or a mapping; returns the decoded completion in a
        `Reply`.
        """
        core = self._core
        call = core.prepared(CREATE, {}, {}, body, options)
        span = core.span(call)
        try:
            reply = core.reply(call, self._run(call))
        except BaseException as error:
            core.failed(error)
            span.fail(error)
            raise
        span.end(reply.value)
        return reply

    def stream(self, body: bytes | Mapping[str, Any], **options: Unpack[CallOptions]) -> ChatStream:
        """Send a chat completion request and return its stream once the first chunk is there."""
        core = self._core
        call = core.prepared(CREATE, {}, {}, body, options, streamed=True)
        span = core.span(call)
        try:
            answer = self._run(call)
        except BaseException as error:
            core.failed(error)
            span.fail(error)
            raise
        return ChatStream(StreamState(core, call, answer, span), self._driver)

    def call(
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
        return self._core.reply(call, self._run(call))

    def download(
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
            answer = self._driver.run(steps, call.cancellation)
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
    ) -> Iterator[Any]:
        """The items of an operation that answers with pages, page after page as they are asked for."""
        return self._items(operation, places, dict(query or {}), self._core.held(options))

    def _items(
        self,
        operation: Operation,
        places: Mapping[str, Any] | None,
        asked: dict[str, Any],
        options: CallOptions,
    ) -> Iterator[Any]:
        while True:
            page = (self.call(operation, places=places, query=asked, **options)).value
            items = field(page, "data") or []
            yield from items
            following = field(page, "last_id") or (field(items[-1], "id") if items else None)
            if not field(page, "has_more") or not items or following in (None, asked.get("after")):
                return
            asked["after"] = following

    def get(self, completion_id: str, **options: Unpack[CallOptions]) -> Reply:
        """A stored completion."""
        return self.call(GET, places=stored(completion_id), **options)

    def list(
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
        return self.call(LIST, query=query, **options)

    def list_all(
        self,
        *,
        model: str | None = None,
        metadata: Mapping[str, str] | None = None,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[Any]:
        """All stored completions, page after page as they are asked for; `limit` is the size of a page."""
        query = {"model": model, "metadata": metadata, "after": after, "limit": limit, "order": order}
        return self.pages(LIST, query=query, **options)

    def messages(
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
        return self.call(MESSAGES, places=stored(completion_id), query=query, **options)

    def messages_all(
        self,
        completion_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        order: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[Any]:
        """All messages of a stored completion, page after page as they are asked for."""
        query = {"after": after, "limit": limit, "order": order}
        return self.pages(MESSAGES, places=stored(completion_id), query=query, **options)

    def update(
        self, completion_id: str, metadata: Mapping[str, str] | None, **options: Unpack[CallOptions]
    ) -> Reply:
        """Replace a stored completion's metadata."""
        body = {"metadata": metadata}
        return self.call(UPDATE, places=stored(completion_id), body=body, **options)

    def delete(self, completion_id: str, **options: Unpack[CallOptions]) -> Reply:
        """Delete a stored completion."""
        return self.call(DELETE, places=stored(completion_id), **options)

    def close(self) -> None:
        """Close idle connections. The client can be used again afterwards."""
        self._transport.close()
        if self._many is not None and self._thread.started:
            self._thread.stop(self._many.close())

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, call: Call) -> Answer:
        return self._driver.run(exchange(call, self._core.clock), call.cancellation)

"""The calls of ChatApi over the one client, for any codec: blocking, asyncio, events, exceptions.

`psbridge.cmdlets.chatapi.ChatApi` gives it models; here a request is whatever `_body` makes bytes of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from psbridge.errors import PSBridgeError

from ..client.asyncclient import AsyncClient
from ..client.chat import CREATE
from ..client.client import Client
from ..client.clock import Cancellation, Clock
from ..client.errors import CallCancelledError, ClientError, StatusError
from ..client.message.codec import Codec
from ..client.message.reply import Reply
from ..client.settings.configuration import current_configuration
from ..client.wire.choice import AsyncChosenTransport, ChosenTransport
from .breaker import AsyncBreakerTransport, BreakerTransport
from .events import ApiResponseEventArgs, ChatApiEvents, ExceptionEventArgs, RequestEventArgs
from .options import HostConfiguration
from .response import ApiException, ApiResponse, api_exception

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
SelfT = TypeVar("SelfT", bound="ChatApiBase[Any, Any]")


class ChatApiBase(Generic[RequestT, ResponseT]):
    """`CreateChatCompletion` and its asyncio twins; may be used from many threads and event loops.

    Args:
        options: from `configure_api`; None follows the configuration in force at each call.
        clock: the time; replaced in tests.
    """

    def __init__(self, options: HostConfiguration | None = None, clock: Clock | None = None) -> None:
        self._options = options if options is not None else HostConfiguration()
        self._clock = clock if clock is not None else Clock()
        self._configuration = self._options.configuration(current_configuration(), self._clock)
        self._breaker = self._options.breaker(self._clock)
        self._sync = self._client()
        self._async: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncClient] = WeakKeyDictionary()
        self._events = ChatApiEvents()

    @property
    def Events(self) -> ChatApiEvents:
        """What is told before and after every call."""
        return self._events

    def CreateChatCompletion(self, request: RequestT, cancellation: Cancellation | None = None) -> ResponseT:
        """Send the request and return its completion.

        Raises:
            ApiException: there is no completion to return; also of New-ChatCompletion's class for it.
            PSBridgeError: the request is not valid; nothing was sent.
        """
        started = self._clock.time()
        body = self._begin(request)
        try:
            reply = self._sync.create(body, **_options(cancellation))
        except ClientError as error:
            raise self._failed(error, started) from error.__cause__
        if self._events.OnCreateChatCompletion:
            self._came(reply)
        value: ResponseT = reply.value
        return value

    async def CreateChatCompletionAsync(
        self, request: RequestT, cancellation: Cancellation | None = None
    ) -> ApiResponse[ResponseT]:
        """Send the request and return the response, of whatever status.

        Raises:
            ApiException: there is no response (no connection, a time limit, a reply that is no completion).
            PSBridgeError: the request is not valid; nothing was sent.
        """
        started = self._clock.time()
        body = self._begin(request)
        try:
            reply = await self._send(body, cancellation)
        except StatusError as error:
            self._failed(error, started)
            return self._response(error, started)
        except ClientError as error:
            raise self._failed(error, started) from error.__cause__
        return self._came(reply)

    async def CreateChatCompletionOrDefaultAsync(
        self, request: RequestT, cancellation: Cancellation | None = None
    ) -> ApiResponse[ResponseT] | None:
        """Like CreateChatCompletionAsync, but None where that raises an error of psbridge's."""
        try:
            return await self.CreateChatCompletionAsync(request, cancellation)
        except PSBridgeError:
            return None

    def Dispose(self) -> None:
        """Close the idle connections of the blocking calls. The object can be used again afterwards."""
        self._sync.close()

    async def DisposeAsync(self) -> None:
        """Close the idle connections of this event loop's calls."""
        client = self._async.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    events = Events
    create_chat_completion = CreateChatCompletion
    create_chat_completion_async = CreateChatCompletionAsync
    create_chat_completion_or_default_async = CreateChatCompletionOrDefaultAsync
    dispose = Dispose
    dispose_async = DisposeAsync

    def __enter__(self: SelfT) -> SelfT:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.Dispose()

    async def __aenter__(self: SelfT) -> SelfT:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.DisposeAsync()

    def _codec(self) -> Codec | None:
        """What decodes replies."""
        return None

    def _body(self, request: Any) -> bytes | Mapping[str, Any]:
        """What is sent for a request."""
        body: bytes | Mapping[str, Any] = self._options.json.converted(request)
        return body

    def _begin(self, request: RequestT) -> bytes | Mapping[str, Any]:
        if self._events.BeforeCreateChatCompletion:
            self._events.BeforeCreateChatCompletion.raise_to_caller(self, RequestEventArgs(request))
        try:
            return self._body(request)
        except PSBridgeError as error:
            self._events.OnErrorCreateChatCompletion.tell(self, ExceptionEventArgs(error))
            raise

    def _came(self, reply: Reply) -> ApiResponse[ResponseT]:
        response: ApiResponse[ResponseT] = ApiResponse.of_reply(reply, CREATE.path)
        self._events.OnCreateChatCompletion.tell(self, ApiResponseEventArgs(response))
        return response

    def _response(self, error: StatusError, started: float) -> ApiResponse[ResponseT]:
        base = (self._configuration or current_configuration()).resolved().base_url or ""
        return ApiResponse.of_error(error, started, base + CREATE.path, CREATE.path)

    def _failed(self, error: ClientError, started: float) -> ApiException:
        """Tell of a failure: a response when there is one, else an error."""
        exception = api_exception(error)
        if isinstance(error, StatusError):
            response = self._response(error, started)
            self._events.OnCreateChatCompletion.tell(self, ApiResponseEventArgs(response))
        else:
            self._events.OnErrorCreateChatCompletion.tell(self, ExceptionEventArgs(exception))
        return exception

    def _client(self) -> Client:
        transport = None if self._breaker is None else BreakerTransport(ChosenTransport(), self._breaker)
        return Client(self._configuration, self._codec(), transport=transport, clock=self._clock)

    def _client_of_loop(self) -> AsyncClient:
        loop = asyncio.get_running_loop()
        client = self._async.get(loop)
        if client is None:
            transport = AsyncChosenTransport()
            client = self._async[loop] = AsyncClient(
                self._configuration,
                self._codec(),
                transport=transport
                if self._breaker is None
                else AsyncBreakerTransport(transport, self._breaker),
                clock=self._clock,
            )
        return client

    async def _send(self, body: bytes | Mapping[str, Any], cancellation: Cancellation | None) -> Reply:
        client = self._client_of_loop()
        if cancellation is None:
            return await client.create(body)
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(client.create(body))

        def cancel() -> None:
            loop.call_soon_threadsafe(task.cancel)

        cancellation.register(task, cancel)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if cancellation.cancelled and task.cancelled() and not _being_cancelled(current):
                raise CallCancelledError("The call was cancelled.") from None
            task.cancel()
            raise
        finally:
            cancellation.register(task, None)


def _being_cancelled(task: asyncio.Task[Any] | None) -> bool:
    # Task.cancelling exists since Python 3.11; before it, a cancelled Cancellation is taken at its word.
    cancelling = getattr(task, "cancelling", None)
    return bool(cancelling and cancelling())


def _options(cancellation: Cancellation | None) -> Any:
    return {} if cancellation is None else {"cancellation": cancellation}

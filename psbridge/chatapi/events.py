"""What happens round a call, for those who want to be told: the C# client's `Events`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .response import ApiResponse

Handler = Callable[[Any, Any], object]

_log = logging.getLogger("psbridge.client")


@dataclass(frozen=True)
class RequestEventArgs:
    """What a handler of an event before a call gets: the request as the caller gave it."""

    Request: Any


@dataclass(frozen=True)
class ApiResponseEventArgs:
    """What a handler of an event after a call gets: the response, whatever its status."""

    ApiResponse: ApiResponse[Any]


@dataclass(frozen=True)
class ExceptionEventArgs:
    """What a handler of an error event gets."""

    Exception: BaseException


class Event:
    """Handlers, called in the order they were added with (sender, args): `event += handler`,
    `event -= handler`.
    """

    def __init__(self) -> None:
        self._handlers: tuple[Handler, ...] = ()

    def __iadd__(self, handler: Handler) -> Event:
        if not callable(handler):
            raise TypeError(f"an event takes a function of (sender, args), not {type(handler).__name__}")
        self._handlers = (*self._handlers, handler)
        return self

    def __isub__(self, handler: Handler) -> Event:
        kept = list(self._handlers)
        if handler in kept:
            del kept[len(kept) - 1 - kept[::-1].index(handler)]
        self._handlers = tuple(kept)
        return self

    def __len__(self) -> int:
        return len(self._handlers)

    def raise_to_caller(self, sender: object, args: object) -> None:
        """Call the handlers; what one raises reaches the caller, so that it can refuse the call."""
        for handler in self._handlers:
            handler(sender, args)

    def tell(self, sender: object, args: object) -> None:
        """Call the handlers; what one raises is logged, so that no answer is lost to an observer."""
        for handler in self._handlers:
            try:
                handler(sender, args)
            except Exception:
                _log.exception("A handler of a ChatApi event failed.")


class ChatApiEvents:
    """The events of a ChatApi.

    Attributes:
        BeforeCreateChatCompletion: before a request is sent; args has `Request`. A handler that raises stops
            the call.
        OnCreateChatCompletion: after a response, error statuses included; args has `ApiResponse`.
        OnErrorCreateChatCompletion: when a call ends without a response; args has `Exception`.
    """

    def __init__(self) -> None:
        self.BeforeCreateChatCompletion = Event()
        self.OnCreateChatCompletion = Event()
        self.OnErrorCreateChatCompletion = Event()

    @property
    def before_create_chat_completion(self) -> Event:
        """`BeforeCreateChatCompletion`."""
        return self.BeforeCreateChatCompletion

    @before_create_chat_completion.setter
    def before_create_chat_completion(self, event: Event) -> None:
        self.BeforeCreateChatCompletion = event

    @property
    def on_create_chat_completion(self) -> Event:
        """`OnCreateChatCompletion`."""
        return self.OnCreateChatCompletion

    @on_create_chat_completion.setter
    def on_create_chat_completion(self, event: Event) -> None:
        self.OnCreateChatCompletion = event

    @property
    def on_error_create_chat_completion(self) -> Event:
        """`OnErrorCreateChatCompletion`."""
        return self.OnErrorCreateChatCompletion

    @on_error_create_chat_completion.setter
    def on_error_create_chat_completion(self, event: Event) -> None:
        self.OnErrorCreateChatCompletion = event

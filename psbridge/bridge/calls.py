"""The calls under way: each is answered exactly once, by its result, its error, or its cancelling.

A call also sends what is said beside its result: items of a stream, warnings, lines for -Verbose and -Debug.
The call that runs here is found through a context variable, so that calls side by side do not mix.
"""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

from ..errors import PSBridgeError
from .listener import current
from .messages import CANCELLED, Id, error_line, notification_line
from .output import Output
from .values import encoded

if TYPE_CHECKING:
    from ..client.clock import Cancellation

BACKLOG = 16 * 1024 * 1024
"""Bytes waiting to be read beyond which a stream waits before it says more."""


class Call:
    """One invoke under way.

    Args:
        id: the request's.
        output: where everything goes.
        verbose, debug: whether those lines are wanted.
        cancellation: what ends the call's waiting, for a call in a thread of its own; its lines then go out
            at once, as notes. Without one they are kept for the result.
    """

    __slots__ = ("_asked", "_debug", "_lock", "_output", "_verbose", "cancellation", "id", "kept", "open")

    def __init__(
        self, id: Id, output: Output, verbose: bool, debug: bool, cancellation: Cancellation | None = None
    ) -> None:
        self.id = id
        self.open = True
        self.cancellation = cancellation
        self._verbose = verbose
        self._debug = debug
        self.kept: dict[str, list[str]] | None = None
        self._asked: dict[int, Future[Any]] = {}
        self._output = output
        self._lock = threading.Lock()

    def say(self, stream: str, text: str, number: int | None = None) -> None:
        """A line of the stream `warning`, `verbose`, `debug` or `progress`, if it is wanted; `number` says
        which item of a pipeline it is about.
        """
        if (stream == "verbose" and not self._verbose) or (stream == "debug" and not self._debug):
            return
        if self.cancellation is not None:
            told = {"id": self.id, "stream": stream, "text": text}
            if number is not None:
                told["number"] = number
            self.send(notification_line("note", encoded(told)))
            return
        if self.kept is None:
            self.kept = {"warning": [], "verbose": [], "debug": []}
        self.kept[stream].append(text)

    def item(self, value: Any) -> bool:
        """Send one item of a stream, waiting while too much waits to be read; False when nobody wants it."""
        if isinstance(value, PSBridgeError):
            line = self._failed_item(value)
        else:
            line = notification_line("item", f'{{"id":{encoded(self.id)},"value":{encoded(value)}}}')
        self._output.wait_for_room(BACKLOG, lambda: self.open)
        return self.send(line)

    def _failed_item(self, error: PSBridgeError) -> bytes:
        """An error in an item's place: the stream goes on."""
        from .failures import data_text, failure

        code, message, data = failure(error)
        target = "null" if error.target is None else encoded(error.target)
        told = f'{{"code":{code},"message":{encoded(message)},"data":{data_text(data)}}}'
        return notification_line("item", f'{{"id":{encoded(self.id)},"error":{told},"target":{target}}}')

    def answer(self, line: bytes) -> bool:
        """Send the answer, unless there was one; says whether it did."""
        with self._lock:
            if not self.open:
                return False
            self.open = False
            self._output.put(line)
            asked = list(self._asked.values())
        for question in asked:
            question.cancel()
        return True

    def ask(self, block: int) -> Any:
        """What a script block gives in the module, in the runspace that waits for this call: a text, or a
        SecureString. The module is told how long the call can wait for it, and stops one that takes longer.

        Raises:
            CallCancelledError: the call ended first.
            ConfigurationError: the script block failed, or this call is one of those that nobody waits for.
        """
        from ..client.errors import ConfigurationError

        if self.cancellation is None:
            told = "AccessToken: the script block that gives the key cannot be asked here."
            raise ConfigurationError(told, parameter="AccessToken")
        from ..client.settings.keys import needed_by

        seconds = needed_by.get() - time.monotonic()
        limit = {"seconds": round(max(seconds, 0.0), 3)} if math.isfinite(seconds) else {}
        return self._ask({"block": block, **limit})

    def ask_command(self, what: dict[str, Any]) -> Any:
        """What becomes of a tool's call in the module; see `commands`.

        Raises:
            CallCancelledError: the call ended first.
        """
        return self._ask({"command": what})

    def _ask(self, what: dict[str, Any]) -> Any:
        from ..client.errors import CallCancelledError

        question: Future[Any] = Future()
        with self._lock:
            number = len(self._asked) + 1
            self._asked[number] = question
        told = notification_line("ask", encoded({"id": self.id, "question": number, **what}))
        if not self.send(told):
            question.cancel()
        try:
            return question.result()
        except CancelledError:
            raise CallCancelledError("The call was cancelled.") from None

    def told(self, number: Any, value: Any, failed: Any = None) -> None:
        """The answer to a question: a value, or the kind of the error there was."""
        from ..client.errors import ConfigurationError

        question = self._asked.get(number) if number.__class__ is int else None
        if question is None or not question.set_running_or_notify_cancel():
            return
        if isinstance(failed, str):
            told = f"AccessToken: the script block that gives the key failed with {failed[:200]}."
            question.set_exception(ConfigurationError(told, parameter="AccessToken"))
        else:
            question.set_result(value)

    def send(self, line: bytes) -> bool:
        """Send a notification about the call, while it is open; says whether it is."""
        with self._lock:
            if self.open:
                self._output.put(line)
            return self.open

    def cancel(self) -> None:
        """End what the call waits for."""
        if self.cancellation is not None:
            self.cancellation.cancel()

    def __enter__(self) -> Call:
        current.set(self)
        return self

    def __exit__(self, *exception: object) -> None:
        current.set(None)


class Calls:
    """The calls that run in threads of their own, by id."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._calls: dict[Id, Call] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, id: Id | None) -> bool:
        return id in self._calls

    def add(self, call: Call) -> None:
        """From now on `call` can be cancelled."""
        with self._lock:
            self._calls[call.id] = call

    def answer(self, call: Call, line: bytes) -> bool:
        """Answer `call` and forget it; False when it was answered before."""
        with self._lock:
            if self._calls.get(call.id) is call:
                del self._calls[call.id]
        return call.answer(line)

    def ids(self) -> list[Id]:
        """The ids of the calls under way."""
        return list(self._calls)

    def call(self, id: object) -> Call | None:
        """The call under way of that id."""
        return self._calls.get(id) if isinstance(id, (int, str)) else None

    def cancel(self, id: Id) -> bool:
        """Answer a call with "cancelled" and end what it waits for; False when no such call is under way."""
        with self._lock:
            call = self._calls.get(id)
        if call is None or not self.answer(call, cancelled_line(id)):
            return False
        if call.cancellation is not None:
            call.cancellation.cancel()
        self._output.recheck()
        return True

    def cancel_all(self) -> None:
        """Cancel every call."""
        for id in list(self._calls):
            self.cancel(id)


def cancelled_line(id: Id) -> bytes:
    """The answer to a call that was cancelled."""
    data = encoded({"error_id": "PSBridge.Cancelled", "category": "OperationStopped"})
    return error_line(id, CANCELLED, "The call was cancelled.", data)

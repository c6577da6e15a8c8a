"""Open pipelines: `open` begins one, `feed` hands items to it, `close` says that no more come.

Everything about throttling, pacing, order and retries is the cmdlet's pipeline in Python; here items come in
by number and go out by number. Whoever feeds has at most `AHEAD` items for each that may run at once without
an answer: so neither side collects what the other cannot take. Knows no cmdlet by name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from ..cmdlets.unset import UNSET
from ..errors import PSBridgeError
from .calls import Call
from .failures import data_text, failure
from .invocation import Invocation
from .listener import current
from .messages import INVALID_PARAMS, Refused, notification_line
from .values import encoded

AHEAD = 4
"""Items without an answer, for each that may run at once."""


class Item:
    """One item's voice: what is said while it is worked on carries its number."""

    __slots__ = ("_call", "_number")

    def __init__(self, call: Call, number: int) -> None:
        self._call = call
        self._number = number

    def say(self, stream: str, text: str) -> None:
        """A line of the stream `warning`, `verbose`, `debug` or `progress`, if it is wanted."""
        self._call.say(stream, text, self._number)

    def ask(self, block: int) -> Any:
        """What a script block gives in the module; see `Call.ask`."""
        return self._call.ask(block)

    def ask_command(self, what: dict[str, Any]) -> Any:
        """What becomes of a tool's call in the module; see `Call.ask_command`."""
        return self._call.ask_command(what)


class OpenPipeline:
    """A pipeline under way, under the id of the request that opened it.

    Args:
        call: what is answered when the pipeline ends.
        invocation: the cmdlet, with what is bound for the whole pipeline.
        began: called when an item is begun.
        ended: called with what ended the pipeline, or None, when it ends.
    """

    def __init__(
        self,
        call: Call,
        invocation: Invocation,
        began: Callable[[], None],
        ended: Callable[[BaseException | None], None],
    ) -> None:
        from ..client.settings.configuration import current_configuration
        from ..cmdlets.many import Pipeline

        self._call = call
        self._known = invocation.known
        self._began = began
        self._configuration = current_configuration()
        self._changes = {"log_bodies": True} if invocation.debug else {}
        self._fed: set[int] = set()
        self._under_way: set[int] = set()
        self._told: list[str] = []  # said together, with whatever else is ready in the same turn of the loop
        self._telling = threading.Lock()
        self._ended = ended
        self._most = AHEAD * max(int(invocation.parameters.get("ThrottleLimit") or 1), 1)
        with self._inside():
            self._pipeline = Pipeline(
                self._bound(invocation.parameters), self._one, self._tell, self._end_of_it
            )

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """What was in force when the pipeline was opened."""
        from ..client.settings.configuration import use_configuration
        from ..cmdlets.session import cancellable

        with use_configuration(self._configuration, **self._changes):
            if self._call.cancellation is None:
                yield
                return
            with cancellable(self._call.cancellation):
                yield

    def feed(self, params: dict[str, Any], marked: bool) -> None:
        """One item: `number` and its `parameters`, or `refusal`, a sentence on why there are none.

        Raises:
            Refused: it is not an item, or comes before there is room for it.
        """
        number = params.get("number")
        if number.__class__ is not int or number in self._fed:
            raise Refused(INVALID_PARAMS, "feed: 'number' must be a whole number that is not in use.")
        if len(self._fed) >= self._most:
            raise Refused(
                INVALID_PARAMS, f"feed: {self._most} items are without an answer; wait for one of them."
            )
        self._fed.add(number)
        with self._inside():
            self._feed(number, params, marked)

    def _feed(self, number: int, params: dict[str, Any], marked: bool) -> None:
        voice = Item(self._call, number)
        token = current.set(voice)
        try:
            bound = self._item(params, marked)
            self._pipeline.feed(number, bound, partial(self._begin, voice, number))
        finally:
            current.reset(token)

    @property
    def under_way(self) -> int:
        """How many items are begun and not answered."""
        return len(self._under_way)

    def _begin(self, voice: Item, number: int) -> None:
        current.set(voice)
        self._under_way.add(number)
        self._began()

    def _item(self, params: dict[str, Any], marked: bool) -> Any:
        refusal = params.get("refusal")
        if isinstance(refusal, str):
            return PSBridgeError(refusal, error_id="PSBridge.InvalidValue", category="InvalidData")
        try:
            invocation = Invocation.read({**params, "name": self._known.command}, marked)
            return self._bound(invocation.parameters)
        except PSBridgeError as error:
            return error

    def _bound(self, parameters: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in parameters.items() if value is not UNSET}
        bound = self._known.entry.command.bind_call((), given)
        for name, value in parameters.items():
            if value is UNSET:
                bound[name] = UNSET
        return dict(bound)

    def _one(self, bound: dict[str, Any]) -> Any:
        try:
            return Invocation(self._known.command, bound, True, False, False, self._known).run()
        except PSBridgeError as error:
            return error

    def _tell(self, number: int, result: Any) -> None:
        self._fed.discard(number)
        self._under_way.discard(number)
        from asyncio import get_running_loop

        text = self._text(number, result)
        with self._telling:
            self._told.append(text)
            if len(self._told) > 1:
                return
        try:
            get_running_loop().call_soon(self._flush)
        except RuntimeError:  # an item that was refused while it was handed in, in the thread that reads
            self._flush()

    def _text(self, number: int, result: Any) -> str:
        if not isinstance(result, BaseException):
            try:
                return f'{{"number":{number},"value":{encoded(result)}}}'
            except Exception as unsendable:  # the item's error says so
                result = unsendable
        if isinstance(result, PSBridgeError) and result.command is None:
            result.command = self._known.command
        code, message, data = failure(result, self._known.command)
        told = f'{{"code":{code},"message":{encoded(message)},"data":{data_text(data)}}}'
        return f'{{"number":{number},"error":{told}}}'

    def _flush(self) -> None:
        with self._telling:
            told, self._told = self._told, []
            if told:
                text = f'{{"id":{encoded(self._call.id)},"items":[{",".join(told)}]}}'
                self._call.send(notification_line("items", text))

    def _end_of_it(self, error: BaseException | None) -> None:
        self._flush()
        self._ended(error)

    def close(self) -> None:
        """No item comes any more; the call is answered when all have their results."""
        self._pipeline.close()

    def end(self) -> None:
        """End what is under way; nothing more is said of it."""
        self._pipeline.cancel()

    def cancel(self, number: int) -> bool:
        """End one item, which then has an error; False when there is no such item."""
        return self._pipeline.cancel(number)

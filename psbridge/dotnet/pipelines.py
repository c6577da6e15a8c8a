"""A pipeline of calls in a hosted session: what PowerShell hands in, by the one pipeline of the cmdlets.

PowerShell feeds an item, takes what is ready, and says when no more come; it waits in slices, so that it can
be stopped. Throttling, pacing, order and the place of errors are the business of `cmdlets.many`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from ..client.clock import Cancellation
from ..cmdlets.functions import cmdlet
from ..cmdlets.many import Pipeline
from ..cmdlets.session import cancellable
from ..cmdlets.warning import hear, heard_by
from ..errors import PSBridgeError
from . import edge
from .answers import FAILURE, NOTHING, VALUE, Lines, answer, failure, output
from .heard import hear_log, log_wanted, wanted

_SLICE = 0.2  # seconds
_AHEAD = 2  # items handed in and not answered, for each that may run at once


class HostedPipeline:
    """One pipeline, from its first item to the last answer.

    Args:
        name: the cmdlet.
        bound: what was bound for the first item, and so for the whole pipeline.
        left: called once, when it has ended.
        heard: which of the log's lines its calls want, see `heard`.

    Raises:
        PSBridgeError: the limits cannot be used.
    """

    def __init__(
        self, name: str, bound: dict[str, Any], left: Callable[[HostedPipeline], None], heard: int = 0
    ) -> None:
        self._name = name
        self._left = left
        self._log = ExitStack()  # until it has ended
        if heard:
            self._log.enter_context(log_wanted())
        self._heard = heard
        self._cancellation = Cancellation()
        self._ready: deque[tuple[int, Any]] = deque()
        self._items: dict[int, tuple[Any, Lines]] = {}
        self._number = 0
        self._most = _AHEAD * max(int(bound.get("ThrottleLimit") or 1), 1)
        self._done = False
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        with cancellable(self._cancellation):
            self._pipeline = Pipeline(bound, self._one, self._came, self._ended)

    def refuse(self, error: Exception, item: Any) -> None:
        """An item that cannot even be read has its place, too."""
        if not isinstance(error, PSBridgeError):
            error = PSBridgeError(f"{type(error).__name__}: {error}", error_id="PSBridge.InternalError")
        self.feed(error, item)

    def feed(self, bound: dict[str, Any] | PSBridgeError, item: Any) -> None:
        """Hand in what was bound for one item; `item` is it, for an error's target."""
        number = self._number
        self._number += 1
        lines = Lines()
        with self._changed:
            self._items[number] = (item, lines)

        def listen() -> None:
            hear(lines.warning)
            hear_log(wanted(lines.say, self._heard))

        with heard_by(lines.warning), cancellable(self._cancellation):
            self._pipeline.feed(number, bound, listen)

    def take(self, all_of_it: bool) -> Any:
        """What is ready, as an Object[]: whether to come again at once, and the answers in their order.

        It waits a fifth of a second at most, where there is nothing: for room for one more item, or, with
        `all_of_it`, for the end.
        """
        with self._changed:
            if not self._ready and self._waits(all_of_it):
                self._changed.wait(_SLICE)
            ready = list(self._ready)
            self._ready.clear()
            about = [self._items.pop(number) for number, _ in ready]
            again = self._waits(all_of_it)
            ended, self._failure = self._failure, None
        answers = [
            self._answer(result, item, lines) for (_, result), (item, lines) in zip(ready, about, strict=True)
        ]
        if ended is not None:
            answers.append(answer(FAILURE, [], failure(ended, self._name)))
        return edge.object_array([again, edge.object_array(answers)])

    def _waits(self, all_of_it: bool) -> bool:
        return not self._done and (all_of_it or len(self._items) >= self._most)

    def close(self) -> None:
        """No item comes any more."""
        self._pipeline.close()

    def cancel(self) -> None:
        """End what is under way; nothing more is told. May be called at any time and more than once."""
        self._cancellation.cancel()
        if not self._done:
            self._pipeline.cancel()
        with self._changed:
            self._done = True
            self._changed.notify_all()
        self._log.close()
        self._left(self)

    def _one(self, bound: dict[str, Any]) -> Any:
        try:
            return cmdlet(self._name)(**bound)
        except PSBridgeError as error:
            return error

    def _came(self, number: int, result: Any) -> None:
        with self._changed:
            self._ready.append((number, result))
            self._changed.notify_all()

    def _ended(self, error: BaseException | None) -> None:
        with self._changed:
            if not self._done:
                self._done, self._failure = True, error
            self._changed.notify_all()

    def _answer(self, result: Any, item: Any, lines: Lines) -> Any:
        if result is None:
            return answer(NOTHING, lines)
        if not isinstance(result, BaseException):
            try:
                return answer(VALUE, lines, output(result))
            except Exception as error:  # what has no equal in .NET: the item's error says so
                result = error
        return answer(FAILURE, lines, failure(result, self._name), item)

"""A pipeline of calls, several at a time: -ThrottleLimit, -Unordered and rate limits.

The client does the sending, pacing and ordering; here each item becomes a job, and each outcome a reply or an
error with its item as target. What cannot even be built takes its place among the answers as an error. Python
draws the items (`new_chat_completions`), the bridge hands them in (`Pipeline`): the same jobs and outcomes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from ..client import Configuration, Outcome, RateLimits, Reply, current_configuration, use_configuration
from ..client.exchange.gate import Job
from ..errors import PSBridgeError
from ..models import CreateChatCompletionRequest
from ..models.problems import InvalidValueError
from .cmdlet import COMMON, Bound, obeying
from .completion import CALL, forget, request_of
from .operations import as_bytes
from .session import call_options, client, result_of

if TYPE_CHECKING:
    from ..client.exchange.many import Line

LIMITS = ("ThrottleLimit", "RequestsPerMinute", "TokensPerMinute")
_ITEM = "CreateChatCompletionRequest"


def new_chat_completions(
    source: Iterator[Bound | PSBridgeError], one: Callable[[Bound], Any]
) -> Iterator[Any]:
    """What becomes of each item; one at a time and in order unless -ThrottleLimit and -Unordered say more.

    All go by the configuration that is in force where this is called, not by that where they are drawn.
    Replies know what they answered only with -PassThru.
    """
    chosen = current_configuration()

    def alone(bound: Bound) -> Any:
        with use_configuration(chosen):
            result = one(bound)
        forget(result)
        return result

    return _answers(source, alone, chosen)


def _answers(
    source: Iterator[Bound | PSBridgeError], one: Callable[[Bound], Any], chosen: Configuration
) -> Iterator[Any]:
    for bound in source:
        if isinstance(bound, PSBridgeError):
            yield bound
        elif bound.get("Unordered") or any(bound.get(name) is not None for name in LIMITS):
            yield from _several(chain([bound], source), bound, one, chosen)
            return
        else:
            yield one(bound)


def _several(
    source: Iterator[Bound | PSBridgeError],
    settings: Bound,
    one: Callable[[Bound], Any],
    chosen: Configuration,
) -> Iterator[Any]:
    options = _line_options(settings)
    turns = Turns(ordered=options["ordered"])
    numbers = count()

    def jobs() -> Iterator[Any]:
        for bound in source:
            number = next(numbers)
            if isinstance(bound, PSBridgeError):
                turns.refuse(number, bound)
                continue
            try:
                with use_configuration(chosen):
                    made = job(bound, one)
            except PSBridgeError as error:
                turns.refuse(number, error)
            else:
                turns.enter(number, bound.get(_ITEM))
                yield made

    with use_configuration(chosen):
        line = client().map(jobs(), **options)
    with line as outcomes:
        for outcome in outcomes:
            for _, result in turns.came(outcome, settings):
                yield result
    for _, result in turns.rest():
        yield result


def _line_options(settings: Bound) -> dict[str, Any]:
    """What the client is told of the whole pipeline.

    Raises:
        InvalidValueError: what was asked for does not go together.
    """
    for name in ("Stream", "StreamText"):
        if settings.get(name):
            raise InvalidValueError(
                f"invalid value for '{name}', must not be given together with 'ThrottleLimit'.",
                parameter=name,
                path=name,
            )
    rates = (settings.get("RequestsPerMinute"), settings.get("TokensPerMinute"))
    return {
        "concurrency": 1 if settings.get("ThrottleLimit") is None else settings["ThrottleLimit"],
        "ordered": not settings.get("Unordered"),
        "limits": None if rates == (None, None) else RateLimits(*rates),
        **call_options(settings),
    }


def job(bound: Bound, one: Callable[[Bound], Any], begin: Callable[[], None] | None = None) -> Job:
    """What an item asks for: a request's bytes, or, where it asks for more than a reply, the whole cmdlet.

    Raises:
        PSBridgeError: the request cannot be built.
    """
    own = {name: bound[name] for name in bound if name not in COMMON}
    item = own.get(_ITEM)
    whole = isinstance(item, CreateChatCompletionRequest) or (
        isinstance(item, Mapping) and "messages" in item
    )
    if whole and CALL.issuperset(own):
        with obeying(bound):
            return Job(as_bytes(request_of(own)), begin=begin)
    return Job(work=lambda: one(bound), begin=begin)


class Turns:
    """Which item is whose turn: outcomes come by the client's count, which knows nothing of refused items.

    Args:
        ordered: outcomes come in the items' order, so a refused item waits for those before it.
    """

    def __init__(self, ordered: bool) -> None:
        self._ordered = ordered
        self._waiting: deque[tuple[int, PSBridgeError | None]] = deque()
        self._entered: dict[int, tuple[int, Any]] = {}
        self._count = 0

    def enter(self, number: int, item: Any) -> None:
        """An item was handed to the client."""
        self._entered[self._count] = (number, item)
        self._count += 1
        self._waiting.append((number, None))

    def refuse(self, number: int, error: PSBridgeError) -> None:
        """An item cannot be sent."""
        self._waiting.append((number, error))

    def came(self, outcome: Outcome, settings: Bound) -> list[tuple[int, Any]]:
        """What may be told now that `outcome` is there: each item's number, and its result or error."""
        number, item = self._entered.pop(outcome.index)
        told = self.rest()
        if self._ordered:
            self._waiting.popleft()
        else:
            self._waiting.remove((number, None))
        told.append((number, _became(outcome, item, settings)))
        return told + self.rest()

    def rest(self) -> list[tuple[int, Any]]:
        """The refused items that nobody stands before any more."""
        told: list[tuple[int, Any]] = []
        if self._ordered:
            while self._waiting and self._waiting[0][1] is not None:
                told.append(self._waiting.popleft())
        else:
            told = [one for one in self._waiting if one[1] is not None]
            self._waiting = deque(one for one in self._waiting if one[1] is None)
        return told


def _became(outcome: Outcome, item: Any, settings: Bound) -> Any:
    reply, error = outcome.reply, outcome.error
    if error is None:
        result = result_of(reply, settings) if isinstance(reply, Reply) else reply
        error = result if isinstance(result, PSBridgeError) else None
        if error is None:
            return result
    if not isinstance(error, PSBridgeError):
        raise error
    error.target = item
    return error


class Pipeline:
    """An open pipeline that items are handed to; what becomes of them is told by their numbers.

    Args:
        settings: what was bound for the whole pipeline.
        one: does one item as the cmdlet would, and gives its result or its PSBridgeError.
        tell: gets an item's number and its result or error. Must not wait.
        ended: gets what ended the pipeline: None when all is done, else the error.

    Raises:
        PSBridgeError: the settings cannot be used.
    """

    def __init__(
        self,
        settings: Bound,
        one: Callable[[Bound], Any],
        tell: Callable[[int, Any], None],
        ended: Callable[[BaseException | None], None],
    ) -> None:
        from threading import Lock

        self._settings = settings
        self._one = one
        self._tell = tell
        self._ended = ended
        options = _line_options(settings)
        self._turns = Turns(options["ordered"])
        self._jobs: dict[int, Job] = {}
        self._lock = Lock()
        options.pop("cancellation", None)
        self._line: Line = client().line(self._came, **options)

    def feed(self, number: int, bound: Bound | PSBridgeError, begin: Callable[[], None]) -> None:
        """Hand one item in; `begin` is called where it runs, first."""
        try:
            if isinstance(bound, PSBridgeError):
                raise bound
            made = job(bound, self._one, begin)
        except PSBridgeError as error:
            with self._lock:
                self._turns.refuse(number, error)
                self._say(self._turns.rest())
            return
        with self._lock:
            self._turns.enter(number, bound.get(_ITEM))
            self._jobs[number] = made
        self._line.put(made)

    def close(self) -> None:
        """No item comes any more."""
        self._line.close()

    def cancel(self, number: int | None = None) -> bool:
        """End what is under way, or one item, which then has an error; False when there is no such item."""
        if number is None:
            self._line.cancel()
            return True
        made = self._jobs.get(number)
        if made is not None:
            self._line.stop(made)
        return made is not None

    def _came(self, outcome: Outcome | BaseException | None) -> None:
        if not isinstance(outcome, Outcome):
            self._ended(outcome)
            return
        with self._lock:
            try:
                told = self._turns.came(outcome, self._settings)
            except Exception as error:
                self._line.cancel()
                self._ended(error)
                return
            self._say(told)

    def _say(self, told: list[tuple[int, Any]]) -> None:
        for number, result in told:
            self._jobs.pop(number, None)
            self._tell(number, result)

"""New-ChatCompletion over a pipeline, several requests at a time: -ThrottleLimit, -Unordered and rate limits.

The client does the sending; here each item becomes a request's bytes, and each outcome a reply or an error
with its item as target. A request that cannot even be built takes its place among the answers as an error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, count
from typing import Any

from ..client import Outcome, RateLimits
from ..errors import PSBridgeError
from ..models.problems import InvalidValueError
from .cmdlet import COMMON, Bound, obeying
from .completion import request_of
from .operations import as_bytes
from .session import call_options, client, result_of

_LIMITS = ("ThrottleLimit", "RequestsPerMinute", "TokensPerMinute")


def new_chat_completions(
    source: Iterator[Bound | PSBridgeError], one: Callable[[Bound], Any]
) -> Iterator[Any]:
    """What becomes of each item; one at a time and in order unless -ThrottleLimit and -Unordered say more."""
    for bound in source:
        if isinstance(bound, PSBridgeError):
            yield bound
        elif bound.get("Unordered") or any(bound.get(name) is not None for name in _LIMITS):
            yield from _several(chain([bound], source), bound)
            return
        else:
            yield one(bound)


def _several(source: Iterator[Bound | PSBridgeError], settings: Bound) -> Iterator[Any]:
    for name in ("Stream", "StreamText"):
        if settings.get(name):
            raise InvalidValueError(
                f"invalid value for '{name}', must not be given together with 'ThrottleLimit'.",
                parameter=name,
                path=name,
            )
    # The items in the pipeline's order: an error, or None where a request was sent.
    places: deque[PSBridgeError | None] = deque()
    asked: dict[int, Any] = {}
    numbers = count()

    def bodies() -> Iterator[bytes]:
        for bound in source:
            try:
                if isinstance(bound, PSBridgeError):
                    raise bound
                item = bound.get("CreateChatCompletionRequest")
                with obeying(bound):
                    body = as_bytes(request_of({name: bound[name] for name in bound if name not in COMMON}))
            except PSBridgeError as error:
                places.append(error)
            else:
                asked[next(numbers)] = item
                places.append(None)
                yield body

    rates = (settings.get("RequestsPerMinute"), settings.get("TokensPerMinute"))
    limits = None if rates == (None, None) else RateLimits(*rates)
    outcomes = client().map(
        bodies(),
        concurrency=1 if settings.get("ThrottleLimit") is None else settings["ThrottleLimit"],
        ordered=not settings.get("Unordered"),
        limits=limits,
        **call_options(settings),
    )
    with outcomes:
        for outcome in outcomes:
            while places and (refused := places.popleft()) is not None:
                yield refused
            yield _became(outcome, asked.pop(outcome.index, None), settings)
    yield from (refused for refused in places if refused is not None)


def _became(outcome: Outcome, item: Any, settings: Bound) -> Any:
    if outcome.reply is not None:
        return result_of(outcome.reply, settings)
    error = outcome.error
    if not isinstance(error, PSBridgeError):
        raise error or RuntimeError("an outcome without reply or error")
    error.target = item
    return error

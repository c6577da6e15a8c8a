"""A download: the exchange, again and again while something comes, until the sink has all."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..clock import Clock
from ..errors import ConnectionFailedError, IdleTimeoutError
from .call import Answer, Call
from .commands import Command
from .loop import exchange
from .sink import Sink


def download(call: Call, sink: Sink, clock: Clock) -> Generator[Command, Any, Answer]:
    """Send `call` until `sink` has all: what broke off after something had come is taken up again, however
    often, within the call's one deadline.
    """
    call.sink = sink
    deadline = clock.monotonic() + call.timeout
    attempts = 0
    while True:
        before = sink.offset
        try:
            answer = yield from exchange(call, clock)
        except (ConnectionFailedError, IdleTimeoutError) as error:
            attempts += error.attempts
            error.attempts = attempts
            call.timeout = deadline - clock.monotonic()
            if sink.offset <= before or call.timeout <= 0:
                raise
        else:
            answer.attempts += attempts
            return answer

"""What a call that waits for a server goes by, in a thread of its own.

Loaded with the first of them: builders need none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..client.clock import Cancellation
from ..client.settings.configuration import Configuration, current_configuration, use_configuration
from ..cmdlets.progress import listening
from ..cmdlets.session import cancellable
from .calls import Call
from .invocation import Invocation
from .messages import Id
from .output import Output


def call_of(id: Id, output: Output, invocation: Invocation) -> Call:
    """The call of a request, which can be cancelled."""
    return Call(id, output, invocation.verbose, invocation.debug, Cancellation())


def in_a_thread(
    call: Call, invocation: Invocation, outcome: Callable[[Call, Invocation], bytes]
) -> Callable[[], bytes]:
    """What makes the call, in whatever thread, by the configuration that is in force now; its answer."""
    return partial(_made, call, invocation, outcome, current_configuration())


def _made(
    call: Call,
    invocation: Invocation,
    outcome: Callable[[Call, Invocation], bytes],
    configuration: Configuration,
) -> bytes:
    assert call.cancellation is not None
    changes = {"log_bodies": True} if invocation.debug else {}
    told = partial(call.say, "progress")
    with use_configuration(configuration, **changes), cancellable(call.cancellation), listening(told):
        return outcome(call, invocation)

"""What a call that waits for a server goes by, in a thread of its own.

Loaded with the first of them: builders need none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial

from ..client.clock import Cancellation
from ..client.settings.configuration import Configuration, current_configuration, put_in_force
from ..cmdlets.progress import listen
from ..cmdlets.session import cancel_by
from .calls import Call
from .invocation import Invocation
from .messages import Id
from .output import Output


def call_of(id: Id, output: Output, invocation: Invocation) -> Call:
    """The call of a request, which can be cancelled."""
    return Call(id, output, invocation.verbose, invocation.debug, Cancellation())


def in_its_context(
    call: Call, invocation: Invocation, outcome: Callable[[Call, Invocation], bytes]
) -> Callable[[], bytes]:
    """What makes the call, in whatever thread, by the configuration that is in force now; its answer."""
    return partial(copy_context().run, _made, call, invocation, outcome, current_configuration())


def _made(
    call: Call,
    invocation: Invocation,
    outcome: Callable[[Call, Invocation], bytes],
    configuration: Configuration,
) -> bytes:
    assert call.cancellation is not None
    # The context is the call's own, and ends with it.
    put_in_force(configuration.replace(log_bodies=True) if invocation.debug else configuration)
    cancel_by(call.cancellation)
    listen(partial(call.say, "progress"))
    return outcome(call, invocation)

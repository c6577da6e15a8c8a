"""What the retry loop asks of the driver that runs it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ..settings.secret import Secret
from ..wire.bounds import Bounds
from ..wire.transport import Route, WireRequest


class Sleep(NamedTuple):
    """Wait."""

    seconds: float


class AskKey(NamedTuple):
    """Get a callable's key within the call's limits, anew when the kept one is `rejected`."""

    source: Any
    rejected: Secret | None
    bounds: Bounds


class Send(NamedTuple):
    """Send and wait for the headers; the answer is a wire response."""

    request: WireRequest
    route: Route
    bounds: Bounds


class Read(NamedTuple):
    """Read the next piece of a wire response's body, which must come by `until` (monotonic seconds)."""

    response: Any
    until: float | None


class Close(NamedTuple):
    """Close a wire response."""

    response: Any


Command: TypeAlias = Sleep | AskKey | Send | Read | Close

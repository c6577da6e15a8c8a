"""What the retry loop asks of the driver that runs it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ..settings.secret import Secret
from ..wire.network import Bounds
from ..wire.transport import Route, WireRequest


class Sleep(NamedTuple):
    """Wait."""

    seconds: float


class AskKey(NamedTuple):
    """Get a callable's key, anew when the kept one is `rejected`."""

    source: Any
    rejected: Secret | None


class Send(NamedTuple):
    """Send and wait for the headers; the answer is a wire response."""

    request: WireRequest
    route: Route
    bounds: Bounds


class Read(NamedTuple):
    """Read the next piece of a wire response's body."""

    response: Any


class Close(NamedTuple):
    """Close a wire response."""

    response: Any


Command: TypeAlias = Sleep | AskKey | Send | Read | Close

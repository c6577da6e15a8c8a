"""The chat client every interface stands on: configuration, transport, retry, streaming, errors.

Five rooms: `settings` and secrets, the `message` as a value, the `exchange` with retry and limits, `streams`,
and the `wire`. Replies go out through a codec, so nothing here knows the models. Names load on first use:
the configuration and the errors need the standard library only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asyncclient import AsyncClient
    from .client import Client
    from .clock import Cancellation, Clock
    from .core import CallOptions
    from .errors import ClientError
    from .exchange.call import Retry
    from .exchange.limits import RateLimits
    from .exchange.many import Outcome, Results
    from .exchange.sink import FileSink, Sink
    from .message.codec import Codec, JsonCodec
    from .message.form import FilePart, Form
    from .message.headers import Headers
    from .message.reply import Reply, UsageTotals
    from .operation import Operation
    from .settings.configuration import (
        Configuration,
        HttpSigning,
        current_configuration,
        set_configuration,
        use_configuration,
    )
    from .settings.keys import KeyRing
    from .settings.secret import Secret
    from .streams.events import ContentDelta, Done, RefusalDelta, StreamEvent, ToolCallDelta, UsageReport
    from .streams.stream import AsyncChatStream, ChatStream
    from .wire.tls import CertificateCheckSkippedWarning

_HOMES = {
    "asyncclient": ("AsyncClient",),
    "client": ("Client",),
    "clock": ("Cancellation", "Clock"),
    "message.codec": ("Codec", "JsonCodec"),
    "settings.configuration": (
        "Configuration",
        "HttpSigning",
        "current_configuration",
        "set_configuration",
        "use_configuration",
    ),
    "core": ("CallOptions",),
    "errors": ("ClientError",),
    "streams.events": ("ContentDelta", "Done", "RefusalDelta", "StreamEvent", "ToolCallDelta", "UsageReport"),
    "exchange.call": ("Retry",),
    "exchange.sink": ("FileSink", "Sink"),
    "message.form": ("FilePart", "Form"),
    "message.headers": ("Headers",),
    "operation": ("Operation",),
    "settings.keys": ("KeyRing",),
    "exchange.limits": ("RateLimits",),
    "exchange.many": ("Outcome", "Results"),
    "message.reply": ("Reply", "UsageTotals"),
    "settings.secret": ("Secret",),
    "streams.stream": ("AsyncChatStream", "ChatStream"),
    "wire.tls": ("CertificateCheckSkippedWarning",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AsyncChatStream",
    "AsyncClient",
    "CallOptions",
    "Cancellation",
    "CertificateCheckSkippedWarning",
    "ChatStream",
    "Client",
    "ClientError",
    "Clock",
    "Codec",
    "Configuration",
    "ContentDelta",
    "Done",
    "FilePart",
    "FileSink",
    "Form",
    "Headers",
    "HttpSigning",
    "JsonCodec",
    "KeyRing",
    "Operation",
    "Outcome",
    "RateLimits",
    "RefusalDelta",
    "Reply",
    "Results",
    "Retry",
    "Secret",
    "Sink",
    "StreamEvent",
    "ToolCallDelta",
    "UsageReport",
    "UsageTotals",
    "current_configuration",
    "set_configuration",
    "use_configuration",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

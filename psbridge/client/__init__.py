"""The chat client every doorway stands on: configuration, transport, retry, streaming, errors.

Bodies come in as bytes or JSON-like mappings and replies go out through a codec, so nothing here knows the
models. Names load on first use: `psbridge.client.configuration` and the errors need the standard library
only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asyncclient import AsyncClient
    from .client import Client
    from .clock import Cancellation, Clock
    from .codec import Codec, JsonCodec
    from .configuration import (
        Configuration,
        HttpSigning,
        current_configuration,
        set_configuration,
        use_configuration,
    )
    from .core import CallOptions
    from .errors import ClientError
    from .events import ContentDelta, Done, RefusalDelta, StreamEvent, ToolCallDelta, UsageReport
    from .exchange import Retry
    from .headers import Headers
    from .keys import KeyRing
    from .limits import RateLimits
    from .many import Outcome, Results
    from .reply import Reply, UsageTotals
    from .secret import Secret
    from .stream import AsyncChatStream, ChatStream
    from .tls import CertificateCheckSkippedWarning

_HOMES = {
    "asyncclient": ("AsyncClient",),
    "client": ("Client",),
    "clock": ("Cancellation", "Clock"),
    "codec": ("Codec", "JsonCodec"),
    "configuration": (
        "Configuration",
        "HttpSigning",
        "current_configuration",
        "set_configuration",
        "use_configuration",
    ),
    "core": ("CallOptions",),
    "errors": ("ClientError",),
    "events": ("ContentDelta", "Done", "RefusalDelta", "StreamEvent", "ToolCallDelta", "UsageReport"),
    "exchange": ("Retry",),
    "headers": ("Headers",),
    "keys": ("KeyRing",),
    "limits": ("RateLimits",),
    "many": ("Outcome", "Results"),
    "reply": ("Reply", "UsageTotals"),
    "secret": ("Secret",),
    "stream": ("AsyncChatStream", "ChatStream"),
    "tls": ("CertificateCheckSkippedWarning",),
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
    "Headers",
    "HttpSigning",
    "JsonCodec",
    "KeyRing",
    "Outcome",
    "RateLimits",
    "RefusalDelta",
    "Reply",
    "Results",
    "Retry",
    "Secret",
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

"""What users' own tests need: a service that answers as told, and the proof that nothing else was asked.

    from psbridge.testing import OfflineOpenAI

    with OfflineOpenAI("yes", {"label": "spam"}) as server:
        ...                                  # code under test, psbridge or the official client in it
        assert server.requests[0].json["model"] == "gpt-4o-mini"

The pytest fixture `offline_openai` gives one that is open. Names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..offline.faults import Fault
    from .answers import ToolCallAnswer, tool_call
    from .server import OfflineOpenAI, replies

_HOMES = {
    "Fault": "psbridge.offline.faults",
    "OfflineOpenAI": "psbridge.testing.server",
    "ToolCallAnswer": "psbridge.testing.answers",
    "replies": "psbridge.testing.server",
    "tool_call": "psbridge.testing.answers",
}

__all__ = ["Fault", "OfflineOpenAI", "ToolCallAnswer", "replies", "tool_call"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

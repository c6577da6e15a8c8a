"""What lets every cmdlet take .NET values: the binder's adapters, registered once a runtime is loaded."""

from __future__ import annotations

from typing import Any

from ..binding import register_adapter
from . import edge
from .read import read

_registered = False


def accept_dotnet_arguments() -> None:
    """Have .NET objects, alone or inside lists and tables, replaced by what they stand for when bound."""
    global _registered
    if _registered:
        return
    _registered = True
    edge.look_for_power_shell()
    register_adapter(edge.net("System.Object"), read)
    for kind in (list, tuple, dict):
        register_adapter(kind, _opened)


def _opened(value: Any) -> Any:
    return read(value) if _holds_net(value, 0) else value


def _holds_net(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return edge.is_net(value)
    return depth < 100 and any(_holds_net(item, depth + 1) for item in value)

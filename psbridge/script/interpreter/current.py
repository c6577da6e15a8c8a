"""Which session is running, for what has no scope at hand: .NET members that take script blocks."""

from __future__ import annotations

from typing import Any


class _State:
    """The running session, and whether the last pipeline put out nothing at all."""

    runtime: Any = None
    nothing = False


state = _State()


def block_from_text(text: str) -> Any:
    """`[scriptblock]::Create(text)`."""
    return state.runtime.block_from_text(text)

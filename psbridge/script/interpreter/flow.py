"""What leaves a block of PowerShell other than by its end. None of it is an error."""

from __future__ import annotations

from typing import Any


class Flow(BaseException):
    """Control flow across Python functions; never caught as an error."""


class BreakFlow(Flow):
    """`break`, to the loop of this label (None: the nearest)."""

    def __init__(self, label: str | None = None) -> None:
        self.label = label


class ContinueFlow(Flow):
    """`continue`, in the loop of this label (None: the nearest)."""

    def __init__(self, label: str | None = None) -> None:
        self.label = label


class ReturnFlow(Flow):
    """`return` from inside a part of a block that runs as a Python function of its own."""


class ExitFlow(Flow):
    """`exit`."""

    def __init__(self, code: int) -> None:
        self.code = code


class StopUpstream(Flow):
    """A command of a pipeline wants no more input."""

    def __init__(self, command: Any) -> None:
        self.command = command

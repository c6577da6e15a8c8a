"""`port`: a PowerShell script as the Python that does the same.

Knows the syntax tree and the names of the semantics' helpers; nothing of the interpreter. What it writes
imports `psbridge` and `psbridge.script.semantics.porting` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from psbridge.errors import PSBridgeError

from ..parsing import parse
from .module import written


@dataclass(frozen=True)
class Note:
    """A line of the script that stays to be done by hand: where, why, and a hint."""

    line: int
    column: int
    reason: str
    hint: str = ""


@dataclass(frozen=True)
class Ported:
    """The Python text, and what of the script is not in it."""

    text: str
    report: list[Note] = field(default_factory=list)


def port(text: str) -> Ported:
    """Port a script.

    Args:
        text: PowerShell.

    Returns:
        Python in which every statement that could not be ported is a visible `raise NotPorted(...)`, and the
        report of those.

    Raises:
        psbridge.PSBridgeError: the script cannot be parsed.

    >>> print(port("$n = 2; $n + 3").text, end="")
    n = 2
    print(n + 3)
    """
    parsed = parse(text)
    if parsed.errors:
        first = parsed.errors[0]
        raise PSBridgeError(f"Line {first.line}, column {first.column}: {first.message}")
    text_, refusals = written(text, parsed.tree)
    notes = [
        Note(refusal.node.line, refusal.node.column, refusal.reason, refusal.hint) for refusal in refusals
    ]
    return Ported(text_, notes)


__all__ = ["Note", "Ported", "port"]

"""-match, -replace and -split of a ported script, and `$Matches`."""

from __future__ import annotations

from typing import Any

from . import patterns as _patterns
from .values import Hashtable


class _Last:
    """What the last -match that held found."""

    groups: Hashtable | None = None


def match(left: Any, pattern: Any, case: bool = False) -> Any:
    """`left -match pattern`; `matches()` gives its groups afterwards."""
    result, table = _patterns.match(left, pattern, case)
    if table is not None:
        _Last.groups = table
    return result


def not_match(left: Any, pattern: Any, case: bool = False) -> Any:
    """`left -notmatch pattern`."""
    result, table = _patterns.not_match(left, pattern, case)
    if table is not None:
        _Last.groups = table
    return result


def matches() -> Any:
    """`$Matches`: the groups of the last -match that held, by number and name."""
    return _Last.groups


def replace(left: Any, right: Any, case: bool = False) -> Any:
    """`left -replace right`, where right is a pattern and perhaps the new text or a script block."""
    from psbridge.script.interpreter.support import replace_operator

    return replace_operator(left, right, case)


def split(left: Any, right: Any, case: bool = False) -> Any:
    """`left -split right`, where right is a pattern or script block, and perhaps a limit and options."""
    from psbridge.script.interpreter.support import split_operator

    return split_operator(left, right, case)


__all__ = ["match", "matches", "not_match", "replace", "split"]

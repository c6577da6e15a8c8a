"""The keys of a dictionary of Python's where PowerShell has a Hashtable."""

from __future__ import annotations

from typing import Any


def spelt(table: Any, key: Any) -> Any:
    """A key as a dictionary of Python's has it, which holds what a Hashtable would: texts in any case."""
    if type(table) is not dict or type(key) is not str or key in table:
        return key
    wanted = key.lower()
    return next((one for one in table if type(one) is str and one.lower() == wanted), key)


__all__ = ["spelt"]

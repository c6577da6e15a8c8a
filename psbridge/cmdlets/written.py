"""The cmdlets that are not builders: the functions that do their work, as their rows name them.

A module is loaded when a cmdlet of it is asked for: those of the configuration, which scripts begin with, do
without the client.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .cmdlet import Piped, Work
from .table import TableEntry


def work(entry: TableEntry) -> Work:
    """What a cmdlet does with its bound parameters."""
    if entry.row.work:
        function = _named(entry.row.work)
    else:
        from .operations import operation_work

        function = operation_work(entry)
    return lambda bound, left_open: function(bound)


def piped(entry: TableEntry) -> Piped | None:
    """What a cmdlet does with a whole pipeline at once; None where it takes item by item."""
    piped_work: Piped | None = _named(entry.row.many) if entry.row.many else None
    return piped_work


def _named(place: str) -> Any:
    module, _, name = place.rpartition(".")
    whole = module if module.startswith("psbridge.") else f"psbridge.cmdlets.{module}"
    return getattr(import_module(whole), name)

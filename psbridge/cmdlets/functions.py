"""Every cmdlet as a function, made when it is first asked for: `functions.Get_Configuration`.

`functions.pyi` beside this file is what editors and type checkers read.
"""

from __future__ import annotations

from typing import Any

from .cmdlet import Cmdlet, Piped, make
from .table import CommandNotFoundError, TableEntry, entries, entry

__all__ = ["invoke"]

_made: dict[str, Cmdlet] = {}


def cmdlet(name: str) -> Cmdlet:
    """The cmdlet of that name, in any case, written with `-` or `_`.

    Raises:
        CommandNotFoundError: when there is none.
    """
    row = entry(name)
    found = _made.get(row.name)
    if found is None:
        found = _made[row.name] = make(row, _work(row), _piped(row))
    return found


def invoke(name: str, *args: Any, **parameters: Any) -> Any:
    """Call a cmdlet whose name is known only at run time: `invoke("get-configuration")`.

    Raises:
        CommandNotFoundError: when no cmdlet has that name.
    """
    function: Any = cmdlet(name)
    function.veil(parameters)
    return function(*args, **parameters)


def _work(row: TableEntry) -> Any:
    if row.kind == "cmdlet":
        from .written import work

        return work(row)
    from .builders import builder

    return builder(row)


def _piped(row: TableEntry) -> Piped | None:
    if row.kind != "cmdlet":
        return None
    from .written import piped

    return piped(row)


def __getattr__(name: str) -> Any:
    if "_" in name and not name.startswith("_"):
        try:
            return cmdlet(name)
        except CommandNotFoundError as error:
            raise AttributeError(error.message) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *(row.python_name for row in entries())]

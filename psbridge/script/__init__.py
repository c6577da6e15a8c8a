"""PowerShell scripts without PowerShell: `parse` reads one, `run` runs one, `port` writes its Python.

    from psbridge import script

    script.run("1..3 | ForEach-Object { $_ * 2 }").output     # [2, 4, 6]

Knows cmdlets, binding and the client; nothing of the command line. Names load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .notebook import load_ipython_extension
    from .parsing import Parsed, ParseError, parse
    from .running import Ran, run
    from .translate import Ported, port

_HOMES = {
    "load_ipython_extension": "notebook",
    "parse": "parsing",
    "Parsed": "parsing",
    "ParseError": "parsing",
    "run": "running",
    "Ran": "running",
    "Ported": "translate",
    "port": "translate",
}

__all__ = ["ParseError", "Parsed", "Ported", "Ran", "load_ipython_extension", "parse", "port", "run"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

""".NET in the same process, through pythonnet: values both ways, and PowerShell hosted by Python.

    from psbridge import dotnet

    dotnet.load()                                  # coreclr where there is one, else .NET Framework or Mono
    table = dotnet.to_dotnet({"Role": "user"})     # a System.Collections.Hashtable
    dotnet.from_dotnet(table)                      # {"Role": "user"}

    with dotnet.PowerShellSession() as session:
        session.run("param($n) 1..$n", {"n": 3}).output    # [1, 2, 3]

Needs the extra `dotnet` (pythonnet) and a .NET runtime; nothing is loaded before it is used, and a process
loads one runtime for good. Once one is loaded, every cmdlet takes .NET values as arguments.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .convert import from_dotnet, to_dotnet
    from .failures import ConversionError, DotNetError, RuntimeNotFoundError
    from .moments import LOCAL, DateTime, TimeSpan
    from .pshome import PowerShellHome, find_pshome
    from .runtime import load, loaded
    from .session import PowerShellError, PowerShellSession, Result

_HOMES = {
    "ConversionError": "failures",
    "DateTime": "moments",
    "DotNetError": "failures",
    "LOCAL": "moments",
    "PowerShellError": "session",
    "PowerShellHome": "pshome",
    "PowerShellSession": "session",
    "Result": "session",
    "RuntimeNotFoundError": "failures",
    "TimeSpan": "moments",
    "find_pshome": "pshome",
    "from_dotnet": "convert",
    "load": "runtime",
    "loaded": "runtime",
    "to_dotnet": "convert",
}

__all__ = [
    "LOCAL",
    "ConversionError",
    "DateTime",
    "DotNetError",
    "PowerShellError",
    "PowerShellHome",
    "PowerShellSession",
    "Result",
    "RuntimeNotFoundError",
    "TimeSpan",
    "find_pshome",
    "from_dotnet",
    "load",
    "loaded",
    "to_dotnet",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)

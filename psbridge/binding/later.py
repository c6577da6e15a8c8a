"""The parts of the binder that few calls need: each is loaded when something of it is first asked for.

They are used as the modules they stand for: `from psbridge.binding.later import dates`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psbridge.binding import dates, enums, hints, numbers, parsing, rare, regexes, uris
else:

    class _Later:
        def __init__(self, name: str) -> None:
            self.__name__ = name

        def __getattr__(self, name: str) -> Any:
            value = getattr(import_module(f"psbridge.binding.{self.__name__}"), name)
            setattr(self, name, value)  # found without this function from now on
            return value

    dates, hints, numbers = _Later("dates"), _Later("hints"), _Later("numbers")
    parsing, regexes, uris = _Later("parsing"), _Later("regexes"), _Later("uris")
    enums, rare = _Later("enums"), _Later("rare")

__all__ = ["dates", "enums", "hints", "numbers", "parsing", "rare", "regexes", "uris"]

"""`$PSBoundParameters`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.script.semantics.values import Dictionary, Hashtable, generic_type


class BoundParameters(Dictionary):
    """System.Management.Automation.PSBoundParametersDictionary: the parameters that a call gave."""

    __slots__ = ()
    net_type = NetType(
        "PSBoundParametersDictionary",
        "System.Management.Automation.PSBoundParametersDictionary",
        parent=generic_type("Dictionary", nettypes.STRING, nettypes.OBJECT),
    )

    def __init__(self) -> None:
        super().__init__(key_type=nettypes.STRING, value_type=nettypes.OBJECT, case_sensitive=False)


@lru_cache(maxsize=4096)
def _asks(text: str) -> bool:
    return "boundparameters" in text.lower()


def bound_table(text: str) -> Any:
    """What a block's bound parameters go into: a plain table where its text never asks for them."""
    return BoundParameters() if _asks(text) else Hashtable()

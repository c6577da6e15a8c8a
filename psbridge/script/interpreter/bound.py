"""`$PSBoundParameters`."""

from __future__ import annotations

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType
from psbridge.script.semantics.values import Dictionary, generic_type


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

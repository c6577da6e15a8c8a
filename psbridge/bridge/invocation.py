"""One `invoke`: which cmdlet, with what. Checks the request's shape; the cmdlet's binder checks the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..cmdlets.unset import UNSET
from . import settings
from .messages import INVALID_PARAMS, Refused
from .values import decoded


class _Known:
    """What is looked up once for a cmdlet: its own parameters, and those of them that are SecureStrings."""

    __slots__ = ("command", "entry", "function", "names", "pipes", "secure", "slow")

    def __init__(self, entry: Any) -> None:
        self.entry = entry
        self.command: str = entry.name
        self.names = frozenset(one.name for one in entry.parameters)
        self.secure = frozenset(one.name for one in entry.parameters if one.dotnet == "SecureString")
        self.slow: bool = entry.waits
        self.pipes = bool(entry.row.many)
        self.function: Callable[..., Any] | None = None


_known: dict[str, _Known] = {}


class Invocation(NamedTuple):
    """A cmdlet and its arguments.

    Attributes:
        command: the cmdlet's name as the table spells it.
        parameters: by name; UNSET for one that was left open.
        slow: it waits for a server.
        verbose, debug: whether those lines are wanted.
        known: what is known of the cmdlet.
        becomes: the number, or the name, that what it sets is kept under; None where nothing is kept.
    """

    command: str
    parameters: dict[str, Any]
    slow: bool
    verbose: bool
    debug: bool
    known: _Known
    becomes: int | str | None = None

    @classmethod
    def read(cls, params: dict[str, Any], marked: bool) -> Invocation:
        """The params of an invoke; `marked` says that there may be markers in them.

        Raises:
            Refused: they are not what an invoke takes.
            PSBridgeError: there is no such cmdlet, or a marker means nothing.
        """
        name = params.get("name")
        if not isinstance(name, str):
            raise Refused(INVALID_PARAMS, "invoke: 'name' must be the name of a cmdlet.")
        parameters = params.get("parameters", {})
        if not isinstance(parameters, dict):
            raise Refused(INVALID_PARAMS, "invoke: 'parameters' must be an object.")
        left_open = params.get("left_open", ())
        if left_open and not (isinstance(left_open, list) and all(isinstance(one, str) for one in left_open)):
            raise Refused(INVALID_PARAMS, "invoke: 'left_open' must be an array of parameter names.")
        becomes = params.get("becomes")
        if becomes is not None and becomes.__class__ is not int and becomes.__class__ is not str:
            raise Refused(INVALID_PARAMS, "invoke: 'becomes' must be a whole number or a text.")
        known = _known.get(name) or _look_up(name)
        if marked:
            parameters = {key: _argument(known, key, value) for key, value in parameters.items()}
        for one in left_open or ():
            parameters.setdefault(one, UNSET)
        if not known.names.issuperset(parameters):
            _refuse_common(known, parameters)
        if params.get("what_if") is True:
            parameters["WhatIf"] = True
        return cls(
            known.command,
            parameters,
            known.slow,
            params.get("verbose") is True,
            params.get("debug") is True,
            known,
            becomes,
        )

    def run(self) -> Any:
        """Do the cmdlet's work; what it gives back, or what it raises. What it sets is kept, if wanted."""
        known = self.known
        if known.function is None:
            from ..cmdlets.functions import cmdlet

            known.function = cmdlet(known.command)
        if self.becomes is None:
            return known.function(**self.parameters)
        result = known.function(**self.parameters)
        settings.keep(self.becomes, settings.came_of(result))
        return result


def _look_up(name: str) -> _Known:
    from ..cmdlets.table import entry

    known = _known[name] = _Known(entry(name))
    return known


def _argument(known: _Known, name: str, value: Any) -> Any:
    value = decoded(value)
    if hasattr(value, "reveal") and name not in known.secure:
        return value.reveal()  # a SecureString was given for a text, such as an access token
    return value


def _refuse_common(known: _Known, parameters: dict[str, Any]) -> None:
    """PowerShell obeys -Verbose, -WhatIf and their like itself; here they would mean nothing."""
    from ..cmdlets.cmdlet import COMMON

    for name in parameters.keys() - known.names:
        matched = known.entry.command.metadata.match(name)
        if matched is not None and matched.parameter.name in COMMON:
            told = f"invoke: '{name[:80]}' is one of PowerShell's common parameters and is not sent."
            raise Refused(INVALID_PARAMS, told)

"""One `invoke`: which cmdlet, with what. Checks the request's shape; the cmdlet's binder checks the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..cmdlets.unset import UNSET
from .messages import INVALID_PARAMS, Refused
from .values import decoded

# Cmdlets that wait for a server; all others are done at once.
_SLOW = frozenset(
    (
        "New-ChatCompletion",
        "Get-ChatCompletion",
        "Get-ChatCompletionMessage",
        "Update-ChatCompletion",
        "Remove-ChatCompletion",
    )
)


@dataclass
class _Known:
    """What is looked up once for a cmdlet: its own parameters, and those of them that are SecureStrings."""

    command: str
    entry: Any
    names: frozenset[str]
    secure: frozenset[str]
    slow: bool
    function: Callable[..., Any] | None = None


_known: dict[str, _Known] = {}


@dataclass
class Invocation:
    """A cmdlet and its arguments.

    Attributes:
        command: the cmdlet's name as the table spells it.
        parameters: by name; UNSET for one that was left open.
        slow: it waits for a server.
        verbose, debug: whether those lines are wanted.
    """

    command: str
    parameters: dict[str, Any]
    slow: bool
    verbose: bool
    debug: bool
    _cmdlet: _Known

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
        known = _known.get(name) or _look_up(name)
        if marked:
            parameters = {key: _argument(known, key, value) for key, value in parameters.items()}
        for one in left_open or ():
            parameters.setdefault(one, UNSET)
        if not known.names.issuperset(parameters):
            _refuse_common(known, parameters)
        return cls(
            known.command,
            parameters,
            known.slow,
            params.get("verbose") is True,
            params.get("debug") is True,
            known,
        )

    def run(self) -> Any:
        """Do the cmdlet's work; what it gives back, or what it raises."""
        known = self._cmdlet
        if known.function is None:
            from ..cmdlets.functions import cmdlet

            known.function = cmdlet(known.command)
        return known.function(**self.parameters)


def _look_up(name: str) -> _Known:
    from ..cmdlets.table import entry

    found = entry(name)
    known = _known[name] = _Known(
        found.name,
        found,
        frozenset(parameter.name for parameter in found.parameters),
        frozenset(parameter.name for parameter in found.parameters if parameter.dotnet == "SecureString"),
        found.name in _SLOW,
    )
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

"""What a cmdlet of a hosted session answers: its results as .NET objects, its failures as facts.

The facts are those that the module's worker sends; the module's own functions make the ErrorRecord of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ..cmdlets.failures import secrets_of, told
from ..cmdlets.questions import members_of
from ..cmdlets.unset import UNSET
from ..errors import PSBridgeError
from ..models.base import Model
from . import edge, tokens
from .convert import to_dotnet

NOTHING, VALUE, ITEMS, FAILURE = "nothing", "value", "items", "failure"


def answer(kind: str, warnings: list[str], value: Any = None, target: Any = None) -> Any:
    """An answer as an Object[]: its kind, the warnings beside it, what it is, and the item it is about."""
    return edge.object_array([kind, edge.object_array(list(warnings)), value, target])


def output(value: Any) -> Any:
    """A cmdlet's result for PowerShell: a model with every property it may have, so that a script can set it.

    A property that is unset holds AutomationNull, which reads as $null and is left out again on the way back.
    """
    if value is UNSET:
        made = edge.power_shell_type("PSObject")()
        made.TypeNames.Insert(0, tokens.UNSET_TYPE)
        return made
    if isinstance(value, Model):
        kind = type(value)
        made, put = edge.copy_of(_template(kind))
        for name, item in members_of(value).items():
            put(name, output(item), name in kind.model_fields)
        return made
    if isinstance(value, (list, tuple)):
        return edge.object_array([output(item) for item in value])
    if hasattr(value, "__ps_properties__"):
        members = {name: output(item) for name, item in value.__ps_properties__().items()}
        return edge.note_object(f"PSBridge.{type(value).__name__}", members)
    return to_dotnet(value)


@cache
def _template(kind: type[Model]) -> Any:
    """An object with every property of a model, all unset."""
    return edge.note_object(f"PSBridge.{kind.__name__}", dict.fromkeys(kind.model_fields, edge.unset_mark()))


def failure(error: BaseException, name: str, parameters: dict[str, Any] | None = None) -> Any:
    """A failure of the cmdlet `name`, as ConvertTo-BridgeRecord reads one."""
    if not isinstance(error, PSBridgeError):
        error = PSBridgeError(
            f"{name} failed in a way it should not: {type(error).__name__}: {error}",
            error_id="PSBridge.InternalError",
        )
    message, data = told(error, name, secrets_of(parameters or {}))
    return _noted({"message": message, "data": data})


def _noted(value: Any) -> Any:
    if isinstance(value, dict):
        return edge.note_object("PSBridge.Failure", {name: _noted(item) for name, item in value.items()})
    return output(value)

"""Objects that come back from where scripts keep them: CLIXML, a job, another machine, plain JSON.

The rules are the module's (`Get-BridgeOpen` in powershell/src/calls): what was unset is left out again,
and what jobs and views have added is not the object's own.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from .. import models

_REMOTED = frozenset({"PSComputerName", "RunspaceId", "PSShowComputerName", "PSSourceJobInstanceId"})
_SHOWN = frozenset({"Role", "Text", "FinishReason", "Tokens"})
_VIEWED = frozenset({"CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"})


def without_open(name: str, given: frozenset[str], members: dict[str, Any]) -> dict[str, Any]:
    """The members of a `Deserialized.PSBridge.*` object that are set.

    Args:
        name: the model's name.
        given: the names that its PSBridge.Set holds.
        members: all of them, unset ones as None.
    """
    added = _REMOTED | _SHOWN if name in _VIEWED else _REMOTED
    own = _own(getattr(models, name, None) if name in models.__all__ else None)
    return {
        key: value
        for key, value in members.items()
        if key not in added - own and not (value is None and key in own and key not in given)
    }


def without_unset(members: dict[str, Any]) -> dict[str, Any]:
    """The members of an untyped object: one with all members of a model was built, its nulls unset."""
    if None not in members.values():
        return members
    most = max((own for own in _all() if own <= members.keys()), key=len, default=frozenset())
    return {key: value for key, value in members.items() if value is not None or key not in most}


def _own(kind: Any) -> frozenset[str]:
    from ..models.base import Model  # loads pydantic, which plain values do without

    return frozenset(kind.model_fields) if isinstance(kind, type) and issubclass(kind, Model) else frozenset()


@cache
def _all() -> tuple[frozenset[str], ...]:
    """The members of every model; one member says too little of what an object is."""
    every = (_own(getattr(models, name)) for name in models.__all__)
    return tuple(own for own in every if len(own) > 1)

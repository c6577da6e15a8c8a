"""What replies answered that have gone to PowerShell: they come back as plain objects, known by their ids."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

QUESTION = "_question"
"""What a reply keeps its request under: no member, and in no JSON."""

_kept: OrderedDict[str, Any] = OrderedDict()
_MOST = 1_000
_BESIDE = ("Parsed", "ToolCalls")
"""What a reply is given besides its members."""


def members_of(reply: Any) -> dict[str, Any]:
    """What is set in a model; of a reply also what it was given besides, and its question is kept."""
    members: dict[str, Any] = reply.__ps_properties__()
    question = reply.__dict__.get(QUESTION)
    if question is None:
        return members
    _kept[str(reply.__dict__.get("id"))] = question
    if len(_kept) > _MOST:
        _kept.popitem(last=False)
    return {**members, **{name: reply.__dict__[name] for name in _BESIDE if name in reply.__dict__}}


def question_by_id(identity: Any) -> Any:
    """The request that the reply of that id answered, if it is one of the latest; else None."""
    return _kept.get(str(identity))

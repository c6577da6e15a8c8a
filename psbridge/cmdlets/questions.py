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
    return {**members, **given_besides(reply)} if QUESTION in reply.__dict__ else members


def given_besides(reply: Any) -> dict[str, Any]:
    """What a reply that has a question was given besides its members; the question is kept."""
    members = reply.__dict__
    _kept[str(members.get("id"))] = members[QUESTION]
    if len(_kept) > _MOST:
        _kept.popitem(last=False)
    return {name: members[name] for name in _BESIDE if name in members}


def question_by_id(identity: Any) -> Any:
    """The request that the reply of that id answered, if it is one of the latest; else None."""
    return _kept.get(str(identity))

"""What a cmdlet of a hosted session answers: its results as .NET objects, its failures as facts.

The facts are those that the module's worker sends; the module's own functions make the ErrorRecord of them.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ..binding import OrderedDictionary
from ..binding.ordinal import folded
from ..client.settings.secret import MASK
from ..cmdlets.connections import ChatConnection
from ..cmdlets.failures import secrets_of, told
from ..cmdlets.questions import members_of
from ..cmdlets.unset import UNSET
from ..errors import PSBridgeError
from ..models.base import Model
from . import edge, tokens
from .convert import to_dotnet

# Names that no member of a PowerShell object of a model can have, folded.
_RESERVED = tuple(
    map(folded, ("", "PSObject", "PSBase", "PSAdapted", "PSExtended", "PSTypeNames", "PSBridge"))
)

NOTHING, VALUE, ITEMS, FAILURE = "nothing", "value", "items", "failure"


class Lines(list[tuple[str, str]]):
    """What was said beside an answer: the stream's name, `warning`, `verbose` or `debug`, and the line."""

    def say(self, stream: str, line: str) -> None:
        """A line of that stream."""
        self.append((stream, line))

    def warning(self, line: str) -> None:
        """A line of the warning stream."""
        self.append(("warning", line))


def answer(kind: str, lines: Iterable[tuple[str, str]], value: Any = None, target: Any = None) -> Any:
    """An answer as an Object[]: its kind, the lines beside it, what it is, and the item it is about."""
    said = edge.object_array([edge.object_array(list(line)) for line in lines])
    return edge.object_array([kind, said, value, target])


def output(value: Any) -> Any:
    """A cmdlet's result for PowerShell: a model with every property it may have, so that a script can set it.

    A property that is unset is the module's own for that (`Get-BridgeUnset`): it reads as $null, becomes
    a plain one when it is assigned, and is left out again on the way back.
    """
    if value is UNSET:
        made = edge.power_shell_type("PSObject")()
        made.TypeNames.Insert(0, tokens.UNSET_TYPE)
        return made
    if isinstance(value, Model):
        members = members_of(value)
        beside = _beside(tuple(members))
        more = {name: members[name] for name in members if name in beside} if beside else {}
        if more:
            members = {name: item for name, item in members.items() if name not in beside}
        made, put = edge.copy_of(_template(type(value), tuple(members)))
        for name, item in members.items():
            put(name, _member(item))
        if more:
            edge.add_more(
                made, to_dotnet(OrderedDictionary((name, output(one)) for name, one in more.items()))
            )
        return made
    if isinstance(value, (list, tuple)):
        return edge.object_array([output(item) for item in value])
    if isinstance(value, ChatConnection):
        settings = {name: output(item) for name, item in value.__ps_properties__().items()}
        return edge.note_object("PSBridge.ChatConnection", {"Id": _id_of(value), **settings})
    if hasattr(value, "__ps_properties__"):
        members = {name: output(item) for name, item in value.__ps_properties__().items()}
        return edge.note_object(f"PSBridge.{type(value).__name__}", members)
    if callable(value) and not edge.is_net(value):  # what gives a key
        return MASK
    return to_dotnet(value)


def _member(value: Any) -> Any:
    """A member of a model: a table in it is an object, whose members keep their order, as in the module."""
    if value.__class__ is dict and all(map(_is_name, value)) and not _beside(tuple(value)):
        return edge.note_object("", {name: _member(item) for name, item in value.items()})
    if value.__class__ is list:
        return edge.object_array([_member(item) for item in value])
    return output(value)


def _is_name(key: object) -> bool:
    return isinstance(key, str)


# Connections that scripts hold, which a session's objects name by their ids: their keys are not in there.
_connections: OrderedDict[str, ChatConnection] = OrderedDict()
_MOST_CONNECTIONS = 10_000


def _id_of(connection: ChatConnection) -> str:
    name = uuid.uuid4().hex
    _connections[name] = connection
    if len(_connections) > _MOST_CONNECTIONS:
        _connections.popitem(last=False)
    return name


def connection_with(name: object) -> ChatConnection | None:
    """The connection whose object has this id, or None where it is not of this process."""
    return _connections.get(str(name))


@lru_cache(1000)
def _beside(names: tuple[str, ...]) -> frozenset[str]:
    """Those of a model's members that an object cannot have beside the others."""
    taken, beside = set(_RESERVED), set()
    for name in names:
        if folded(name) in taken:
            beside.add(name)
        taken.add(folded(name))
    return frozenset(beside)


@lru_cache(1000)
def _template(kind: type[Model], members: tuple[str, ...]) -> Any:
    """What objects of a model are copies of that have these members set, in the order of the model."""
    unset = edge.unset_properties([name for name in kind.model_fields if name not in members])
    made = edge.note_object("", {})
    for name in dict.fromkeys((*kind.model_fields, *members)):
        edge.add_property(made, unset.get(name) or name)
    edge.add_set(made, members)
    made.TypeNames.Insert(
        0, f"PSBridge.{kind.__name__}"
    )  # last: a server's own `Text` goes before the view's
    return made


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

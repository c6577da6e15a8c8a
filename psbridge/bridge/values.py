"""Values across the wire: the markers for what JSON has no type for, and models with what is set in them.

Both ways:
- `{"$psbridge": "unset"}`;
- `{"$psbridge": "number", "value": name}`: NaN, Infinity or -Infinity.

To the worker:
- `{"$psbridge": "secure", "value": "..."}`;
- `{"$psbridge": "asked", "value": number}`: a key, for which the script block of that number is asked;
- `{"$psbridge": "file", "value": path}`: a file that is to be read;
- `{"$psbridge": "model", "type": name, "set": {...}}`: an object that a builder made;
- `{"$psbridge": "connection", "set": {...}}`: a connection, by what New-ChatConnection was given, or one that
  came from it as a `ChatConnection`, sent back as that model;
- `{"$psbridge": "command", "told": {...}}`: a command that is a tool, as the module describes it;
- `{"$psbridge": "type", "name": "...", "shape": {...}}`: a type that an answer is to be, likewise; the table
  of either may be its JSON text, by which the worker knows it again;
- `{"$psbridge": "plain", "members": [name, value, ...]}`: data with a member of the name `$psbridge`.

From it:
- `{"$psbridge": [name, member, value, ...]}`: an object of a named kind, with what is set in it; data with a
  member of the name `$psbridge` comes so too, with an empty name;
- `{"$psbridge": ["+", [name, member, value, ...], member, value, ...]}`: such an object with members that no
  object of PowerShell can have beside the others;
- `{"$psbridge": "bytes", "value": "..."}`: bytes, in Base64;
- `{"$psbridge": "secret"}`: a secret, whatever it is.

So nothing in data, a server's reply included, is taken for a marker. Knows nothing of messages or cmdlets.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from ..cmdlets.questions import QUESTION, given_besides, members_of, question_by_id
from ..cmdlets.unset import UNSET
from ..errors import PSBridgeError
from . import settings

MARKER = "$psbridge"
_KEY = f'"{MARKER}":'
_NUMBERS = ("NaN", "Infinity", "-Infinity")


class _Secret:
    """Stands for a secret in what is sent: an object of its own, since data may hold any mapping."""


SECRET = _Secret()


class UnsendableError(PSBridgeError):
    """A value that cannot cross the wire."""

    default_error_id = "PSBridge.InvalidValue"
    default_category = "InvalidData"


def decoded(value: Any) -> Any:
    """A value as the worker got it, markers replaced; members that are unset are left out.

    Raises:
        UnsendableError: a marker that means nothing here.
    """
    if isinstance(value, dict):
        if MARKER in value:
            return _marked(value)
        opened = {key: decoded(item) for key, item in value.items()}
        return {key: item for key, item in opened.items() if item is not UNSET}
    if isinstance(value, list):
        return [decoded(item) for item in value]
    return value


def _marked(value: dict[str, Any]) -> Any:
    kind = value[MARKER]
    if kind == "unset":
        return UNSET
    if kind == "secure" and isinstance(value.get("value"), str):
        from ..binding import SecureString

        return SecureString(value["value"])
    if kind == "asked" and value.get("value").__class__ is int:
        return settings.AskedKey(value["value"])
    if kind == "model" and isinstance(value.get("type"), str) and isinstance(value.get("set"), dict):
        if value["type"] == "ChatConnection":
            return _returned(value["set"])
        return _model(value["type"], decoded(value["set"]))
    if kind == "connection" and isinstance(value.get("set"), dict):
        from ..cmdlets.connections import new_chat_connection

        return new_chat_connection(decoded(value["set"]))
    if kind == "file" and isinstance(value.get("value"), str):
        return Path(value["value"])
    if kind == "number" and value.get("value") in _NUMBERS:
        return float(value["value"])
    if kind == "command" and isinstance(value.get("told"), (dict, str)):
        from .commands import command_tool

        return command_tool(value["told"])
    if kind == "type" and isinstance(value.get("name"), str) and isinstance(value.get("shape"), (dict, str)):
        from .commands import command_answer

        return command_answer(value["name"], value["shape"])
    members = value.get("members")
    if kind == "plain" and isinstance(members, list) and not len(members) % 2:
        opened = {str(name): decoded(item) for name, item in zip(members[::2], members[1::2], strict=True)}
        return {name: item for name, item in opened.items() if item is not UNSET}
    raise UnsendableError(
        f"A value marked {MARKER} must be 'unset', 'secure' with a text in 'value', 'asked' with a number in "
        "'value', 'number' with NaN, Infinity or -Infinity in 'value', 'model' with a name in 'type' and an "
        "object in 'set', 'command' or 'type' with what the module says of one, or 'plain' with names and "
        "values in 'members'."
    )


def _model(name: str, members: dict[str, Any]) -> Any:
    """The model that was sent out and came back: required members it never had stay open.

    Members alone, where they no longer make that model: whoever takes them then says what is wrong, by its
    whole path.
    """
    from ..cmdlets.builders import remade

    built = remade(name, members)
    if built is None:
        return members
    question = question_by_id(members.get("id"))
    if question is not None:
        object.__setattr__(built, "_question", question)
    return built


# Names that no member of an object of a model can have in PowerShell.
_RESERVED = frozenset(("", "PSOBJECT", "PSBASE", "PSADAPTED", "PSEXTENDED", "PSTYPENAMES", "PSBRIDGE"))


@cache
def _taken(kind: Any) -> frozenset[str]:
    """The names, folded, that the objects of a model have in any case."""
    from ..binding.ordinal import folded

    return _RESERVED.union(map(folded, kind.model_fields))


def _modelled(name: str) -> Callable[[Any], dict[str, Any]]:
    """How a model of that name is sent."""

    def sent(model: Any) -> dict[str, Any]:
        members = members_of(model)
        if model.__pydantic_extra__:
            return _extended(name, model, members)
        return typed(name, members)

    return sent


def _extended(name: str, model: Any, members: dict[str, Any]) -> dict[str, Any]:
    """A model with members of its own, and what its object cannot have in PowerShell beside it: `ID` beside
    `id`.
    """
    extra = model.__pydantic_extra__
    from ..binding.ordinal import folded

    kind: Any = type(model)
    taken = {*_taken(kind), *map(folded, members.keys() - extra.keys())}
    odd = {}
    for key in extra:
        if (plain := folded(key)) in taken:
            odd[key] = extra[key]
            if members.get(key) is extra[key]:
                del members[key]
        taken.add(plain)
    if not odd:
        return typed(name, members)
    return {MARKER: ["+", listed(name, members), *chain.from_iterable(odd.items())]}


def _connection(connection: Any) -> Any:
    """A connection as it is sent: what may be shown, and an id by which it comes back."""
    name = settings.name_of(connection.configuration)
    return typed("ChatConnection", {"Id": name, **shown_members(connection)})


def shown_members(connection: Any) -> dict[str, Any]:
    """A connection's settings with markers for its secrets."""
    from ..client.settings.secret import MASK

    members = connection.__ps_properties__()
    return {name: SECRET if value == MASK else value for name, value in members.items()}


def _returned(members: dict[str, Any]) -> Any:
    from ..cmdlets.connections import ChatConnection

    return ChatConnection(settings.kept_under(members.get("Id")))


def encoded(value: Any) -> str:
    """A cmdlet's result as ASCII JSON text.

    Raises:
        UnsendableError: it is nested too deeply.
    """
    try:
        return _text(value)
    except RecursionError:
        raise UnsendableError("The result is nested too deeply to be sent.") from None


def _text(value: Any) -> str:
    kind = value.__class__
    if kind is str:
        return _quoted(value)
    if value is None:
        return "null"
    if kind is list and (not value or hasattr(value[0], "__pydantic_fields_set__")):
        return f"[{','.join(map(_text, value))}]"
    write = _writers.get(kind)
    if write is None:
        if not hasattr(value, "__pydantic_fields_set__"):
            return _any_text(value)
        write = _writers[kind] = _writer(kind)
    return write(value)


_quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii
# What makes the text of a model at once, by its class: through a table of its own it takes twice the time.
_writers: dict[type, Callable[[Any], str]] = {int: int.__repr__}


def _writer(model_class: Any) -> Callable[[Any], str]:
    """How a model of that class is written."""
    begin = f'{{"{MARKER}":[{_quoted(model_class.__name__)}'
    fields = [(field, f",{_quoted(field)},") for field in model_class.model_fields]

    def write(model: Any) -> str:
        if model.__pydantic_extra__:
            return _any_text(model)
        values, given = model.__dict__, model.__pydantic_fields_set__
        pieces = [begin]
        for field, name in fields:
            if field in given:
                value = values[field]
                kind = value.__class__
                if kind is str:
                    pieces.append(name + _quoted(value))
                elif kind is int:
                    pieces.append(f"{name}{value}")
                else:
                    pieces.append(name + _text(value))
        if QUESTION in values:
            for name, value in given_besides(model).items():
                pieces.append(f",{_quoted(name)},{_text(value)}")
        pieces.append("]}")
        return "".join(pieces)

    return write


def _any_text(value: Any) -> str:
    marked = 0

    def opened(value: Any) -> Any:
        nonlocal marked
        way = _ways.get(value.__class__) or _way_of(value)
        form = way(value)
        if way is not dict and form.__class__ is dict and MARKER in form:
            marked += 1
        return form

    try:
        text = json.JSONEncoder(
            separators=(",", ":"), allow_nan=False, check_circular=False, default=opened
        ).encode(value)
        if text.count(_KEY) == marked:  # in a text the quotes are escaped, so these are names
            return text
    except ValueError:  # a number that is not finite
        pass
    return json.JSONEncoder(separators=(",", ":"), check_circular=False).encode(_spelled(value))


def _spelled(value: Any) -> Any:
    """`value` as the JSON that is sent, where it holds what plain encoding would get wrong."""
    if value.__class__ is dict or (isinstance(value, Mapping) and _way_of(value) is dict):
        members = {str(name): _spelled(item) for name, item in value.items()}
        return {MARKER: listed("", members)} if MARKER in members else members
    if isinstance(value, list | tuple):
        return [_spelled(item) for item in value]
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {MARKER: "number", "value": name}
    if value is None or isinstance(value, str | int):
        return value
    form = _open(value)
    if isinstance(form, dict) and MARKER in form:
        inner = form[MARKER]
        return {**form, MARKER: [_spelled(item) for item in inner]} if isinstance(inner, list) else form
    return _spelled(form)


def typed(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a named kind, as it is sent."""
    return {MARKER: listed(name, members)}


def listed(name: str, members: Mapping[str, Any]) -> list[Any]:
    """Its name, then each member's name and value: PowerShell reads a list faster than an object."""
    return [name, *chain.from_iterable(members.items())]


# How to send an object of a class, by the class; filled as classes are met.
_ways: dict[type, Callable[[Any], Any]] = {}


def _open(value: Any) -> Any:
    return _way_of(value)(value)


def _way_of(value: Any) -> Callable[[Any], Any]:
    kind = value.__class__
    way = _ways.get(kind)
    if way is None:
        way = _ways[kind] = _way(value)
    return way


def _way(value: Any) -> Callable[[Any], Any]:
    if value is UNSET:
        return lambda _: {MARKER: "unset"}
    if value is SECRET or hasattr(value, "reveal"):
        return lambda _: {MARKER: "secret"}
    if hasattr(value, "__pydantic_fields_set__"):
        return _modelled(type(value).__name__)
    import datetime
    import enum
    import uuid
    from decimal import Decimal

    from ..client.message.headers import Headers
    from ..client.message.reply import UsageTotals
    from ..client.settings.configuration import HttpSigning
    from ..cmdlets.configuration import LiveConfiguration
    from ..cmdlets.connections import ChatConnection

    match value:
        case LiveConfiguration():
            return _configuration
        case HttpSigning():
            return _signing
        case ChatConnection():
            return _connection
        case UsageTotals():
            return lambda totals: typed("UsageTotals", vars(totals))
        case Headers():
            return dict
        case bytes():
            return lambda data: {MARKER: "bytes", "value": base64.b64encode(data).decode("ascii")}
        case Decimal():
            return lambda number: int(number) if number == number.to_integral_value() else float(number)
        case datetime.date() | datetime.time():
            return lambda moment: moment.isoformat()
        case uuid.UUID():
            return str
        case enum.Enum():
            return lambda member: member.value
        case Mapping():
            return dict
        case tuple() | set() | frozenset() | range():
            return list
    if hasattr(value, "__ps_properties__"):
        name = type(value).__name__
        return lambda bag: typed(name, bag.__ps_properties__())
    raise TypeError(f"a {type(value).__name__} has no form on the wire")


def _configuration(live: Any) -> Any:
    from ..client.settings.secret import shown

    return typed(
        "Configuration", {name: shown(value, mask=SECRET) for name, value in live.__ps_properties__().items()}
    )


def _signing(signing: Any) -> Any:
    return typed(
        "HttpSigning",
        {
            "KeyId": signing.key_id,
            "KeyFilePath": signing.key_file_path,
            "KeyPassPhrase": signing.key_passphrase,
            "HttpSigningHeader": list(signing.headers),
            "HashAlgorithm": signing.hash_algorithm,
            "SigningAlgorithm": signing.signing_algorithm,
            "SignatureValidityPeriod": signing.validity_seconds,
        },
    )

"""A short example of every builder, in PowerShell and in Python, for the reference pages.

The examples hold what the API requires and a few plain members more; their values are made up here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..naming import parameter_name
from .cmdlets import VALUE, Builder
from .shapes import Api, Array, Map, Member, ObjectDef, Ref, Scalar, Shape, UnionDef

MORE = 2  # optional members shown beside the required ones
_LONGEST_LINE = 100

# Text for a member of this name, wherever it occurs.
_TEXTS = {
    "arguments": '{"ticket": 17}',
    "city": "Munich",
    "content": "Printer on floor 2 is out of toner.",
    "country": "DE",
    "data": "UklGRg==",
    "definition": "[0-9]{4}",
    "description": "Looks a ticket up by its number.",
    "file_data": "SGVsbG8=",
    "filename": "ticket.txt",
    "input": "17",
    "label": "support",
    "model": "gpt-4o",
    "name": "find_ticket",
    "prompt_cache_key": "tickets",
    "refusal": "That is not mine to look up.",
    "region": "Bavaria",
    "safety_identifier": "5f2b6c",
    "stop": "END",
    "text": "Printer on floor 2 is out of toner.",
    "timezone": "Europe/Berlin",
    "title": "Toner",
    "token": "toner",
    "transcript": "Out of toner.",
    "url": "https://example.com/printer.png",
    "user": "5f2b6c",
    "voice": "alloy",
}


@dataclass(frozen=True)
class Variable:
    """A value built by an earlier line of the example."""

    model: str


@dataclass
class Example:
    """The lines of one example, by language."""

    powershell: list[str] = field(default_factory=list)
    python: list[str] = field(default_factory=list)
    _built: set[str] = field(default_factory=set)

    def built(self, name: str, arguments: list[tuple[str, Any]]) -> Variable:
        """Add the line that builds `name`, unless it is there already; "" names what goes by position."""
        if name not in self._built:
            self._built.add(name)
            shell = "".join(f" -{one} {_powershell(value)}" for one, value in arguments)
            self.powershell.append(f"${name} = Initialize-{name}{shell}".replace(" - ", " "))
            written = [f"{one}={_python(value)}".removeprefix("=") for one, value in arguments]
            line = f"{_variable(name)} = ps.Initialize_{name}({', '.join(written)})"
            if len(line) > _LONGEST_LINE:
                inner = "".join(f"    {one},\n" for one in written)
                line = f"{_variable(name)} = ps.Initialize_{name}(\n{inner})"
            self.python.append(line)
        return Variable(name)


def example(api: Api, builder: Builder) -> Example:
    """The example of one builder, whatever it needs built before."""
    shown = Example()
    _build(api, builder.model, shown, more=MORE)
    shown.powershell.append(f"${builder.model} | ConvertTo-Json -Depth 20")
    name = _variable(builder.model)
    plain = _plain(api, builder.model) is not None
    shown.python.append(f"print({name})" if plain else f"print({name}.model_dump_json())")
    return shown


def _plain(api: Api, name: str) -> Scalar | None:
    """The first alternative of a union that is no object and no array, if it has one."""
    definition = api.definitions[name]
    for one in definition.alternatives if isinstance(definition, UnionDef) else ():
        found = one if isinstance(one, Scalar) else _plain(api, one.name) if isinstance(one, Ref) else None
        if found is not None:
            return found
    return None


def _build(api: Api, name: str, shown: Example, more: int = 0) -> Variable:
    definition = api.definitions[name]
    if isinstance(definition, UnionDef):
        objects = api.objects_of(definition)
        scalar = _plain(api, name)
        if scalar is not None:
            alone = not objects or any(isinstance(one, Array) for one in definition.alternatives)
            meant = _MEANINGS.get(name, "text")
            return shown.built(name, [("" if alone else VALUE, _scalar(meant, scalar))])
        definition = next((one for one in objects if "UserMessage" in one.name), objects[0])
    assert isinstance(definition, ObjectDef)
    members = [member for member in definition.members if member.required]
    plain = [member for member in definition.members if not member.required and _is_plain(member)]
    members += plain[: more or not members]
    members = members or definition.members[:1]
    ordered = [member for member in definition.members if member in members]
    return shown.built(
        name,
        [(parameter_name(member.wire), _value(api, member.wire, member.shape, shown)) for member in ordered],
    )


def _is_plain(member: Member) -> bool:
    return isinstance(member.shape, (Scalar, Map)) and not member.deprecated and member.wire != "name"


# What a union's plain text stands for, where it is no message.
_MEANINGS = {
    "CreateChatCompletionRequestModel": "model",
    "ModelIdsShared": "model",
    "CreateChatCompletionRequestStop": "stop",
    "StopConfiguration": "stop",
    "VoiceIdsShared": "voice",
    "VoiceIdsOrCustomVoice": "voice",
}


def _value(api: Api, wire: str, shape: Shape, shown: Example) -> Any:
    if isinstance(shape, Scalar):
        return _scalar(wire, shape)
    if isinstance(shape, Array):
        return [_value(api, wire.removesuffix("s"), shape.items, shown)]
    if isinstance(shape, Map):
        return _map(api, wire, shape, shown)
    scalar = _plain(api, shape.name)
    return _scalar(wire, scalar) if scalar is not None else _build(api, shape.name, shown)


def _scalar(wire: str, shape: Scalar) -> Any:
    if shape.values and wire not in ("model", "voice"):
        return shape.values[0]
    match shape.kind:
        case "string":
            return _TEXTS.get(wire, f"my-{wire.replace('_', '-')}")
        case "integer":
            return max(1, int(shape.limits.minimum or 0))
        case "number":
            return 0.5
        case "boolean":
            return True
        case _:
            return "anything"


def _map(api: Api, wire: str, shape: Map, shown: Example) -> dict[str, Any]:
    if wire in ("parameters", "schema"):
        return {"type": "object", "properties": {"ticket": {"type": "integer"}}}
    if wire == "tool":
        return {"type": "function", "function": {"name": "find_ticket"}}
    if isinstance(shape.values, Scalar) and shape.values.kind == "integer":
        return {"50256": -100}
    key = "violence" if wire.startswith("categor") else "team"
    return {key: _value(api, "label" if wire == "metadata" else wire, shape.values, shown)}


def _variable(model: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", model).lower()


def _powershell(value: Any) -> str:
    match value:
        case Variable(model):
            return f"${model}"
        case bool():
            return "$true" if value else "$false"
        case str():
            return f"'{value}'" if '"' in value or "$" in value else f'"{value}"'
        case list():
            return f"@({', '.join(map(_powershell, value))})"
        case dict():
            return "@{ " + "; ".join(f"{key} = {_powershell(one)}" for key, one in value.items()) + " }"
        case _:
            return str(value)


def _python(value: Any) -> str:
    match value:
        case Variable(model):
            return _variable(model)
        case str():
            return f"'{value}'" if '"' in value else f'"{value}"'
        case list():
            return f"[{', '.join(map(_python, value))}]"
        case dict():
            return "{" + ", ".join(f"{_python(key)}: {_python(one)}" for key, one in value.items()) + "}"
        case _:
            return str(value)

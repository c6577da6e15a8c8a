"""A short example of every builder, in PowerShell and in Python, for the reference pages.

The examples hold what the API requires and a few plain members more; their values are made up here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from ..naming import RESERVED, parameter_name
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
    """A value built by an earlier line of the example, and what it is as JSON."""

    model: str
    json: Any = None


@dataclass
class Example:
    """The lines of one example, by language."""

    samples: dict[str, str] = field(default_factory=dict)  # the family's own, see families/README.md
    powershell: list[str] = field(default_factory=list)
    python: list[str] = field(default_factory=list)
    _built: set[str] = field(default_factory=set)

    def built(self, name: str, arguments: list[tuple[str, Any]], json: Any) -> Variable:
        """Add the line that builds `name`, unless it is there already; "" names what goes by position."""
        if name not in self._built:
            self._built.add(name)
            shell = "".join(f" -{one} {_powershell(value)}" for one, value in arguments)
            self.powershell.append(f"{_shell_variable(name)} = Initialize-{name}{shell}".replace(" - ", " "))
            written = [f"{one}={_python(value)}".removeprefix("=") for one, value in arguments]
            line = f"{_variable(name)} = ps.Initialize_{name}({', '.join(written)})"
            if len(line) > _LONGEST_LINE:
                inner = "".join(f"    {one},\n" for one in written)
                line = f"{_variable(name)} = ps.Initialize_{name}(\n{inner})"
            self.python.append(line)
        return Variable(name, json)


def example(api: Api, builder: Builder, samples: dict[str, str]) -> Example:
    """The example of one builder, whatever it needs built before."""
    shown = Example(samples)
    _build(api, builder.model, shown, more=MORE)
    shown.powershell.append(f"{_shell_variable(builder.model)} | ConvertTo-Json -Depth 20")
    name = _variable(builder.model)
    plain = _plain(api, builder.model) is not None
    shown.python.append(f"print({name})" if plain else f"print({name}.model_dump_json())")
    return shown


def read_example(api: Api, builder: Builder, samples: dict[str, str]) -> Example:
    """The example of reading one model from JSON text."""
    sample = _build(api, builder.model, Example(samples), more=MORE)
    text = json.dumps(sample.json)
    quoted = text.replace("'", "''")
    call = f"ps.ConvertFrom_JsonTo{builder.model}({_python(text)})"
    return Example(
        samples,
        [f"$Json = '{quoted}'", f"ConvertFrom-JsonTo{builder.model} -Json $Json"],
        [f"print({call})"],
    )


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
            text = _scalar(_meaning(name), scalar, shown.samples)
            return shown.built(name, [("" if alone else VALUE, text)], text)
        chosen = shown.samples.get(name)
        definition = next((one for one in objects if one.name == chosen), objects[0])
    assert isinstance(definition, ObjectDef)
    members = [member for member in definition.members if member.required]
    plain = [member for member in definition.members if not member.required and _is_plain(member)]
    members += plain[: more or not members]
    members = members or definition.members[:1]
    ordered = [member for member in definition.members if member in members]
    values = {member.wire: _value(api, member.wire, member.shape, shown) for member in ordered}
    arguments = [(parameter_name(wire), value) for wire, value in values.items()]
    return shown.built(name, arguments, _json(values))


def _json(value: Any) -> Any:
    match value:
        case Variable():
            return value.json
        case list():
            return [_json(one) for one in value]
        case dict():
            return {key: _json(one) for key, one in value.items()}
        case _:
            return value


def _meaning(union: str) -> str:
    """What a union's plain text stands for: the member of that name, where its name has one."""
    return next((word for word in ("model", "stop", "voice") if word in union.lower()), "text")


def _is_plain(member: Member) -> bool:
    return isinstance(member.shape, (Scalar, Map)) and not member.deprecated and member.wire != "name"


def _value(api: Api, wire: str, shape: Shape, shown: Example) -> Any:
    if isinstance(shape, Scalar):
        return _scalar(wire, shape, shown.samples)
    if isinstance(shape, Array):
        return [_value(api, wire.removesuffix("s"), shape.items, shown)]
    if isinstance(shape, Map):
        return _map(api, wire, shape, shown)
    scalar = _plain(api, shape.name)
    return _scalar(wire, scalar, shown.samples) if scalar is not None else _build(api, shape.name, shown)


def _scalar(wire: str, shape: Scalar, samples: dict[str, str]) -> Any:
    if wire in samples and shape.kind == "string":
        return samples[wire]
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


def _shell_variable(model: str) -> str:
    """A variable of PowerShell for a model; never one that PowerShell sets itself, such as $Error."""
    return f"${model}Object" if model.lower() in RESERVED else f"${model}"


def _powershell(value: Any) -> str:
    match value:
        case Variable(model):
            return _shell_variable(model)
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
            return f"'{value}'" if '"' in value and "'" not in value else json.dumps(value)
        case list():
            return f"[{', '.join(map(_python, value))}]"
        case dict():
            return "{" + ", ".join(f"{_python(key)}: {_python(one)}" for key, one in value.items()) + "}"
        case _:
            return str(value)

"""The one table of cmdlets: builders out of the definitions, the rest out of `cmdlets.yaml`, words joined in.

A line of help that is missing stops the generator, and so does one that nothing uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .cmdlets import Builder, BuilderParameter, builders
from .shapes import AliasDef, Api, ObjectDef, Ref

HERE = Path(__file__).parent
EVERY_SET = "__AllParameterSets"


class HelpError(Exception):
    """A parameter, model or cmdlet has no line of help, or a line of help has no owner."""


@dataclass(frozen=True)
class Parameter:
    """One row: a parameter of a cmdlet as every doorway needs to know it.

    `flags`: m mandatory, v from the pipeline by value, p by property name, r a member the API requires,
    w a lone object stands for an array of one, s a text that a SecureString may stand for.
    """

    name: str
    wire: str
    dotnet: str
    values: tuple[str, ...]
    position: int | None
    flags: str
    help: str
    sets: tuple[str, ...] = ()
    annotation: str = "Any"


@dataclass(frozen=True)
class Cmdlet:
    """`kind`: object, union, value (builders), json (ConvertFrom-JsonTo*) or cmdlet (everything else)."""

    name: str
    kind: str
    output: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    default_set: str = ""
    should_process: bool = False
    variants: tuple[tuple[str, str], ...] = ()  # a switch, and what the cmdlet gives back with it


@dataclass
class Words:
    """The lines of `help.yaml`, counted as they are used."""

    lines: dict[str, Any]
    used: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path = HERE / "help.yaml") -> Words:
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def check_used(self) -> None:
        """Raise HelpError when a line describes nothing that is generated."""
        unused = self.unused()
        if unused:
            more = f" (and {len(unused) - 1} more)" if len(unused) > 1 else ""
            raise HelpError(f"help.yaml has a line that nothing uses: {unused[0]}{more}")

    def get(self, *keys: str) -> str:
        node: Any = self.lines
        for key in keys:
            node = node.get(key) if isinstance(node, dict) else None
        if not isinstance(node, str) or not node.strip():
            raise HelpError(f"help.yaml has no line for {' > '.join(keys)}")
        if "\n" in node.strip() or not node.isascii():
            raise HelpError(f"help.yaml: {' > '.join(keys)} must be one line of ASCII")
        self.used.add(keys)
        return node.strip()

    def unused(self) -> list[str]:
        def walk(node: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
            if isinstance(node, dict):
                return [found for key, value in node.items() for found in walk(value, (*path, str(key)))]
            return [path]

        return [" > ".join(path) for path in walk(self.lines, ()) if path not in self.used]


def cmdlet_table(api: Api, words: Words, written_in: Path = HERE / "cmdlets.yaml") -> list[Cmdlet]:
    """Every cmdlet, sorted by name: the builders, and those that `written_in` describes."""
    made = builders(api)
    annotations = Annotations(api)
    table = [_builder_row(api, builder, words, annotations) for builder in made]
    for builder in made:
        summary = words.get("cmdlets", "ConvertFromJson").format(model=builder.model)
        json = Parameter("Json", "", "String", (), 0, "", words.get("parameters", "ConvertFromJson", "Json"))
        output = builder.model
        table.append(Cmdlet(f"ConvertFrom-JsonTo{builder.model}", "json", output, summary, (json,)))
    written = yaml.safe_load(written_in.read_text(encoding="utf-8")) or {}
    rows = {row.name: row for row in table}
    table += [_written_row(name, entry or {}, words, rows) for name, entry in written.items()]
    for name, definition in api.definitions.items():
        if isinstance(definition, AliasDef):
            words.get("models", name)
    return sorted(table, key=lambda cmdlet: cmdlet.name)


def help_line(words: Words, builder: Builder, parameter: BuilderParameter) -> str:
    """What describes a builder's parameter: its model's line; the union's own where its kinds differ."""
    lines = [words.get("parameters", owner, parameter.name) for owner in parameter.owners]
    if len(set(lines)) > 1:
        return words.get("parameters", builder.model, parameter.name)
    return lines[0]


def _builder_row(api: Api, builder: Builder, words: Words, annotations: Annotations) -> Cmdlet:
    words.get("models", builder.model)
    rows = tuple(
        Parameter(
            parameter.name,
            parameter.wire,
            parameter.dotnet,
            parameter.values,
            index if parameter.positional else None,
            ("p" if parameter.wire else "v") + "r" * parameter.required + "w" * parameter.wraps,
            help_line(words, builder, parameter),
            annotation=annotations.of(parameter),
        )
        for index, parameter in enumerate(builder.parameters)
    )
    summary = words.get("cmdlets", "Initialize").format(model=builder.model)
    return Cmdlet(builder.cmdlet, builder.kind, builder.model, summary, rows)


def _written_row(name: str, entry: dict[str, Any], words: Words, rows: dict[str, Cmdlet]) -> Cmdlet:
    parameters: list[Parameter] = []
    for parameter, given in entry.get("parameters", {}).items():
        about: dict[str, Any] = {"type": given} if isinstance(given, str) else given
        flags = "m" * about.get("mandatory", False) + "v" * about.get("pipeline", False)
        parameters.append(
            Parameter(
                parameter,
                "",
                about["type"],
                tuple(about.get("values", ())),
                about.get("position"),
                flags + "p" * about.get("byPropertyName", False) + "s" * about.get("secret", False),
                words.get("parameters", name, parameter),
                tuple(about.get("sets", ())),
                about.get("python") or _ANNOTATIONS.get(about["type"], "Any"),
            )
        )
    include = entry.get("include")
    if include:
        accepts = include.get("accepts", {})  # Python types beyond those of the builder's parameter
        taken = {parameter.name for parameter in parameters}
        parameters += [
            Parameter(
                one.name,
                one.wire,
                one.dotnet,
                one.values,
                None,
                "m" * (one.name in include["mandatory"]) + "w" * ("w" in one.flags),
                one.help,
                (include["set"],),
                f"{accepts[one.name]} | {one.annotation}" if one.name in accepts else one.annotation,
            )
            for one in rows[f"Initialize-{include['model']}"].parameters
            if one.name not in taken
        ]
    return Cmdlet(
        name,
        "cmdlet",
        entry.get("output", ""),
        words.get("cmdlets", name),
        tuple(parameters),
        entry.get("defaultSet", ""),
        entry.get("shouldProcess", False),
        tuple(entry.get("variants", {}).items()),
    )


_ANNOTATIONS = {
    "String": "str",
    "SwitchParameter": "bool",
    "Hashtable": "Mapping[Any, Any]",
    "Int32": "int",
    "Nullable[Int32]": "int | None",
    "Nullable[Double]": "float | None",
    "String[]": "str | Sequence[str]",
}


class Annotations:
    """Parameter types as Python's type checkers and editors should see them."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def of(self, parameter: BuilderParameter) -> str:
        listed = (
            "Literal[" + ", ".join(f'"{value}"' for value in parameter.values) + "] | "
            if parameter.values
            else ""
        )
        match parameter.dotnet:
            case "String":
                return f"{listed}str | None"
            case "String[]":
                return f"{listed}str | Sequence[str] | None"
            case "Hashtable":
                return "Mapping[Any, Any] | None"
            case "Hashtable[]":
                return "Mapping[Any, Any] | Sequence[Mapping[Any, Any]] | None"
            case "PSCustomObject":
                return f"{self._object(parameter)} | None"
            case "PSCustomObject[]":
                one = self._item(parameter)
                return f"{one} | Sequence[{one}] | None"
            case "Int32[]":
                return "int | Sequence[int] | None"
            case other:
                value = other.removeprefix("Nullable[").removesuffix("]")
                return {"Int32": "int", "Decimal": "float | Decimal", "Boolean": "bool"}[value] + " | None"

    def _object(self, parameter: BuilderParameter) -> str:
        shape = parameter.shape
        if not isinstance(shape, Ref):
            return "Any"
        mapping = "Mapping[str, Any]"
        if isinstance(self._api.definitions[shape.name], ObjectDef) or self._api.objects_of_shape(shape):
            return f"{shape.name} | {mapping}"
        return f"{shape.name} | Sequence[Any]"

    def _item(self, parameter: BuilderParameter) -> str:
        items = getattr(parameter.shape, "items", None)
        return f"{items.name} | Mapping[str, Any]" if isinstance(items, Ref) else "Mapping[str, Any]"

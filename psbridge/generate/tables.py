"""The tables of cmdlets: builders out of the definitions, the rest out of families' rows, with words."""

from __future__ import annotations

from .annotations import Annotations
from .cmdlets import Builder, BuilderParameter, builders
from .families import Family
from .python_types import class_name
from .rows import Cmdlet, Parameter
from .shapes import AliasDef, Api
from .words import Words
from .written import written_row


def cmdlet_table(api: Api, words: Words, families: list[Family]) -> list[Cmdlet]:
    """Every cmdlet, sorted by name: the builders, and those that the families describe."""
    made = builders(api)
    annotations = Annotations(api)
    table = [_builder_row(api, builder, words, annotations) for builder in made]
    for builder in made:
        summary = words.get("cmdlets", "ConvertFromJson").format(model=builder.model)
        about = words.get("parameters", "ConvertFromJson", "Json")
        table.append(
            Cmdlet(
                f"ConvertFrom-JsonTo{builder.model}",
                api.families[builder.model],
                "json",
                class_name(builder.model),
                summary,
                (Parameter("Json", position=0, help=about),),
            )
        )
    rows = {row.name: row for row in table}
    for family in families:
        table += [written_row(family, name, words, rows) for name in family.cmdlets]
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
            help_line(words, builder, parameter),
            pipeline=not parameter.wire,
            by_name=bool(parameter.wire),
            required=parameter.required,
            text=parameter.dotnet.startswith("PSCustomObject") and api.takes_text(parameter.shape),
            wraps=parameter.wraps,
            free_form=parameter.free_form,
        ).annotated(annotations.of(parameter))
        for index, parameter in enumerate(builder.parameters)
    )
    summary = words.get("cmdlets", "Initialize").format(model=builder.model)
    family = api.families[builder.model]
    return Cmdlet(builder.cmdlet, family, builder.kind, class_name(builder.model), summary, rows)

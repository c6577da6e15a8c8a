"""The reference pages under `docs/`: the API, the configuration, every model, and an index.

Their layout is the generated PowerShell documentation's; their words are `help.yaml`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cmdlets import Builder, BuilderParameter, builders
from .families import Family
from .powershell import own_functions
from .python_types import class_name
from .render import Output, environment
from .rows import Cmdlet, Parameter
from .samples import example, read_example
from .shapes import Api, Array, Limits, ObjectDef, Ref, Scalar, Shape, UnionDef
from .tables import help_line
from .words import Shown, Words

MODULE_PAGE = "Connection"
BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Group:
    """The cmdlets of one page; `calls` says that they are operations of the API."""

    page: str
    cmdlets: list[Cmdlet]
    calls: bool


@dataclass(frozen=True)
class Row:
    """One line of a table of parameters."""

    name: str
    type: str
    help: str
    notes: str


Examples = dict[str, tuple[Shown, ...]]
"""The examples of every cmdlet, by its name."""


def examples(api: Api, words: Words, families: list[Family]) -> Examples:
    """Those of the families' words, and one made for every builder and reader.

    Raises:
        HelpError: a cmdlet has none.
    """
    shown = {name: words.examples(name) for family in families for name in family.cmdlets}
    samples = {family.name: family.samples for family in families}
    for builder in builders(api):
        own = samples.get(api.families[builder.model], {})
        made, read = example(api, builder, own), read_example(api, builder, own)
        says = f"Builds one {builder.model} and shows it as JSON; what is not given is not sent."
        shown[builder.cmdlet] = (Shown(says, "\n".join(made.powershell), "\n".join(made.python)),)
        says = "Reads JSON text; members that the model does not know are kept."
        name = f"ConvertFrom-JsonTo{builder.model}"
        shown[name] = (Shown(says, "\n".join(read.powershell), "\n".join(read.python)),)
    return shown


def pages(
    api: Api, table: list[Cmdlet], words: Words, families: list[Family], shown: Examples, folder: Path
) -> list[Output]:
    """Every page of `docs/`."""
    templates = environment()
    templates.filters["cell"] = _cell
    templates.filters["requests"] = _requests
    templates.filters["media"] = lambda body: _MEDIA.get(body, "application/json")
    rows = {cmdlet.name: cmdlet for cmdlet in table}
    # Those that call nothing come last.
    groups = [
        Group(family.page, [rows[name] for name in family.cmdlets], bool(family.prefix))
        for family in sorted(families, key=lambda family: (not family.prefix, family.page))
    ]
    own = own_functions()
    groups.append(Group(MODULE_PAGE, [one.cmdlet for one in own], False))
    shown = {**shown, **{one.cmdlet.name: one.examples for one in own}}
    made = builders(api)
    summaries = {builder.model: words.get("models", builder.model) for builder in made}

    def page(file: str, template: str, **values: Any) -> Output:
        return Output(folder / f"{file}.md", templates.get_template(template).render(**values))

    return [
        page("README", "docs_index.md.j2", groups=groups, models=summaries),
        *(page(group.page, "docs_cmdlets.md.j2", **_group(group, summaries, shown)) for group in groups),
        *(
            page(
                builder.model,
                "docs_model.md.j2",
                name=builder.model,
                summary=summaries[builder.model],
                rows=[_member_row(api, builder, parameter, words) for parameter in builder.parameters],
                kinds=_kinds(api, builder.model),
                example=shown[builder.cmdlet][0],
            )
            for builder in made
        ),
    ]


def _group(group: Group, models: dict[str, str], shown: Examples) -> dict[str, Any]:
    cmdlets = group.cmdlets
    return {
        "group": group,
        "base_url": BASE_URL,
        "examples": shown,
        "models": {class_name(name): name for name in models},
        "rows": {cmdlet.name: [_row(one) for one in _own(cmdlet)] for cmdlet in cmdlets},
        "syntax": {cmdlet.name: _syntax(cmdlet) for cmdlet in cmdlets},
        "included": {cmdlet.name: _included(cmdlet) for cmdlet in cmdlets},
        "included_set": {cmdlet.name: _included_set(cmdlet) for cmdlet in cmdlets},
    }


def _own(cmdlet: Cmdlet) -> list[Parameter]:
    """The parameters but for those of a request's builder, which has a page of its own."""
    return [parameter for parameter in cmdlet.parameters if not parameter.wire]


def _included(cmdlet: Cmdlet) -> str:
    """The model whose builder's parameters a cmdlet takes too, or nothing."""
    return cmdlet.included


def _included_set(cmdlet: Cmdlet) -> str:
    """The parameter set in which it takes them, or nothing where it takes them in any."""
    return next((one.sets[0] for one in cmdlet.parameters if one.wire and one.sets), "")


def _row(parameter: Parameter) -> Row:
    notes = [
        "required" if parameter.mandatory else "",
        f"position {parameter.position}" if parameter.position is not None else "",
        "from the pipeline" if parameter.pipeline else "",
        f"set {', '.join(parameter.sets)}" if parameter.sets else "",
        _listed(parameter.values),
    ]
    return Row(parameter.name, f"**{parameter.dotnet}**", parameter.help, "; ".join(filter(None, notes)))


def _syntax(cmdlet: Cmdlet) -> list[str]:
    """One line for each parameter set, as `Get-Command -Syntax` writes it."""
    sets = list(dict.fromkeys(name for one in _own(cmdlet) for name in one.sets)) or [""]
    group = _included_set(cmdlet)
    if group and group not in sets:
        sets.append(group)
    lines = []
    for name in sets:
        parts = [_written(one) for one in _own(cmdlet) if not one.sets or name in one.sets]
        if _included(cmdlet) and name == group:
            needed = [_written(one) for one in cmdlet.parameters if one.wire and one.mandatory]
            parts = [*needed, "[the request's own parameters]", *parts]
        lines.append(" ".join([cmdlet.name, *parts]))
    return lines


def _written(parameter: Parameter) -> str:
    name = f"-{parameter.name}"
    if parameter.dotnet == "SwitchParameter":
        return f"[{name}]"
    value = f"<{parameter.dotnet.removeprefix('Nullable[').removesuffix(']')}>"
    if parameter.dotnet.endswith("[]"):
        value = f"<{parameter.dotnet}>"
    if parameter.position is not None:
        name = f"[{name}]"
    return f"{name} {value}" if parameter.mandatory else f"[{name} {value}]"


def _kinds(api: Api, model: str) -> list[str]:
    """The objects a union chooses among; nothing for an object."""
    definition = api.definitions[model]
    return [one.name for one in api.objects_of(definition)] if isinstance(definition, UnionDef) else []


def _member_row(api: Api, builder: Builder, parameter: BuilderParameter, words: Words) -> Row:
    definition = api.definitions[builder.model]
    members = definition.members if isinstance(definition, ObjectDef) else []
    member = next((one for one in members if one.wire == parameter.wire), None)
    notes = [
        "required" if parameter.required else "",
        "deprecated" if member and member.deprecated else "",
        _listed(parameter.values),
        _limits(parameter.shape),
    ]
    return Row(
        parameter.name,
        _type(api, parameter),
        help_line(words, builder, parameter),
        "; ".join(filter(None, notes)),
    )


def _type(api: Api, parameter: BuilderParameter) -> str:
    """The .NET type, or the model's name where there is one, linked to its page."""
    shape, array = parameter.shape, ""
    while isinstance(shape, Array):
        shape, array = shape.items, f"{array}[]"
    if isinstance(shape, Ref) and parameter.wire and parameter.dotnet.startswith("PSCustomObject"):
        return f"[**{shape.name}{array}**]({shape.name}.md)"
    return f"**{parameter.dotnet}**"


def _listed(values: tuple[str, ...]) -> str:
    return f"one of {', '.join(f'`{value}`' for value in values)}" if values else ""


def _limits(shape: Shape) -> str:
    limits = shape.limits if isinstance(shape, (Scalar, Array)) else Limits()
    unit = " items" if isinstance(shape, Array) else " characters"
    return "; ".join(
        text
        for text in (
            _range(limits.minimum, limits.maximum, ""),
            _range(limits.min_length, limits.max_length, unit),
        )
        if text
    )


def _range(least: float | None, most: float | None, unit: str) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f"at least {least}{unit.removesuffix('s') if least == 1 else unit}"
    return f"up to {most}{unit}" if least is None else f"{least} to {most}{unit}"


_MEDIA = {"": "none", "multipart": "multipart/form-data"}


def _requests(cmdlet: Cmdlet) -> str:
    """What a cmdlet asks the service for, or that it asks for nothing."""
    asked = dict.fromkeys(f"**{one.method}** {one.path}" for one in cmdlet.operations)
    return ", ".join(asked) or "none"


def _cell(text: str) -> str:
    """Text inside one cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;")

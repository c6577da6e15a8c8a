"""The builders' parameters, out of the merged definitions: what the tables, signatures and docs share."""

from __future__ import annotations

from dataclasses import dataclass

from ..naming import parameter_name
from .python_types import annotation
from .shapes import Api, Array, Map, Member, ObjectDef, Ref, Scalar, Shape, UnionDef

VALUE = "Value"


@dataclass(frozen=True)
class BuilderParameter:
    """One parameter of an `Initialize-*` cmdlet. `wire` is "" for a union's plain value."""

    name: str
    wire: str
    dotnet: str
    values: tuple[str, ...]
    shape: Shape
    owners: tuple[str, ...]  # the models that have it: their help lines describe it
    required: bool = False
    positional: bool = True
    wraps: bool = False  # a lone object stands for an array of one
    free_form: bool = False  # a table of any JSON values


@dataclass(frozen=True)
class Builder:
    """An `Initialize-*` cmdlet and its parameters."""

    model: str
    kind: str  # "object", "union" (takes its alternatives' members) or "value" (takes a value by position)
    parameters: tuple[BuilderParameter, ...]

    @property
    def cmdlet(self) -> str:
        """Its name."""
        return f"Initialize-{self.model}"


def builders(api: Api) -> list[Builder]:
    """Every builder, by name."""
    found = [
        _object_builder(api, definition)
        if isinstance(definition, ObjectDef)
        else _union_builder(api, definition)
        for definition in api.definitions.values()
        if isinstance(definition, (ObjectDef, UnionDef))
    ]
    return sorted(found, key=lambda builder: builder.model)


def _object_builder(api: Api, definition: ObjectDef) -> Builder:
    return Builder(
        definition.name,
        "object",
        tuple(
            _parameter(
                api,
                definition.name,
                member,
                member.required and f"{definition.name}.{member.wire}" not in api.configured,
            )
            for member in definition.members
        ),
    )


def _parameter(api: Api, owner: str, member: Member, required: bool) -> BuilderParameter:
    return BuilderParameter(
        parameter_name(member.wire),
        member.wire,
        member.dotnet,
        api.enum_values(member.shape) if member.dotnet in ("String", "String[]") else (),
        member.shape,
        (owner,),
        required,
        wraps=_wraps(api, member.shape),
        free_form=member.dotnet == "Hashtable"
        and isinstance(member.shape, Map)
        and annotation(member.shape.values) == "Json",
    )


def _wraps(api: Api, shape: Shape) -> bool:
    """Whether a lone object can only mean an array of one here (PowerShell unrolls such arrays)."""
    if isinstance(shape, Ref):
        union = api.definitions[shape.name]
        if isinstance(union, UnionDef):
            arrays = [
                one for one in union.alternatives if isinstance(one, Array) and isinstance(one.items, Ref)
            ]
            return bool(arrays) and not any(isinstance(one, (Ref, Map)) for one in union.alternatives)
    return False


def _union_builder(api: Api, union: UnionDef) -> Builder:
    objects = api.objects_of(union)
    if not objects or any(isinstance(alternative, Array) for alternative in union.alternatives):
        return Builder(union.name, "value", (_value(api, union, positional=True),))
    merged: dict[str, BuilderParameter] = {}
    added: dict[str, BuilderParameter] = {}
    for definition in objects:
        for member in definition.members:
            found = _parameter(api, definition.name, member, required=False)
            home = added if member.added and member.wire not in merged else merged
            earlier = merged.get(member.wire) or added.get(member.wire)
            if earlier is None:
                home[member.wire] = found
            else:
                home = merged if member.wire in merged else added
                home[member.wire] = _both(earlier, found)
    parameters = [*merged.values(), *added.values()]
    if len(objects) < len(union.alternatives):
        parameters.append(_value(api, union, positional=False))
    return Builder(union.name, "union", tuple(parameters))


def _both(one: BuilderParameter, other: BuilderParameter) -> BuilderParameter:
    dotnet = one.dotnet if one.dotnet == other.dotnet else "PSCustomObject"
    values = tuple(dict.fromkeys([*one.values, *other.values])) if one.values and other.values else ()
    shape = one.shape if one.shape == other.shape else Scalar("any")
    return BuilderParameter(
        one.name,
        one.wire,
        dotnet,
        values,
        shape,
        (*one.owners, *other.owners),
        wraps=one.wraps or other.wraps,
        free_form=one.free_form and other.free_form,
    )


def _value(api: Api, union: UnionDef, *, positional: bool) -> BuilderParameter:
    return BuilderParameter(
        VALUE,
        "",
        "PSCustomObject",
        (),
        Ref(union.name),
        (union.name,),
        positional=positional,
        wraps=_wraps(api, Ref(union.name)),
    )

"""What the generator knows of an API once the description's ways of writing it are gone.

A `Shape` is a value's shape; a `Definition` is a shape that has a name. No file formats, no templates here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

ScalarKind = Literal["string", "integer", "number", "boolean", "any"]


@dataclass(frozen=True)
class Limits:
    """Bounds of a number, a text's length or an array's count; None where there is none."""

    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Scalar:
    """A text, number or truth, and its limits; `values` are all it may be, where they are listed."""

    kind: ScalarKind
    values: tuple[str, ...] = ()
    limits: Limits = NO_LIMITS
    nullable: bool = False


@dataclass(frozen=True)
class Array:
    """A list of values of one shape."""

    items: Shape
    limits: Limits = NO_LIMITS
    nullable: bool = False


@dataclass(frozen=True)
class Map:
    """An object whose keys the caller chooses; `bare` when the description says nothing of their values."""

    values: Shape
    nullable: bool = False
    bare: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Ref:
    """A named object or union."""

    name: str
    nullable: bool = False


Shape = Scalar | Array | Map | Ref


def nullable(shape: Shape) -> Shape:
    """The same shape, null allowed."""
    return replace(shape, nullable=True)


@dataclass
class Member:
    """One member of an object: its JSON name, its shape, and what the 2024 names make of it."""

    wire: str
    shape: Shape
    required: bool = False
    deprecated: bool = False
    dotnet: str = ""  # the parameter's .NET type, fixed by the oldest description that has the member
    added: bool = False  # newer than the names' description


@dataclass
class ObjectDef:
    """An object with named members."""

    name: str
    members: list[Member] = field(default_factory=list)

    @property
    def required(self) -> tuple[str, ...]:
        """The JSON names of the members that must be there."""
        return tuple(member.wire for member in self.members if member.required)


@dataclass
class UnionDef:
    """Alternatives under one name. `discriminator` is the member that tells object alternatives apart."""

    name: str
    alternatives: list[Shape] = field(default_factory=list)
    discriminator: str | None = None


@dataclass
class AliasDef:
    """A named scalar, array or map of the description: a name for a type, with no cmdlet of its own."""

    name: str
    shape: Shape


Definition = ObjectDef | UnionDef | AliasDef


@dataclass
class Api:
    """The definitions by name, the family of each, and the members that the configuration fills in."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    configured: frozenset[str] = frozenset()  # "Model.member"

    def object(self, name: str) -> ObjectDef:
        """A definition that is an object; TypeError for any other."""
        found = self.definitions[name]
        if not isinstance(found, ObjectDef):
            raise TypeError(f"{name} is not an object")
        return found

    def objects_of(self, union: UnionDef) -> list[ObjectDef]:
        """The union's object alternatives, nested unions opened."""
        found: list[ObjectDef] = []
        for alternative in union.alternatives:
            if isinstance(alternative, Ref):
                target = self.definitions[alternative.name]
                if isinstance(target, ObjectDef):
                    found.append(target)
                elif isinstance(target, UnionDef):
                    found.extend(self.objects_of(target))
        return found

    def objects_of_shape(self, shape: Shape) -> list[ObjectDef]:
        """The objects a reference can lead to: itself, or its union's alternatives."""
        target = self.definitions[shape.name] if isinstance(shape, Ref) else None
        if isinstance(target, UnionDef):
            return self.objects_of(target)
        return [target] if isinstance(target, ObjectDef) else []

    def takes_text(self, shape: Shape) -> bool:
        """Whether a text is one of the things a shape may be."""
        if isinstance(shape, Ref):
            target = self.definitions[shape.name]
            return isinstance(target, UnionDef) and any(map(self.takes_text, target.alternatives))
        return isinstance(shape, Scalar) and shape.kind == "string"

    def enum_values(self, shape: Shape) -> tuple[str, ...]:
        """Every listed value a shape may take, through unions and arrays, in order and without repeats."""
        values: list[str] = []
        if isinstance(shape, Scalar):
            values.extend(shape.values)
        elif isinstance(shape, Array):
            values.extend(self.enum_values(shape.items))
        elif isinstance(shape, Ref):
            target = self.definitions[shape.name]
            if isinstance(target, UnionDef):
                for alternative in target.alternatives:
                    values.extend(self.enum_values(alternative))
        return tuple(dict.fromkeys(values))


def references(definition: Definition) -> Iterator[str]:
    """Names a definition's shapes refer to."""
    if isinstance(definition, ObjectDef):
        shapes: list[Shape] = [member.shape for member in definition.members]
    elif isinstance(definition, UnionDef):
        shapes = list(definition.alternatives)
    else:
        shapes = [definition.shape]
    while shapes:
        shape = shapes.pop(0)
        if isinstance(shape, Ref):
            yield shape.name
        elif isinstance(shape, Array):
            shapes.append(shape.items)
        elif isinstance(shape, Map):
            shapes.append(shape.values)

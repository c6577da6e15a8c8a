"""Joins an older description's names and order to a newer description's content.

What scripts rely on is the older one's: names, the order and .NET types of its parameters, its listed values
first. What the API is today is the newer one's: shapes, limits, required members, everything it added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .description import DescriptionError, Reader, roots
from .families import SHARED, Family
from .shapes import (
    AliasDef,
    Api,
    Array,
    Definition,
    Map,
    Member,
    ObjectDef,
    Ref,
    Scalar,
    Shape,
    UnionDef,
    references,
)


def merged(newest: dict[str, Any], oldest: dict[str, Any], families: list[Family]) -> Api:
    """What the families have of `newest` under the names of `oldest`, every member's .NET type filled in."""
    before = Reader(oldest, source="the description of the names")
    # The whole of the older API is named, because schemas written alike share the name of the first.
    before.read(oldest["components"]["schemas"])
    after = Reader(newest, before.positions, source="the newest description")
    used: dict[str, set[str]] = {}  # the definitions by the families that need them
    for family in families:
        named = roots(newest, family, after.source)
        known = set(after.api.definitions)
        after.read(named, family)
        for name in {*named, *(after.api.definitions.keys() - known)}:
            used.setdefault(name, set()).add(family.name)
        for name in family.roots:
            if name not in after.api.definitions:
                _keep_dropped(before.api, after.api, name, family)
                used.setdefault(name, set()).add(family.name)
    old, new = before.api, after.api
    _keep_renamed(old, new, before.positions)
    for name, definition in list(new.definitions.items()):
        earlier = old.definitions.get(name)
        if isinstance(definition, ObjectDef):
            members = earlier.members if isinstance(earlier, ObjectDef) else []
            _join(definition, members, old, new, has_old=isinstance(earlier, ObjectDef))
        elif isinstance(definition, UnionDef) and isinstance(earlier, UnionDef):
            definition.alternatives = _old_first(definition.alternatives, earlier.alternatives)
    _settle(new, used)
    new.configured = frozenset(one for family in families for one in family.configured)
    return new


def _keep_dropped(old: Api, new: Api, name: str, family: Family) -> None:
    """A schema that only the older description has, and what it refers to.

    Raises:
        DescriptionError: that one has not got it either.
    """
    if name not in old.definitions:
        raise DescriptionError(f"there is no schema {name}, which the family {family.name} names")
    pending = [name]
    while pending:
        one = pending.pop()
        if one not in new.definitions:
            new.definitions[one] = _copy(old.definitions[one], one)
            pending += references(old.definitions[one])


def _settle(api: Api, used: dict[str, set[str]]) -> None:
    """Each definition into the folder of the family that needs it, or of all where several do."""
    pending = list(used)
    while pending:
        name = pending.pop()
        for other in references(api.definitions[name]):
            theirs = used.setdefault(other, set())
            if not used[name] <= theirs:
                theirs |= used[name]
                pending.append(other)
    for name in api.definitions:
        owners = used[name]
        api.families[name] = next(iter(owners)) if len(owners) == 1 else SHARED


def _keep_renamed(old: Api, new: Api, positions: dict[tuple[str, str], str]) -> None:
    """Where the newer description uses another name, the older one stays, with today's content."""
    for (owner, wire), place in positions.items():
        definition = new.definitions.get(owner)
        if not isinstance(definition, ObjectDef):
            continue
        for member in definition.members:
            if member.wire != wire:
                continue
            shape, name = member.shape, place
            array = shape if isinstance(shape, Array) else None
            if array is not None:
                shape, name = array.items, f"{place}Inner"
            earlier = old.definitions.get(name)
            if (
                not isinstance(shape, Ref)
                or shape.name == name
                or earlier is None
                or isinstance(earlier, AliasDef)
            ):
                continue
            today = new.definitions[shape.name]
            if type(today) is type(earlier) and name not in new.definitions:
                new.definitions[name] = _copy(today, name)
                renamed = replace(shape, name=name)
                member.shape = renamed if array is None else replace(array, items=renamed)


def _copy(definition: Definition, name: str) -> Definition:
    if isinstance(definition, ObjectDef):
        return ObjectDef(name, [replace(member) for member in definition.members])
    if isinstance(definition, UnionDef):
        return UnionDef(name, list(definition.alternatives), definition.discriminator)
    return AliasDef(name, definition.shape)


def _old_first(new: list[Shape], old: list[Shape]) -> list[Shape]:
    """Alternatives in the older order, newer ones after; only those that exist today."""
    known = [shape for shape in old if shape in new]
    return [*known, *(shape for shape in new if shape not in known)]


def _join(definition: ObjectDef, earlier: list[Member], old: Api, new: Api, *, has_old: bool) -> None:
    today = {member.wire: member for member in definition.members}
    joined: list[Member] = []
    for was in earlier:
        now = today.pop(was.wire, None)
        if now is None:
            now = replace(was, required=False)
        else:
            now.shape = _with_old_values(now.shape, old.enum_values(was.shape))
            now.shape = replace(now.shape, nullable=now.shape.nullable or was.shape.nullable)
        now.dotnet = dotnet_type(was)
        joined.append(now)
    for member in today.values():
        member.dotnet = dotnet_type(member)
        member.added = has_old
        joined.append(member)
    definition.members = joined


def _with_old_values(shape: Shape, values: tuple[str, ...]) -> Shape:
    if isinstance(shape, Scalar) and shape.values:
        return replace(shape, values=tuple(dict.fromkeys([*values, *shape.values])))
    if isinstance(shape, Array):
        return replace(shape, items=_with_old_values(shape.items, values))
    return shape


_DOTNET = {"string": "String", "integer": "Int32", "number": "Decimal", "boolean": "Boolean", "any": "Object"}


def dotnet_type(member: Member) -> str:
    """The parameter's .NET type as the reference module has it: value types are Nullable unless required."""
    name = _dotnet(member.shape)
    optional = not member.required or member.shape.nullable
    return f"Nullable[{name}]" if optional and name in ("Int32", "Decimal", "Boolean") else name


def _dotnet(shape: Shape) -> str:
    if isinstance(shape, Scalar):
        return _DOTNET[shape.kind]
    if isinstance(shape, Array):
        return f"{_dotnet(shape.items)}[]"
    return "Hashtable" if isinstance(shape, Map) and not shape.bare else "PSCustomObject"

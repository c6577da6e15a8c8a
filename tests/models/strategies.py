"""Hypothesis strategies read off the models' own annotations: JSON that a model allows, in all its states."""

from __future__ import annotations

import inspect
import types
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BeforeValidator, Strict
from pydantic.fields import FieldInfo

import psbridge.models as models
from psbridge.models import Model
from psbridge.models.base import Json

MODELS: list[type[Model]] = sorted(
    (
        one
        for name in models.__all__
        if inspect.isclass(one := getattr(models, name)) and get_origin(one) is None
        if issubclass(one, Model) and one is not Model
    ),
    key=lambda model: model.__name__,
)

TEXT = st.text(max_size=12) | st.sampled_from(["", "0", "null", "\u00e9\u4e16\U0001f600", "\x00\n\u2028"])
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


@cache
def hints(model: type[Model]) -> dict[str, Any]:
    """Each member's annotation, limits and choices included."""
    found = get_type_hints(model, include_extras=True)
    return {wire: found[wire] for wire in model.model_fields}


def listed(annotation: Any) -> tuple[str, ...]:
    """The values of an enum, or nothing: a `choice` keeps them in its closure."""
    if isinstance(annotation, BeforeValidator):
        return tuple(inspect.getclosurevars(annotation.func).nonlocals.get("table", {}).values())
    return ()


def limits(metadata: tuple[Any, ...]) -> dict[str, Any]:
    """`ge`, `le`, `min_length` and `max_length` out of an annotation's metadata."""
    found: dict[str, Any] = {}
    for one in metadata:
        for mark in one.metadata if isinstance(one, FieldInfo) else (one,):
            match mark:
                case Ge(ge=value):
                    found["ge"] = value
                case Le(le=value):
                    found["le"] = value
                case MinLen(min_length=value):
                    found["min_length"] = value
                case MaxLen(max_length=value):
                    found["max_length"] = value
    return found


def unnested(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without its `Annotated` layers, and all their metadata."""
    metadata: tuple[Any, ...] = ()
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        metadata = (*more, *metadata)
    return annotation, metadata


def alternatives(annotation: Any) -> list[Any]:
    """The alternatives of a union, unions inside it opened; the annotation itself when it is none."""
    core, _ = unnested(annotation)
    if get_origin(core) in (Union, types.UnionType):
        return [inner for one in get_args(core) for inner in alternatives(one)]
    return [annotation]


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """JSON values that the annotation allows."""
    if annotation is Json:
        return ANY_JSON
    several = alternatives(annotation)
    if len(several) > 1:
        return st.one_of(
            [values(one) for one in several if one is not Model and unnested(one)[0] is not Model]
        )
    core, metadata = unnested(annotation)
    bounds = limits(metadata)
    if core is type(None):
        return st.none()
    if core is str:
        enum = next((found for found in map(listed, metadata) if found), ())
        if len(enum) == 1:
            return st.just(enum[0])
        if enum:
            return st.sampled_from(enum) | st.integers(0, 9).map("newer-{}".format)
        return TEXT
    if core is bool:
        return st.booleans()
    if core is int:
        return st.integers(int(bounds.get("ge", -(2**40))), int(bounds.get("le", 2**40)))
    if core is float:
        return st.floats(bounds.get("ge"), bounds.get("le"), allow_nan=False, allow_infinity=False)
    if get_origin(core) is list:
        inner = values(get_args(core)[0])
        return st.lists(inner, min_size=bounds.get("min_length", 0), max_size=2)
    if get_origin(core) is dict:
        return st.dictionaries(TEXT, values(get_args(core)[1]), max_size=2)
    assert issubclass(core, Model), annotation
    return members(core)


def members(model: type[Model]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a model: what is required, some of the rest, perhaps members it does not know."""

    def parts() -> st.SearchStrategy[dict[str, Any]]:
        required = {wire: values(hint) for wire, hint in hints(model).items() if wire in model.__required__}
        optional = {wire: values(hint) for wire, hint in hints(model).items() if wire not in required}
        known = st.fixed_dictionaries(required, optional=optional)
        unknown = st.dictionaries(
            TEXT.filter(lambda key: key not in model.model_fields), ANY_JSON, max_size=1
        )
        return st.builds(lambda one, other: {**one, **other}, known, unknown)

    return st.deferred(parts)


def smallest(model: type[Model]) -> dict[str, Any]:
    """The required members alone, each with the plainest value it allows."""
    return {wire: plainest(hints(model)[wire]) for wire in model.__required__}


def plainest(annotation: Any) -> Any:
    core, metadata = unnested(alternatives(annotation)[0])
    if core is str:
        return next((found[0] for found in map(listed, metadata) if found), "text")
    if core is bool:
        return False
    if core in (int, float):
        return max(0, limits(metadata).get("ge", 0))
    if get_origin(core) is list:
        return [plainest(get_args(core)[0])] * limits(metadata).get("min_length", 0)
    if get_origin(core) is dict or core is Any:
        return {}
    assert issubclass(core, Model), annotation
    return smallest(core)


def inner(model: type[Model], wire: str) -> Any:
    """A member's annotation with null taken away."""
    return next(one for one in alternatives(hints(model)[wire]) if one is not type(None))


__all__ = [
    "ANY_JSON",
    "MODELS",
    "TEXT",
    "Strict",
    "hints",
    "inner",
    "limits",
    "members",
    "plainest",
    "smallest",
]

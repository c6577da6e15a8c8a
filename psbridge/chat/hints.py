"""A type hint's JSON schema by itself: plain hints by a table, whatever else has one by pydantic, made once.

What comes out is the same either way; a test compares. Types that a schema refers to (models,
dataclasses) are not described here: they belong to the whole function's schema.
"""

from __future__ import annotations

import copy
import enum
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .schema import Schema, SchemaError, strict_of_type, tidied
from .typeddicts import readable

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    None: {"type": "null"},
    type(None): {"type": "null"},
    Any: {},
    list: {"items": {}, "type": "array"},
    dict: {"additionalProperties": True, "type": "object"},
}
_LISTS = (list, Sequence)
_TABLES = (dict, Mapping)
_UNIONS = (typing.Union, types.UnionType)


class HintSchema(NamedTuple):
    """A hint's schema, the caller's own, and whether it is one of strict mode."""

    schema: Schema
    strict: bool


def schema_of_hint(hint: Any) -> HintSchema | None:
    """A hint's schema; None where it has none by itself, or refers to other types."""
    try:
        plain = plain_schema(hint)
        if plain is None:
            made = _cached_schema(hint, repr(hint))
            return None if made is None else HintSchema(copy.deepcopy(made), True)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        made = _cached_schema.__wrapped__(hint, "")
        return None if made is None else HintSchema(made, True)
    return HintSchema(plain, not _is_free(plain))


def plain_schema(hint: Any) -> Schema | None:
    """The schema of a hint out of plain types; None for any other."""
    known = _PLAIN.get(hint)
    if known is not None:
        return copy.deepcopy(known) if hint is list else dict(known)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _choices([member.value for member in hint]) if _is_plain_enum(hint) else None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        choices = _choices(arguments)
        return (
            {"const": arguments[0], "type": choices["type"]} if choices and len(arguments) == 1 else choices
        )
    if origin not in (*_LISTS, *_TABLES, *_UNIONS):
        return None
    union = origin in _UNIONS
    members = [plain_schema(one) for one in arguments if not (union and one is type(None))]
    if not members or None in members:
        return None
    if origin in _LISTS:
        return {"items": members[0], "type": "array"}
    if origin in _TABLES:
        return {"additionalProperties": members[1] or True, "type": "object"} if arguments[0] is str else None
    if {} in members or any(one in members[:place] for place, one in enumerate(members)):
        return None
    return {"anyOf": [*members, *([{"type": "null"}] if len(members) < len(arguments) else ())]}


def _choices(values: Sequence[Any]) -> Schema | None:
    """One of some texts, or of some whole numbers."""
    kinds = {type(value) for value in values}
    if kinds not in ({str}, {int}):
        return None
    return {"enum": [*values], "type": "string" if kinds == {str} else "integer"}


def _is_plain_enum(kind: type[enum.Enum]) -> bool:
    """Whether an enum's values are all there is to say of it."""
    return kind.__doc__ in (None, "An enumeration.") and not (
        len(kind.__members__) != len(kind)  # a value with two names is there twice
        or issubclass(kind, enum.Flag)
        or hasattr(kind, "__get_pydantic_core_schema__")
        or hasattr(kind, "__get_pydantic_json_schema__")
    )


def _is_free(schema: Schema) -> bool:
    """Whether a schema has a place for anything, or a table with free keys: strict mode knows neither."""
    if not schema or "additionalProperties" in schema:
        return True
    inner = schema.get("anyOf") or ([schema["items"]] if "items" in schema else ())
    return any(_is_free(one) for one in inner)


@functools.lru_cache(maxsize=1024)
def _cached_schema(hint: Any, written: str) -> Schema | None:
    """By how it is written too: a Literal equals one with its values in another order."""
    from pydantic import TypeAdapter

    # Within a list, where a type of the user's own is referred to and not written out.
    listed: Any = list
    schema = TypeAdapter(readable(listed[hint])).json_schema()
    if "$defs" in schema:
        return None
    item = {"type": "object", "properties": {"a": tidied(schema)["items"]}, "required": ["a"]}
    try:
        return strict_of_type(item, "Tools")["properties"]["a"]  # type: ignore[no-any-return]
    except (SchemaError, KeyError):
        return None

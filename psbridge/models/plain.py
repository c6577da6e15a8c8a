"""Anything a caller may put into a free-form member, as plain JSON values; or a sentence why not.

Free-form members are those whose shape the API leaves open: a JSON schema, a map, a member newer than the
models. Nothing here knows a particular model.
"""

from __future__ import annotations

import datetime
import enum
import json
import math
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

MAX_DEPTH = 200
NOT_TEXT = "must be valid Unicode text, without unpaired surrogates"
_ATOMS = (bool, int, type(None))


def plain(value: object, _within: tuple[int, ...] = ()) -> Any:
    """`value` as dicts with string keys, lists, str, int, float, bool and None.

    Mappings, objects with `__ps_properties__()` (models, PowerShell-like property bags), pydantic's models,
    dataclasses, lists, tuples, `Decimal`, dates (ISO 8601), UUIDs and enum members are taken as what they
    mean; a set, which has no order, comes out sorted by its items' JSON text.

    Raises:
        ValueError: for NaN and infinities, for text that cannot be UTF-8, for a structure that contains
            itself or is nested deeper than 200, for a secret, and for anything that has no JSON meaning (a
            process, a file, a function).
    """
    if value.__class__ is str:
        return _text(value)
    if value.__class__ in _ATOMS:
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"must be a finite number, not {value}")
        return float(value)
    if isinstance(value, enum.Enum):
        return plain(value.value, _within)
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    properties = getattr(value, "__ps_properties__", None) or getattr(value, "model_dump", None)
    if properties is not None and not isinstance(value, type):
        value = properties()
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        value = {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        if id(value) in _within:
            raise ValueError("must not contain itself")
        if len(_within) >= MAX_DEPTH:
            raise ValueError(f"must not be nested deeper than {MAX_DEPTH}")
        inner = (*_within, id(value))
        if isinstance(value, Mapping):
            return {_key(key): plain(item, inner) for key, item in value.items()}
        items = [plain(item, inner) for item in value]
        return sorted(items, key=json.dumps) if isinstance(value, (set, frozenset)) else items
    raise ValueError(f"must be a JSON value, not {kind(value)}")


def free_form(value: object) -> Any:
    """`plain` for a validator: a caller that is itself deep in calls gets the sentence about depth, too."""
    try:
        return plain(value)
    except RecursionError:
        raise ValueError(f"must not be nested deeper than {MAX_DEPTH}") from None


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(NOT_TEXT) from None
    return value


def _key(key: object) -> str:
    if isinstance(key, str):
        return _text(str.__str__(key))
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key))
    raise ValueError(f"must have strings for keys, not {kind(key)}")


def _number(value: Decimal) -> int | float:
    if not value.is_finite():
        raise ValueError(f"must be a finite number, not {value}")
    return (
        int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    )


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a number"),
    (Decimal, "a decimal number"),
    (str, "a string"),
    (bytes, "bytes"),
    (Mapping, "an object"),
    ((list, tuple, set, frozenset), "an array"),
)


def kind(value: object) -> str:
    """What a value is, in a word for an error message: `a string`, `an array`, `an object of type Popen`."""
    if value is None:
        return "null"
    for types, word in _KINDS:
        if isinstance(value, types):
            return word
    return f"an object of type {type(value).__name__}"

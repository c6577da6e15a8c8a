"""Does a JSON value satisfy a JSON Schema? The part of the standard that request schemas use.

`samples` trusts no candidate until this agrees. Unknown keywords say nothing; `format` is an annotation.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any
from urllib.parse import unquote

from .expressions import TooSlow, found


class SchemaError(Exception):
    """The schema is malformed or cannot be satisfied; the text is one clause, without a full stop."""


def target(reference: str, root: Any) -> Any:
    """The schema that `reference` (`#` or `#/a/pointer`) points to within `root`."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise SchemaError(f"the reference {json.dumps(reference)} does not point into the schema itself")
    here = root
    for step in reference[1:].split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and name.isdigit() and int(name) < len(here):
            here = here[int(name)]
        elif isinstance(here, dict) and name in here:
            here = here[name]
        else:
            raise SchemaError(f"the reference {json.dumps(reference)} points to nothing")
    return here


_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


def _is(value: Any, sort: str) -> bool:
    if sort == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
    if sort == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, _TYPES.get(sort, ()))


def equal(left: Any, right: Any) -> bool:
    """JSON equality: true is not 1, and 1.0 is 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def _key(value: Any) -> Any:
    """What two values have in common exactly when they are equal as JSON."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value), value
    if isinstance(value, list):
        return list, tuple(map(_key, value))
    if isinstance(value, dict):
        return dict, frozenset((name, _key(item)) for name, item in value.items())
    return float, value


def satisfies(value: Any, schema: Any, root: Any) -> bool:
    """True when `value` is valid by `schema`, whose references point into `root`.

    Raises:
        SchemaError: a reference points to nothing, or a pattern is no regular expression.
    """
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        raise SchemaError("a schema must be an object or true")
    if "$ref" in schema and not satisfies(value, target(schema["$ref"], root), root):
        return False
    sort = schema.get("type")
    if sort is not None and not any(
        _is(value, name) for name in (sort if isinstance(sort, list) else [sort])
    ):
        return False
    if "const" in schema and not equal(value, schema["const"]):
        return False
    if "enum" in schema and not any(equal(value, item) for item in schema["enum"]):
        return False
    return _combined(value, schema, root) and _by_kind(value, schema, root)


def _combined(value: Any, schema: dict[str, Any], root: Any) -> bool:
    if not all(satisfies(value, part, root) for part in schema.get("allOf", ())):
        return False
    if "anyOf" in schema and not any(satisfies(value, part, root) for part in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(satisfies(value, part, root) for part in schema["oneOf"]) != 1:
        return False
    if "not" in schema and satisfies(value, schema["not"], root):
        return False
    if "if" in schema:
        branch = "then" if satisfies(value, schema["if"], root) else "else"
        return branch not in schema or satisfies(value, schema[branch], root)
    return True


def _by_kind(value: Any, schema: dict[str, Any], root: Any) -> bool:
    if isinstance(value, str):
        return _string(value, schema)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value, schema)
    if isinstance(value, list):
        return _array(value, schema, root)
    if isinstance(value, dict):
        return _object(value, schema, root)
    return True


def _string(value: str, schema: dict[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
        return False
    if "pattern" not in schema:
        return True
    return _found(schema["pattern"], value)


def _found(pattern: str, value: str) -> bool:
    try:
        return found(pattern, value)
    except (re.error, OverflowError) as error:
        raise SchemaError(f"its pattern is no regular expression ({error})") from None
    except TooSlow:
        raise SchemaError("its pattern takes too long to match") from None


def _number(value: float, schema: dict[str, Any]) -> bool:
    if not schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf):
        return False
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if above is True:
        above = schema.get("minimum")
    if below is True:
        below = schema.get("maximum")
    if isinstance(above, (int, float)) and not isinstance(above, bool) and value <= above:
        return False
    if isinstance(below, (int, float)) and not isinstance(below, bool) and value >= below:
        return False
    step = schema.get("multipleOf")
    return step is None or math.isclose(value / step, round(value / step), rel_tol=1e-9, abs_tol=1e-9)


def _array(value: list[Any], schema: dict[str, Any], root: Any) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
        return False
    first, rest = schema.get("prefixItems", []), schema.get("items", True)
    if isinstance(rest, list):
        first, rest = rest, schema.get("additionalItems", True)
    if not all(satisfies(item, part, root) for item, part in zip(value, first, strict=False)):
        return False
    if not all(satisfies(item, rest, root) for item in value[len(first) :]):
        return False
    if schema.get("uniqueItems") and len({_key(item) for item in value}) < len(value):
        return False
    if "contains" in schema:
        count = sum(satisfies(item, schema["contains"], root) for item in value)
        return bool(schema.get("minContains", 1) <= count <= schema.get("maxContains", math.inf))
    return True


def _object(value: dict[str, Any], schema: dict[str, Any], root: Any) -> bool:
    if any(name not in value for name in schema.get("required", ())):
        return False
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", math.inf):
        return False
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    extra = schema.get("additionalProperties", True)
    for name, item in value.items():
        if "propertyNames" in schema and not satisfies(name, schema["propertyNames"], root):
            return False
        parts = [properties[name]] if name in properties else []
        parts += [part for pattern, part in patterns.items() if _found(pattern, name)]
        if not all(satisfies(item, part, root) for part in parts or [extra]):
            return False
    for name, needed in schema.get("dependentRequired", {}).items():
        if name in value and any(other not in value for other in needed):
            return False
    return True

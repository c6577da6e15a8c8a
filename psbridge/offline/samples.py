"""A value that satisfies a JSON Schema, always the same one.

Covers `$ref` (`#`, JSON pointers, recursive too), `type` (also a list), `enum`, `const`, `properties`,
`required`, `additionalProperties`, `minProperties`, `prefixItems`, `items`, `minItems`, `maxItems`,
`uniqueItems`, `contains`, `anyOf`, `oneOf`, `allOf`, `not` by trial, lengths, `pattern`, the usual `format`s,
all numeric bounds and `multipleOf`. Every value is checked against the schema before it is returned, so an
answer that does not fit is an error, never a lie.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from .checks import SchemaError, satisfies, target
from .patterns import matching
from .problems import ApiError

_DEEP = 6
_TOO_DEEP = 60
_VARIANTS = 4
_STEPS = 20_000
_LARGEST = 100_000
_LONGEST = 4_000_000  # characters of all texts together
_MOST_ALTERNATIVES = 1000
_FORMATS = {
    "date-time": "2025-01-01T00:00:00Z",
    "date": "2025-01-01",
    "time": "00:00:00Z",
    "duration": "PT1S",
    "email": "offline@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "uri-reference": "/offline",
    "json-pointer": "/offline",
    "regex": "^offline$",
}


def sample(schema: Any, param: str) -> Any:
    """A value that satisfies `schema`.

    Args:
        schema: a JSON Schema, draft 2020-12 or the older keywords it kept.
        param: the request member the schema came from, for the error.

    Raises:
        ApiError: status 400 when the schema is malformed or no satisfying value was found.
    """
    try:
        maker = _Maker(schema)
        for variant in range(_VARIANTS):
            value = maker.make(schema, 0, variant)
            if satisfies(value, schema, schema):
                return value
        reason = "no value was found that satisfies it"
    except (SchemaError, RecursionError) as error:
        reason = str(error) if isinstance(error, SchemaError) else "it is nested too deeply"
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        reason = "a keyword has a value of the wrong type"
    code = "invalid_json_schema" if param.startswith("response_format") else "invalid_function_parameters"
    raise ApiError(400, f"Invalid schema for '{param}': {reason}.", code=code, param=param)


class _Maker:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.steps = 0
        self.length = 0

    def make(self, schema: Any, depth: int, variant: int) -> Any:
        """A candidate for `schema`; `variant` asks for a different one, where `uniqueItems` needs several."""
        self.steps += 1
        if self.steps > _STEPS:
            raise SchemaError("no value was found in reasonable time")
        if depth > _TOO_DEEP:
            raise SchemaError("every value that satisfies it is infinitely deep")
        if schema is True or schema == {}:
            return f"offline{variant or ''}"
        if not isinstance(schema, dict):
            raise SchemaError("a schema must be an object or true")
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            found = target(schema["$ref"], self.root)
            return self.make({"allOf": [found], **rest} if _narrows(rest) else found, depth + 1, variant)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            fitting = [value for value in schema["enum"] if satisfies(value, schema, self.root)]
            if not fitting:
                raise SchemaError("none of its enum's values is allowed")
            return fitting[variant % len(fitting)]
        if "allOf" in schema:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            for part in schema["allOf"]:
                rest = self.merge(rest, part, 0)
            return self.make(rest, depth + 1, variant)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.alternative(schema, word, depth, variant)
        if "not" in schema:
            made = (self.typed(schema, depth, variant + more) for more in range(_VARIANTS))
            return next((value for value in made if satisfies(value, schema, self.root)), None)
        return self.typed(schema, depth, variant)

    def merge(self, left: dict[str, Any], right: Any, depth: int) -> dict[str, Any]:
        """One schema that demands what both do, as far as that can be said."""
        if right is True:
            return left
        if not isinstance(right, dict) or depth > _TOO_DEEP:
            raise SchemaError("a part of it cannot be satisfied")
        if "$ref" in right:
            found = target(right["$ref"], self.root)
            right = {key: value for key, value in right.items() if key != "$ref"}
            return self.merge(self.merge(left, found, depth + 1), right, depth + 1)
        merged = dict(left)
        for key, value in right.items():
            mine = merged.get(key)
            if mine is None or mine == value:
                merged[key] = value
            elif key in ("properties", "$defs", "definitions"):
                both = {name: {"allOf": [mine[name], value[name]]} for name in mine if name in value}
                merged[key] = {**mine, **value, **both}
            elif key in ("required", "allOf"):
                merged[key] = [*mine, *(item for item in value if item not in mine)]
            elif key == "enum":
                merged[key] = [item for item in mine if item in value]
            elif key == "type":
                merged[key] = _common(mine, value)
            elif key == "items":
                merged[key] = {"allOf": [mine, value]}
            elif key.startswith(("min", "exclusiveMin")):
                merged[key] = max(mine, value)
            elif key.startswith(("max", "exclusiveMax")):
                merged[key] = min(mine, value)
            elif key in ("anyOf", "oneOf"):
                if len(mine) * len(value) > _MOST_ALTERNATIVES:
                    raise SchemaError("it has too many alternatives")
                merged[key] = [{"allOf": [one, other]} for one in mine for other in value]
            elif key == "multipleOf":
                merged[key] = (
                    math.lcm(mine, value) if isinstance(mine, int) and isinstance(value, int) else mine
                )
            elif key in ("pattern", "const", "not", "contains"):
                # Two of these cannot be said in one schema: build for the first, the final check decides.
                continue
            else:
                merged[key] = value
        return merged

    def alternative(self, schema: dict[str, Any], word: str, depth: int, variant: int) -> Any:
        """A value for the first alternative that has one the schema accepts; null first when deep."""
        rest = {key: value for key, value in schema.items() if key != word}
        options = list(schema[word])
        if depth > _DEEP:
            options.sort(key=lambda option: _weight(option))
        problem = "none of its alternatives can be satisfied"
        for option in options:
            try:
                merged = self.merge(rest, option, 0)
                for more in range(_VARIANTS):
                    value = self.make(merged, depth + 1, variant + more)
                    if satisfies(value, schema, self.root):
                        return value
            except SchemaError as error:
                problem = str(error)
        raise SchemaError(problem)

    def typed(self, schema: dict[str, Any], depth: int, variant: int) -> Any:
        sort = schema.get("type") or _implied(schema)
        if isinstance(sort, list):
            if not sort:
                raise SchemaError("no type is left that satisfies all its parts")
            if depth > _DEEP and "null" in sort:
                return None
            sort = next((name for name in sort if name != "null"), "null")
        if sort == "null":
            return None
        if sort == "boolean":
            return variant % 2 == 0
        if sort in ("integer", "number"):
            return _number(schema, sort == "integer", variant)
        if sort == "string":
            text = _string(schema, variant)
            self.length += len(text)
            if self.length > _LONGEST:
                raise SchemaError("it asks for more text than is made here")
            return text
        if sort == "array":
            return self.array(schema, depth, variant)
        if sort == "object":
            return self.object(schema, depth, variant)
        raise SchemaError(f"{json.dumps(sort)} is no JSON type")

    def array(self, schema: dict[str, Any], depth: int, variant: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        rest = schema.get("items", True)
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", math.inf)
        if isinstance(rest, list):
            first, rest = rest, schema.get("additionalItems", True)
        wanted = max(_modest(least), min(len(first), most))
        if "contains" in schema:
            wanted = max(wanted, len(first) + max(schema.get("minContains", 1), 1))
        elif "items" in schema and rest is not False and depth <= _DEEP:
            wanted = max(wanted, min(1, most))
        unique = schema.get("uniqueItems", False)
        made: list[Any] = []
        for index in range(int(wanted)):
            part = first[index] if index < len(first) else schema.get("contains", rest)
            if part is False:
                break
            number = variant + index if unique else variant
            made.append(self.make(part, depth + 1, number))
        return made

    def object(self, schema: dict[str, Any], depth: int, variant: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        extra = schema.get("additionalProperties", True)
        made: dict[str, Any] = {}
        for name, part in properties.items():
            if part is False or (name not in required and depth > _DEEP):
                continue
            try:
                made[name] = self.make(part, depth + 1, variant)
            except SchemaError:
                if name in required:
                    raise
        for name in required:
            if name not in made:
                made[name] = self.make(extra, depth + 1, variant)
        spare = 1
        while len(made) < _modest(schema.get("minProperties", 0)) and extra is not False:
            made.setdefault(f"offline{spare}", self.make(extra, depth + 1, variant))
            spare += 1
        return _trimmed(made, schema.get("maxProperties"), required)


def _modest(least: Any) -> int:
    """A lower bound on a length or count, unless it is out of all proportion."""
    if not 0 <= least <= _LARGEST:
        raise SchemaError(f"it asks for {least} of something; at most {_LARGEST} are made here")
    return int(least)


def _trimmed(made: dict[str, Any], most: int | None, required: list[str]) -> dict[str, Any]:
    for name in reversed(list(made)):
        if most is None or len(made) <= most:
            break
        if name not in required:
            del made[name]
    return made


_ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "$comment", "$defs", "definitions"}
)


def _narrows(rest: dict[str, Any]) -> bool:
    return any(key not in _ANNOTATIONS for key in rest)


def _common(left: Any, right: Any) -> Any:
    """The types both `type` keywords allow; an integer is a number."""
    lefts = left if isinstance(left, list) else [left]
    rights = right if isinstance(right, list) else [right]
    found = [item for item in lefts if item in rights or (item == "integer" and "number" in rights)]
    found += [item for item in rights if item == "integer" and "number" in lefts and item not in found]
    return found


def _weight(option: Any) -> int:
    """How soon an alternative ends: null and scalars before arrays before objects and references."""
    if not isinstance(option, dict):
        return 1
    sort = option.get("type")
    if sort == "null" or "const" in option or "enum" in option:
        return 0
    return {"boolean": 1, "integer": 1, "number": 1, "string": 1, "array": 2}.get(str(sort), 3)


def _implied(schema: dict[str, Any]) -> str:
    """The type a schema without `type` is about, from the keywords it has."""
    keys = schema.keys()
    if keys & {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}:
        return "object"
    if keys & {"items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"}:
        return "array"
    if keys & {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}:
        return "number"
    return "string"


def _number(schema: dict[str, Any], whole: bool, variant: int) -> Any:
    low, low_open = _bound(schema, "minimum", "exclusiveMinimum", -math.inf, max)
    high, high_open = _bound(schema, "maximum", "exclusiveMaximum", math.inf, min)
    step = schema.get("multipleOf")
    if step or whole:
        return _multiple(step or 1, whole, (low, low_open), (high, high_open), variant)
    if low == -math.inf:
        return variant / 2 if high == math.inf else high - 1 - variant
    if high == math.inf:
        return low + 1 + variant if low_open else low + variant
    return low if not (low_open or variant) else low + (high - low) / (2 + variant)


def _bound(
    schema: dict[str, Any], word: str, exclusive: str, free: float, stricter: Callable[[float, float], float]
) -> tuple[float, bool]:
    """(bound, whether it is excluded) from both keywords; `exclusive: true` is draft 4's."""
    inclusive = schema.get(word, free)
    other = schema.get(exclusive)
    if isinstance(other, bool) or other is None:
        return inclusive, other is True
    return stricter(inclusive, other), stricter(inclusive, other) == other


def _multiple(
    step: float, whole: bool, low: tuple[float, bool], high: tuple[float, bool], variant: int
) -> float:
    """A multiple of `step` at or above the lower bound; nought when the bounds allow it."""
    if whole and step != int(step):
        step = next(step * factor for factor in range(1, 10_001) if float(step * factor).is_integer())
    step = int(step) if float(step).is_integer() else step
    if low[0] == -math.inf:
        free = high[0] > 0 or (high[0] == 0 and not high[1])
        count = 0 if free else math.floor(high[0] / step) - int(high[1])
        return (count - variant) * step
    count = 0 if low[0] < 0 < high[0] else math.ceil(low[0] / step)
    if low[1] and count * step == low[0]:
        count += 1
    return (count + variant) * step


def _string(schema: dict[str, Any], variant: int) -> str:
    least, most = _modest(schema.get("minLength", 0)), schema.get("maxLength")
    ending = str(variant) if variant else ""
    if "pattern" in schema:
        return matching(schema["pattern"], least, most, variant)
    text = _FORMATS.get(schema.get("format", ""), "offline") if not variant else f"offline{ending}"
    if variant and schema.get("format") == "date":
        return f"2025-01-{variant % 28 + 1:02d}"
    if len(text) < least:
        text = "x" * (least - len(text)) + text
    if most is not None and len(text) > most:
        text = text[len(text) - most :] if variant else text[:most]
    return text

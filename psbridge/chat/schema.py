"""JSON schemas as strict mode wants them, and what is checked here because strict mode cannot.

Strict mode (OpenAI, "Structured model outputs"): every object lists all its properties as required and allows
no others, the root is an object, and `allOf`, `not`, `if` and their kind are not there. A schema that already
comes from pydantic is brought into the form that OpenAI's own client sends. Knows no chat and sends nothing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..models.problems import InvalidValueError

Schema = dict[str, Any]

# Keywords that strict mode refuses and that cannot be said in another way.
REFUSED = (
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "$dynamicRef",
)
# Limits that strict mode does not know: taken out of a schema written by hand, checked when the answer comes.
CHECKED_HERE = frozenset(
    (
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
    )
)
# One of these says what kind of value a schema stands for.
_SAYS_TYPE = frozenset(("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "properties"))
# The formats of texts that strict mode knows; others are left to the one who reads the value.
_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))
_BRANCHES = ("$defs", "definitions", "properties")  # tables of schemas by name
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


class SchemaError(InvalidValueError):
    """A schema that cannot be sent; nothing was sent."""


def problem(place: str, sentence: str, parameter: str) -> SchemaError:
    """The one form of this module's errors: `invalid value for 'JsonSchema.a.b', …`."""
    path = f"{parameter}.{place}" if place else parameter
    return SchemaError(f"invalid value for '{path}', {sentence}", parameter=parameter, path=path)


def read_schema(given: Any, parameter: str = "JsonSchema") -> Schema:
    """A schema out of what a caller holds: a mapping, a property bag, JSON text, or the path of a JSON file.

    Raises:
        SchemaError: when it is none of these, or no JSON object.
    """
    if isinstance(given, Path):
        given = _file_text(given, parameter)
    elif isinstance(given, str) and not given.lstrip().startswith("{"):
        given = _file_text(Path(given), parameter)
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise problem("", f"must be a JSON schema: {error}.", parameter) from None
    members = plain(given)
    if not isinstance(members, dict):
        raise problem("", "must be a JSON schema: a table, JSON text or the path of a JSON file.", parameter)
    return members


def _file_text(path: Path, parameter: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise problem(
            "", f"must be a JSON schema or the path of one: '{path}': {reason}.", parameter
        ) from None


def plain(value: Any) -> Any:
    """Dicts and lists out of mappings, property bags and sequences, in their order."""
    bag = getattr(value, "__ps_properties__", None)
    if bag is not None:
        value = bag()
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def strict_of_type(schema: Schema, parameter: str = "As") -> Schema:
    """A pydantic schema in strict form: the same, words aside, as OpenAI's client makes of it.

    Raises:
        SchemaError: naming the place that strict mode cannot express.
    """
    root = copy.deepcopy(schema)
    return _Strict(root, parameter, lambda name, member: member, frozenset()).node(root, "")


def strict_by_hand(schema: Schema, parameter: str = "JsonSchema") -> Schema:
    """A schema written by hand in strict form: what was optional becomes required and nullable.

    Raises:
        SchemaError: naming the place that strict mode cannot express.
    """
    root = copy.deepcopy(schema)
    return _Strict(root, parameter, lambda name, member: nullable(member), CHECKED_HERE).node(root, "")


def nullable(schema: Schema) -> Schema:
    """The schema, or null; itself where it allows null already. Its description stays outside."""
    if schema.get("type") == "null" or "null" in as_list(schema.get("type")):
        return schema
    if any(branch.get("type") == "null" for branch in schema.get("anyOf", ())):
        return schema
    outside: Schema = {name: schema[name] for name in ("title", "description", "default") if name in schema}
    inside = {name: value for name, value in schema.items() if name not in outside}
    if set(inside) == {"anyOf"}:
        return {"anyOf": [*inside["anyOf"], {"type": "null"}], **outside}
    return {"anyOf": [inside, {"type": "null"}], **outside}


def as_list(value: Any) -> list[Any]:
    """A list as it is, one value as a list of it, null as an empty one."""
    return value if isinstance(value, list) else [] if value is None else [value]


class _Strict:
    """One pass over a schema; `optional` says what becomes of a property that was not required."""

    def __init__(
        self,
        root: Schema,
        parameter: str,
        optional: Callable[[str, Schema], Schema],
        dropped: frozenset[str],
    ) -> None:
        self.root = root
        self.parameter = parameter
        self.optional = optional
        self.dropped = dropped
        self.open: list[str] = []

    def node(self, schema: Any, place: str) -> Schema:
        if schema is not True and not isinstance(schema, dict):
            raise problem(place, f"must be a schema (a table), not {_kind(schema)}.", self.parameter)
        if schema is True:
            schema = {}
        for name in self.dropped & schema.keys():
            del schema[name]
        for name in REFUSED:
            if name in schema:
                raise problem(place, f"must do without '{name}', which strict mode refuses.", self.parameter)
        if _SAYS_TYPE.isdisjoint(schema):
            raise problem(place, "must have a type: strict mode knows no value of any kind.", self.parameter)
        for table in ("$defs", "definitions"):
            for name, inner in self._table(schema, table, place).items():
                schema[table][name] = self.node(inner, _under(place, name))
        self._object(schema, place)
        items = schema.get("items")
        if items is not None:
            schema["items"] = self.node(items, f"{place}[]")
        for name in ("anyOf", "oneOf", "prefixItems"):
            if isinstance(schema.get(name), list):
                schema[name] = [self.node(inner, place) for inner in schema[name]]
        self._all_of(schema, place)
        if "default" in schema and schema["default"] is None:
            del schema["default"]
        return self._inlined(schema, place)

    def _table(self, schema: Schema, name: str, place: str) -> dict[str, Any]:
        table = schema.get(name, {})
        if not isinstance(table, dict):
            raise problem(
                _under(place, name), f"must be a table of schemas, not {_kind(table)}.", self.parameter
            )
        return table

    def _object(self, schema: Schema, place: str) -> None:
        if schema.get("type") == "object" or "properties" in schema:
            others = schema.setdefault("additionalProperties", False)
            if others is not False:
                raise problem(
                    place,
                    "must name all its members: strict mode knows no table with free keys "
                    "('additionalProperties' must be false).",
                    self.parameter,
                )
        if "properties" not in schema:
            return
        properties = self._table(schema, "properties", place)
        required = schema.get("required", [])
        if not isinstance(required, list):
            raise problem(_under(place, "required"), "must be a list of names.", self.parameter)
        unknown = next((name for name in required if name not in properties), None)
        if unknown is not None:
            raise problem(
                _under(place, "required"), f"must name properties only; '{unknown}' is none.", self.parameter
            )
        schema["properties"] = {
            name: self._member(name, self.node(inner, _under(place, name)), required)
            for name, inner in properties.items()
        }
        schema["required"] = list(properties)

    def _member(self, name: str, member: Schema, required: list[str]) -> Schema:
        return member if name in required else self.optional(name, member)

    def _all_of(self, schema: Schema, place: str) -> None:
        parts = schema.get("allOf")
        if parts is None:
            return
        if not isinstance(parts, list) or len(parts) != 1:
            raise problem(place, "must do without 'allOf', which strict mode refuses.", self.parameter)
        del schema["allOf"]
        schema.update(self.node(parts[0], place))

    def _inlined(self, schema: Schema, place: str) -> Schema:
        """`$ref` stands alone in strict mode: beside other keywords it is written out."""
        reference = schema.get("$ref")
        if reference is None:
            return schema
        if len(schema) == 1:
            self._resolved(reference, place)
            return schema
        if reference in self.open:
            raise problem(
                place, f"must not refer to itself beside other keywords ({reference}).", self.parameter
            )
        target = copy.deepcopy(self._resolved(reference, place))
        del schema["$ref"]
        # What stands beside the reference wins over what it refers to.
        merged = {**target, **schema}
        self.open.append(reference)
        try:
            return self.node(merged, place)
        finally:
            self.open.pop()

    def _resolved(self, reference: Any, place: str) -> Schema:
        node: Any = self.root
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise problem(
                place, f"must refer to a place in the schema itself, not '{reference}'.", self.parameter
            )
        for name in [part for part in reference[1:].split("/") if part]:
            name = name.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            raise problem(place, f"refers to '{reference}', which is not there.", self.parameter)
        return node


def check_root(schema: Schema, parameter: str) -> None:
    """Strict mode wants an object at the root.

    Raises:
        SchemaError: when the root is anything else.
    """
    if schema.get("type") != "object" or "anyOf" in schema:
        raise problem("", "must have an object at its root ('type': 'object').", parameter)


def tidied(schema: Schema) -> Schema:
    """A pydantic schema as one would write it by hand: no titles, enums in their places, nothing unused."""
    definitions = schema.get("$defs", {})
    inlined = {
        name: one for name, one in definitions.items() if "properties" not in one and "$ref" not in one
    }
    cleaned: Schema = _tidied({name: value for name, value in schema.items() if name != "$defs"}, inlined)
    kept = {name: _tidied(one, inlined) for name, one in definitions.items() if name not in inlined}
    return {**cleaned, "$defs": kept} if kept else cleaned


def _tidied(schema: Any, inlined: dict[str, Schema]) -> Any:
    if isinstance(schema, list):
        return [_tidied(item, inlined) for item in schema]
    if not isinstance(schema, dict):
        return schema
    target = inlined.get(str(schema.get("$ref", "")).removeprefix("#/$defs/"))
    if target is not None:
        schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
    cleaned: Schema = {}
    for name, value in schema.items():
        if name in _BRANCHES and isinstance(value, dict):
            cleaned[name] = {inner: _tidied(item, inlined) for inner, item in value.items()}
        elif name in ("default", "enum", "const", "examples", "required"):
            cleaned[name] = value
        elif not (name in ("title", "discriminator") or (name == "format" and value not in _FORMATS)):
            cleaned[name] = _tidied(value, inlined)
    if "default" in cleaned and cleaned["default"] is None:
        del cleaned["default"]
    return cleaned


def without_unused(schema: Schema) -> Schema:
    """The schema without definitions that nothing refers to any more."""
    definitions = schema.get("$defs", {})
    used = set()
    pending = [{name: value for name, value in schema.items() if name != "$defs"}]
    while pending:
        for node in nodes(pending.pop()):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in used:
                used.add(name)
                pending.append(definitions[name])
    kept = {name: one for name, one in definitions.items() if name in used}
    rest = {name: value for name, value in schema.items() if name != "$defs"}
    return {**rest, "$defs": kept} if kept else rest


def nodes(schema: Any) -> Iterator[Schema]:
    """Every schema within a schema, itself first."""
    if not isinstance(schema, dict):
        return
    yield schema
    for table in _BRANCHES:
        if isinstance(schema.get(table), dict):
            for inner in schema[table].values():
                yield from nodes(inner)
    for name in _LISTS:
        for inner in as_list(schema.get(name)):
            yield from nodes(inner)
    for name in ("items", "additionalProperties", "not"):
        yield from nodes(schema.get(name))


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "an array"}
    return kinds.get(type(value), "a table" if isinstance(value, dict) else f"a {type(value).__name__}")

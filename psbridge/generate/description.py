"""Reads an OpenAPI 3.0 or 3.1 description into `Api`: references followed, `allOf` flattened, names given.

Inline schemas are named as the reference module's generator names them: `Owner` + `Member`, `Inner` for an
array's items, the schema's title where it has one among alternatives, and one name for schemas that are
written exactly alike. Prose is read for that comparison only and goes nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ..naming import parameter_name
from .families import Family
from .shapes import (
    AliasDef,
    Api,
    Array,
    Limits,
    Map,
    Member,
    ObjectDef,
    Ref,
    Scalar,
    Shape,
    UnionDef,
    nullable,
)

FORM = "multipart/form-data"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DescriptionError(Exception):
    """The description cannot be read as one; the message names the file and the place."""


def load(path: Path) -> dict[str, Any]:
    """The description as nested dicts.

    Raises:
        DescriptionError: when the file cannot be read, is not YAML, or describes no API.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as problem:
        raise DescriptionError(f"{path}: {problem.strerror or problem}") from problem
    except UnicodeDecodeError as problem:
        raise DescriptionError(f"{path}: not UTF-8 text") from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise DescriptionError(f"{path}: not YAML{where}") from problem
    except RecursionError as problem:
        raise DescriptionError(f"{path}: nested too deeply") from problem
    if not (
        isinstance(document, dict)
        and isinstance(document.get("paths"), dict)
        and isinstance(components := document.get("components"), dict)
        and isinstance(components.get("schemas"), dict)
    ):
        raise DescriptionError(f"{path}: not an OpenAPI description with paths and schemas")
    return document


def roots(document: dict[str, Any], family: Family, source: str = "") -> list[str]:
    """Names of the schemas that a family's paths use, in the description's order, and of its further ones.

    Raises:
        DescriptionError: the description has no path of the family.
    """
    items = [item for path, item in document["paths"].items() if family.has(path)]
    if family.prefix and not items:
        raise DescriptionError(
            f"{source}: there is no path {family.prefix}, which the family {family.name} has"
        )
    schemas = document["components"]["schemas"]
    named = [ref.rpartition("/")[2] for ref in _refs(items)]
    return list(dict.fromkeys(name for name in [*named, *family.roots] if name in schemas))


def _refs(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            elif key != FORM:  # a form is filled by a cmdlet's parameters and needs no model
                yield from _refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _refs(value)


class Reader:
    """Turns the schemas of one description into definitions.

    `names` gives the name that an inline schema at (owner, member) had in an older description; it wins.
    `source` is what error messages call the description.
    """

    def __init__(
        self, document: dict[str, Any], names: dict[tuple[str, str], str] | None = None, source: str = ""
    ) -> None:
        self.document = document
        self.source = source
        self.schemas: dict[str, Any] = document["components"]["schemas"]
        self.api = Api()
        self.positions: dict[tuple[str, str], str] = {}
        self._names = names or {}
        self._inline: dict[str, str] = {}
        self._open: list[str] = []  # the named schemas being read, outermost first
        self._place = ""  # the path whose operations are being read

    def read(self, names: Iterable[str], family: Family | None = None) -> Api:
        """Define the named schemas, all they refer to, and the inline bodies of the family's operations, or
        of all operations.

        Raises:
            DescriptionError: for a reference to nothing, and for a schema written in a way not known here.
        """
        try:
            for name in names:
                self._component(name)
            for path, item in self.document["paths"].items():
                if family is None or family.has(path):
                    self._place = path
                    self._bodies(item)
        except (KeyError, TypeError, AttributeError) as problem:
            where = self._open[-1] if self._open else f"an operation of {self._place}"
            raise DescriptionError(f"{self.source}: {where} is not written as OpenAPI has it") from problem
        return self.api

    def _bodies(self, item: dict[str, Any]) -> None:
        for operation in item.values():
            if not isinstance(operation, dict) or "requestBody" not in operation:
                continue
            for kind, media in operation["requestBody"]["content"].items():
                schema = media["schema"]
                if "$ref" not in schema and kind != FORM:
                    operation_id = operation["operationId"]
                    self._define(operation_id[:1].upper() + operation_id[1:] + "Request", schema)

    def _component(self, name: str) -> Shape:
        found = self.api.definitions.get(name)
        if found is None:
            if name not in self.schemas:
                after = f", which {self._open[-1]} refers to" if self._open else ""
                raise DescriptionError(f"{self.source}: there is no schema {name}{after}")
            if name in self._open:
                raise DescriptionError(f"{self.source}: {name} is defined by nothing but itself")
            self._open.append(name)
            shape = self._define(name, self.schemas[name])
            self._open.pop()
            if name not in self.api.definitions:
                self.api.definitions[name] = AliasDef(name, shape)
            return shape
        if isinstance(found, AliasDef):
            return found.shape
        return Ref(name, nullable=_is_nullable(self.schemas[name]))

    def _define(self, name: str, schema: dict[str, Any]) -> Shape:
        """The shape of `schema`, which is called `name` if it turns out to be an object or a union."""
        schema, null = _without_null(schema)
        shape = self._shape(name, schema)
        return nullable(shape) if null else shape

    def _shape(self, name: str, schema: dict[str, Any]) -> Shape:
        if "$ref" in schema:
            return self._component(schema["$ref"].rpartition("/")[2])
        if "allOf" in schema or schema.get("properties"):
            return self._object(name, schema)
        alternatives = schema.get("oneOf") or schema.get("anyOf")
        if alternatives:
            return self._union(name, schema, alternatives)
        kind = schema.get("type", "string" if "const" in schema else "object")
        if kind == "array":
            items = self._define(self._twin(f"{name}Inner", schema["items"]), schema["items"])
            return Array(items, Limits(min_length=schema.get("minItems"), max_length=schema.get("maxItems")))
        if kind == "object":
            values = schema.get("additionalProperties")
            inner = self._define(f"{name}Value", values) if isinstance(values, dict) else Scalar("any")
            return Map(inner, bare=values is None)
        if kind not in ("string", "integer", "number", "boolean"):
            raise DescriptionError(f"{self.source}: {name} has the type {kind}, which is not known here")
        bounds = (schema.get(key) for key in ("minimum", "maximum", "minLength", "maxLength"))
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        return Scalar(kind, tuple(values) if kind == "string" else (), Limits(*bounds))

    def _object(self, name: str, schema: dict[str, Any]) -> Shape:
        definition = ObjectDef(name)
        self.api.definitions[name] = definition
        properties, required = self._flattened(schema)
        for wire, (part, home) in properties.items():
            inner = self._name_at(name, wire, part, home)
            shape = self._define(inner, part)
            self.positions[name, wire] = inner
            definition.members.append(Member(wire, shape, wire in required, bool(part.get("deprecated"))))
        return Ref(name)

    def _flattened(
        self, schema: dict[str, Any], home: str = ""
    ) -> tuple[dict[str, tuple[Any, str]], set[str]]:
        """Members by name with the component they were written in; later parts of `allOf` win."""
        properties: dict[str, tuple[Any, str]] = {}
        required: set[str] = set()
        for part in schema.get("allOf", ()):
            where = home
            if "$ref" in part:
                where = part["$ref"].rpartition("/")[2]
                self._component(where)
                part = self.schemas[where]
            inner, needed = self._flattened(part, where)
            properties.update(inner)
            required |= needed
        properties.update({wire: (part, home) for wire, part in schema.get("properties", {}).items()})
        return properties, required | set(schema.get("required", ()))

    def _name_at(self, owner: str, wire: str, schema: dict[str, Any], home: str) -> str:
        """An inline schema's name: the older one, else its twin's, else that of the place it is written."""
        older = self._names.get((owner, wire))
        if older is not None:
            return older
        name = (home or owner) + parameter_name(wire).removeprefix("Var")
        return self._twin(name, schema)

    def _twin(self, name: str, schema: dict[str, Any]) -> str:
        core, _ = _without_null(schema)
        if not (core.get("properties") or core.get("oneOf") or core.get("anyOf")):
            return name
        return self._inline.setdefault(json.dumps(core, sort_keys=True), name)

    def _union(self, name: str, schema: dict[str, Any], alternatives: list[dict[str, Any]]) -> Shape:
        if len(alternatives) == 1:
            return self._define(name, alternatives[0])
        definition = UnionDef(name)
        self.api.definitions[name] = definition
        suffix = "OneOf" if "oneOf" in schema else "AnyOf"
        given: dict[str, int] = {}  # names of this union's inline alternatives, and how often
        for part in alternatives:
            title = "".join(word[:1].upper() + word[1:] for word in str(part.get("title", "")).split())
            inner = title if title and title not in self.schemas else f"{name}{suffix}"
            if part.get("properties"):
                given[inner] = given.get(inner, 0) + 1
                inner += str(given[inner] - 1) * (given[inner] > 1)
            definition.alternatives.append(self._define(inner, part))
        definition.discriminator = schema.get("discriminator", {}).get("propertyName") or self._telling(
            definition
        )
        return Ref(name)

    def _telling(self, union: UnionDef) -> str | None:
        """A member that every object alternative has with one listed value, each its own."""
        objects = self.api.objects_of(union)
        for candidate in objects[0].members if len(objects) > 1 else ():
            values = [
                member.shape.values
                for one in objects
                for member in one.members
                if member.wire == candidate.wire
                and isinstance(member.shape, Scalar)
                and len(member.shape.values) == 1
            ]
            if len(values) == len(objects) == len(set(values)):
                return candidate.wire
        return None


def _is_nullable(schema: dict[str, Any]) -> bool:
    return _without_null(schema)[1]


def _without_null(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema with its ways of allowing null taken out, and whether there was one."""
    null = bool(schema.get("nullable"))
    types = schema.get("type")
    if isinstance(types, list):
        kept_types = [one for one in types if one != "null"]
        null = null or len(kept_types) < len(types)
        rest = {key: value for key, value in schema.items() if key != "type"}
        if len(kept_types) == 1:
            schema = {**rest, "type": kept_types[0]}
        else:
            schema = {**rest, "anyOf": [{"type": one} for one in kept_types]}
    if None in schema.get("enum", ()):
        null, schema = True, {**schema, "enum": [one for one in schema["enum"] if one is not None]}
    for key in ("anyOf", "oneOf"):
        parts = schema.get(key)
        if parts:
            kept = [part for part in parts if part.get("type") != "null"]
            null = null or len(kept) < len(parts) or any(part.get("nullable") for part in kept)
            if len(kept) == 1 and len(kept) < len(parts):
                inner, inner_null = _without_null(kept[0])
                return {
                    **inner,
                    **({"deprecated": True} if schema.get("deprecated") else {}),
                }, null or inner_null
            schema = {**schema, key: kept}
    return {key: value for key, value in schema.items() if key != "nullable"}, null

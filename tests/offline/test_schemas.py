"""JSON-schema replies satisfy their schema, judged by pydantic and not by the server's own checker."""

from __future__ import annotations

import enum
import json
import re
import uuid
from datetime import date, datetime
from types import GenericAlias
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter

from psbridge.offline.checks import satisfies

from .conftest import Ask


def _reply(ask: Ask, schema: dict[str, Any]) -> str:
    reply = ask(response_format={"type": "json_schema", "json_schema": {"name": "wanted", "schema": schema}})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: int
    children: list[Node]
    parent: Node | None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    name: Annotated[str, Field(min_length=10, max_length=12)]


class Everything(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    colour: Colour
    when: datetime
    day: date
    key: uuid.UUID
    ratio: Annotated[float, Field(gt=0, lt=1)]
    even: Annotated[int, Field(multiple_of=2, gt=3)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    pair: tuple[int, str]
    unique: Annotated[set[int], Field(min_length=3)]
    scores: Annotated[dict[str, float], Field(min_length=2)]
    maybe: int | None
    tree: Node


class Several(RootModel[Annotated[list[Dog], Field(min_length=2)]]):
    pass


@pytest.mark.parametrize("model", [Node, Cat, Dog, Everything, Several])
def test_a_models_schema_gives_an_instance(ask: Ask, model: type[BaseModel]) -> None:
    model.model_validate_json(_reply(ask, model.model_json_schema()))


_INTEGERS = st.tuples(st.integers(-50, 50), st.integers(0, 20)).map(
    lambda pair: Annotated[int, Ge(pair[0]), Le(pair[0] + pair[1])]
)
_OPEN = st.tuples(st.integers(-50, 50), st.integers(1, 20)).map(
    lambda pair: Annotated[float, Gt(pair[0]), Lt(pair[0] + pair[1])]
)
_MULTIPLES = st.tuples(st.integers(1, 9), st.integers(-50, 50)).map(
    lambda pair: Annotated[int, MultipleOf(pair[0]), Ge(pair[1])]
)
_STRINGS = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
    lambda pair: Annotated[str, MinLen(pair[0]), MaxLen(sum(pair))]
)
_PATTERNS = st.sampled_from(
    [
        r"^[a-c]+\d{2,3}$",
        r"^(yes|no)$",
        r"^\w+@\w+\.(com|org)$",
        r"^[^\s]{4,6}$",
        r"x{3}y?",
        r"^\+?[0-9 ]{7,}$",
    ]
).map(lambda pattern: Annotated[str, Field(pattern=pattern)])
_SCALARS = st.sampled_from([str, int, float, bool, None, datetime, date, uuid.UUID, Literal["a", 1], Colour])


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.tuples(inner, st.integers(0, 3)).map(
        lambda pair: Annotated[GenericAlias(list, (pair[0],)), MinLen(pair[1])]
    )
    mappings = st.tuples(inner, st.integers(0, 3)).map(
        lambda pair: Annotated[GenericAlias(dict, (str, pair[0])), MinLen(pair[1])]
    )
    unions = st.tuples(inner, inner).map(
        lambda pair: pair[0] | pair[1] if pair[0] is not pair[1] else pair[0]
    )
    tuples = st.tuples(inner, inner).map(lambda pair: GenericAlias(tuple, pair))
    return lists | mappings | unions | tuples


TYPES = st.recursive(
    _SCALARS | _INTEGERS | _OPEN | _MULTIPLES | _STRINGS | _PATTERNS, _containers, max_leaves=6
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=TYPES.filter(lambda kind: kind is not None))
def test_any_types_schema_gives_a_value_of_the_type(ask: Ask, kind: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    schema = adapter.json_schema()
    adapter.validate_json(_reply(ask, schema))


HAND_MADE: list[tuple[dict[str, Any], str]] = [
    ({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 10}]}, r"-\d+|[1-9]\d+"),
    ({"allOf": [{"type": "integer", "minimum": 7}, {"maximum": 7}]}, r"7"),
    ({"type": "string", "not": {"const": "offline"}}, r'"(?!offline").*"'),
    ({"type": ["null", "boolean"]}, r"true|false|null"),
    ({"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 6}, r"5"),
    ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, r"2|1\.\d+"),
    ({"type": "array", "contains": {"const": "x"}, "minItems": 2}, r'\[.*"x".*\]'),
    ({"const": {"a": [1, None]}}, r'\{"a": \[1, null\]\}'),
    ({"type": "object", "required": ["a"], "properties": {"b": False}}, r'\{"a": .*\}'),
    (
        {"definitions": {"a/b": {"type": "integer"}}, "$ref": "#/definitions/a~1b"},
        r"-?\d+",
    ),
]


@pytest.mark.parametrize(("schema", "pattern"), HAND_MADE, ids=[str(schema) for schema, _ in HAND_MADE])
def test_a_schema_no_type_would_write_is_met(ask: Ask, schema: dict[str, Any], pattern: str) -> None:
    said = _reply(ask, schema)
    json.loads(said)
    assert re.fullmatch(pattern, said)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"$ref": "#/nowhere"},
        {"$ref": "https://example.com/schema"},
        {"enum": []},
        {"type": "string", "pattern": "("},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "array", "minItems": 10**12},
        {"type": "object", "properties": {"self": {"$ref": "#"}}, "required": ["self"]},
        {"properties": 5},
        {"minimum": "a"},
    ],
    ids=str,
)
def test_a_schema_that_cannot_be_met_is_refused(ask: Ask, schema: dict[str, Any]) -> None:
    reply = ask(response_format={"type": "json_schema", "json_schema": {"name": "wanted", "schema": schema}})
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["code"] == "invalid_json_schema"


def test_no_schema_at_all_still_gives_json(ask: Ask) -> None:
    reply = ask(response_format={"type": "json_schema", "json_schema": {"name": "wanted"}})
    json.loads(reply.json()["choices"][0]["message"]["content"])


HOSTILE: list[dict[str, Any]] = [
    {"type": "string", "pattern": "^(a|a)*b$", "minLength": 60},
    {"type": "string", "pattern": "^(a|a)*b$", "maxLength": 0},
    {"type": "string", "pattern": "^(.|.|.|.)*b$"},
    {"type": "string", "pattern": "^(([a-z])+.)+[A-Z]([a-z])+$", "minLength": 50},
    {"type": "string", "pattern": "((a{1000}){1000}){1000}"},
    {"type": "string", "pattern": "(((a{30}){30}){30}){30}"},
    {"type": "string", "pattern": "a{99999}{99999}"},
    {"type": "string", "pattern": "^(?=(.|.)*$)(.|.)*\\d\\D\\d$", "minLength": 60},
    {"type": "string", "pattern": "a*a*a*a*a*a*a*a*c", "minLength": 5000},
    {"patternProperties": {"^(a|a)*b$": {"type": "integer"}}, "required": ["a" * 60]},
    {"type": "array", "uniqueItems": True, "minItems": 50_000, "items": {"type": "integer"}},
    {"type": "array", "minItems": 15_000, "items": {"type": "string", "minLength": 99_999}},
    {"allOf": [{"anyOf": [{"minLength": n} for n in range(100)]} for _ in range(6)]},
    {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
]


@pytest.mark.parametrize("schema", HOSTILE, ids=lambda schema: json.dumps(schema)[:60])
def test_a_hostile_schema_is_answered_and_others_are_served(ask: Ask, schema: dict[str, Any]) -> None:
    """Met or refused, but in the end answered: what the pattern or the count costs is bounded."""
    reply = ask(response_format={"type": "json_schema", "json_schema": {"name": "wanted", "schema": schema}})
    assert reply.status_code in (200, 400)
    if reply.status_code == 400:
        assert reply.json()["error"]["code"] == "invalid_json_schema"
    assert ask().status_code == 200


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats(-3, 3) | st.text("ab1", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
NUMBER = st.integers(-3, 12)
COUNT = st.integers(0, 4)
KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
    | st.lists(st.sampled_from(["null", "integer", "string", "array"]), min_size=1, max_size=3, unique=True),
    "const": VALUES,
    "enum": st.lists(VALUES, min_size=1, max_size=3),
    "minimum": NUMBER,
    "maximum": NUMBER,
    "exclusiveMinimum": NUMBER,
    "exclusiveMaximum": NUMBER,
    "multipleOf": st.integers(1, 4),
    "minLength": COUNT,
    "maxLength": COUNT,
    "pattern": st.sampled_from(["^a", "b$", "[0-9]", "a+b?", "(a|b){2}"]),
    "minItems": COUNT,
    "maxItems": COUNT,
    "uniqueItems": st.booleans(),
    "minContains": COUNT,
    "maxContains": COUNT,
    "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
    "minProperties": COUNT,
    "maxProperties": COUNT,
}


def _wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    members = st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    return st.fixed_dictionaries(
        {},
        optional={
            **KEYWORDS,
            "allOf": several,
            "anyOf": several,
            "oneOf": several,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "items": inner,
            "prefixItems": several,
            "contains": inner,
            "properties": members,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "[bc]"]), inner, max_size=2),
            "additionalProperties": inner,
            "propertyNames": inner,
            "dependentRequired": st.just({"a": ["b"]}),
        },
    )


@settings(max_examples=400, deadline=None)
@given(
    schema=st.recursive(st.booleans() | st.fixed_dictionaries({}, optional=KEYWORDS), _wider, max_leaves=8),
    value=VALUES,
)
def test_the_servers_own_checks_say_what_jsonschema_says(schema: Any, value: Any) -> None:
    """They stay its own: they take the older keywords too, and bound what a pattern may cost."""
    from jsonschema import Draft202012Validator

    assert satisfies(value, schema, schema) == Draft202012Validator(schema).is_valid(value)

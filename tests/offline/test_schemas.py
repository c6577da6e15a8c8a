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

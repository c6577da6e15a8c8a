"""Sixty function signatures, and the schema that one would write for each by hand; data, no code under test.

A row is a Python function, the parameters of a PowerShell function that says the same (empty where PowerShell
has no such thing), whether strict mode can express it, the schemas of its parameters, the required ones, and
what stands in `$defs`.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, Optional, Union

from pydantic import BaseModel, Field
from typing_extensions import NotRequired, TypedDict


class Unit(enum.Enum):
    celsius = "C"
    fahrenheit = "F"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Day(str, enum.Enum):
    Monday = "Monday"
    Friday = "Friday"


class Address(BaseModel):
    street: str
    zip: str | None = None


class Order(BaseModel):
    """What somebody ordered."""

    number: int = Field(ge=1, description="as printed")
    to: Address
    lines: list[str] = []


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Span(TypedDict):
    begin: str
    end: NotRequired[str]


class Pair(NamedTuple):
    left: int
    right: str


class Node(BaseModel):
    name: str
    below: list[Node] = []


def plain(city: str, days: int) -> None: ...
def optional(city: str, days: int = 3, unit: Unit = Unit.celsius) -> None: ...
def limited(n: Annotated[int, Field(ge=1, le=9)], code: Annotated[str, Field(pattern="^a")]) -> None: ...
def listed(tags: list[str], kind: Literal["a", "b"] = "a") -> None: ...
def nested(address: Address, at: datetime.datetime) -> None: ...
def free(table: dict[str, int], anything: Any = None) -> None: ...
def nothing() -> None: ...
def nullable(name: str | None) -> None: ...
def pointed(point: Point, flag: bool = False) -> None: ...
def keyword(*, q: Annotated[str, "what to look for"]) -> None: ...
def text(a: str) -> None: ...
def whole(a: int) -> None: ...
def real(a: float) -> None: ...
def truth(a: bool) -> None: ...
def text_default(a: str = "x") -> None: ...
def whole_default(a: int = 7) -> None: ...
def real_default(a: float = 0.5) -> None: ...
def truth_default(a: bool = True) -> None: ...
def empty_default(a: str = "") -> None: ...
def null_default(a: Optional[str] = None) -> None: ...  # noqa: UP045 - as many write it
def null_number(a: int | None = None) -> None: ...
def nullable_number(a: int | None) -> None: ...
def switched(force: bool = False) -> None: ...
def numbers(a: list[int]) -> None: ...
def reals(a: list[float]) -> None: ...
def truths(a: list[bool]) -> None: ...
def lists(a: list[list[int]]) -> None: ...
def sequence(a: Sequence[str]) -> None: ...
def several(a: tuple[str, ...]) -> None: ...
def distinct(a: set[str]) -> None: ...
def list_default(a: list[str] = ["x", "y"]) -> None: ...  # noqa: B006 - what is compared
def few(a: Annotated[list[str], Field(min_length=1, max_length=3)]) -> None: ...
def short(a: Annotated[str, Field(max_length=5)]) -> None: ...
def sized(a: Annotated[str, Field(min_length=2, max_length=5)]) -> None: ...
def matched(a: Annotated[str, Field(pattern="^[A-Z]{2}$")]) -> None: ...
def positive(a: Annotated[int, Field(gt=0)]) -> None: ...
def below(a: Annotated[float, Field(lt=1)]) -> None: ...
def ranged(a: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0) -> None: ...
def even(a: Annotated[int, Field(multiple_of=2)]) -> None: ...
def chosen(a: Literal["red", "green"]) -> None: ...
def chosen_default(a: Literal["red", "green"] = "green") -> None: ...
def chosen_numbers(a: Literal[1, 2]) -> None: ...
def one_choice(a: Literal["only"]) -> None: ...
def many_choices(a: list[Literal["red", "green"]]) -> None: ...
def day(a: Day) -> None: ...
def days(a: list[Day]) -> None: ...
def level(a: Level) -> None: ...
def moment(a: datetime.datetime) -> None: ...
def date(a: datetime.date) -> None: ...
def clock(a: datetime.time) -> None: ...
def lasting(a: datetime.timedelta) -> None: ...
def identity(a: uuid.UUID) -> None: ...
def either(a: Union[int, str]) -> None: ...  # noqa: UP007 - as many write it
def mail(a: Annotated[str, Field(json_schema_extra={"format": "email"})]) -> None: ...
def ordered(order: Order) -> None: ...
def spanned(span: Span) -> None: ...
def tree(root: Node) -> None: ...
def anything(a: Any) -> None: ...
def unhinted(a) -> None: ...  # type: ignore[no-untyped-def]
def tables(a: list[dict[str, str]]) -> None: ...
def mixed(city: str, unit: Unit, days: int = 3, tags: list[str] | None = None) -> None: ...


def described(city: str, most: int = 5) -> None:
    """Look up the weather.

    Args:
        city: where, as
            on the map.
        most: how many days.
    """


def null_or(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}], **more}


def list_of(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema, **more}


def an_object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
COLOURS = {"type": "string", "enum": ["red", "green"]}
WEEK = {"type": "string", "enum": ["Monday", "Friday"]}
ADDRESS = an_object({"street": STRING, "zip": null_or(STRING)})
POINT = an_object({"x": INTEGER, "y": {"type": "integer", "default": 0}})
ORDER = an_object(
    {
        "number": {"type": "integer", "minimum": 1, "description": "as printed"},
        "to": {"$ref": "#/$defs/Address"},
        "lines": list_of(STRING, default=[]),
    },
    description="What somebody ordered.",
)
NODE = an_object({"name": STRING, "below": list_of({"$ref": "#/$defs/Node"}, default=[])})


class Signature(NamedTuple):
    """A row of the table."""

    function: Any
    powershell: str
    strict: bool
    properties: dict[str, Any]
    required: list[str]
    definitions: Mapping[str, Any] = MappingProxyType({})


SIGNATURES = [
    Signature(
        plain,
        "[Parameter(Mandatory)] [string] $city, [Parameter(Mandatory)] [int] $days",
        True,
        {"city": STRING, "days": INTEGER},
        ["city", "days"],
    ),
    Signature(
        optional,
        "",
        True,
        {
            "city": STRING,
            "days": null_or(INTEGER, default=3),
            "unit": null_or({"type": "string", "enum": ["C", "F"]}, default="C"),
        },
        ["city", "days", "unit"],
    ),
    Signature(
        limited,
        "[Parameter(Mandatory)] [ValidateRange(1, 9)] [int] $n, "
        "[Parameter(Mandatory)] [ValidatePattern('^a')] [string] $code",
        True,
        {"n": {"type": "integer", "minimum": 1, "maximum": 9}, "code": {"type": "string", "pattern": "^a"}},
        ["n", "code"],
    ),
    Signature(
        listed,
        "[Parameter(Mandatory)] [string[]] $tags, [ValidateSet('a', 'b')] [string] $kind = 'a'",
        True,
        {
            "tags": list_of(STRING),
            "kind": null_or({"type": "string", "enum": ["a", "b"]}, default="a"),
        },
        ["tags", "kind"],
    ),
    Signature(
        nested,
        "",
        True,
        {"address": {"$ref": "#/$defs/Address"}, "at": {"type": "string", "format": "date-time"}},
        ["address", "at"],
        {"Address": ADDRESS},
    ),
    Signature(
        free,
        "",
        False,
        {"table": {"type": "object", "additionalProperties": INTEGER}, "anything": {}},
        ["table"],
    ),
    Signature(nothing, "", True, {}, []),
    Signature(
        nullable,
        "[Parameter(Mandatory)] [AllowNull()] [string] $name",
        True,
        {"name": null_or(STRING)},
        ["name"],
    ),
    Signature(
        pointed,
        "",
        True,
        {"point": {"$ref": "#/$defs/Point"}, "flag": null_or(BOOLEAN, default=False)},
        ["point", "flag"],
        {"Point": POINT},
    ),
    Signature(
        keyword,
        "[Parameter(Mandatory, HelpMessage = 'what to look for')] [string] $q",
        True,
        {"q": {"type": "string", "description": "what to look for"}},
        ["q"],
    ),
    Signature(text, "[Parameter(Mandatory)] [string] $a", True, {"a": STRING}, ["a"]),
    Signature(whole, "[Parameter(Mandatory)] [long] $a", True, {"a": INTEGER}, ["a"]),
    Signature(real, "[Parameter(Mandatory)] [double] $a", True, {"a": NUMBER}, ["a"]),
    Signature(truth, "[Parameter(Mandatory)] [bool] $a", True, {"a": BOOLEAN}, ["a"]),
    Signature(text_default, "[string] $a = 'x'", True, {"a": null_or(STRING, default="x")}, ["a"]),
    Signature(whole_default, "[int] $a = 7", True, {"a": null_or(INTEGER, default=7)}, ["a"]),
    Signature(real_default, "[double] $a = 0.5", True, {"a": null_or(NUMBER, default=0.5)}, ["a"]),
    Signature(truth_default, "[bool] $a = $true", True, {"a": null_or(BOOLEAN, default=True)}, ["a"]),
    Signature(empty_default, "[string] $a = ''", True, {"a": null_or(STRING, default="")}, ["a"]),
    Signature(null_default, "[string] $a", True, {"a": null_or(STRING)}, ["a"]),
    Signature(null_number, "[int] $a", True, {"a": null_or(INTEGER)}, ["a"]),
    Signature(
        nullable_number, "[Parameter(Mandatory)] [Nullable[int]] $a", True, {"a": null_or(INTEGER)}, ["a"]
    ),
    Signature(switched, "", True, {"force": null_or(BOOLEAN, default=False)}, ["force"]),
    Signature(numbers, "[Parameter(Mandatory)] [int[]] $a", True, {"a": list_of(INTEGER)}, ["a"]),
    Signature(reals, "[Parameter(Mandatory)] [double[]] $a", True, {"a": list_of(NUMBER)}, ["a"]),
    Signature(truths, "[Parameter(Mandatory)] [bool[]] $a", True, {"a": list_of(BOOLEAN)}, ["a"]),
    Signature(lists, "[Parameter(Mandatory)] [int[][]] $a", True, {"a": list_of(list_of(INTEGER))}, ["a"]),
    Signature(
        sequence,
        "[Parameter(Mandatory)] [System.Collections.Generic.List[string]] $a",
        True,
        {"a": list_of(STRING)},
        ["a"],
    ),
    Signature(several, "", True, {"a": list_of(STRING)}, ["a"]),
    Signature(distinct, "", True, {"a": list_of(STRING, uniqueItems=True)}, ["a"]),
    Signature(
        list_default,
        "[string[]] $a = @('x', 'y')",
        True,
        {"a": null_or(list_of(STRING), default=["x", "y"])},
        ["a"],
    ),
    Signature(
        few,
        "[Parameter(Mandatory)] [ValidateCount(1, 3)] [string[]] $a",
        True,
        {"a": list_of(STRING, minItems=1, maxItems=3)},
        ["a"],
    ),
    Signature(short, "", True, {"a": {"type": "string", "maxLength": 5}}, ["a"]),
    Signature(
        sized,
        "[Parameter(Mandatory)] [ValidateLength(2, 5)] [string] $a",
        True,
        {"a": {"type": "string", "minLength": 2, "maxLength": 5}},
        ["a"],
    ),
    Signature(
        matched,
        "[Parameter(Mandatory)] [ValidatePattern('^[A-Z]{2}$')] [string] $a",
        True,
        {"a": {"type": "string", "pattern": "^[A-Z]{2}$"}},
        ["a"],
    ),
    Signature(
        positive,
        "[Parameter(Mandatory)] [ValidateRange('Positive')] [int] $a",
        True,
        {"a": {"type": "integer", "exclusiveMinimum": 0}},
        ["a"],
    ),
    Signature(below, "", True, {"a": {"type": "number", "exclusiveMaximum": 1.0}}, ["a"]),
    Signature(
        ranged,
        "[ValidateRange(0.0, 2.0)] [double] $a = 1.0",
        True,
        {"a": null_or({"type": "number", "minimum": 0.0, "maximum": 2.0}, default=1.0)},
        ["a"],
    ),
    Signature(even, "", True, {"a": {"type": "integer", "multipleOf": 2}}, ["a"]),
    Signature(
        chosen,
        "[Parameter(Mandatory)] [ValidateSet('red', 'green')] [string] $a",
        True,
        {"a": COLOURS},
        ["a"],
    ),
    Signature(
        chosen_default,
        "[ValidateSet('red', 'green')] [string] $a = 'green'",
        True,
        {"a": null_or(COLOURS, default="green")},
        ["a"],
    ),
    Signature(
        chosen_numbers,
        "[Parameter(Mandatory)] [ValidateSet(1, 2)] [int] $a",
        True,
        {"a": {"type": "integer", "enum": [1, 2]}},
        ["a"],
    ),
    Signature(one_choice, "", True, {"a": {"type": "string", "const": "only"}}, ["a"]),
    Signature(
        many_choices,
        "[Parameter(Mandatory)] [ValidateSet('red', 'green')] [string[]] $a",
        True,
        {"a": list_of(COLOURS)},
        ["a"],
    ),
    Signature(day, "[Parameter(Mandatory)] [Day] $a", True, {"a": WEEK}, ["a"]),
    Signature(days, "[Parameter(Mandatory)] [Day[]] $a", True, {"a": list_of(WEEK)}, ["a"]),
    Signature(level, "", True, {"a": {"type": "integer", "enum": [1, 2]}}, ["a"]),
    Signature(
        moment,
        "[Parameter(Mandatory)] [datetime] $a",
        True,
        {"a": {"type": "string", "format": "date-time"}},
        ["a"],
    ),
    Signature(date, "", True, {"a": {"type": "string", "format": "date"}}, ["a"]),
    Signature(clock, "", True, {"a": {"type": "string", "format": "time"}}, ["a"]),
    Signature(lasting, "", True, {"a": {"type": "string", "format": "duration"}}, ["a"]),
    Signature(
        identity,
        "[Parameter(Mandatory)] [guid] $a",
        True,
        {"a": {"type": "string", "format": "uuid"}},
        ["a"],
    ),
    Signature(either, "", True, {"a": {"anyOf": [INTEGER, STRING]}}, ["a"]),
    Signature(mail, "", True, {"a": {"type": "string", "format": "email"}}, ["a"]),
    Signature(
        ordered,
        "",
        True,
        {"order": {"$ref": "#/$defs/Order"}},
        ["order"],
        {"Address": ADDRESS, "Order": ORDER},
    ),
    Signature(
        spanned,
        "",
        True,
        {"span": {"$ref": "#/$defs/Span"}},
        ["span"],
        {"Span": an_object({"begin": STRING, "end": STRING})},
    ),
    Signature(tree, "", True, {"root": {"$ref": "#/$defs/Node"}}, ["root"], {"Node": NODE}),
    Signature(anything, "[Parameter(Mandatory)] [object] $a", False, {"a": {}}, ["a"]),
    Signature(unhinted, "[Parameter(Mandatory)] $a", False, {"a": {}}, ["a"]),
    Signature(
        tables,
        "",
        False,
        {"a": list_of({"type": "object", "additionalProperties": STRING})},
        ["a"],
    ),
    Signature(
        mixed,
        "",
        True,
        {
            "city": STRING,
            "unit": {"type": "string", "enum": ["C", "F"]},
            "days": null_or(INTEGER, default=3),
            "tags": null_or(list_of(STRING)),
        },
        ["city", "unit", "days", "tags"],
    ),
    Signature(
        described,
        "",
        True,
        {
            "city": {"type": "string", "description": "where, as on the map."},
            "most": null_or(INTEGER, default=5, description="how many days."),
        },
        ["city", "most"],
    ),
]

"""Forty pydantic models of every shape an answer takes, for comparing the schemas that are made of them."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, NamedTuple, Optional, TypeVar, Union

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, PrivateAttr
from typing_extensions import NotRequired, TypedDict

_Item = TypeVar("_Item")


class Colour(enum.Enum):
    """A colour of the shop."""

    red = "red"
    blue = "blue"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Mixed(enum.Enum):
    text = "a"
    number = 1


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


class Texts(BaseModel):
    a: str
    b: str = "x"
    c: str | None = None


class Numbers(BaseModel):
    a: int
    b: float = 1.5
    c: int | None = None


class Truths(BaseModel):
    a: bool
    b: bool = False


class Nothing(BaseModel):
    pass


class Documented(BaseModel):
    """What this is for."""

    a: str = Field(description="what a is for", examples=["x"])


class Titled(BaseModel):
    model_config = ConfigDict(title="Another title")

    a: str = Field(title="A title")


class Aliased(BaseModel):
    a: str = Field(alias="theA")
    b: str = Field(serialization_alias="out", default="x")


class Moments(BaseModel):
    at: datetime.datetime
    on: datetime.date
    clock: datetime.time
    lasting: datetime.timedelta


class Identities(BaseModel):
    id: uuid.UUID
    place: AnyUrl


class Money(BaseModel):
    price: decimal.Decimal


class Limited(BaseModel):
    a: int = Field(ge=1, le=9)
    b: float = Field(gt=0, lt=1)
    c: int = Field(multiple_of=5)
    d: str = Field(min_length=1, max_length=3, pattern="^a")
    e: list[int] = Field(min_length=1, max_length=4)


class Annotations(BaseModel):
    a: Annotated[int, Field(ge=1, description="one or more")]
    b: Annotated[str, Field(max_length=3)] | None = None


class Choices(BaseModel):
    a: Literal["x", "y"]
    b: Literal["x"] = "x"
    c: Literal[1, 2]
    d: Literal["x", 1, None]


class Colours(BaseModel):
    a: Colour
    b: Colour = Colour.red
    c: Colour | None = None


class Levels(BaseModel):
    a: Level
    b: list[Level] = []


class MixedEnum(BaseModel):
    a: Mixed


class Lists(BaseModel):
    a: list[str]
    b: list[list[int]]
    c: Sequence[float]
    d: list[Colour]


class Sets(BaseModel):
    a: set[int]
    b: frozenset[str] = frozenset()


class Tuples(BaseModel):
    a: tuple[int, str]
    b: tuple[int, ...]
    c: Pair


class Unions(BaseModel):
    a: int | str
    b: Union[int, str, None]  # noqa: UP007 - as many write it
    c: Optional[list[str]] = None  # noqa: UP045 - likewise


class Nested(BaseModel):
    texts: Texts
    numbers: Numbers | None = None


class NestedDescribed(BaseModel):
    texts: Texts = Field(description="the texts")
    more: Texts = Field(description="more of them")


class NestedDefault(BaseModel):
    point: Point = Field(default=Point(1, 2), description="where")


class NestedLists(BaseModel):
    rows: list[Texts]
    table: list[list[Nested]]


class Tree(BaseModel):
    name: str
    below: list[Tree] = []


class Chain(BaseModel):
    name: str
    next: Chain | None = None


class Husband(BaseModel):
    name: str
    wife: Wife | None = None


class Wife(BaseModel):
    name: str
    husband: Husband | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Pets(BaseModel):
    one: Cat | Dog
    many: list[Cat | Dog]


class Discriminated(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")


class Page(BaseModel, Generic[_Item]):
    items: list[_Item]
    next: int | None = None


class Inherited(Texts):
    d: int
    a: str = "now optional"


class WithPrivate(BaseModel):
    a: int
    _hidden: int = PrivateAttr(default=0)


class WithFactory(BaseModel):
    a: list[str] = Field(default_factory=list)
    b: str = Field(default_factory=lambda: "x")


class WithDataclass(BaseModel):
    point: Point
    points: list[Point]


class WithTypedDict(BaseModel):
    span: Span


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")

    a: str


class ExtraSchema(BaseModel):
    model_config = ConfigDict(json_schema_extra={"description": "from the extra"})

    a: str = Field(json_schema_extra={"description": "from the field's extra"})


class OddNames(BaseModel):
    class_: str = Field(alias="class")
    with_dash: str = Field(alias="with-dash")
    umlaut: str = Field(alias="gr\u00f6\u00dfe")


class Null(BaseModel):
    a: None
    b: None = None


def _deep() -> type[BaseModel]:
    inner: Any = Texts
    for number in range(6):
        inner = type(
            f"Depth{number}", (BaseModel,), {"__annotations__": {"inner": inner}, "__module__": __name__}
        )
    whole: type[BaseModel] = inner
    return whole


MODELS: list[type[BaseModel]] = [
    Texts, Numbers, Truths, Nothing, Documented, Titled, Aliased, Moments, Identities, Money, Limited,
    Annotations, Choices, Colours, Levels, MixedEnum, Lists, Sets, Tuples, Unions, Nested, NestedDescribed,
    NestedDefault, NestedLists, Tree, Chain, Husband, Cat, Pets, Discriminated, Page[int], Page[Texts],
    Inherited, WithPrivate, WithFactory, WithDataclass, WithTypedDict, Forbidding, ExtraSchema, OddNames,
    Null, _deep(),
]  # fmt: skip

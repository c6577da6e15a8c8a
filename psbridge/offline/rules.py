"""The vocabulary the request schema is written in: what a JSON value may be, and the error when it is not.

Each rule checks one parsed JSON value and raises `ApiError` (status 400) naming the member. Knows nothing of
chat completions: the tables in `schema` say what the API accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .problems import ApiError


def kind(value: Any) -> str:
    """The JSON kind of a parsed value: null, boolean, integer, decimal, string, array or object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "decimal"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


_ARTICLE = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "decimal": "a decimal number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


def described(value: Any) -> str:
    """The kind of `value` with its article, as errors put it."""
    return _ARTICLE[kind(value)]


def wrong_type(path: str, expected: str, value: Any) -> ApiError:
    """The `invalid_type` refusal."""
    where = f"'{path}'" if path else "the request body"
    text = f"Invalid type for {where}: expected {expected}, but got {described(value)} instead."
    return ApiError(400, text, code="invalid_type", param=path or None)


def out_of_bounds(path: str, what: str, code: str, expected: str, got: str) -> ApiError:
    """A refusal for a length, a count or a range."""
    text = f"Invalid '{path}': {what}. Expected {expected}, but got {got} instead."
    return ApiError(400, text, code=code, param=path)


def missing(path: str) -> ApiError:
    """The `missing_required_parameter` refusal."""
    return ApiError(
        400, f"Missing required parameter: '{path}'.", code="missing_required_parameter", param=path
    )


def unknown(path: str) -> ApiError:
    """The `unknown_parameter` refusal."""
    return ApiError(400, f"Unknown parameter: '{path}'.", code="unknown_parameter", param=path)


def unsupported(path: str, value: str, allowed: tuple[str, ...]) -> ApiError:
    """The `invalid_value` refusal that lists what is supported."""
    shown = value if len(value) <= 60 else value[:57] + "..."
    quoted = [f"'{item}'" for item in allowed]
    if len(quoted) == 1:
        listed = quoted[0]
    elif len(quoted) == 2:
        listed = f"{quoted[0]} and {quoted[1]}"
    else:
        listed = f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
    text = f"Invalid value: '{shown}'. Supported values are: {listed}."
    return ApiError(400, text, code="invalid_value", param=path)


def join(path: str, name: str) -> str:
    """The path of member `name` of the object at `path`."""
    return f"{path}.{name}" if path else name


class Rule(Protocol):
    """What every rule can do."""

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON kinds this rule is about; used to choose within `OneOf`."""

    @property
    def expected(self) -> str:
        """How an error names what was wanted, with its article."""

    def check(self, value: Any, path: str) -> None:
        """Raise `ApiError` unless `value` is acceptable."""


@dataclass(frozen=True)
class Text:
    """A string: one of `allowed` if given, at most `longest` characters, matching `pattern`."""

    allowed: tuple[str, ...] = ()
    longest: int | None = None
    pattern: str | None = None
    kinds: frozenset[str] = frozenset({"string"})
    expected: str = "a string"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            if self.allowed and len(self.allowed) > 1:
                options = ", ".join(f"'{item}'" for item in self.allowed)
                raise wrong_type(path, f"one of {options}", value)
            raise wrong_type(path, self.expected, value)
        if self.allowed and value not in self.allowed:
            raise unsupported(path, value, self.allowed)
        if self.longest is not None and len(value) > self.longest:
            raise out_of_bounds(
                path,
                "string too long",
                "string_above_max_length",
                f"a string with maximum length {self.longest}",
                f"a string with length {len(value)}",
            )
        if self.pattern is not None and not re.search(self.pattern, value):
            raise ApiError(
                400,
                f"Invalid '{path}': string does not match pattern. "
                f"Expected a string that matches the pattern '{self.pattern}'.",
                code="invalid_value",
                param=path,
            )


@dataclass(frozen=True)
class Boolean:
    """true or false."""

    kinds: frozenset[str] = frozenset({"boolean"})
    expected: str = "a boolean"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, bool):
            raise wrong_type(path, self.expected, value)


@dataclass(frozen=True)
class Integer:
    """A whole number written without fraction or exponent, `least`..`most` inclusive."""

    least: int | None = None
    most: int | None = None
    kinds: frozenset[str] = frozenset({"integer"})
    expected: str = "an integer"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(path, self.expected, value)
        _range(value, path, "integer", self.least, self.most)


@dataclass(frozen=True)
class Decimal:
    """Any number, `least`..`most` inclusive."""

    least: float | None = None
    most: float | None = None
    kinds: frozenset[str] = frozenset({"integer", "decimal"})
    expected: str = "a decimal"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise wrong_type(path, self.expected, value)
        _range(value, path, "decimal", self.least, self.most)


def _range(value: float, path: str, what: str, least: float | None, most: float | None) -> None:
    if least is not None and value < least:
        raise out_of_bounds(
            path, f"{what} below minimum value", f"{what}_below_min_value", f"a value >= {least}", str(value)
        )
    if most is not None and value > most:
        raise out_of_bounds(
            path, f"{what} above maximum value", f"{what}_above_max_value", f"a value <= {most}", str(value)
        )


@dataclass(frozen=True)
class Array:
    """An array whose every item passes `item`."""

    item: Rule
    fewest: int = 0
    most: int | None = None
    kinds: frozenset[str] = frozenset({"array"})

    @property
    def expected(self) -> str:
        inner = self.item.expected.split(" ", 1)[-1]
        return f"an array of {inner}s"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path, self.expected, value)
        count = len(value)
        if count < self.fewest:
            raise out_of_bounds(
                path,
                "empty array" if not count else "array too short",
                "empty_array" if not count else "array_below_min_length",
                f"an array with minimum length {self.fewest}",
                f"an array with length {count}" if count else "an empty array",
            )
        if self.most is not None and count > self.most:
            raise out_of_bounds(
                path,
                "array too long",
                "array_above_max_length",
                f"an array with maximum length {self.most}",
                f"an array with length {count}",
            )
        for index, item in enumerate(value):
            self.item.check(item, f"{path}[{index}]")


@dataclass(frozen=True)
class Object:
    """An object with known `members`; further members are refused only when `closed`."""

    members: Mapping[str, Rule] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    closed: bool = False
    kinds: frozenset[str] = frozenset({"object"})
    expected: str = "an object"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, self.expected, value)
        if self.closed:
            for name in value:
                if name not in self.members:
                    raise unknown(join(path, name))
        for name in self.required:
            if name not in value:
                raise missing(join(path, name))
        members = self.members
        for name, item in value.items():
            rule = members.get(name)
            if rule is not None:
                rule.check(item, join(path, name))


@dataclass(frozen=True)
class Map:
    """An object with free names: `most` of them, each up to `longest_name` long, values passing `value`."""

    value: Rule
    most: int | None = None
    longest_name: int | None = None
    kinds: frozenset[str] = frozenset({"object"})
    expected: str = "an object"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, self.expected, value)
        if self.most is not None and len(value) > self.most:
            raise out_of_bounds(
                path,
                "too many properties",
                "object_above_max_properties",
                f"an object with at most {self.most} properties",
                f"an object with {len(value)} properties",
            )
        for name, item in value.items():
            if self.longest_name is not None and len(name) > self.longest_name:
                raise out_of_bounds(
                    path,
                    "property name too long",
                    "string_above_max_length",
                    f"property names with maximum length {self.longest_name}",
                    f"a property name with length {len(name)}",
                )
            self.value.check(item, join(path, name))


@dataclass(frozen=True)
class Tagged:
    """One of several objects, told apart by the value of the member `tag`."""

    tag: str
    variants: Mapping[str, Rule]
    kinds: frozenset[str] = frozenset({"object"})
    expected: str = "an object"

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, self.expected, value)
        where = join(path, self.tag)
        if self.tag not in value:
            raise missing(where)
        name = value[self.tag]
        if not isinstance(name, str):
            raise wrong_type(where, "a string", name)
        rule = self.variants.get(name)
        if rule is None:
            raise unsupported(where, name, tuple(self.variants))
        rule.check(value, path)


@dataclass(frozen=True, init=False)
class OneOf:
    """Alternatives told apart by their JSON kind, such as a string or an array of objects."""

    options: tuple[Rule, ...]
    kinds: frozenset[str]
    expected: str

    def __init__(self, *options: Rule) -> None:
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "kinds", frozenset[str]().union(*(option.kinds for option in options)))
        object.__setattr__(self, "expected", "one of " + " or ".join(option.expected for option in options))

    def check(self, value: Any, path: str) -> None:
        found = kind(value)
        for option in self.options:
            if found in option.kinds:
                option.check(value, path)
                return
        raise wrong_type(path, self.expected, value)


@dataclass(frozen=True)
class Nullable:
    """The rule inside, or null."""

    rule: Rule

    @property
    def kinds(self) -> frozenset[str]:
        return self.rule.kinds | {"null"}

    @property
    def expected(self) -> str:
        return self.rule.expected

    def check(self, value: Any, path: str) -> None:
        if value is not None:
            self.rule.check(value, path)

"""Tools from functions: a function's hints and docstring become the schema; the model's arguments, its call.

`@tool` makes a `Tool` of a function, which can still be called as before. Nothing here asks a model anything
or decides whether a tool runs: that is `rounds`.
"""

from __future__ import annotations

import functools
import inspect
import math
import operator
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from ..models.problems import InvalidValueError
from .hints import schema_of_hint
from .schema import Schema, SchemaError, nullable, problem, strict_of_type, tidied, without_unused
from .typeddicts import readable

if TYPE_CHECKING:
    from pydantic import BaseModel

    from .rounds import ToolCall

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_Function = TypeVar("_Function", bound=Callable[..., Any])


class ToolArgumentsError(ValueError):
    """The model's arguments do not fit the function; the sentence goes back to the model."""


def arguments_given(text: str) -> dict[str, Any]:
    """What a call's JSON text gives as arguments, by name; an empty text gives none.

    Raises:
        ToolArgumentsError: it is not a JSON object.
    """
    import json

    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise ToolArgumentsError(f"the arguments are not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ToolArgumentsError("the arguments must be a JSON object")
    return given


class Home(Protocol):
    """Where tools run that are no functions of this process; the thread that asks the model waits for it."""

    def run_all(
        self,
        calls: Sequence[ToolCall],
        tools: Mapping[str, Any],
        *,
        width: int,
        timeout: float | None,
        approve: Callable[[ToolCall], bool] | None,
    ) -> None:
        """See `running.run_all`."""

    def approve(self, call: ToolCall) -> bool:
        """Whether the user lets a call run."""

    def show(self, call: ToolCall) -> None:
        """Show a call that is not run: what -WhatIf asks for."""


class Tool:
    """A function that a model may ask for.

    Attributes:
        name: what the model calls it, 1 to 64 letters, digits, `_` and `-`.
        description: what it is for, from the docstring.
        parameters: the JSON schema of its arguments.
        strict: whether the schema is one of strict mode; then an optional parameter is required and nullable,
            and a null from the model means that it was left out.
        timeout: seconds that one call may take; None for no limit of its own.
        home: where it runs; None for here.
    """

    home: Home | None = None

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: float | None = None,
    ) -> None:
        plain = function.func if isinstance(function, functools.partial) else function
        self.name = checked_name(str(name or getattr(plain, "__name__", type(plain).__name__)))
        self.function = function
        self.timeout = checked_timeout(timeout, "timeout")
        self.is_async = inspect.iscoroutinefunction(function)
        summary, words = _described(function)
        self.description = summary if description is None else description
        self._signature = _Signature(function, self.name, words)
        self.parameters = self._signature.schema
        self.strict = self._signature.strict
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **arguments: Any) -> Any:
        """The function itself, called as written."""
        return self.function(*args, **arguments)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        function = types.MethodType(self.function, instance)
        return Tool(function, name=self.name, description=self.description, timeout=self.timeout)

    def __repr__(self) -> str:
        return f"<Tool {self.name}({', '.join(self.parameters['properties'])})>"

    @property
    def definition(self) -> Schema:
        """What goes into a request's `tools`."""
        function: Schema = {"name": self.name}
        if self.description:
            function["description"] = self.description
        return {
            "type": "function",
            "function": {**function, "parameters": self.parameters, "strict": self.strict},
        }

    def arguments_of(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The positional and named arguments that a model's JSON stands for, checked and converted.

        Raises:
            ToolArgumentsError: naming the argument and what is allowed.
        """
        return self._signature.bound(text)


@overload
def tool(function: _Function, /) -> Tool: ...
@overload
def tool(
    *, name: str | None = None, description: str | None = None, timeout: float | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
) -> Any:
    """Make a tool of a function: `@tool`, `@tool(name=…, timeout=…)` or `tool(function)`.

    The schema comes from the type hints (anything pydantic knows, models included) and the docstring (Google,
    NumPy or Sphinx style). `async def` functions are awaited.

    Args:
        name: another name than the function's.
        description: another description than the docstring's first paragraphs.
        timeout: seconds that one call may take.

    Raises:
        InvalidValueError: when the name is none the service takes, or a parameter has no schema.
    """
    if function is None:
        return functools.partial(Tool, name=name, description=description, timeout=timeout)
    if not callable(function):
        raise InvalidValueError(
            f"invalid value for 'Tools', must be a function, not {type(function).__name__}.",
            parameter="Tools",
            path="Tools",
        )
    return Tool(function, name=name, description=description, timeout=timeout)


def checked_name(name: str) -> str:
    """`name`; InvalidValueError where no tool may be called that."""
    if not NAME.fullmatch(name):
        raise InvalidValueError(
            f"invalid value for 'Tools', the tool name '{name}' must be 1 to 64 letters, digits, '_' or '-'; "
            "give it one with 'name'.",
            parameter="Tools",
            path="Tools",
        )
    return name


def checked_timeout(seconds: float | None, parameter: str) -> float | None:
    """`seconds`; InvalidValueError where they are no time that a call may take."""
    if seconds is None or (isinstance(seconds, (int, float)) and 0 < seconds < math.inf):
        return seconds
    raise InvalidValueError(
        f"invalid value for '{parameter}', must be a number of seconds above 0.",
        parameter=parameter,
        path=parameter,
    )


def _described(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A function's description and each parameter's, from its docstring."""
    text = (inspect.getdoc(function) or "").strip()
    if not text or (isinstance(function, functools.partial)):
        return "", {}
    if ":" not in text and "---" not in text:
        return text, {}  # no section of any style
    from docstring_parser import DocstringStyle, ParseError, parse

    text = "\n" + text  # else the lines behind the first are taken for those of a docstring's source
    try:
        doc = parse(text, DocstringStyle.GOOGLE)
    except ParseError:
        doc = None
    if doc is None or not doc.params:
        doc = parse(text)
    words = {one.arg_name.lstrip("*"): _one_line(one.description) for one in doc.params if one.description}
    return (doc.description or "").strip(), words


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


class _Signature:
    """The arguments of a function: their schema, and the pydantic model that checks them."""

    def __init__(self, function: Callable[..., Any], name: str, words: dict[str, str]) -> None:
        parameters = _parameters(function, f"Tools.{name}")
        hints = _hints(function, f"Tools.{name}")
        self._name = name
        self._fields = [(one, hints.get(one.name, Any), words.get(one.name, "")) for one in parameters]
        self._positional = [one.name for one in parameters if one.kind is one.POSITIONAL_ONLY]
        self._optional = frozenset(one.name for one in parameters if one.default is not one.empty)
        # A model's members must not begin with "_" or hide its methods, so they have names of their own here.
        self._members = {one.name: f"argument_{number}" for number, one in enumerate(parameters)}
        self.schema, self.strict = self._simple() or self._sent(tidied(self._model.model_json_schema()))

    @functools.cached_property
    def _model(self) -> type[BaseModel]:
        """The arguments as a model, made when it is first needed."""
        from pydantic import ConfigDict, Field, create_model

        fields: dict[str, Any] = {}
        for one, hint, words in self._fields:
            default: Any = ... if one.default is one.empty else one.default
            told: Any = {"description": words} if words else {}
            fields[self._members[one.name]] = (readable(hint), Field(default, alias=one.name, **told))
        with self._described():
            return create_model(
                "Arguments", __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=False), **fields
            )

    @contextmanager
    def _described(self) -> Iterator[None]:
        from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

        try:
            yield
        except (PydanticSchemaGenerationError, PydanticUserError, TypeError) as error:
            sentence = f"has a parameter without a JSON schema: {_reason(error)}"
            raise problem(self._name, sentence, "Tools") from None

    def _simple(self) -> tuple[Schema, bool] | None:
        """The schema out of what is known of each hint; None where types of the user's own are involved."""
        known = []
        with self._described():
            for one, hint, _ in self._fields:
                of_hint = schema_of_hint(hint)
                if of_hint is None or not (one.default is one.empty or _is_plain(one.default)):
                    return None
                known.append(of_hint)
        strict = all(of_hint.strict for of_hint in known)
        properties: Schema = {}
        for (one, _, words), (schema, _) in zip(self._fields, known, strict=True):
            if isinstance(one.default, (str, bool, int, float)):
                schema["default"] = one.default
            if words:
                schema["description"] = words
            properties[one.name] = nullable(schema) if strict and one.name in self._optional else schema
        required = [name for name in properties if strict or name not in self._optional]
        return _whole(properties, required), strict

    def _sent(self, schema: Schema) -> tuple[Schema, bool]:
        """The schema that goes out, strict where the function's shape allows."""
        schema.pop("description", None)
        schema.setdefault("properties", {})
        whole = {**schema, "properties": dict(schema["properties"])}
        for name in self._optional:
            whole["properties"][name] = nullable(whole["properties"][name])
        try:
            return without_unused(strict_of_type(whole, "Tools")), True
        except SchemaError:
            pass
        schema["additionalProperties"] = False
        schema["required"] = [name for name in schema["properties"] if name not in self._optional]
        return schema, False

    def bound(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        import json

        from pydantic import ValidationError

        given = arguments_given(text)
        properties = self.schema["properties"]
        given = {
            name: value
            for name, value in given.items()
            if not (value is None and name in self._optional and not self._takes_null(name))
        }
        try:
            checked = self._model.model_validate_json(json.dumps(given))
        except ValidationError as error:
            faults = [
                f"{'.'.join(str(part) for part in fault['loc']) or 'arguments'}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)[:5]
            ]
            known = (
                f" The parameters are {', '.join(properties)}." if properties else " There are no parameters."
            )
            raise ToolArgumentsError("; ".join(faults) + "." + known) from None
        values = {
            name: getattr(checked, member)
            for name, member in self._members.items()
            if name in given or name not in self._optional
        }
        positional = []
        for name in self._positional:
            if name not in values:
                break
            positional.append(values.pop(name))
        return tuple(positional), values

    def _takes_null(self, name: str) -> bool:
        """In strict mode a null for an optional parameter always means that it was left out."""
        return not self.strict


def _is_plain(default: Any) -> bool:
    """Whether a default is its own JSON."""
    return type(default) in (str, bool, int, type(None)) or (
        type(default) is float and math.isfinite(default)
    )


def _whole(properties: Schema, required: list[str]) -> Schema:
    return {
        "properties": properties,
        "type": "object",
        "additionalProperties": False,
        "required": required,
    }


def _parameters(function: Callable[..., Any], place: str) -> list[inspect.Parameter]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        raise InvalidValueError(
            f"invalid value for '{place}', the function has no signature that can be read.",
            parameter="Tools",
            path=place,
        ) from None
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            stars = "*" if one.kind is one.VAR_POSITIONAL else "**"
            raise InvalidValueError(
                f"invalid value for '{place}', '{stars}{one.name}' cannot be described to a model; "
                "give each parameter a name.",
                parameter="Tools",
                path=place,
            )
    return parameters


def _hints(function: Callable[..., Any], place: str) -> dict[str, Any]:
    target = function.func if isinstance(function, functools.partial) else function
    if not (inspect.isfunction(target) or inspect.ismethod(target) or inspect.isbuiltin(target)):
        target = type(target).__call__
    try:
        # Not `typing.get_type_hints`: on Python 3.10 it makes an Optional of what has None as default.
        return {
            name: _described_hint(hint)
            for name, hint in inspect.get_annotations(target, eval_str=True).items()
        }
    except NameError as error:
        raise InvalidValueError(
            f"invalid value for '{place}', a type hint cannot be read: {error}.",
            parameter="Tools",
            path=place,
        ) from None


def _described_hint(hint: Any) -> Any:
    """`Annotated[int, "how many"]`: a bare text describes the parameter."""
    if typing.get_origin(hint) is not typing.Annotated:
        return hint
    from pydantic import Field

    inner, *extras = typing.get_args(hint)
    fields = tuple(Field(description=one) if isinstance(one, str) else one for one in extras)
    annotated: Any = operator.getitem(typing.Annotated, (inner, *fields))
    return annotated


def _reason(error: Exception) -> str:
    line = str(error).splitlines()[0]
    return line.split(". Set `arbitrary_types_allowed", 1)[0].rstrip(".") + "."

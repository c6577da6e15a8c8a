"""Typed answers: a Python type or a JSON schema that the answer is held to, checked when it arrives.

The schema goes out in strict form (`schema`); the answer is checked by pydantic against the type, or by
`jsonschema` against the schema. What is no object at its root travels in an object of one member.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..client.streams.events import text_in
from ..models.problems import InvalidValueError
from .errors import AnswerCutOffError, AnswerFilteredError, AnswerInvalidError, AnswerRefusedError
from .schema import Schema, check_root, problem, read_schema, strict_by_hand, strict_of_type
from .typeddicts import readable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# The one member of the object around an answer that is no object itself.
WRAP = "value"


class AnswerType:
    """What an answer is held to.

    Attributes:
        name: the schema's name on the wire, 1 to 64 letters, digits, `_` and `-`.
        schema: the strict schema that goes out; None asks for any JSON object.
    """

    def __init__(self, name: str, schema: Schema | None, wrapped: bool = False) -> None:
        self.name = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "answer"
        self.schema = schema
        self.wrapped = wrapped

    @property
    def response_format(self) -> Schema:
        """The request's `response_format`."""
        if self.schema is None:
            return {"type": "json_object"}
        return {
            "type": "json_schema",
            "json_schema": {"name": self.name, "schema": self.schema, "strict": True},
        }

    def value_of(self, text: str) -> Any:
        """The value that an answer's text stands for.

        Raises:
            ValueError: saying what is wrong, and where.
        """
        value = _json(text)
        if not isinstance(value, dict):
            raise ValueError("it is not a JSON object")
        return value

    def partial_of(self, text: str) -> Any:
        """The value of a text that is still growing, as far as it goes; None before its first character."""
        import pydantic_core

        try:
            value = pydantic_core.from_json(text, allow_partial="trailing-strings")
        except ValueError:
            return None
        return value.get(WRAP) if self.wrapped and isinstance(value, dict) else value


class _BySchema(AnswerType):
    def value_of(self, text: str) -> Any:
        value = _json(text)
        fault = next(
            iter(sorted(self._validator.iter_errors(value), key=lambda error: error.json_path)), None
        )
        if fault is not None:
            raise ValueError(f"{fault.json_path.removeprefix('$.') or '$'}: {fault.message}")
        return _unwrapped(value) if self.wrapped else value

    def __init__(self, name: str, schema: Schema, checked: Schema, wrapped: bool = False) -> None:
        super().__init__(name, schema, wrapped)
        from jsonschema import Draft202012Validator

        self._validator = Draft202012Validator(checked)


class _ByType(AnswerType):
    def __init__(self, name: str, schema: Schema, wrapped: bool, adapter: TypeAdapter[Any]) -> None:
        super().__init__(name, schema, wrapped)
        self._adapter = adapter

    def value_of(self, text: str) -> Any:
        from pydantic import ValidationError

        try:
            if not self.wrapped:
                return self._adapter.validate_json(text)
            return self._adapter.validate_python(_unwrapped(_json(text)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the answer"
            raise ValueError(f"{place}: {first['msg']}") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error})") from None


def _unwrapped(value: Any) -> Any:
    if not isinstance(value, dict) or WRAP not in value:
        raise ValueError(f"it has no member '{WRAP}'")
    return value[WRAP]


def answer_type(target: Any = None, json_schema: Any = None) -> AnswerType:
    """What -As and -JsonSchema ask for.

    Args:
        target: a pydantic model, dataclass, TypedDict, enum, Literal or `list[...]` of them; or `dict` or
            "Hashtable" for a plain table, held to `json_schema` if there is one; or an `AnswerType`.
        json_schema: a mapping, a property bag, JSON text, or the path of a JSON file.

    Raises:
        InvalidValueError: when the type has no schema, or one that strict mode cannot express.
    """
    plain_table = target is dict or (isinstance(target, str) and target.lower() in ("hashtable", "dict"))
    if json_schema is not None:
        if target is not None and not plain_table:
            raise InvalidValueError(
                "invalid value for 'JsonSchema', must not be given together with a type in 'As'.",
                parameter="JsonSchema",
                path="JsonSchema",
            )
        return _of_schema(read_schema(json_schema))
    if plain_table:
        return AnswerType("answer", None)
    if isinstance(target, AnswerType):
        return target
    try:
        return _of_type(target)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
    return _of_type.__wrapped__(target)


def _of_schema(given: Schema) -> AnswerType:
    """A schema, or the whole `json_schema` member of a request (`name`, `schema`, `strict`)."""
    name = "answer"
    if isinstance(given.get("schema"), dict) and "type" not in given and "properties" not in given:
        name, given = str(given.get("name") or name), given["schema"]
    elif isinstance(given.get("title"), str):
        name = given["title"]
    outgoing = strict_by_hand(given)
    check_root(outgoing, "JsonSchema")
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError as NoSchema

    try:
        Draft202012Validator.check_schema(given)
    except NoSchema as error:
        place = ".".join(str(part) for part in error.path)
        raise problem(place, f"must be a JSON schema: {error.message}.", "JsonSchema") from None
    return _BySchema(name, outgoing, _checked(given, outgoing))


def _checked(given: Schema, outgoing: Schema) -> Schema:
    """The outgoing schema with the limits that were taken out of it."""
    if not isinstance(given, dict) or not isinstance(outgoing, dict):
        return outgoing
    if set(outgoing) - {"description", "title"} == {"anyOf"} and "anyOf" not in given:
        return {"anyOf": [_checked(given, outgoing["anyOf"][0]), *outgoing["anyOf"][1:]]}
    whole = {**{name: value for name, value in given.items() if name not in outgoing}, **outgoing}
    for table in ("properties", "$defs", "definitions"):
        if isinstance(given.get(table), dict) and isinstance(outgoing.get(table), dict):
            whole[table] = {
                name: _checked(given[table].get(name, inner), inner)
                for name, inner in outgoing[table].items()
            }
    if isinstance(given.get("items"), dict) and isinstance(outgoing.get("items"), dict):
        whole["items"] = _checked(given["items"], outgoing["items"])
    return whole


@lru_cache(maxsize=256)
def _of_type(target: Any) -> AnswerType:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError

    label = getattr(target, "__name__", None) or re.sub(r"typing\.|[^A-Za-z0-9]+", "_", str(target)).strip(
        "_"
    )
    if isinstance(target, str) or (target is None):
        raise problem("", f"must be a type or 'Hashtable', not {target!r}.", "As")
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(readable(target))
        schema = adapter.json_schema()
    except (
        PydanticSchemaGenerationError,
        PydanticUndefinedAnnotation,
        PydanticUserError,
        TypeError,
        AttributeError,
    ) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise problem("", f"'{label}' has no JSON schema: {reason}.", "As") from None
    return _ByType(label, *_as_object(strict_of_type(schema)), adapter)


def _as_object(strict: Schema) -> tuple[Schema, bool]:
    """The schema with an object at its root, and whether one had to be put around it."""
    wrapped = strict.get("type") != "object" or "anyOf" in strict or "oneOf" in strict
    if wrapped:
        definitions = strict.pop("$defs", None)
        strict = {
            "type": "object",
            "properties": {WRAP: strict},
            "required": [WRAP],
            "additionalProperties": False,
            **({"$defs": definitions} if definitions else {}),
        }
    return strict, wrapped


def answer_of(name: str, schema: Schema) -> AnswerType:
    """What an answer of a type that is known elsewhere is held to, by its schema.

    Raises:
        SchemaError: naming the place that strict mode cannot express.
    """
    strict, wrapped = _as_object(strict_of_type(schema))
    return _BySchema(name, strict, strict, wrapped)


def checked_answer(reply: Any, wanted: AnswerType) -> Any:
    """The value of a reply's first choice.

    Raises:
        AnswerRefusedError, AnswerCutOffError, AnswerFilteredError, AnswerInvalidError: with the text.
    """
    choices = getattr(reply, "choices", None) or ()
    if not choices:
        raise AnswerInvalidError("the reply has no choices", reply=reply)
    choice = choices[0]
    message = choice.message
    text = text_in(getattr(message, "content", None))
    refusal = text_in(getattr(message, "refusal", None))
    if refusal:
        raise AnswerRefusedError(f"the model refused to answer: {refusal}", text=refusal, reply=reply)
    reason = choice.finish_reason
    if reason == "content_filter":
        raise AnswerFilteredError("a content filter took the answer", text=text, reply=reply)
    if reason == "length":
        raise AnswerCutOffError(
            "the answer was cut off at the token limit; give it more with -MaxCompletionTokens",
            text=text,
            reply=reply,
        )
    if not text and getattr(message, "tool_calls", None):
        raise AnswerInvalidError("the model asks for tools instead of answering", text=text, reply=reply)
    try:
        return wanted.value_of(text)
    except ValueError as error:
        raise AnswerInvalidError(
            f"the answer is not what '{wanted.name}' asks for: {error}", text=text, reply=reply
        ) from None

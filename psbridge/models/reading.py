"""JSON text into models: what a caller's text is refused for, and how a server's reply is taken as it comes.

Knows pydantic and JSON; nothing of any particular model, of HTTP or of cmdlets.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NoReturn

from pydantic import BaseModel
from pydantic import ValidationError as PydanticError
from pydantic_core import SchemaValidator

from .plain import MAX_DEPTH
from .problems import explain, invalid

Text = str | bytes | bytearray


class _Lenient:
    """Validation context for what a server sent: a required member may be missing."""


LENIENT = _Lenient()


def without_mark(text: Text) -> Text:
    """`text` without a byte order mark, which files saved on Windows often start with."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    return text[len(codecs.BOM_UTF8) :] if text.startswith(codecs.BOM_UTF8) else text


def refuse(error: PydanticError, text: Text, model: str, *, objects_only: bool = True) -> NoReturn:
    """Raise what is wrong with a caller's JSON `text`: as JSON, or as the model it was read for.

    Raises:
        InvalidValueError: always; its parameter is `Json` when the text itself is at fault.
    """
    for found in error.errors(include_url=False, include_input=False):
        if found["type"] == "json_invalid":
            raise _not_json(text, str(found["ctx"]["error"]), model) from None
    data = json.loads(text)
    if objects_only and not isinstance(data, dict):
        reason = f"must be a JSON object for {model}, not {_json_kind(data)}"
        raise invalid("Json", reason, model=model) from None
    raise explain(error, data, model) from None


def _not_json(text: Text, why: str, model: str) -> Exception:
    if not text.strip():
        return invalid("Json", "must be JSON text, not an empty string", model=model)
    if why.startswith("recursion limit"):
        return invalid("Json", f"must not be nested deeper than {MAX_DEPTH}", model=model)
    return invalid("Json", f"must be JSON text: {why}", model=model)


def _json_kind(data: object) -> str:
    return "null" if data is None else "an array" if isinstance(data, list) else "a single value"


def taken(model: type[BaseModel], text: Text) -> Any:
    """A model from a reply that the description does not quite allow; see `Model.from_reply`."""
    try:
        return _loose_validator(model).validate_json(text, context=LENIENT)
    except PydanticError:
        pass
    mended = _mended(text)
    try:
        return _loose_validator(model).validate_json(mended, context=LENIENT)
    except PydanticError as error:
        refuse(error, mended, model.__name__)


# One escape at a time, so that a backslash that is itself escaped starts nothing.
_ESCAPE = re.compile(
    r"\\(?:u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(d[89a-f][0-9a-f]{2}))|.)", re.I | re.S
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _mended(text: Text) -> str:
    """A reply's text in whatever Unicode encoding it came, with U+FFFD for what is half a character."""
    if not isinstance(text, str):
        text = bytes(text).decode(json.detect_encoding(bytes(text)), "replace")
    text = _SURROGATE.sub("\ufffd", text.removeprefix("\ufeff"))
    return _ESCAPE.sub(lambda found: "\\ufffd" if found[1] else found[0], text)


_loose: dict[type[BaseModel], SchemaValidator] = {}


def _loose_validator(model: type[BaseModel]) -> SchemaValidator:
    """The model's validator with every member and every item allowed to be anything, built on first need."""
    validator = _loose.get(model)
    if validator is None:
        model.model_rebuild()
        schema = _loosen(model.__pydantic_core_schema__)
        validator = _loose[model] = SchemaValidator(schema, _use_prebuilt=False)
    return validator


def _loosen(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_loosen(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if not isinstance(kind, str):  # a table of schemas by member or by tag, not a schema
        return {key: _loosen(value) for key, value in schema.items()}
    changed = {key: value if key == "metadata" else _loosen(value) for key, value in schema.items()}
    match kind:
        case "model-field":
            member = changed["schema"]
            home = member if member["type"] == "default" else changed  # the default stays outermost
            home["schema"] = _or_anything(home["schema"])
        case "list":
            changed["items_schema"] = _or_anything(changed["items_schema"])
        case "model-fields" if "extras_schema" in changed:
            changed["extras_schema"] = {"type": "any"}
    return changed


def _or_anything(schema: Any) -> dict[str, Any]:
    return {"type": "union", "mode": "left_to_right", "choices": [schema, {"type": "any"}]}

"""One sentence, worded as the reference module words it, out of whatever pydantic found wrong.

`invalid value for 'TopLogprobs', must be smaller than or equal to 20.` is the measured pattern; deeper
members are named by their path: `'Messages[0].Content'`. Values are never quoted: they may be private.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import PSBridgeError
from ..naming import parameter_name
from .plain import NOT_TEXT, kind

if TYPE_CHECKING:
    from pydantic import ValidationError

# JSON names that some model defines; other keys are a caller's own and are named as they are.
MEMBER_NAMES: set[str] = set()


class InvalidValueError(PSBridgeError, ValueError):
    """A value that the API's description does not allow, found before anything was sent.

    Attributes:
        parameter: the member at the top, by its PowerShell name (`Messages`).
        path: the member that is wrong, such as `Messages[0].Content`.
        model: the model's name, such as `CreateBatchRequest`.
    """

    default_error_id = "PSBridge.InvalidValue"
    default_category = "InvalidData"

    def __init__(self, message: str, *, model: str = "", path: str = "", **more: Any) -> None:
        super().__init__(message, **more)
        self.model = model
        self.path = path


def invalid(path: str, reason: str, *, model: str) -> InvalidValueError:
    """The error for one member, which says: invalid value for 'path', reason."""
    name = path or model
    top = path.partition(".")[0].partition("[")[0] or None
    return InvalidValueError(f"invalid value for '{name}', {reason}.", model=model, path=path, parameter=top)


def explain(error: ValidationError, data: object, model: str) -> InvalidValueError:
    """The clearest of pydantic's findings about `data`, as one `InvalidValueError`.

    A union reports every alternative that failed; the one that got furthest into the data is the one that
    was meant, and alternatives that failed at the same place are joined by "or".
    """
    best: list[tuple[str, dict[str, Any]]] = []
    depth = -1
    for found in error.errors(include_url=False):
        loc = found["loc"]
        if found["type"] == "invalid_key":
            loc = loc[:-1]
        elif loc and loc[-1] == "[key]":
            loc = loc[:-2]
            found["type"] = "invalid_key" if found["type"] == "string_type" else found["type"]
        steps, path = _walk(loc, data)
        if found["type"] == "missing_member":
            name = parameter_name(found["ctx"]["name"])
            path, steps = (f"{path}.{name}" if path else name), steps + 1
        if steps > depth:
            best, depth = [], steps
        if steps == depth:
            best.append((path, dict(found)))
    path = best[0][0]
    here = [found for where, found in best if where == path]
    return invalid(path, _reason(here, path or model), model=model)


def _walk(loc: Sequence[int | str], data: object) -> tuple[int, str]:
    """Follow pydantic's location through the data itself; what is not there is a union's label."""
    path, steps, here = "", 0, data
    for step in loc:
        if isinstance(here, (list, tuple)):
            if isinstance(step, int) and step < len(here):
                path, here, steps = f"{path}[{step}]", here[step], steps + 1
            continue
        members: Mapping[Any, Any] = (
            here
            if isinstance(here, Mapping)
            else here.__dict__
            if hasattr(type(here), "model_fields")
            else {}
        )
        if step in members:
            name = parameter_name(str(step)) if step in MEMBER_NAMES else _shown(step)
            path, here, steps = (f"{path}.{name}" if path else name), members[step], steps + 1
    return steps, path


def _shown(key: object) -> str:
    """A caller's own key, fit for one line of a message."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(key)[:_LONGEST_KEY])
    return text if len(str(key)) <= _LONGEST_KEY else f"{text}..."


_LONGEST_KEY = 64


_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "float_type": "a number",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "union_tag_not_found": "an object",
    "union_tag_invalid": "an object",
}


def _reason(found: list[dict[str, Any]], name: str) -> str:
    first = found[0]
    for one in found:
        if one["type"] not in _TYPES:
            first = one
            break
    else:
        if first["input"] is None:
            return f"'{name}' cannot be null"
        if first["type"] == "float_type" and kind(first["input"]) == "an integer":
            return "must be a number that fits 64 bits"
        allowed = list(dict.fromkeys(_TYPES[one["type"]] for one in found))
        return f"must be {' or '.join(allowed)}, not {kind(first['input'])}"
    context = first.get("ctx", {})
    match first["type"]:
        case "missing_member":
            return f"'{name}' cannot be null"
        case "less_than_equal":
            return f"must be smaller than or equal to {_figure(context['le'])}"
        case "greater_than_equal":
            return f"must be greater than or equal to {_figure(context['ge'])}"
        case "too_long":
            return f"number of items must be smaller than or equal to {context['max_length']}"
        case "too_short":
            return f"number of items must be greater than or equal to {context['min_length']}"
        case "string_too_long":
            return f"the character length must be smaller than or equal to {context['max_length']}"
        case "string_too_short":
            return f"the character length must be greater than or equal to {context['min_length']}"
        case "string_unicode":
            return NOT_TEXT
        case "invalid_key":
            return "must have strings for keys"
        case "recursion_loop":
            return "must not contain itself"
        case "finite_number":
            return "must be a finite number"
        case "value_error":
            return str(context["error"])
        case _:
            text = str(first["msg"])
            return text[:1].lower() + text[1:]


def _figure(limit: float) -> str:
    return str(int(limit)) if limit == int(limit) else str(limit)

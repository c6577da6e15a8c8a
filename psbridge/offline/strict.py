"""What strict mode demands of a JSON schema, as the service refuses what lacks it.

Every object lists all its properties as required and allows no others, the root is an object, and nothing is
composed with `allOf`, `not` or `if`. Limits (`minLength`, `maximum`, …) pass.
"""

from __future__ import annotations

from typing import Any

from .problems import ApiError

_REFUSED = ("allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
_TABLES = ("properties", "$defs", "definitions")


def check_strict(body: dict[str, Any]) -> None:
    """Refuse a request whose strict schemas are not strict.

    Raises:
        ApiError: status 400, naming the schema and the place in it.
    """
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        form = wanted["json_schema"]
        if form.get("strict") and isinstance(form.get("schema"), dict):
            _check(form["schema"], f"response_format '{form.get('name')}'", "response_format", None)
    for number, tool in enumerate(body.get("tools") or ()):
        function = tool.get("function") if tool.get("type") == "function" else None
        if function and function.get("strict") and isinstance(function.get("parameters"), dict):
            place = f"tools[{number}].function.parameters"
            _check(
                function["parameters"], f"function '{function['name']}'", place, "invalid_function_parameters"
            )


def _check(schema: dict[str, Any], label: str, param: str, code: str | None) -> None:
    fault = None
    if "anyOf" in schema or (schema.get("type") != "object" and "$ref" not in schema):
        fault = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'"
    fault = fault or _fault(schema, ())
    if fault is not None:
        raise ApiError(400, f"Invalid schema for {label}: {fault}.", code=code, param=param)


def _fault(schema: Any, context: tuple[str, ...]) -> str | None:
    """The first thing that strict mode refuses, with its place; or None."""
    pending: list[tuple[Any, tuple[str, ...]]] = [(schema, context)]
    while pending:
        node, place = pending.pop()
        if not isinstance(node, dict):
            continue
        fault = _fault_of(node, place)
        if fault is not None:
            return fault
        for table in _TABLES:
            inner = node.get(table)
            if isinstance(inner, dict):
                pending.extend((one, (*place, table, str(name))) for name, one in inner.items())
        for name in ("anyOf", "oneOf", "prefixItems"):
            branches = node.get(name)
            if isinstance(branches, list):
                pending.extend((one, (*place, name, str(number))) for number, one in enumerate(branches))
        pending.append((node.get("items"), (*place, "items")))
    return None


def _fault_of(node: dict[str, Any], place: tuple[str, ...]) -> str | None:
    context = f"In context={place!r}"
    for name in _REFUSED:
        if name in node:
            return f"{context}, '{name}' is not permitted"
    if node.get("type") != "object" and "properties" not in node:
        return None
    if node.get("additionalProperties") is not False:
        return f"{context}, 'additionalProperties' is required to be supplied and to be false"
    properties = node.get("properties")
    names = list(properties) if isinstance(properties, dict) else []
    required = node.get("required")
    missing = next(
        (name for name in names if name not in (required if isinstance(required, list) else ())), None
    )
    if missing is not None or (names and not isinstance(required, list)):
        return (
            f"{context}, 'required' is required to be supplied and to be an array including every key in "
            f"properties. Missing '{missing}'"
        )
    return None

"""Tools and answers that PowerShell describes: a command's parameters, a class or an enum, as JSON schemas.

PowerShell looks at its own types and says what they are, as *shapes*; what strict mode makes of them is
decided here. A shape is a table: `kind` (string, integer, number, boolean, any, table, array with `items`,
nullable with `of`, enum with `values`, class with `name` and `members`) and the `limits` of JSON schema on
it. Whoever runs such a tool is handed in: nothing here knows how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .schema import Schema, nullable
from .tools import Home, Tool, ToolArgumentsError, arguments_given, checked_name, checked_timeout, tool

_OF_LIST = frozenset(("minItems", "maxItems"))
_SIMPLE = frozenset(("string", "integer", "number", "boolean"))
# What PowerShell's binder checks by its own rules and says in its own words.
_OF_BINDER = frozenset(
    """enum pattern minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems
    format description default""".split()
)


def schema_of(shape: Mapping[str, Any], limits: Mapping[str, Any] | None = None) -> Schema:
    """The JSON schema of a shape; strict, but for what has free keys or may be anything.

    Args:
        shape: what PowerShell says of a type.
        limits: keywords that hold for it: those of lists for the list, all others for its items.
    """
    own: dict[str, Any] = {**(shape.get("limits") or {}), **(limits or {})}
    kind = shape["kind"]
    if kind in _SIMPLE:
        return {"type": kind, **own}
    if kind == "array":
        of_list = {name: value for name, value in own.items() if name in _OF_LIST}
        rest = {name: value for name, value in own.items() if name not in _OF_LIST}
        return {"type": "array", "items": schema_of(shape["items"], rest), **of_list}
    if kind == "nullable":
        return nullable(schema_of(shape["of"], own))
    if kind == "enum":
        return {"type": "string", "enum": list(shape["values"]), **own}
    if kind == "class":
        return _class(shape)
    return {"type": "object"} if kind == "table" else {}


def _class(shape: Mapping[str, Any]) -> Schema:
    properties = {}
    for member in shape["members"]:
        schema = schema_of(member["shape"], member.get("limits"))
        # A text that nobody wrote is null in PowerShell.
        if member["shape"]["kind"] == "string" and member.get("nullable", True):
            schema = nullable(schema)
        if member.get("help"):
            schema["description"] = member["help"]
        properties[member["name"]] = schema
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def is_strict(shape: Mapping[str, Any]) -> bool:
    """Whether strict mode can express a shape."""
    kind = shape["kind"]
    if kind in ("any", "table"):
        return False
    inner = [one["shape"] for one in shape.get("members", ())]
    inner += [shape[name] for name in ("items", "of") if name in shape]
    return all(map(is_strict, inner))


class CommandTool(Tool):
    """A PowerShell command that a model may ask for: a function, a cmdlet, a script or a script block.

    Args:
        told: what PowerShell says of it: `number`, by which it knows the command; `name`, `description`,
            `timeout` in seconds or none; `parameters`, each with `name`, `shape`, `limits`, `mandatory`,
            `null` (a mandatory one takes null), `help` and `default`.
        home: runs it.
    """

    def __init__(self, told: Mapping[str, Any], home: Home) -> None:
        self.name = checked_name(str(told.get("name") or ""))
        self.description = str(told.get("description") or "")
        self.timeout = checked_timeout(told.get("timeout"), "TimeoutSec")
        self.number = told.get("number")
        self.home = home
        self.is_async = False
        parameters = list(told.get("parameters") or ())
        self.strict = all(is_strict(one["shape"]) for one in parameters)
        self._optional = frozenset(one["name"] for one in parameters if not one.get("mandatory"))
        properties = {one["name"]: self._property(one) for one in parameters}
        self.parameters = {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if self.strict or name not in self._optional],
            "additionalProperties": False,
        }

    def _property(self, parameter: Mapping[str, Any]) -> Schema:
        schema = schema_of(parameter["shape"], parameter.get("limits"))
        if "default" in parameter:
            schema["default"] = parameter["default"]
        if parameter.get("help"):
            schema["description"] = parameter["help"]
        optional = parameter["name"] in self._optional
        return nullable(schema) if parameter.get("null") or (optional and self.strict) else schema

    def __call__(self, *args: Any, **arguments: Any) -> Any:
        """Not here: the command is PowerShell's."""
        raise TypeError(f"'{self.name}' is a command of PowerShell and runs there")

    def arguments_of(self, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments by name; a null for an optional one means that it was left out.

        What they are by kind is checked here; limits are the business of PowerShell's binder.

        Raises:
            ToolArgumentsError: naming the argument and what is allowed.
        """
        given = arguments_given(text)
        optional = self._optional
        given = {name: value for name, value in given.items() if not (value is None and name in optional)}
        from jsonschema import Draft202012Validator

        kinds = _kinds(
            {**self.parameters, "required": [n for n in self.parameters["required"] if n not in optional]}
        )
        errors = sorted(Draft202012Validator(kinds).iter_errors(given), key=lambda one: one.json_path)
        faults = [f"{'.'.join(map(str, fault.path)) or 'arguments'}: {_said(fault)}" for fault in errors[:5]]
        if faults:
            known = ", ".join(self.parameters["properties"])
            more = f"The parameters are {known}." if known else "There are no parameters."
            raise ToolArgumentsError(f"{'; '.join(faults)}. {more}")
        return (), given

    def __ps_properties__(self) -> dict[str, Any]:
        definition = self.definition
        return {
            "type": definition["type"],
            "function": definition["function"],
            "TimeoutSec": self.timeout,
            "Number": self.number,
        }


def _said(fault: Any) -> str:
    """What is wrong; of what may be null too, why it is not the other."""
    while fault.validator == "anyOf" and fault.context:
        fault = fault.context[0]
    return str(fault.message)


def _kinds(schema: Any) -> Any:
    """A schema with nothing but types, names and what is required."""
    if isinstance(schema, list):
        return [_kinds(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {inner: _kinds(one) for inner, one in value.items()} if name == "properties" else _kinds(value)
        for name, value in schema.items()
        if name == "properties" or name not in _OF_BINDER
    }


def new_chat_tool(bound: dict[str, Any]) -> Tool:
    """A tool of a Python function; a command of PowerShell comes as one, made of what PowerShell says of it.

    Raises:
        InvalidValueError: when the name is none the service takes, or a parameter has no schema.
    """
    command = bound["Command"]
    if isinstance(command, Tool):
        return command
    return tool(
        name=bound.get("Name"), description=bound.get("Description"), timeout=bound.get("TimeoutSec")
    )(command)

"""Strict schemas that are not strict are refused, as the service refuses them."""

from __future__ import annotations

from typing import Any

import pytest

import psbridge as ps

GOOD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a": {"type": "string", "minLength": 2, "pattern": "^a"},
        "b": {"type": ["integer", "null"]},
    },
    "required": ["a", "b"],
    "additionalProperties": False,
}
NESTED: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def ask(schema: dict[str, Any], strict: bool = True, tool: bool = False) -> Any:
    with ps.OfflineServer() as server, ps.use_configuration(base_url=server.base_url, access_token="sk-x"):
        more: dict[str, Any] = {}
        if tool:
            function = {"name": "f", "parameters": schema, "strict": strict}
            more["Tools"] = [{"type": "function", "function": function}]
        else:
            form = {"name": "f", "schema": schema, "strict": strict}
            more["ResponseFormat"] = {"type": "json_schema", "json_schema": form}
        return ps.New_ChatCompletion(Messages="x", Model="m", **more)


@pytest.mark.parametrize("tool", [False, True])
@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({**GOOD, "required": ["a"]}, "Missing 'b'"),
        ({name: value for name, value in GOOD.items() if name != "required"}, "'required' is required"),
        ({**GOOD, "additionalProperties": True}, "'additionalProperties' is required"),
        ({"type": "array", "items": GOOD}, "must be a JSON Schema of"),
        ({**GOOD, "anyOf": [GOOD]}, "must be a JSON Schema of"),
        ({**GOOD, "properties": {**GOOD["properties"], "b": NESTED}}, "'properties', 'b'"),
        (
            {**GOOD, "properties": {**GOOD["properties"], "b": {"allOf": [NESTED]}}},
            "'allOf' is not permitted",
        ),
        ({**GOOD, "properties": {**GOOD["properties"], "b": {"not": {}}}}, "'not' is not permitted"),
        ({**GOOD, "if": {}}, "'if' is not permitted"),
    ],
)
def test_what_is_not_strict_is_refused(schema: dict[str, Any], says: str, tool: bool) -> None:
    with pytest.raises(ps.ClientError, match=says) as raised:
        ask(schema, tool=tool)
    assert raised.value.param == ("tools[0].function.parameters" if tool else "response_format")


@pytest.mark.parametrize("tool", [False, True])
def test_limits_pass_and_so_does_what_does_not_ask_for_strictness(tool: bool) -> None:
    assert ask(GOOD, tool=tool).choices
    assert ask({**GOOD, "required": []}, strict=False, tool=tool).choices

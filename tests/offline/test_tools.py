"""When tools are called, which, and with what."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from .conftest import Ask

PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 3},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 2, "maximum": 7},
    },
    "required": ["city", "unit", "days"],
    "additionalProperties": False,
}


def _function(name: str, description: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": description, **more}}


WEATHER = _function("get_weather", "Forecast for a city", parameters=PARAMETERS)
MAIL = _function("sendMail", "Send an electronic letter")
TOOLS = [WEATHER, MAIL]


def _named(body: dict[str, Any]) -> list[str]:
    calls = body["choices"][0]["message"].get("tool_calls", [])
    return [call[call["type"]]["name"] for call in calls]


def test_auto_calls_the_tool_the_message_speaks_of(ask: Ask) -> None:
    body = ask("What is the weather in Oslo?", tools=TOOLS).json()
    choice = body["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    [call] = choice["message"]["tool_calls"]
    assert (call["type"], call["function"]["name"]) == ("function", "get_weather")
    assert call["id"].startswith("call_")
    arguments = json.loads(call["function"]["arguments"])
    assert set(arguments) == {"city", "unit", "days"}
    assert len(arguments["city"]) >= 3
    assert arguments["unit"] in ("celsius", "fahrenheit")
    assert 2 <= arguments["days"] <= 7


def test_auto_answers_in_text_when_no_tool_fits(ask: Ask) -> None:
    body = ask("Sing a song", tools=TOOLS).json()
    assert _named(body) == []
    assert "not a model" in body["choices"][0]["message"]["content"]


def test_a_camel_case_name_is_read_as_words(ask: Ask) -> None:
    assert _named(ask("any mail today", tools=TOOLS).json()) == ["sendMail"]


def test_several_tools_are_called_at_once_unless_forbidden(ask: Ask) -> None:
    both = "Mail me the weather forecast"
    assert _named(ask(both, tools=TOOLS).json()) == ["get_weather", "sendMail"]
    assert _named(ask(both, tools=TOOLS, parallel_tool_calls=False).json()) == ["get_weather"]
    ids = [call["id"] for call in ask(both, tools=TOOLS).json()["choices"][0]["message"]["tool_calls"]]
    assert len(set(ids)) == 2


def test_none_calls_nothing(ask: Ask) -> None:
    assert _named(ask("weather", tools=TOOLS, tool_choice="none").json()) == []


def test_required_calls_something_whatever_was_said(ask: Ask) -> None:
    body = ask("Sing a song", tools=TOOLS, tool_choice="required").json()
    assert _named(body) == ["get_weather"]
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert _named(ask("mail", tools=TOOLS, tool_choice="required").json()) == ["sendMail"]


def test_a_named_function_is_called_and_finishes_with_stop(ask: Ask) -> None:
    choice = {"type": "function", "function": {"name": "sendMail"}}
    body = ask("Sing a song", tools=TOOLS, tool_choice=choice).json()
    assert _named(body) == ["sendMail"]
    assert body["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "entry",
    [{"type": "function", "function": {"name": "sendMail"}}, {"type": "function", "name": "sendMail"}],
)
def test_allowed_tools_narrow_the_offer(ask: Ask, entry: dict[str, Any]) -> None:
    def choice(mode: str) -> dict[str, Any]:
        return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [entry]}}

    assert _named(ask("weather", tools=TOOLS, tool_choice=choice("auto")).json()) == []
    assert _named(ask("weather", tools=TOOLS, tool_choice=choice("required")).json()) == ["sendMail"]


def test_after_the_tools_answer_comes_text(ask: Ask) -> None:
    messages = [
        {"role": "user", "content": "weather?"},
        ask("weather?", tools=TOOLS).json()["choices"][0]["message"],
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny weather"},
    ]
    body = ask(messages=messages, tools=TOOLS).json()
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["choices"][0]["message"]["content"].endswith("The tool answered: sunny weather")


def test_a_custom_tool_gets_text(ask: Ask) -> None:
    tool = {"type": "custom", "custom": {"name": "write_code", "description": "Writes code"}}
    [call] = ask("some code", tools=[tool]).json()["choices"][0]["message"]["tool_calls"]
    assert call["type"] == "custom"
    assert call["custom"] == {"name": "write_code", "input": "some code"}


def test_a_custom_tools_regex_is_kept_to(ask: Ask) -> None:
    pattern = r"^[A-Z]{2}-\d+(\.\d{2})?$"
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": pattern}}
    tool = {"type": "custom", "custom": {"name": "price", "format": grammar}}
    [call] = ask(tools=[tool], tool_choice="required").json()["choices"][0]["message"]["tool_calls"]
    assert re.search(pattern, call["custom"]["input"])


def test_a_custom_tools_bad_regex_is_refused(ask: Ask) -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "("}}
    tool = {"type": "custom", "custom": {"name": "price", "format": grammar}}
    reply = ask(tools=[tool], tool_choice="required")
    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "tools[0].custom.format.grammar.definition"


def test_the_older_functions_still_work(ask: Ask) -> None:
    functions = [WEATHER["function"]]
    choice = ask("weather", functions=functions).json()["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"]["name"] == "get_weather"
    assert json.loads(choice["message"]["function_call"]["arguments"])["days"] == 2
    none = ask("weather", functions=functions, function_call="none").json()["choices"][0]
    assert none["finish_reason"] == "stop"
    named = ask("song", functions=functions, function_call={"name": "get_weather"}).json()["choices"][0]
    assert named["message"]["function_call"]["name"] == "get_weather"


def test_a_token_limit_cuts_the_arguments(ask: Ask) -> None:
    choice = ask("weather", tools=TOOLS, max_tokens=3).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    whole = ask("weather", tools=TOOLS).json()["choices"][0]["message"]["tool_calls"][0]
    cut = choice["message"]["tool_calls"][0]
    assert whole["function"]["arguments"].startswith(cut["function"]["arguments"])
    assert len(cut["function"]["arguments"]) < len(whole["function"]["arguments"])


def test_parameters_with_unknown_keywords_are_no_obstacle(ask: Ask) -> None:
    tool = _function("MyName", "MyDescription", parameters={"key_example": None}, strict=False)
    choice = {"type": "function", "function": {"name": "MyName"}}
    [call] = ask(tools=[tool], tool_choice=choice).json()["choices"][0]["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {}

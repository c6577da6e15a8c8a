"""What the server refuses, and how: every family of the description's rules, by code and by path."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import Ask

USER = {"role": "user", "content": "hi"}
FUNCTION = {"type": "function", "function": {"name": "look_up"}}
CUSTOM = {"type": "custom", "custom": {"name": "write"}}


def _message(**members: Any) -> dict[str, Any]:
    return {"messages": [members]}


def _part(**members: Any) -> dict[str, Any]:
    return _message(role="user", content=[members])


REFUSED: list[tuple[dict[str, Any], str | None, str | None]] = [
    # types
    ({"temperature": "hot"}, "invalid_type", "temperature"),
    ({"temperature": True}, "invalid_type", "temperature"),
    ({"n": 1.5}, "invalid_type", "n"),
    ({"n": 1.0}, "invalid_type", "n"),
    ({"n": True}, "invalid_type", "n"),
    ({"stream": "true"}, "invalid_type", "stream"),
    ({"model": 4}, "invalid_type", "model"),
    ({"user": None}, "invalid_type", "user"),
    ({"messages": "hi"}, "invalid_type", "messages"),
    ({"messages": ["hi"]}, "invalid_type", "messages[0]"),
    ({"messages": [USER, {"role": 3, "content": ""}]}, "invalid_type", "messages[1].role"),
    (_message(role="user", content=5), "invalid_type", "messages[0].content"),
    (_message(role="user", content=None), "invalid_type", "messages[0].content"),
    (_message(role="user", content=["x"]), "invalid_type", "messages[0].content[0]"),
    (_message(role="user", content="x", name=None), "invalid_type", "messages[0].name"),
    (_message(role="assistant", tool_calls=None), "invalid_type", "messages[0].tool_calls"),
    ({"stop": 5}, "invalid_type", "stop"),
    ({"stop": [5]}, "invalid_type", "stop[0]"),
    ({"logit_bias": {"50256": 0.5}}, "invalid_type", "logit_bias.50256"),
    ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
    ({"metadata": []}, "invalid_type", "metadata"),
    ({"tools": None}, "invalid_type", "tools"),
    ({"parallel_tool_calls": None}, "invalid_type", "parallel_tool_calls"),
    ({"response_format": "json"}, "invalid_type", "response_format"),
    ({"tools": [FUNCTION], "tool_choice": 1}, "invalid_type", "tool_choice"),
    ({"audio": {"voice": 1, "format": "wav"}}, "invalid_type", "audio.voice"),
    ({"stream_options": {"include_usage": None}}, "invalid_type", "stream_options.include_usage"),
    # required members
    ({"messages": [{"content": "hi"}]}, "missing_required_parameter", "messages[0].role"),
    (_message(role="user"), "missing_required_parameter", "messages[0].content"),
    (_message(role="tool", content="x"), "missing_required_parameter", "messages[0].tool_call_id"),
    (_message(role="function", content="x"), "missing_required_parameter", "messages[0].name"),
    (_message(role="assistant", audio={}), "missing_required_parameter", "messages[0].audio.id"),
    (
        _message(role="assistant", tool_calls=[{"type": "function", "id": "1"}]),
        "missing_required_parameter",
        "messages[0].tool_calls[0].function",
    ),
    (_part(text="x"), "missing_required_parameter", "messages[0].content[0].type"),
    (_part(type="text"), "missing_required_parameter", "messages[0].content[0].text"),
    (
        _part(type="image_url", image_url={}),
        "missing_required_parameter",
        "messages[0].content[0].image_url.url",
    ),
    (
        _part(type="input_audio", input_audio={"data": "AA=="}),
        "missing_required_parameter",
        "messages[0].content[0].input_audio.format",
    ),
    ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].function"),
    (
        {"tools": [{"type": "function", "function": {}}]},
        "missing_required_parameter",
        "tools[0].function.name",
    ),
    (
        {"response_format": {"type": "json_schema"}},
        "missing_required_parameter",
        "response_format.json_schema",
    ),
    ({"audio": {"voice": "alloy"}}, "missing_required_parameter", "audio.format"),
    ({"prediction": {"type": "content"}}, "missing_required_parameter", "prediction.content"),
    ({"modalities": ["text", "audio"]}, "missing_required_parameter", "audio"),
    ({"moderation": {}}, "missing_required_parameter", "moderation.model"),
    # unknown members, refused at the top and where the description closes an object
    ({"temprature": 1}, "unknown_parameter", "temprature"),
    ({"audio": {"voice": {"id": "v", "x": 1}, "format": "wav"}}, "unknown_parameter", "audio.voice.x"),
    (
        {"tools": [{"type": "custom", "custom": {"name": "w", "format": {"type": "text", "x": 1}}}]},
        "unknown_parameter",
        "tools[0].custom.format.x",
    ),
    # values outside a set
    (_message(role="robot", content="x"), "invalid_value", "messages[0].role"),
    (
        _message(role="system", content=[{"type": "image_url"}]),
        "invalid_value",
        "messages[0].content[0].type",
    ),
    (_part(type="video"), "invalid_value", "messages[0].content[0].type"),
    (
        _part(type="image_url", image_url={"url": "https://example.com/a.png", "detail": "huge"}),
        "invalid_value",
        "messages[0].content[0].image_url.detail",
    ),
    ({"reasoning_effort": "extreme"}, "invalid_value", "reasoning_effort"),
    ({"reasoning_effort": "LOW"}, "invalid_value", "reasoning_effort"),
    ({"verbosity": "loud"}, "invalid_value", "verbosity"),
    ({"service_tier": "gold"}, "invalid_value", "service_tier"),
    ({"modalities": ["text", "video"]}, "invalid_value", "modalities[1]"),
    ({"tool_choice": "maybe"}, "invalid_value", "tool_choice"),
    ({"tool_choice": "required"}, "invalid_value", "tool_choice"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "tool"}}, "invalid_value", "tool_choice.type"),
    (
        {"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "other"}}},
        "invalid_value",
        "tool_choice.function.name",
    ),
    ({"function_call": {"name": "f"}}, "invalid_value", "function_call.name"),
    ({"response_format": {"type": "xml"}}, "invalid_value", "response_format.type"),
    ({"prompt_cache_retention": "1h"}, "invalid_value", "prompt_cache_retention"),
    ({"prompt_cache_options": {"ttl": "1h"}}, "invalid_value", "prompt_cache_options.ttl"),
    (
        {"web_search_options": {"search_context_size": "all"}},
        "invalid_value",
        "web_search_options.search_context_size",
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "no spaces"}}]},
        "invalid_value",
        "tools[0].function.name",
    ),
    ({"top_logprobs": 3}, "invalid_value", "top_logprobs"),
    # ranges
    ({"n": 0}, "integer_below_min_value", "n"),
    ({"n": 129}, "integer_above_max_value", "n"),
    ({"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
    ({"top_logprobs": -1}, "integer_below_min_value", "top_logprobs"),
    ({"temperature": 2.1}, "decimal_above_max_value", "temperature"),
    ({"temperature": -0.1}, "decimal_below_min_value", "temperature"),
    ({"top_p": 1.5}, "decimal_above_max_value", "top_p"),
    ({"frequency_penalty": -3}, "decimal_below_min_value", "frequency_penalty"),
    ({"presence_penalty": 3}, "decimal_above_max_value", "presence_penalty"),
    ({"seed": 10**19}, "integer_above_max_value", "seed"),
    ({"logit_bias": {"1": 101}}, "integer_above_max_value", "logit_bias.1"),
    # lengths and counts
    ({"messages": []}, "empty_array", "messages"),
    (_message(role="user", content=[]), "empty_array", "messages[0].content"),
    ({"stop": []}, "empty_array", "stop"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "array_above_max_length", "stop"),
    ({"functions": []}, "empty_array", "functions"),
    ({"functions": [{"name": f"f{n}"} for n in range(129)]}, "array_above_max_length", "functions"),
    ({"safety_identifier": "x" * 65}, "string_above_max_length", "safety_identifier"),
    ({"metadata": {"a": "x" * 513}}, "string_above_max_length", "metadata.a"),
    ({"metadata": {"k" * 65: "x"}}, "string_above_max_length", "metadata"),
    ({"metadata": {str(n): "x" for n in range(17)}}, "object_above_max_properties", "metadata"),
    ({"functions": [{"name": "f" * 65}]}, "string_above_max_length", "functions[0].name"),
    # schemas that cannot be met
    (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "s", "schema": {"type": "text"}},
            }
        },
        "invalid_json_schema",
        "response_format.json_schema.schema",
    ),
    (
        {
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": 1}}}],
            "tool_choice": "required",
        },
        "invalid_function_parameters",
        "tools[0].function.parameters",
    ),
]


@pytest.mark.parametrize(("members", "code", "param"), REFUSED, ids=[f"{c}:{p}" for _, c, p in REFUSED])
def test_a_wrong_member_is_named(ask: Ask, members: dict[str, Any], code: str, param: str) -> None:
    reply = ask(**members)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()) == {"error"}
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["code"], error["param"]) == (code, param)
    assert error["type"] == "invalid_request_error"
    assert len(error["message"]) > 10


NULLABLE = """
    store reasoning_effort metadata frequency_penalty logit_bias logprobs top_logprobs max_tokens
    max_completion_tokens n modalities prediction audio presence_penalty seed service_tier stop stream
    stream_options temperature top_p verbosity safety_identifier prompt_cache_key
    prompt_cache_retention moderation
"""
ACCEPTED: list[dict[str, Any]] = [
    *({name: None} for name in NULLABLE.split()),
    {"temperature": 0, "top_p": 1, "frequency_penalty": 2, "presence_penalty": -2.0},
    {"max_tokens": 0, "max_completion_tokens": 0, "top_logprobs": 0, "logprobs": False},
    {"seed": -9223372036854776000},
    {"user": "", "safety_identifier": "", "prompt_cache_key": ""},
    {"metadata": {}, "logit_bias": {}, "tools": [], "web_search_options": {}, "prompt_cache_options": {}},
    {"metadata": {str(n): "x" * 512 for n in range(16)}},
    {"stop": ["a", "b", "c", "d"]},
    {"messages": [{**USER, "unheard_of": {"of": 1}}]},
    _message(role="assistant"),
    _message(role="assistant", content=None, refusal=None, audio=None, function_call=None),
    _message(
        role="assistant", content=[{"type": "refusal", "refusal": "no"}, {"type": "text", "text": "yes"}]
    ),
    _message(
        role="developer",
        content=[{"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}],
    ),
    _message(role="function", content=None, name="f"),
    _message(role="tool", content=[{"type": "text", "text": "21"}], tool_call_id="call_1"),
    _part(type="file", file={}),
    _part(type="input_audio", input_audio={"data": "AA==", "format": "mp3"}),
    {"tools": [FUNCTION, CUSTOM], "tool_choice": {"type": "custom", "custom": {"name": "write"}}},
    {"tools": [{**FUNCTION, "extra": 1}], "tool_choice": "none"},
    {"tool_choice": "auto"},
    {"functions": [{"name": "f"}], "function_call": {"name": "f"}},
    {
        "service_tier": "fast",
        "verbosity": "low",
        "reasoning_effort": "xhigh",
        "prompt_cache_retention": "24h",
    },
    {"response_format": {"type": "text", "json_schema": {"name": "MyName"}}},
    {"prediction": {"type": "content", "content": "x"}},
    {"audio": {"voice": {"id": "voice_1"}, "format": "wav"}},
    {"moderation": {"model": "omni", "policy": {"input": {"mode": "score"}, "output": None}}},
    {"web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": "Oslo"}}}},
    {"model": "a-model-nobody-has-heard-of"},
]


@pytest.mark.parametrize("members", ACCEPTED, ids=str)
def test_what_the_description_allows_is_accepted(ask: Ask, members: dict[str, Any]) -> None:
    reply = ask(**members)
    assert reply.status_code == 200, reply.text


def test_the_request_of_the_documented_example_is_accepted(ask: Ask) -> None:
    call = {"id": "MyId", "type": "function", "function": {"name": "MyName", "arguments": "MyArguments"}}
    message = {
        "content": "MyContent",
        "role": "function",
        "name": "MyName",
        "refusal": "MyRefusal",
        "audio": {"id": "MyId"},
        "tool_calls": [call],
        "function_call": {"arguments": "MyArguments", "name": "MyName"},
        "tool_call_id": "MyToolCallId",
    }
    function = {"description": "MyDescription", "name": "MyName", "parameters": {"key_example": None}}
    schema = {
        "description": "MyDescription",
        "name": "MyName",
        "schema": {"key_example": None},
        "strict": False,
    }
    reply = ask(
        messages=[message],
        store=False,
        reasoning_effort="low",
        metadata={"key_example": "MyInner"},
        frequency_penalty=0,
        logit_bias={"key_example": 0},
        logprobs=False,
        top_logprobs=0,
        max_tokens=0,
        max_completion_tokens=0,
        n=1,
        modalities=["text"],
        prediction={"type": "content", "content": "MyPrediction"},
        audio={"voice": "alloy", "format": "wav"},
        presence_penalty=0,
        response_format={"type": "text", "json_schema": schema},
        seed=0,
        service_tier="auto",
        stop=None,
        stream=False,
        stream_options={"include_usage": False},
        temperature=1,
        top_p=1,
        tools=[{"type": "function", "function": {**function, "strict": False}}],
        tool_choice={"type": "function", "function": {"name": "MyName"}},
        parallel_tool_calls=False,
        user="user-1234",
        function_call={"name": "MyName"},
        functions=[function],
    )
    assert reply.status_code == 200, reply.text
    [called] = reply.json()["choices"][0]["message"]["tool_calls"]
    assert called["function"] == {"name": "MyName", "arguments": "{}"}


def test_messages_are_worded_as_openai_words_them(ask: Ask) -> None:
    def message(**members: Any) -> str:
        return str(ask(**members).json()["error"]["message"])

    assert message(n=0) == (
        "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead."
    )
    assert (
        message(temperature="x")
        == "Invalid type for 'temperature': expected a decimal, but got a string instead."
    )
    assert message(verbosity="loud") == (
        "Invalid value: 'loud'. Supported values are: 'low', 'medium', and 'high'."
    )
    assert message(foo=1) == "Unknown parameter: 'foo'."
    assert message(stop=1) == (
        "Invalid type for 'stop': "
        "expected one of a string or an array of strings, but got an integer instead."
    )


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"null"])
def test_a_body_that_is_no_object_is_refused(client: httpx.Client, body: bytes) -> None:
    reply = client.post("/chat/completions", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 400
    assert "expected an object" in reply.json()["error"]["message"]


def test_messages_must_be_there(client: httpx.Client) -> None:
    error = client.post("/chat/completions", json={"model": "gpt-4o"}).json()["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", "messages")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"model": NaN}',
        b'{"temperature": 1e999}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b'{"metadata":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=["empty", "cut", "not-utf8", "nan", "overflow", "long-number", "deep"],
)
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, body: bytes) -> None:
    reply = client.post("/chat/completions", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == "The JSON body of the request could not be parsed."


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 800, 900, 950, 980])
def test_deep_nesting_gets_an_answer_and_no_crash(client: httpx.Client, depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"model":"m","messages":[{"role":"user","content":"hi","x":' + nested + b"}]}"
    reply = client.post("/chat/completions", content=body, headers={"content-type": "application/json"})
    assert reply.status_code in (200, 400)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_taken(client: httpx.Client, kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    reply = client.post("/chat/completions", content=b'{"model":"m"}', headers=headers)
    assert reply.status_code == 400
    assert "application/json" in reply.json()["error"]["message"]


def test_a_charset_beside_the_content_type_is_fine(client: httpx.Client) -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    headers = {"content-type": "application/json; charset=utf-8"}
    assert client.post("/chat/completions", content=body, headers=headers).status_code == 200

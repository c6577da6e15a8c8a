"""The shape of a stream: OpenAI's chunks, in OpenAI's order, saying what the unstreamed reply says."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from .conftest import Ask

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"properties": {"city": {}}}}}


def events(text: str) -> list[str]:
    """The data of each event; every event is one `data:` line and a blank line."""
    assert text.endswith("\n\n")
    found = text[:-2].split("\n\n")
    assert all(item.startswith("data: ") and "\n" not in item for item in found)
    return [item[len("data: ") :] for item in found]


def chunks(reply: httpx.Response) -> list[dict[str, Any]]:
    """The chunks before `[DONE]`."""
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/event-stream")
    data = events(reply.text)
    assert data[-1] == "[DONE]"
    return [json.loads(item) for item in data[:-1]]


def joined(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The choices, put together again from their deltas."""
    choices: dict[int, dict[str, Any]] = {}
    for chunk in found:
        for part in chunk["choices"]:
            choice = choices.setdefault(part["index"], {"message": {}, "finish_reason": None})
            _join(choice["message"], part["delta"])
            choice["finish_reason"] = part["finish_reason"] or choice["finish_reason"]
    return choices[0] if len(choices) == 1 else {str(index): choices[index] for index in sorted(choices)}


def _join(whole: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            calls = whole.setdefault("tool_calls", [])
            for call in value:
                index = call.pop("index")
                if index == len(calls):
                    calls.append({})
                _join(calls[index], call)
        elif isinstance(value, dict):
            _join(whole.setdefault(name, {}), value)
        elif isinstance(value, str) and isinstance(whole.get(name), str):
            whole[name] += value
        else:
            whole[name] = value


def test_a_stream_begins_with_the_role_and_ends_with_the_reason(ask: Ask) -> None:
    found = chunks(ask("one two", stream=True))
    first, last = found[0]["choices"][0], found[-1]["choices"][0]
    assert first["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert last["delta"] == {}
    assert last["finish_reason"] == "stop"
    for chunk in found:
        assert chunk["object"] == "chat.completion.chunk"
        assert {"id", "created", "model", "system_fingerprint", "service_tier"} <= set(chunk)
        assert "usage" not in chunk
        assert chunk["id"] == found[0]["id"]
    for chunk in found[:-1]:
        assert chunk["choices"][0]["finish_reason"] is None
        assert chunk["choices"][0]["logprobs"] is None
    assert all(set(chunk["choices"][0]["delta"]) == {"content"} for chunk in found[1:-1])


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"max_tokens": 4},
        {"stop": "offline"},
        {"response_format": {"type": "json_object"}},
        {"tools": [TOOL], "tool_choice": "required"},
        {"tools": [TOOL, {"type": "custom", "custom": {"name": "weather"}}]},
        {"functions": [TOOL["function"]]},
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}},
    ],
    ids=["text", "length", "stop", "json", "tool", "custom-tool", "function", "audio"],
)
def test_a_stream_says_what_the_whole_reply_says(ask: Ask, members: dict[str, Any]) -> None:
    said = "The weather, please"
    whole = ask(said, **members).json()
    found = chunks(ask(said, stream=True, **members))
    assert found[0]["id"] == whole["id"]
    choice = joined(found)
    expected = whole["choices"][0]
    expected["message"].pop("annotations")
    assert choice["message"] == expected["message"]
    assert choice["finish_reason"] == expected["finish_reason"]


def test_the_choices_of_n_are_all_streamed(ask: Ask) -> None:
    whole = ask(n=3).json()["choices"]
    parts = joined(chunks(ask(n=3, stream=True)))
    assert [part["message"]["content"] for part in parts.values()] == [
        choice["message"]["content"] for choice in whole
    ]


def test_a_tool_call_is_opened_once_and_then_filled(ask: Ask) -> None:
    deltas = [
        chunk["choices"][0]["delta"]
        for chunk in chunks(ask(tools=[TOOL], tool_choice="required", stream=True))
    ]
    [opening] = deltas[1]["tool_calls"]
    assert opening["index"] == 0
    assert opening["id"].startswith("call_")
    assert opening["type"] == "function"
    assert opening["function"] == {"name": "get_weather", "arguments": ""}
    for delta in deltas[2:-1]:
        [part] = delta["tool_calls"]
        assert set(part) == {"index", "function"}
        assert set(part["function"]) == {"arguments"}


def test_usage_comes_last_when_asked_for(ask: Ask) -> None:
    found = chunks(ask(stream=True, stream_options={"include_usage": True}))
    assert found[-1]["choices"] == []
    assert found[-1]["usage"] == ask().json()["usage"]
    assert all(chunk["usage"] is None for chunk in found[:-1])


def test_padding_can_be_turned_off(ask: Ask) -> None:
    assert all("obfuscation" in chunk for chunk in chunks(ask(stream=True)))
    plain = chunks(ask(stream=True, stream_options={"include_obfuscation": False}))
    assert not any("obfuscation" in chunk for chunk in plain)


def test_logprobs_travel_with_their_tokens(ask: Ask) -> None:
    found = chunks(ask(stream=True, logprobs=True, top_logprobs=1))
    entries = [
        entry
        for chunk in found
        for choice in chunk["choices"]
        for entry in (choice["logprobs"] or {"content": []})["content"]
    ]
    assert entries == ask(logprobs=True, top_logprobs=1).json()["choices"][0]["logprobs"]["content"]


def test_moderation_has_a_chunk_of_its_own(ask: Ask) -> None:
    found = chunks(ask(stream=True, moderation={"model": "omni"}))
    assert found[-1]["choices"] == []
    assert found[-1]["moderation"] == ask(moderation={"model": "omni"}).json()["moderation"]


def test_a_refusal_is_no_stream(ask: Ask) -> None:
    reply = ask(stream=True, n=0)
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/json"


def test_a_long_stream_arrives_whole(ask: Ask) -> None:
    said = " ".join(f"word{number}" for number in range(20_000))
    choice = joined(chunks(ask(said, stream=True)))
    assert choice["message"]["content"].endswith(said)


def test_chunks_arrive_one_by_one(client: httpx.Client) -> None:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    headers = {"x-offline-fault": "chunk-delay=0.01"}
    with client.stream("POST", "/chat/completions", json=body, headers=headers) as reply:
        pieces = list(reply.iter_raw())
    assert len(pieces) > 10
    assert all(piece.count(b"data: ") == 1 for piece in pieces[:3])

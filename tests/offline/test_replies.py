"""What a text reply says, how it is cut, and what is counted."""

from __future__ import annotations

import base64
import io
import json
import wave

import httpx
import pytest

from .conftest import Ask


def _said(reply: httpx.Response) -> str:
    assert reply.status_code == 200, reply.text
    return str(reply.json()["choices"][0]["message"]["content"])


def test_the_same_request_gets_the_same_bytes(ask: Ask, client: httpx.Client) -> None:
    first, second = ask("Twice", temperature=1), ask("Twice", temperature=1)
    assert first.content == second.content
    reordered = b'{"temperature": 1, "messages": [{"content": "Twice", "role": "user"}], "model": "gpt-4o"}'
    third = client.post("/chat/completions", content=reordered, headers={"content-type": "application/json"})
    assert third.content == first.content
    assert ask("Twice", temperature=2).json()["id"] != first.json()["id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_a_reply_has_every_member_openai_sends(ask: Ask) -> None:
    body = ask().json()
    assert set(body) == {
        "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"
    }  # fmt: skip
    assert body["id"].startswith("chatcmpl-")
    assert body["system_fingerprint"].startswith("fp_")
    assert body["model"] == "gpt-4o"
    assert body["service_tier"] == "default"
    [choice] = body["choices"]
    assert choice["logprobs"] is None
    assert choice["message"]["refusal"] is None
    assert choice["message"]["annotations"] == []


def test_a_reply_has_openais_headers(ask: Ask) -> None:
    headers = ask().headers
    assert headers["x-request-id"].startswith("req_")
    assert headers["openai-version"] == "2020-10-01"
    assert int(headers["openai-processing-ms"]) >= 0
    for name in ("limit", "remaining", "reset"):
        assert headers[f"x-ratelimit-{name}-requests"]
        assert headers[f"x-ratelimit-{name}-tokens"]


@pytest.mark.parametrize("text", ["Grüße, 世界 🎉", "\ud83d", 'quote " and \\ and \n', "", "\u2028"])
def test_any_text_comes_back(ask: Ask, client: httpx.Client, text: str) -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    reply = client.post("/chat/completions", content=body, headers={"content-type": "application/json"})
    assert json.loads(reply.content)["choices"][0]["message"]["content"].endswith(f"You said: {text}")


def test_parts_that_are_no_text_are_named(ask: Ask) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    reply = ask(messages=[{"role": "user", "content": [{"type": "text", "text": "What is"}, picture]}])
    assert _said(reply).endswith("You said: What is [image_url]")


def test_n_choices_are_told_apart(ask: Ask) -> None:
    body = ask(n=3).json()
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in body["choices"]}) == 3
    one = ask(n=1).json()["usage"]
    assert body["usage"]["prompt_tokens"] == one["prompt_tokens"]
    assert body["usage"]["completion_tokens"] > 2 * one["completion_tokens"]


@pytest.mark.parametrize(
    ("stop", "kept"),
    [
        ("two", "You said: one "),
        (["three", "two"], "You said: one "),
        ("absent", "You said: one two three"),
        ("", "You said: one two three"),
    ],
)
def test_stop_cuts_before_the_first_sequence(ask: Ask, stop: object, kept: str) -> None:
    reply = ask("one two three", stop=stop)
    assert _said(reply).endswith(kept)
    assert reply.json()["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_cuts_and_says_so(ask: Ask, name: str) -> None:
    whole, cut = ask("one two three"), ask("one two three", **{name: 5})
    assert _said(whole).startswith(_said(cut))
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert cut.json()["usage"]["completion_tokens"] == 5


def test_a_limit_that_is_not_reached_changes_nothing(ask: Ask) -> None:
    assert _said(ask(max_tokens=1000)) == _said(ask())


def test_usage_adds_up_and_grows_with_the_prompt(ask: Ask) -> None:
    short, long = ask("hi").json()["usage"], ask("hi " * 100).json()["usage"]
    for usage in (short, long):
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        assert usage["prompt_tokens_details"] == {"cached_tokens": 0, "audio_tokens": 0}
    assert long["prompt_tokens"] > short["prompt_tokens"] + 50


def test_logprobs_join_to_the_content(ask: Ask) -> None:
    choice = ask("ünïcode too", logprobs=True, top_logprobs=2).json()["choices"][0]
    entries = choice["logprobs"]["content"]
    assert "".join(entry["token"] for entry in entries) == choice["message"]["content"]
    assert choice["logprobs"]["refusal"] is None
    for entry in entries:
        assert bytes(entry["bytes"]).decode() == entry["token"]
        assert entry["logprob"] <= 0
        assert len(entry["top_logprobs"]) == 2
        assert entry["top_logprobs"][0]["token"] == entry["token"]
    plain = ask("hi", logprobs=True).json()["choices"][0]["logprobs"]["content"]
    assert plain[0]["top_logprobs"] == []


def test_json_mode_is_json(ask: Ask) -> None:
    said = json.loads(_said(ask("as json", response_format={"type": "json_object"})))
    assert "not a model" in said["server"]
    assert said["heard"] == "You said: as json"


def test_audio_is_a_playable_wav_with_its_transcript(ask: Ask) -> None:
    body = ask("speak", modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}).json()
    message = body["choices"][0]["message"]
    assert message["content"] is None
    assert message["audio"]["transcript"].endswith("You said: speak")
    assert message["audio"]["expires_at"] > body["created"]
    with wave.open(io.BytesIO(base64.b64decode(message["audio"]["data"]))) as sound:
        assert sound.getnframes() == 1200
    assert body["usage"]["completion_tokens_details"]["audio_tokens"] > 0


def test_a_good_prediction_is_accepted_in_part(ask: Ask) -> None:
    guess = {"type": "content", "content": "I am psbridge, wrong from here"}
    details = ask(prediction=guess).json()["usage"]["completion_tokens_details"]
    assert details["accepted_prediction_tokens"] == 3
    assert details["rejected_prediction_tokens"] > 0


def test_moderation_is_reported_when_asked_for(ask: Ask) -> None:
    body = ask(moderation={"model": "omni-moderation"}).json()
    for side in ("input", "output"):
        assert body["moderation"][side]["results"][0]["flagged"] is False
    assert "moderation" not in ask().json()


def test_the_service_tier_asked_for_is_the_one_reported(ask: Ask) -> None:
    assert ask(service_tier="priority").json()["service_tier"] == "priority"
    assert ask(service_tier="auto").json()["service_tier"] == "default"


def test_a_tool_message_is_answered_in_text(ask: Ask) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    ]
    assert _said(ask(messages=messages)).endswith("The tool answered: 21 degrees")


def test_models_are_listed(client: httpx.Client) -> None:
    listed = client.get("/models").json()
    assert listed["object"] == "list"
    for model in listed["data"]:
        assert client.get(f"/models/{model['id']}").json() == model
    missing = client.get("/models/none")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "model_not_found"

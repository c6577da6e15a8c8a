"""The shortest way through: a request, a reply, a refusal."""

from __future__ import annotations

import httpx

from .conftest import Ask


def test_a_reply_answers_the_message_and_says_that_it_is_no_model(ask: Ask) -> None:
    reply = ask("Hello there")
    assert reply.status_code == 200
    body = reply.json()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["choices"][0]["message"]["role"] == "assistant"
    assert "not a model" in body["choices"][0]["message"]["content"]
    assert body["choices"][0]["message"]["content"].endswith("You said: Hello there")


def test_a_missing_model_is_refused(client: httpx.Client) -> None:
    reply = client.post("/chat/completions", json={"messages": [{"role": "user", "content": "hi"}]})
    assert reply.status_code == 400
    assert reply.json()["error"]["message"] == "you must provide a model parameter"

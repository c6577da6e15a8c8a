"""Prompts by pipe: what an item may be, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import psbridge as ps
from psbridge.testing import Fault, OfflineOpenAI

ask = ps.New_ChatCompletion


class Line(NamedTuple):
    Text: str
    Id: int


def sent(server: OfflineOpenAI, index: int = -1) -> Any:
    return server.requests[index].json


def test_a_text_is_a_user_message(server: OfflineOpenAI) -> None:
    ask("hi")
    assert sent(server)["messages"] == [{"role": "user", "content": "hi"}]
    assert list(ask.pipe(["a", "b"], Model="gpt-4o", System="Short.", TextOnly=True)) != []
    assert sent(server) == {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Short."}, {"role": "user", "content": "b"}],
    }


def test_a_text_that_is_a_request_stays_one_unless_there_is_a_template(server: OfflineOpenAI) -> None:
    text = json.dumps({"messages": [{"role": "user", "content": "x"}], "model": "gpt-4o", "seed": 7})
    ask(text)
    assert sent(server)["seed"] == 7
    list(ask.pipe([text], Model="m", Template="Say {model}"))
    assert sent(server)["messages"] == [{"role": "user", "content": "Say gpt-4o"}]


def test_a_template_names_the_item_s_properties(server: OfflineOpenAI) -> None:
    rows = [{"Text": "a {b}", "Id": 1}, {"text": "c", "Id": 2}]
    list(ask.pipe(rows, Model="m", Template="Classify {{now}}: {Text}"))
    said = [request.json["messages"][0]["content"] for request in server.requests]
    assert said == ["Classify {now}: a {b}", "Classify {now}: c"]
    list(ask.pipe([Line("d", 3)], Model="m", Template="{text} {id}"))
    assert sent(server)["messages"][0]["content"] == "d 3"
    with pytest.raises(ps.InvalidValueError, match="'Template' makes a text of properties"):
        list(ask.pipe(rows, Model="m"))


def test_an_item_without_the_property_is_an_error_in_its_place(server: OfflineOpenAI) -> None:
    rows = [{"Text": "a"}, {"Body": "b"}, {"Text": "c"}]
    results = list(ask.pipe(rows, Model="m", Template="{Text}", ErrorAction="Continue", TextOnly=True))
    assert isinstance(results[1], ps.PSBridgeError) and "'Text'" in results[1].message
    assert results[1].target == rows[1]
    assert len(server.requests) == 2


def test_a_file_is_read_as_text(server: OfflineOpenAI, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("Grüße", encoding="utf-16")
    list(ask.pipe([log], Model="m", System="Summarise."))
    assert sent(server)["messages"][1]["content"] == "Grüße"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x00\x01\x02", "is not text"),
        (b"x" * (4 * 1024 * 1024 + 1), "at most 4 MiB"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_prompt_is_refused(
    server: OfflineOpenAI, tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "x.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ps.InvalidValueError, match=says):
        ask(path)
    assert not server.requests


def test_a_reply_goes_on_from_its_question(server: OfflineOpenAI) -> None:
    server.reply("one", "two", "three")
    reply = ask(Messages="first?", Model="m", System="Be brief.")
    expected = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "first?"},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "and in German"},
    ]
    [piped] = ask.pipe([reply], Messages="and in German", Model="m", PassThru=True)
    assert sent(server)["messages"] == expected
    ask(Reply=reply, Messages="and in German", Model="m")
    assert sent(server)["messages"] == expected
    assert "first?" not in reply.model_dump_json() and piped.Reply.choices[0].message.content == "two"


def test_only_with_pass_through_do_replies_of_a_pipeline_know_their_question(server: OfflineOpenAI) -> None:
    server.reply("a", when=lambda body: True)
    for throttle in (None, 2):
        [pair] = ask.pipe(["x"], Model="m", PassThru=True, ThrottleLimit=throttle)
        [alone] = ask.pipe(["x"], Model="m", ThrottleLimit=throttle)
        for reply, texts in ((pair.Reply, ["x", "a", "y"]), (alone, ["a", "y"])):
            ask(Reply=reply, Messages="y", Model="m")
            assert [message["content"] for message in sent(server)["messages"]] == texts


def test_pass_through_gives_the_item_beside_its_reply(server: OfflineOpenAI) -> None:
    server.reply("a", "b")
    rows = [{"Text": "x"}, {"Text": "y"}]
    pairs = list(ask.pipe(rows, Model="m", Template="{Text}", PassThru=True))
    assert [pair.Input for pair in pairs] == rows
    assert [pair.Reply.choices[0].message.content for pair in pairs] == ["a", "b"]


@pytest.mark.parametrize("throttle", [None])
def test_an_item_that_fails_is_an_error_in_its_place(server: OfflineOpenAI, throttle: int | None) -> None:
    server.reply(
        lambda body: Fault(status=400) if body["messages"][-1]["content"] == "b" else "ok",
        when=lambda _: True,
    )
    more = {} if throttle is None else {"ThrottleLimit": throttle}
    results = list(ask.pipe(["a", "b", "c"], Model="m", TextOnly=True, ErrorAction="Continue", **more))
    assert (results[0], results[2]) == ("ok", "ok")
    assert isinstance(results[1], ps.ClientError) and results[1].target == "b"


def test_a_request_and_messages_are_two_ways_of_calling(server: OfflineOpenAI) -> None:
    with pytest.raises(ps.PSBridgeError) as raised:
        ask({"messages": [{"role": "user", "content": "x"}]}, Messages="y", Model="m")
    assert raised.value.error_id == "AmbiguousParameterSet" and not server.requests


def test_temp_stays_short_for_temperature(server: OfflineOpenAI) -> None:
    loosely: Any = ask
    server.reply("a", "b")
    loosely(Messages="x", Model="m", Temp=0.5)
    loosely(Messages="x", Model="m", temp=0.25)
    assert [request.json["temperature"] for request in server.requests] == [0.5, 0.25]
    with pytest.raises(ps.PSBridgeError, match="ambiguous"):
        loosely(Messages="x", Model="m", Tem=0.5)


def test_parameters_beside_a_request_are_its_own(server: OfflineOpenAI) -> None:
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=ps.Initialize_ChatCompletionRequestUserMessage("x", "user"), Model="gpt-4o", Temperature=1
    )
    ask(request, Temperature=0, Seed=3)
    assert (sent(server)["temperature"], sent(server)["seed"], sent(server)["model"]) == (0, 3, "gpt-4o")
    assert request.temperature == 1

"""New-ChatCompletion and the stored completions against a real server on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import psbridge as ps
from psbridge.offline import Fault

HI = {"role": "user", "content": "hi"}


def test_a_plain_text_is_a_user_message(server: ps.OfflineServer) -> None:
    reply = ps.New_ChatCompletion(Messages="hi", Model="gpt-4o")
    assert server.requests[-1].json == {"messages": [HI], "model": "gpt-4o"}
    assert reply.choices[0].message.content == "I am psbridge's offline server, not a model. You said: hi"


def test_the_request_s_own_parameters_are_taken_in_any_spelling(server: ps.OfflineServer) -> None:
    system = ps.Initialize_ChatCompletionRequestSystemMessage("Be brief.", "system")
    ps.invoke("new-chatcompletion", messages=[system, "hi"], TEMPER=0.5, max_tokens=5, Stop="x", N=2)
    sent = server.requests[-1].json
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, HI]
    assert (sent["temperature"], sent["max_tokens"], sent["stop"], sent["n"]) == (0.5, 5, "x", 2)


@pytest.mark.parametrize(
    "request_",
    [
        ps.PSCustomObject(Messages=[ps.PSCustomObject(Role="user", Content="hi")], Model="m"),
        {"MESSAGES": [{"Role": "user", "Content": "hi"}], "model": "m"},
        '{"messages": [{"role": "user", "content": "hi"}], "model": "m"}',
    ],
    ids=["property bag", "hashtable", "JSON text"],
)
def test_a_whole_request_may_be_anything_that_is_one(server: ps.OfflineServer, request_: Any) -> None:
    ps.New_ChatCompletion(request_)
    assert server.requests[-1].json == {"messages": [HI], "model": "m"}


def test_a_request_changed_after_it_was_built_is_sent_changed(server: ps.OfflineServer) -> None:
    request = ps.Initialize_CreateChatCompletionRequest([HI], "gpt-4o")
    request.temperature = 0.2
    request.Metadata = {"of": "2030"}
    ps.New_ChatCompletion(request, AdditionalHeaders={"X-Trace": "7"}, AdditionalBody={"seed": 7})
    sent = server.requests[-1]
    assert (sent.json["temperature"], sent.json["metadata"], sent.json["seed"]) == (0.2, {"of": "2030"}, 7)
    assert sent.headers["x-trace"] == "7"


STORED: dict[str, Callable[..., Any]] = {
    "get": ps.Get_ChatCompletion,
    "messages": ps.Get_ChatCompletionMessage,
    "update": lambda one, **call: ps.Update_ChatCompletion(one, {"team": "b"}, **call),
    "remove": ps.Remove_ChatCompletion,
}


@pytest.mark.parametrize("way", STORED)
def test_a_stored_completions_call_has_what_every_call_has(server: ps.OfflineServer, way: str) -> None:
    """Headers, a query, a number of tries, a time limit, and how the reply came."""
    made = ps.New_ChatCompletion({"messages": [HI], "model": "m", "store": True})
    server.faults.add(Fault(status=503, retry_after=0, times=1))
    call = STORED[way]
    info = call(made.id, AdditionalHeaders={"X-Trace": "7"}, AdditionalQuery={"q": 1}, WithHttpInfo=True)
    assert (info.StatusCode, info.Attempts) == (200, 2)
    last = server.requests[-1]
    assert (last.headers["x-trace"], last.query["q"]) == ("7", "1")
    server.faults.add(Fault(status=503, retry_after=0, times=1))
    with pytest.raises(ps.ClientError) as caught:
        call(made.id, MaxRetryCount=0)
    assert caught.value.attempts == 1
    server.faults.add(Fault(delay=30, times=1))
    with pytest.raises(ps.ClientError, match="time limit"):
        call(made.id, TimeoutSec=0.2)


def test_all_of_the_stored_completions_come_with_every_calls_options(server: ps.OfflineServer) -> None:
    """Page after page."""
    made = [ps.New_ChatCompletion({"messages": [HI], "model": "m", "store": True}).id for _ in range(3)]
    listed = ps.Get_ChatCompletion(All=True, Limit=1, AdditionalHeaders={"X-Trace": "7"})
    assert [one.id for one in listed] == made
    assert [one.headers.get("x-trace") for one in server.requests[-3:]] == ["7"] * 3


def test_a_member_newer_than_the_models_reaches_the_server(server: ps.OfflineServer) -> None:
    """The server here knows today's members only and names the one it does not."""
    with pytest.raises(ps.ClientError, match="'new_in_2030'") as caught:
        ps.New_ChatCompletion({"messages": [HI], "model": "m", "new_in_2030": {"x": None}})
    assert server.requests[-1].json["new_in_2030"] == {"x": None}
    assert caught.value.status == 400


def test_a_request_without_a_model_takes_the_configuration_s(server: ps.OfflineServer) -> None:
    ps.New_ChatCompletion(Messages="hi")
    ps.Set_Configuration(Model="gpt-4.1")
    ps.New_ChatCompletion({"messages": [HI]})
    assert [one.json["model"] for one in server.requests] == ["gpt-4o-mini", "gpt-4.1"]


def test_with_http_info_gives_the_reply_and_how_it_came(server: ps.OfflineServer) -> None:
    server.faults.add(Fault(status=503, times=1, retry_after=0))
    info = ps.New_ChatCompletion(Messages="hi", WithHttpInfo=True)
    assert (info.StatusCode, info.Attempts, info.RequestId) == (200, 2, "req_offline_00000002")
    assert info.Headers["content-type"].startswith("application/json")
    assert info.Response.choices[0].finish_reason == "stop" and info.ElapsedSec > 0


def test_a_stream_gives_typed_chunks_that_add_up(server: ps.OfflineServer) -> None:
    whole = ps.New_ChatCompletion(Messages="hi").choices[0].message.content
    with ps.New_ChatCompletion(Messages="hi", Stream=True) as stream:
        chunks = list(stream)
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == whole
    assert {one.object for one in chunks} == {"chat.completion.chunk"}
    assert "".join(ps.New_ChatCompletion(Messages="hi", StreamText=True)) == whole


def test_a_pipeline_of_requests_gives_replies_in_order(server: ps.OfflineServer) -> None:
    requests = [
        ps.Initialize_CreateChatCompletionRequest([{"role": "user", "content": text}], "gpt-4o")
        for text in ("one", "two", "three")
    ]
    replies = list(ps.New_ChatCompletion.pipe(requests))
    assert [one.choices[0].message.content.rpartition(" ")[2] for one in replies] == ["one", "two", "three"]


def test_one_refused_request_of_a_pipeline_does_not_stop_the_others(server: ps.OfflineServer) -> None:
    server.faults.add(Fault(status=400, when=lambda request: b'"two"' in request.body))
    requests = [
        {"messages": [{"role": "user", "content": text}], "model": "m"} for text in ("one", "two", "three")
    ]
    results = list(ps.New_ChatCompletion.pipe(map(ps.PSCustomObject, requests), ErrorAction="Continue"))
    assert [isinstance(one, ps.ClientError) for one in results] == [False, True, False]
    assert results[1].fully_qualified_error_id == "PSBridge.BadRequest,New-ChatCompletion"


def test_stored_completions_can_be_found_changed_and_removed(server: ps.OfflineServer) -> None:
    made = ps.New_ChatCompletion(Messages="hi", Model="gpt-4o", Store=True, Metadata={"team": "a"})
    assert ps.Get_ChatCompletion(made.id).id == made.id
    assert [one.id for one in ps.Get_ChatCompletion(All=True, Metadata={"team": "a"})] == [made.id]
    assert ps.Get_ChatCompletionMessage(made.id).data[0].content == "hi"
    assert ps.Update_ChatCompletion(made.id, Metadata={"team": "b"}).metadata == {"team": "b"}
    assert ps.Remove_ChatCompletion(made.id).deleted is True
    with pytest.raises(ps.ClientError) as caught:
        ps.Get_ChatCompletion(made.id)
    assert caught.value.fully_qualified_error_id == "PSBridge.NotFound,Get-ChatCompletion"


def test_a_reply_keeps_what_its_model_does_not_know(server: ps.OfflineServer) -> None:
    reply = ps.New_ChatCompletion(Messages="hi")
    text = json.loads(reply.model_dump_json())
    assert text["choices"][0]["message"]["refusal"] is None
    again = ps.ConvertFrom_JsonToCreateChatCompletionResponse(json.dumps({**text, "new": [1]}))
    assert json.loads(again.model_dump_json()) == {**text, "new": [1]}

"""Many requests through New-ChatCompletion: several at a time, none lost, each error in its place."""

from __future__ import annotations

import itertools
import logging
import time
from typing import Any

import pytest

import psbridge as ps
from psbridge.offline import Fault


def _request(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"ticket {number}"}], "model": "gpt-4o"}


def _said(result: Any) -> str:
    text: str = result.choices[0].message.content
    return text.rpartition(": ")[2]


def test_several_at_a_time_keep_their_order_and_every_failure_its_place(server: ps.OfflineServer) -> None:
    items = [5 if n % 10 == 3 else {"messages": []} if n % 10 == 7 else _request(n) for n in range(60)]
    results = list(ps.New_ChatCompletion.pipe(items, ThrottleLimit=8, ErrorAction="Continue"))
    assert len(results) == 60
    for number, result in enumerate(results):
        if number % 10 in (3, 7):
            assert isinstance(result, ps.InvalidValueError), number
            assert result.fully_qualified_error_id == "PSBridge.InvalidValue,New-ChatCompletion"
        else:
            assert _said(result) == f"ticket {number}"


def test_they_really_run_at_the_same_time(server: ps.OfflineServer) -> None:
    """With a fault that holds every reply back, requests after the first arrive before it is answered."""
    server.faults.add(Fault(delay=0.3))
    begun = time.monotonic()
    results = ps.New_ChatCompletion.pipe((_request(n) for n in range(8)), ThrottleLimit=8)
    assert _said(next(results)) == "ticket 0"
    assert server.requests.total == 8, time.monotonic() - begun
    assert len(list(results)) == 7


def test_unordered_gives_each_exactly_once(server: ps.OfflineServer) -> None:
    results = ps.New_ChatCompletion.pipe((_request(n) for n in range(50)), ThrottleLimit=7, Unordered=True)
    assert sorted(_said(result) for result in results) == sorted(f"ticket {n}" for n in range(50))


def test_a_failed_call_names_the_request_it_was_about(server: ps.OfflineServer) -> None:
    server.faults.add(Fault(status=400, every=4))
    items = [_request(n) for n in range(8)]
    results = list(ps.New_ChatCompletion.pipe(items, ThrottleLimit=2, ErrorAction="Continue"))
    failed = [result for result in results if isinstance(result, ps.ClientError)]
    assert len(failed) == 2 and len(results) == 8
    assert all(
        error.target in items and results.index(error) == items.index(error.target) for error in failed
    )


def test_an_endless_pipeline_is_drawn_only_as_far_as_it_is_used(server: ps.OfflineServer) -> None:
    drawn = itertools.count()
    results = ps.New_ChatCompletion.pipe(
        (_request(next(drawn)) for _ in itertools.repeat(0)), ThrottleLimit=4
    )
    assert [_said(result) for result in itertools.islice(results, 20)] == [f"ticket {n}" for n in range(20)]
    results.close()  # type: ignore[attr-defined]
    assert next(drawn) <= 20 + 2 * 4


def test_the_first_failure_ends_a_pipeline_that_was_not_told_to_go_on(server: ps.OfflineServer) -> None:
    results = ps.New_ChatCompletion.pipe([_request(0), 5, _request(2)], ThrottleLimit=2)
    assert _said(next(results)) == "ticket 0"
    with pytest.raises(ps.InvalidValueError):
        list(results)


def test_http_info_comes_with_each_of_many(server: ps.OfflineServer) -> None:
    server.faults.add(Fault(status=503, retry_after=0, times=1))
    results = list(
        ps.New_ChatCompletion.pipe(
            [_request(n) for n in range(3)], ThrottleLimit=1, Unordered=True, WithHttpInfo=True
        )
    )
    assert [result.Attempts for result in results] == [2, 1, 1]
    assert {result.StatusCode for result in results} == {200}


def test_warnings_of_many_obey_the_call(server: ps.OfflineServer) -> None:
    """Warnings are errors in this suite: one that got through would fail the test."""
    open_prediction = ps.Initialize_PredictionContent(Type="content", Content=ps.UNSET)
    item = ps.ConvertFrom_JsonToCreateChatCompletionRequest(
        '{"messages": [{"role": "user", "content": "hi"}], "model": "gpt-4o"}'
    )
    item.prediction = open_prediction
    quiet = ps.New_ChatCompletion.pipe([item], ThrottleLimit=2, WarningAction="SilentlyContinue")
    assert [_said(result) for result in quiet] == ["hi"]
    with pytest.warns(ps.PSBridgeWarning, match="Prediction"):
        list(ps.New_ChatCompletion.pipe([item], ThrottleLimit=2))


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_is_none_is_refused(server: ps.OfflineServer, limit: int) -> None:
    with pytest.raises(ps.PSBridgeError, match="ThrottleLimit"):
        list(ps.New_ChatCompletion.pipe([_request(0)], ThrottleLimit=limit))


def test_a_stream_is_not_given_several_at_a_time(server: ps.OfflineServer) -> None:
    with pytest.raises(ps.InvalidValueError, match="'Stream'"):
        list(ps.New_ChatCompletion.pipe([_request(0)], ThrottleLimit=2, Stream=True))


def test_what_the_session_used_is_counted(server: ps.OfflineServer) -> None:
    before = ps.Get_ChatCompletionUsage()
    reply = ps.New_ChatCompletion(_request(1))
    after = ps.Get_ChatCompletionUsage()
    assert after.requests == before.requests + 1
    assert reply.usage is not None
    assert after.total_tokens == before.total_tokens + reply.usage.total_tokens


def test_what_if_says_what_would_be_removed_and_removes_nothing(
    server: ps.OfflineServer, caplog: pytest.LogCaptureFixture
) -> None:
    stored = ps.New_ChatCompletion(Messages="keep me", Model="gpt-4o", Store=True)
    with caplog.at_level(logging.INFO, "psbridge.cmdlets"):
        assert ps.Remove_ChatCompletion(stored.id, WhatIf=True) is None
    assert "Remove-ChatCompletion" in caplog.text and stored.id in caplog.text
    assert ps.Get_ChatCompletion(CompletionId=stored.id).id == stored.id

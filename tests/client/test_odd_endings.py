"""Streams that end as old or careless servers end them; replies whose error stands in an unusual place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.client.errors import (
    BadRequestError,
    ClientError,
    QuotaError,
    ReportedError,
    StreamEventError,
    TruncatedStreamError,
)

from .servers import STREAMED, WAYS, Answers, chunk, closed, events, http

GOOD = (chunk({"role": "assistant", "content": "Hello"}), chunk(finish="stop"))
ASKED = ["text", "text, asyncio", "completion", "create"]


@pytest.fixture
def answers() -> Iterator[Answers]:
    server = Answers()
    yield server
    server.stop()


def old(reply: bytes) -> bytes:
    """A reply as HTTP/1.0 has it: the connection's end is the body's."""
    return closed(reply).replace(b"HTTP/1.1", b"HTTP/1.0", 1)


@pytest.mark.parametrize("way", STREAMED)
def test_a_finished_stream_of_an_old_server_needs_no_done(answers: Answers, way: str) -> None:
    """HTTP/1.0 has no other way to end a stream than to close the connection."""
    answers.reply = old(events(*GOOD, done=False))
    assert WAYS[way](answers.configuration())
    answers.reply = old(events(*GOOD, done=False)).rstrip(b"\n")
    assert WAYS[way](answers.configuration())
    answers.reply = old(events(GOOD[0], done=False))
    with pytest.raises(TruncatedStreamError):
        WAYS[way](answers.configuration())


@pytest.mark.parametrize("way", ASKED)
@pytest.mark.parametrize(
    "told",
    [{"detail": "worker died"}, {"message": "busy", "type": "server_error"}, {"errors": ["none left"]}],
)
def test_an_event_that_says_why_is_the_error_of_a_stream_that_is_not_whole(
    answers: Answers, way: str, told: dict[str, Any]
) -> None:
    """Whatever the stream claims at its end."""
    reason = str(*told.get("errors", [told.get("detail", told.get("message"))]))
    for unfinished in (
        events(told),
        events(told, done=False),
        events(GOOD[0], told),
        events(GOOD[0], told, done=False),
    ):
        answers.reply = unfinished
        with pytest.raises(StreamEventError, match=reason) as caught:
            WAYS[way](answers.configuration())
        assert json.loads(caught.value.body or b"") == told


@pytest.mark.parametrize("way", ASKED)
def test_an_event_that_says_something_does_no_harm_to_a_whole_stream(answers: Answers, way: str) -> None:
    answers.reply = events({"status": "searching", "message": "please wait"}, *GOOD)
    assert WAYS[way](answers.configuration())


@pytest.mark.parametrize("way", ASKED)
def test_choices_that_are_errors_are_no_answer(answers: Answers, way: str) -> None:
    """A gateway whose provider failed says so in the choice."""
    failed = {"index": 0, "finish_reason": "error", "error": {"code": 502, "message": "provider died"}}
    for reply in (
        http({"id": "c", "choices": [{**failed, "message": {"role": "assistant", "content": "Hel"}}]}),
        events(chunk({"content": "Hel"}), {"id": "c", "choices": [{**failed, "delta": {}}]}),
    ):
        answers.reply = reply
        with pytest.raises((ReportedError, StreamEventError), match="provider died") as caught:
            WAYS[way](answers.configuration())
        assert caught.value.code == "502" and b"provider died" in (caught.value.body or b"")


def test_one_choice_that_is_an_error_leaves_the_other(answers: Answers) -> None:
    """What is good of a reply is paid for."""
    good = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}
    bad = {"index": 1, "finish_reason": "error", "error": {"message": "no"}, "message": {"role": "assistant"}}
    answers.reply = http({"id": "c", "choices": [good, bad]})
    assert len(WAYS["create, plain"](answers.configuration())["choices"]) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"errorMessage": "no such thing", "errorCode": 7}, "no such thing"),
        ({"status": {"code": 5, "statusReason": "spent"}}, "spent"),
        ({"result": [{"x": 1}, {"failure_detail": "deep"}]}, "deep"),
        ({"error": {"code": "model_not_found"}}, "model_not_found"),
        ({"type": "overloaded"}, "overloaded"),
        ({"ok": False, "n": 3}, '{"ok":false,"n":3}'),
    ],
)
def test_a_body_of_no_known_shape_is_told_too(answers: Answers, body: Any, reason: str) -> None:
    answers.reply = http(body, 400)
    with pytest.raises(BadRequestError) as caught:
        WAYS["create"](answers.configuration())
    assert caught.value.message.endswith(f": {reason}")


def test_a_code_without_a_reason_decides_as_one_with(answers: Answers) -> None:
    """A spent quota is not tried again, said in few words or in many."""
    answers.reply = http({"error": {"code": "insufficient_quota"}}, 429)
    with pytest.raises(ClientError) as caught:
        WAYS["create"](answers.configuration(max_retries=3))
    assert isinstance(caught.value, QuotaError) and caught.value.attempts == 1
    assert caught.value.code == "insufficient_quota"

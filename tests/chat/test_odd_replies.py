"""Replies of odd shapes behind conversations, tools, typed answers and the command: a value, or one error."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client.servers import Answers, chunk, events, http
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import psbridge as ps
from psbridge.client.errors import BadResponseError


class Ticket(BaseModel):
    urgent: bool


@ps.tool
def stock(item: str = "") -> int:
    """How much is left."""
    return 3


CALLS = [
    {"id": "a", "type": "function", "function": {"name": "stock", "arguments": "{}"}},
    {"id": "b", "type": "custom", "custom": {"name": "note", "input": "x"}},
]
MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": '{"urgent": true}',
    "refusal": None,
    "tool_calls": CALLS,
    "function_call": {"name": "stock", "arguments": "{}"},
    "audio": {"id": "s", "data": "AA==", "transcript": "x", "expires_at": 1},
}
USAGE = {
    "prompt_tokens": 1,
    "completion_tokens": 2,
    "total_tokens": 3,
    "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
WHOLE: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}],
    "usage": USAGE,
}
PRICE = {"m": {"input": 1, "output": 2}}
ASKED: dict[str, Any] = {"Messages": "x", "Model": "m"}


def _conversation(**more: Any) -> Any:
    session = ps.ChatSession(Model="m")
    said = session.send("x", **more)
    reply = list(said) if more.get("Stream") else said
    return reply, session.Messages, ps.Get_ChatCompletionUsage(Session=session, Price=PRICE)


def _used() -> Any:
    return ps.Get_ChatCompletionUsage(Reply=ps.New_ChatCompletion(**ASKED), Price=PRICE)


WAYS: dict[str, Callable[[], Any]] = {
    "text": lambda: ps.New_ChatCompletion(**ASKED, TextOnly=True),
    "typed": lambda: ps.New_ChatCompletion(**ASKED, As=Ticket, MaxRepair=1),
    "tools": lambda: ps.New_ChatCompletion(**ASKED, Tools=[stock], InvokeTools="Auto", MaxToolRounds=1),
    "going on": lambda: ps.New_ChatCompletion(**ASKED, Reply=ps.New_ChatCompletion(**ASKED)),
    "conversation": _conversation,
    "usage": _used,
    "many": lambda: list(ps.New_ChatCompletion.pipe(["x"], Model="m", TextOnly=True)),
}
STREAMED: dict[str, Callable[[], Any]] = {
    "conversation, streamed": lambda: _conversation(Stream=True),
    "typed, streamed": lambda: list(ps.New_ChatCompletion(**ASKED, As=Ticket, Stream=True)),
    "tools, streamed": lambda: list(
        ps.New_ChatCompletion(**ASKED, Tools=[stock], InvokeTools="Auto", MaxToolRounds=1, Stream=True)
    ),
}


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    server = Answers()
    yield server
    server.stop()


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        yield (*way, name)
        yield from _places(member, (*way, name))


def _with(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    changed = copy.deepcopy(value)
    owner = changed
    for step in place[:-1]:
        owner = owner[step]
    owner[place[-1]] = other
    return changed


_others: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1, 1.5, float("nan"), True, "", "x", [], [1], [[]], [None], ["y"], [{}], {}, {"a": 1}, 10**40]
)


@pytest.mark.filterwarnings("ignore::psbridge.PSBridgeWarning")
@pytest.mark.parametrize("way", WAYS)
@given(place=st.sampled_from(list(_places(WHOLE))), other=_others)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_odd_member_of_a_reply_is_one_error_or_nothing(
    answers: Answers, way: str, place: tuple[Any, ...], other: Any
) -> None:
    answers.reply = http(json.dumps(_with(WHOLE, place, other)))
    _one_error_at_most(answers, WAYS[way])


CHUNKS: list[Any] = [chunk(MESSAGE), chunk(finish="stop", usage=USAGE)]


@pytest.mark.filterwarnings("ignore::psbridge.PSBridgeWarning")
@pytest.mark.parametrize("way", STREAMED)
@given(place=st.sampled_from([one for one in _places(CHUNKS) if len(one) > 1]), other=_others)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_odd_member_of_a_chunk_is_one_error_or_nothing(
    answers: Answers, way: str, place: tuple[Any, ...], other: Any
) -> None:
    answers.reply = events(*_with(CHUNKS, place, other))
    _one_error_at_most(answers, STREAMED[way])


def _one_error_at_most(answers: Answers, ask: Callable[[], Any]) -> None:
    with ps.use_configuration(answers.configuration()):
        try:
            ask()
        except ps.PSBridgeError as error:
            assert str(error) and "\n" not in str(error)


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"choices": 5}, "'choices' is no array"),
        ({"choices": {"message": {}}}, "'choices' is no array"),
        ({"choices": [None]}, "an item of 'choices' is no object"),
        ({"choices": [{"message": "hi"}]}, "a choice's 'message' is no object"),
        ({"choices": [{"message": {"tool_calls": {"id": "a"}}}]}, "'tool_calls' is no array"),
        ({"choices": [{"message": {"tool_calls": [7]}}]}, "an item of 'tool_calls' is no object"),
    ],
)
def test_a_reply_of_no_readable_shape_is_no_success(answers: Answers, odd: Any, why: str) -> None:
    answers.reply = http({**WHOLE, **odd})
    with ps.use_configuration(answers.configuration()), pytest.raises(BadResponseError) as caught:
        ps.New_ChatCompletion(**ASKED)
    assert caught.value.message == f"The reply cannot be read: {why}."
    assert json.loads(caught.value.body or b"")["id"] == "c"


@pytest.mark.parametrize("choices", [None, []])
def test_an_answer_that_is_not_there_is_not_mended(answers: Answers, choices: Any) -> None:
    answers.reply = http({**WHOLE, "choices": choices})
    with ps.use_configuration(answers.configuration()), pytest.raises(ps.AnswerInvalidError) as caught:
        ps.New_ChatCompletion(**ASKED, As=Ticket, MaxRepair=1)
    assert "the reply has no choices" in caught.value.message


def test_what_a_server_leaves_out_is_no_fault(answers: Answers) -> None:
    for choice in ({}, {"message": None}, {"message": {"tool_calls": None}}):
        answers.reply = http({"choices": [choice]})
        with ps.use_configuration(answers.configuration()):
            assert ps.New_ChatCompletion(**ASKED, TextOnly=True) == ""


# Content in parts, as Mistral's reasoning models send it

PARTS = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
    {"type": "text", "text": '{"urgent":'},
    {"type": "text", "text": " true}"},
]


@pytest.mark.parametrize("streamed", [False, True])
def test_the_text_of_parts_is_text(answers: Answers, streamed: bool) -> None:
    answers.reply = http({**WHOLE, "choices": [{"message": {"role": "assistant", "content": PARTS}}]})
    if streamed:
        answers.reply = events(*(chunk({"content": [part]}) for part in PARTS), chunk(finish="stop"))
    said = '{"urgent": true}'
    with ps.use_configuration(answers.configuration()):
        if streamed:
            assert "".join(ps.New_ChatCompletion(**ASKED, StreamText=True)) == said
            assert "".join(ps.ChatSession(Model="m").send("x", StreamText=True)) == said
            assert "".join(ps.New_ChatCompletion(**ASKED, As=Ticket, StreamText=True)) == said
        else:
            assert ps.New_ChatCompletion(**ASKED, TextOnly=True) == said
            assert ps.ChatSession(Model="m").send("x", TextOnly=True) == said
            assert ps.New_ChatCompletion(**ASKED, As=Ticket, ParsedOnly=True).urgent is True


@pytest.mark.parametrize("line", [["chat", "x", "--no-stream"], ["chat", "x", "--stream"]])
def test_the_command_prints_the_text_of_parts(answers: Answers, line: list[str]) -> None:
    answers.reply = http({**WHOLE, "choices": [{"message": {"content": PARTS}, "finish_reason": "stop"}]})
    done = _command(answers, *line, "--model", "m")
    assert (done.returncode, done.stdout.strip()) == (0, '{"urgent": true}'), done.stderr


def test_a_run_s_answer_is_the_text_of_parts(answers: Answers, tmp_path: Path) -> None:
    answers.reply = http({**WHOLE, "choices": [{"message": {"content": PARTS}, "finish_reason": "stop"}]})
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"Id": 1, "Text": "x"}\n')
    out = tmp_path / "out.jsonl"
    done = _command(answers, "run", str(rows), "--id", "Id", "--template", "{Text}", "--model", "m",
                    "--out", str(out))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text())["Answer"] == '{"urgent": true}'


def _command(answers: Answers, *line: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OPENAI_BASE_URL": answers.base_url, "OPENAI_API_KEY": "sk-test-123456"}
    return subprocess.run(
        [sys.executable, "-m", "psbridge", *line],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )


def test_arguments_that_came_as_an_object_are_used(answers: Answers) -> None:
    """Ollama and others send a call's arguments so, streamed or not."""
    call = {"id": "a", "type": "function", "function": {"name": "stock", "arguments": {"item": "ink"}}}
    answers.reply = http({**WHOLE, "choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    with ps.use_configuration(answers.configuration()):
        reply = ps.New_ChatCompletion(**ASKED, Tools=[stock], InvokeTools="Auto", WhatIf=True)
    assert reply.ToolCalls[0].Arguments == {"item": "ink"}

"""Replies of servers that are not OpenAI's: errors under status 200, wrong labels, odd streams."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.client import Client
from psbridge.client.errors import (
    BadRequestError,
    BadResponseError,
    ClientError,
    RateLimitError,
    ReportedError,
    ServerError,
    StreamEventError,
    TruncatedStreamError,
)
from psbridge.errors import PSBridgeError

from .conftest import BODY
from .faulty import COMPLETION
from .servers import STREAMED, WAYS, Answers, chunk, closed, events, http

JSON = "application/json"
FINISH = chunk(finish="stop")
GOOD = (
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "Hel"}),
    chunk({"content": "lo"}),
    FINISH,
)


@pytest.fixture
def answers() -> Iterator[Answers]:
    server = Answers()
    yield server
    server.stop()


@pytest.fixture
def tracing() -> Any:
    """OpenTelemetry as an application loads it."""
    return pytest.importorskip("opentelemetry.sdk.trace").TracerProvider()


def completion(answers: Answers, *chunks: Any) -> Any:
    answers.reply = events(*chunks)
    with Client(answers.configuration()) as client:
        return client.stream(BODY).completion()


def message(answers: Answers, *deltas: Any) -> Any:
    return completion(answers, *(chunk(delta) for delta in deltas), FINISH)["choices"][0]["message"]


# An error under status 200


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Upstream is busy", "code": 502}},
        {"error": {"message": "Upstream is busy", "code": "502"}, "choices": None},
        {"error": {"message": "Upstream is busy", "code": 502}, "choices": []},
        [{"error": {"message": "Upstream is busy", "code": 502}}],
        {"object": "error", "message": "Upstream is busy", "code": 502},
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/plain", None])
@pytest.mark.parametrize("way", WAYS)
def test_an_error_object_under_status_200_is_an_error(
    answers: Answers, body: Any, kind: str | None, way: str
) -> None:
    """With its message, its code and the body; counted as a failure and not asked again."""
    answers.reply = http(body, kind=kind)
    with pytest.raises(ReportedError, match="Upstream is busy") as caught:
        WAYS[way](answers.configuration(max_retries=2))
    assert (caught.value.status, caught.value.code) == (200, "502")
    assert json.loads(caught.value.ErrorDetails) == body
    assert answers.requests == 1


def test_an_error_under_status_200_counts_as_one(answers: Answers) -> None:
    """In the totals."""
    answers.reply = http({"error": {"message": "no"}})
    with Client(answers.configuration()) as client, pytest.raises(ReportedError):
        client.create(BODY)
    assert (client.usage.totals().requests, client.usage.totals().errors) == (0, 1)


@pytest.mark.parametrize("way", STREAMED)
@pytest.mark.parametrize(
    "event",
    [
        {"error": {"message": "lost", "code": 500}},
        {"object": "error", "message": "lost", "code": 500},
        {"error": {"message": "lost", "code": 500}, "choices": [{"index": 0, "delta": {"content": ""}}]},
    ],
)
def test_an_error_in_a_stream_is_an_error(answers: Answers, event: Any, way: str) -> None:
    """In OpenAI's shape, flat as vLLM's, or beside choices as OpenRouter's."""
    answers.reply = events(chunk({"content": "a"}), event)
    with pytest.raises(StreamEventError, match="lost") as caught:
        WAYS[way](answers.configuration())
    assert caught.value.code == "500"
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"  # type: ignore[index]


# What a reply is, by its content


@pytest.mark.parametrize(
    "kind",
    ["text/event-stream", "application/json", "text/plain; charset=utf-8", "application/octet-stream", None],
)
@pytest.mark.parametrize("way", WAYS)
def test_an_event_stream_is_one_whatever_its_label(answers: Answers, kind: str | None, way: str) -> None:
    """Asked for or not."""
    answers.reply = events(*GOOD, kind=kind)
    result = WAYS[way](answers.configuration())
    assert result
    if way.startswith("text"):
        assert "".join(result) == "Hello"
    if way == "create":
        assert result.choices[0].message.content == "Hello"


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/html", None])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "around", ["{}", "\n\n {}", ": still here\n\n{}", "\ufeff{}", "{}\n\ndata: [DONE]\n\n"]
)
def test_a_whole_completion_is_one_whatever_its_label(
    answers: Answers, kind: str | None, way: str, around: str
) -> None:
    """Also where a stream was asked for: nothing of a paid answer is lost."""
    answers.reply = http(around.replace("{}", json.dumps(COMPLETION)), kind=kind)
    result = WAYS[way](answers.configuration())
    if way.startswith("text"):
        assert "".join(result) == "Hi"
    if way in ("create", "completion"):
        assert result.choices[0].message.content == "Hi"


@pytest.mark.parametrize("way", ["create", "create, asyncio"])
def test_an_unasked_stream_that_is_not_whole_is_an_error(answers: Answers, way: str) -> None:
    """Cut off, with an error in it, or unreadable; what had arrived comes along."""
    for reply, kind in (
        (events(chunk({"content": "Hel"}), done=False), TruncatedStreamError),
        (events(chunk({"content": "Hel"}), {"error": {"message": "x"}}), StreamEventError),
        (events(chunk({"content": "Hel"}), "garbage"), BadResponseError),
        (events(chunk({"content": "Hel"}), chunk(index=[1])), BadResponseError),
    ):
        answers.reply = reply
        with pytest.raises(kind) as caught:
            WAYS[way](answers.configuration())
        assert caught.value.partial["choices"][0]["message"]["content"] == "Hel"  # type: ignore[index]
        assert caught.value.body and caught.value.status == 200


@pytest.mark.parametrize("way", ["create", "text", "text, asyncio"])
def test_what_is_neither_keeps_its_body(answers: Answers, way: str) -> None:
    """A login page, for one."""
    answers.reply = http("<html>log in</html>", kind="text/html")
    with pytest.raises(BadResponseError) as caught:
        WAYS[way](answers.configuration())
    assert caught.value.ErrorDetails == "<html>log in</html>"


@pytest.mark.parametrize("way", STREAMED)
def test_a_finished_stream_needs_no_done(answers: Answers, way: str) -> None:
    """Every choice has said why it ended, and so has the body."""
    answers.reply = events(*GOOD, done=False)
    assert WAYS[way](answers.configuration())


@pytest.mark.parametrize("way", STREAMED)
def test_a_stream_of_unknown_length_needs_its_done(answers: Answers, way: str) -> None:
    """Where only the connection's end says that the body has ended, it may have been cut there."""
    answers.reply = closed(events(*GOOD))
    assert WAYS[way](answers.configuration())
    for cut in (events(*GOOD[:-1], done=False), events(*GOOD, done=False)):
        answers.reply = closed(cut)
        with pytest.raises(TruncatedStreamError):
            WAYS[way](answers.configuration())


def test_a_last_event_needs_no_blank_line(answers: Answers) -> None:
    """Where the length of the body is said."""
    answers.reply = http(
        events(*GOOD).partition(b"\r\n\r\n")[2].rstrip(b"\n").decode(), kind="text/event-stream"
    )
    assert "".join(WAYS["text"](answers.configuration())) == "Hello"


def test_chunks_that_no_blank_line_parts_are_chunks(answers: Answers) -> None:
    text = "".join(f"data: {json.dumps(one)}\n" for one in GOOD) + "data: [DONE]\n"
    for stream in (text, f"{text}\n"):
        answers.reply = http(stream, kind="text/event-stream")
        assert "".join(WAYS["text"](answers.configuration())) == "Hello"
        assert WAYS["create"](answers.configuration())


@pytest.mark.parametrize("way", ["text", "chunks", "completion, asyncio"])
def test_an_unfinished_stream_is_cut_off(answers: Answers, way: str) -> None:
    """Where one of two choices, or an empty reason, is all there is."""
    for unfinished in (
        [chunk({"content": "a"}, index=1), chunk({"content": "b"}), FINISH],
        [chunk({"content": "a"}, finish="")],
        [],
    ):
        answers.reply = events(*unfinished, done=False)
        with pytest.raises(ClientError):
            WAYS[way](answers.configuration())


def test_events_that_are_no_chunks_are_passed_over(answers: Answers) -> None:
    """Pings of any kind."""
    pings = "event: ping\ndata: {}\n\nevent: keepalive\ndata: still here\n\nretry: 3\n\n: hello\n\n"
    answers.reply = http(
        pings + "".join(f"data: {json.dumps(one)}\n\n" for one in GOOD), kind="text/event-stream"
    )
    assert "".join(WAYS["text"](answers.configuration())) == "Hello"
    assert len(WAYS["chunks"](answers.configuration())) == len(GOOD)


# Putting a stream together


def piece(arguments: str | None = None, name: str | None = None, **members: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{**members, "function": {k: v for k, v in function.items() if v is not None}}]}


ONE = [("c1", "f", '{"a":1}')]
TWO = [("c1", "f", '{"a":1}'), ("c2", "g", '{"b":2}')]
SAME_NAME = [("c1", "f", '{"a":1}'), ("c2", "f", '{"b":2}')]


@pytest.mark.parametrize(
    ("deltas", "calls"),
    [
        ([piece('{"a"', "f", id="c1"), piece(":1}")], ONE),
        ([piece('{"a"', "f", id="c1", index=0), piece(":1}")], ONE),
        ([piece('{"a"', "f", id="c1", index=None), piece(":1}", index=None)], ONE),
        ([piece('{"a"', "f", id="c1", index=0), piece(":1}", index=None)], ONE),
        ([piece('{"a"', "f", id="c1", index="0"), piece(":1}", index=0)], ONE),
        ([piece('{"a"', "f", id="c1", index=0.0), piece(":1}", index="0")], ONE),
        ([piece('{"a"', "f", id="c1", index=0), piece(":1}", "f", id="c1", index=0)], ONE),
        ([piece('{"a"', "f", id="c1", index=0), piece(":1}", "", id="", index=0)], ONE),
        ([piece('{"a"', "f", id="c1", index=0), piece(":1}", id="other", index=0)], ONE),
        ([piece('{"a"', "f", index=0), piece(":1}", id="c1", index=0)], ONE),
        ([piece('{"a":1}', "f", id="c1", index=7)], ONE),
        ([piece('{"a":1}', "f", id="c1"), {"tool_calls": []}, {"tool_calls": None}], ONE),
        ([{"tool_calls": []}, piece('{"a":1}', "f", id="c1")], ONE),
        ([piece(name="f", id="c1"), piece({"a": 1})], ONE),  # type: ignore[arg-type]
        ([piece('{"a":1}', "f", id="c1", index=0), piece('{"b":2}', "g", id="c2", index=0)], TWO),
        ([piece('{"a":1}', "f", id="c1", index=0), piece('{"b":2}', "f", id="c2", index=0)], SAME_NAME),
        ([piece('{"a":1}', "f", id="c1"), piece('{"b"', "g", id="c2"), piece(":2}")], TWO),
        ([piece("", "f", id="c1", index=0), piece("", "g", id="c2", index=0), piece('{"b":2}', index=0),
          piece('{"a":1}', id="c1")], TWO),
        ([piece("", "g", id="c2", index=1), piece('{"a":1}', "f", id="c1", index=0),
          piece('{"b":2}', index=1)], TWO),
        ([piece('{"a"', "f", id="c1", index=0), piece('{"b"', "g", id="c2", index=5), piece(":1}", index=0),
          piece(":2}", index=5)], TWO),
    ],
)  # fmt: skip
def test_tool_calls_come_out_whole_however_they_are_numbered(
    answers: Answers, deltas: Any, calls: Any
) -> None:
    """The same from the whole completion, from events, and where no stream was asked for."""
    chunks = [*(chunk(delta) for delta in deltas), chunk(finish="tool_calls")]
    answers.reply = events(*chunks)
    with Client(answers.configuration()) as client:
        pieces: dict[int, list[Any]] = {}
        for event in client.stream(BODY).events():
            if event.type == "tool_call":
                pieces.setdefault(event.index, []).append(event)
        for value in (client.stream(BODY).completion(), client.create(BODY).value):
            given = value["choices"][0]["message"]["tool_calls"]
            assert [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in given] == calls
    assert [
        (
            next(one.id for one in own if one.id),
            next(one.name for one in own if one.name),
            "".join(one.arguments for one in own),
        )
        for _, own in sorted(pieces.items())
    ] == calls


def test_what_says_nothing_replaces_nothing(answers: Answers) -> None:
    """Azure's filter chunks have an empty id, model and object, and 0 for created."""
    empty = {"id": "", "object": "", "created": 0, "model": "", "usage": None}
    filtered = {
        **empty,
        "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {"hate": {}}}],
    }
    whole = completion(answers, {**empty, "choices": [], "prompt_filter_results": [1]}, *GOOD, filtered)
    assert (whole["id"], whole["model"], whole["created"], whole["object"]) == (
        "c",
        "m",
        1,
        "chat.completion",
    )
    assert whole["choices"][0]["finish_reason"] == "stop" and whole["prompt_filter_results"] == [1]
    cited = {"annotations": [{"type": "url_citation"}], "x": 7, "flag": True}
    assert message(answers, cited, {"annotations": [], "x": 0, "flag": False}) == {
        "role": "assistant", "content": None, "refusal": None, **cited, "flag": False,
    }  # fmt: skip


def test_only_fragments_are_joined(answers: Answers) -> None:
    """A name that comes with every chunk is that name once."""

    def detail(**members: Any) -> dict[str, Any]:
        return {"reasoning_details": [{"type": "reasoning.text", "format": "v1", "index": 0, **members}]}

    got = message(
        answers,
        {**detail(text="Let"), "phase": "final", "reasoning_content": "a", "provider": "X"},
        {**detail(text=" me"), "phase": "final", "reasoning_content": "b", "provider": "X"},
        {**detail(signature="sig"), "reasoning_content": None, "content": ""},
    )
    assert got["reasoning_details"] == [
        {"type": "reasoning.text", "format": "v1", "index": 0, "text": "Let me", "signature": "sig"}
    ]
    assert (got["phase"], got["provider"], got["reasoning_content"]) == ("final", "X", "ab")


def test_content_in_parts_and_in_texts_is_kept(answers: Answers) -> None:
    """As Mistral's reasoning models send it."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    got = message(
        answers, {"content": [thinking]}, {"content": "ans"}, {"content": [{"type": "text", "text": "wer"}]}
    )
    assert got["content"] == [thinking, {"type": "text", "text": "ans"}, {"type": "text", "text": "wer"}]
    assert "".join(WAYS["text"](answers.configuration())) == "answer"


@pytest.mark.parametrize("index", [None, "0", 0.0, ""])
def test_text_is_there_however_a_choice_is_numbered(answers: Answers, index: Any) -> None:
    """And so is the rest."""
    answers.reply = events(chunk({"content": "a"}, index=index), chunk(finish="stop", index=index))
    assert WAYS["text"](answers.configuration()) == ["a"]
    assert WAYS["completion"](answers.configuration()).choices[0].message.content == "a"


def test_looking_at_what_has_come_changes_nothing(answers: Answers) -> None:
    """`partial` includes chunks that were not read yet, and reading them later adds them once."""
    answers.reply = events(*GOOD)
    with Client(answers.configuration()) as client:
        stream = client.stream(BODY)
        read = stream.events()
        next(read)
        assert stream.partial["choices"][0]["message"]["content"] == "Hello"
        done: Any = list(read)[-1]
        assert done.completion["choices"][0]["message"]["content"] == "Hello"


# What cannot be read


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": 5},
        {"choices": {"index": 0}},
        {"choices": ["x"]},
        {"choices": [None]},
        chunk(index=[1]),
        chunk(index={}),
        chunk(index=1.5),
        chunk(index="first"),
    ],
)
@pytest.mark.parametrize("way", STREAMED)
def test_a_chunk_that_cannot_be_read_is_one_error(answers: Answers, odd: Any, way: str) -> None:
    """With what had arrived."""
    answers.reply = events(chunk({"content": "a"}), odd, FINISH)
    with pytest.raises(BadResponseError) as caught:
        WAYS[way](answers.configuration())
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"  # type: ignore[index]


_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("0")
    | st.sampled_from(["error", "stop", "\ud800"])
)  # fmt: skip
_names = st.sampled_from(
    "id object created model choices index delta message finish_reason logprobs usage content refusal "
    "tool_calls function custom arguments input name type error code text audio data total_tokens".split()
) | st.text(max_size=3)
_anything = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def _odd_chunks(draw: Any) -> Any:
    """A good chunk with one or two of its places taken by something else."""
    whole: Any = chunk(
        {
            "content": "a",
            "tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}],
        },
        usage={"total_tokens": 3},
    )
    for _ in range(draw(st.integers(1, 2))):
        place = whole
        while True:
            names = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not names:
                break
            name = draw(st.sampled_from(names))
            if not isinstance(place[name], dict | list) or draw(st.booleans()):
                place[name] = draw(_anything)
                break
            place = place[name]
    return whole


_replies = st.lists(_odd_chunks() | _anything | st.just(FINISH), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def shared_answers() -> Iterator[Answers]:
    server = Answers()
    yield server
    server.stop()


@pytest.mark.parametrize("way", WAYS)
@given(chunks=_replies, streamed=st.booleans(), done=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_only_psbridges_own_errors_come_of_a_reply(
    shared_answers: Answers, tracing: Any, way: str, chunks: Any, streamed: bool, done: bool
) -> None:
    """Whatever shape its JSON has, and with OpenTelemetry loaded."""
    shared_answers.reply = events(*chunks, done=done) if streamed else http(json.dumps(chunks[0]))
    try:
        WAYS[way](shared_answers.configuration())
    except PSBridgeError as error:
        assert str(error) and "\n" not in str(error)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"choices": None, "message": "over quota"}, "over quota"),
        (
            {"id": "x", "choices": None, "base_resp": {"status_code": 1, "status_msg": "over quota"}},
            "over quota",
        ),
        ({"base_resp": {"status_code": 1, "status_msg": "over quota"}}, "over quota"),
        ({"errorMessage": "over quota", "errorType": "T"}, "over quota"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_reason_instead_of_choices_is_an_error(answers: Answers, way: str, body: Any, reason: str) -> None:
    """Whatever its member is called."""
    answers.reply = http(body)
    with pytest.raises(ReportedError) as caught:
        WAYS[way](answers.configuration())
    assert reason in caught.value.message and json.loads(caught.value.body or b"") == body


@pytest.mark.parametrize("way", ["create", "create, plain", "completion", "create, asyncio"])
@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("iso-8859-1", "latin-1"), ("utf-16", "utf-16"), ("iso-8859-1", "utf-8"), ("unheard-of", "utf-8")],
)
def test_text_is_read_by_its_charset(answers: Answers, way: str, charset: str, encoding: str) -> None:
    """Which is UTF-8 where that fits, whatever the label says."""
    message = {"role": "assistant", "content": "h\u00e9"}
    whole = {**COMPLETION, "choices": [{**COMPLETION["choices"][0], "message": message}]}
    body = json.dumps(whole, ensure_ascii=False).encode(encoding)
    answers.reply = http(body, kind=f"application/json; charset={charset}")
    value = WAYS[way](answers.configuration())
    value = getattr(value, "value", value)
    found = value["choices"][0]["message"]["content"] if "plain" in way else value.choices[0].message.content
    assert found == "h\u00e9"


# Numbers that are not finite


@pytest.mark.parametrize("number", ["-Infinity", "NaN"])
@pytest.mark.parametrize("way", WAYS)
def test_log_probabilities_that_are_not_finite_arrive(answers: Answers, number: str, way: str) -> None:
    """As floats; vLLM and SGLang send them."""
    logprobs: Any = {
        "content": [{"token": "a", "logprob": 7, "bytes": None, "top_logprobs": []}],
        "refusal": None,
    }
    odd = chunk({"content": "a"})
    odd["choices"][0]["logprobs"] = logprobs
    answers.reply = events(json.dumps(odd).replace("7", number), FINISH)
    if way.startswith(("create", "map")):
        whole = {**COMPLETION, "choices": [{**COMPLETION["choices"][0], "logprobs": logprobs}]}
        answers.reply = http(json.dumps(whole).replace("7", number))
    result = WAYS[way](answers.configuration())
    value = getattr(result[-1] if isinstance(result, list) else result, "value", None) or result
    if way in ("create", "completion", "completion, asyncio", "create, asyncio"):
        arrived = value.choices[0].logprobs.content[0].logprob
        assert math.isnan(arrived) if number == "NaN" else arrived == -math.inf


# Errors, by their status


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ([{"error": {"code": 400, "message": "no such model", "status": "X"}}], JSON, "no such model"),
        ({"message": {"detail": [{"msg": "no such model"}]}}, JSON, "no such model"),
        ({"detail": [{"loc": ["body", "model"], "msg": "is missing"}]}, JSON, "body.model: is missing"),
        ({"detail": "no such model"}, JSON, "no such model"),
        ({"errors": [{"message": "no such model", "code": 7}]}, JSON, "no such model"),
        ({"errors": ["one", "two"]}, JSON, "one; two"),
        ({"error": "no such model"}, JSON, "no such model"),
        ({"error": [{"message": "no such model"}]}, JSON, "no such model"),
        ({"error": "invalid_grant", "error_description": "it expired"}, JSON, "it expired"),
        ({"title": "Bad", "detail": "no such model", "status": 400}, "text/json", "no such model"),
        ({"fault": {"faultstring": "no such model"}}, JSON, "no such model"),
        ({"Message": "no such model"}, JSON, "no such model"),
        ({"base_resp": {"status_code": 1, "status_msg": "no such model"}}, JSON, "no such model"),
        ({"errcode": 1, "errmsg": "no such model"}, JSON, "no such model"),
        ('"no such model"', JSON, "no such model"),
        ("no such model\n", "text/plain", "no such model"),
        ("<html><head><title>400 &amp; no model</title></head><p>x</html>", "text/html", "400 & no model"),
        ("<html><h1>No model</h1></html>", "text/html", "No model"),
        ({"errors": {"model": ["is odd", "is old"], "n": "is 0"}}, JSON, "model: is odd; is old; n: is 0"),
        ({"title": "Invalid", "errors": {"model": ["is odd"]}, "status": 400}, JSON, "model: is odd"),
        ({"status": 400, "error": "Bad Request", "message": "no such model"}, JSON, "no such model"),
        ({"statusCode": 400, "error": "Bad Request", "message": ["a", "b"]}, JSON, "a; b"),
        ('event: error\ndata: {"message": "no such model"}\n\n', "text/event-stream", "no such model"),
        ("mod\u00e8le".encode("latin-1"), "text/plain; charset=ISO-8859-1", "mod\u00e8le"),
        ("mod\u00e8le".encode("utf-16"), "text/plain", "mod\u00e8le"),
        (b"no such model", "text/plain; charset=unheard-of", "no such model"),
        ("<html><script>t = '<title>no</title>'</script><title>Down</title></html>", "text/html", "Down"),
        ("<Error><Code>X</Code><Message>no such model</Message></Error>", "text/xml", "X no such model"),
    ],
)  # fmt: skip
def test_an_error_says_what_the_server_said(answers: Answers, body: Any, kind: str, reason: str) -> None:
    """In whatever shape."""
    answers.reply = http(body, 400, kind)
    with pytest.raises(BadRequestError) as caught:
        WAYS["create"](answers.configuration())
    assert caught.value.message == f"HTTP 400 Reason: {reason}"


@pytest.mark.parametrize(
    "body", ["{}", bytes(range(256)), "x" * 5000, {"error": {"message": "x" * 5000}}, "<p>" + "x" * 50000]
)
def test_a_servers_words_are_500_characters_at_most(answers: Answers, body: Any) -> None:
    """And none where it gave none."""
    answers.reply = http(body, 400)
    with pytest.raises(BadRequestError) as caught:
        WAYS["create"](answers.configuration())
    assert len(caught.value.message) <= len("HTTP 400 Reason: ") + 500


def test_a_key_in_a_servers_words_does_not_show(answers: Answers) -> None:
    """Its own or another."""
    answers.reply = http("Wrong key sk-test-1234567890, not sk-another-1234567890", 400, "text/plain")
    with pytest.raises(BadRequestError) as caught:
        WAYS["create"](answers.configuration())
    assert "1234567890" not in caught.value.message
    assert "sk-test-1234567890" not in caught.value.ErrorDetails


@pytest.mark.parametrize(
    "encoding", ["utf-8", "none", "UTF8", "binary", "identity", "", "gzip", "br", "deflate, br"]
)
@pytest.mark.parametrize("way", ["create", "text"])
def test_a_body_that_is_not_encoded_is_read(answers: Answers, encoding: str, way: str) -> None:
    """Whatever its header says."""
    reply = events(*GOOD) if way == "text" else http(COMPLETION)
    answers.reply = reply.replace(
        b"content-type", f"content-encoding: {encoding}\r\ncontent-type".encode(), 1
    )
    assert WAYS[way](answers.configuration())


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,identity,gzip", "utf-8, x-gzip, gzip"])
def test_a_body_encoded_twice_is_read(answers: Answers, encoding: str) -> None:
    """Innermost coding first in the header, as RFC 9110 has it."""
    answers.reply = http(
        gzip.compress(gzip.compress(json.dumps(COMPLETION).encode())), content_encoding=encoding
    )
    assert WAYS["create"](answers.configuration()).id == COMPLETION["id"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip", "deflate", "gzip, br"])
@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (500, ServerError), (503, ServerError)])
@pytest.mark.parametrize("way", ["create", "create, asyncio", "text"])
def test_a_status_counts_though_its_body_cannot_be_unpacked(
    answers: Answers, encoding: str, status: int, kind: type[ClientError], way: str
) -> None:
    """It is tried again, and is that status's error."""
    answers.reply = http(b"\x28\xb5\x2f\xfd", status, content_encoding=encoding, retry_after="0")
    with pytest.raises(kind) as caught:
        WAYS[way](answers.configuration(max_retries=1))
    assert answers.requests == 2 and caught.value.status == status

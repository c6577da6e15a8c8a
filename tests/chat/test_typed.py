"""Typed answers: the schema that goes out, and the value or the error that comes of the answer."""

from __future__ import annotations

import dataclasses
import enum
import json
import typing
from pathlib import Path
from typing import Any, Literal, Optional

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

import psbridge as ps
from psbridge.chat.schema import strict_of_type
from psbridge.testing import Fault, OfflineOpenAI, tool_call

from .answer_models import MODELS

ask = ps.New_ChatCompletion


class Ticket(BaseModel):
    queue: Literal["billing", "access"]
    urgent: bool
    note: Optional[str] = None  # noqa: UP045 - as many write it


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Row(TypedDict):
    name: str


class Colour(enum.Enum):
    red = "red"
    blue = "blue"


def test_forty_models_are_compared() -> None:
    assert len(MODELS) >= 40


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_s_schema_is_what_the_official_client_makes_of_it(model: type[BaseModel]) -> None:
    pytest.importorskip("openai")
    from openai.lib._pydantic import to_strict_json_schema

    assert strict_of_type(model.model_json_schema()) == to_strict_json_schema(model)


@pytest.mark.parametrize(
    ("target", "answer", "value"),
    [
        (Ticket, {"queue": "billing", "urgent": True, "note": None}, Ticket(queue="billing", urgent=True)),
        (Point, {"x": 1, "y": 2}, Point(1, 2)),
        (Row, {"name": "a"}, {"name": "a"}),
        (list[Point], {"value": [{"x": 1, "y": 2}]}, [Point(1, 2)]),
        (Colour, {"value": "blue"}, Colour.blue),
        (Literal["a", "b"], {"value": "b"}, "b"),
        (int, {"value": 7}, 7),
        (dict, {"any": [1]}, {"any": [1]}),
        ("Hashtable", {"any": 1}, {"any": 1}),
    ],
    ids=str,
)
def test_the_answer_is_the_type_s_value(server: OfflineOpenAI, target: Any, answer: Any, value: Any) -> None:
    server.reply(answer, answer)
    reply = ask(Messages="x", Model="m", As=target)
    assert reply.Parsed == value and "Parsed" not in reply.model_dump_json()
    assert ask(Messages="x", Model="m", As=target, ParsedOnly=True) == value
    wanted = server.requests[0].json["response_format"]
    if wanted["type"] == "json_schema":
        assert wanted["json_schema"]["strict"] is True and wanted["json_schema"]["schema"]["type"] == "object"


SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
    "required": ["label"],
}  # fmt: skip


@pytest.mark.parametrize("form", ["table", "text", "path"])
def test_a_schema_by_hand_is_made_strict(server: OfflineOpenAI, form: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    given: Any = {"table": SCHEMA, "text": json.dumps(SCHEMA), "path": str(path)}[form]
    server.reply({"label": "a", "tags": None})
    assert ask(Messages="x", Model="m", JsonSchema=given, ParsedOnly=True) == {"label": "a", "tags": None}
    sent = server.requests[0].json["response_format"]["json_schema"]["schema"]
    assert sent["required"] == ["label", "tags"] and sent["additionalProperties"] is False
    assert sent["properties"]["tags"] == {
        "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]
    }


def test_limits_that_strict_mode_does_not_know_are_checked_here(server: OfflineOpenAI) -> None:
    server.reply({"label": "a", "tags": ["b", "b"]})
    with pytest.raises(ps.AnswerInvalidError, match="tags"):
        ask(Messages="x", Model="m", JsonSchema=SCHEMA)


def whole(message: dict[str, Any], finish: str) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", **message},
        "finish_reason": finish,
        "logprobs": None,
    }
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (whole({"content": None, "refusal": "I will not."}, "stop"), "AnswerRefused", "I will not."),
        (whole({"content": '{"queue": "bil'}, "length"), "AnswerCutOff", '{"queue": "bil'),
        (whole({"content": '{"qu'}, "content_filter"), "AnswerFiltered", '{"qu'),
        ("not JSON", "AnswerInvalid", "not JSON"),
        ({"queue": "nobody", "urgent": True, "note": None}, "AnswerInvalid", None),
        ([tool_call("f")], "AnswerInvalid", ""),
    ],
)
def test_an_answer_that_is_none_is_one_of_four_errors(
    server: OfflineOpenAI, answer: Any, error: str, text: str | None
) -> None:
    server.reply(answer)
    with pytest.raises(ps.AnswerError) as raised:
        ask(Messages="x", Model="m", As=Ticket)
    assert raised.value.error_id == f"PSBridge.{error}"
    assert text is None or raised.value.text == text
    assert raised.value.reply is not None


def test_an_invalid_answer_is_asked_for_again_with_what_was_wrong(server: OfflineOpenAI) -> None:
    server.reply(
        {"queue": "nobody", "urgent": True, "note": None}, {"queue": "billing", "urgent": True, "note": None}
    )
    reply = ask(Messages="x", Model="m", As=Ticket, MaxRepair=1)
    assert reply.Parsed.queue == "billing"
    roles = [message["role"] for message in server.requests[1].json["messages"]]
    assert (
        roles == ["user", "assistant", "user"]
        and "queue" in server.requests[1].json["messages"][2]["content"]
    )


def test_many_answers_are_typed_each(server: OfflineOpenAI) -> None:
    server.reply({"x": 1, "y": 1}, "no", {"x": 3, "y": 3})
    results = list(ask.pipe(["a", "b", "c"], Model="m", As=Point, ParsedOnly=True, ErrorAction="Continue"))
    assert (results[0], results[2]) == (Point(1, 1), Point(3, 3))
    assert isinstance(results[1], ps.AnswerInvalidError) and results[1].target == "b"


def test_a_streamed_answer_grows(server: OfflineOpenAI) -> None:
    server.reply({"queue": "billing", "urgent": True, "note": "a few words more"})
    stream: Any = ask(Messages="x", Model="m", As=Ticket, Stream=True)
    partials = list(stream.partials())
    assert partials[-1] == Ticket(queue="billing", urgent=True, note="a few words more")
    assert len(partials) > 3 and partials[0] in ({}, {"queue": ""}, {"queue": "billing"})


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"As": dict[str, int]}, "free keys"),
        ({"As": object()}, "has no JSON schema"),
        ({"As": Point(1, 2)}, "has no JSON schema"),
        ({"JsonSchema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}}}, "is not there"),
        ({"As": "Tikcet"}, "must be a type or 'Hashtable'"),
        ({"JsonSchema": {"type": "array"}}, "object at its root"),
        ({"JsonSchema": {"type": "object", "additionalProperties": True}}, "free keys"),
        ({"JsonSchema": {"type": "object", "properties": {"a": {}}}}, r"'JsonSchema\.a', must have a type"),
        ({"JsonSchema": {"type": "object", "properties": {"a": {"not": {}}}}}, "without 'not'"),
        ({"JsonSchema": "/no/such/file.json"}, "No such file"),
        ({"JsonSchema": SCHEMA, "As": Ticket}, "together"),
        ({"ParsedOnly": True}, "needs 'As' or 'JsonSchema'"),
    ],
)
def test_a_schema_that_cannot_be_strict_is_refused_before_anything_is_sent(
    server: OfflineOpenAI, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(ps.InvalidValueError, match=says):
        ask(Messages="x", Model="m", **more)
    assert not server.requests


def test_a_failed_call_is_no_answer(server: OfflineOpenAI) -> None:
    server.reply(Fault(status=400))
    with pytest.raises(ps.ClientError):
        ask(Messages="x", Model="m", As=Ticket)


class Part(typing.TypedDict, total=False):
    note: str


class Whole(Part):
    """One of the standard library's, which pydantic takes from Python 3.12 on."""

    label: typing.Literal["spam", "ham"]
    parts: list[Part] | None


def test_typed_dicts_of_the_standard_library() -> None:
    """On every Python: their answers are tables, checked, and tools take them."""
    with OfflineOpenAI() as server:
        server.reply({"label": "spam", "parts": [{"note": "a"}], "note": "b"})
        reply: Any = ps.New_ChatCompletion("x", Model="m", As=Whole)
        assert reply.Parsed == {"label": "spam", "parts": [{"note": "a"}], "note": "b"}
        schema = server.requests[0].json["response_format"]["json_schema"]["schema"]
        assert sorted(schema["required"]) == ["label", "note", "parts"]
        assert schema["description"] == Whole.__doc__
        with pytest.raises(ps.PSBridgeError, match="label"):
            server.reply({"label": "eggs", "parts": None, "note": "b"})
            ps.New_ChatCompletion("x", Model="m", As=Whole)

        @ps.tool
        def keep(whole: Whole, more: list[Part] | None = None) -> str:
            return whole["label"]

        server.reply(tool_call("keep", whole={"label": "ham", "parts": None, "note": "b"}, more=None), "kept")
        told: Any = ps.New_ChatCompletion("x", Model="m", Tools=[keep], InvokeTools="Auto")
        assert told.ToolCalls[0].Result == "ham"

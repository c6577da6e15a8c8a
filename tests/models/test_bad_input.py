"""What no API can take: refused in one sentence that names the member and quotes no value."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import sys
import threading
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

import psbridge.models as models
from psbridge.cmdlets.operations import as_bytes
from psbridge.errors import PSBridgeError
from psbridge.models import (
    ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
    FunctionObject,
    InvalidValueError,
    Model,
)
from psbridge.models.base import union_value

from .strategies import MODELS, smallest

MESSAGE = {"content": "hi", "role": "user"}
REQUEST = {"messages": [MESSAGE], "model": "gpt-4o"}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def refusal(data: Any, model: type[Model] = ChatCompletionRequestUserMessage) -> str:
    with pytest.raises(InvalidValueError) as caught:
        model.build(data)
    return str(caught.value)


def test_numbers_that_json_does_not_have_are_refused_wherever_they_are() -> None:
    for number in (float("nan"), float("inf"), float("-inf"), decimal.Decimal("NaN")):
        assert "'newer', must be a finite number" in refusal({**MESSAGE, "newer": {"deep": [number]}})
        assert "'Parameters.a', must be a finite number" in refusal(
            {"name": "f", "parameters": {"a": number}}, FunctionObject
        )
    for text in ("NaN", "-Infinity", "1e999"):
        with pytest.raises(InvalidValueError, match="must be a finite number"):
            CreateChatCompletionRequest.model_validate_json(
                json.dumps(REQUEST)[:-1] + f', "temperature": {text}}}'
            )


def test_what_contains_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append({"again": ring})
    assert refusal({**MESSAGE, "newer": ring}) == "invalid value for 'newer', must not contain itself."
    message: dict[str, Any] = {"role": "user"}
    message["content"] = [message]
    assert "must not contain itself" in refusal(
        {"messages": [message], "model": "m"}, CreateChatCompletionRequest
    )


def test_the_same_list_twice_is_not_a_ring() -> None:
    shared = [1]
    built = ChatCompletionRequestUserMessage.build({**MESSAGE, "newer": [shared, shared]})
    assert json.loads(built.model_dump_json())["newer"] == [[1], [1]]


def test_nesting_of_hundreds_is_refused_and_what_is_accepted_can_be_written() -> None:
    allowed = ChatCompletionRequestUserMessage.build({**MESSAGE, "newer": nested(200)})
    assert allowed.model_dump_json().count("[") == 200
    assert allowed.model_dump()["newer"]
    assert refusal({**MESSAGE, "newer": nested(201)}).endswith("must not be nested deeper than 200.")
    assert refusal({**MESSAGE, "newer": nested(5000)}).endswith("must not be nested deeper than 200.")


def test_what_is_deeper_than_pydantic_writes_is_written_all_the_same() -> None:
    """It writes 254 levels, on Windows 98; a list may have grown since it was checked."""
    built = ChatCompletionRequestUserMessage.build({**MESSAGE, "newer": [["é", True, None]]})
    built.newer[0] += [float("nan"), nested(300)]
    text = built.model_dump_json()
    assert text.startswith('{"content":"hi","role":"user","newer":[["é",true,null,null,[[')
    assert text.count("[") == 302
    assert json.loads(built.model_dump_json(indent=1, ensure_ascii=True)) == json.loads(text)
    assert as_bytes(built) == text.encode()


def test_a_caller_deep_in_its_own_calls_gets_the_same_sentence() -> None:
    def deeper(levels: int) -> str:
        return deeper(levels - 1) if levels else refusal({**MESSAGE, "newer": nested(5000)})

    limit = sys.getrecursionlimit()
    used = len(_frames())
    assert deeper(limit - used - 150).endswith("must not be nested deeper than 200.")


def _frames() -> list[Any]:
    frame, found = sys._getframe(), []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return found


def test_keys_that_are_integers_become_text_in_a_map_and_are_refused_in_an_object() -> None:
    """PowerShell's `@{50256 = -100}` has an integer key."""
    request = CreateChatCompletionRequest.build(
        {**REQUEST, "logit_bias": {50256: -100}, "newer": {1: {2: 3}}}
    )
    assert json.loads(request.model_dump_json())["logit_bias"] == {"50256": -100}
    assert request.newer == {"1": {"2": 3}}
    wrong_key: dict[Any, Any] = {1: 2}
    refused: list[tuple[dict[Any, Any], str]] = [
        ({**REQUEST, "logit_bias": {True: 1}}, "LogitBias"),
        ({**REQUEST, "logit_bias": {1.5: 1}}, "LogitBias"),
        ({**REQUEST, "newer": {None: 1}}, "newer"),
        ({**REQUEST, "messages": [MESSAGE | wrong_key]}, "Messages[0]"),
        (REQUEST | wrong_key, "CreateChatCompletionRequest"),
    ]
    for data, name in refused:
        message = refusal(data, CreateChatCompletionRequest)
        assert message.startswith(f"invalid value for '{name}', must have strings for keys")


def test_half_a_surrogate_pair_is_refused_because_it_cannot_be_sent() -> None:
    half = "ab\ud83d"
    for data, name in (
        ({**REQUEST, "user": half}, "User"),
        ({**REQUEST, "safety_identifier": half}, "SafetyIdentifier"),
        ({**REQUEST, "verbosity": half}, "Verbosity"),
        ({**REQUEST, "metadata": {"k": half}}, "Metadata.k"),
        ({**REQUEST, "metadata": {half: "v"}}, "Metadata"),
        ({**REQUEST, "newer": [half]}, "newer"),
        ({**REQUEST, "newer": {half: 1}}, "newer"),
        ({**REQUEST, half: 1}, "CreateChatCompletionRequest"),
        ({**REQUEST, "messages": [{"role": "user", "content": half}]}, "Messages[0].Content"),
    ):
        expected = f"invalid value for '{name}', must be valid Unicode text, without unpaired surrogates."
        assert refusal(data, CreateChatCompletionRequest) == expected


def test_values_with_a_plain_json_meaning_are_taken_as_that() -> None:
    class Colour(enum.Enum):
        RED = "red"

    class Level(enum.IntEnum):
        LOW = 1

    class Text(str):
        pass

    class Bag:
        def __ps_properties__(self) -> dict[str, Any]:
            return {"A": None}

    instant = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    values = [
        Colour.RED, Level.LOW, Text("t"), Bag(), instant, instant.date(), uuid.UUID(int=1),
        (1, 2), {"b", "a"},
        decimal.Decimal("1.50"), decimal.Decimal(10**30), FunctionObject(name="f"), 10**5000,
    ]  # fmt: skip
    built = ChatCompletionRequestUserMessage.build({**MESSAGE, "newer": values})
    assert built.newer == [
        "red", 1, "t", {"A": None}, "2026-01-02T03:04:05+00:00", "2026-01-02",
        "00000000-0000-0000-0000-000000000001", [1, 2], ["a", "b"], 1.5, 10**30, {"name": "f"}, 10**5000,
    ]  # fmt: skip
    assert all(type(item) in (str, int, float, dict, list) for item in built.newer)
    assert built.model_dump_json().endswith("0]}")


@pytest.mark.parametrize(
    "value", [print, sys.stdout, object(), b"bytes", SecretStr("key"), threading.Lock(), 1j]
)
def test_what_has_no_json_meaning_is_refused(value: object) -> None:
    assert refusal({**MESSAGE, "newer": value}).startswith(
        "invalid value for 'newer', must be a JSON value, not "
    )


@pytest.mark.parametrize("data", [None, 1, "text", [], [MESSAGE], b"{}", object(), {1}])
def test_a_model_is_made_of_an_object(data: object) -> None:
    for model in (CreateChatCompletionRequest, FunctionObject):
        for make in (model.build, model.model_validate):
            with pytest.raises(InvalidValueError, match=f"invalid value for '{model.__name__}', "):
                make(data)  # type: ignore[arg-type]


JSON_TEXTS = {
    "": "must be JSON text, not an empty string",
    " \n": "must be JSON text, not an empty string",
    "not json": "must be JSON text: ",
    "{": "must be JSON text: ",
    '{"content": "hi"} x': "must be JSON text: ",
    "{'content': 'hi'}": "must be JSON text: ",
    '{"content": "\\ud83d", "role": "user"}': "must be JSON text: ",
    '{"newer": 1' + "0" * 5000 + "}": "must be JSON text: number out of range",
    '{"newer": ' + "[" * 100_000: "must not be nested deeper than 200",
    '{"newer": ' + "[" * 300 + "]" * 300 + "}": "must not be nested deeper than 200",
    "[]": "must be a JSON object for ChatCompletionRequestUserMessage, not an array",
    "null": "must be a JSON object for ChatCompletionRequestUserMessage, not null",
    '"text"': "must be a JSON object for ChatCompletionRequestUserMessage, not a single value",
}


@pytest.mark.parametrize("text", JSON_TEXTS, ids=lambda text: text[:24])
def test_json_text_that_is_no_object_is_refused_by_its_parameter(text: str) -> None:
    for given_text in (text, text.encode(), bytearray(text.encode())):
        with pytest.raises(InvalidValueError) as caught:
            ChatCompletionRequestUserMessage.model_validate_json(given_text)
        assert str(caught.value).startswith(f"invalid value for 'Json', {JSON_TEXTS[text]}")
        assert caught.value.parameter == "Json"


def test_json_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="invalid value for 'Json', must be JSON text: "):
        ChatCompletionRequestUserMessage.model_validate_json(b'{"content": "\xe9", "role": "user"}')


def test_a_byte_order_mark_is_no_reason_to_refuse_a_file() -> None:
    text = json.dumps(MESSAGE)
    for given_text in ("\ufeff" + text, ("\ufeff" + text).encode()):
        built = ChatCompletionRequestUserMessage.model_validate_json(given_text)
        assert json.loads(built.model_dump_json()) == MESSAGE
        assert union_value("Any", models.ChatCompletionRequestMessage, given_text, text=True).content == "hi"


def test_the_last_of_two_equal_keys_wins_and_keys_in_another_case_are_kept_apart() -> None:
    text = '{"content": "a", "content": "b", "Content": "c", "role": "user"}'
    built = ChatCompletionRequestUserMessage.model_validate_json(text)
    assert json.loads(built.model_dump_json()) == {"content": "b", "role": "user", "Content": "c"}


def test_a_key_in_a_message_is_short_and_printable() -> None:
    message = refusal({**REQUEST, "metadata": {"k\n" + "x" * 10_000: 1}}, CreateChatCompletionRequest)
    assert message == f"invalid value for 'Metadata.k?{'x' * 62}...', must be a string, not an integer."


SECRET = "s3cret-value"
GARBAGE: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 0, -1, 1.5, SECRET, SECRET * 40, [], {}, {"a": SECRET}, SECRET.encode()]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "role", "content", "function", "id"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(model=st.sampled_from(MODELS), data=st.data())
def test_no_value_is_ever_quoted_and_every_refusal_is_one_sentence(model: type[Model], data: Any) -> None:
    members = data.draw(st.dictionaries(st.sampled_from([*model.model_fields, "newer"]), GARBAGE, max_size=4))
    for make in (model.build, model.model_validate, lambda one: model(**one)):
        try:
            make({**smallest(model), **members})
        except PSBridgeError as error:
            assert isinstance(error, InvalidValueError)
            assert SECRET not in str(error) + repr(error) + repr(error.__cause__)
            assert error.__suppress_context__
            assert error.message.startswith("invalid value for '")
            assert error.message.endswith(".")
            assert "\n" not in error.message
            assert "Input should" not in error.message
            assert "input should" not in error.message

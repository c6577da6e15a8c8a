"""Limits, lengths, counts and listed values, worded as the reference module words them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from psbridge.models import (
    ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
    InvalidValueError,
    Model,
)
from psbridge.naming import parameter_name

from .strategies import MODELS, alternatives, hints, limits, listed, plainest, smallest, unnested

REQUEST = {"messages": [{"role": "user", "content": "hi"}], "model": "gpt-4o"}
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "reference-behaviour.jsonl"


def _limited() -> list[Any]:
    """Each limit of each member: model, member, annotation, kind of limit, bound."""
    return [
        pytest.param(model, wire, one, kind, bound, id=f"{model.__name__}.{wire}-{kind}")
        for model in MODELS
        for wire, hint in hints(model).items()
        for one in alternatives(hint)
        for kind, bound in limits(unnested(one)[1]).items()
        if not (kind == "min_length" and bound == 0)
    ]


WORDING = {
    "ge": "must be greater than or equal to {}",
    "le": "must be smaller than or equal to {}",
    "text": "the character length must be smaller than or equal to {}",
    "max_length": "number of items must be smaller than or equal to {}",
    "min_length": "number of items must be greater than or equal to {}",
}


@pytest.mark.parametrize(("model", "wire", "annotation", "kind", "bound"), _limited())
def test_a_limit_holds_at_its_edge_and_not_beyond(
    model: type[Model], wire: str, annotation: Any, kind: str, bound: Any
) -> None:
    core, _ = unnested(annotation)
    worded = "text" if core is str else kind

    def valued(size: Any) -> Any:
        if core is str:
            return "\u00e9" * size
        return [plainest(get_args(core)[0])] * size if get_origin(core) is list else size

    beyond = bound - 1 if kind in ("ge", "min_length") else bound + 1
    data = smallest(model)
    assert json.loads(model.build({**data, wire: valued(bound)}).model_dump_json())[wire] == valued(bound)
    with pytest.raises(InvalidValueError) as caught:
        model.build({**data, wire: valued(beyond)})
    name = parameter_name(wire)
    assert str(caught.value) == f"invalid value for '{name}', {WORDING[worded].format(bound)}."
    assert caught.value.parameter == name
    assert caught.value.error_id == "PSBridge.InvalidValue"
    assert caught.value.category == "InvalidData"


def test_there_are_limits_to_test() -> None:
    assert len(_limited()) > 25


def _listed() -> list[Any]:
    return [
        pytest.param(model, wire, values, id=f"{model.__name__}.{wire}")
        for model in MODELS
        for wire, hint in hints(model).items()
        for one in alternatives(hint)
        for values in map(listed, unnested(one)[1])
        if values
    ]


@pytest.mark.parametrize(("model", "wire", "values"), _listed())
def test_a_listed_value_in_another_case_goes_out_as_listed(
    model: type[Model], wire: str, values: tuple[str, ...]
) -> None:
    """And one that is not listed, newer than the description, goes out as it came."""
    for value in values:
        for spelling in (value, value.upper(), value.title(), value.swapcase()):
            built = model.build({**smallest(model), wire: spelling})
            assert getattr(built, wire) == value
            setattr(built, parameter_name(wire), spelling)
            assert json.loads(built.model_dump_json())[wire] == value
    for newer in ("Newer-Value", "", " ", f"{values[0]} "):
        built = model.build({**smallest(model), wire: newer})
        assert json.loads(built.model_dump_json())[wire] == newer


@pytest.mark.parametrize("value", [5, 1.5, True, ["user"], (["user"],), {"a": 1}, b"user", object()])
def test_a_listed_member_takes_strings_alone(value: Any) -> None:
    with pytest.raises(InvalidValueError) as caught:
        ChatCompletionRequestUserMessage.build({"content": "hi", "role": value})
    assert str(caught.value).startswith("invalid value for 'Role', must be a string, not ")


def test_numbers_and_truth_values_are_not_mixed_up() -> None:
    for wire, value, message in (
        ("n", True, "invalid value for 'N', must be an integer, not a boolean."),
        ("n", 1.5, "invalid value for 'N', must be an integer, not a number."),
        ("n", "1", "invalid value for 'N', must be an integer, not a string."),
        ("temperature", True, "invalid value for 'Temperature', must be a number, not a boolean."),
        ("temperature", "1", "invalid value for 'Temperature', must be a number, not a string."),
        ("temperature", 10**400, "invalid value for 'Temperature', must be a number that fits 64 bits."),
        ("temperature", float("nan"), "invalid value for 'Temperature', must be a finite number."),
        ("store", 1, "invalid value for 'Store', must be true or false, not an integer."),
        ("store", "true", "invalid value for 'Store', must be true or false, not a string."),
        ("user", 1, "invalid value for 'User', must be a string, not an integer."),
        ("stop", 1, "invalid value for 'Stop', must be a string or an array, not an integer."),
        ("tools", {}, "invalid value for 'Tools', must be an array, not an object."),
        ("tool_choice", 1, "invalid value for 'ToolChoice', must be a string or an object, not an integer."),
    ):
        with pytest.raises(InvalidValueError) as caught:
            CreateChatCompletionRequest.build({**REQUEST, wire: value})
        assert str(caught.value) == message


MEASURED: dict[str, dict[str, Any]] = {
    '-Messages @(@{role="user";content="hi"}) -Model gpt-4o': {**REQUEST, "functions": []},
    '-Messages @(@{role="user";content="hi"}) -Model gpt-4o -TopLogprobs 21 -Functions @(@{name="f"})': {
        **REQUEST,
        "top_logprobs": 21,
    },
    '-Messages @(@{role="user";content="hi"}) -Model gpt-4o -Temperature 3 -Functions @(@{name="f"})': {
        **REQUEST,
        "temperature": 3,
    },
    '-Messages @() -Model gpt-4o -Functions @(@{name="f"})': {**REQUEST, "messages": []},
    '-Model gpt-4o -Functions @(@{name="f"})': {"model": "gpt-4o"},
}


@pytest.mark.skipif(not FACTS.exists(), reason="the measured behaviour of the reference module is not here")
def test_the_messages_are_the_measured_ones() -> None:
    """Every validation error measured for a request, letter by letter.

    The first was the reference module's for any call without -Functions; here it takes an empty list.
    """
    lines = map(json.loads, FACTS.read_text(encoding="utf-8").splitlines())
    measured = {
        line["command"].removeprefix("Initialize-CreateChatCompletionRequest "): line["error"]
        for line in lines
        if line.get("error", "").startswith("invalid value for")
    }
    assert measured.keys() == MEASURED.keys()
    for command, data in MEASURED.items():
        with pytest.raises(InvalidValueError) as caught:
            CreateChatCompletionRequest.build(data)
        assert str(caught.value) == measured[command]

"""Which alternative a union takes: what the discriminator says, else the best match, always the same."""

from __future__ import annotations

import itertools
import json
import types
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import psbridge.models as models
from psbridge.models import (
    ChatCompletionAllowedToolsChoice,
    ChatCompletionNamedToolChoice,
    ChatCompletionRequestAssistantMessage,
    ChatCompletionRequestDeveloperMessage,
    ChatCompletionRequestFunctionMessage,
    ChatCompletionRequestMessageContentPartImage,
    ChatCompletionRequestMessageContentPartText,
    ChatCompletionRequestSystemMessage,
    ChatCompletionRequestToolMessage,
    ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
    InvalidValueError,
    Model,
    ResponseFormatJsonObject,
)
from psbridge.models.base import union_value

ROLES = {
    "developer": ChatCompletionRequestDeveloperMessage,
    "system": ChatCompletionRequestSystemMessage,
    "user": ChatCompletionRequestUserMessage,
    "assistant": ChatCompletionRequestAssistantMessage,
    "tool": ChatCompletionRequestToolMessage,
    "function": ChatCompletionRequestFunctionMessage,
}


def message(value: object) -> Any:
    return union_value("ChatCompletionRequestMessage", models.ChatCompletionRequestMessage, value)


@pytest.mark.parametrize("role", ROLES)
def test_the_role_decides_the_kind_of_a_message_in_any_case(role: str) -> None:
    """Even when other members speak for another kind."""
    for spelling in (role, role.upper(), role.title()):
        chosen = message(
            {"content": "hi", "role": spelling, "name": "n", "tool_call_id": "t", "refusal": "r"}
        )
        assert type(chosen) is ROLES[role]
        assert chosen.role == role
        assert chosen.tool_call_id == "t"


def test_without_a_known_role_the_best_match_is_taken() -> None:
    for data, kind in (
        ({"role": "nobody", "content": "hi"}, ChatCompletionRequestDeveloperMessage),
        ({"role": "nobody"}, ChatCompletionRequestAssistantMessage),
        ({"role": "nobody", "content": "hi", "tool_call_id": "1"}, ChatCompletionRequestToolMessage),
        ({"role": "nobody", "content": "hi", "refusal": "no"}, ChatCompletionRequestAssistantMessage),
    ):
        assert type(message(data)) is kind
        assert json.loads(message(data).model_dump_json()) == data


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["role", "content", "name", "refusal", "tool_call_id", "tool_calls", "newer"]),
        st.sampled_from(["nobody", "hi"]),
        max_size=5,
    )
)
def test_the_same_data_gives_the_same_kind_in_whatever_order_it_is_written(data: dict[str, str]) -> None:
    def chosen(members: Mapping[str, Any]) -> str:
        try:
            return type(message(members)).__name__
        except InvalidValueError as error:
            return str(error)

    orders = itertools.islice(itertools.permutations(data.items()), 24)
    assert len({chosen(dict(order)) for order in orders}) == 1
    assert chosen(types.MappingProxyType(data)) == chosen(data)


def test_a_kind_newer_than_the_models_goes_through_whole() -> None:
    """A content part of a type that nobody knew is sent as it is, not squeezed into another."""
    part = {"type": "hologram", "hologram": {"depth": 3, "\u00e9": None}}
    request = CreateChatCompletionRequest.build(
        {"messages": [{"role": "user", "content": [part, {"type": "text", "text": "?"}]}], "model": "m"}
    )
    assert json.loads(request.model_dump_json())["messages"][0]["content"][0] == part
    content: Any = request.messages[0].content
    first, second = content
    assert type(first) is Model
    assert first.hologram == part["hologram"]
    assert type(second) is ChatCompletionRequestMessageContentPartText
    assert CreateChatCompletionRequest.from_reply(request.model_dump_json()) == request


def test_an_object_that_states_no_kind_and_fits_none_is_refused_by_name() -> None:
    for data, path in (
        ({}, "Messages[0].Role"),
        ({"content": "hi"}, "Messages[0].Role"),
        ({"role": None}, "Messages[0].Role"),
        ({"role": "tool", "content": "hi"}, "Messages[0].ToolCallId"),
    ):
        with pytest.raises(InvalidValueError) as caught:
            CreateChatCompletionRequest.build({"messages": [data], "model": "m"})
        assert str(caught.value) == f"invalid value for '{path}', '{path}' cannot be null."
        assert caught.value.parameter == "Messages"


def test_models_stand_for_themselves_and_so_do_their_subclasses() -> None:
    class Mine(ChatCompletionRequestUserMessage):
        pass

    for given_message in (
        ChatCompletionRequestUserMessage(content="hi", role="user"),
        Mine(content="hi", role="user"),
        ChatCompletionRequestSystemMessage(content="hi", role="user"),
    ):
        assert message(given_message) is given_message
    with pytest.raises(InvalidValueError, match="must be an object, not an object of type FunctionObject"):
        message(models.FunctionObject(name="f"))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CreateChatCompletionRequestStop", "END", "END"),
        ("CreateChatCompletionRequestStop", ["a", "b"], ["a", "b"]),
        ("CreateChatCompletionRequestStop", ("a",), ["a"]),
        ("CreateChatCompletionRequestStop", None, None),
        ("CreateChatCompletionRequestModel", "gpt-99", "gpt-99"),
        ("ChatCompletionToolChoiceOption", "REQUIRED", "required"),
        ("ChatCompletionToolChoiceOption", "newer", "newer"),
        ("CreateChatCompletionRequestFunctionCall", "Auto", "auto"),
    ],
)
def test_plain_alternatives(name: str, value: object, expected: object) -> None:
    assert union_value(name, getattr(models, name), value) == expected
    if not isinstance(value, tuple):
        assert union_value(name, getattr(models, name), json.dumps(value), text=True) == expected


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        (
            "ChatCompletionToolChoiceOption",
            {"type": "function", "function": {"name": "f"}},
            ChatCompletionNamedToolChoice,
        ),
        (
            "ChatCompletionToolChoiceOption",
            {"type": "ALLOWED_TOOLS", "allowed_tools": {"mode": "auto", "tools": []}},
            ChatCompletionAllowedToolsChoice,
        ),
        ("CreateChatCompletionRequestResponseFormat", {"type": "json_object"}, ResponseFormatJsonObject),
        (
            "ChatCompletionRequestUserMessageContentPart",
            {"type": "image_url", "image_url": {"url": "u"}},
            ChatCompletionRequestMessageContentPartImage,
        ),
    ],
)
def test_object_alternatives(name: str, value: dict[str, Any], kind: type[Model]) -> None:
    for chosen in (
        union_value(name, getattr(models, name), value),
        union_value(name, getattr(models, name), json.dumps(value), text=True),
    ):
        assert type(chosen) is kind


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("CreateChatCompletionRequestStop", {}, "must be a string or an array, not an object"),
        ("CreateChatCompletionRequestStop", [], "number of items must be greater than or equal to 1"),
        ("CreateChatCompletionRequestStop", ["a"] * 5, "number of items must be smaller than or equal to 4"),
        ("CreateChatCompletionRequestModel", 4, "must be a string, not an integer"),
        ("ChatCompletionToolChoiceOption", 4, "must be a string or an object, not an integer"),
        ("ChatCompletionRequestMessage", "hi", "must be an object, not a string"),
    ],
)
def test_what_fits_no_alternative_is_refused_with_what_is_allowed(
    name: str, value: object, reason: str
) -> None:
    for text in (False, True):
        with pytest.raises(InvalidValueError) as caught:
            union_value(name, getattr(models, name), json.dumps(value) if text else value, text=text)
        assert str(caught.value) == f"invalid value for '{name}', {reason}."
        assert caught.value.model == name

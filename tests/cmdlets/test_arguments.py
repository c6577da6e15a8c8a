"""How a cmdlet takes its arguments: names in every spelling, positions, UNSET, pipelines, objects."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

import psbridge as ps

User = ps.Initialize_ChatCompletionRequestUserMessage
Request = ps.Initialize_CreateChatCompletionRequest


def sent(value: Any) -> Any:
    return json.loads(value.model_dump_json())


HI = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"Content": "hi", "Role": "user"},
        {"content": "hi", "role": "user"},
        {"CONTENT": "hi", "rOLE": "USER"},
        {"Con": "hi", "R": "user"},
    ],
)
def test_names_in_any_case_and_by_prefix(parameters: dict[str, str]) -> None:
    assert sent(ps.invoke("Initialize-ChatCompletionRequestUserMessage", **parameters)) == HI


def test_wire_names_are_names_too() -> None:
    request = Request(messages=[HI], model="m", max_tokens=5, top_p=0.5)
    assert sent(request) == {"messages": [HI], "model": "m", "max_tokens": 5, "top_p": 0.5}
    function = ps.Initialize_FunctionObject(Name="f")
    by_wire = ps.Initialize_ChatCompletionTool(type="function", function=function)
    assert by_wire == ps.Initialize_ChatCompletionTool(Type="function", VarFunction=function)


def test_positions_are_the_parameters_in_order() -> None:
    assert sent(User("hi", "user", "Ann")) == {**HI, "name": "Ann"}
    assert sent(User("hi", Name="Ann", Role="user")) == {**HI, "name": "Ann"}


def test_unset_null_and_empty_are_three_things() -> None:
    base: dict[str, Any] = {"Messages": [HI], "Model": "m"}
    assert "user" not in sent(Request(**base)) and "user" not in sent(Request(**base, User=ps.UNSET))
    assert sent(Request(**base, Stop=None))["stop"] is None
    assert sent(Request(**base, User="", Seed=0, Store=False, Modalities=[]))["user"] == ""
    assert sent(Request(**base, Metadata={}))["metadata"] == {}


def test_unset_by_position_leaves_that_parameter_open() -> None:
    assert sent(User(ps.UNSET, "user")) == {"role": "user"}
    assert sent(User("hi", "user", ps.UNSET)) == HI
    assert list(map(sent, User.pipe([ps.PSCustomObject(Content="hi")], Role="user", Name=ps.UNSET))) == [HI]


def test_builders_called_with_nothing_give_unset() -> None:
    for name in (
        "CreateChatCompletionRequestModel",
        "CreateChatCompletionRequestStop",
        "PredictionContentContent",
        "ChatCompletionRequestUserMessageContent",
    ):
        assert ps.invoke(f"Initialize-{name}") is ps.UNSET
    assert not ps.UNSET and repr(ps.UNSET) == "UNSET"


def test_value_builders_take_their_value_by_position() -> None:
    assert ps.Initialize_CreateChatCompletionRequestModel("gpt-4o") == "gpt-4o"
    assert ps.Initialize_CreateChatCompletionRequestStop(["a", "b"]) == ["a", "b"]
    parts = ps.Initialize_ChatCompletionRequestUserMessageContent([{"type": "text", "text": "x"}])
    assert sent(User(parts, "user"))["content"] == [{"type": "text", "text": "x"}]


@pytest.mark.parametrize(
    "message",
    [
        {"Role": "user", "Content": "hi"},
        {"ROLE": "USER", "content": "hi"},
        ps.PSCustomObject(Role="user", Content="hi"),
        User("hi", "user"),
    ],
)
def test_a_message_may_be_a_hashtable_in_any_case_a_property_bag_or_a_model(message: Any) -> None:
    assert sent(Request(Messages=message, Model="m"))["messages"] == [HI]
    assert sent(Request(Messages=[message, message], Model="m"))["messages"] == [HI, HI]


def test_keys_that_are_the_caller_s_own_keep_their_case() -> None:
    schema = {"Type": "object", "Properties": {"Role": {"type": "string"}}}
    function = ps.Initialize_FunctionObject(Name="f", Parameters=schema)
    assert sent(function)["parameters"] == schema


def test_a_model_of_another_name_and_equal_shape_fits() -> None:
    """The page passes an AssistantsNamedToolChoiceFunction, which belongs to another part of the API."""
    function = ps.Initialize_AssistantsNamedToolChoiceFunction(Name="f")
    choice = ps.Initialize_ChatCompletionToolChoiceOption(Type="function", VarFunction=function)
    assert sent(Request(Messages=[HI], Model="m", ToolChoice=choice))["tool_choice"] == {
        "type": "function",
        "function": {"name": "f"},
    }


def test_a_union_builder_picks_by_role() -> None:
    build = ps.Initialize_ChatCompletionRequestMessage
    assert type(build(Content="x", Role="system")).__name__ == "ChatCompletionRequestSystemMessage"
    assert type(build("x", "TOOL", ToolCallId="1")).__name__ == "ChatCompletionRequestToolMessage"
    assert build() is ps.UNSET


def test_a_member_of_another_kind_is_kept_and_warned_of_by_name() -> None:
    with pytest.warns(
        ps.PSBridgeWarning, match=r"ChatCompletionRequestUserMessage defines no -Refusal, -ToolCallId;"
    ):
        message = ps.Initialize_ChatCompletionRequestMessage(
            Content="hi", Role="user", Refusal="no", ToolCallId="1"
        )
    assert sent(message) == {**HI, "refusal": "no", "tool_call_id": "1"}


@pytest.mark.parametrize("action", ["SilentlyContinue", "ignore", 0])
def test_warning_action_silences(action: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        message = ps.invoke(
            "Initialize-ChatCompletionRequestMessage", "hi", "user", Refusal="no", WarningAction=action
        )
    assert message.refusal == "no"


def test_warning_action_stop_is_an_error() -> None:
    with pytest.raises(ps.PSBridgeError, match="-Refusal") as caught:
        ps.invoke("Initialize-ChatCompletionRequestMessage", "hi", "user", Refusal="no", WarningAction="Stop")
    assert (
        caught.value.fully_qualified_error_id
        == "ActionPreferenceStop,Initialize-ChatCompletionRequestMessage"
    )


def test_invoke_takes_the_name_in_any_case_with_dash_or_underscore() -> None:
    for name in (
        "initialize-chatcompletionrequestusermessage",
        "Initialize_ChatCompletionRequestUserMessage",
    ):
        assert sent(ps.invoke(name, "hi", "user")) == HI


BAGS = [
    ps.PSCustomObject(Content="a", Role="user"),
    ps.PSCustomObject(Content="b", Role="robot"),
    ps.PSCustomObject(content="c", role="USER"),
]


def test_a_pipeline_binds_by_property_name_lazily() -> None:
    def items() -> Any:
        yield BAGS[0]
        raise AssertionError("drawn before it was asked for")

    results = User.pipe(items())
    assert sent(next(results)) == {"role": "user", "content": "a"}


def test_error_action_says_what_becomes_of_a_failing_item() -> None:
    with pytest.raises(ps.ParameterBindingError, match="robot"):
        list(User.pipe(BAGS))
    kept = list(User.pipe(BAGS, ErrorAction="Continue"))
    assert [isinstance(one, ps.PSBridgeError) for one in kept] == [False, True, False]
    assert kept[1].fully_qualified_error_id.endswith(",Initialize-ChatCompletionRequestUserMessage")
    for action in ("SilentlyContinue", "Ignore"):
        assert [one.content for one in User.pipe(BAGS, ErrorAction=action)] == ["a", "c"]


def test_json_text_becomes_a_model_that_keeps_what_it_does_not_know() -> None:
    text = '{"role":"user","content":"hi","new_in_2030":{"x":null}}'
    message = ps.ConvertFrom_JsonToChatCompletionRequestUserMessage(text)
    assert sent(message) == json.loads(text)
    assert ps.ConvertFrom_JsonToCreateChatCompletionRequestStop('["a"]') == ["a"]

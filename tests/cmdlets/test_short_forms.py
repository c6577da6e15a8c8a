"""What a builder makes of less than its model asks for: an only role, texts, a file's lines, no model."""

from __future__ import annotations

import pytest

import psbridge as ps
from psbridge import models
from psbridge.cmdlets.functions import invoke
from psbridge.offline import OfflineServer


def test_a_message_knows_its_only_role() -> None:
    assert invoke("Initialize-ChatCompletionRequestUserMessage", Content="hi").role == "user"
    assert invoke("Initialize-ChatCompletionTool", VarFunction={"name": "f"}).type == "function"
    with pytest.raises(ps.PSBridgeError, match="'Role'"):
        invoke("Initialize-ChatCompletionRequestUserMessage", Content="hi", Role=None)


def test_texts_are_messages_of_the_user() -> None:
    one = invoke("Initialize-CreateChatCompletionRequest", "hi", "m")
    assert one.model_dump() == {"messages": [{"role": "user", "content": "hi"}], "model": "m"}
    two = invoke(
        "Initialize-CreateChatCompletionRequest", ["hi", {"Role": "assistant", "Content": "ho"}], "m"
    )
    assert [message.role for message in two.messages] == ["user", "assistant"]
    with pytest.raises(ps.InvalidValueError, match=r"'Messages\[1\]'"):
        invoke("Initialize-CreateChatCompletionRequest", ["hi", 5], "m")


def test_the_lines_of_a_file_are_one_text() -> None:
    assert invoke("Initialize-ChatCompletionRequestUserMessage", ["a", "b"]).content == "a\nb"
    assert (
        invoke("Initialize-ChatCompletionRequestMessage", Role="user", Content=["a", "b"]).content == "a\nb"
    )
    with pytest.raises(ps.InvalidValueError, match="'Content"):
        invoke("Initialize-ChatCompletionRequestUserMessage", ["a", 1])


def test_a_request_without_a_model_is_sent_with_the_configured_one(server: OfflineServer) -> None:
    request = invoke("Initialize-CreateChatCompletionRequest", "hi")
    assert "model" not in request.model_dump()
    with ps.use_configuration(model="gpt-4o"):
        ps.New_ChatCompletion(request)
    assert server.requests[-1].json == {"messages": [{"role": "user", "content": "hi"}], "model": "gpt-4o"}
    with pytest.raises(ps.InvalidValueError, match="'Model' cannot be null"):
        invoke("Initialize-CreateChatCompletionRequest", "hi", None)
    with pytest.raises(ps.InvalidValueError, match="'Messages' cannot be null"):
        ps.New_ChatCompletion(Messages=None, Model="m")


def test_a_reply_among_messages_is_the_assistants_turn(server: OfflineServer) -> None:
    """As in PowerShell: of the reply's message, what a request may hold."""
    reply = ps.New_ChatCompletion(Messages="hi", Model="m")
    turn = {"role": "assistant", "content": reply.choices[0].message.content}
    asked = [{"role": "user", "content": "hi"}, turn, {"role": "user", "content": "more"}]
    for given in (reply, reply.choices[0].message):
        ps.New_ChatCompletion(Messages=["hi", given, "more"], Model="m")
        assert server.requests[-1].json["messages"] == asked
    ps.New_ChatCompletion({"model": "m", "messages": ["hi", reply.choices[0].message, "more"]})
    assert server.requests[-1].json["messages"] == asked


def test_a_reply_that_calls_a_tool_has_no_content_in_its_turn(server: OfflineServer) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    reply = ps.New_ChatCompletion(Messages="hi", Model="m", Tools=[tool], ToolChoice="required")
    calls = reply.choices[0].message.tool_calls
    assert calls and isinstance(calls[0], models.ChatCompletionMessageToolCall)
    result = {"role": "tool", "tool_call_id": calls[0].id, "content": "done"}
    ps.New_ChatCompletion(Messages=["hi", reply, result], Model="m")
    assert server.requests[-1].json["messages"][1].keys() == {"role", "tool_calls"}


def test_a_reply_without_an_answer_is_no_turn(server: OfflineServer) -> None:
    reply = ps.New_ChatCompletion(Messages="hi", Model="m")
    reply.choices = []
    with pytest.raises(ps.InvalidValueError, match=r"'Messages\[1\]"):
        ps.New_ChatCompletion(Messages=["hi", reply], Model="m")

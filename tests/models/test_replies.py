"""What servers send, taken as it is: an answer that was paid for is never lost to a strange member."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psbridge.models import (
    ChatCompletionResponseMessage,
    ChatCompletionTokenLogprob,
    CreateChatCompletionResponse,
    CreateChatCompletionResponseChoicesInner,
    CreateChatCompletionStreamResponse,
    InvalidValueError,
    Model,
)

from .strategies import ANY_JSON, MODELS, members

REPLY: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "gpt-4o",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
ODD: list[Any] = [None, True, 0, -1, 1.5, 2**80, "", "text", [], [None], ["a"], {}, {"a": None}, [[]], [{}]]
CREATE = CreateChatCompletionResponse


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in pairs:
        found += _places(inner, (*path, step))
    return found


def _with(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    copied = json.loads(json.dumps(value))
    here = copied
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = odd
    return copied


@pytest.mark.parametrize("path", _places(REPLY), ids=lambda path: ".".join(map(str, path)))
def test_any_value_at_any_place_is_kept_and_the_rest_stays_readable(path: tuple[Any, ...]) -> None:
    for odd in ODD:
        data = _with(REPLY, path, odd)
        reply = CREATE.from_reply(json.dumps(data))
        assert json.loads(reply.model_dump_json()) == data
        assert reply.model_dump() == data
        if path[0] != "id":
            assert reply.id == "chatcmpl-1"
        if path[0] != "choices":
            assert reply.choices[0].message.content == "Hello"
        if path[:2] == ("choices", 0) and len(path) > 2:
            assert isinstance(reply.choices[0], CreateChatCompletionResponseChoicesInner)


@pytest.mark.parametrize("path", _places(REPLY), ids=lambda path: ".".join(map(str, path)))
def test_any_member_may_be_missing(path: tuple[Any, ...]) -> None:
    data = json.loads(json.dumps(REPLY))
    here = data
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    assert json.loads(CREATE.from_reply(json.dumps(data)).model_dump_json()) == data


@settings(max_examples=60, deadline=None)
@given(model=st.sampled_from(MODELS), data=st.data())
def test_any_object_is_a_reply_to_some_server(model: type[Model], data: Any) -> None:
    wires = st.sampled_from([*model.model_fields, "newer"])
    garbage = data.draw(st.dictionaries(wires, ANY_JSON | members(model), max_size=4))
    built = model.from_reply(json.dumps(garbage))
    assert isinstance(built, model)
    assert json.loads(built.model_dump_json()) == garbage


def test_one_bad_choice_does_not_spoil_the_others() -> None:
    data = {**REPLY, "choices": [None, *REPLY["choices"], "text"]}
    reply = CREATE.from_reply(json.dumps(data))
    assert reply.choices[0] is None
    assert reply.choices[1].message.content == "Hello"
    assert reply.choices[2] == "text"


def test_what_servers_really_do() -> None:
    """Content in parts, a call without an id, an unknown finish reason, another case, an error inside."""
    reply = CREATE.from_reply(
        json.dumps(
            {
                "choices": [
                    {
                        "finish_reason": "eos_token",
                        "message": {
                            "role": "Assistant",
                            "content": [{"type": "text", "text": "Hi"}],
                            "reasoning_content": "thinking",
                            "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}],
                        },
                    }
                ],
                "error": {"message": "late"},
            }
        )
    )
    choice: Any = reply.choices[0]  # more than the annotations say
    assert choice.finish_reason == "eos_token"
    assert choice.message.role == "assistant"
    assert choice.message.content == [{"type": "text", "text": "Hi"}]
    assert choice.message.reasoning_content == "thinking"
    assert choice.message.tool_calls[0].function.arguments == {"a": 1}
    assert reply.error == {"message": "late"}
    assert "index" not in choice.model_fields_set
    assert choice.index is None


def test_a_chunk_may_be_next_to_nothing() -> None:
    for text in ("{}", '{"choices": []}', '{"choices": [{"delta": null}]}', '{"choices": null, "usage": {}}'):
        chunk = CreateChatCompletionStreamResponse.from_reply(text)
        assert json.loads(chunk.model_dump_json()) == json.loads(text)


def test_numbers_json_does_not_have_are_read_and_written_as_null() -> None:
    """Servers written in Python send `-Infinity` for the logarithm of nothing."""
    one = ChatCompletionTokenLogprob.from_reply('{"token": "a", "logprob": -Infinity, "newer": NaN}')
    assert one.logprob == -math.inf
    assert math.isnan(one.newer)
    assert json.loads(one.model_dump_json()) == {"token": "a", "logprob": None, "newer": None}


def test_text_in_another_encoding_or_cut_in_half_is_read_as_far_as_it_goes() -> None:
    text = '{"content": "caf\u00e9 \U0001f600"}'
    for data in (
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        "\ufeff" + text,
        json.dumps(json.loads(text)),
    ):
        assert ChatCompletionResponseMessage.from_reply(data).content == "caf\u00e9 \U0001f600"
    for broken in (
        text.encode().replace(b"\x98\x80", b""),
        '{"content": "caf\u00e9 \\ud83d"}',
        '{"content": "caf\u00e9 \\uDE00"}',
        '{"content": "caf\u00e9 \ud83d"}',
    ):
        assert ChatCompletionResponseMessage.from_reply(broken).content == "caf\u00e9 \ufffd"
    both = ChatCompletionResponseMessage.from_reply(
        '{"content": "\\\\ud83d \\ud83d\\ude00\\ud83d", "k\\ud83d": 1}'
    )
    assert json.loads(both.model_dump_json()) == {"content": "\\ud83d \U0001f600\ufffd", "k\ufffd": 1}


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "1", "<html>Bad Gateway</html>", '{"id": ', "\x00", '{"a": ' * 300]
)
def test_what_is_no_object_at_all_is_refused(text: str) -> None:
    for data in (text, text.encode()):
        with pytest.raises(InvalidValueError, match="invalid value for 'Json', must ") as caught:
            CREATE.from_reply(data)
        assert caught.value.parameter == "Json"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=40) | st.text(st.characters(), max_size=40))
def test_garbage_is_refused_and_nothing_else_happens(data: bytes | str) -> None:
    try:
        CREATE.from_reply(data)
    except InvalidValueError as error:
        assert error.parameter == "Json"

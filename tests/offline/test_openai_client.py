"""The official `openai` client talks to the server as to OpenAI: what it accepts, the server says rightly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.offline import Fault, OfflineServer

openai = pytest.importorskip("openai", reason="the official client is not installed")

MESSAGES = [{"role": "user", "content": "What is the weather in Oslo?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def own() -> Iterator[OfflineServer]:
    with OfflineServer(api_key="sk-right") as running:
        yield running


@pytest.fixture
def client(own: OfflineServer) -> Iterator[Any]:
    with openai.OpenAI(base_url=own.base_url, api_key="sk-right", max_retries=0) as made:
        yield made


def test_a_chat(client: Any) -> None:
    reply = client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, n=2, logprobs=True, top_logprobs=1
    )
    assert len(reply.choices) == 2
    assert "not a model" in reply.choices[0].message.content
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply.choices[0].logprobs.content[0].top_logprobs[0].token
    assert reply._request_id.startswith("req_")


def test_a_stream_with_usage(client: Any) -> None:
    with client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = list(stream)
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said.endswith("You said: What is the weather in Oslo?")
    assert chunks[-1].usage.completion_tokens > 0


def test_its_stream_helper_puts_the_chunks_together(client: Any) -> None:
    with client.chat.completions.stream(model="gpt-4o", messages=MESSAGES, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= kinds
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == {"city": "offline"}
    assert final.choices[0].finish_reason == "tool_calls"


def test_a_conversation_with_a_tool(client: Any) -> None:
    first = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, tools=[TOOL])
    message = first.choices[0].message
    [call] = message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "offline"}
    answer = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    history = [*MESSAGES, message.model_dump(exclude_none=True), answer]
    second = client.chat.completions.create(model="gpt-4o", messages=history, tools=[TOOL])
    assert second.choices[0].message.content.endswith("The tool answered: rain")


def test_its_structured_output(client: Any) -> None:
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Ticket", title=(str, ...), urgent=(bool, ...), tags=(list[str], ...))
    reply = client.chat.completions.parse(model="gpt-4o", messages=MESSAGES, response_format=model)
    assert isinstance(reply.choices[0].message.parsed, model)


def test_stored_completions(client: Any) -> None:
    made = [
        client.chat.completions.create(
            model="gpt-4o", messages=MESSAGES, store=True, metadata={"n": str(number)}
        )
        for number in range(5)
    ]
    completions = client.chat.completions
    assert completions.retrieve(made[0].id).metadata == {"n": "0"}
    assert [item.id for item in completions.list(limit=2)] == [item.id for item in made]
    assert [item.id for item in completions.list(limit=2, order="desc")] == [item.id for item in made[::-1]]
    assert [item.id for item in completions.list(metadata={"n": "3"})] == [made[3].id]
    assert completions.update(made[1].id, metadata={"n": "9"}).metadata == {"n": "9"}
    [message] = completions.messages.list(made[0].id)
    assert (message.role, message.content) == ("user", MESSAGES[0]["content"])
    assert completions.delete(made[0].id).deleted is True
    with pytest.raises(openai.NotFoundError):
        completions.retrieve(made[0].id)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "InternalServerError"),
    ],
)
def test_each_status_is_the_error_it_should_be(
    own: OfflineServer, client: Any, status: int, error: str
) -> None:
    own.faults.add(Fault(status=status))
    with pytest.raises(getattr(openai, error)) as caught:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert caught.value.status_code == status
    assert caught.value.request_id.startswith("req_")
    assert caught.value.type


def test_a_refusal_carries_code_and_param(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES, temperature=3)
    assert (caught.value.code, caught.value.param) == ("decimal_above_max_value", "temperature")


def test_a_wrong_key_is_an_authentication_error(own: OfflineServer) -> None:
    with (
        openai.OpenAI(base_url=own.base_url, api_key="sk-wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        client.models.list()
    assert caught.value.code == "invalid_api_key"


def test_it_retries_what_the_server_asks_it_to(own: OfflineServer) -> None:
    own.faults.add(Fault(status=429, retry_after_ms=1, times=2))
    with openai.OpenAI(base_url=own.base_url, api_key="sk-right", max_retries=2) as client:
        assert client.chat.completions.create(model="gpt-4o", messages=MESSAGES).choices
    assert own.requests.total == 3


def test_an_error_within_a_stream_reaches_it(own: OfflineServer, client: Any) -> None:
    own.faults.add(Fault(error_after_chunks=2, message="It broke"))
    with (
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True) as stream,
        pytest.raises(openai.APIError, match="It broke"),
    ):
        list(stream)


def test_a_cut_connection_and_a_stall_reach_it(own: OfflineServer, client: Any) -> None:
    own.faults.add(Fault(cut=True, times=1))
    own.faults.add(Fault(stall=True))
    with pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES, timeout=0.3)


def test_models(client: Any) -> None:
    names = [model.id for model in client.models.list()]
    assert client.models.retrieve(names[0]).id == names[0]


def test_azure(own: OfflineServer) -> None:
    with openai.AzureOpenAI(
        azure_endpoint=own.origin, azure_deployment="mine", api_key="sk-right", api_version="2024-10-21"
    ) as client:
        reply = client.chat.completions.create(model="mine", messages=MESSAGES)
    assert reply.model == "mine"
    assert own.requests[-1].path == "/openai/deployments/mine/chat/completions"
    assert own.requests[-1].query == {"api-version": "2024-10-21"}


def test_the_asynchronous_client(own: OfflineServer) -> None:
    import asyncio

    async def run() -> None:
        async with openai.AsyncOpenAI(base_url=own.base_url, api_key="sk-right") as client:
            replies = await asyncio.gather(
                *(
                    client.chat.completions.create(
                        model="m", messages=[{"role": "user", "content": str(number)}]
                    )
                    for number in range(20)
                )
            )
            for number, reply in enumerate(replies):
                assert reply.choices[0].message.content.endswith(f"You said: {number}")

    asyncio.run(run())

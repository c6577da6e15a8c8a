"""ChatApi's calls as a reader of the C# page makes them, against the offline server."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import Callable
from datetime import timedelta, timezone

import pytest

import psbridge as ps
from psbridge import ApiException, ApiResponse, BearerToken, ChatApi, Option, configure_api
from psbridge.chatapi import (
    ApiResponseEventArgs,
    ExceptionEventArgs,
    HttpClientSettings,
    JsonConverter,
)
from psbridge.client import Cancellation, Configuration, set_configuration
from psbridge.client import errors as client_errors
from psbridge.client.errors import (
    AuthenticationError,
    CallCancelledError,
    ConnectionFailedError,
    RateLimitError,
)
from psbridge.models import CreateChatCompletionResponse
from psbridge.offline import Fault, OfflineServer, fingerprint

from .conftest import BODY, KEY


def test_a_request_gives_its_completion(here: Configuration) -> None:
    message = ps.Initialize_ChatCompletionRequestUserMessage(Content="Hello there", Role="user")
    request = ps.Initialize_CreateChatCompletionRequest(Messages=message, Model="gpt-4o")
    reply = ChatApi().CreateChatCompletion(request)
    assert isinstance(reply, CreateChatCompletionResponse)
    assert reply.choices[0].message.content


def test_tables_and_json_text_are_requests_too(here: Configuration, server: OfflineServer) -> None:
    api = ChatApi()
    api.create_chat_completion(BODY)
    api.create_chat_completion(
        '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello there"}]}'
    )
    assert server.requests[-1].json == server.requests[-2].json == BODY


def test_a_missing_model_is_the_configurations(here: Configuration, server: OfflineServer) -> None:
    set_configuration(model="gpt-4o-mini")
    ChatApi().CreateChatCompletion({"messages": BODY["messages"]})
    assert server.requests[-1].json["model"] == "gpt-4o-mini"


def test_an_error_status_raises_the_pages_exception_and_the_cmdlets(
    here: Configuration, server: OfflineServer
) -> None:
    server.faults.add(Fault(status=429, retry_after=7, times=2))
    with pytest.raises(ApiException) as caught:
        ChatApi().CreateChatCompletion(BODY)
    error = caught.value
    assert isinstance(error, RateLimitError)
    assert (error.StatusCode, error.ReasonPhrase, error.retry_after) == (429, "Too Many Requests", 7)
    assert '"error"' in error.RawContent
    with pytest.raises(RateLimitError) as by_cmdlet:
        ps.New_ChatCompletion(BODY)
    assert (error.error_id, error.category) == (by_cmdlet.value.error_id, by_cmdlet.value.category)


def test_a_failure_without_a_reply_is_an_api_exception_without_a_status(here: Configuration) -> None:
    set_configuration(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ApiException) as caught:
        ChatApi().CreateChatCompletion(BODY)
    assert isinstance(caught.value, ConnectionFailedError)
    assert (caught.value.StatusCode, caught.value.RawContent) == (None, "")


def test_every_client_error_has_its_api_exception_and_survives_pickle() -> None:
    from psbridge.chatapi.response import api_exception

    for kind in client_errors.POWERSHELL:
        error = api_exception(kind("It went wrong.", status=500, body=b"why"))
        assert isinstance(error, ApiException)
        assert isinstance(error, kind)
        assert (error.error_id, error.category) == client_errors.power_shell_identity(kind)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (again.message, again.RawContent, str(again)) == ("It went wrong.", "why", "It went wrong.")
        assert copy.copy(error).StatusCode == 500


def test_the_exception_can_be_made_as_the_page_makes_it() -> None:
    error = ApiException("Not Found", 404, '{"error": {}}')
    assert (error.ReasonPhrase, error.StatusCode, error.RawContent) == ("Not Found", 404, '{"error": {}}')


def test_a_bad_request_is_refused_before_anything_is_sent(here: Configuration, server: OfflineServer) -> None:
    with pytest.raises(ps.InvalidValueError, match="TopLogprobs"):
        ChatApi().CreateChatCompletion({**BODY, "top_logprobs": 99})
    with pytest.raises(ps.InvalidValueError, match="'Stream', must not be true"):
        ChatApi().CreateChatCompletion({**BODY, "stream": True})
    assert server.requests.total == 0


async def _async(api: ChatApi, request: object = BODY) -> ApiResponse[CreateChatCompletionResponse]:
    async with api:
        return await api.CreateChatCompletionAsync(request)  # type: ignore[arg-type]


def test_the_response_says_all_the_page_says(here: Configuration, server: OfflineServer) -> None:
    response = asyncio.run(_async(ChatApi()))
    assert (response.StatusCode, response.ReasonPhrase) == (200, "OK")
    assert response.IsOk
    assert response.IsSuccessStatusCode
    found, completion = response.TryOk()
    assert found
    assert completion is response.Ok() is not None
    assert response.RawContent.encode() == response.ContentStream.read()
    assert CreateChatCompletionResponse.from_reply(response.RawContent) == response.Ok()
    assert response.Headers["content-type"].startswith("application/json")
    assert {name.lower() for name in response.ContentHeaders} == {"content-type", "content-length"}
    assert response.RequestedAt.tzinfo is timezone.utc
    assert timedelta(0) <= response.DownloadedAt - response.RequestedAt < timedelta(minutes=1)
    assert (response.Path, response.RequestUri) == (
        "/chat/completions",
        f"{server.base_url}/chat/completions",
    )
    assert response.EnsureSuccessStatusCode() is response


def test_async_gives_an_error_status_without_raising(here: Configuration, server: OfflineServer) -> None:
    server.faults.add(Fault(status=401, times=1))
    response = asyncio.run(_async(ChatApi()))
    assert (response.StatusCode, response.IsOk, response.IsSuccessStatusCode) == (401, False, False)
    assert response.Ok() is None
    assert response.TryOk() == (False, None)
    assert '"error"' in response.RawContent
    assert response.RequestUri == f"{server.base_url}/chat/completions"
    assert response.DownloadedAt >= response.RequestedAt
    with pytest.raises(AuthenticationError):
        response.EnsureSuccessStatusCode()


def test_async_raises_where_there_is_no_response_and_or_default_gives_none(here: Configuration) -> None:
    set_configuration(base_url="http://127.0.0.1:9/v1")

    async def both() -> None:
        async with ChatApi() as api:
            assert await api.CreateChatCompletionOrDefaultAsync(BODY) is None
            assert await api.create_chat_completion_or_default_async({**BODY, "top_logprobs": 99}) is None
            with pytest.raises(ApiException):
                await api.CreateChatCompletionAsync(BODY)

    asyncio.run(both())


def test_or_default_gives_the_response_of_an_error_status(here: Configuration, server: OfflineServer) -> None:
    server.faults.add(Fault(status=500, times=1))

    async def call() -> None:
        async with ChatApi() as api:
            response = await api.CreateChatCompletionOrDefaultAsync(BODY)
            assert response is not None
            assert response.StatusCode == 500

    asyncio.run(call())


def test_one_api_serves_one_event_loop_after_another(here: Configuration) -> None:
    api = ChatApi()
    assert [asyncio.run(_async(api)).StatusCode for _ in range(3)] == [200, 200, 200]


def test_a_cancelled_cancellation_ends_both_kinds_of_call(here: Configuration, server: OfflineServer) -> None:
    server.faults.add(Fault(delay=30))
    calls: list[Callable[[ChatApi, Cancellation], object]] = [
        lambda api, cancel: api.CreateChatCompletion(BODY, cancel),
        lambda api, cancel: asyncio.run(api.CreateChatCompletionAsync(BODY, cancel)),
    ]
    for call in calls:
        cancellation = Cancellation()
        threading.Timer(0.2, cancellation.cancel).start()
        with pytest.raises(CallCancelledError):
            call(ChatApi(), cancellation)


def test_cancelling_the_task_stays_a_cancelled_task(here: Configuration, server: OfflineServer) -> None:
    server.faults.add(Fault(delay=30))

    async def call() -> None:
        task = asyncio.create_task(ChatApi().CreateChatCompletionOrDefaultAsync(BODY, Cancellation()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(call())


def test_events_tell_of_requests_responses_and_errors(here: Configuration, server: OfflineServer) -> None:
    told: list[str] = []
    api = ChatApi()

    def came(sender: object, args: ApiResponseEventArgs) -> None:
        told.append(f"after {args.ApiResponse.StatusCode}")

    def failed(sender: object, args: ExceptionEventArgs) -> None:
        assert sender is api
        told.append(f"error {type(args.Exception).__name__}")

    api.Events.BeforeCreateChatCompletion += lambda sender, args: told.append(
        f"before {args.Request['model']}"
    )
    api.Events.OnCreateChatCompletion += came
    api.events.on_error_create_chat_completion += failed
    api.CreateChatCompletion(BODY)
    server.faults.add(Fault(status=400, times=1))
    with pytest.raises(ApiException):
        api.CreateChatCompletion(BODY)
    set_configuration(base_url="http://127.0.0.1:9/v1")
    asyncio.run(api.CreateChatCompletionOrDefaultAsync(BODY))
    assert told == [
        "before gpt-4o",
        "after 200",
        "before gpt-4o",
        "after 400",
        "before gpt-4o",
        "error ApiConnectionFailedError",
    ]
    api.Events.OnCreateChatCompletion -= came
    assert len(api.Events.OnCreateChatCompletion) == 0


def test_an_observer_that_fails_loses_no_answer_and_one_that_refuses_sends_nothing(
    here: Configuration, server: OfflineServer
) -> None:
    api = ChatApi()

    def broken(sender: object, args: object) -> None:
        raise RuntimeError("observer")

    api.Events.OnCreateChatCompletion += broken
    assert api.CreateChatCompletion(BODY).id
    api.Events.BeforeCreateChatCompletion += broken
    with pytest.raises(RuntimeError):
        api.CreateChatCompletion(BODY)
    assert server.requests.total == 1


def test_an_unset_option_is_left_out_and_null_is_sent(here: Configuration, server: OfflineServer) -> None:
    request = {**BODY, "user": Option(), "temperature": Option(0.5), "stop": Option(None)}
    ChatApi().CreateChatCompletion(request)
    assert server.requests[-1].json == {**BODY, "temperature": 0.5, "stop": None}
    assert (Option().IsSet, Option(None).IsSet, Option(ps.UNSET).is_set) == (False, True, False)
    assert Option().OrUnset() is ps.UNSET
    assert Option(None).Value is None
    assert Option(3) == Option(3) != Option()


def test_an_unset_option_passed_to_a_cmdlet_leaves_the_parameter_out() -> None:
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=[{"role": "user", "content": "hi"}], Model="gpt-4o", User=Option[str]().OrUnset()
    )
    assert "user" not in request.model_fields_set


def test_converters_decide_how_values_of_a_table_go_out(here: Configuration, server: OfflineServer) -> None:
    api = configure_api(
        lambda options: options.AddTokens(BearerToken(KEY)).ConfigureJsonOptions(
            lambda json: json.Converters.append(JsonConverter(complex, lambda value: str(value)))
        )
    ).Create(ChatApi)
    with api:
        api.CreateChatCompletion({**BODY, "metadata": {"z": 1 + 2j}})
    assert server.requests[-1].json["metadata"] == {"z": "(1+2j)"}


def test_options_become_the_clients_settings(server: OfflineServer) -> None:
    def address(client: HttpClientSettings) -> None:
        client.BaseAddress = server.base_url
        client.DefaultRequestHeaders["X-Team"] = "blue"

    host = configure_api(
        lambda options: (
            options.AddTokens(BearerToken(KEY, timedelta(seconds=0)))
            .UseProvider(ps.RateLimitProvider)
            .AddApiHttpClients(
                address,
                lambda builder: builder.AddRetryPolicy(1).AddTimeoutPolicy(timedelta(seconds=20)),
            )
        )
    )
    server.faults.add(Fault(status=503, times=1, retry_after=0))
    with host.Create(ChatApi) as api:
        assert api.CreateChatCompletion(BODY).id
    last = server.requests[-1]
    assert server.requests.total == 2
    assert last.headers["x-team"] == "blue"
    assert fingerprint(KEY) in last.headers["authorization"]


def test_the_time_limit_covers_the_whole_call(server: OfflineServer) -> None:
    server.faults.add(Fault(delay=30))
    set_configuration(base_url=server.base_url, access_token=KEY)
    api = configure_api(
        lambda options: options.AddApiHttpClients(builder=lambda builder: builder.AddTimeoutPolicy(0.3))
    ).Create()
    with api, pytest.raises(client_errors.DeadlineError):
        api.CreateChatCompletion(BODY)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda options: options.AddTokens("sk-1"),
        lambda options: options.AddTokens([1]),
        lambda options: options.UseProvider(dict),
        lambda options: options.AddApiHttpClients(builder=lambda b: b.AddRetryPolicy(-1)),
        lambda options: options.AddApiHttpClients(builder=lambda b: b.AddTimeoutPolicy(0)),
        lambda options: options.AddApiHttpClients(builder=lambda b: b.AddCircuitBreakerPolicy(0, 1)),
        lambda options: options.AddApiHttpClients(builder=lambda b: b.AddCircuitBreakerPolicy(1, 0)),
        lambda options: options.AddApiHttpClients(lambda c: setattr(c, "BaseAddress", "nowhere")),
        lambda options: options.AddTokens(BearerToken("")),
        lambda options: options.AddTokens(BearerToken("a\nb")),
        lambda options: options.AddTokens(BearerToken("a", -1)),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_in_a_sentence(wrong: object) -> None:
    with pytest.raises(client_errors.ConfigurationError) as caught:
        configure_api(wrong).Create()  # type: ignore[arg-type]
    assert caught.value.parameter
    assert caught.value.message.endswith(".")

"""The surface of the C# page: every name there, each with its snake_case twin, blocking and asyncio alike."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from datetime import date, datetime, timezone
from enum import Enum

import pytest

import psbridge
from psbridge import ClientUtils, Option, chatapi
from psbridge.cmdlets import chatapi as typed

PAGE = {
    "ChatApi": "CreateChatCompletion CreateChatCompletionAsync CreateChatCompletionOrDefaultAsync Events",
    "ApiResponse": "StatusCode ReasonPhrase IsSuccessStatusCode IsOk Ok TryOk RawContent ContentStream "
    "Headers ContentHeaders RequestedAt DownloadedAt Path RequestUri",
    "ApiException": "ReasonPhrase StatusCode RawContent",
    "BearerToken": "Value Timeout",
    "TokenContainer": "Tokens",
    "TokenProvider": "GetAsync",
    "RateLimitProvider": "GetAsync",
    "HostConfiguration": "AddTokens UseProvider AddApiHttpClients ConfigureJsonOptions",
    "ClientBuilder": "AddRetryPolicy AddTimeoutPolicy AddCircuitBreakerPolicy",
    "ApiFactory": "Create",
    "Option": "IsSet Value",
    "ClientUtils": "BASE_ADDRESS ParameterToString TryDeserialize",
}


def _class(name: str) -> type:
    found = getattr(psbridge, name, None) or getattr(chatapi, name)
    assert isinstance(found, type)
    return found


@pytest.mark.parametrize("name", PAGE)
def test_every_name_of_the_page_is_there(name: str) -> None:
    for member in PAGE[name].split():
        assert hasattr(_class(name), member), member


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("name", PAGE)
def test_every_pascal_name_has_its_snake_case_twin(name: str) -> None:
    cls = _class(name)
    for member in [one for one in dir(cls) if re.match("[A-Z]", one) and "Details" not in one]:
        if name == "ApiException" and member in ("Response", "Exception"):
            continue  # what a ported catch block reads of every client error
        own = inspect.getattr_static(cls, member)
        assert inspect.getattr_static(cls, snake(member)) is own, member


def test_events_have_both_names_for_one_event() -> None:
    events = chatapi.ChatApiEvents()
    for member in list(vars(events)):
        assert getattr(events, snake(member)) is getattr(events, member)
        setattr(events, snake(member), fresh := chatapi.Event())
        assert getattr(events, member) is fresh


def test_blocking_and_asyncio_calls_take_the_same() -> None:
    api = psbridge.ChatApi
    blocking = inspect.signature(api.CreateChatCompletion).parameters
    for twin in (api.CreateChatCompletionAsync, api.CreateChatCompletionOrDefaultAsync):
        assert inspect.signature(twin).parameters == blocking
        assert inspect.iscoroutinefunction(twin)


def test_the_builders_of_options_are_one_function() -> None:
    assert typed.configure_api is typed.ConfigureApi is typed.AddApi is typed.add_api


def test_importing_psbridge_loads_none_of_it() -> None:
    code = (
        "import psbridge, sys;"
        "print([m for m in sys.modules if 'chatapi' in m or m in ('httpx', 'httpcore', 'pydantic')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        (Colour.RED, "red"),
        (["a", 1, False], "a,1,false"),
        (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "2024-01-02T03:04:05+00:00"),
        (Option("x"), "x"),
        (Option(), None),
    ],
)
def test_parameters_as_text(value: object, text: str | None) -> None:
    assert ClientUtils.ParameterToString(value) == text


def test_try_deserialize_tells_instead_of_raising() -> None:
    assert ClientUtils.TryDeserialize("{") == (False, None)
    text = '{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[]}'
    found, model = ClientUtils.TryDeserialize(text)
    assert found
    assert model is not None
    assert model.id == "c"
    assert ClientUtils.BASE_ADDRESS == "https://api.openai.com/v1"

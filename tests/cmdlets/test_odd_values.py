"""Values that cannot be sent, or only look so: a sentence that names their place, or they go out as meant."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

import psbridge as ps
from psbridge.binding.values import PSCustomObject
from psbridge.client import Client, Configuration
from psbridge.client.errors import ClientError, RequestError
from psbridge.errors import PSBridgeError

MESSAGE: dict[str, Any] = {"Messages": "x", "Model": "m"}
HALF = "\ud83d"


def circle() -> Any:
    table: dict[str, Any] = {}
    table["a"] = table
    return table


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"Messages": HALF}, "'Messages[0].Content', must be valid Unicode"),
        ({"Messages": [{"role": "user", "content": HALF}]}, "'Messages[0].Content', must be valid Unicode"),
        ({"AdditionalBody": {"a": [{"b": HALF}]}}, "'a[0].b' holds half of a surrogate pair"),
        ({"AdditionalBody": {HALF: 1}}, "the name of a member holds half of a surrogate pair"),
        ({"AdditionalBody": {"a": {"b": float("nan")}}}, "'a.b' is not finite"),
        ({"AdditionalBody": {"a": [10**5000]}}, "'a[0]' is an integer of too many digits"),
        ({"AdditionalBody": circle()}, "it holds itself"),
        ({"AdditionalQuery": {"q": HALF}}, "AdditionalQuery: 'q' holds half of a surrogate pair"),
        ({"AdditionalHeaders": {"x": HALF}}, "AdditionalHeaders: the value of the header 'x'"),
        ({"TimeoutSec": 1e300}, "TimeoutSec must be a number of seconds"),
        ({"TimeoutSec": float("nan")}, "TimeoutSec must be a number of seconds"),
        ({"TimeoutSec": 0}, "TimeoutSec must be a number of seconds"),
        ({"MaxRetryCount": -1}, "MaxRetryCount must be a whole number"),
        (
            {"CreateChatCompletionRequest": {**circle(), "messages": []}, "Messages": None, "Model": None},
            "must not contain itself",
        ),
        ({"Metadata": circle()}, "must not contain itself"),
    ],
)
def test_what_cannot_be_sent_is_one_sentence(
    server: ps.OfflineServer, parameters: dict[str, Any], told: str
) -> None:
    """And nothing is sent."""
    given = {name: value for name, value in {**MESSAGE, **parameters}.items() if value is not None}
    with pytest.raises(PSBridgeError) as caught:
        ps.New_ChatCompletion(**given)
    assert told in caught.value.message and "\n" not in caught.value.message
    assert not server.requests


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": "5"}, "timeout must be"),
        ({"idle_timeout": 1e300}, "idle_timeout must be"),
        ({"max_retries": "2"}, "max_retries must be"),
        ({"idempotency_key": "ключ"}, "idempotency_key must be a text"),
        ({"idempotency_key": 5}, "idempotency_key must be a text"),
        ({"idempotency_key": "a\nb"}, "idempotency_key must be a text"),
    ],
)
def test_the_clients_options_are_called_by_their_own_names(options: Any, told: str) -> None:
    """Not by the cmdlets'."""
    with (
        Client(Configuration(base_url="http://127.0.0.1:9/v1")) as client,
        pytest.raises(RequestError) as caught,
    ):
        client.create({"model": "m", "messages": []}, **options)
    assert caught.value.message.startswith(told)
    assert caught.value.parameter == told.split()[0]


@pytest.mark.parametrize(
    "url",
    ["http://x/v1?", "http://x/v1#", "http://x/v1/chat/completions", "http://a..b/v1",
     f"http://{'a' * 64}.de",
     f"http://{'ä' * 60}.de", "http://x:99999/v1", "http://x:a/v1"],
)  # fmt: skip
def test_a_base_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ClientError, match="cannot be used in the base URL"):
        ps.Set_Configuration(BaseUrl=url)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:99999", "ftp://x", "http://x:y"])
def test_a_system_proxy_that_cannot_be_used_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """For a host elsewhere: this machine is asked without a proxy."""
    monkeypatch.setenv("http_proxy", proxy)
    elsewhere = ps.use_configuration(base_url="http://service.invalid/v1", access_token="sk-x", max_retries=0)
    with elsewhere, pytest.raises(ClientError, match="the system's proxy setting"):
        ps.New_ChatCompletion(**MESSAGE)


def test_a_query_says_what_it_means(server: ps.OfflineServer) -> None:
    """Null is left out, true is `true`, a list repeats the key."""
    from psbridge.client.message.request import _flat

    given = {"n": None, "b": True, "f": False, "a": ["p", "q"], "i": 5, "t": {"x": 1}}
    ps.New_ChatCompletion(**MESSAGE, AdditionalQuery=given)
    assert server.requests[-1].query == {"b": "true", "f": "false", "a": "q", "i": "5", "t[x]": "1"}
    assert [pair for pair in _flat(given) if pair[0] == "a"] == [("a", "p"), ("a", "q")]
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5)
    inner = {"a": ["p", None], "t": {"x": None, "y": False}, "d": moment, "s": {7}}
    assert _flat(inner) == [("a", "p"), ("t[y]", "false"), ("d", "2026-01-02T03:04:05"), ("s", "7")]


def test_headers_are_read_in_any_case(server: ps.OfflineServer) -> None:
    """The same on success and on errors."""
    info = ps.New_ChatCompletion(**MESSAGE, WithHttpInfo=True)
    server.faults.add(ps.offline.Fault(status=400, message="no"))
    with pytest.raises(ClientError) as caught:
        ps.New_ChatCompletion(**MESSAGE)
    for headers in (info.Headers, caught.value.headers, caught.value.Exception.Response.Headers):
        assert headers["x-request-id"] == headers["X-REQUEST-ID"] == headers.get("X-Request-Id")
        assert "X-request-ID" in headers


@dataclasses.dataclass
class Point:
    y: int = 1
    x: int = 2


def test_a_schema_keeps_its_order_whatever_it_is_made_of() -> None:
    """A property bag as JSON is read into, an ordered table, and objects with members."""
    bag: Any = ps.PSCustomObject(
        {"type": "object", "properties": ps.PSCustomObject({"z": {"type": "string"}, "a": {}})}
    )
    built: Any = ps.Initialize_FunctionObject(Name="f", Parameters=bag)
    assert list(built.parameters["properties"]) == ["z", "a"]
    built = ps.Initialize_FunctionObject(Name="f", Parameters={"point": Point(), "model": built})
    assert list(built.parameters["point"].items()) == [("y", 1), ("x", 2)]
    assert built.parameters["model"]["name"] == "f"


def test_an_error_about_a_value_says_what_the_parameter_is_for() -> None:
    """As a hint, which tracebacks and the command line show as a note."""
    with pytest.raises(ps.ParameterBindingError) as caught:
        ps.Set_Configuration(ApiKey="sk-alone")  # type: ignore[arg-type]
    assert "a key alone goes to AccessToken" in (caught.value.hint or "")
    with pytest.raises(ps.ParameterBindingError) as caught:
        ps.invoke("New-ChatCompletion", **MESSAGE, max_token=5)
    assert "Did you mean -MaxTokens" in (caught.value.hint or "")
    with pytest.raises(ps.ParameterBindingError) as caught:
        ps.invoke("New-ChatCompletion", **MESSAGE, ThrottleLimt=5)
    assert "Did you mean -ThrottleLimit" in (caught.value.hint or "")


def test_an_error_of_a_pipeline_has_the_line_of_help_too() -> None:
    """Raised, or in the item's place."""
    pipe = ps.Initialize_ChatCompletionTool.pipe
    items = [PSCustomObject({"Type": "none"})]
    (refused,) = pipe(items, ErrorAction="Continue")
    assert isinstance(refused, ps.ParameterBindingError)
    assert (refused.hint or "").startswith("-Type: ")
    with pytest.raises(ps.ParameterBindingError) as caught:
        list(pipe(items))
    assert caught.value.hint == refused.hint

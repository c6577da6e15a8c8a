"""Bad input ends in one sentence that names the parameter, with PowerShell's id, and nothing is sent."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from typing import Any

import pytest

import psbridge as ps
from psbridge.client import Configuration, use_configuration
from psbridge.client.advice import advice
from psbridge.client.errors import ConfigurationError, TlsError
from psbridge.offline import Fault, OfflineServer

HI = {"role": "user", "content": "hi"}
USER = "Initialize-ChatCompletionRequestUserMessage"
REQUEST = "Initialize-CreateChatCompletionRequest"


def _invoke(name: str, *args: Any, **parameters: Any) -> Callable[[], Any]:
    return lambda: ps.invoke(name, *args, **parameters)


CASES: list[tuple[str, Callable[[], Any], str, str | None, str]] = [
    (
        "a wrong parameter name",
        _invoke(USER, Kontent="hi", Role="user"),
        f"NamedParameterNotFound,{USER}",
        "Kontent",
        "'Kontent'",
    ),
    (
        "an ambiguous prefix",
        _invoke(REQUEST, [HI], "m", Max=5),
        f"AmbiguousParameter,{REQUEST}",
        "Max",
        "-MaxTokens -MaxCompletionTokens",
    ),
    (
        "one argument too many",
        _invoke(USER, "hi", "user", "Ann", "more"),
        f"PositionalParameterNotFound,{USER}",
        None,
        "'more'",
    ),
    (
        "a parameter given twice",
        _invoke(USER, Content="a", content="b"),
        f"ParameterAlreadyBound,{USER}",
        "Content",
        "specified more than once",
    ),
    (
        "a text where a number belongs",
        _invoke(REQUEST, [HI], "m", TopLogprobs="many"),
        f"ParameterArgumentTransformationError,{REQUEST}",
        "TopLogprobs",
        '"System.Int32"',
    ),
    (
        "a number too large for its type",
        _invoke("New-ChatCompletion", Messages="hi", MaxTokens=2**40),
        "ParameterArgumentTransformationError,New-ChatCompletion",
        "MaxTokens",
        "too large or too small for an Int32",
    ),
    (
        "a value outside the set",
        _invoke(USER, "hi", "admin"),
        f"ParameterArgumentValidationError,{USER}",
        "Role",
        'does not belong to the set "user"',
    ),
    (
        "a value above the range",
        _invoke(REQUEST, [HI], "m", TopLogprobs=21),
        f"PSBridge.InvalidValue,{REQUEST}",
        "TopLogprobs",
        "invalid value for 'TopLogprobs', must be smaller than or equal to 20.",
    ),
    (
        "a value below the range, in the direct form",
        _invoke("New-ChatCompletion", Messages="hi", Temperature=-1),
        "PSBridge.InvalidValue,New-ChatCompletion",
        "Temperature",
        "invalid value for 'Temperature', must be greater than or equal to 0.",
    ),
    (
        "a missing member",
        _invoke(USER, Name="n"),
        f"PSBridge.InvalidValue,{USER}",
        "Content",
        "invalid value for 'Content', 'Content' cannot be null.",
    ),
    (
        "a missing member further inside",
        _invoke(REQUEST, [HI, {"role": "user"}], "m"),
        f"PSBridge.InvalidValue,{REQUEST}",
        "Messages",
        "'Messages[1].Content'",
    ),
    (
        "a union that fits nothing",
        _invoke("Initialize-CreateChatCompletionRequestStop", {"a": 1}),
        "PSBridge.InvalidValue,Initialize-CreateChatCompletionRequestStop",
        "Value",
        "must be a string or an array, not an object",
    ),
    (
        "a union without what tells its kinds apart",
        _invoke("Initialize-ChatCompletionRequestMessage", Content="hi"),
        "PSBridge.InvalidValue,Initialize-ChatCompletionRequestMessage",
        "Role",
        "must be one of developer, system, user, assistant, tool, function.",
    ),
    (
        "no JSON",
        _invoke("ConvertFrom-JsonToChatCompletionTool", "{nope"),
        "PSBridge.InvalidValue,ConvertFrom-JsonToChatCompletionTool",
        "Json",
        "invalid value for 'Json', must be JSON text",
    ),
    (
        "JSON of another kind",
        _invoke("ConvertFrom-JsonToChatCompletionTool", "[1]"),
        "PSBridge.InvalidValue,ConvertFrom-JsonToChatCompletionTool",
        "Json",
        "must be a JSON object",
    ),
    (
        "no request",
        _invoke("New-ChatCompletion"),
        "PSBridge.MissingRequest,New-ChatCompletion",
        "CreateChatCompletionRequest",
        "required parameter CreateChatCompletionRequest missing",
    ),
    (
        "a number where a request belongs",
        _invoke("New-ChatCompletion", 5),
        "PSBridge.InvalidValue,New-ChatCompletion",
        "CreateChatCompletionRequest",
        "must be a request with messages",
    ),
    (
        "no message",
        _invoke("New-ChatCompletion", Messages=[]),
        "PSBridge.InvalidValue,New-ChatCompletion",
        "Messages",
        "'Messages'",
    ),
    (
        "both ways of calling at once",
        _invoke("New-ChatCompletion", CreateChatCompletionRequest={"messages": [HI]}, Messages="hi"),
        "AmbiguousParameterSet,New-ChatCompletion",
        None,
        "arameter set",
    ),
    (
        "a cmdlet there is none of",
        _invoke("New-ChatCompletin"),
        "CommandNotFoundException",
        None,
        "Did you mean New-ChatCompletion",
    ),
    (
        "a base URL that is none",
        _invoke("Set-Configuration", BaseUrl="api.openai.com"),
        "PSBridge.InvalidConfiguration,Set-Configuration",
        "BaseUrl",
        "Invalid URL 'api.openai.com' cannot be used in the base URL.",
    ),
    (
        "a proxy that is none",
        _invoke("Set-Configuration", Proxy="ftp://x"),
        "PSBridge.InvalidConfiguration,Set-Configuration",
        "Proxy",
        "Proxy must be an http://",
    ),
    (
        "a host there is none of",
        _invoke("Get-UrlFromHostSetting", Index=9),
        "PSBridge.InvalidConfiguration,Get-UrlFromHostSetting",
        "Index",
        "Must be less than 1",
    ),
    (
        "a signing key that is no file",
        _invoke("Set-ConfigurationHttpSigning", KeyId="k", KeyFilePath="no-such-key.pem"),
        "PSBridge.InvalidConfiguration,Set-ConfigurationHttpSigning",
        "KeyFilePath",
        "'no-such-key.pem' is not a file",
    ),
]


@pytest.mark.parametrize(
    ("call", "identity", "parameter", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_bad_input(
    server: ps.OfflineServer, call: Callable[[], Any], identity: str, parameter: str | None, says: str
) -> None:
    with pytest.raises(ps.PSBridgeError) as caught:
        call()
    error = caught.value
    assert error.fully_qualified_error_id == identity
    assert parameter is None or error.parameter == parameter
    assert says in str(error) and "\n" not in str(error)
    assert server.requests.total == 0


def test_a_mistyped_parameter_gets_a_suggestion() -> None:
    with pytest.raises(ps.ParameterBindingError) as caught:
        ps.invoke(USER, Contnet="hi")
    assert caught.value.hint is not None and "Did you mean -Content?" in caught.value.hint


def test_a_mistyped_cmdlet_is_an_attribute_error_with_a_suggestion() -> None:
    with pytest.raises(AttributeError, match="Did you mean New-ChatCompletion"):
        ps.__getattr__("New_ChatCompletin")


def test_an_unreachable_host_is_a_connection_error() -> None:
    ps.Set_Configuration(BaseUrl="http://127.0.0.1:9/v1", AccessToken="sk-x", MaxRetryCount=0)
    with pytest.raises(ps.ClientError, match="no connection") as caught:
        ps.New_ChatCompletion(Messages="hi")
    assert caught.value.fully_qualified_error_id == "PSBridge.ConnectionFailed,New-ChatCompletion"
    assert caught.value.category == "ConnectionError" and caught.value.status is None


def test_a_wrong_key_carries_what_a_ported_catch_block_reads(server: ps.OfflineServer) -> None:
    ps.Get_Configuration().AccessToken = "sk-wrong-key-00000002"
    with pytest.raises(ps.ClientError) as caught:
        ps.New_ChatCompletion(Messages="hi")
    error = caught.value
    assert error.fully_qualified_error_id == "PSBridge.Authentication,New-ChatCompletion"
    assert (error.status, error.code, error.request_id) == (401, "invalid_api_key", "req_offline_00000001")
    assert '"invalid_api_key"' in error.ErrorDetails
    assert error.Exception.Response.Headers["x-request-id"] == error.request_id
    assert "wrong-key" not in f"{error}{error!r}{error.ErrorDetails}"


@pytest.mark.parametrize("value", ["abc", None, float("nan"), -1, 2.5])
@pytest.mark.parametrize("name", ["TimeoutSec", "MaxRetryCount"])
def test_the_live_configuration_takes_good_figures_only(name: str, value: Any) -> None:
    configuration = ps.Get_Configuration()
    before = configuration[name]
    if value is None or (name == "TimeoutSec" and value == 2.5):
        configuration[name] = value
    else:
        with pytest.raises(ps.PSBridgeError) as caught:
            configuration[name] = value
        assert name in str(caught.value) and caught.value.parameter == name
        assert configuration[name] == before


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(status=401), "AuthenticationError", "OPENAI_API_KEY"),
        (Fault(status=403), "PermissionDeniedError", "permissions"),
        (Fault(status=404), "NotFoundError", "BaseUrl"),
        (Fault(status=404, code="model_not_found"), "NotFoundError", "Invoke-ListModels"),
        (Fault(status=429), "RateLimitError", "ThrottleLimit"),
        (Fault(status=429, code="insufficient_quota"), "QuotaError", "billing"),
        (Fault(status=500), "ServerError", "later"),
        (Fault(status=503), "ServerError", "later"),
        (Fault(cut=True), "ConnectionFailedError", "psbridge doctor"),
        (Fault(stall=True), "DeadlineError", "TimeoutSec"),
    ],
)
def test_an_error_of_a_call_says_what_can_be_done(fault: Fault, kind: str, says: str) -> None:
    with OfflineServer() as server:
        server.faults.add(fault)
        here = Configuration(base_url=server.base_url, access_token="sk-x", max_retries=0)
        with use_configuration(here), pytest.raises(ps.ClientError) as caught:
            ps.New_ChatCompletion(Messages="hi", TimeoutSec=2)
    error = caught.value
    assert type(error).__name__ == kind
    assert error.hint is not None and says in error.hint
    assert error.__notes__ == [error.hint] == pickle.loads(pickle.dumps(error)).__notes__


def test_a_server_that_is_not_there_a_proxy_and_a_certificate_have_advice_of_their_own() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    nowhere = f"http://127.0.0.1:{port}"
    told = {}
    cases: dict[str, dict[str, Any]] = {
        "refused": {"base_url": nowhere, "proxy": ""},
        "proxy": {"base_url": "http://service.invalid/v1", "proxy": nowhere},
    }
    for name, settings in cases.items():
        there = Configuration(access_token="sk-x", max_retries=0, **settings)
        with use_configuration(there), pytest.raises(ps.ClientError) as caught:
            ps.New_ChatCompletion(Messages="hi")
        told[name] = caught.value.hint or ""
    assert "BaseUrl" in told["refused"] and "HTTPS_PROXY" in told["proxy"]
    assert "CaBundle" in (advice(TlsError, None) or "")
    assert advice(ConfigurationError, None) is None

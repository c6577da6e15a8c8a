"""Values both ways: what a script gave arrives as meant; what cannot be meant is refused in a sentence."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.bridge.values import encoded
from psbridge.offline import Fault, OfflineServer

from .conftest import REQUEST
from .worker_client import WorkerClient, plain

MESSAGE = "Initialize-ChatCompletionRequestUserMessage"
REQUESTS = "Initialize-CreateChatCompletionRequest"
UNSET = {"$psbridge": "unset"}
HI = [{"role": "user", "content": "hi"}]


def kept(client: WorkerClient, value: Any) -> Any:
    """A value through a free-form member and back."""
    built = client.run("Initialize-FunctionObject", {"Name": "f", "Parameters": {"it": value}})
    return built["set"]["parameters"]["it"]


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**31, 2**63, -(2**63) - 1, 10**300, 0.1, -1e-300, 1e300,
        "", "é", "\u2028", "\x00\x1f", "\U0001f600", "a\nb\r\nc", '"\\', "2024-01-02T03:04:05Z",
        "/Date(1700000000000)/", "12", "true", "null", "\ufeff", "$psbridge",
        [], [[]], [None], {}, {"": ""}, {"a": 1, "A": 2}, {"1": "x", "50256": -100},
        {"$type": "x"}, {"it": {"it": [{"it": []}]}},
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_went(shared: WorkerClient, value: Any) -> None:
    assert kept(shared, value) == value


_NAMES = st.text(max_size=6) | st.just("$psbridge")
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=10,
)


def marked(value: Any) -> Any:
    """Data as it is sent: a member named as the markers are does not make it one."""
    if isinstance(value, dict):
        members = {name: marked(item) for name, item in value.items()}
        if "$psbridge" in value:
            return {"$psbridge": "plain", "members": [one for pair in members.items() for one in pair]}
        return members
    return [marked(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "value",
    [
        {"$psbridge": "unset"},
        {"$psbridge": ["Unset"]},
        {"$psbridge": "model", "type": "ChatCompletionRequestUserMessage", "set": {}},
        {"a": [{"$psbridge": {"$psbridge": "secret"}}], "$psbridge": None},
        {"$psbridge": "number", "value": "NaN"},
    ],
)
def test_data_is_not_taken_for_a_marker(shared: WorkerClient, value: Any) -> None:
    """Whichever way it goes."""
    assert kept(shared, marked(value)) == value


@pytest.mark.parametrize("number", [-math.inf, math.inf, math.nan])
def test_log_probabilities_that_are_not_finite_arrive(
    connected: WorkerClient, server: OfflineServer, number: float
) -> None:
    """Some servers send them; the rest of the reply is as ever, data that looks like a marker included."""
    logprob = {"token": "a", "logprob": number}
    choice = {"index": 0, "message": {}, "finish_reason": "stop", "logprobs": {"content": [logprob]}}
    reply = {"id": "c", "choices": [choice], "odd": {"$psbridge": "secret"}}
    server.faults.add(Fault(body=json.dumps(reply).encode()))
    built = connected.run("New-ChatCompletion", {"Messages": HI, "Model": "m"})
    arrived = plain(built)["choices"][0]["logprobs"]["content"][0]["logprob"]
    assert math.isnan(arrived) if math.isnan(number) else arrived == number
    assert built["set"]["odd"] == {"$psbridge": "secret"}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=_VALUES)
def test_any_json_value_survives(shared: WorkerClient, value: Any) -> None:
    assert kept(shared, marked(value)) == value


@pytest.mark.parametrize("depth", [100, 150])
def test_nesting_survives(shared: WorkerClient, depth: int) -> None:
    deep: Any = "bottom"
    for level in range(depth):
        deep = {"in": deep} if level % 2 else [deep]
    assert kept(shared, deep) == deep


def test_nesting_beyond_all_measure_is_refused(shared: WorkerClient) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    error = shared.fails("Initialize-FunctionObject", {"Name": "f", "Parameters": {"it": deep}})
    assert error["code"] == -32000
    assert "nested" in error["message"]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_a_number_that_is_none_is_refused_by_the_parameters_name(shared: WorkerClient, text: str) -> None:
    for name, parameter, value in (
        (REQUESTS, "LogitBias", '{"LogitBias":{"5":%s},"Messages":[],"Model":"m"}'),
        ("Initialize-FunctionObject", "Parameters", '{"Name":"f","Parameters":{"a":[%s]}}'),
    ):
        id = shared.new_id()
        params = f'{{"name":"{name}","parameters":{value % text}}}'
        shared.write(f'{{"jsonrpc":"2.0","id":{id},"method":"invoke","params":{params}}}\n'.encode())
        error = shared.error(id)
        assert error["code"] == -32000
        assert parameter in error["message"]


@pytest.mark.parametrize("digits", [30, 4300, 4301, 5000, 12000])
def test_an_integer_of_any_length_is_sent_or_refused_by_its_length(
    connected: WorkerClient, server: OfflineServer, digits: int
) -> None:
    number = "1" + "0" * (digits - 2) + "7"
    id = connected.new_id()
    parameters = f'{{"Messages":"hi","AdditionalBody":{{"metadatum":{number}}}}}'
    params = f'{{"name":"New-ChatCompletion","parameters":{parameters}}}'
    connected.write(f'{{"jsonrpc":"2.0","id":{id},"method":"invoke","params":{params}}}\n'.encode())
    message = connected.error(id)["message"]
    if digits > 4300:
        assert "'metadatum' is an integer of too many digits; 4,300 can be sent" in message
    else:
        assert "Unknown parameter" in message and server.requests[-1].body.endswith(f"{number}}}".encode())


def test_half_a_surrogate_pair_is_kept_or_refused_but_never_a_bug(shared: WorkerClient) -> None:
    for parameters in (
        {"Content": "\ud83d", "Role": "user"},
        {"Content": "a", "Role": "user", "Name": "\udc00"},
    ):
        answer = shared.answer(shared.invoke(MESSAGE, parameters))
        assert "result" in answer or answer["error"]["code"] == -32000, answer


def test_models_come_typed_at_every_level_with_what_is_set(shared: WorkerClient) -> None:
    built = shared.run(REQUESTS, {"Messages": HI, "Model": "m", "Stop": None, "Temperature": 0.7, "N": 1})
    assert built["$type"] == "CreateChatCompletionRequest"
    assert built["set"]["messages"] == [
        {"$type": "ChatCompletionRequestUserMessage", "set": {"role": "user", "content": "hi"}}
    ]
    assert built["set"]["temperature"] == 0.7
    assert built["set"]["n"] == 1
    assert "stop" in built["set"] and built["set"]["stop"] is None
    assert "top_p" not in built["set"]


def test_members_the_model_does_not_know_are_kept(shared: WorkerClient) -> None:
    text = json.dumps({"role": "user", "content": "hi", "mood": {"now": [1, None]}})
    built = shared.run("ConvertFrom-JsonToChatCompletionRequestUserMessage", {"Json": text})
    assert built["set"]["mood"] == {"now": [1, None]}


def test_unset_goes_both_ways(shared: WorkerClient) -> None:
    model = shared.run("Initialize-CreateChatCompletionRequestModel")
    assert model == UNSET
    by_marker = shared.run(REQUESTS, {"Messages": HI, "Model": model})
    by_name = shared.run(REQUESTS, {"Messages": HI}, left_open=["Model"])
    assert by_marker == by_name
    assert "model" not in by_name["set"]
    assert shared.run(REQUESTS, {"Messages": HI}) == by_name  # the configuration's, when it is sent
    error = shared.fails(REQUESTS, {"Model": "m"})
    assert error["data"]["parameter"] == "Messages"


def test_unset_inside_an_object_is_not_sent(connected: WorkerClient, server: OfflineServer) -> None:
    request = {**REQUEST, "top_p": UNSET, "temperature": None}
    connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": request})
    sent = server.requests[-1].json
    assert "top_p" not in sent
    assert sent["temperature"] is None


def sent_back(value: Any) -> Any:
    """What came from the worker, as a client sends it again."""
    if isinstance(value, dict):
        if "$type" in value:
            return {"$psbridge": "model", "type": value["$type"], "set": sent_back(value["set"])}
        return {name: sent_back(item) for name, item in value.items()}
    return [sent_back(item) for item in value] if isinstance(value, list) else value


def test_an_object_left_incomplete_on_purpose_is_left_out_of_the_request_with_a_warning(
    connected: WorkerClient, server: OfflineServer
) -> None:
    nothing = connected.run("Initialize-PredictionContentContent")
    prediction = connected.run("Initialize-PredictionContent", {"Type": "content", "Content": nothing})
    assert prediction == {"$type": "PredictionContent", "set": {"type": "content"}}
    message = connected.run(MESSAGE, {"Content": "hi", "Role": "user"})
    given = {"Messages": [sent_back(message)], "Model": "gpt-4o", "Prediction": sent_back(prediction)}
    request = connected.run(REQUESTS, given)
    assert request["set"]["prediction"] == prediction
    id = connected.invoke("New-ChatCompletion", {"CreateChatCompletionRequest": sent_back(request)})
    connected.result(id)
    assert connected.said(id, "warning") == ["'Prediction' is not sent: 'Prediction.Content' was left unset."]
    assert server.requests[-1].json == {"model": "gpt-4o", "messages": [plain(message)]}
    # A table that a script wrote itself must be complete.
    error = connected.fails(REQUESTS, {**given, "Prediction": {"type": "content"}})
    assert error["data"]["path"] == "Prediction.Content"


def test_an_object_changed_for_the_worse_is_refused_by_its_whole_path(shared: WorkerClient) -> None:
    message = sent_back(shared.run(MESSAGE, {"Content": "hi", "Role": "user"}))
    message["set"]["name"] = [5]
    message["set"]["mood"] = "kept"
    error = shared.fails(REQUESTS, {"Messages": [message], "Model": "m"})
    assert error["data"]["path"] == "Messages[0].Name"
    message["set"]["name"] = "n"
    request = shared.run(REQUESTS, {"Messages": [message], "Model": "m"})
    assert request["set"]["messages"][0]["set"]["mood"] == "kept"
    message["type"] = "Nonsense"
    again = shared.run(REQUESTS, {"Messages": [message], "Model": "m"})
    assert again == request


def test_an_unknown_marker_is_refused(shared: WorkerClient) -> None:
    error = shared.fails(MESSAGE, {"Content": {"$psbridge": "magic"}, "Role": "user"})
    assert error["code"] == -32000
    assert error["data"]["error_id"] == "PSBridge.InvalidValue"


def test_a_model_can_be_sent_back_as_a_plain_object(connected: WorkerClient, server: OfflineServer) -> None:
    message = connected.run(MESSAGE, {"Content": "\U0001f600 é 2024-01-02T03:04:05Z", "Role": "user"})
    request = connected.run(REQUESTS, {"Messages": [plain(message)], "Model": "gpt-4o"})
    reply = connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": plain(request)})
    assert server.requests[-1].json == {"model": "gpt-4o", "messages": [plain(message)]}
    answer = reply["set"]["choices"][0]["set"]["message"]
    assert answer["$type"] == "ChatCompletionResponseMessage"
    # ... and a reply's message goes into the next call.
    again = {"model": "gpt-4o", "messages": [plain(message), plain(answer), plain(message)]}
    connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": again})
    assert len(server.requests[-1].json["messages"]) == 3


def test_decimals_go_out_as_they_were_written(connected: WorkerClient, server: OfflineServer) -> None:
    request = connected.run(REQUESTS, {"Messages": HI, "Model": "gpt-4o", "Temperature": 0.1, "TopP": 1})
    connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": plain(request)})
    sent = json.loads(json.dumps(server.requests[-1].json), parse_float=Decimal)
    assert sent["temperature"] == Decimal("0.1")
    assert sent["top_p"] == 1


@pytest.mark.parametrize(
    ("parameters", "error_id", "exception"),
    [
        ({"Contents": 1}, "NamedParameterNotFound", "ParameterBindingException"),
        ({"Audio": 1}, "NamedParameterNotFound", "ParameterBindingException"),
    ],
)
def test_a_wrong_parameter_is_powershells_own_error(
    shared: WorkerClient, parameters: Any, error_id: str, exception: str
) -> None:
    data = shared.fails(MESSAGE, parameters)["data"]
    assert (data["error_id"], data["exception"]) == (error_id, exception)
    assert data["command"] == MESSAGE


def test_a_value_of_the_wrong_type_is_the_binders_error(shared: WorkerClient) -> None:
    data = shared.fails(REQUESTS, {"Messages": HI, "Model": "m", "N": "many"})["data"]
    assert data["exception"] == "ParameterBindingArgumentTransformationException"
    assert data["parameter"] == "N"
    assert data["category"] == "InvalidData"


def test_a_value_out_of_range_names_the_parameter(shared: WorkerClient) -> None:
    error = shared.fails(REQUESTS, {"Messages": HI, "Model": "m", "TopLogprobs": 21})
    assert error["message"] == ("invalid value for 'TopLogprobs', must be smaller than or equal to 20.")
    assert error["data"]["error_id"] == "PSBridge.InvalidValue"


def test_no_such_cmdlet(shared: WorkerClient) -> None:
    error = shared.fails("New-ChatCompletio", {})
    assert error["data"]["error_id"] == "CommandNotFoundException"
    assert "New-ChatCompletion" in error["message"]


def test_the_other_cmdlets_results_have_their_kinds(connected: WorkerClient) -> None:
    hosts = connected.run("Get-HostSetting")
    assert [host["$type"] for host in hosts] == ["HostSetting"]
    assert connected.run("Get-UrlFromHostSetting") == hosts[0]["set"]["Url"]
    assert connected.run("Get-ConfigurationHttpSigning") is None
    configuration = connected.run("Get-Configuration")
    assert configuration["$type"] == "Configuration"
    assert configuration["set"]["AccessToken"] == {"$psbridge": "secret"}
    assert configuration["set"]["Password"] is None
    info = connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST, "WithHttpInfo": True})
    assert info["$type"] == "HttpInfo"
    assert info["set"]["StatusCode"] == 200
    assert info["set"]["Headers"]["x-request-id"] == info["set"]["RequestId"]
    assert info["set"]["Response"]["$type"] == "CreateChatCompletionResponse"
    usage = connected.run("Get-ChatCompletionUsage")
    assert usage["$type"] == "UsageTotals"
    connected.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST})
    more = connected.run("Get-ChatCompletionUsage")
    assert more["set"]["requests"] == usage["set"]["requests"] + 1
    assert connected.ask("status")["usage"] == more["set"]


def test_bytes_come_as_base64() -> None:
    """The content of a file is not text."""
    assert encoded(b"\x00\xffa") == '{"$psbridge":"bytes","value":"AP9h"}'
    assert encoded([b"a"]) == '[{"$psbridge":"bytes","value":"YQ=="}]'
    assert json.loads(encoded({"$psbridge": b"a"})) == {
        "$psbridge": ["", "$psbridge", {"$psbridge": "bytes", "value": "YQ=="}]
    }


def test_a_connection_crosses_the_wire(shared: WorkerClient, server: OfflineServer) -> None:
    """By what it was made of, or as the object that came; its key does not come back."""
    settings = {"BaseUrl": server.base_url, "AccessToken": {"$psbridge": "secure", "value": "sk-in-secret"}}
    sent = {"$psbridge": "connection", "set": {**settings, "Proxy": ""}}
    shared.run("New-ChatCompletion", {"Messages": HI, "Model": "m", "Connection": sent})
    made = shared.run("New-ChatConnection", {**settings, "Proxy": "", "TimeoutSec": 9})
    assert made["$type"] == "ChatConnection" and made["set"]["TimeoutSec"] == 9
    assert made["set"]["AccessToken"] == {"$psbridge": "secret"}
    shared.run("New-ChatCompletion", {"Messages": HI, "Model": "m", "Connection": sent_back(made)})
    assert (
        len({request.headers["authorization"] for request in server.requests})
        == 1
        == len(server.requests) - 1
    )
    made["set"]["Id"] = "of a worker that has ended"
    error = shared.fails("New-ChatCompletion", {"Messages": HI, "Model": "m", "Connection": sent_back(made)})
    assert "make it again with New-ChatConnection" in error["message"]

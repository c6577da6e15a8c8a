"""A key that went in never comes out: not in a result, an error, a line for -Debug, or on standard error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from psbridge.offline import Fault, OfflineServer, fingerprint

from .conftest import KEY, REQUEST, Start
from .worker_client import WorkerClient

# Shapes no pattern knows: these are masked because the worker knows them.
PASSWORD = "correct-horse-battery-staple"
HEADER_KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
SECURE = {"$psbridge": "secure", "value": KEY}


def everything(client: WorkerClient) -> bytes:
    """All that the worker ever wrote, once it has ended."""
    client.close_input()
    assert client.wait() == 0
    client.until_ended()
    return b"".join(client.raw) + bytes(client.errors)


def test_no_secret_leaves_the_worker_whatever_goes_wrong(start: Start, server: OfflineServer) -> None:
    client = start()
    settings: dict[str, Any] = {
        "BaseUrl": server.base_url,
        "AccessToken": SECURE,
        "Password": PASSWORD,
        "Username": "somebody",
        "Cookie": PASSWORD,
        "ApiKey": {"X-Other-Key": HEADER_KEY},
        "DefaultHeaders": {"X-Auth-Extra": HEADER_KEY},
        "Proxy": "",
        "MaxRetryCount": 1,
        "PassThru": True,
    }
    client.run("Set-Configuration", settings)
    client.run("Get-Configuration")
    chat = {"CreateChatCompletionRequest": REQUEST}
    client.run("New-ChatCompletion", chat, verbose=True, debug=True)
    client.run("New-ChatCompletion", {**chat, "WithHttpInfo": True}, debug=True)

    # Servers that echo what they were sent, in every place there is.
    echo = f"You sent Bearer {KEY}, {PASSWORD} and {HEADER_KEY}."
    faults = [
        Fault(status=401, message=echo, headers={"x-echo": KEY, "x-other": PASSWORD}),
        Fault(status=400, code=KEY, message=echo),
        Fault(status=500, body=echo.encode(), retry_after=0),
        Fault(status=429, retry_after=0, message=echo),
        Fault(malformed=True, body=echo.encode()),
        Fault(cut=True),
        Fault(error_after_chunks=1, message=echo),
    ]
    for fault in faults:
        armed = server.faults.add(fault)
        for parameters in (chat, {**chat, "Stream": True}):
            client.answer(client.invoke("New-ChatCompletion", parameters, verbose=True, debug=True))
        server.faults.remove(armed)

    # Values in the wrong place, which PowerShell's own messages would quote.
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("Set-Configuration", {"TimeoutSec": KEY}),
        ("Set-Configuration", {"AccessToken": KEY + "\nx"}),
        ("Set-Configuration", {"AccessToken": {"a": KEY}, "Nonsense": KEY}),
        ("Set-Configuration", {"BaseUrl": f"https://user:{PASSWORD}@example.com"}),
        ("Set-Configuration", {"ApiKey": KEY}),
        ("Set-Configuration", {"DefaultHeaders": {"X-Auth-Extra": HEADER_KEY + "\n"}}),
        ("Set-ConfigurationApiKey", {"Id": "bad header", "ApiKey": HEADER_KEY}),
        (
            "Set-ConfigurationHttpSigning",
            {"KeyId": "k", "KeyFilePath": "/nowhere", "KeyPassPhrase": PASSWORD},
        ),
        ("Set-ConfigurationHttpSigning", {"KeyId": "k", "KeyFilePath": "/nowhere", "KeyPassPhrase": SECURE}),
        ("New-ChatCompletion", {**chat, "AdditionalHeaders": {"Authorization": f"Bearer {HEADER_KEY}\r\n"}}),
        ("New-ChatCompletion", {**chat, "TimeoutSec": KEY}),
        (KEY, {}),
    ]
    for name, parameters in wrong:
        assert "error" in client.answer(client.invoke(name, parameters, verbose=True, debug=True)), name
    client.write(b'{"jsonrpc":"2.0","id":"x","method":"' + KEY.encode() + b'"}\n')
    client.write(b'{"jsonrpc":"2.0","method":"' + KEY.encode() + b'"}\n')
    client.write(b'{"jsonrpc":"2.0","id":"y","method":"invoke","params":"' + KEY.encode() + b"\n")
    client.ask("status")
    told = everything(client)
    for secret in (KEY, PASSWORD, HEADER_KEY):
        places = [line for line in told.split(b"\n") if secret.encode() in line]
        assert places == []


BUG = f"""
import psbridge.cmdlets.functions as functions
from psbridge.bridge.worker import main

def broken(name):
    def call(*args, **parameters):
        raise RuntimeError("a bug that quotes {PASSWORD}")
    return call if name.startswith("Initialize") else made(name)

made, functions.cmdlet = functions.cmdlet, broken
main()
"""


def test_a_bug_is_one_sentence_and_its_traceback_goes_masked_to_standard_error(start: Start) -> None:
    client = start(("-c", BUG))
    client.run("Set-Configuration", {"Password": PASSWORD, "Username": "somebody"})
    error = client.fails("Initialize-ChatCompletionRequestUserMessage", {"Content": "hi", "Role": "user"})
    assert error["code"] == -32603
    assert "\n" not in error["message"]
    assert error["data"]["error_id"] == "PSBridge.InternalError"
    assert client.ask("status")["errors"] == 1
    told = everything(client)
    assert b"RuntimeError: a bug that quotes **" in told
    assert PASSWORD.encode() not in told


def test_a_secure_string_is_taken_wherever_a_secret_is(start: Start, server: OfflineServer) -> None:
    client = start()
    client.run("Set-Configuration", {"BaseUrl": server.base_url, "AccessToken": SECURE})
    client.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST})
    with_text = server.requests[-1].headers["authorization"]
    client.run("Set-Configuration", {"AccessToken": "another-one-entirely"})
    client.run("Set-Configuration", {"AccessToken": KEY})
    client.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST})
    assert server.requests[-1].headers["authorization"] == with_text
    secret = {"$psbridge": "secret"}
    nested = client.run("Set-Configuration", {"ApiKey": {"X-Key": SECURE}, "PassThru": True})
    assert nested["set"]["ApiKey"] == {"X-Key": secret}
    client.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST})
    assert server.requests[-1].headers["x-key"] == fingerprint(KEY)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("OPENAI_API_KEY", "abc def", "OPENAI_API_KEY may hold no blank"),
        ("OPENAI_API_KEY", "abc\ndef", "OPENAI_API_KEY may hold no blank"),
        ("OPENAI_BASE_URL", "no url", "Invalid URL 'no url' cannot be used in the base URL."),
        ("OPENAI_ORG_ID", "a\nb", "OPENAI_ORG_ID: "),
    ],
)
def test_an_unusable_variable_hides_no_error(start: Start, variable: str, value: str, message: str) -> None:
    """It is named by the call that needs it; everything else, errors of other kinds included, goes on."""
    client = start(environment={variable: value})
    error = client.fails("New-ChatCompletion", {"Messages": "x", "Model": "m"})
    assert error["data"]["error_id"] == "PSBridge.InvalidConfiguration"
    assert message in error["message"]
    error = client.fails("New-ChatCompletion", {"Model": "m"})
    assert "could not be told" not in error["message"]
    client.write(b"garbage\n")
    assert client.run("Get-HostSetting")
    assert value not in everything(client).decode() or variable == "OPENAI_BASE_URL"


def test_a_line_feed_behind_a_key_in_the_environment_does_no_harm(
    start: Start, server: OfflineServer
) -> None:
    """As `$(cat file)` and Docker's secrets leave it."""
    client = start(environment={"OPENAI_API_KEY": f"{KEY}\n", "OPENAI_BASE_URL": server.base_url})
    assert client.run("New-ChatCompletion", {"CreateChatCompletionRequest": REQUEST})


def test_a_key_files_path_is_no_secret(start: Start) -> None:
    """Who is told that there is no such file wants to know which."""
    told = start().fails("Set-ConfigurationHttpSigning", {"KeyId": "k", "KeyFilePath": "/nowhere.pem"})
    assert told["message"] == f"KeyFilePath '{Path('/nowhere.pem')}' is not a file."

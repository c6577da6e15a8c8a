"""The configuration cmdlets and their live view; secrets that nothing shows; the environment; scopes."""

from __future__ import annotations

import logging
import pickle
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.client import Configuration, current_configuration, set_configuration

KEY = "sk-very-secret-000001"


def test_writing_to_the_live_view_takes_effect_at_once(server: ps.OfflineServer) -> None:
    configuration = ps.Get_Configuration()
    configuration.DefaultHeaders = {"X-Team": "blue"}
    configuration["organization"] = "org-1"
    ps.New_ChatCompletion(Messages="hi")
    assert server.requests[-1].headers["x-team"] == "blue"
    assert server.requests[-1].headers["openai-organization"] == "org-1"


def test_the_view_has_the_reference_s_names_in_any_case() -> None:
    configuration = ps.Get_Configuration()
    reference = "Username Cookie AccessToken BaseUrl SkipCertificateCheck ApiKey Proxy DefaultHeaders"
    assert list(configuration)[:10] == [*reference.split(), "Password", "ApiKeyPrefix"]
    assert configuration.baseurl == configuration["BASEURL"] == "https://api.openai.com/v1"
    with pytest.raises(AttributeError, match="has no 'Nope'; it has Username"):
        _ = configuration.Nope
    with pytest.raises(AttributeError, match="has no 'Nope'"):
        configuration.Nope = 1


def test_set_configuration_changes_what_is_given_and_nothing_else() -> None:
    ps.Set_Configuration(AccessToken=KEY, TimeoutSec=30)
    view = ps.Set_Configuration(MaxRetryCount=0, PassThru=True)
    assert view is not None
    assert (view.TimeoutSec, view.MaxRetryCount, view.AccessToken.reveal()) == (30, 0, KEY)
    assert ps.Set_Configuration(TimeoutSec=31) is None


def test_a_refused_value_changes_nothing() -> None:
    ps.Set_Configuration(TimeoutSec=30)
    with pytest.raises(ps.PSBridgeError):
        ps.Set_Configuration(TimeoutSec=60, BaseUrl="nonsense")
    assert ps.Get_Configuration().TimeoutSec == 30


def test_keys_prefixes_and_headers_are_set_one_by_one_and_taken_out_again(server: ps.OfflineServer) -> None:
    ps.Set_Configuration(AccessToken="")
    ps.Set_ConfigurationApiKey("Authorization", "sk-test-key-000000000001")
    ps.Set_ConfigurationApiKeyPrefix("Authorization", "Bearer")
    ps.Set_ConfigurationDefaultHeader("X-Team", "blue")
    ps.New_ChatCompletion(Messages="hi")
    assert server.requests[-1].headers["x-team"] == "blue"
    ps.Set_ConfigurationDefaultHeader("X-Team", "")
    assert ps.Get_Configuration().DefaultHeaders == {}


def test_host_settings() -> None:
    assert [host.Url for host in ps.Get_HostSetting()] == ["https://api.openai.com/v1"]
    assert ps.Get_UrlFromHostSetting(0) == ps.Get_UrlFromHostSetting() == "https://api.openai.com/v1"


def test_http_signing_is_read_back_without_its_passphrase(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----\n", encoding="ascii")
    ps.Set_ConfigurationHttpSigning(KeyId="k1", KeyFilePath=str(key), KeyPassPhrase=ps.SecureString("pa55"))
    signing = ps.Get_ConfigurationHttpSigning()
    assert signing is not None and signing.key_id == "k1" and "pa55" not in repr(signing)


def test_the_environment_gives_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1/")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-9")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-9")
    view = ps.Get_Configuration()
    assert view.AccessToken.reveal() == KEY and view.BaseUrl == "http://127.0.0.1:1/v1"
    assert (view.Organization, view.Project) == ("org-9", "proj-9")
    view.BaseUrl = "http://127.0.0.1:2/v1"
    assert ps.Get_Configuration().BaseUrl == "http://127.0.0.1:2/v1"


def test_a_temporary_configuration_ends_with_its_block(server: ps.OfflineServer) -> None:
    with ps.OfflineServer() as other, ps.use_configuration(base_url=other.base_url, access_token="sk-other"):
        ps.New_ChatCompletion(Messages="hi")
        assert (other.requests.total, server.requests.total) == (1, 0)
        ps.Set_Configuration(Model="inside")
        assert ps.Get_Configuration().Model == "inside"
    assert ps.Get_Configuration().BaseUrl == server.base_url and ps.Get_Configuration().Model is None


def test_the_model_that_a_request_gets_is_shown_and_none_is_guessed_for_azure() -> None:
    """A model of Azure is a customer's own deployment."""
    azure: dict[str, Any] = {
        "azure_endpoint": "https://x.openai.azure.com",
        "api_version": "2024-10-21",
        "access_token": "sk-azure",
    }
    assert "Model='gpt-4o-mini'" in repr(ps.Get_Configuration())
    with ps.use_configuration(**azure):
        assert "Model=" not in repr(ps.Get_Configuration())
        with pytest.raises(ps.PSBridgeError, match="'Model' cannot be null"):
            ps.New_ChatCompletion(Messages="hi")
    with ps.use_configuration(**azure, azure_deployment="mine"):
        assert "Model='mine'" in repr(ps.Get_Configuration())


def test_what_if_changes_no_setting_and_shows_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "psbridge.cmdlets")
    before = ps.Get_Configuration().BaseUrl
    ps.Set_Configuration(AccessToken="sk-what-if-key", BaseUrl="http://127.0.0.1:9/v1", WhatIf=True)
    ps.Set_ConfigurationApiKey("x-key", "sk-what-if-key", WhatIf=True)
    assert ps.Get_Configuration().BaseUrl == before and "x-key" not in ps.Get_Configuration().ApiKey
    assert "Set-Configuration" in caplog.text and "sk-what-if-key" not in caplog.text


def test_other_threads_keep_their_configuration() -> None:
    seen: list[str] = []
    with ps.use_configuration(base_url="http://127.0.0.1:1/v1"):
        thread = threading.Thread(target=lambda: seen.append(ps.Get_Configuration().BaseUrl))
        thread.start()
        thread.join()
        assert ps.Get_Configuration().BaseUrl == "http://127.0.0.1:1/v1"
    assert seen == ["https://api.openai.com/v1"]


@pytest.mark.parametrize("secret", [KEY, ps.SecureString(KEY)])
def test_no_repr_log_or_error_shows_a_secret(
    server: ps.OfflineServer, caplog: pytest.LogCaptureFixture, secret: str | ps.SecureString
) -> None:
    caplog.set_level(logging.DEBUG)
    ps.Set_Configuration(
        AccessToken=secret, Password="pa55word-1", Username="u", Cookie=ps.SecureString("c=secret-cookie")
    )
    ps.Set_ConfigurationApiKey("X-Key", KEY)
    view = ps.Get_Configuration()
    with pytest.raises(ps.ClientError) as caught:
        ps.New_ChatCompletion(Messages="hi")
    with pytest.raises(TypeError):
        pickle.dumps(view.AccessToken)
    shown = (
        f"{view}{view!r}{view.AccessToken}{view.ApiKey}{view.Password!r}{view.Cookie}{caplog.text}"
        f"{caught.value}{caught.value!r}{caught.value.ErrorDetails}{vars(caught.value)}{ps.Set_Configuration.__doc__}"
    )
    assert "very-secret" not in shown and "pa55word" not in shown and "secret-cookie" not in shown
    assert view.AccessToken.reveal() == KEY


def test_a_key_may_be_fetched_when_it_is_needed(server: ps.OfflineServer) -> None:
    """As from a vault: the function is asked when a call is made."""
    asked: list[None] = []

    def from_the_vault() -> str:
        asked.append(None)
        return "sk-test-key-000000000001"

    ps.Set_Configuration(AccessToken=from_the_vault)
    assert not asked
    ps.New_ChatCompletion(Messages="hi")
    assert asked


def test_a_refused_secret_is_not_quoted() -> None:
    with pytest.raises(ps.PSBridgeError) as caught:
        ps.Set_Configuration(AccessToken=f"{KEY}\r\nX-Injected: 1")
    assert "AccessToken" in str(caught.value) and "very-secret" not in f"{caught.value!r}"


HUSH = "hush7Kx92Lq"
SECRETS = [
    "AccessToken",
    "ApiKey",
    "ApiKeyPrefix",
    "Cookie",
    "DefaultHeaders",
    "KeyPassPhrase",
    "Password",
    "Profile",
    "Proxy",
]


class _Odd:
    def __str__(self) -> str:
        return HUSH


WRONG: dict[str, Any] = {
    "a text": HUSH,
    "texts": [HUSH, HUSH],
    "a tuple": (HUSH,),
    "bytes": HUSH.encode(),
    "an object": _Odd(),
    "an error": ValueError(HUSH),
    "a function": lambda: [HUSH],
    "a table": {"a": {"b": HUSH}},
    "a table of lists": {"a": [HUSH]},
    "a table of texts": {1: HUSH},
    "lines": {"a": f"{HUSH}\n{HUSH}"},
    "an address": f"htp://u:{HUSH}@127.0.0.1:1",
}


@pytest.mark.parametrize("parameter", SECRETS)
@pytest.mark.parametrize("kind", WRONG)
def test_a_secret_in_a_wrong_place_shows_nowhere_in_an_error(parameter: str, kind: str) -> None:
    cmdlet: Any = ps.Set_Configuration
    given: dict[str, Any] = {parameter: WRONG[kind]}
    if parameter == "KeyPassPhrase":
        cmdlet, given = ps.Set_ConfigurationHttpSigning, {"KeyId": "k", "KeyFilePath": "none", **given}
    try:
        cmdlet(**given)
    except ps.PSBridgeError as error:
        shown = str(error) + repr(error) + repr(vars(error))
        for cause in (error, error.__cause__, error.__context__):
            trace = traceback.TracebackException.from_exception(cause, capture_locals=True) if cause else None
            for frame in trace.stack if trace else ():
                if frame.filename != __file__:
                    shown += repr(frame.locals)
            shown += repr(cause)
        assert HUSH not in shown
    finally:
        set_configuration(Configuration())


class _Login:
    """As System.Net.NetworkCredential."""

    UserName, Password, Domain = "me", "p @:/w", "DOM"


class _Known:
    """As System.Net.CredentialCache."""

    def GetCredential(self, address: object, kind: str) -> _Login:
        assert kind == "Basic"
        return _Login()


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Address": "http://proxy.example:3128"}, "http://proxy.example:3128"),
        ({"Address": "http://x@p:1/", "Credentials": _Login()}, "http://DOM%5Cme:p%20%40%3A%2Fw@p:1/"),
        ({"Address": "http://p:1", "Credentials": _Known()}, "http://DOM%5Cme:p%20%40%3A%2Fw@p:1"),
        ({"Address": None, "BypassProxyOnLocal": False}, ""),
        ({"GetProxy": lambda url: url}, None),
    ],
)
def test_a_proxy_object_is_its_url_with_its_credentials(members: dict[str, Any], expected: Any) -> None:
    """.NET's WebProxy; one without an address is no proxy, and any other object is the system's own."""
    connection = ps.New_ChatConnection(Proxy=type("WebProxy", (), members)())
    with ps.Use_ChatConnection(connection):
        assert current_configuration().proxy == expected
        assert "%40" not in repr(ps.Get_Configuration())

"""Settings: defaults from the environment, scopes, checks, and secrets that never show."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest

from psbridge.client import (
    Client,
    Configuration,
    HttpSigning,
    KeyRing,
    Secret,
    current_configuration,
    set_configuration,
    use_configuration,
)
from psbridge.client.errors import ClientError, ConfigurationError, RequestError
from psbridge.offline import OfflineServer

from .conftest import BODY, KEY, Caller
from .faulty import Connection


def test_the_defaults_are_the_references() -> None:
    """As Get-Configuration returns them."""
    resolved = Configuration().resolved({})
    assert resolved.base_url == "https://api.openai.com/v1"
    assert (resolved.username, resolved.cookie, resolved.access_token, resolved.proxy) == (None,) * 4
    assert (dict(resolved.api_key), dict(resolved.api_key_prefix), dict(resolved.default_headers)) == (
        {},
    ) * 3
    assert resolved.skip_certificate_check is False
    assert (resolved.timeout, resolved.max_retries) == (600, 2)


def test_the_environment_is_read_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when the module is loaded; a setting of one's own wins."""
    configuration = Configuration(project="own")
    for name in ("API_KEY", "BASE_URL", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "https://x.example/v1/" if name == "BASE_URL" else name)
    resolved = configuration.resolved()
    assert isinstance(resolved.access_token, Secret) and resolved.access_token.reveal() == "API_KEY"
    assert (resolved.base_url, resolved.organization) == ("https://x.example/v1", "ORG_ID")
    assert resolved.project == "own"
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    later = configuration.resolved().access_token
    assert isinstance(later, Secret) and later.reveal() == "another"


def test_azure_variables_count_only_without_an_openai_key() -> None:
    """Whoever has both means OpenAI."""
    azure = {"AZURE_OPENAI_ENDPOINT": "https://a.example", "AZURE_OPENAI_API_KEY": "k"}
    assert Configuration().resolved(azure).azure_endpoint == "https://a.example"
    both = Configuration().resolved({**azure, "OPENAI_API_KEY": "sk"})
    assert (both.azure_endpoint, both.base_url) == (None, "https://api.openai.com/v1")


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "",
        "ftp://x",
        "https://",
        "http://x:99999",
        "http://x y/",
        "https://x/v1?key=1",
        "https://x#f",
        "http://x\r\nHost: y",
        "//x",
        "x",
    ],
)
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    """In the reference's words, with the parameter named, and nothing changed."""
    before = current_configuration()
    with pytest.raises(ConfigurationError, match="cannot be used in the base URL") as caught:
        set_configuration(base_url=url)
    assert caught.value.parameter == "BaseUrl"
    assert current_configuration() is before
    if url == "not a url":
        assert str(caught.value) == "Invalid URL 'not a url' cannot be used in the base URL."


def test_a_password_in_a_base_url_is_refused_and_not_shown() -> None:
    """It belongs elsewhere."""
    with pytest.raises(ConfigurationError) as caught:
        Configuration(base_url="https://user:hunter22@x.example/v1")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"timeout": 0}, "TimeoutSec"),
        ({"connect_timeout": -1}, "ConnectTimeoutSec"),
        ({"max_retries": -1}, "MaxRetryCount"),
        ({"max_retries": 1.5}, "MaxRetryCount"),
        ({"proxy": "proxy:8080"}, "Proxy"),
        ({"access_token": 7}, "AccessToken"),
        ({"access_token": "a\r\nX: y"}, "AccessToken"),
        ({"api_key": {"Authorization": "a\nb"}}, "ApiKey"),
        ({"api_key": {"bad name": "a"}}, "ApiKey"),
        ({"default_headers": {"X-A": "b\r\nX-B: c"}}, "DefaultHeaders"),
        ({"default_headers": {"X A": "b"}}, "DefaultHeaders"),
        ({"default_headers": {"X-A": "✓"}}, "DefaultHeaders"),
        ({"organization": "o\n"}, "Organization"),
        ({"cookie": "a=b\n"}, "Cookie"),
        ({"client_certificate": ()}, "ClientCertificate"),
    ],
)
def test_a_wrong_setting_names_its_parameter(changes: dict[str, Any], parameter: str) -> None:
    """And never shows a secret value."""
    with pytest.raises(ConfigurationError, match=f"^{parameter}") as caught:
        Configuration(**changes)
    assert caught.value.parameter == parameter
    assert caught.value.error_id == "PSBridge.InvalidConfiguration"


def test_a_name_that_is_no_setting_is_refused() -> None:
    """With the names that are."""
    with pytest.raises(ConfigurationError, match=r"'base_ulr' is not a setting\..* Settings: .*base_url"):
        Configuration().replace(base_ulr="x")


def test_a_configuration_holds_only_where_it_is_used() -> None:
    """A scope ends; threads and tasks do not see each other's."""
    seen: dict[str, Any] = {}

    async def task(name: str) -> None:
        with use_configuration(model=name):
            await asyncio.sleep(0)
            seen[name] = current_configuration().model

    async def both() -> None:
        await asyncio.gather(task("a"), task("b"))

    with use_configuration(model="outer"):
        set_configuration(model="changed inside")
        assert current_configuration().model == "changed inside"
        thread = threading.Thread(target=lambda: seen.update(thread=current_configuration().model))
        thread.start()
        thread.join()
        asyncio.run(both())
    assert current_configuration().model is None
    assert seen == {"thread": None, "a": "a", "b": "b"}


def test_a_client_follows_the_configuration_in_force(server: OfflineServer, dead_address: str) -> None:
    """One client serves every scope."""
    with Client() as client:
        with use_configuration(base_url=server.base_url, access_token=KEY, model="gpt-4o-mini"):
            assert client.create({"messages": BODY["messages"]}).value["model"] == "gpt-4o-mini"
        with (
            use_configuration(base_url=f"http://{dead_address}/v1", max_retries=0),
            pytest.raises(ClientError),
        ):
            client.create(BODY)


def test_secrets_do_not_show(server: OfflineServer, caplog: pytest.LogCaptureFixture) -> None:
    """Not in repr, str, format, vars, logs of any logger, errors, or a traceback."""
    secrets = ["sk-secret-0123456789", "hunter22", "c00kie", "apikey-55", "proxypass", "headerkey-77"]
    configuration = Configuration(
        base_url=server.base_url,
        access_token=secrets[0],
        username="me",
        password=secrets[1],
        cookie=secrets[2],
        api_key={"X-Key": secrets[3]},
        proxy=None,
        default_headers={"X-Auth": secrets[5]},
        log_bodies=True,
    )
    shown = [
        repr(configuration),
        str(configuration),
        repr(configuration.replace(proxy=f"http://u:{secrets[4]}@p")),
    ]
    shown += [
        f"{configuration.access_token!s:>20}",
        repr({k: v for k, v in vars(configuration).items() if k != "default_headers"}),
    ]
    with caplog.at_level("DEBUG"), Client(configuration) as client:
        client.create(BODY)
        client.create({**BODY, "user": secrets[0]})
        client.stream({**BODY, "user": f"streamed {secrets[0]}"}).text()
        try:
            client.create({"model": secrets[0]})
        except ClientError as error:
            shown += [
                repr(error),
                str(error),
                error.ErrorDetails,
                traceback.format_exc(),
                repr(error.headers),
            ]
    shown.append(caplog.text)
    assert "request body" in caplog.text and "Hello there" in caplog.text
    assert "streamed ***" in caplog.text and "reply body: (streamed)" in caplog.text
    for text in shown:
        for secret in secrets:
            assert secret not in text


def test_a_server_that_echoes_the_key_does_not_leak_it(caller: Caller, faulty: Any) -> None:
    """Neither in the message nor in the details."""

    async def handler(connection: Connection) -> None:
        received = await connection.request()
        key = received.headers["authorization"].removeprefix("Bearer ")
        await connection.reply({"error": {"message": f"Incorrect API key provided: {key}"}}, 401)

    configuration = Configuration(base_url=faulty(handler).base_url, access_token="plain-key-without-prefix")
    with pytest.raises(ClientError) as caught:
        caller.create(caller.client(configuration))
    assert "Incorrect API key" in str(caught.value)
    assert "plain-key-without-prefix" not in str(caught.value) + caught.value.ErrorDetails


def test_a_secret_is_neither_pickled_nor_compared_by_luck() -> None:
    """A configuration without one can be pickled."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Configuration(access_token=KEY))
    plain = pickle.loads(
        pickle.dumps(Configuration(base_url="https://x.example", default_headers={"A": "b"}))
    )
    assert (plain.base_url, dict(plain.default_headers)) == ("https://x.example", {"A": "b"})
    assert Secret("a") == Secret("a") != Secret("b")
    assert copy.deepcopy(Secret("a")) == Secret("a")
    assert KEY not in repr(KeyRing([KEY]))
    assert "sesame" not in repr(HttpSigning("id", "file", key_passphrase=Secret("sesame")))


def test_header_values_with_line_breaks_are_refused(caller: Caller, configuration: Configuration) -> None:
    """Nothing is sent."""
    client = caller.client(configuration)
    with pytest.raises(RequestError, match="AdditionalHeaders: the value of the header 'X-A'"):
        caller.create(client, additional_headers={"X-A": "b\r\nX-B: c"})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"model": float("nan")}, "not finite"),
        ({"model": {1, 2}}, "set"),
        ({"model": "\ud800"}, "surrogate"),
        ([], "object"),
    ],
)
def test_a_body_that_is_no_json_is_refused(
    caller: Caller, configuration: Configuration, body: Any, why: str
) -> None:
    """In one sentence."""
    with pytest.raises(RequestError, match=why):
        caller.create(caller.client(configuration), body)


def test_a_body_that_holds_itself_or_is_too_deep_is_refused(
    caller: Caller, configuration: Configuration
) -> None:
    """Instead of ending the process."""
    circle: dict[str, Any] = {}
    circle["a"] = circle
    deep: Any = "x"
    for _ in range(200_000):
        deep = [deep]
    for body in (circle, {"messages": deep}):
        with pytest.raises(RequestError, match=r"holds itself|nested too deeply"):
            caller.create(caller.client(configuration), body)


def test_configuration_needs_neither_httpx_nor_pydantic() -> None:
    """In a fresh interpreter."""
    program = (
        "import sys, psbridge, psbridge.client.settings.configuration, psbridge.client.errors\n"
        "from psbridge.client import Configuration\n"
        "Configuration(base_url='https://x.example', access_token='k').resolved()\n"
        "print([m for m in ('httpx', 'httpcore', 'h11', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Scopes that end in another order than they began


def test_a_generator_that_outlives_the_scope_around_it_leaves_nothing_in_force() -> None:
    def in_its_own() -> Generator[str | None, None, None]:
        with use_configuration(model="the generator's"):
            while True:
                yield current_configuration().model

    before = current_configuration()
    with use_configuration(model="around"):
        reader = in_its_own()
        assert next(reader) == "the generator's"
    reader.close()
    assert current_configuration() is before
    set_configuration(before.replace(model="everybody's"))
    try:
        seen: list[str | None] = []
        thread = threading.Thread(target=lambda: seen.append(current_configuration().model))
        thread.start()
        thread.join()
        assert seen == ["everybody's"] and current_configuration().model == "everybody's"
    finally:
        set_configuration(before)


def test_what_is_set_in_a_scope_ends_with_it_in_any_order() -> None:
    before = current_configuration()
    outer, inner = use_configuration(model="outer"), use_configuration(model="inner")
    outer.__enter__()
    inner.__enter__()
    set_configuration(model="set within")
    outer.__exit__(None, None, None)
    assert current_configuration().model == "set within"
    inner.__exit__(None, None, None)
    assert current_configuration() is before


def test_an_asynchronous_generator_may_be_closed_by_another_task() -> None:
    async def in_its_own() -> AsyncIterator[str | None]:
        with use_configuration(model="the generator's"):
            while True:
                yield current_configuration().model

    async def both() -> str | None:
        reader: Any = in_its_own()
        assert await asyncio.create_task(anext(reader)) == "the generator's"
        with use_configuration(model="the closer's"):
            await asyncio.create_task(reader.aclose())
            return current_configuration().model

    assert asyncio.run(both()) == "the closer's"

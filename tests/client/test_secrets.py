"""Keys and passwords: what may be given for one, and that nothing shows it, whichever way it comes out."""

from __future__ import annotations

import asyncio
import base64
import copy
import logging
import pickle
import pprint
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest

import psbridge as ps
from psbridge.client import AsyncClient, Client, Configuration, HttpSigning, KeyRing, use_configuration
from psbridge.client.errors import AuthenticationError, ClientError, ConfigurationError
from psbridge.client.settings.table import SETTINGS
from psbridge.errors import PSBridgeError
from psbridge.offline import OfflineServer

from .conftest import BODY
from .faulty import COMPLETION, Connection
from .servers import Answers, chunk, events, http

MARK = "m4rk€d"  # no header can carry the sign, so that a refusal is tried, too
SENT = "m4rked-é-väult"


@pytest.fixture
def answers() -> Iterator[Answers]:
    server = Answers()
    yield server
    server.stop()


# What a key is


class SecureText:
    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text


class Credential:
    """As PowerShell's PSCredential: a name and a SecureString."""

    UserName = "me"

    def __init__(self, text: str) -> None:
        self.Password = SecureText(text)


class NetCredential:
    """As .NET's: the password comes by a method."""

    def __init__(self, text: str) -> None:
        self._text = text

    def GetNetworkCredential(self) -> Any:
        return type("NetworkCredential", (), {"Password": self._text})()


@pytest.mark.parametrize(
    "given",
    [
        "sk-1", " sk-1", "sk-1\t", "\nsk-1\r\n", "Bearer sk-1", "bearer  sk-1 ", "BEARER sk-1",
        SecureText("sk-1 "), Credential("Bearer sk-1"), NetCredential("sk-1"), ps.SecureString("sk-1"),
        lambda: "sk-1\n", lambda: SecureText("Bearer sk-1"), lambda: Credential("sk-1"),
        KeyRing(["Bearer sk-1 "]),
    ],
)  # fmt: skip
def test_a_key_is_sent_as_itself(answers: Answers, given: Any) -> None:
    """Of a text, a SecureString, a credential or a function: without blanks and without `Bearer`."""
    answers.reply = http(COMPLETION)
    received = []
    ask = answers._handler

    async def handler(connection: Connection) -> None:
        read = connection.request

        async def request() -> Any:
            received.append(await read())
            return received[-1]

        connection.request = request  # type: ignore[method-assign]
        await ask(connection)

    answers._handler = handler
    with Client(answers.configuration(access_token=given)) as client:
        client.create(BODY)
    assert received[0].headers["authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "  ",
        "Bearer",
        "bearer ",
        "sk 1",
        "sk-1\nX: y",
        "sk\t1",
        "Bearer a b",
        {"Authorization": "sk-1"},
        7,
        ["sk-1"],
        b"sk-1",
    ],
)
def test_what_is_no_key_is_refused_when_it_is_set(given: Any) -> None:
    """In a sentence that names the parameter, with nothing changed."""
    for refused in (
        lambda: Configuration(access_token=given),
        lambda: ps.Set_Configuration(AccessToken=given),
    ):
        if given == "" and refused.__code__.co_names[0] == "ps":
            continue  # Set-Configuration takes an empty text as taking the setting back
        with pytest.raises(ConfigurationError, match=r"^AccessToken") as caught:
            refused()
        assert caught.value.error_id == "PSBridge.InvalidConfiguration"


def test_a_function_is_asked_again_once_after_a_401(answers: Answers) -> None:
    """And not before the call."""
    asked: list[int] = []

    def give() -> str:
        asked.append(1)
        return f"sk-{len(asked)}"

    configuration = answers.configuration(access_token=give)
    answers.reply = http({"error": {"message": "no"}}, 401)
    assert asked == []
    with Client(configuration) as client, pytest.raises(AuthenticationError):
        client.create(BODY)
    assert (len(asked), answers.requests) == (2, 2)


@pytest.mark.parametrize("setting", ["ca_bundle", "client_certificate"])
def test_a_certificate_that_cannot_be_read_is_refused_when_it_is_set(tmp_path: Any, setting: str) -> None:
    """A file that is not there, or holds something else."""
    other = tmp_path / "other.pem"
    other.write_text("nothing of the kind")
    parameter = next(one.parameter for one in SETTINGS if one.name == setting)
    for path in (tmp_path / "none.pem", other, "\0"):
        changes: Any = {setting: str(path)}
        with pytest.raises(ConfigurationError, match=f"^{parameter}"):
            Configuration(**changes)


@pytest.mark.parametrize("name", ["sk", 'id",keyId="other', "a\\b", "a\r\nb", "é"])
def test_a_key_id_cannot_add_to_the_signature(name: str) -> None:
    """It stands between quotes."""
    if name == "sk":
        assert HttpSigning(name, "file").key_id == name
        return
    with pytest.raises(ConfigurationError, match=r"^KeyId"):
        HttpSigning(name, "file")


def test_threads_that_set_a_header_each_lose_none() -> None:
    """Nor do keys and prefixes."""

    def add(letter: str) -> None:
        for number in range(75):
            ps.Set_ConfigurationDefaultHeader(f"{letter}{number}", "1")
            ps.Set_ConfigurationApiKey(f"k{letter}{number}", "1")

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "abcd"]
    often = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(often)
    live = ps.Get_Configuration()
    assert (len(live.DefaultHeaders), len(live.ApiKey)) == (300, 300)


# That it does not show

SETTINGS_WITH_SECRETS: dict[str, Callable[[str], dict[str, Any]]] = {
    "access token": lambda mark: {"access_token": mark},
    "access token, bearer": lambda mark: {"access_token": f"Bearer {mark} "},
    "key function": lambda mark: {"access_token": lambda: mark},
    "credential": lambda mark: {"access_token": Credential(mark)},
    "key ring": lambda mark: {"access_token": KeyRing([mark])},
    "api key": lambda mark: {"api_key": {"Authorization": mark}},
    "api key, other header": lambda mark: {"api_key": {"X-Any": mark}},
    "api key, prefix": lambda mark: {"api_key": {"X-Any": mark}, "api_key_prefix": {"X-Any": "Token"}},
    "password": lambda mark: {"access_token": None, "username": "me", "password": mark},
    "cookie": lambda mark: {"cookie": f"session={mark}"},
    "authorization header": lambda mark: {
        "access_token": None,
        "default_headers": {"Authorization": f"Bearer {mark}"},
    },
    "key header": lambda mark: {"default_headers": {"X-Api-Key": mark}},
    "subscription header": lambda mark: {"default_headers": {"Ocp-Apim-Subscription-Key": mark}},
    "proxy": lambda mark: {"proxy": f"http://user:{mark}@127.0.0.1:9"},
    "socks proxy": lambda mark: {"proxy": f"socks5://user:{mark}@127.0.0.1:9"},
    "query": lambda mark: {"additional_query": {"api_key": mark}},
}


def everything_of(error: BaseException) -> Iterator[str]:
    """What logs, consoles and error trackers show of an error."""
    yield "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    seen: set[int] = set()
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield from (repr(one), str(one), repr(one.args), pprint.pformat(vars(one)))
        yield "".join(traceback.TracebackException.from_exception(one, capture_locals=True).format())
        chain += [one.__cause__, one.__context__]
    if isinstance(error, ClientError):
        yield from (error.ErrorDetails, repr(error.headers), repr(dict(error.headers)), repr(error.partial))
        yield repr((error.code, error.param, error.type, error.reason, error.request_id))
        yield repr(pickle.dumps(error))
        yield repr(error.body)


def everything_of_configuration(configuration: Configuration) -> Iterator[str]:
    for one in (configuration, configuration.resolved()):
        yield from (repr(one), str(one), f"{one}", repr(vars(one)), pprint.pformat(vars(one)))
        yield repr(copy.copy(one))
        try:
            yield repr(pickle.dumps(one))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            yield from everything_of(error)
    with use_configuration(configuration):
        live = ps.Get_Configuration()
        yield from (str(live), repr(live), f"{live}")


def spellings(mark: str) -> list[str]:
    return [mark, repr(mark.encode("latin-1", "replace"))[2:-1], repr(mark.encode())[2:-1]]


def leaks(texts: Any, mark: str) -> list[str]:
    """Where the mark shows: what stands before it."""
    places = []
    for text in texts:
        for one in spellings(mark):
            place = text.find(one)
            if place >= 0:
                places.append(text[max(place - 200, 0) : place + 30])
    return places


REPLIES = {
    "401": lambda mark: http(
        {"error": {"message": mark, "code": mark, "param": mark, "type": mark}}, 401, x_echo=mark
    ),
    "500": lambda mark: http(f"<title>{mark}</title>", 500, "text/html", www_authenticate=f"Bearer {mark}"),
    "error under 200": lambda mark: http({"error": {"message": f"key {mark}", "code": mark}}),
    "no JSON": lambda mark: http(mark),
    "an error in a stream": lambda mark: events(chunk({"content": "a"}), {"error": {"message": mark}}),
    "a stream cut off": lambda mark: events(chunk({"content": "a"}), f": {mark}", done=False),
    "no HTTP": lambda mark: f"{mark} is no reply\r\n\r\n".encode(),
}


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize(
    ("setting", "kind", "mark"),
    [
        *((setting, "sync", SENT) for setting in SETTINGS_WITH_SECRETS),
        *((setting, "stream", "vault-secret-0123") for setting in ("access token", "cookie", "query")),
        *((setting, "asyncio", SENT) for setting in ("key function", "api key")),
    ],
)
def test_a_secret_that_a_server_sends_back_shows_nowhere(
    answers: Answers, caplog: pytest.LogCaptureFixture, setting: str, reply: str, kind: str, mark: str
) -> None:
    """In an error, its chain, its variables, a log of any level, or the configuration."""
    configuration = answers.configuration(
        **{"log_bodies": True, "max_retries": 1, **SETTINGS_WITH_SECRETS[setting](mark)}
    )
    answers.reply = (
        REPLIES[reply](mark).replace(mark.encode(), mark.encode("latin-1"))
        if "HTTP" in reply
        else (REPLIES[reply](mark))
    )
    texts = list(everything_of_configuration(configuration))
    with caplog.at_level(logging.DEBUG):
        try:
            if kind == "sync":
                with Client(configuration) as client:
                    client.create(BODY)
            elif kind == "stream":
                with Client(configuration) as client:
                    client.stream(BODY).completion()
            else:

                async def ask() -> None:
                    async with AsyncClient(configuration) as client:
                        await client.create(BODY)

                asyncio.run(ask())
        except PSBridgeError as error:
            texts += everything_of(error)
        else:
            raise AssertionError("it should have failed")
    texts += [record.getMessage() for record in caplog.records]
    own = [text for text in texts if "test_secrets.py" not in text or "capture" in text]
    assert leaks([_without_own_frames(text) for text in texts], mark) == [] and own


def _without_own_frames(text: str) -> str:
    """A traceback without this test's own frame, whose variables hold the mark as any caller's do."""
    blocks = text.split('  File "')
    return "".join(block for block in blocks if not block.partition('"')[0].endswith("test_secrets.py"))


@pytest.mark.parametrize(
    "setting", [one for one in SETTINGS_WITH_SECRETS if "function" not in one and "query" not in one]
)
def test_a_secret_that_cannot_be_used_shows_nowhere(setting: str) -> None:
    """In the error of the client or of the cmdlet."""
    settings = SETTINGS_WITH_SECRETS[setting]

    def fail(make: Callable[[], Any]) -> list[str]:
        try:
            make()
        except PSBridgeError as error:
            return list(everything_of(error))
        return []

    texts: list[str] = fail(lambda: Configuration(**settings(f"{MARK}\r\n{MARK}")))
    texts += fail(lambda: ps.client.set_configuration(**settings(f"{MARK}\r\n{MARK}")))
    names = {one.name: one.parameter for one in SETTINGS if one.cmdlet}
    texts += fail(
        lambda: ps.Set_Configuration(
            **{names[name]: value for name, value in settings(f"{MARK}\r\n{MARK}").items()}
        )
    )
    assert len(texts) > 10
    assert leaks([_without_own_frames(text) for text in texts], MARK) == []


async def _asked(headers: dict[str, str]) -> None:
    async with AsyncClient() as client:
        await client.create(BODY, additional_headers=headers)


def _by_client(way: str, headers: dict[str, str]) -> None:
    with Client() as client:
        getattr(client, way)(BODY, additional_headers=headers)


ASKING: dict[str, Callable[[dict[str, str]], Any]] = {
    "cmdlet": lambda headers: ps.New_ChatCompletion(Messages="x", Model="m", AdditionalHeaders=headers),
    "invoke": lambda headers: ps.invoke(
        "New-ChatCompletion", Messages="x", Model="m", AdditionalHeaders=headers
    ),
    "pipe": lambda headers: [
        *ps.New_ChatCompletion.pipe([BODY], AdditionalHeaders=headers, ErrorAction="Stop")
    ],
    "create": lambda headers: _by_client("create", headers),
    "stream": lambda headers: _by_client("stream", headers),
    "asyncio": lambda headers: asyncio.run(_asked(headers)),
}


@pytest.mark.parametrize("way", ASKING)
@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_secret_header_of_one_call_shows_nowhere(answers: Answers, ending: str, way: str) -> None:
    """Whether the service refuses the call, or the header cannot be sent."""
    answers.reply = http({"error": {"message": f"not {SENT}"}}, 400)
    with use_configuration(answers.configuration()), pytest.raises(ClientError) as caught:
        ASKING[way]({"X-Api-Key": SENT + ending, "X-Plain": "seen"})
    assert leaks(map(_without_own_frames, everything_of(caught.value)), SENT) == []
    assert bool(answers.requests) == (not ending)


def test_a_key_that_a_block_cannot_use_shows_nowhere() -> None:
    with pytest.raises(ConfigurationError) as caught, use_configuration(access_token=f"{MARK}\u20ac"):
        pass
    assert leaks(map(_without_own_frames, everything_of(caught.value)), MARK) == []


@pytest.mark.parametrize("cmdlet", [ps.Set_Configuration, ps.New_ChatConnection])
@pytest.mark.parametrize("name", ["ApiKey", "ApiKeyPrefix", "DefaultHeaders"])
def test_a_key_where_a_table_belongs_shows_nowhere(cmdlet: Any, name: str) -> None:
    """PowerShell's own sentence would quote it."""
    with pytest.raises(PSBridgeError, match=r'the value of type "System\.String" to type') as caught:
        cmdlet(**{name: MARK})
    assert leaks(map(_without_own_frames, everything_of(caught.value)), MARK) == []


def test_a_key_in_a_url_that_is_refused_shows_nowhere() -> None:
    """What is not secret stays."""
    url = f"http://127.0.0.1:9/v1?api-version=7&key={MARK}"
    with pytest.raises(PSBridgeError) as caught:
        Configuration(base_url=url)
    assert "api-version=7&key=*" in str(caught.value)
    assert leaks(map(_without_own_frames, everything_of(caught.value)), MARK) == []


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"])
def test_the_environments_key_shows_nowhere(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Also after the first call, and where it ends in a blank or holds letters outside ASCII."""
    mark = "envîronment-key-99"
    monkeypatch.setenv(variable, f"{mark} ")
    azure = variable.startswith("AZURE")
    if azure:
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", answers.origin)
    configuration = answers.configuration(access_token=None, **({"base_url": None} if azure else {}))
    answers.reply = http({"error": {"message": f"wrong key {mark}"}}, 401)
    texts: list[str] = []
    with Client(configuration) as client:
        try:
            client.create(BODY)
        except ClientError as error:
            texts += everything_of(error)
    texts += everything_of_configuration(configuration)
    assert texts and leaks([_without_own_frames(text) for text in texts], mark) == []


def test_every_setting_that_holds_a_secret_is_driven() -> None:
    """By the test above, so that a new one cannot be forgotten."""
    driven = {name for make in SETTINGS_WITH_SECRETS.values() for name in make("x")}
    assert {one.name for one in SETTINGS if one.secret} - driven <= {"http_signing"}


def test_the_offline_server_keeps_no_key() -> None:
    """Under whatever header it came."""
    with OfflineServer() as server:
        configuration = Configuration(
            base_url=server.base_url,
            access_token="vault-secret-0123",
            proxy="",
            api_key={"X-Api-Key": "vault-secret-0124", "Ocp-Apim-Subscription-Key": "vault-secret-0125"},
            cookie="vault-secret-0126",
        )
        with Client(configuration) as client:
            client.create(BODY)
        assert "vault-secret" not in repr([vars(request) if hasattr(request, "__dict__") else request
                                           for request in server.requests])  # fmt: skip


# What a call adds to its query and body, and what is logged of a success


@pytest.mark.parametrize("way", ["create", "stream", "asyncio"])
@pytest.mark.parametrize("added", ["additional_query", "additional_body"])
def test_a_secret_that_a_call_adds_shows_nowhere(
    answers: Answers, caplog: pytest.LogCaptureFixture, added: str, way: str
) -> None:
    """As one that the configuration adds does not."""
    answers.reply = http({"error": {"message": f"not {SENT}", "code": SENT}}, 400)
    given = {added: {"api_key": SENT, "plain": "seen"}}
    with caplog.at_level(logging.DEBUG), pytest.raises(ClientError) as caught:
        if way == "asyncio":
            asyncio.run(_with(answers, given))
        else:
            with Client(answers.configuration(log_bodies=True)) as client:
                getattr(client, way)(BODY, **given)
    texts = [*map(_without_own_frames, everything_of(caught.value)), *_logged(caplog)]
    assert leaks(texts, SENT) == [] and answers.requests


async def _with(answers: Answers, given: dict[str, Any]) -> None:
    async with AsyncClient(answers.configuration(log_bodies=True)) as client:
        await client.create(BODY, **given)


def _logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("transport", ["httpcore", "httpx", "httpx2"])
def test_no_log_of_a_success_shows_a_secret(
    answers: Answers, caplog: pytest.LogCaptureFixture, transport: str
) -> None:
    """Neither psbridge's, also of a server that makes its id of the request out of it, nor the library's."""
    if transport != "httpcore":
        pytest.importorskip(transport)
    mark = "m4rked-word"
    marks = {"key": f"{mark}-a", "query": f"{mark}-b", "header": f"{mark}-c"}
    answers.reply = http(COMPLETION, x_request_id="-".join(marks.values()))
    configuration = answers.configuration(
        transport=transport,
        access_token=marks["key"],
        additional_query={"api_key": marks["query"]},
        default_headers={"X-Api-Key": marks["header"]},
    )
    with caplog.at_level(logging.DEBUG), Client(configuration) as client:
        client.create(BODY)
        assert client.stream(BODY).completion()
    texts = _logged(caplog)
    assert leaks(texts, mark) == [] and any("/chat/completions" in text for text in texts)


@pytest.mark.parametrize("user", ["user", "http%3Auser"])
def test_what_a_proxy_is_told_does_not_show_where_it_sends_it_back(answers: Answers, user: str) -> None:
    word = "m4rked-word"
    pair = base64.b64encode(f"{unquote(user)}:{word}".encode()).decode()
    answers.reply = http({"error": {"message": f"not Basic {pair}"}}, 403)
    proxy = answers.base_url.removesuffix("/v1").replace("http://", f"http://{user}:{word}@")
    configuration = answers.configuration(base_url="http://127.0.0.1:9/v1", proxy=proxy)
    with Client(configuration) as client, pytest.raises(ClientError) as caught:
        client.create(BODY)
    assert leaks(map(_without_own_frames, everything_of(caught.value)), pair) == []

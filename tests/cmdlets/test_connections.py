"""Named connections and profiles: a call is given its settings, and nothing else in the process matters."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.client.errors import ConfigurationError
from psbridge.client.settings import profile as profiles
from psbridge.client.settings.table import SETTINGS
from psbridge.cmdlets.table import entries, entry
from psbridge.errors import PSBridgeError
from psbridge.generate.families import load_families

MESSAGE: dict[str, Any] = {"Messages": "hi", "Model": "m"}


@pytest.fixture
def servers() -> Iterator[list[ps.OfflineServer]]:
    """Two, and no key or address in force that leads to either."""
    with ps.OfflineServer() as one, ps.OfflineServer() as other:
        yield [one, other]


def connection(server: ps.OfflineServer, key: str = "key-of-its-own", **settings: Any) -> ps.ChatConnection:
    made: ps.ChatConnection = ps.New_ChatConnection(
        BaseUrl=server.base_url, AccessToken=key, Proxy="", **settings
    )
    return made


def test_each_call_goes_where_its_connection_says(servers: list[ps.OfflineServer]) -> None:
    """Also from many threads at once, and whatever is set meanwhile."""
    connections = [connection(server, f"key-{number}") for number, server in enumerate(servers)]

    def ask(number: int) -> None:
        for _ in range(10):
            ps.New_ChatCompletion(**MESSAGE, Connection=connections[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 1, 0, 1)]
    for thread in threads:
        thread.start()
    for number in range(20):
        ps.Set_Configuration(BaseUrl="http://127.0.0.1:9/v1", AccessToken=f"other-{number}")
    for thread in threads:
        thread.join()
    for server in servers:
        keys = {request.headers["authorization"] for request in server.requests}
        assert (len(server.requests), len(keys)) == (20, 1)


def test_every_cmdlet_that_calls_takes_a_connection() -> None:
    """By a rule, not by hand: all but those whose rows say that they wait and call nothing themselves."""
    rows = {name: about for family in load_families() for name, about in family.cmdlets.items()}
    calling = [row.name for row in entries() if row.waits and rows[row.name].get("connection", True)]
    assert len(calling) > 10
    assert [name for name in calling if "Connection" not in entry(name).names] == []


CALLS: dict[str, Callable[[Any], Any]] = {
    "a page": lambda given: ps.Get_ChatCompletion(Connection=given),
    "all pages": lambda given: list(ps.Get_ChatCompletion(All=True, Connection=given)),
    "a stream": lambda given: list(ps.New_ChatCompletion(**MESSAGE, Stream=True, Connection=given)),
    "a pipeline": lambda given: list(ps.New_ChatCompletion.pipe([_request()], Connection=given)),
    "several at once": lambda given: list(
        ps.New_ChatCompletion.pipe([_request(), _request()], ThrottleLimit=2, Connection=given)
    ),
    "another family": lambda given: ps.New_Moderation(VarInput="x", Connection=given),
}  # fmt: skip


def _request() -> Any:
    return {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("call", CALLS)
def test_whatever_is_asked_goes_by_the_connection(servers: list[ps.OfflineServer], call: str) -> None:
    """And nothing by the settings in force."""
    ps.Set_Configuration(BaseUrl=servers[1].base_url, AccessToken="not-this-one")
    assert CALLS[call](connection(servers[0])) is not None
    assert servers[0].requests and not servers[1].requests


def test_a_block_uses_a_connection_and_ends(servers: list[ps.OfflineServer]) -> None:
    """As a `with`, and as a function that is run."""
    ps.Set_Configuration(BaseUrl=servers[1].base_url, AccessToken="outside")
    mine = connection(servers[0])
    with ps.Use_ChatConnection(mine):
        ps.New_ChatCompletion(**MESSAGE)
    reply: Any = ps.Use_ChatConnection(mine, lambda: ps.New_ChatCompletion(**MESSAGE))
    assert reply.choices and len(servers[0].requests) == 2
    ps.New_ChatCompletion(**MESSAGE)
    assert len(servers[1].requests) == 1


def test_pages_come_from_where_the_first_came_from(servers: list[ps.OfflineServer]) -> None:
    """Whatever is set between one page and the next, key and address included."""
    ps.Set_Configuration(BaseUrl=servers[0].base_url, AccessToken="first-key")
    for _ in range(4):
        ps.New_ChatCompletion(**MESSAGE, AdditionalBody={"store": True})
    before = len(servers[0].requests)
    pages = iter(ps.Get_ChatCompletion(Limit=1, All=True))
    next(pages)
    ps.Set_Configuration(BaseUrl=servers[1].base_url, AccessToken="second-key")
    assert len(list(pages)) == 3
    asked = list(servers[0].requests)[before:]
    assert len({request.headers["authorization"] for request in asked}) == 1 and len(asked) > 1
    assert not servers[1].requests


@pytest.mark.parametrize("how", ["Stream", "StreamText"])
def test_a_stream_goes_where_it_was_made(servers: list[ps.OfflineServer], how: str) -> None:
    """Its request is sent when it is first read, and its open model is the connection's."""
    ps.Set_Configuration(BaseUrl=servers[1].base_url, AccessToken="not-this-one", Model="not-this-one")
    with ps.Use_ChatConnection(connection(servers[0], Model="of-its-own")):
        stream = ps.invoke("New-ChatCompletion", "hi", **{how: True})
    assert list(stream)
    (request,) = servers[0].requests
    assert json.loads(request.body)["model"] == "of-its-own"
    assert not servers[1].requests


@pytest.mark.parametrize("options", [{"ThrottleLimit": 2}, {}])
def test_rows_go_where_their_pipeline_was_made(
    servers: list[ps.OfflineServer], options: dict[str, Any]
) -> None:
    """One call, one configuration, from the first row to the last, also for what is asked but not whole."""
    ps.Set_Configuration(BaseUrl=servers[1].base_url, AccessToken="second-key", Model="not-this-one")
    with ps.Use_ChatConnection(connection(servers[0], Model="of-its-own")):
        open_model = {"messages": _request()["messages"]}
        results = ps.New_ChatCompletion.pipe([_request(), open_model] * 15, **options)
    next(results)
    ps.Set_Configuration(BaseUrl=servers[1].base_url, AccessToken="third-key")
    assert len(list(results)) == 29
    assert len(servers[0].requests) == 30 and not servers[1].requests
    assert {json.loads(one.body)["model"] for one in servers[0].requests} <= {
        "of-its-own",
        _request()["model"],
    }


def test_a_connection_takes_every_setting_and_none_of_those_in_force() -> None:
    """It shows no secret."""
    ps.Set_Configuration(Model="of-the-script", TimeoutSec=5, DefaultHeaders={"X-Team": "blue"})
    settings: dict[str, Any] = {
        "Model": "own", "TimeoutSec": "30", "MaxRetryCount": 1, "AccessToken": "Bearer secret-key-1 ",
        "ApiKey": {"X-Key": "secret-key-2"},
        "DefaultHeaders": {"Authorization": "secret-key-3", "X-Ok": "yes"},
        "Proxy": "http://me:secret-key-4@127.0.0.1:1", "Organization": "org", "SkipCertificateCheck": True,
    }  # fmt: skip
    made = ps.New_ChatConnection(**settings)
    own = made.configuration
    assert (own.model, own.timeout, own.max_retries) == ("own", 30, 1)
    assert dict(own.default_headers) == settings["DefaultHeaders"]
    assert "secret-key" not in repr(made) + str(made) + repr(made.__ps_properties__())
    assert "X-Ok" in repr(made) and "yes" in repr(made)
    assert entry("New-ChatConnection").names.keys() >= {one.parameter for one in SETTINGS if one.cmdlet}


def test_the_cmdlets_rows_and_the_settings_are_one_table() -> None:
    """Set-Configuration has each setting that is a cmdlet's, and the secret ones are marked."""
    rows = {one.name: one for one in entry("Set-Configuration").parameters}
    for setting in SETTINGS:
        assert (setting.parameter in rows) == setting.cmdlet
        if setting.cmdlet and rows[setting.parameter].dotnet == "String":
            assert rows[setting.parameter].secret == setting.secret
    assert rows.keys() - {one.parameter for one in SETTINGS} == {"PassThru", "Profile"}


@pytest.mark.parametrize("given", [5, {"BaseUrl": "http://x"}, object(), ["a"]])
def test_what_is_no_connection_is_refused(given: Any) -> None:
    with pytest.raises(PSBridgeError, match="invalid value for 'Connection'") as caught:
        ps.New_ChatCompletion(**MESSAGE, Connection=given)
    assert (caught.value.error_id, caught.value.parameter) == ("PSBridge.InvalidConnection", "Connection")


# Profiles


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Path]:
    path = tmp_path / "profiles.json"
    monkeypatch.setenv(profiles.PLACE, str(path))

    def write(table: Any) -> Path:
        path.write_text(table if isinstance(table, str) else json.dumps(table), encoding="utf-8-sig")
        return path

    return write


def test_a_profile_gives_the_settings_and_the_environment_the_key(
    servers: list[ps.OfflineServer], user_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a connection, for Set-Configuration, and by its name alone; any case of the names will do."""
    monkeypatch.setenv("WORK_KEY", "key-of-work\n")
    work = {
        "baseurl": servers[0].base_url,
        "Model": "of-work",
        "timeout": 30,
        "KeyVariable": "WORK_KEY",
        "Proxy": "",
    }
    user_file({"Work": work})
    ps.New_ChatCompletion(Messages="hi", Connection="work")
    ps.New_ChatCompletion(Messages="hi", Connection=ps.New_ChatConnection(Profile="WORK", Model="own"))
    ps.Set_Configuration(Profile="work", MaxRetryCount=1)
    ps.New_ChatCompletion(Messages="hi")
    assert [request.json["model"] for request in servers[0].requests] == ["of-work", "own", "of-work"]
    assert len({request.headers["authorization"] for request in servers[0].requests}) == 1
    monkeypatch.delenv("WORK_KEY")
    with pytest.raises(ConfigurationError, match="WORK_KEY"):
        ps.New_ChatCompletion(Messages="hi", Connection="work")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"w": {"AccessToken": "sk-1"}}, "w: 'AccessToken' holds a key"),
        ({"w": {"Password": "x"}}, "w: 'Password' holds a key"),
        ({"w": {"ApiKey": {"X": "y"}}}, "w: 'ApiKey' holds a key"),
        ({"w": {"DefaultHeaders": {"Authorization": "x"}}}, "w: 'DefaultHeaders' holds a key"),
        ({"w": {"Proxy": "http://u:secretword@h"}}, "w: 'Proxy' holds a key"),
        ({"w": {"Model": "sk-abcdefgh12345"}}, "w: 'Model' holds a key"),
        ({"w": {"ClientCertificate": ["a", "b", "secretword"]}}, "w: 'ClientCertificate' holds a key"),
        ({"w": {"Modle": "x"}}, "w: 'Modle' is not a setting. Did you mean Model"),
        ({"w": 5}, "w: a profile must be an object of settings"),
        ({"w": {"KeyVariable": "a b"}}, "w: 'KeyVariable' must be the name"),
        ("{", "it is not JSON at line 1"),
        ("[]", "it must be an object of profiles"),
        ({"v": {}}, "There is no profile 'w'"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_used_is_refused(user_file: Any, table: Any, told: str) -> None:
    """With the file and the place in it; a key in it above all, which does not show."""
    path = user_file(table)
    before = ps.Get_Configuration().Model
    with pytest.raises(ConfigurationError) as caught:
        ps.Set_Configuration(Profile="w", Model="never")
    assert told in caught.value.message and str(path) in caught.value.message
    assert "secretword" not in caught.value.message and "abcdefgh12345" not in caught.value.message
    assert ps.Get_Configuration().Model == before


def test_the_users_profile_goes_before_the_machines(tmp_path: Path) -> None:
    """Where each file is, by system."""
    home = {"APPDATA": r"C:\U", "ProgramData": r"C:\P", "XDG_CONFIG_HOME": "/c"}
    assert [path.as_posix() for path in profiles.files(home, windows=False)] == [
        "/c/psbridge/profiles.json",
        "/etc/psbridge/profiles.json",
    ]
    assert [path.name for path in profiles.files(home, windows=True)] == ["profiles.json"] * 2
    own = {"XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path)}
    (tmp_path / "psbridge").mkdir()
    (tmp_path / "psbridge" / "profiles.json").write_text('{"a": {"Model": "m"}}')
    assert profiles.profile("A", own) == {"model": "m"}


@pytest.mark.parametrize("headers", [{"Authorization": None}, {"authorization": None}])
def test_a_connection_can_send_no_key(
    servers: list[ps.OfflineServer], headers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-the-environment")
    alone = ps.New_ChatConnection(BaseUrl=servers[0].base_url, DefaultHeaders=headers)
    with pytest.raises(PSBridgeError):
        ps.New_ChatCompletion(**MESSAGE, Connection=alone, MaxRetryCount=0)  # the server wants a key
    assert "of-the-environment" not in str(servers[0].requests[-1].headers)
    assert "authorization" not in servers[0].requests[-1].headers


def test_headers_of_a_connection_stand_for_the_key_of_the_environment(
    servers: list[ps.OfflineServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-the-environment")
    headers = {"Authorization": "Bearer its-own ", "User-Agent": None, "X-Team": "blue"}
    mine = ps.New_ChatConnection(BaseUrl=servers[0].base_url, Organization="own", DefaultHeaders=headers)
    ps.New_ChatCompletion(**MESSAGE, Connection=mine)
    sent = servers[0].requests[-1].headers
    assert "of-the-environment" not in str(sent)
    same = connection(servers[0], "its-own")
    ps.New_ChatCompletion(**MESSAGE, Connection=same)  # what is kept of a key shows which it was
    assert sent["authorization"] == servers[0].requests[-1].headers["authorization"]
    assert (sent["openai-organization"], sent["x-team"]) == ("own", "blue")
    assert "user-agent" not in sent

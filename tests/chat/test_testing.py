"""`psbridge.testing`: answers as told, the proof of what was asked, and nothing that leaves the machine."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.offline import OfflineServer
from psbridge.testing import Fault, OfflineOpenAI, replies, tool_call
from psbridge.testing.cassette import CassetteError


def ask(text: str, **more: Any) -> str:
    reply = ps.New_ChatCompletion(Messages=text, Model="gpt-4o-mini", **more)
    content: str = reply.choices[0].message.content
    return content


def calls_of(text: str) -> list[Any]:
    return list(ps.New_ChatCompletion(Messages=text, Model="m").choices[0].message.tool_calls or ())


def test_answers_come_in_order_and_requests_are_kept() -> None:
    with OfflineOpenAI("yes", {"label": "spam"}) as server:
        assert ask("one") == "yes"
        assert json.loads(ask("two")) == {"label": "spam"}
        assert [one.json["messages"][0]["content"] for one in server.requests] == ["one", "two"]
        server.assert_asked("two")
        server.assert_asked({"model": "gpt-4o-mini", "messages": [{"content": "one"}]}, index=0)


def test_what_differs_is_said_with_its_place() -> None:
    with replies("yes") as server:
        ask("one")
        with pytest.raises(
            AssertionError, match=r'request -1: messages\[0\]\.content is "one" \(expected "two"\)'
        ):
            server.assert_asked({"messages": [{"content": "two"}]})
        with pytest.raises(AssertionError, match="temperature is not there"):
            server.assert_asked({"temperature": 0})


def test_an_answer_may_be_streamed_and_may_ask_for_tools() -> None:
    with OfflineOpenAI("a b c", tool_call("find", q="x"), [tool_call("f"), tool_call("g", n=1)]):
        assert "".join(ps.New_ChatCompletion(Messages="s", Model="m", StreamText=True)) == "a b c"
        [call] = calls_of("t")
        assert (call.function.name, json.loads(call.function.arguments)) == ("find", {"q": "x"})
        calls = calls_of("u")
        assert [one.function.name for one in calls] == ["f", "g"]
        assert len({one.id for one in calls}) == 2


def test_a_fault_happens_once_in_its_turn() -> None:
    with OfflineOpenAI(Fault(status=429, retry_after=0), "then") as server:
        assert ask("x") == "then"
        assert len(server.requests) == 2


def test_answers_by_what_is_asked() -> None:
    with OfflineOpenAI() as server:
        server.reply("spam", when="pills").reply("ham", when={"model": "gpt-4o-mini"})
        assert [ask("cheap pills"), ask("hello"), ask("pills!")] == ["spam", "ham", "spam"]


def test_an_answer_may_be_a_function_of_the_request() -> None:
    with OfflineOpenAI(lambda body: body["messages"][0]["content"].upper()):
        assert ask("loud") == "LOUD"


def test_a_request_too_many_fails_the_test_even_when_its_error_is_swallowed() -> None:
    with (
        pytest.raises(AssertionError, match="request 2 came, but only 1 answer was given"),
        OfflineOpenAI("yes"),
    ):
        ask("one")
        with pytest.raises(ps.ClientError, match="only 1 answer was given"):
            ask("two")


def test_the_official_client_is_answered_too() -> None:
    openai = pytest.importorskip("openai")
    with OfflineOpenAI("yes"), openai.OpenAI() as client:
        reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        assert reply.choices[0].message.content == "yes"


def test_everything_is_put_back(dead_address: str) -> None:
    ps.Set_Configuration(BaseUrl=f"http://{dead_address}/v1")
    with OfflineOpenAI("yes"):
        ask("x")
    assert ps.Get_Configuration()["BaseUrl"] == f"http://{dead_address}/v1"
    assert "OPENAI_BASE_URL" not in os.environ


def try_to_reach(address: str) -> None:
    """As code does that swallows its errors."""
    with contextlib.suppress(OSError):
        socket.create_connection((address, 80), timeout=1)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "example.invalid"])
def test_a_socket_off_this_machine_fails_the_test(address: str) -> None:
    with pytest.raises(AssertionError, match=rf"(connection to|looking up) {address}"), OfflineOpenAI():
        try_to_reach(address)


def test_what_is_allowed_is_not_a_violation() -> None:
    with OfflineOpenAI(allow=["192.0.2.1"]), socket.socket() as one:
        one.setblocking(False)
        with pytest.raises(OSError) as raised:
            one.connect(("192.0.2.1", 80))
        assert "not allowed" not in str(raised.value)


def test_a_call_to_another_base_url_fails_the_test() -> None:
    with OfflineServer() as other:
        elsewhere: dict[str, Any] = {"base_url": other.base_url, "access_token": "sk-other-key"}
        with (
            pytest.raises(AssertionError, match="a call to http://127"),
            OfflineOpenAI(),
            ps.use_configuration(**elsewhere),
            pytest.raises(ps.ClientError, match="not allowed in this test"),
        ):
            ask("x")
        with OfflineOpenAI(allow=[other.base_url]), ps.use_configuration(**elsewhere):
            assert "You said: x" in ask("x")
        assert len(other.requests) == 1


class TestUnittest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = OfflineOpenAI("yes").start()
        self.addCleanup(self.server.stop)

    def test_it_serves_unittest_too(self) -> None:
        self.assertEqual(ask("x"), "yes")
        self.server.check()


@replies("yes")
def test_it_decorates_a_test() -> None:
    assert ask("x") == "yes"


def test_a_cassette_is_recorded_once_and_replayed_without_the_service(tmp_path: Path) -> None:
    tape = tmp_path / "tape.json"
    with OfflineServer(api_key="sk-the-real-key") as service:
        ps.Set_Configuration(BaseUrl=service.base_url, AccessToken="sk-the-real-key")
        with OfflineOpenAI(cassette=tape, record=True):
            first = ask("one")
            streamed = "".join(ps.New_ChatCompletion(Messages="two", Model="m", StreamText=True))
        assert len(service.requests) == 2
    assert "sk-the-real-key" not in tape.read_text()
    with OfflineOpenAI(cassette=tape):
        assert ask("one") == first == ask("one")
        assert "".join(ps.New_ChatCompletion(Messages="two", Model="m", StreamText=True)) == streamed


def test_a_request_that_is_not_on_the_cassette_names_the_nearest(tmp_path: Path) -> None:
    tape = tmp_path / "tape.json"
    with OfflineServer() as service:
        ps.Set_Configuration(BaseUrl=service.base_url, AccessToken="sk-x")
        with OfflineOpenAI(cassette=tape, record=True):
            ask("one")
            ask("something else entirely", Temperature=1)
    with (
        pytest.raises(AssertionError, match="nearest is entry 1"),
        OfflineOpenAI(cassette=tape),
        pytest.raises(ps.ClientError, match=r'nearest is entry 1.*content is "once" \(expected "one"\)'),
    ):
        ask("once")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not a whole cassette"),
        ("{}", "not a cassette of psbridge"),
        ('{"kind": "psbridge cassette", "version": 9, "entries": []}', "version 9"),
        ('{"kind": "psbridge cassette", "version": 1, "entries": [1]}', "entry without"),
        (None, "is not there"),
    ],
)
def test_a_cassette_that_is_none_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    tape = tmp_path / "tape.json"
    if text is not None:
        tape.write_text(text)
    with pytest.raises(CassetteError, match=said), OfflineOpenAI(cassette=tape):
        pass


_PROJECT = """
import psbridge as ps
def test_good(offline_openai):
    offline_openai.reply("yes")
    assert ps.New_ChatCompletion(Messages="x", Model="m").choices[0].message.content == "yes"
def test_bad(offline_openai):
    import socket
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    except Exception:
        pass
"""


def test_the_fixture_serves_a_project_and_fails_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(_PROJECT)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "a connection to 192.0.2.1" in done.stdout


def test_the_plugin_loads_nothing_until_it_is_used() -> None:
    program = (
        "import sys, psbridge.testing.plugin\n"
        "print([name for name in sys.modules if name.startswith(('httpx', 'pydantic', 'psbridge.client'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_decorated_test_is_answered_each_time_it_runs() -> None:
    server = OfflineOpenAI("first", "second").reply("pills!", when="pills")

    @server
    def asks() -> list[Any]:
        return [ps.New_ChatCompletion(text, Model="m", TextOnly=True) for text in ("x", "pills", "y")]

    assert asks() == asks() == ["first", "pills!", "second"]

"""`psbridge chat`: where the text comes from, what is printed, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psbridge import OfflineServer
from psbridge.offline import Fault

from .conftest import COMMAND, Run


def test_it_prints_the_reply_and_nothing_else(psbridge: Run, server: OfflineServer) -> None:
    done = psbridge("chat", "Hello there", "--model", "gpt-4o", "--system", "Be brief.")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("You said: Hello there\n") and done.stdout.count("\n") == 1
    assert server.requests[-1].json == {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello there"}],
    }


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_piped_text_is_what_is_said(
    psbridge: Run, server: OfflineServer, arguments: tuple[str, ...]
) -> None:
    done = psbridge("chat", *arguments, says=b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe \xf0\x9f\x99\x82\n")
    assert done.returncode == 0
    assert server.requests[-1].json["messages"][0]["content"] == "Grüße 🙂"
    assert "Grüße 🙂" in done.stdout


def test_offline_needs_neither_key_nor_settings(
    psbridge: Run, monkeypatch: pytest.MonkeyPatch, dead_address: str
) -> None:
    """Even a proxy and a wrong base URL in the environment do not get in the way."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{dead_address}/v1")
    monkeypatch.setenv("HTTP_PROXY", f"http://{dead_address}")
    done = psbridge("chat", "Hi", "--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert "not a model" in done.stdout


def test_json_is_the_whole_reply(psbridge: Run, server: OfflineServer) -> None:
    done = psbridge("chat", "Hi", "--json", "--stream")
    reply = json.loads(done.stdout)
    assert reply["object"] == "chat.completion" and reply["usage"]["total_tokens"] > 0


def test_a_stream_says_the_same_as_the_whole_reply(psbridge: Run, server: OfflineServer) -> None:
    whole, streamed = psbridge("chat", "Hi", "--no-stream"), psbridge("chat", "Hi", "--stream")
    assert whole.stdout == streamed.stdout != ""
    assert [one.json.get("stream", False) for one in server.requests] == [False, True]


def test_a_wrong_key_is_one_sentence_without_the_key(
    psbridge: Run, server: OfflineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-wrong-key-0002")
    done = psbridge("chat", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert "API key" in done.stderr and done.stderr.count("\n") == 1
    assert "wrong-key" not in done.stderr


def test_a_missing_key_says_how_to_set_it(psbridge: Run) -> None:
    done = psbridge("chat", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert "OPENAI_API_KEY" in done.stderr and "--offline" in done.stderr


def test_an_unreachable_host_is_named(
    psbridge: Run, monkeypatch: pytest.MonkeyPatch, dead_address: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{dead_address}/v1")
    done = psbridge("chat", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no connection" in done.stderr and f"http://{dead_address}/v1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_base_url_that_is_none_is_refused(psbridge: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "not a url")
    done = psbridge("chat", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "psbridge: Invalid URL 'not a url' cannot be used in the base URL.\n"


def test_a_refused_request_shows_what_the_server_said(psbridge: Run, server: OfflineServer) -> None:
    server.faults.add(Fault(status=400, times=1))
    done = psbridge("chat", "Hi")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("psbridge: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("says", ["", " \n", b"\xff\xfe\x00"])
def test_nothing_to_say_is_wrong_usage(psbridge: Run, says: str | bytes) -> None:
    done = psbridge("chat", "--offline", says=says)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("psbridge: ") and done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to a Windows process")
def test_ctrl_c_ends_with_130_and_no_traceback(server: OfflineServer) -> None:
    server.faults.add(Fault(delay=60))
    process = subprocess.Popen(
        [*COMMAND, "chat", "Hi"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        limit = time.monotonic() + 60
        while not server.requests.total and time.monotonic() < limit:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert out == b"" and b"Traceback" not in errors


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_on_a_terminal_the_reply_streams_and_cannot_steer_it(server: OfflineServer) -> None:
    """What a model says reaches the terminal without escape sequences."""
    import pty

    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "chat", "red \x1b[31m alert\x07"], stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            data = os.read(controller, 4096)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not data:
            break
        shown += data
    os.close(controller)
    assert process.wait(timeout=60) == 0
    assert b"You said: red [31m alert" in shown and b"\x1b[31m" not in shown and b"\x07" not in shown
    assert server.requests[-1].json["stream"] is True


def test_a_profile_says_where_to_ask(
    psbridge: Run, server: OfflineServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "profiles.json"
    path.write_text(json.dumps({"work": {"BaseUrl": server.base_url, "Model": "of-work"}}))
    monkeypatch.setenv("PSBRIDGE_PROFILES", str(path))
    done = psbridge("chat", "Hi", "--profile", "work")
    assert done.returncode == 0, done.stderr
    assert server.requests[-1].json["model"] == "of-work"
    done = psbridge("chat", "Hi", "--profile", "wrok")
    assert done.returncode == 1 and "There is no profile 'wrok'" in done.stderr

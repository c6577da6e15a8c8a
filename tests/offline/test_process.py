"""The server as a process of its own: first line, signals, end of standard input, TLS."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from psbridge.offline import OfflineServer
from psbridge.offline.command import main

from .conftest import AUTHORISED, DIRECT

HELLO = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@contextmanager
def _running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the base URL it printed."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "psbridge.offline", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to a Windows process")
def test_it_serves_and_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with _running() as (process, url):
        assert (
            httpx.post(f"{url}/chat/completions", json=HELLO, headers=AUTHORISED, **DIRECT).status_code == 200
        )
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
        assert process.stdout is not None and process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_it_ends_when_its_input_does() -> None:
    with (
        _running("--until-stdin-ends") as (process, url),
        httpx.Client(base_url=url, headers=AUTHORISED, **DIRECT) as client,
    ):
        assert client.get("/models").status_code == 200
        assert process.stdin is not None and process.stderr is not None
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == ""


def test_its_options_are_the_servers() -> None:
    body = {"messages": HELLO["messages"]}
    with _running("--model", "stand-in", "--host", "127.0.0.1") as (_, url):
        reply = httpx.post(f"{url}/chat/completions", json=body, headers=AUTHORISED, **DIRECT)
        assert reply.json()["model"] == "stand-in"
    with _running("--delay", "60000") as (_, url), pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/chat/completions", json=HELLO, headers=AUTHORISED, timeout=0.3, **DIRECT)


def test_a_taken_port_ends_with_a_sentence(server: OfflineServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", str(server.port)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"port {server.port}" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "arguments", [["--port", "70000"], ["--port", "x"], ["--delay", "-1"], ["--delay", "inf"]]
)
def test_bad_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key for localhost, in one file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = [
        program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", "key.pem", "-out", "certificate.pem",
    ]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "certificate.pem").read_text() + (folder / "key.pem").read_text())
    return both


def test_it_serves_https(certificate: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with OfflineServer(ssl_context=serving) as server:
        assert server.base_url.startswith("https://127.0.0.1:")
        with httpx.Client(
            base_url=server.base_url, headers=AUTHORISED, verify=trusting, trust_env=False
        ) as client:
            assert client.post("/chat/completions", json=HELLO).status_code == 200
            reply = client.post("/chat/completions", json={**HELLO, "stream": True})
            assert reply.text.endswith("data: [DONE]\n\n")
            for fault in ("cut", "cut-after-bytes=5", "cut; reset"):
                with pytest.raises(httpx.TransportError):
                    client.post("/chat/completions", json=HELLO, headers={"x-offline-fault": fault})
        with (
            httpx.Client(base_url=server.base_url, headers=AUTHORISED, **DIRECT) as wary,
            pytest.raises(httpx.ConnectError, match="self-signed"),
        ):
            wary.get("/models")


def test_a_peer_silent_in_the_handshake_does_not_hold_up_the_end(certificate: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    with OfflineServer(ssl_context=serving) as server:
        silent = socket.create_connection((server.host, server.port), timeout=30)
        with httpx.Client(
            base_url=server.base_url, verify=ssl.create_default_context(cafile=certificate), trust_env=False
        ) as client:
            assert client.get("/models", headers=AUTHORISED).status_code == 200
    with silent:
        assert silent.recv(1) == b""

"""The pinned descriptions: fetched once, and nothing is believed but a file's sum."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from psbridge.generate.description import DescriptionError
from psbridge.generate.sources import Source, fetched, pinned

CONTENT = b"openapi: 3.1.0\n"


class Serving(BaseHTTPRequestHandler):
    """Answers with the content, or that there is none."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        there = self.path == "/openapi.yaml"
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(CONTENT) if there else 0))
        self.end_headers()
        if there:
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def address(asked: list[str]) -> Iterator[str]:
    handler = type("Handler", (Serving,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/openapi.yaml"
        server.shutdown()
        thread.join()


def source(address: str, content: bytes = CONTENT) -> Source:
    return Source("newest", address, "0123456789abcdef", hashlib.sha256(content).hexdigest())


def test_a_description_is_fetched_once(address: str, asked: list[str], tmp_path: Path) -> None:
    path = fetched(source(address), tmp_path / "kept")
    assert path.read_bytes() == CONTENT
    assert fetched(source(address), tmp_path / "kept") == path
    assert asked == ["/openapi.yaml"]
    path.write_bytes(b"changed by hand")
    assert fetched(source(address), tmp_path / "kept").read_bytes() == CONTENT
    assert [one.name for one in (tmp_path / "kept").iterdir()] == [path.name]


def test_another_file_than_the_pinned_one_is_refused(address: str, tmp_path: Path) -> None:
    """Both sums are named, and nothing is kept."""
    other = source(address, b"something else")
    with pytest.raises(DescriptionError, match=other.sha256) as caught:
        fetched(other, tmp_path)
    assert hashlib.sha256(CONTENT).hexdigest() in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_fetched_is_named(address: str, tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match=r"/none: HTTP 404"):
        fetched(source(address.replace("openapi.yaml", "none")), tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(DescriptionError, match=rf"127\.0\.0\.1:{port}/openapi\.yaml: "):
        fetched(source(f"http://127.0.0.1:{port}/openapi.yaml"), tmp_path)


def test_the_pins_name_their_revision(tmp_path: Path) -> None:
    """An address that moved with a branch would give another file every week."""
    pins = pinned()
    assert pins.keys() == {"newest", "names"}
    for pin in pins.values():
        assert len(pin.revision) == 40 and pin.revision in pin.address
        assert len(pin.sha256) == 64 and pin.address.startswith("https://")


def test_the_command_says_what_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    """Where there is no network."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    command = [sys.executable, "-m", "psbridge.generate", "--root", str(tmp_path)]
    done = subprocess.run(
        [*command, "--descriptions", str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        env={**os.environ, "HTTPS_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": ""},
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("psbridge.generate: https://raw.githubusercontent.com/")
    assert list(tmp_path.iterdir()) == []

"""The recipe for a family, tried: two files of its own, and the generated package calls a service with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from psbridge.generate.__main__ import generate

from .conftest import DATA

PACKAGE = Path(__file__).parents[2] / "psbridge"

SCRIPT = """
import psbridge as ps

line = ps.Initialize_TextLine(Type="text", Text="Empty.")
ticket = ps.Initialize_Ticket(Title="Toner", Lines=[line], Floor=2)
receipts = [
    ps.New_Ticket(ticket),
    ps.New_Ticket(Title="Toner", Lines=line, Floor=2),
    ps.New_Ticket({"title": "Toner", "lines": [line], "floor": 2}),
    ps.Get_UrlFromHostSetting(Id=7, Floor=3),
]
assert [receipt.id for receipt in receipts] == ["1", "2", "3", "4"], receipts
assert receipts[0].entries[0].at == 5
info = ps.New_Ticket(ticket, WithHttpInfo=True)
assert (info.StatusCode, info.Response.id) == (200, "5")
for wrong in ({"Title": "x" * 65, "Lines": line}, {"Title": "x", "Lines": line, "Floor": 31}):
    try:
        ps.New_Ticket(**wrong)
    except ps.InvalidValueError as error:
        print(error.message)
"""


@pytest.fixture
def service() -> Iterator[tuple[str, list[tuple[str, str, Any, str | None]]]]:
    """A service of tickets, and what it was asked."""
    asked: list[tuple[str, str, Any, str | None]] = []

    class Tickets(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.command, self.path, body, self.headers["idempotency-key"]))
            reply = json.dumps({"id": str(len(asked)), "entries": [{"at": 5}], "new": True}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Tickets) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_a_family_of_two_files_can_be_called(
    tmp_path: Path, service: tuple[str, list[tuple[str, str, Any, str | None]]]
) -> None:
    """What was made of rows and words, in a copy of the package: no line of code was written for it."""
    url, asked = service
    own = sorted(path.name for path in (DATA / "families" / "tickets").iterdir())
    assert own == ["cmdlets.yaml", "help.yaml"]
    shutil.copytree(PACKAGE, tmp_path / "psbridge", ignore=shutil.ignore_patterns("__pycache__"))
    generate(DATA / "newest.yaml", DATA / "oldest.yaml", tmp_path, DATA / "families")
    environment = {**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-x"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "invalid value for 'Title', the character length must be smaller than or equal to 64.",
        "invalid value for 'Floor', must be smaller than or equal to 30.",
    ]
    ticket = {"title": "Toner", "lines": [{"type": "text", "text": "Empty."}], "floor": 2}
    assert [one[:3] for one in asked] == [
        ("POST", "/tickets", ticket),
        ("POST", "/tickets", ticket),
        ("POST", "/tickets", ticket),
        ("POST", "/tickets/7", {"floor": 3}),
        ("POST", "/tickets", ticket),
    ]
    assert len({key for *_, key in asked}) == len(asked), "each call has its own idempotency key"

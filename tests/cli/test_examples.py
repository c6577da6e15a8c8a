"""The examples, as their readers run them: child processes in a folder of their own."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from psbridge import OfflineServer
from psbridge.offline import Fault

from .conftest import ROOT

EXAMPLES = ROOT / "examples" / "python"
TICKETS = EXAMPLES / "tickets.csv"


def _run(name: str, *arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "utf8", str(EXAMPLES / name), *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def _rows(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(text.splitlines()))


def test_the_page_s_example_ends_in_a_reply(tmp_path: Path) -> None:
    done = _run("chat_api_page.py", "--offline", folder=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["object"] == "chat.completion"
    assert "Refusal, -Audio, -ToolCalls" in done.stderr and "Traceback" not in done.stderr


def test_the_page_s_catch_block_shows_details_and_headers(
    tmp_path: Path, server: OfflineServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-wrong-key-0002")
    done = _run("chat_api_page.py", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Exception occurred when calling New-ChatCompletion:" in done.stderr
    assert '"invalid_api_key"' in done.stderr and "'x-request-id': '" in done.stderr
    assert "wrong-key" not in done.stderr


@pytest.mark.parametrize("name", ["triage.csv", "triage.jsonl"])
def test_triage_writes_a_row_for_every_ticket(tmp_path: Path, name: str) -> None:
    done = _run("ticket_triage.py", TICKETS, tmp_path / name, "--offline", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    rows = _rows(tmp_path / name)
    assert [row["id"] for row in rows] == ["T-1001", "T-1002", "T-1003", "T-1004", "T-1005"]
    assert all(row["queue"] in ("access", "billing", "privacy", "question", "wish") for row in rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"{name}.run.db"]


def test_triage_sends_a_strict_schema_and_the_ticket_as_it_is(tmp_path: Path, server: OfflineServer) -> None:
    assert _run("ticket_triage.py", TICKETS, tmp_path / "o.csv", folder=tmp_path).returncode == 0
    bodies = [server.requests[place].json for place in range(-5, 0)]
    (sent,) = [body for body in bodies if "dark mode" in str(body)]
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["messages"][1]["content"].startswith("Subject: Wish: dark mode") and "🙂" in str(sent)
    assert "sk-the-right-key" not in str(server.requests[-1].headers)


def test_one_failing_ticket_stops_no_other_and_is_told(tmp_path: Path, server: OfflineServer) -> None:
    server.faults.add(Fault(status=400, when=lambda request: "dark mode" in request.body.decode()))
    done = _run("ticket_triage.py", TICKETS, tmp_path / "o.jsonl", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, f"4 of 5 tickets triaged: {tmp_path / 'o.jsonl'}\n")
    assert done.stderr.startswith("T-1003: ") and done.stderr.count("\n") == 1
    errors = {row["id"]: row["Error"] for row in _rows(tmp_path / "o.jsonl")}
    assert [ticket for ticket, error in errors.items() if error] == ["T-1003"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"id,subject\n1,a\n", "'text'"), (b"nothing\n1\n", "'id'"), (b"", "empty"), (None, "No such file")],
)
def test_a_file_that_is_no_table_of_tickets_changes_nothing(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    results = tmp_path / "out" / "o.csv"
    results.parent.mkdir()
    results.write_text("yesterday's", encoding="utf-8")
    tickets = tmp_path / "tickets.csv"
    if content is not None:
        tickets.write_bytes(content)
    done = _run("ticket_triage.py", tickets, results, "--offline", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert results.read_text(encoding="utf-8") == "yesterday's"
    assert list(results.parent.iterdir()) == [results]


def test_the_example_s_own_tests_pass(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLES)]
    done = subprocess.run(
        [*command, str(EXAMPLES / "test_ticket_triage.py")],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
def test_triage_that_is_killed_goes_on_where_it_was(tmp_path: Path, server: OfflineServer) -> None:
    tickets = tmp_path / "tickets.csv"
    rows = "".join(f"T{number},subject {number},text {number}\n" for number in range(300))
    tickets.write_text(f"id,subject,text\n{rows}", encoding="utf-8")
    # Most are not answered before the process is killed.
    server.faults.add(Fault(delay=60, when=lambda request: b"subject 1" not in request.body))
    results = tmp_path / "o.csv"
    command = [sys.executable, str(EXAMPLES / "ticket_triage.py"), str(tickets), str(results)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not _answered(tmp_path / "o.csv.run.db") and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not results.exists()
    before = len(server.requests)
    kept = _answered(tmp_path / "o.csv.run.db")
    assert 0 < len(kept) < 300
    server.faults.clear()
    done = _run("ticket_triage.py", tickets, results, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in _rows(results)] == [f"T{number}" for number in range(300)]
    assert all(row["queue"] and not row["Error"] for row in _rows(results))
    # What the ledger held when the process was killed is not asked again; everything else is. Requests of the
    # first process that the server had not read yet are among these.
    subjects = re.compile(r"Subject: subject (\d+)")
    again = {f"T{subjects.search(request.body.decode())[1]}" for request in server.requests[before:]}  # type: ignore[index]
    assert again == {f"T{number}" for number in range(300)} - kept


def _answered(ledger: Path) -> set[str]:
    """The ids of the rows that a ledger holds a reply to."""
    if not ledger.exists():
        return set()
    with contextlib.closing(sqlite3.connect(ledger)) as opened:
        try:
            return {id for (id,) in opened.execute("select id from item join result using(seq)")}
        except sqlite3.OperationalError:  # it is being made
            return set()

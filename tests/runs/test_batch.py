"""Runs by batch files, against the offline server's batches."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import psbridge as ps
from psbridge import OfflineServer
from psbridge.offline import Fault, Pace

from .conftest import KEY, Tickets
from .test_kills import _KILLED_AT


@pytest.fixture
def service() -> Iterator[OfflineServer]:
    with OfflineServer(api_key=KEY, batches=Pace(line_delay=0.01)) as server:
        yield server


@pytest.fixture
def batched(tmp_path: Path, service: OfflineServer) -> Tickets:
    tickets = Tickets(tmp_path, service.base_url)
    tickets.write(12)
    return tickets


LINE = ("--batch", "--poll-seconds", "1")


def check(tickets: Tickets) -> None:
    rows = tickets.rows()
    assert [row["Id"] for row in rows] == [str(number) for number in range(12)]
    assert all(f"p-{row['Id']} Sort" in row["Answer"] and not row["Error"] for row in rows)


def made(server: OfflineServer) -> int:
    """Batches that were made."""
    return sum(1 for one in server.requests if one.method == "POST" and one.path.endswith("/batches"))


def test_a_batch_answers_every_row(batched: Tickets, service: OfflineServer) -> None:
    done = batched.run(*LINE)
    assert done.returncode == 0, done.stderr
    check(batched)
    assert made(service) == 1
    assert batched.run(*LINE).returncode == 0 and made(service) == 1


def test_submitted_now_and_collected_by_the_same_line_later(batched: Tickets, service: OfflineServer) -> None:
    assert batched.run(*LINE, "--no-wait").returncode == 3
    status = batched.psbridge("runs", "status", str(batched.ledger))
    assert "part 1: created, 12 requests" in status.stdout
    assert batched.run(*LINE).returncode == 0
    check(batched)
    assert made(service) == 1


def test_parts_are_cut_by_tokens(batched: Tickets, service: OfflineServer) -> None:
    assert batched.run(*LINE, "--batch-tokens", "150").returncode == 0
    check(batched)
    assert made(service) > 1


def test_a_part_that_is_too_large_is_halved(batched: Tickets, service: OfflineServer) -> None:
    service.faults.add(Fault(status=413, path="/files", times=1))
    assert batched.run(*LINE).returncode == 0
    check(batched)
    assert made(service) == 2


def test_what_a_batch_did_not_answer_is_finished_live(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY, batches=Pace(line_delay=0.2, window=1.0)) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(12)
        assert tickets.run(*LINE).returncode == 3
        answered = sum(bool(row["Answer"]) for row in tickets.rows())
        assert 0 < answered < 12
        assert tickets.run().returncode == 0
        check(tickets)


_COMMITS = ("psbridge.run.commit", "psbridge.run.committed")
_STEPS = [
    ("psbridge.run.upload", 1),
    ("psbridge.run.create", 1),
    *(
        (event, number)
        for event in ("psbridge.run.commit", "psbridge.run.committed")
        for number in range(4, 12)
    ),
]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX's")
@pytest.mark.parametrize(("event", "number"), _STEPS)
def test_killed_between_any_two_steps_no_batch_is_made_twice(
    batched: Tickets, service: OfflineServer, event: str, number: int
) -> None:
    command = [sys.executable, "-c", _KILLED_AT, event, str(number)]
    process = batched.start(*batched.line(*LINE), command=command)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 0)
    done = batched.run(*LINE)
    assert done.returncode == 0, done.stderr
    check(batched)
    assert made(service) == 1


def test_python_submits_and_collects(tmp_path: Path, service: OfflineServer) -> None:
    with ps.use_configuration(base_url=service.base_url, access_token=KEY, proxy=""):
        run = ps.Run(tmp_path / "t.db", ["one", "two"], model="gpt-4o-mini", poll_seconds=1)
        assert run.submit_batches().status.InBatch == 2
        assert run.collect().exit_code == 0
        assert [row.Answer[-3:] for row in ps.Receive_ChatCompletionRun(str(tmp_path / "t.db"))] == [
            "one",
            "two",
        ]

"""Runs by batch files, against the offline server's batches."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge import OfflineServer
from psbridge.offline import Fault, Pace
from psbridge.runs.ledger import Ledger
from psbridge.runs.parts import Line, cut

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


def test_a_live_line_says_that_rows_lie_in_a_batch(batched: Tickets, service: OfflineServer) -> None:
    assert batched.run(*LINE, "--no-wait").returncode == 3
    done = batched.run()
    assert done.returncode == 3 and "12 rows lie in batches" in done.stderr
    assert not any(row["Answer"] for row in batched.rows())


def test_parts_are_cut_by_tokens(batched: Tickets, service: OfflineServer) -> None:
    assert batched.run(*LINE, "--batch-tokens", "150").returncode == 0
    check(batched)
    assert made(service) > 1


def test_a_part_has_fifty_thousand_requests_at_most(tmp_path: Path) -> None:
    """Whatever is too much for one file is in the next; nothing needs to be sent to see it."""
    prompts = (f"p-{number}" for number in range(50_001))
    with ps.use_configuration(base_url="http://127.0.0.1:9/v1", access_token=KEY, proxy=""):
        run = ps.Run(tmp_path / "t.db", prompts, model="gpt-4o-mini", deadline="2020-01-01T00:00")
        assert run.submit_batches().why == "deadline"
    with Ledger(tmp_path / "t.db") as ledger:
        assert [part["requests"] for part in ledger.parts()] == [50_000, 1]


def test_a_part_has_a_hundred_and_ninety_million_bytes_at_most() -> None:
    """To the byte; each model has parts of its own."""
    even = [Line(seq, "m", 1, 1_000_000, 10) for seq in range(190)]
    assert [(part.size, len(part.rows)) for part in cut(even)] == [(190_000_000, 190)]
    parts = cut([*even, Line(190, "m", 1, 1, 10), Line(191, "other", 1, 1, 10)])
    assert [(part.model, part.size, part.rows[0]) for part in parts] == [
        *(("m", 190_000_000, 0), ("m", 1, 190), ("other", 1, 191))
    ]
    assert [part.rows for part in cut([Line(0, "m", 1, 190_000_001, 10), Line(1, "m", 1, 5, 10)])] == [
        [0],
        [1],
    ]


def test_a_dry_run_counts_the_parts_that_are_made(tmp_path: Path) -> None:
    """By model, tokens and inputs, and at half the price."""
    requests = [
        {"model": model, "max_completion_tokens": 10, "messages": [{"role": "user", "content": "p-1"}]}
        for model in ("a", "b", "a")
    ]
    price = {name: {"input": 1, "output": 1} for name in "ab"}
    live, batch = (
        ps.Run(tmp_path / "t.db", requests, price=price, batch=batch, batch_tokens=20).plan()
        for batch in (False, True)
    )
    assert live.BatchParts == batch.BatchParts == 3
    assert live.MostCost and batch.MostCost == live.MostCost / 2
    many = [{"model": "e", "input": ["x"] * 30_000}] * 2
    run = ps.Run(
        tmp_path / "e.db",
        ({"Id": n, "r": one} for n, one in enumerate(many)),
        id="Id",
        request_column="r",
        endpoint="embeddings",
    )
    assert run.plan().BatchParts == 2


def test_embeddings_count_by_their_inputs() -> None:
    lines = [Line(seq, "m", inputs, 100, 10) for seq, inputs in enumerate((30_000, 20_000, 1, 60_000))]
    assert [part.inputs for part in cut(lines)] == [50_000, 1, 60_000]


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


def test_a_part_without_room_waits_until_another_has_ended(tmp_path: Path) -> None:
    """And is not made time and again meanwhile."""
    with OfflineServer(api_key=KEY, batches=Pace(line_delay=0.1, tokens=100)) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(12)
        done = tickets.run("--batch", "--poll-seconds", "0.2", "--batch-tokens", "80")
        assert done.returncode == 0, done.stderr
        check(tickets)
        with Ledger(tickets.ledger) as ledger:
            parts = ledger.db.execute("select count(*) from part").fetchone()[0]
        assert 3 <= parts < made(server) <= parts * (parts + 1) // 2


def test_one_part_that_there_is_no_room_for_ends_the_run(tmp_path: Path) -> None:
    """With the service's sentence; nothing is lost."""
    with OfflineServer(api_key=KEY, batches=Pace(tokens=10)) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(12)
        done = tickets.run(*LINE)
        assert done.returncode == 3 and "token" in done.stderr
        assert tickets.run().returncode == 0
        check(tickets)


def test_a_batch_that_is_cancelled_keeps_what_was_answered(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY, batches=Pace(line_delay=0.25)) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(12)
        process = tickets.start(*tickets.line(*LINE))
        with ps.use_configuration(base_url=server.base_url, access_token=KEY, proxy=""):

            def listed() -> Any:
                return ps.Invoke_ListBatches().data

            while not any(one.request_counts and one.request_counts.completed > 2 for one in listed()):
                assert process.poll() is None
                time.sleep(0.02)
            ps.Stop_Batch(listed()[0].id)
        process.communicate(timeout=60)
        assert process.returncode == 3
        answered = [row for row in tickets.rows() if row["Answer"]]
        assert 0 < len(answered) < 12
        assert tickets.run(*LINE).returncode == 0
        check(tickets)
        assert made(server) == 2


def test_a_batch_whose_making_was_not_acknowledged_is_found_again(
    batched: Tickets, service: OfflineServer
) -> None:
    service.faults.add(
        Fault(cut_after_bytes=5, path="/batches", times=1, when=lambda request: request.method == "POST")
    )
    done = batched.run(*LINE)
    assert done.returncode == 0, done.stderr
    check(batched)
    assert made(service) == 1


def test_an_output_is_taken_line_by_line(batched: Tickets, service: OfflineServer) -> None:
    """Lines of others, lines that say two things, errors under HTTP 200, and what is no line at all."""

    def line(id: str, body: object, status: int = 200) -> bytes:
        response = {"status_code": status, "request_id": "r", "body": body}
        return json.dumps({"id": "b", "custom_id": id, "response": response, "error": None}).encode()

    def said(text: str) -> dict[str, object]:
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        head = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini"}
        return {**head, "choices": [choice], "usage": None}

    assert batched.run(*LINE, "--no-wait").returncode == 3
    with Ledger(batched.ledger) as ledger:
        first, second, third = (
            str(seq) for (seq,) in ledger.db.execute("select seq from item order by seq limit 3")
        )
    lines = [
        *(
            line("99999", said("nobody")),
            line("9" * 40, said("nobody")),
            line("row-1", said("nobody")),
            line("", said("nobody")),
            b"[1",
        ),
        line(first, {"error": {"message": "boom", "code": "server_error"}}),
        *(line(second, said("second")), line(second, said("otherwise"))),
        *(line(third, None), b"[]", b'{"custom_id": 7}'),
    ]
    service.faults.add(Fault(body=b"\n".join(lines), path="/content", times=1))
    assert batched.run(*LINE).returncode == 3
    rows = batched.rows()
    assert rows[0]["Error"].startswith("HTTP 200: boom") and not rows[0]["Answer"]
    assert rows[1]["Answer"] == "second"
    assert not any(row["Answer"] or row["Error"] for row in rows[2:])
    assert batched.run(*LINE).returncode == 1
    assert sum(bool(row["Answer"]) for row in batched.rows()) == 11


def test_where_no_line_was_answered_there_is_no_output(batched: Tickets, service: OfflineServer) -> None:
    service.faults.add(Fault(status=400, path="/chat/completions", message="no such thing"))
    assert batched.run(*LINE).returncode == 1
    assert all("no such thing" in row["Error"] for row in batched.rows())
    assert made(service) == 1


@pytest.mark.parametrize("cap", [("--max-requests", "5"), ("--max-tokens", "6000"), ("--max-cost", "0.003")])
def test_a_cap_holds_for_batches(batched: Tickets, service: OfflineServer, cap: tuple[str, str]) -> None:
    """Rows beyond it are in no file; with more room the same line goes on."""
    prices = batched.folder / "prices.json"
    prices.write_text('{"gpt-4o-mini": {"input": 1, "output": 1}}')
    done = batched.run(*LINE, *cap, "--price-file", prices)
    assert done.returncode == 3 and cap[0].removeprefix("--") in done.stderr
    assert len([row for row in batched.rows() if row["Answer"]]) == 5
    assert made(service) == 1
    assert batched.run(*LINE).returncode == 0
    check(batched)


def test_nothing_is_begun_after_the_deadline(batched: Tickets, service: OfflineServer) -> None:
    done = batched.run(*LINE, "--deadline", "2020-01-01T00:00")
    assert done.returncode == 3 and "deadline" in done.stderr
    assert made(service) == 0
    assert batched.run(*LINE).returncode == 0
    check(batched)


_COMMITS = ("psbridge.run.commit", "psbridge.run.committed")
_STEPS = [
    ("psbridge.run.upload", 1),
    ("psbridge.run.create", 1),
    *(
        (event, number)
        for event in ("psbridge.run.commit", "psbridge.run.committed")
        for number in range(3, 12)
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
    assert process.returncode == -signal.SIGKILL
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

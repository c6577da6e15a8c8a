"""`psbridge run` and `psbridge runs`, as their users see them."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

from psbridge import OfflineServer
from psbridge.offline import Fault

from .conftest import KEY, Counting, Tickets


def test_rows_go_in_and_come_out_joined_to_their_columns(tickets: Tickets) -> None:
    tickets.write(5)
    done = tickets.run()
    assert done.returncode == 0, done.stderr
    tickets.check_whole(5)
    rows = tickets.rows()
    assert list(rows[0]) == ["Id", "Text", "Answer", "Error"]
    assert not tickets.failed.exists()
    assert stat.S_IMODE(tickets.ledger.stat().st_mode) == 0o600 or os.name == "nt"


def test_the_same_line_again_asks_for_nothing(tickets: Tickets, counting: Counting) -> None:
    tickets.write(5)
    tickets.run()
    tickets.out.unlink()
    assert tickets.run().returncode == 0
    assert counting.stats["calls"] == 5
    tickets.check_whole(5)


def test_a_row_that_fails_has_its_error_and_goes_to_the_failed_file(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(100)
    counting.reset(bad=5)
    done = tickets.run()
    assert done.returncode == 1, done.stderr
    rows = tickets.rows()
    failed = [row for row in rows if row["Error"]]
    assert len(rows) == 100 and 0 < len(failed) < 20
    assert all(row["Answer"] == "" and "400" in row["Error"] for row in failed)
    lines = [json.loads(line) for line in tickets.failed.read_text(encoding="utf-8").splitlines()]
    assert lines == [{"Id": row["Id"], "Text": row["Text"]} for row in failed]


def test_the_failed_file_is_valid_input_of_the_same_line(tickets: Tickets, counting: Counting) -> None:
    tickets.write(100)
    counting.reset(bad=5)
    tickets.run()
    failed = [row["Id"] for row in tickets.rows() if row["Error"]]
    counting.reset()
    again = Tickets(tickets.folder / "again", counting.base_url)
    again.folder.mkdir()
    again.source = tickets.failed
    assert again.run().returncode == 0
    assert [row["Id"] for row in again.rows()] == failed


def test_what_failed_is_asked_for_again_under_a_new_key(tickets: Tickets, counting: Counting) -> None:
    tickets.write(100)
    counting.reset(bad=5)
    assert tickets.run().returncode == 1
    before = counting.get("/keys")
    failed = [row["Id"] for row in tickets.rows() if row["Error"]]
    assert tickets.run().returncode == 1, "the same line does not ask again"
    counting.reset()
    done = tickets.psbridge("runs", "retry", str(tickets.ledger))
    assert done.returncode == 0, done.stderr
    tickets.check_whole(100)
    after = counting.get("/keys")
    assert sorted(after, key=int) == failed
    assert all(set(after[row]).isdisjoint(before[row]) for row in failed)
    assert not tickets.failed.exists()


def test_max_requests_makes_exactly_so_many_calls_and_the_output_has_every_row(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.write(50)
    done = tickets.run("--max-requests", "10")
    assert done.returncode == 3 and "max-requests" in done.stderr
    assert counting.stats["calls"] == 10
    rows = tickets.rows()
    assert len(rows) == 50
    assert sum(bool(row["Answer"]) for row in rows) == 10
    assert not any(row["Error"] for row in rows) and not tickets.failed.exists()
    assert tickets.run("--max-requests", "10").returncode == 3
    assert counting.stats["calls"] == 10, "a cap counts all starts"
    assert tickets.run("--max-requests", "50").returncode == 0
    tickets.check_whole(50)


def test_retries_count_against_max_requests(tickets: Tickets, counting: Counting) -> None:
    tickets.write(50)
    counting.reset(first500=60)
    assert tickets.run("--max-requests", "20").returncode == 3
    assert counting.stats["calls"] == 20


def test_a_cap_on_the_cost_is_kept_and_costs_are_summed(tickets: Tickets, counting: Counting) -> None:
    tickets.write(40)
    prices = tickets.folder / "prices.json"
    prices.write_text('{"gpt-4o-mini": {"input": 1000, "output": 2000}}', encoding="utf-8")
    # A reply has 30 and 20 tokens: 0.07. A request without a most may cost 2.0 and a little more.
    done = tickets.run("--max-cost", "2.5", "--price-file", str(prices))
    assert done.returncode == 3 and "max-cost" in done.stderr
    status = tickets.status()
    assert 0 < status.Done < 40
    assert status.Cost == pytest.approx(0.07 * status.Done) and status.Cost <= 2.5
    assert counting.stats["calls"] == status.Calls == status.Done


def test_a_cap_on_the_tokens_is_kept(tickets: Tickets) -> None:
    tickets.write(40)
    done = tickets.run("--max-tokens", "1500")
    assert done.returncode == 3 and "max-tokens" in done.stderr
    status = tickets.status()
    assert 0 < status.PromptTokens + status.CompletionTokens <= 1500


def test_a_cost_cap_without_prices_is_wrong_usage(tickets: Tickets, counting: Counting) -> None:
    tickets.write(3)
    done = tickets.run("--max-cost", "1")
    assert done.returncode == 2 and "price" in done.stderr
    assert counting.stats["calls"] == 0


def test_nothing_is_begun_after_the_deadline(tickets: Tickets, counting: Counting) -> None:
    tickets.write(2000)
    counting.reset(delay=50)
    done = tickets.run("--deadline", "1s", "--throttle-limit", "8")
    assert done.returncode == 3 and "deadline" in done.stderr
    assert 0 < counting.stats["calls"] < 2000
    assert len(tickets.rows()) == 2000


@pytest.mark.parametrize("deadline", ["soon", "-5", "2026-99-01"])
def test_a_deadline_that_is_none_is_wrong_usage(tickets: Tickets, deadline: str) -> None:
    tickets.write(3)
    assert tickets.psbridge(*tickets.line(f"--deadline={deadline}")).returncode == 2


def test_a_spent_quota_stops_the_run_and_fails_no_row(tickets: Tickets, counting: Counting) -> None:
    tickets.write(200)
    counting.reset(quota=20)
    done = tickets.run("--throttle-limit", "8")
    assert done.returncode == 3 and "quota" in done.stderr
    assert tickets.status().Failed == 0
    counting.reset()
    assert tickets.run().returncode == 0
    tickets.check_whole(200)


def test_a_refused_key_stops_the_run_and_another_one_goes_on(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(20)
        tickets.environment["OPENAI_API_KEY"] = "sk-the-wrong-key-9999"
        done = tickets.run()
        assert done.returncode == 3 and "key" in done.stderr and "wrong-key" not in done.stderr
        assert tickets.status().Failed == 0 and tickets.status().Done == 0
        tickets.environment["OPENAI_API_KEY"] = KEY
        done = tickets.run()
        assert done.returncode == 0, done.stderr
        assert "not the one that this run was begun with" in done.stderr


def test_a_dry_run_counts_shows_three_requests_and_sends_nothing(
    tickets: Tickets, counting: Counting
) -> None:
    tickets.source.write_text("Id,Text\n1,a\n2,b\n2,b\n3,c\n3,x\n4,d\n", encoding="utf-8")
    done = tickets.run("--dry-run", "--requests-per-minute", "60")
    assert done.returncode == 0, done.stderr
    counts = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line[:40])
    assert counts["rows"] == "6" and counts["duplicates"] == "1"
    assert counts["ids twice with different requests"] == "1"
    assert counts["requests to send"] == "4" and counts["batch parts"] == "1"
    assert counts["seconds at the limits"] == "4"
    bodies = done.stdout[done.stdout.index("\n{") :]
    decoder, shown, place = json.JSONDecoder(), [], 0
    bodies = bodies.strip()
    while place < len(bodies):
        body, end = decoder.raw_decode(bodies[place:])
        shown.append(body)
        place += end + len(bodies[place + end :]) - len(bodies[place + end :].lstrip())
    assert [body["messages"][0]["content"] for body in shown] == [
        "p-1 Sort this: a",
        "p-2 Sort this: b",
        "p-3 Sort this: c",
    ]
    assert all(body["model"] == "gpt-4o-mini" for body in shown)
    assert counting.stats["calls"] == 0
    assert [path.name for path in tickets.folder.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "no.csv", "--template", "{Text}", "--out", "o.csv"], "no.csv"),
        (["run", "t.csv", "--template", "{Nothing}", "--out", "o.csv"], "Nothing"),
        (["run", "t.csv", "--template", "{Text", "--out", "o.csv"], "Template"),
        (["run", "t.csv", "--template", "{Text}", "--id", "No", "--out", "o.csv"], "No"),
        (["run", "t.csv", "--request-column", "No", "--out", "o.csv"], "No"),
        (["run", "t.csv", "--out", "o.csv"], "template"),
        (["run", "t.csv", "--template", "{Text}"], "--out"),
        (["run", "t.csv", "--template", "{Text}", "--out", "o.xml"], "o.xml"),
        (["run", "t.csv", "--template", "{Text}", "--out", "no/o.csv"], "no"),
        (["run", "t.csv", "--template", "{Text}", "--out", "o.csv", "--unknown"], "--unknown"),
        (["run", "t.csv", "--template", "{Text}", "--out", "o.csv", "--throttle-limit", "0"], "throttle"),
        (["run", "t.csv", "--template", "{Text}", "--out", "o.csv", "--encoding", "no"], "no"),
        (["run", "t.csv", "--template", "{Text}", "--out", "o.csv", "--schema", "no.json"], "no.json"),
        (["run", "t.csv", "--template", "{Text}", "--out", "o.csv", "--endpoint", "images"], "images"),
    ],
)
def test_wrong_usage_ends_with_2_and_sends_nothing(
    tickets: Tickets, counting: Counting, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets.write(3)
    monkeypatch.chdir(tickets.folder)
    done = tickets.psbridge(*arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr
    assert counting.stats["calls"] == 0
    assert [path.name for path in tickets.folder.iterdir()] == ["t.csv"]


def test_without_a_key_nothing_begins(tickets: Tickets) -> None:
    tickets.write(3)
    del tickets.environment["OPENAI_API_KEY"], tickets.environment["OPENAI_BASE_URL"]
    done = tickets.run()
    assert done.returncode == 2 and "OPENAI_API_KEY" in done.stderr


def test_export_and_remove(tickets: Tickets) -> None:
    tickets.write(5)
    tickets.run()
    other = tickets.folder / "other.jsonl"
    assert tickets.psbridge("runs", "export", str(tickets.ledger), "--out", str(other)).returncode == 0
    rows = [json.loads(line) for line in other.read_text(encoding="utf-8").splitlines()]
    assert [row["Answer"] for row in rows] == [f"answer to p-{number}" for number in range(5)]
    assert tickets.psbridge("runs", "remove", str(tickets.ledger)).returncode == 0
    assert not list(tickets.folder.glob("*.db*"))
    assert tickets.psbridge("runs", "status", str(tickets.ledger)).returncode == 1


def test_what_may_change_between_lines_changes(tickets: Tickets, counting: Counting) -> None:
    tickets.write(30)
    tickets.run("--max-requests", "10")
    tickets.out = tickets.folder / "another.jsonl"
    done = tickets.run("--ledger", str(tickets.ledger), "--throttle-limit", "3", "--max-requests", "100")
    assert done.returncode == 0, done.stderr
    assert counting.stats["calls"] == 30
    assert len(tickets.out.read_text(encoding="utf-8").splitlines()) == 30


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--model", "gpt-4o"], "model"),
        (["--endpoint", "embeddings"], "endpoint"),
        (["--system", "Be short."], "another request"),
    ],
)
def test_what_may_not_change_is_refused_with_a_sentence(
    tickets: Tickets, counting: Counting, more: list[str], said: str
) -> None:
    tickets.write(3)
    tickets.run()
    before = tickets.ledger.read_bytes()
    done = tickets.run(*more)
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
    assert counting.stats["calls"] == 3
    assert tickets.ledger.read_bytes() == before


def test_a_ledger_of_another_account_is_refused(tickets: Tickets) -> None:
    tickets.write(3)
    tickets.run()
    with OfflineServer(api_key=KEY) as server:
        tickets.environment["OPENAI_BASE_URL"] = server.base_url
        for more in ((), ("--dry-run",)):
            done = tickets.run(*more)
            assert done.returncode == 2 and "base URL" in done.stderr
        assert len(server.requests) == 0


def test_a_schema_s_members_become_columns(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(4)
        schema = tmp_path / "schema.json"
        schema.write_text(
            json.dumps(
                {
                    "type": "object",
                    "properties": {
                        "queue": {"type": "string", "enum": ["bug", "wish"]},
                        "urgent": {"type": "boolean"},
                    },
                    "required": ["queue", "urgent"],
                    "additionalProperties": False,
                }
            ),
            encoding="utf-8",
        )
        done = tickets.run("--schema", str(schema))
        assert done.returncode == 0, done.stderr
        rows = tickets.rows()
        assert list(rows[0]) == ["Id", "Text", "Answer", "Error", "queue", "urgent"]
        assert all(row["queue"] in ("bug", "wish") and row["urgent"] in ("true", "false") for row in rows)
        assert all(json.loads(row["Answer"])["queue"] == row["queue"] for row in rows)
        # The ledger knows the schema: another process writes the same columns.
        other = tmp_path / "again.csv"
        tickets.psbridge("runs", "export", str(tickets.ledger), "--out", str(other))
        assert other.read_text(encoding="utf-8") == tickets.out.read_text(encoding="utf-8")


def test_an_answer_that_is_not_what_the_schema_asks_for_is_a_failed_row(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(3)
        reply = {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "{}"}}
            ],
        }
        server.faults.add(
            Fault(body=json.dumps(reply).encode(), when=lambda request: b"p-1 " in request.body)
        )
        schema = tmp_path / "schema.json"
        schema.write_text('{"type":"object","properties":{"queue":{"type":"string"}}}', encoding="utf-8")
        done = tickets.run("--schema", str(schema))
        assert done.returncode == 1, done.stderr
        assert [bool(row["Error"]) for row in tickets.rows()] == [False, True, False]
        assert tickets.rows()[1]["Answer"] == "{}"


@pytest.mark.parametrize("endpoint", ["embeddings", "moderations"])
def test_other_operations_run_too(tmp_path: Path, endpoint: str) -> None:
    with OfflineServer(api_key=KEY) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(3)
        line = ["run", str(tickets.source), "--template", "{Text}", "--endpoint", endpoint]
        done = tickets.psbridge(*line, "--out", str(tickets.out))
        assert done.returncode == 0, done.stderr
        answers = [json.loads(row["Answer"]) for row in tickets.rows()]
        assert answers == [False] * 3 or all(len(vector) == 1536 for vector in answers)


def test_whole_requests_come_from_a_column(tickets: Tickets, counting: Counting) -> None:
    tickets.source = tickets.folder / "requests.jsonl"
    rows = [
        {"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
        for number, body in enumerate(
            {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"p-{number}"}]}
            for number in range(4)
        )
    ]
    tickets.source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    line = ["run", str(tickets.source), "--id", "custom_id", "--request-column", "body"]
    done = tickets.psbridge(*line, "--out", str(tickets.out))
    assert done.returncode == 0, done.stderr
    assert [row["Answer"] for row in tickets.rows()] == [f"answer to p-{number}" for number in range(4)]


def test_rows_come_from_standard_input(tickets: Tickets) -> None:
    line = tickets.line()
    line[1] = "-"
    done = tickets.psbridge(*line, says=b"Id;Text\n0;a\n1;b\n")
    assert done.returncode == 0, done.stderr
    tickets.check_whole(2)
    assert tickets.psbridge(*line, says=b"Id;Text\n0;a\n1;b\n").returncode == 0


def test_several_processes_share_the_work(tickets: Tickets, counting: Counting) -> None:
    tickets.write(400)
    counting.reset(delay=200)
    done = tickets.run("--processes", "3", "--throttle-limit", "24")
    assert done.returncode == 0, done.stderr
    tickets.check_whole(400)
    stats = counting.stats
    assert stats["calls"] == 400 and 8 < stats["peak"] <= 24
    assert "Fatal" not in done.stderr, "a process that ends says nothing of its own"


def test_lines_say_how_far_it_is_where_there_is_no_terminal(tickets: Tickets, counting: Counting) -> None:
    tickets.write(10)
    done = tickets.run()
    assert "10 rows: 10 done, 0 failed" in done.stderr and "10 calls" in done.stderr
    assert done.stdout == ""


def test_no_key_shows_anywhere(tickets: Tickets, counting: Counting) -> None:
    """Not in the ledger, the output, what is printed, or the process list."""
    tickets.write(300)
    counting.reset(delay=20, bad=2)
    process = tickets.start(*tickets.line("--processes", "2", "--throttle-limit", "4"))
    while counting.stats["answered"] < 20:
        time.sleep(0.01)
    if Path("/proc").is_dir():
        listed = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=False).stdout
        assert b"psbridge.runs" in listed and KEY.encode() not in listed
    said = b"".join(process.communicate(timeout=120))
    assert process.returncode == 1
    assert KEY.encode() not in said
    for path in tickets.folder.iterdir():
        assert KEY.encode() not in path.read_bytes(), path.name


def test_the_output_opens_with_the_encoding_and_quotes_of_csv(tickets: Tickets) -> None:
    tickets.source.write_text('Id,Text\n0,"say ""é"", now\nand then"\n', encoding="utf-8")
    assert tickets.run().returncode == 0
    with tickets.out.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["Text"] == 'say "é", now\nand then'

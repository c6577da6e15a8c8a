"""Batches with a service that misbehaves, several starts at once, and whoever stops or removes them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

import psbridge as ps
from psbridge import OfflineServer
from psbridge.offline import Fault, Pace
from psbridge.runs.ledger import Ledger

from .conftest import KEY, Tickets
from .test_batch import LINE, batched, check, made, service

__all__ = ["batched", "service"]  # fixtures


def _is_create(request: Any) -> bool:
    return bool(request.method == "POST" and request.path.endswith("/batches"))


@pytest.mark.parametrize("fault", [{"cut": True}, {"status": 408}], ids=str)
def test_a_create_is_sent_once_whatever_becomes_of_its_answer(
    batched: Tickets, service: OfflineServer, fault: dict[str, Any]
) -> None:
    """Also over a connection that was idle, which is replaced when it has ended."""
    service.faults.add(Fault(**fault, times=1, when=_is_create))
    batched.run(*LINE)
    assert made(service) == 1, "the same start asks again only by looking for it first"
    assert batched.run(*LINE).returncode == 0
    check(batched)


class _Refusing(BaseHTTPRequestHandler):
    """What stands before a service, and says of the first batch that was made that there are too many."""

    service: str
    refused: ClassVar[list[bytes]] = []

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kept = {
            name: value for name, value in self.headers.items() if name in ("Authorization", "Content-Type")
        }
        connection = http.client.HTTPConnection(self.service)
        connection.request(self.command, self.path, body or None, kept)
        reply = connection.getresponse()
        content, status = reply.read(), reply.status
        connection.close()
        if self.command == "POST" and self.path.endswith("/batches") and not self.refused:
            self.refused.append(content)
            content, status = b'{"error": {"message": "too many"}}', 429
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_create_that_was_refused_and_done_all_the_same_is_not_done_again(
    batched: Tickets, service: OfflineServer
) -> None:
    _Refusing.service = urlsplit(service.base_url).netloc
    _Refusing.refused.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as front:
        threading.Thread(target=front.serve_forever).start()
        batched.environment["OPENAI_BASE_URL"] = f"http://127.0.0.1:{front.server_port}/v1"
        done = batched.run(*LINE)
        front.shutdown()
    assert done.returncode == 0, done.stderr
    assert len(_Refusing.refused) == made(service) == 1
    check(batched)


def test_two_lines_at_once_make_every_batch_once(batched: Tickets, service: OfflineServer) -> None:
    line = batched.line(*LINE, "--batch-tokens", "150")
    processes = [batched.start(*line) for _ in range(3)]
    said = [process.communicate(timeout=120)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    check(batched)
    with Ledger(batched.ledger) as ledger:
        parts = ledger.parts()
        assert ledger.status().Calls == 12
    assert made(service) == len(parts) > 1


def test_a_run_that_waits_for_its_batch_is_stopped_and_not_removed(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY, batches=Pace(line_delay=600)) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(3)
        process = tickets.start(*tickets.line(*LINE))
        while not made(server):
            assert process.poll() is None
            time.sleep(0.02)
        kept = tickets.psbridge("runs", "remove", str(tickets.ledger))
        assert kept.returncode == 2 and tickets.ledger.exists()
        assert "is stopping" in tickets.psbridge("runs", "stop", str(tickets.ledger)).stdout
        said = process.communicate(timeout=60)[1].decode()
        assert process.returncode == 3 and "stopped" in said
        assert len(tickets.rows()) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 404, "message": "no such batch"}, "no such batch"),
        ({"status": 401, "message": "not this key"}, "key: "),
        ({"body": b"[1]"}, "cannot be read"),
    ],
    ids=["404", "401", "no batch"],
)
def test_a_look_that_fails_ends_the_run_with_its_output(
    batched: Tickets, service: OfflineServer, fault: dict[str, Any], said: str
) -> None:
    service.faults.add(
        Fault(**fault, times=1, when=lambda request: request.method == "GET" and "/batches/" in request.path)
    )
    done = batched.run(*LINE)
    assert done.returncode == 3 and said in done.stderr, done.stderr
    assert len(batched.rows()) == 12
    assert batched.run(*LINE).returncode == 0
    check(batched)
    assert made(service) == 1


def test_a_service_that_is_away_for_a_while_is_waited_for(tmp_path: Path) -> None:
    with OfflineServer(api_key=KEY, batches=Pace(line_delay=0.1)) as server:
        tickets = Tickets(tmp_path, server.base_url)
        tickets.write(12)
        looks = 0

        def later(request: Any) -> bool:
            nonlocal looks
            is_look = request.method == "GET" and "/batches/" in request.path
            looks += is_look
            return is_look and 1 < looks < 8

        server.faults.add(Fault(status=500, when=later))
        done = tickets.run("--batch", "--poll-seconds", "0.2")
        assert done.returncode == 0, done.stderr
        check(tickets)
        assert made(server) == 1 and looks >= 8


def test_a_request_that_is_too_large_by_itself_fails_alone(batched: Tickets, service: OfflineServer) -> None:
    service.faults.add(Fault(status=413, message="too large", path="/files", times=1))
    done = batched.run(*LINE, "--batch-tokens", "1")  # a part for each row
    assert done.returncode == 1, done.stderr
    rows = batched.rows()
    assert [row["Id"] for row in rows if row["Error"]] == ["0"] and "too large" in rows[0]["Error"]
    assert sum(bool(row["Answer"]) for row in rows) == 11


def test_an_output_that_the_service_has_no_more_is_asked_for_again(
    batched: Tickets, service: OfflineServer
) -> None:
    service.faults.add(Fault(status=404, path="/content", times=1))
    assert batched.run(*LINE).returncode == 3
    assert batched.run().returncode == 0
    check(batched)


def test_numbers_and_ids_that_are_none_are_left_out(batched: Tickets, service: OfflineServer) -> None:
    """What a line says besides its answer is a stranger's too."""
    assert batched.run(*LINE, "--no-wait").returncode == 3
    usages: list[Any] = ["x", 5, [1], {"prompt_tokens": "a", "completion_tokens": 10**30}, None, {}]
    ids: list[Any] = [{"a": 1}, 10**30, None, [], 1.5, "r"]
    lines = []
    for number, (usage, request_id) in enumerate(zip(usages, ids, strict=True)):
        message = {"message": {"content": f"a\ud800{number}"}, "finish_reason": "stop"}
        body = {"model": {"a": 1}, "choices": [message], "usage": usage}
        response = {"status_code": 200, "request_id": request_id, "body": body}
        lines.append(json.dumps({"custom_id": str(number + 1), "response": response, "error": None}).encode())
    service.faults.add(Fault(body=b"\n".join(lines), path="/content", times=1))
    assert batched.run(*LINE).returncode == 3
    assert [row["Answer"] for row in batched.rows()][:6] == [f"a\ufffd{number}" for number in range(6)]


def test_python_stops_a_run_that_waits_for_its_batch(tmp_path: Path) -> None:
    with (
        OfflineServer(api_key=KEY, batches=Pace(line_delay=600)) as server,
        ps.use_configuration(base_url=server.base_url, access_token=KEY, proxy=""),
        ps.Run(tmp_path / "t.db", ["p-1"], model="gpt-4o-mini", batch=True) as run,
    ):
        stopped = threading.Thread(target=ps.Stop_ChatCompletionRun, args=(str(tmp_path / "t.db"),))
        while not made(server):
            time.sleep(0.02)
        stopped.start()
        ending = run.wait(60)
        stopped.join()
        assert ending is not None and ending.why == "stopped"


def test_two_starts_of_one_process_make_every_batch_once(tmp_path: Path) -> None:
    """What one of them is about to make is not taken by the other for what a kill left behind."""
    with (
        OfflineServer(api_key=KEY) as server,
        ps.use_configuration(base_url=server.base_url, access_token=KEY, proxy=""),
    ):
        server.faults.add(Fault(delay=1.0, when=_is_create))
        starts = [
            ps.Run(tmp_path / "t.db", ["p-1"], model="gpt-4o-mini", batch=True, poll_seconds=0.1)
            for _ in range(2)
        ]
        for start in starts:
            start.start()
        endings = [start.wait(60) for start in starts]
        assert [ending and ending.why for ending in endings] == ["", ""]
        assert made(server) == 1

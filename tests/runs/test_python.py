"""`ps.Run` and `ps.AsyncRun`."""

from __future__ import annotations

import asyncio
import enum
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import psbridge as ps
from psbridge import OfflineServer
from psbridge.client.settings.configuration import current_configuration
from psbridge.offline import Fault
from psbridge.runs.calling import Calling
from psbridge.runs.caps import Caps
from psbridge.runs.claims import DONE, Claim, Outcome
from psbridge.runs.errors import ChangedItemError, LedgerMismatchError, RunUsageError
from psbridge.runs.intake import tokens_of
from psbridge.runs.ledger import Ledger
from psbridge.runs.limits import SharedLimits
from psbridge.runs.recipes import endpoint, recipe
from psbridge.runs.report import report
from psbridge.runs.settings import moment

from .conftest import KEY, Counting


@pytest.fixture
def here(counting: Counting) -> Iterator[Counting]:
    with ps.use_configuration(base_url=counting.base_url, access_token=KEY, proxy=""):
        yield counting


def requests(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        content = f"p-{number} hello"
        yield {"messages": [{"role": "user", "content": content}], "model": "gpt-4o-mini"}


def test_rows_come_in_order_as_they_are_answered(tmp_path: Path, here: Counting) -> None:
    here.reset(delay=20)
    with ps.Run(tmp_path / "t.db", requests(50), throttle_limit=8) as run:
        rows = list(run)
    assert [row.Id for row in rows] == [str(number) for number in range(1, 51)]
    assert [row.Answer for row in rows] == [f"answer to p-{number}" for number in range(50)]
    assert all(row.ok and row.PromptTokens == 30 for row in rows)
    status = run.status()
    assert (status.State, status.Done, status.Calls) == ("done", 50, 50)


def test_the_first_rows_come_before_the_last_are_asked(tmp_path: Path, here: Counting) -> None:
    here.reset(delay=20)
    with ps.Run(tmp_path / "t.db", requests(200), throttle_limit=2) as run:
        row = next(iter(run))
        assert row.Answer == "answer to p-0"
        assert here.stats["calls"] < 200
    assert run.wait() is not None and run.status().Done < 200


def test_leaving_the_block_stops_cleanly_and_the_ledger_goes_on(tmp_path: Path, here: Counting) -> None:
    here.reset(delay=10)
    with ps.Run(tmp_path / "t.db", requests(300), throttle_limit=4) as run:
        for _ in zip(range(10), run, strict=False):
            continue
    assert run.status().State == "stopped"
    with ps.Run(tmp_path / "t.db") as again:
        rows = list(again)
    assert len(rows) == 300 and here.stats["calls"] == 300


@pytest.mark.parametrize("id", ["Ticket", lambda row: row["Ticket"]], ids=["name", "function"])
def test_ids_come_from_a_member_or_a_function_and_are_not_sent(
    tmp_path: Path, here: Counting, id: Any
) -> None:
    rows = [
        {"Ticket": f"T{number}", "messages": [{"role": "user", "content": f"p-{number}"}]}
        for number in range(3)
    ]
    run = ps.Run(tmp_path / "t.db", rows, id=id, model="gpt-4o-mini")
    if id == "Ticket":
        assert set(run.plan().Requests[0]) == {"messages", "model"}
    with ps.Run(tmp_path / "t.db", rows, id=id, model="gpt-4o-mini") as run:
        assert [row.Id for row in run] == ["T0", "T1", "T2"]


def test_prompts_are_texts(tmp_path: Path, here: Counting) -> None:
    with ps.Run(tmp_path / "t.db", ["p-0 a", "p-1 {b}"], model="gpt-4o-mini") as run:
        assert [row.Answer for row in run] == ["answer to p-0", "answer to p-1"]


def test_the_module_s_own_requests_are_requests(tmp_path: Path, here: Counting) -> None:
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=ps.Initialize_ChatCompletionRequestUserMessage(Content="p-7", Role="user"), Model="gpt-4o"
    )
    with ps.Run(tmp_path / "t.db", [request]) as run:
        assert [row.Answer for row in run] == ["answer to p-7"]


class Queue(enum.Enum):
    BUG = "bug"
    WISH = "wish"


class Triage(BaseModel):
    queue: Queue
    urgent: bool


def test_a_model_s_members_become_columns(tmp_path: Path) -> None:
    with ps.OfflineServer() as server, ps.use_configuration(base_url=server.base_url, access_token=KEY):
        rows = [{"Id": number, "Text": "x"} for number in range(3)]
        out = tmp_path / "o.csv"
        run = ps.Run(tmp_path / "t.db", rows, id="Id", template="{Text} {Id}", As=Triage, out=out)
        with run:
            assert all(set(row.Columns) == {"queue", "urgent"} for row in run)
        assert out.read_text(encoding="utf-8").startswith("Id,Text,Answer,Error,queue,urgent\n")


def test_a_failed_row_is_asked_for_again_when_asked(tmp_path: Path, here: Counting) -> None:
    here.reset(bad=100)
    with ps.Run(tmp_path / "t.db", requests(3)) as run:
        assert [row.State for row in run] == ["Failed"] * 3
    here.reset()
    assert run.retry() == 3
    with ps.Run(tmp_path / "t.db") as again:
        assert [row.State for row in again] == ["Done"] * 3


def test_another_request_under_an_id_is_refused_before_anything_is_sent(
    tmp_path: Path, here: Counting
) -> None:
    rows = [{"Id": 1, "Text": "p-1"}]
    with ps.Run(tmp_path / "t.db", rows, id="Id", template="{Text}"):
        pass
    calls = here.stats["calls"]
    with (
        pytest.raises(ChangedItemError, match="'1'"),
        ps.Run(tmp_path / "t.db", rows, id="Id", template="{Text}!"),
    ):
        pass
    assert here.stats["calls"] == calls
    with (
        pytest.raises(LedgerMismatchError, match="model"),
        ps.Run(tmp_path / "t.db", rows, id="Id", template="{Text}", model="gpt-4o"),
    ):
        pass


@pytest.mark.parametrize(
    "given",
    [
        {"throttle_limit": 0},
        {"throttle_limit": True},
        {"max_requests": -1},
        {"max_cost": 1},
        {"deadline": "soon"},
        {"endpoint": "images"},
        {"changed": "maybe"},
        {"requests_per_minute": 0},
        {"tokens_per_minute": float("nan")},
        {"max_cost": float("nan"), "price": {"m": {"input": 1, "output": 1}}},
        {"poll_seconds": 0},
        {"batch_tokens": 0},
        {"deadline": float("nan")},
        {"out": "the ledger"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path: Path, given: dict[str, Any]) -> None:
    if "out" in given:
        given = {"out": tmp_path / "t.csv"}
    with pytest.raises(RunUsageError) as caught:
        ps.Run(tmp_path / "t.csv", ["a"], **given)
    assert caught.value.message.endswith(".")
    assert not list(tmp_path.iterdir())


def test_on_asyncio(tmp_path: Path, here: Counting) -> None:
    async def main() -> list[str]:
        async with ps.AsyncRun(tmp_path / "t.db", requests(20), out=tmp_path / "o.jsonl") as run:
            answers = [row.Answer async for row in run]
        assert (await run.status()).Done == 20
        return answers

    assert asyncio.run(main()) == [f"answer to p-{number}" for number in range(20)]
    assert len((tmp_path / "o.jsonl").read_text(encoding="utf-8").splitlines()) == 20


def test_limits_a_minute_space_the_calls(tmp_path: Path, here: Counting) -> None:
    """One a minute: what waits for its minute when the run is stopped is not sent, and not waited for."""
    with ps.Run(tmp_path / "t.db", requests(12), requests_per_minute=1) as run:
        assert next(iter(run)).Answer == "answer to p-0"
    assert here.stats["calls"] == 1
    status = run.status()
    assert (status.State, status.Done, status.Pending) == ("stopped", 1, 11)


def test_a_storm_of_refusals_loses_no_row(tmp_path: Path, here: Counting) -> None:
    here.reset(rate=150, first500=5, delay=20)
    with ps.Run(tmp_path / "t.db", requests(450)) as run:
        assert all(row.ok for row in run)
    stats = here.stats
    assert stats["answered"] == 450 and stats["answered_twice"] == 0
    assert stats["statuses"].get("429", 0) <= 0.1 * stats["calls"]


def test_a_request_counts_once_against_the_tokens_a_minute(here: Counting) -> None:
    limits = SharedLimits(tokens_per_minute=1)  # so that a token is a minute, and no machine is slow by many
    made = recipe({"template": "p-{Id}", "body": {"max_completion_tokens": 10}})
    body = made.request({"Id": "0"})
    tokens, _ = Caps().estimate(*tokens_of(body))
    claim = Claim(1, "0", b"", body, 0, 0, 0, 1, tokens, 0.0)

    async def main() -> Outcome:
        configuration = current_configuration().resolved()
        calling = Calling(configuration, endpoint("")[1].operation, made, "name", limits)
        try:
            return await calling.ask(claim)
        finally:
            await calling.close()

    before = time.monotonic()
    assert asyncio.run(main()).state == DONE
    minutes = (limits.reserve(time.monotonic(), 1).wait + time.monotonic() - before) / 60
    assert 49 < minutes < 52, "the reply says 50 tokens"


def test_tokens_of_answers_and_prompts_hold_a_limit_a_minute(tmp_path: Path, here: Counting) -> None:
    limit = 120_000  # a request is taken for 1,000 tokens and a few, until its reply says 50
    with ps.Run(tmp_path / "t.db", requests(6), tokens_per_minute=limit, throttle_limit=1) as run:
        assert len(list(run)) == 6


def test_a_run_of_its_own_process_asks_a_key_that_is_a_function_once(tmp_path: Path, here: Counting) -> None:
    asked = []

    def key() -> str:
        asked.append(1)
        return KEY

    ledger = str(tmp_path / "t.db")
    with ps.use_configuration(base_url=here.base_url, access_token=key, proxy=""):
        started = ps.Start_ChatCompletionRun(
            InputObject=[{"Id": str(number)} for number in range(40)],
            Ledger=ledger,
            Id="Id",
            Template="p-{Id}",
        )
    assert started.Total == 40 and started.State == "running"
    assert ps.Wait_ChatCompletionRun(ledger, TimeoutSec=60).State == "done"
    assert len(asked) == 1
    received = list(ps.Receive_ChatCompletionRun(ledger))
    assert [row.Answer for row in received] == [f"answer to p-{number}" for number in range(40)]
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()


def test_a_pipeline_is_one_run_and_a_failed_row_an_error_in_its_place(tmp_path: Path, here: Counting) -> None:
    rows = [{"Id": "0"}, {"No": "x"}, {"Id": "2"}]
    given = {"Ledger": str(tmp_path / "t.db"), "Template": "p-{Id}", "ErrorAction": "Continue"}
    results: list[Any] = list(ps.Invoke_ChatCompletionRun.pipe(rows, **given))
    assert [getattr(row, "Answer", None) for row in results] == ["answer to p-0", None, "answer to p-2"]
    assert results[1].target.Row == {"No": "x"}


def test_an_output_is_not_written_over_its_input(tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_text("Id,Text\n1,a\n", encoding="utf-8")
    with pytest.raises(RunUsageError, match="input"):
        ps.Run(tmp_path / "t.db", source, template="{Text}", out=tmp_path / "." / "t.csv")


@pytest.mark.parametrize("once", [False, True])
def test_a_run_that_was_planned_has_its_rows_still(tmp_path: Path, here: Counting, once: bool) -> None:
    rows = [{"Id": str(number)} for number in range(3)]
    run = ps.Run(tmp_path / "t.db", iter(rows) if once else rows, id="Id", template="p-{Id}")
    assert run.plan().ToAsk == run.plan().ToAsk == 3
    with run:
        assert [row.Answer for row in run] == ["answer to p-0", "answer to p-1", "answer to p-2"]


def test_prompts_may_begin_with_braces(tmp_path: Path, here: Counting) -> None:
    for number, prompts in enumerate((["{p-1} is what?", "p-2"], ["p-1", '{"a": 1} p-2', "{p-3"])):
        with ps.Run(tmp_path / f"{number}.db", prompts) as run:
            answers = [row.Answer for row in run]
        assert answers == [f"answer to p-{place}" for place in range(1, len(prompts) + 1)]


def test_one_request_and_a_row_that_is_none(tmp_path: Path, here: Counting) -> None:
    request = {"messages": [{"role": "user", "content": "p-1"}]}
    with ps.Run(tmp_path / "one.db", request) as run:
        assert [row.Answer for row in run] == ["answer to p-1"]
    with ps.Run(tmp_path / "none.db", [None, request]) as run:
        assert [(row.Answer, bool(row.Error)) for row in run] == [("", True), ("answer to p-1", False)]


def test_going_on_with_a_ledger_of_another_account_is_refused(tmp_path: Path, here: Counting) -> None:
    with ps.Run(tmp_path / "t.db", requests(4), max_requests=1) as run:
        list(run)
    with (
        ps.use_configuration(base_url="http://127.0.0.1:9/v1", access_token=KEY, proxy=""),
        pytest.raises(LedgerMismatchError, match="base URL"),
        ps.Run(tmp_path / "t.db", max_requests=9),
    ):
        pass
    assert run.status().Calls == 1


def test_a_run_is_stopped_before_its_process_has_begun(tmp_path: Path, here: Counting) -> None:
    here.reset(hold=1)
    ledger = str(tmp_path / "t.db")
    rows = [{"Id": str(number)} for number in range(50)]
    ps.Start_ChatCompletionRun(InputObject=rows, Ledger=ledger, Template="p-{Id}", ThrottleLimit=2)
    with Ledger(ledger) as opened:
        opened.stop()
    here.set(hold=0)
    stopped = ps.Wait_ChatCompletionRun(ledger, TimeoutSec=60)
    assert stopped.State == "stopped" and stopped.Done < 50
    ps.Resume_ChatCompletionRun(ledger)
    assert ps.Wait_ChatCompletionRun(ledger, TimeoutSec=60).Done == 50


def test_replies_that_no_file_can_hold_are_written_as_far_as_they_can(tmp_path: Path) -> None:
    """Halves of surrogate pairs, and counts beyond what a ledger holds."""
    answer = {"message": {"content": "a\ud800b"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10**30, "completion_tokens": -5}
    said = json.dumps({"model": 5, "choices": [answer], "usage": usage}).encode()
    refused = json.dumps({"model": "\udc00", "choices": [{"message": {"refusal": "\ud800"}}]}).encode()
    with (
        OfflineServer() as server,
        ps.use_configuration(base_url=server.base_url, access_token="k", proxy=""),
    ):
        server.faults.add(Fault(body=said, when=lambda request: b"said" in request.body))
        server.faults.add(Fault(body=refused, when=lambda request: b"refused" in request.body))
        with ps.Run(tmp_path / "t.db", ["said", "refused"], out=tmp_path / "o.csv") as run:
            rows = list(run)
    assert (rows[0].PromptTokens, rows[0].CompletionTokens) == (0, 0)
    written = (tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()
    assert written == ["Text,Answer,Error", "said,a\ufffdb,", "refused,,The model refused to answer: \ufffd."]
    with Ledger(tmp_path / "t.db") as ledger:
        pytest.importorskip("matplotlib")
        report(ledger, tmp_path / "r.html")


def test_a_cmdlets_deadline_is_the_one_that_was_given(tmp_path: Path, here: Counting) -> None:
    rows = [{"Id": "0"}, {"Id": "1"}]
    given: dict[str, Any] = {"Template": "p-{Id}", "ErrorAction": "Continue"}
    for number, deadline in enumerate(
        (datetime(2020, 1, 1), "2020-01-01T00:00:00.1234567Z", 0, timedelta(0))
    ):
        results: list[Any] = list(
            ps.Invoke_ChatCompletionRun.pipe(
                rows, Ledger=str(tmp_path / f"{number}.db"), Deadline=deadline, **given
            )
        )
        assert len(results) == 1 and "deadline" in results[0].message
    assert here.stats["calls"] == 0
    for text, seconds in (("01:30:00", 5400), ("2.00:00:30.5000000", 172_830.5)):
        until = moment(text)
        assert until is not None and abs(until - time.time() - seconds) < 600


def test_a_cmdlet_runs_by_batch(tmp_path: Path) -> None:
    with (
        OfflineServer() as server,
        ps.use_configuration(base_url=server.base_url, access_token="k", proxy=""),
    ):
        results: list[Any] = list(
            ps.Invoke_ChatCompletionRun.pipe(
                [{"Id": "7"}], Ledger=str(tmp_path / "t.db"), Template="p-{Id}", Model="m", AsBatch=True
            )
        )
    assert [row.Answer[-3:] for row in results] == ["p-7"]
    with Ledger(tmp_path / "t.db") as ledger:
        assert len(ledger.parts()) == 1


def test_a_file_of_prompts_and_requests_needs_no_template(tmp_path: Path, here: Counting) -> None:
    """What PowerShell's pipeline comes as."""
    request = {"messages": [{"role": "user", "content": "p-2"}]}
    for name, items in (("texts", ["p-1", "{p-3} {"]), ("requests", [request, request])):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
        rows: list[Any] = list(
            ps.Invoke_ChatCompletionRun(str(tmp_path / f"{name}.db"), Path=str(path), Model="m")
        )
        wanted = [json.dumps(item).partition("p-")[2][0] for item in items]
        assert [row.Answer for row in rows] == [f"answer to p-{one}" for one in wanted]


def test_a_run_whose_key_is_refused_to_it_does_not_count_as_running(tmp_path: Path, here: Counting) -> None:
    def key() -> str:
        raise OSError("the vault is closed")

    ledger = str(tmp_path / "t.db")
    with (
        ps.use_configuration(base_url=here.base_url, access_token=key, proxy=""),
        pytest.raises(OSError, match="vault"),
    ):
        ps.Start_ChatCompletionRun(InputObject=[{"Id": "0"}], Ledger=ledger, Template="p-{Id}")
    assert ps.Get_ChatCompletionRun(ledger).State != "running"
    ps.Resume_ChatCompletionRun(ledger, OutFile=str(tmp_path / "o.csv"))
    assert ps.Wait_ChatCompletionRun(ledger, TimeoutSec=60).State == "done"
    assert (tmp_path / "o.csv").read_text(encoding="utf-8").splitlines()[1:] == ["0,answer to p-0,"]

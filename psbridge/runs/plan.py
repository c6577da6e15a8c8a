"""A dry run: what a start would do with its rows. Sends nothing, makes no ledger, writes no output."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .caps import UNKNOWN_ANSWER
from .intake import prepared, tokens_of
from .job import Job
from .ledger import Ledger
from .parts import SHARE, PartCount, line_of
from .reading import SourceRow

_SHOWN = 3


@dataclass
class RunPlan:
    """What a start would do.

    Attributes:
        Rows: all; Bad of them cannot be made a request of.
        Duplicates: rows that say what an earlier one said already; Conflicts: ids that stand twice with
            different requests.
        Known, Changed: ids that the ledger has, and has with another request.
        Answered: of the known ones; ToAsk: requests that would be sent.
        PromptTokens: estimated; MostTokens: with the most that answers may have.
        LeastCost, MostCost: None without prices. AnswersOpen: requests that set no most; each counts as
            1,000 tokens.
        BatchParts: files of OpenAI's Batch that they would fill.
        Seconds: at the limits a minute; None without limits.
        Requests: the first three bodies.
    """

    Rows: int = 0
    Bad: int = 0
    Duplicates: int = 0
    Conflicts: int = 0
    Known: int = 0
    Changed: int = 0
    Answered: int = 0
    ToAsk: int = 0
    PromptTokens: int = 0
    MostTokens: int = 0
    LeastCost: float | None = None
    MostCost: float | None = None
    AnswersOpen: int = 0
    BatchParts: int = 0
    Seconds: float | None = None
    Problems: list[str] = field(default_factory=list)
    Requests: list[Any] = field(default_factory=list)

    def __ps_properties__(self) -> dict[str, Any]:
        return dict(vars(self))

    def text(self) -> str:
        """Counts as lines, then the first bodies as JSON."""
        lines = [
            ("rows", f"{self.Rows:,}"),
            ("bad rows", f"{self.Bad:,}"),
            ("duplicates", f"{self.Duplicates:,}"),
            ("ids twice with different requests", f"{self.Conflicts:,}"),
            ("known to the ledger", f"{self.Known:,}"),
            ("changed since", f"{self.Changed:,}"),
            ("requests to send", f"{self.ToAsk:,}"),
            ("tokens, estimated", f"{self.PromptTokens:,} to {self.MostTokens:,}"),
        ]
        if self.LeastCost is not None and self.MostCost is not None:
            lines.append(("cost, estimated", f"{self.LeastCost:.4f} to {self.MostCost:.4f}"))
        if self.AnswersOpen:
            lines.append(
                ("without a most of tokens", f"{self.AnswersOpen:,}, taken as {UNKNOWN_ANSWER:,} each")
            )
        lines.append(("batch parts", f"{self.BatchParts:,}"))
        if self.Seconds is not None:
            lines.append(("seconds at the limits", f"{self.Seconds:,.0f}"))
        lines += [("problem", problem) for problem in self.Problems]
        text = "".join(f"{name}: {value}\n" for name, value in lines)
        return text + "".join(
            json.dumps(request, indent=2, ensure_ascii=False) + "\n" for request in self.Requests
        )


def plan(job: Job, rows: Iterable[SourceRow] | None = None) -> RunPlan:
    """What the start would do with `rows`, or with its file's.

    Raises:
        PSBridgeError: as `Job.take` would.
    """
    if rows is None:
        file = job.source()
        rows = file.rows() if file is not None else ()
    made = RunPlan()
    ledger = None
    if job.path.exists():
        with Ledger(job.path) as known:
            known.check(job.identity())
        ledger = Ledger(job.path)
    seen = sqlite3.connect("", isolation_level=None)  # on the disk, and gone with this connection
    parts = PartCount(job.settings.batch_tokens)
    try:
        seen.execute("create table seen(id text primary key, hash blob) without rowid")
        seen.execute("begin")
        for one in prepared(rows, job.recipe, job.settings.id, {}):
            made.Rows += 1
            if one.body is None:
                made.Bad += 1
                if len(made.Problems) < 10:
                    made.Problems.append(f"row {one.number}, id '{one.id}': {one.problem}")
            hash = None if one.body is None else hashlib.sha256(one.body).digest()
            earlier = seen.execute("select hash from seen where id = ?", (one.id,)).fetchone()
            if earlier is not None:
                made.Duplicates += earlier[0] == hash
                made.Conflicts += earlier[0] != hash
                if earlier[0] != hash and len(made.Problems) < 10:
                    made.Problems.append(
                        f"row {one.number}, id '{one.id}': it stands twice, with different requests"
                    )
                continue
            seen.execute("insert into seen values(?, ?)", (one.id, hash))
            if len(made.Requests) < _SHOWN and one.body is not None:
                made.Requests.append(json.loads(one.body))
            if one.body is None or _is_settled(ledger, one.id, hash, made):
                continue
            made.ToAsk += 1
            prompt, answer = tokens_of(one.body)
            parts.add(line_of(one.number, one.body, prompt + answer))
            _estimate(made, job, prompt, answer)
    finally:
        seen.close()
        if ledger is not None:
            ledger.close()
    made.BatchParts = parts.parts
    _sum_up(made, job)
    return made


def _is_settled(ledger: Ledger | None, id: str, hash: bytes | None, made: RunPlan) -> bool:
    """Whether the ledger needs to ask for it no more."""
    row = None
    if ledger is not None:
        row = ledger.db.execute(
            "select hash, state from item join source using(seq) where id = ?", (id,)
        ).fetchone()
    if row is None:
        return False
    made.Known += 1
    if row[0] != hash:
        made.Changed += 1
        return False
    made.Answered += row[1] == 2
    return row[1] in (2, 3)


def _estimate(made: RunPlan, job: Job, prompt: int, answer: int) -> None:
    made.AnswersOpen += not answer
    tokens, most = job.caps.estimate(prompt, answer)
    made.PromptTokens += prompt
    made.MostTokens += tokens
    if job.settings.prices is not None:
        share = SHARE if job.settings.batch else 1.0
        made.LeastCost = (made.LeastCost or 0.0) + share * prompt * job.caps.prompt_price
        made.MostCost = (made.MostCost or 0.0) + share * most


def _sum_up(made: RunPlan, job: Job) -> None:
    minutes = [
        count / limit
        for count, limit in (
            (made.ToAsk, job.settings.requests_per_minute),
            (made.MostTokens, job.settings.tokens_per_minute),
        )
        if limit
    ]
    made.Seconds = 60 * max(minutes) if minutes else None

"""A run by OpenAI's Batch files: half the price, within a day, from the same ledger.

A part is a file of requests of one model. Each of its steps is in the ledger before it is taken - written,
uploading, uploaded, creating, created, collected - so that a kill between any two loses nothing and pays for
nothing twice: a part found in `creating` is looked up among the service's batches by its metadata first.
Output and error file are both read; rows without an answer go back to be asked. Source: OpenAI's guide to its
Batch API.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..client.errors import ClientError
from ..client.message import jsontext
from ..client.settings.configuration import use_configuration
from ..cmdlets.functions import cmdlet
from .calling import sentence
from .caps import Spent
from .job import Ending, Job
from .ledger import Ledger
from .schema import DONE, FAILED, IN_BATCH, OPEN

MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
_AROUND = 200  # bytes of a line around the request, at most
_SHARE = 0.5  # of the price that a live request has
_FIRST_LOOK = 1.0  # seconds; then twice as long each time, up to the poll's
_LAST = ("completed", "failed", "expired", "cancelled")
_AGAIN = (408, 409, 429)
_NO_ROOM = "waits for room"  # why a part is still written: the service holds as many tokens as it may


class Line(NamedTuple):
    """A request as a line of a part: which row's, and what counts of it."""

    seq: int
    model: str
    inputs: int
    size: int
    tokens: int


@dataclass
class Part:
    """A file of requests of one model; `inputs`, `size` in bytes and `tokens` of all of them."""

    model: str
    inputs: int = 0
    size: int = 0
    tokens: int = 0
    rows: list[int] = field(default_factory=list)


def cut(lines: Iterable[Line], most_tokens: int | None = None) -> list[Part]:
    """Divide requests into parts, in their order: by model, at `MOST_REQUESTS`, at `MOST_BYTES`, by tokens.

    An embedding counts as many requests as it has inputs. A request that is beyond a bound by itself is a
    part by itself.
    """
    open_parts: dict[str, Part] = {}
    whole: list[Part] = []
    for line in lines:
        part = open_parts.setdefault(line.model, Part(line.model))
        full = part.inputs + line.inputs > MOST_REQUESTS or part.size + line.size > MOST_BYTES
        if part.rows and (full or (most_tokens is not None and part.tokens + line.tokens > most_tokens)):
            whole.append(part)
            part = open_parts[line.model] = Part(line.model)
        part.inputs += line.inputs
        part.size += line.size
        part.tokens += line.tokens
        part.rows.append(line.seq)
    return [*whole, *open_parts.values()]


class Batches:
    """The batch files of one run.

    Args:
        job: a start whose rows are taken in; its settings say how large parts are and how often is looked.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._tokens = job.settings.batch_tokens
        self._poll = job.settings.poll
        self._alone: set[int] = set()  # parts made while the service had no other: they had all the room

    def run(self, wait: bool = True) -> Ending:
        """Submit what is open, and with `wait` collect it; what was submitted before is collected first."""
        with Ledger(self._job.path) as ledger, use_configuration(self._job.configuration):
            ledger.begin()
            why = ""
            try:
                why = self._run(ledger, wait)
            finally:
                ledger.end(why)
            status = ledger.status()
            left = status.Total - status.Done - status.Failed
            return Ending(why or ("batch: not every row has an answer yet" if left else ""), status)

    def _run(self, ledger: Ledger, wait: bool) -> str:
        self._recover(ledger)
        capped = "" if self._parts(ledger) else self._write(ledger)
        pause = _FIRST_LOOK
        while parts := self._parts(ledger):
            moved = [self._step(ledger, part) for part in parts]
            stop = self._job.stopping or ("stopped" if ledger.run("stop") else "")
            if stop:
                return stop
            refused = [why for why in moved if isinstance(why, str)]
            if refused:
                return f"batch: {refused[0]}"
            if any(moved):
                pause = _FIRST_LOOK
                continue
            if self._is_late() and not self._at_work(ledger):
                return "deadline"
            if not wait:
                return ""
            until = time.monotonic() + pause
            while time.monotonic() < until and not self._job.stopping:
                time.sleep(min(0.1, pause))
            pause = min(2 * pause, self._poll)
        return capped

    # --- the steps

    def _parts(self, ledger: Ledger) -> list[tuple[Any, ...]]:
        return ledger.db.execute(
            "select id, state, file_id, batch_id, why from part where state != 'collected' order by id"
        ).fetchall()

    def _step(self, ledger: Ledger, part: tuple[Any, ...]) -> bool | str:
        """Take a part's next step: whether there was one, or why the run ends."""
        number, state, file_id, batch_id, why = part
        if state != "created" and self._is_late():
            return False
        if state == "written":
            return False if why == _NO_ROOM and self._at_work(ledger) else self._upload(ledger, number)
        if state == "uploaded":
            return self._create(ledger, number, file_id)
        return self._look(ledger, number, batch_id)

    def _is_late(self) -> bool:
        deadline = self._job.settings.deadline
        return deadline is not None and time.time() >= deadline

    def _at_work(self, ledger: Ledger) -> bool:
        """Whether the service has a batch of this run."""
        row = ledger.db.execute("select 1 from part where state = 'created' limit 1").fetchone()
        return row is not None

    def _recover(self, ledger: Ledger) -> None:
        """Find out what became of the steps that a kill interrupted."""
        self._mark(ledger, "state = 'written'", "state = 'uploading'")
        unsure = ledger.db.execute("select id from part where state = 'creating'").fetchall()
        if not unsure:
            return
        name = ledger.run("name")
        made = {}
        for batch in cmdlet("Invoke-ListBatches")(All=True):
            metadata = getattr(batch, "metadata", None) or {}
            if metadata.get("psbridge_run") == name:
                made[metadata.get("psbridge_part")] = batch.id
        for (number,) in unsure:
            found = made.get(str(number))
            state = f"state = 'created', batch_id = '{found}'" if found else "state = 'uploaded'"
            self._mark(ledger, state, f"id = {number}")

    def _write(self, ledger: Ledger) -> str:
        """Divide what is open into parts, as far as the caps allow; returns the cap that does not, or ""."""
        rows = ledger.db.execute(
            "select i.seq, s.body, i.prompt, i.answer from item i join source s using(seq) where i.state = 0 "
            "order by i.seq"
        )
        caps, capped, reserved = self._job.caps, "", Spent()
        used = int(ledger.run("prompt_tokens")) + int(ledger.run("completion_tokens"))
        spent = Spent(int(ledger.run("calls")), used, float(ledger.run("cost")))
        lines: list[Line] = []
        for seq, body, prompt, answer in rows:
            most, price = caps.estimate(prompt, answer)
            capped = caps.exceeded(spent, reserved, most, price * _SHARE)
            if capped:
                break
            reserved = reserved.plus(1, most, price * _SHARE)
            members = json.loads(body)
            inputs = len(members["input"]) if isinstance(members.get("input"), list) else 1
            model, size = str(members.get("model") or ""), len(body) + _AROUND
            lines.append(Line(seq, model, inputs, size, prompt + answer))
        with ledger.writing() as db:
            for part in cut(lines, self._tokens):
                cursor = db.execute(
                    "insert into part(model, state, name, requests, bytes, tokens, changed) "
                    "values(?, 'written', '', ?, ?, ?, ?)",
                    (part.model, len(part.rows), part.size, part.tokens, time.time()),
                )
                db.executemany(
                    f"update item set state = {IN_BATCH}, part = ? where seq = ? and state = {OPEN}",
                    ((cursor.lastrowid, seq) for seq in part.rows),
                )
        return capped

    def _upload(self, ledger: Ledger, number: int) -> bool | str:
        name = f"psbridge-{ledger.run('name')}-{number}.jsonl"
        if not self._mark(ledger, "state = 'uploading'", f"id = {number}"):
            return True  # given back meanwhile, to be asked live
        with tempfile.TemporaryDirectory(prefix="psbridge-part-") as folder:
            path = Path(folder) / name
            with path.open("wb") as file:
                for seq, body in self._rows(ledger, number):
                    line = {
                        "custom_id": str(seq),
                        "method": "POST",
                        "url": f"/v1{self._job.settings.endpoint}",
                    }
                    head = jsontext.dumps(line)[:-1]
                    file.write(head + b',"body":' + bytes(body) + b"}\n")
            sys.audit("psbridge.run.upload", name)
            try:
                kept = cmdlet("New-File")(File=path, Purpose="batch")
            except ClientError as error:
                if error.status == 413 and self._halve(ledger, number):
                    return True
                self._mark(ledger, "state = 'written'", f"id = {number}")
                return error.message
        self._mark(ledger, f"state = 'uploaded', file_id = '{_id(kept.id)}'", f"id = {number}")
        return True

    def _create(self, ledger: Ledger, number: int, file_id: str) -> bool | str:
        if not self._at_work(ledger):
            self._alone.add(number)
        if not self._mark(ledger, "state = 'creating'", f"id = {number}"):
            return True
        sys.audit("psbridge.run.create", str(number))
        try:
            batch = cmdlet("New-Batch")(
                InputFileId=file_id,
                Endpoint=f"/v1{self._job.settings.endpoint}",
                CompletionWindow="24h",
                Metadata={"psbridge_run": ledger.run("name"), "psbridge_part": str(number)},
                MaxRetryCount=0,  # an answer that was lost is looked for, not asked for again
            )
        except ClientError as error:
            if error.status is not None and 400 <= error.status < 500:
                self._mark(ledger, "state = 'uploaded'", f"id = {number}")
                return error.message
            self._recover(ledger)
            found = ledger.db.execute("select state from part where id = ?", (number,)).fetchone()
            return True if found == ("created",) else error.message
        self._mark(ledger, f"state = 'created', batch_id = '{_id(batch.id)}'", f"id = {number}")
        return True

    def _look(self, ledger: Ledger, number: int, batch_id: str) -> bool | str:
        batch = cmdlet("Invoke-RetrieveBatch")(BatchId=batch_id)
        if batch.status not in _LAST:
            return False
        errors = list(getattr(batch.errors, "data", None) or ()) if batch.errors else []
        if batch.status == "failed" and errors:
            if any(one.code == "token_limit_exceeded" for one in errors):
                self._mark(ledger, f"state = 'written', why = '{_NO_ROOM}'", f"id = {number}")
                return f"{errors[0].message}" if number in self._alone else not self._at_work(ledger)
            self._collect(ledger, number, [])
            return str(errors[0].message)
        files = [one for one in (batch.output_file_id, batch.error_file_id) if one]
        self._collect(ledger, number, files)
        return True

    # --- what came of it

    def _collect(self, ledger: Ledger, number: int, files: list[str]) -> None:
        """Settle a part's rows, all in one transaction; those without an answer are open again."""
        with tempfile.TemporaryDirectory(prefix="psbridge-part-") as folder:
            paths = [Path(folder) / str(place) for place in range(len(files))]
            for file_id, path in zip(files, paths, strict=True):
                cmdlet("Invoke-DownloadFile")(file_id, OutFile=path)
            with ledger.writing() as db:
                sums = [0, 0, 0, 0, 0, 0.0]  # calls, done, failed, prompt, completion, cost
                for path in paths:
                    for line in _lines(path):
                        self._settle(db, number, line, sums)
                db.execute(
                    f"update item set state = {OPEN}, part = null where part = ? and state = {IN_BATCH}",
                    (number,),
                )
                db.execute(
                    "update run set calls = calls + ?, done = done + ?, failed = failed + ?, "
                    "prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?, "
                    "cost = cost + ?",
                    sums,
                )
                db.execute(
                    "update part set state = 'collected', changed = ? where id = ?", (time.time(), number)
                )
                db.execute("update part set why = '' where why = ?", (_NO_ROOM,))

    def _settle(self, db: Any, number: int, line: dict[str, Any], sums: list[Any]) -> None:
        seq = str(line.get("custom_id") or "")
        response = line.get("response") or {}
        status = response.get("status_code") if isinstance(response, dict) else None
        body = response.get("body") if isinstance(response, dict) else None
        problem = line.get("error") or (body.get("error") if isinstance(body, dict) else None)
        good = status == 200 and not problem and isinstance(body, dict)
        final = _is_final(status) or (status == 200 and problem)
        if not (seq.isascii() and seq.isdigit() and len(seq) < 19) or not (good or final):
            return  # nobody we know, or something that asking again may mend
        error, kind, prompt, completion, cost = None, None, 0, 0, 0.0
        if good and isinstance(body, dict):
            said = self._job.recipe.answered(body)[1]
            error, kind = (sentence(said), "PSBridge.RunAnswer") if said else (None, None)
            usage = body.get("usage") or {}
            prompt, completion = (
                int(usage.get("prompt_tokens") or 0),
                int(usage.get("completion_tokens") or 0),
            )
            prices = self._job.settings.price_table()
            priced = prices.cost(str(body.get("model") or ""), usage) if prices is not None else None
            cost = float(priced or 0) * _SHARE
        else:
            told = problem.get("message") if isinstance(problem, dict) else problem
            error, kind = f"HTTP {status}: {told}", "PSBridge.BatchRefused"
        state = FAILED if error else DONE
        changed = db.execute(
            "update item set state = ?, attempts = attempts + 1 "
            f"where seq = ? and part = ? and state = {IN_BATCH}",
            (state, int(seq), number),
        ).rowcount
        if not changed:
            return
        for place, value in enumerate((1, state == DONE, state == FAILED, prompt, completion, cost)):
            sums[place] += value
        reply = None if body is None else jsontext.written(body)
        db.execute(
            "insert or replace into result values(?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(int(seq), time.time(), status, reply, error, kind),
                *(response.get("request_id"), prompt, completion, cost),
            ),
        )

    def _halve(self, ledger: Ledger, number: int) -> bool:
        """Move half of a part that was too large into a new one; False when it is one request."""
        rows = [seq for seq, _ in self._rows(ledger, number)]
        if len(rows) < 2:
            return False
        with ledger.writing() as db:
            second = rows[len(rows) // 2 :]
            cursor = db.execute(
                "insert into part(model, state, name, requests, bytes, tokens, changed) "
                "select model, 'written', '', ?, bytes / 2, tokens / 2, ? from part where id = ?",
                (len(second), time.time(), number),
            )
            db.executemany(
                "update item set part = ? where seq = ?", ((cursor.lastrowid, seq) for seq in second)
            )
            db.execute(
                "update part set state = 'written', requests = ?, bytes = bytes / 2, tokens = tokens / 2 "
                "where id = ?",
                (len(rows) - len(second), number),
            )
        return True

    def _rows(self, ledger: Ledger, number: int) -> Iterator[tuple[int, bytes]]:
        rows: Iterator[tuple[int, bytes]] = ledger.db.execute(
            "select seq, body from item join source using(seq) "
            f"where part = ? and state = {IN_BATCH} order by seq",
            (number,),
        )
        return rows

    def _mark(self, ledger: Ledger, change: str, where: str) -> int:
        """Note a step of so many parts; `change` and `where` are this module's own, ids checked."""
        with ledger.writing() as db:
            return db.execute(f"update part set {change}, changed = ? where {where}", (time.time(),)).rowcount


def _id(given: Any) -> str:
    """An id of the service, as far as it is made of what ids are made of."""
    text = str(given)
    if not text or not all(one.isalnum() or one in "-_." for one in text):
        raise ClientError("The service gave an id that is none.")
    return text


def _is_final(status: Any) -> bool:
    return isinstance(status, int) and 400 <= status < 500 and status not in _AGAIN


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            try:
                value = jsontext.read(line)
            except ValueError:
                continue  # its row has no answer then, and is asked again
            if isinstance(value, dict):
                yield value

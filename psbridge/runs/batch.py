"""A run by OpenAI's Batch files: half the price, within a day, from the same ledger.

A part is a file of requests of one model. Each of its steps is in the ledger before it is taken - written,
uploading, uploaded, creating, created, collected - so that a kill between any two loses nothing and pays for
nothing twice: a part found in `creating` is looked up among the service's batches by its metadata first.
Output and error file are both read; rows without an answer go back to be asked. Source: OpenAI's guide to its
Batch API.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..client import Client
from ..client.errors import CallTimeoutError, ClientError, ConnectionFailedError
from ..client.exchange.retry import is_retryable
from ..client.message import jsontext
from ..client.message.reply import count
from ..client.settings.configuration import use_configuration
from ..cmdlets.functions import cmdlet
from ..cmdlets.rows import operation_of
from ..models.tables import CMDLETS
from .calling import refusal_of_all, sentence
from .caps import Spent
from .job import Ending, Job
from .ledger import Ledger, is_running, process_of
from .parts import SHARE, Line, cut, line_of
from .schema import DONE, FAILED, IN_BATCH, OPEN

_FIRST_LOOK = 1.0  # seconds; then twice as long each time, up to the poll's
_LAST = ("completed", "failed", "expired", "cancelled")
_AGAIN = (408, 409, 429)  # what was refused so may be asked again; a create may have been done all the same
_GONE = (404, 410)
_at_it: set[str] = set()  # the starts of this process that are under way
_NO_ROOM = "waits for room"  # why a part is still written: the service holds as many tokens as it may


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
        self._me = f"{uuid.uuid4().hex}@{process_of(os.getpid())}"
        self._answered = False  # the service has answered this start
        self._trouble = ""  # what it said instead, last

    def run(self, wait: bool = True, ends: bool = True) -> Ending:
        """Submit what is open, and with `wait` collect it; what was submitted before is collected first.

        With `ends` the run has ended then, as with `Job.work`.
        """
        with Ledger(self._job.path) as ledger, use_configuration(self._job.configuration):
            ledger.begin()
            _at_it.add(self._me)
            why = ""
            try:
                why = self._run(ledger, wait)
            except ClientError as error:
                why = self._reason(error)
            except OSError as error:  # of the files that parts are for a while
                why = f"failed: a part cannot be written or read: {error.strerror or error}"
            finally:
                _at_it.discard(self._me)
                if ends:
                    ledger.end(why)
            status = ledger.status()
            left = status.Total - status.Done - status.Failed
            if not why and left:
                why = f"batch: {self._trouble or 'not every row has an answer yet'}"
            return Ending(why, status)

    @staticmethod
    def _reason(error: ClientError) -> str:
        """Why a start ends by an error."""
        lost = isinstance(error, (ConnectionFailedError, CallTimeoutError))
        kind = refusal_of_all(error, answered=True) or ("unreachable" if lost else "batch")
        return f"{kind}: {error.message}"

    def _run(self, ledger: Ledger, wait: bool) -> str:
        self._recover(ledger)
        capped = "" if self._parts(ledger) else self._write(ledger)
        pause = _FIRST_LOOK
        while parts := self._parts(ledger):
            moved = [self._step(ledger, part) for part in parts]
            stop = self._job.stopping or ("stopped" if ledger.run("stop") else "")
            if stop:
                return stop
            refused = next((why for why in moved if isinstance(why, str)), "")
            if refused:
                return refused
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
            "select id, state, file_id, batch_id, why, name from part where state != 'collected' order by id"
        ).fetchall()

    def _step(self, ledger: Ledger, part: tuple[Any, ...]) -> bool | str:
        """Take a part's next step: whether there was one, or why the run ends."""
        number, state, file_id, batch_id, why, owner = part
        if state != "created" and self._is_late():
            return False
        if state == "written":
            return False if why == _NO_ROOM and self._at_work(ledger) else self._upload(ledger, number)
        if state == "uploaded":
            return self._create(ledger, number, file_id)
        if state == "created":
            return self._look(ledger, number, batch_id)
        if owner == self._me or not _is_under_way(owner):
            self._recover(ledger)  # another start began it, and is gone
            return True
        return False

    def _is_late(self) -> bool:
        deadline = self._job.settings.deadline
        return deadline is not None and time.time() >= deadline

    def _at_work(self, ledger: Ledger) -> bool:
        """Whether the service has a batch of this run."""
        row = ledger.db.execute("select 1 from part where state = 'created' limit 1").fetchone()
        return row is not None

    def _recover(self, ledger: Ledger) -> None:
        """Find out what became of the steps that a kill interrupted; what others are at is theirs."""
        begun = ledger.db.execute(
            "select id, state, name from part where state in ('uploading', 'creating')"
        ).fetchall()
        mine = [part for part in begun if part[2] == self._me or not _is_under_way(part[2])]
        unsure = []
        for number, state, owner in mine:
            if state == "uploading":
                self._mark(ledger, "state = 'written'", number, f"state = 'uploading' and name = '{owner}'")
            else:
                unsure.append((number, owner))
        if not unsure:
            return
        name = ledger.run("name")
        made = {}
        for batch in cmdlet("Invoke-ListBatches")(All=True):
            metadata = getattr(batch, "metadata", None) or {}
            if metadata.get("psbridge_run") == name:
                made[metadata.get("psbridge_part")] = _id(batch.id)
        for number, owner in unsure:
            found = made.get(str(number))
            state = f"state = 'created', batch_id = '{found}'" if found else "state = 'uploaded'"
            self._mark(ledger, state, number, f"state = 'creating' and name = '{owner}'")

    def _write(self, ledger: Ledger) -> str:
        """Divide what is open into parts, as far as the caps allow; returns the cap that does not, or ""."""
        caps, capped, reserved = self._job.caps, "", Spent()
        used = int(ledger.run("prompt_tokens")) + int(ledger.run("completion_tokens"))
        spent = Spent(int(ledger.run("calls")), used, float(ledger.run("cost")))
        lines: list[Line] = []
        with ledger.writing() as db:
            rows = db.execute(
                "select i.seq, s.body, i.prompt, i.answer from item i join source s using(seq) "
                "where i.state = 0 order by i.seq"
            )
            for seq, body, prompt, answer in rows:
                most, price = caps.estimate(prompt, answer)
                capped = caps.exceeded(spent, reserved, most, price * SHARE)
                if capped:
                    break
                reserved = reserved.plus(1, most, price * SHARE)
                lines.append(line_of(seq, body, prompt + answer))
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
        if not self._mark(ledger, f"state = 'uploading', name = '{self._me}'", number, "state = 'written'"):
            return True  # another start is at it, or it was given back meanwhile, to be asked live
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
                kept = _id(cmdlet("New-File")(File=path, Purpose="batch").id)
            except ClientError as error:
                if error.status == 413:
                    self._halve(ledger, number, error)
                    return True
                self._mark(ledger, "state = 'written'", number, self._is_mine)
                return self._reason(error)
        self._mark(ledger, f"state = 'uploaded', file_id = '{kept}'", number, self._is_mine)
        return True

    @property
    def _is_mine(self) -> str:
        return f"name = '{self._me}' and state in ('uploading', 'creating')"

    def _create(self, ledger: Ledger, number: int, file_id: str) -> bool | str:
        if not self._at_work(ledger):
            self._alone.add(number)
        if not self._mark(ledger, f"state = 'creating', name = '{self._me}'", number, "state = 'uploaded'"):
            return True
        sys.audit("psbridge.run.create", str(number))
        request = {
            "input_file_id": file_id,
            "endpoint": f"/v1{self._job.settings.endpoint}",
            "completion_window": "24h",
            "metadata": {"psbridge_run": ledger.run("name"), "psbridge_part": str(number)},
        }
        try:
            # Over a connection of its own: one that was idle and has ended would be replaced, and the request
            # sent twice. And once: an answer that was lost is looked for, not asked for again.
            with Client(self._job.configuration) as client:
                operation = operation_of(CMDLETS["New-Batch"].operations[0])
                batch = client.call(operation, body=request, max_retries=0).value
            batch_id = _id(jsontext.field(batch, "id"))
        except ClientError as error:
            if _is_final(error.status):
                self._mark(ledger, "state = 'uploaded'", number, self._is_mine)
                return self._reason(error)
            self._recover(ledger)
            found = ledger.db.execute("select state from part where id = ?", (number,)).fetchone()
            return True if found == ("created",) else self._reason(error)
        self._mark(ledger, f"state = 'created', batch_id = '{batch_id}'", number, self._is_mine)
        return True

    def _look(self, ledger: Ledger, number: int, batch_id: str) -> bool | str:
        try:
            moved = self._looked(ledger, number, batch_id)
        except ClientError as error:
            if not is_retryable(error) or not self._answered:
                return self._reason(error)
            self._trouble = error.message  # the batch is made, and is waited for however long this lasts
            return False
        self._answered, self._trouble = True, ""
        return moved

    def _looked(self, ledger: Ledger, number: int, batch_id: str) -> bool | str:
        batch = cmdlet("Invoke-RetrieveBatch")(BatchId=batch_id)
        self._answered = True
        if batch.status not in _LAST:
            return False
        errors = list(getattr(batch.errors, "data", None) or ()) if batch.errors else []
        if batch.status == "failed" and errors:
            said = f"batch: {errors[0].message or errors[0].code or 'it failed'}"
            if any(one.code == "token_limit_exceeded" for one in errors):
                waits = f"state = 'written', why = '{_NO_ROOM}'"
                self._mark(ledger, waits, number, f"state = 'created' and batch_id = '{_id(batch_id)}'")
                return said if number in self._alone else not self._at_work(ledger)
            self._collect(ledger, number, [])
            return said
        files = [one for one in (batch.output_file_id, batch.error_file_id) if one]
        self._collect(ledger, number, files)
        return True

    # --- what came of it

    def _collect(self, ledger: Ledger, number: int, files: list[str]) -> None:
        """Settle a part's rows, all in one transaction; those without an answer are open again."""
        with tempfile.TemporaryDirectory(prefix="psbridge-part-") as folder:
            paths = []
            for place, file_id in enumerate(files):
                path = Path(folder) / str(place)
                try:
                    cmdlet("Invoke-DownloadFile")(file_id, OutFile=path)
                except ClientError as error:
                    if error.status not in _GONE:
                        raise
                    continue  # the service has it no more: what it held has to be asked for again
                paths.append(path)
            with ledger.writing() as db:
                sums = [0, 0, 0, 0, 0, 0.0]  # calls, done, failed, prompt, completion, cost
                for path in paths:
                    for line in _lines(path):
                        self._settle(db, number, line, sums)
                db.execute(
                    f"update item set state = {OPEN}, part = null where part = ? and state = {IN_BATCH}",
                    (number,),
                )
                self._add_up(db, number, sums)
                db.execute("update part set why = '' where why = ?", (_NO_ROOM,))

    @staticmethod
    def _add_up(db: Any, number: int, sums: list[Any]) -> None:
        """A part has ended, and its rows are settled."""
        db.execute(
            "update run set calls = calls + ?, done = done + ?, failed = failed + ?, "
            "prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?, cost = cost + ?",
            sums,
        )
        db.execute("update part set state = 'collected', changed = ? where id = ?", (time.time(), number))

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
            usage = body.get("usage")
            usage = usage if isinstance(usage, dict) else {}
            prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
            prices = self._job.settings.price_table()
            priced = prices.cost(str(body.get("model") or ""), usage) if prices is not None else None
            cost = float(priced or 0) * SHARE
        else:
            told = problem.get("message") if isinstance(problem, dict) else problem
            error, kind = f"HTTP {status}: {told}", "PSBridge.BatchRefused"
        reply = None if body is None else jsontext.written(body)
        request_id = response.get("request_id")
        self._conclude(
            db,
            number,
            int(seq),
            sums,
            (status, reply, error, kind, request_id if isinstance(request_id, str) else None),
            (prompt, completion, cost),
        )

    @staticmethod
    def _conclude(
        db: Any, number: int, seq: int, sums: list[Any], told: tuple[Any, ...], used: tuple[int, int, float]
    ) -> None:
        """A part's row is done or failed: `told` is status, reply, error, kind and request id."""
        state = FAILED if told[2] else DONE
        changed = db.execute(
            "update item set state = ?, attempts = attempts + 1 "
            f"where seq = ? and part = ? and state = {IN_BATCH}",
            (state, seq, number),
        ).rowcount
        if not changed:
            return
        for place, value in enumerate((1, state == DONE, state == FAILED, *used)):
            sums[place] += value
        told = tuple(jsontext.storable(one) if isinstance(one, str) else one for one in told)
        db.execute(
            "insert or replace into result values(?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, time.time(), *told, *used),
        )

    def _halve(self, ledger: Ledger, number: int, error: ClientError) -> None:
        """Move half of a part that was too large into a new one; one request that is too large has failed."""
        rows = [seq for seq, _ in self._rows(ledger, number)]
        with ledger.writing() as db:
            if len(rows) < 2:
                sums = [0, 0, 0, 0, 0, 0.0]
                for seq in rows:
                    told = (413, None, error.message, "PSBridge.BatchRefused", error.request_id)
                    self._conclude(db, number, seq, sums, told, (0, 0, 0.0))
                self._add_up(db, number, sums)
                return
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

    def _rows(self, ledger: Ledger, number: int) -> Iterator[tuple[int, bytes]]:
        rows: Iterator[tuple[int, bytes]] = ledger.db.execute(
            "select seq, body from item join source using(seq) "
            f"where part = ? and state = {IN_BATCH} order by seq",
            (number,),
        )
        return rows

    def _mark(self, ledger: Ledger, change: str, number: int, where: str) -> int:
        """Note a step, if the part is still `where` it was; whether it was. The texts are of this module."""
        with ledger.writing() as db:
            return db.execute(
                f"update part set {change}, changed = ? where id = ? and {where}", (time.time(), number)
            ).rowcount


def _is_under_way(start: str) -> bool:
    """Whether a start that began a part's step still works."""
    _, _, process = start.partition("@")
    return start in _at_it if process == process_of(os.getpid()) else is_running(process)


def _id(given: Any) -> str:
    """An id of the service, as far as it is made of what ids are made of."""
    text = given if isinstance(given, str) else ""
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

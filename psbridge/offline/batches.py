"""The batches of the offline server: a file of requests, each answered by the server's own handlers.

A batch is worked off on the server's loop, a slice at a time, so that it never keeps other requests waiting.
Its states, refusals and files are the service's: what is wrong with the input file as a whole fails the
batch, what is wrong with one line goes into the error file.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO, Any

from . import tokens
from .files import Files, Kept
from .listing import page
from .message import Reply, Request, error_reply, json_reply, loads, not_allowed, nowhere, parsed
from .problems import ApiError, encode
from .reply import digest
from .rules import Integer, Map, Nullable, Object, Text

ENDPOINTS = ("/v1/chat/completions", "/v1/embeddings", "/v1/moderations")
_MOST_LINES = 50_000
_MOST_ERRORS = 100  # reasons a refused batch lists at most
_SLICE = 0.01  # seconds of work before other requests have their turn
_IN_MEMORY = 1024 * 1024
_DAY = 86_400

_CREATE = Object(
    {
        "input_file_id": Text(),
        "endpoint": Text(allowed=ENDPOINTS),
        "completion_window": Text(allowed=("24h",)),
        "metadata": Nullable(Map(Text(longest=512), most=16, longest_name=64)),
        "output_expires_after": Nullable(
            Object(
                {"anchor": Text(allowed=("created_at",)), "seconds": Integer(3600, 2_592_000)},
                ("anchor", "seconds"),
            )
        ),
    },
    ("input_file_id", "endpoint", "completion_window"),
    closed=True,
)


@dataclass(frozen=True)
class Pace:
    """How batches run here.

    Attributes:
        line_delay: seconds each line takes.
        window: seconds that stand for a completion window of 24 hours.
        tokens: how many tokens of one model may wait in all batches at once; None for any number.
    """

    line_delay: float = 0.0
    window: float = _DAY
    tokens: int | None = None


@dataclass
class _Line:
    custom_id: str
    body: dict[str, Any]


@dataclass
class _Batch:
    """One batch: what is said of it, and what is left to do."""

    about: dict[str, Any]
    lines: list[_Line] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)  # tokens by model
    deadline: float = 0.0
    cancelled: bool = False
    task: asyncio.Task[None] | None = None


class Batches:
    """`/batches`.

    Args:
        files: where input files are, and where the answers go.
        run: answers one line's request.
        pace: how fast, and how much at once.
    """

    def __init__(self, files: Files, run: Callable[[Request], Reply], pace: Pace) -> None:
        self._files = files
        self._run = run
        self._pace = pace
        self._batches: dict[str, _Batch] = {}
        self._serials = itertools.count(1)

    def answer(self, request: Request, parts: list[str], model: str | None) -> Reply:
        """The reply to a request; `model` says nothing here."""
        method = request.method
        match parts:
            case [_]:
                if method == "POST":
                    return json_reply(self._create(parsed(request)))
                if method == "GET":
                    about = [one.about for one in self._batches.values()]
                    return json_reply(page(about, request.query, order="desc"))
                raise not_allowed(request, "GET, POST")
            case [_, name] if name:
                if method == "GET":
                    return json_reply(self._get(name).about)
                raise not_allowed(request, "GET")
            case [_, name, "cancel"] if name:
                if method == "POST":
                    return json_reply(self._cancel(name))
                raise not_allowed(request, "POST")
        raise nowhere(request)

    async def close(self) -> None:
        """Stop what runs and forget all batches."""
        tasks = [one.task for one in self._batches.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._batches.clear()

    def _get(self, name: str) -> _Batch:
        batch = self._batches.get(name)
        if batch is None:
            raise ApiError(404, f"No batch found with id '{name[:100]}'.", param="id")
        return batch

    def _create(self, body: Any) -> dict[str, Any]:
        _CREATE.check(body, "")
        try:
            kept = self._files.get(body["input_file_id"])
        except ApiError:
            raise ApiError(
                400,
                f"Invalid 'input_file_id': no file has the id '{body['input_file_id'][:100]}'.",
                code="invalid_value",
                param="input_file_id",
            ) from None
        if kept.about["purpose"] != "batch":
            raise ApiError(
                400,
                f"Invalid 'input_file_id': its purpose is '{kept.about['purpose']}', but must be 'batch'.",
                code="invalid_value",
                param="input_file_id",
            )
        now = int(time.time())
        key = f"batch_{digest(body, next(self._serials))[:24]}"
        about: dict[str, Any] = {
            "id": key,
            "object": "batch",
            "endpoint": body["endpoint"],
            "model": None,
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": now,
            "in_progress_at": None,
            "expires_at": now + _DAY,
            "finalizing_at": None,
            "completed_at": None,
            "failed_at": None,
            "expired_at": None,
            "cancelling_at": None,
            "cancelled_at": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata"),
        }
        batch = self._batches[key] = _Batch(about, deadline=time.monotonic() + self._pace.window)
        life = (body.get("output_expires_after") or {}).get("seconds")
        work = self._work(batch, kept, life)
        batch.task = asyncio.get_running_loop().create_task(work)
        return dict(about)

    def _cancel(self, name: str) -> dict[str, Any]:
        batch = self._get(name)
        status = batch.about["status"]
        if status not in ("validating", "in_progress", "finalizing", "cancelling"):
            raise ApiError(409, f"Cannot cancel a batch with status '{status}'.", code="invalid_batch_status")
        if status != "cancelling":
            batch.cancelled = True
            _turn(batch, "cancelling")
        return dict(batch.about)

    # --- the work

    async def _work(self, batch: _Batch, kept: Kept, life: int | None) -> None:
        turns = _Turns()
        await asyncio.sleep(0)  # the reply that says "validating" goes first
        problems = await self._validated(batch, kept, turns)
        if problems:
            if not batch.cancelled:
                batch.about["errors"] = {"object": "list", "data": problems[:_MOST_ERRORS]}
            _turn(batch, "cancelled" if batch.cancelled else "failed")
            return
        if not batch.cancelled:
            _turn(batch, "in_progress")
        with contextlib.ExitStack() as undo:
            files: dict[str, IO[bytes]] = {
                name: undo.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))
                for name in ("output", "error")
            }
            end = await self._run_lines(batch, files, turns)
            undo.pop_all()  # the store closes them
        for name, content in files.items():
            size = content.tell()
            if size:
                title = f"{batch.about['id']}_{name}.jsonl"
                added = self._files.add(title, "batch_output", content, size, life)
                batch.about[f"{name}_file_id"] = added
            else:
                content.close()
        _turn(batch, "cancelled" if batch.cancelled else "expired" if end else "completed")

    async def _run_lines(
        self, batch: _Batch, files: dict[str, IO[bytes]], turns: Callable[[], Awaitable[None]]
    ) -> tuple[str, str] | None:
        """Answer the lines into the files; why the last of them were not answered: code and message."""
        counts = batch.about["request_counts"]
        end: tuple[str, str] | None = None
        for number, line in enumerate(batch.lines):
            if end is None and self._pace.line_delay:
                await asyncio.sleep(self._pace.line_delay)
            else:
                await turns()
            if end is None:
                end = _end_of(batch)
            good, answer = (False, _unanswered(*end)) if end else self._answered(batch, line)
            head = {"id": f"batch_req_{digest(batch.about['id'], number)[:24]}", "custom_id": line.custom_id}
            files["output" if good else "error"].write(encode({**head, **answer}) + b"\n")
            if end is None:
                counts["completed" if good else "failed"] += 1
        batch.waiting.clear()
        batch.lines.clear()
        if end is None and not batch.cancelled:
            _turn(batch, "finalizing")
            await asyncio.sleep(self._pace.line_delay)
        return end

    def _answered(self, batch: _Batch, line: _Line) -> tuple[bool, dict[str, Any]]:
        """Whether a line was answered well, and the answer as its output has it."""
        headers = {"content-type": "application/json"}
        request = Request("POST", batch.about["endpoint"], {}, headers, encode(line.body))
        if line.body.get("stream"):
            text = "Streaming is not supported here."
            reply = error_reply(ApiError(400, text, code="invalid_value", param="stream"))
        else:
            reply = self._run(request)
        status, body = reply.status, loads(reply.body) if reply.body else None
        answer = {"status_code": status, "request_id": f"req_{digest(line.custom_id, line.body)[:24]}"}
        return status < 400, {"response": {**answer, "body": body}, "error": None}

    # --- what is wrong with an input file

    async def _validated(
        self, batch: _Batch, kept: Kept, turns: Callable[[], Awaitable[None]]
    ) -> list[dict[str, Any]]:
        """Read the lines into the batch; the reasons why it is refused."""
        problems: list[dict[str, Any]] = []
        seen: set[str] = set()
        models: set[str] = set()
        number = 0
        for number, text in enumerate(kept.lines(), 1):
            await turns()
            if number > _MOST_LINES:
                problem = f"The batch has more than {_MOST_LINES} requests."
                return [_problem("too_many_tasks", problem, None)]
            problem_or_line = self._line(batch, text, number, seen)
            if isinstance(problem_or_line, _Line):
                batch.lines.append(problem_or_line)
                model = problem_or_line.body.get("model")
                if isinstance(model, str):
                    models.add(model)
                    batch.waiting[model] += _tokens_of(problem_or_line.body)
            elif len(problems) < _MOST_ERRORS:
                problems.append(problem_or_line)
        if not number:
            return [_problem("empty_file", "The input file is empty.", None)]
        if problems:
            batch.lines.clear()
            batch.waiting.clear()
            return problems
        batch.about["request_counts"]["total"] = len(batch.lines)
        if len(models) == 1:
            batch.about["model"] = next(iter(models))
        return self._over_the_limit(batch)

    def _line(self, batch: _Batch, text: bytes, number: int, seen: set[str]) -> _Line | dict[str, Any]:
        try:
            line = loads(text)
        except (ValueError, RecursionError):
            return _problem("invalid_json_line", "This line is not parseable as valid JSON.", number)
        if not isinstance(line, dict):
            return _problem("invalid_json_line", "This line is not a JSON object.", number)
        for name, kind in (("custom_id", str), ("method", str), ("url", str), ("body", dict)):
            if name not in line:
                problem = f"Missing required parameter: '{name}'."
                return _problem("missing_required_parameter", problem, number, name)
            if not isinstance(line[name], kind):
                wanted = "an object" if kind is dict else "a string"
                return _problem(
                    "invalid_type", f"Invalid type for '{name}': expected {wanted}.", number, name
                )
        if line["method"] != "POST":
            return _problem("invalid_method", "The method must be 'POST'.", number, "method")
        if line["url"] != batch.about["endpoint"]:
            problem = "The URL provided for this request does not match the batch endpoint."
            return _problem("mismatched_url", problem, number, "url")
        if line["custom_id"] in seen:
            problem = "The custom_id of this request was already used in this batch."
            return _problem("duplicate_custom_id", problem, number, "custom_id")
        seen.add(line["custom_id"])
        return _Line(line["custom_id"], line["body"])

    def _over_the_limit(self, batch: _Batch) -> list[dict[str, Any]]:
        limit = self._pace.tokens
        if limit is None:
            return []
        waiting: Counter[str] = Counter()
        for one in self._batches.values():
            waiting.update(one.waiting)
        for model in batch.waiting:
            if waiting[model] > limit:
                batch.waiting.clear()
                batch.lines.clear()
                problem = (
                    f"Enqueued token limit reached for {model} in organization offline. "
                    f"Limit: {limit:,} enqueued tokens. "
                    "Please try again once some in_progress batches have been completed."
                )
                return [_problem("token_limit_exceeded", problem, None)]
        return []


class _Turns:
    """Lets other requests have their turn, every so often."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def __call__(self) -> None:
        if time.perf_counter() - self._since > _SLICE:
            await asyncio.sleep(0)
            self._since = time.perf_counter()


def _turn(batch: _Batch, status: str) -> None:
    batch.about["status"] = status
    batch.about[f"{status}_at"] = int(time.time())


def _end_of(batch: _Batch) -> tuple[str, str] | None:
    """Why no further line is answered: code and message."""
    if batch.cancelled:
        return "batch_cancelled", "This request was cancelled before it was executed."
    if time.monotonic() >= batch.deadline:
        return "batch_expired", "This request could not be executed before the completion window expired."
    return None


def _unanswered(code: str, message: str) -> dict[str, Any]:
    return {"response": None, "error": {"code": code, "message": message}}


def _problem(code: str, message: str, line: int | None, param: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": param, "line": line}


def _tokens_of(body: dict[str, Any]) -> int:
    """What a line counts as against the limit: its prompt."""
    return tokens.estimate(str(body.get("messages", body.get("input", ""))))

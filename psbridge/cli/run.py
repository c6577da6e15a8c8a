"""`psbridge run`: rows in, a ledger that survives, rows out. And the view of how far it is."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from ..chat.template import TemplateError
from ..errors import PSBridgeError
from ..models.problems import InvalidValueError
from ..runs.claims import View
from ..runs.errors import LedgerError, LedgerMismatchError, RunUsageError
from ..runs.job import Ending, Job, job_of
from ..runs.own import own_process
from ..runs.reading import spooled_input
from ..runs.settings import Settings, moment
from . import WrongUsageError, say

_EVERY = 10.0  # seconds between two lines where there is no terminal


def run(
    file: str,
    out: Path | None,
    ledger: Path | None,
    dry_run: bool,
    given: dict[str, Any],
    wait: bool = True,
) -> int:
    """Do what the command line asks for; returns the exit code."""
    with spooled_input() if file == "-" else nullcontext(Path(file)) as path, usage():
        name = "standard input" if file == "-" else file
        if out is None and not dry_run:
            raise WrongUsageError("Name the output: --out OUT.")
        settings = _settings(path, name, out, given)
        place = ledger or (out.with_name(out.name + ".run.db") if out is not None else Path("run.db"))
        job = Job(place, settings)
        if dry_run:
            from ..runs.plan import plan

            sys.stdout.write(plan(job).text())
            return 0
        job.check_key()
        with own_process():
            job.take()
        _tell_notes(job)
        return carry_on(job, wait)


def _tell_notes(job: Job) -> None:
    for note in job.notes:
        say(f"psbridge: {note}")


def carry_on(job: Job, wait: bool = True) -> int:
    """Work on a ledger whose rows are taken in, and write the output; returns the exit code."""
    if job.settings.batch:
        from ..runs.batch import Batches

        with interruptible(job):
            ending = Batches(job).run(wait)
    else:
        with interruptible(job), _view(job) as view, own_process():
            ending = job.work(view)
    if job.settings.out:
        with own_process():
            job.export()
    _summary(job, ending)
    return ending.exit_code


def resume(path: Path, changes: dict[str, Any]) -> int:
    """Go on with a ledger as it was last begun."""
    with usage():
        job = job_of(path, **changes)
        job.check_key()
        job.check_account()
        _tell_notes(job)
        return carry_on(job)


@contextmanager
def usage() -> Iterator[None]:
    """What a user asked for wrongly ends with the exit code for that."""
    try:
        yield
    except (RunUsageError, LedgerMismatchError, TemplateError, InvalidValueError) as error:
        raise WrongUsageError(error.message) from None
    except LedgerError as error:
        if error.category == "ObjectNotFound" or error.error_id == "PSBridge.Ledger":
            raise _NotDone(error.message) from None
        raise


class _NotDone(PSBridgeError):
    """The ledger cannot be used: exit code 1."""


def _settings(path: Path, name: str, out: Path | None, given: dict[str, Any]) -> Settings:
    given = dict(given)
    price_file = given.pop("price_file")
    schema = given.pop("schema")
    template = given["template"]
    reading = {"path": str(path), "name": name}
    reading.update({key: given.pop(key) or "" for key in ("encoding", "delimiter", "format")})
    if template is not None and given["request_column"]:
        raise WrongUsageError("--template and --request-column must not be given together.")
    return Settings(
        **{**given, "deadline": moment(given["deadline"])},
        input=reading,
        out="" if out is None else str(out.absolute()),
        prices=None if price_file is None else _json_file(price_file, "--price-file"),
        schema=None if schema is None else _json_file(schema, "--schema"),
    )


def _json_file(path: Path, option: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise WrongUsageError(f"{option}: '{path}' cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WrongUsageError(f"{option}: '{path}' is not JSON: {error}.") from None


@contextmanager
def interruptible(job: Job) -> Iterator[None]:
    """Ctrl+C, Ctrl+Break or a closed terminal stops cleanly: what is under way ends. Again ends at once."""
    pressed = 0
    before: dict[int, Any] = {}  # what handled each signal

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if sys.platform != "win32" and number == signal.SIGHUP:
            # A shell tells of it and the system does, which may be while the output is written.
            signal.signal(number, signal.SIG_IGN)
            before.pop(number, None)
        pressed += 1
        if pressed > 1:
            raise KeyboardInterrupt
        say("psbridge: stopping; what is under way ends first (again: at once)")
        job.stop("interrupted")

    signals: list[int] = [signal.SIGINT]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)  # Ctrl+Break, a console that closes, and what others can send
    else:
        signals.append(signal.SIGTERM)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup's, which is to outlive the terminal
            signals.append(signal.SIGHUP)
    for number in signals:
        before[number] = signal.getsignal(number)
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in list(before.items()):
            signal.signal(number, handler)


@contextmanager
def _view(job: Job) -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield _Lines(job)
        return
    from .live import Live

    with Live(job) as live:
        yield live


class Rate:
    """How fast a run goes, and how long it still takes."""

    def __init__(self) -> None:
        self._started = 0.0
        self._first = 0

    def saw(self, view: View) -> None:
        """Where it stood when this process began."""
        if not self._started:
            self._started, self._first = time.monotonic(), view.done + view.failed

    def line(self, view: View, in_flight: int) -> str:
        """All of it on one line."""
        took = time.monotonic() - self._started
        rate = (view.done + view.failed - self._first) / took if took > 0 else 0.0
        left = f", {span(view.left / rate)} left" if rate and view.left else ""
        cost = f", cost {view.spent.cost:.4f}" if view.spent.cost else ""
        return (
            f"{view.done:,} done, {view.failed:,} failed, {in_flight:,} in flight of {view.total:,}; "
            f"{rate:,.1f} rows a second, {view.refused:,} refused, {view.spent.tokens:,} tokens{cost}{left}"
        )


class _Lines:
    """A line every ten seconds, on standard error."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._rate = Rate()
        self._next = time.monotonic() + _EVERY

    def __call__(self, view: View) -> None:
        self._rate.saw(view)
        if time.monotonic() >= self._next:
            self._next += _EVERY
            say(f"psbridge: {self._rate.line(view, self._job.in_flight)}")


def span(seconds: float) -> str:
    """A stretch of time for people."""
    seconds = int(seconds)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"


def _summary(job: Job, ending: Ending) -> None:
    status = ending.status
    left = status.Total - status.Done - status.Failed
    cost = "" if status.Cost is None else f", cost {status.Cost:.4f}"
    lines = [
        f"{status.Total:,} rows: {status.Done:,} done, {status.Failed:,} failed, {left:,} not asked; "
        f"{status.Calls:,} calls, {status.Refused:,} refused, "
        f"{status.PromptTokens + status.CompletionTokens:,} tokens{cost}"
    ]
    if ending.why:
        lines.append(f"stopped: {ending.why}; the same line again goes on ({job.path})")
    for line in lines:
        say(f"psbridge: {line}")

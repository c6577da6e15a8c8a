"""`ps.Run` and `ps.AsyncRun`: a run as Python has it.

    with ps.Run("t.db", requests, id="TicketId", max_cost=5, price=prices) as run:
        for row in run:
            print(row.Id, row.Answer or row.Error)

What it does is `job`'s; here is a thread that does it, and the rows as they come.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any

from ..chat.schema import plain
from ..chat.template import properties_of
from ..client.settings.configuration import Configuration
from .claims import View
from .errors import RunError, RunUsageError
from .job import Ending, Job, job_of
from .ledger import Ledger, RunStatus
from .plan import RunPlan, plan
from .reading import SourceRow, rows_of
from .settings import Settings, moment
from .writing import RunResult, results

REQUEST = "Request"
_ID = "RunId"
_LOOK_EVERY = 0.5  # seconds, where nothing wakes the reader: another process did the work
_GATHER = 0.05  # seconds between two looks at least: a reader that looks at each commit holds up the next
_FINISHED = ("Done", "Failed")


class Run:
    """Many requests, asked for through a ledger that survives whatever ends this process.

    Args:
        ledger: the SQLite file; it is made, or gone on with.
        requests: what is asked for: requests as mappings or models; prompts as texts; with `template` rows as
            mappings or objects; or the path of a file of rows. None goes on with what the ledger holds.
        id: the rows' key of that name, or a function of the row; None takes the rows' numbers.
        template: the prompt, with the rows' columns in braces; `request_column` where whole requests are.
        system, model: of every request; `body` has further members of them.
        As: a Python type, or `schema` a JSON schema, that answers are held to; its members become columns.
        endpoint: chat/completions, embeddings or moderations.
        out: where `export` writes, which is done when the run ends.
        throttle_limit: requests under way at most, over all `processes`.
        cluster: on many machines by Dask: a scheduler's address, the path of a scheduler file, "local" or
            "local:4"; needs the extra `dask`. The key is each machine's own: its environment's, or what
            `cluster_key`, `module:function`, gives there.
        requests_per_minute, tokens_per_minute: limits of all processes together.
        max_requests, max_tokens, max_cost: caps over all starts of this run; a cost needs `price`, a
            table, or `price_file`.
        deadline: seconds from now, "2h", a datetime: nothing is begun after it.
        batch: by OpenAI's Batch, within a day and at half the price: files of at most `batch_tokens`, looked
            at every `poll_seconds` at most.
        changed: "refuse" or "rerun": what becomes of an id that has another request than before.
        configuration: where and as whom to call; the one in force by default.

    Raises:
        RunUsageError, InvalidValueError: what is asked for cannot be; nothing was sent.
    """

    def __init__(
        self,
        ledger: str | Path,
        requests: Iterable[Any] | str | Path | None = None,
        *,
        id: str | Callable[[Any], Any] | None = None,
        template: str | None = None,
        request_column: str | None = None,
        system: str | None = None,
        model: str | None = None,
        body: Mapping[str, Any] | None = None,
        As: Any = None,
        schema: Any = None,
        endpoint: str = "chat/completions",
        out: str | Path | None = None,
        throttle_limit: int | None = None,
        processes: int | None = None,
        cluster: str | None = None,
        cluster_key: str | None = None,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        max_requests: int | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        price: Any = None,
        price_file: str | Path | None = None,
        deadline: Any = None,
        changed: str = "refuse",
        batch: bool | None = None,
        batch_tokens: int | None = None,
        poll_seconds: float | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        given: dict[str, Any] = {
            "out": None if out is None else str(Path(out).absolute()),
            "width": throttle_limit,
            "processes": processes,
            "cluster": cluster,
            "cluster_key": cluster_key,
            "max_requests": max_requests,
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
            "max_tokens": max_tokens,
            "max_cost": max_cost,
            "prices": _prices(price, price_file),
            "deadline": moment(deadline),
            "batch": batch,
            "batch_tokens": batch_tokens,
            "poll": poll_seconds,
        }
        self._rows: _Rows | None = None
        if requests is None:
            if As is not None or template or request_column:
                raise RunUsageError("A run that is gone on with has its requests already.")
            self.job = job_of(ledger, configuration, **given)
        else:
            file = requests if isinstance(requests, (str, Path)) else None
            items: Iterable[Any] = () if isinstance(requests, (str, Path)) else requests
            items = [items] if isinstance(items, Mapping) else items
            own: dict[str, Any] = {
                "endpoint": endpoint,
                "template": template,
                "request_column": request_column,
            }
            own |= {
                "system": system,
                "model": model,
                "body": dict(plain(body or {})),
                "schema": plain(schema),
            }
            own |= {"changed": changed, "id": id if isinstance(id, str) else _ID if id is not None else ""}
            if file is not None:
                own["input"] = {"path": str(file)}
                if callable(id):
                    raise RunUsageError("The id of a file's rows is the name of a column.")
            texts = False
            if file is None and template is None and request_column is None:
                first, items = _first_of(items)
                texts = isinstance(first, str) and not properties_of(first)
                own |= {"template": "{Text}"} if texts else {"request_column": REQUEST}
            settings = Settings(**own).with_changes(**given)
            self.job = Job(ledger, settings, answer_type=As, configuration=configuration)
            if file is None:
                self._rows = _Rows(items, id, own["request_column"] == REQUEST, texts)
        self._new = requests is not None
        self._thread: threading.Thread | None = None
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._ending: Ending | None = None
        self._failure: BaseException | None = None

    # --- begin and end

    def start(self) -> Run:
        """Take the rows in, and begin; returns when the first requests may go out.

        Raises:
            RunError: the rows or the ledger cannot be taken; nothing was sent.
        """
        if self._thread is not None:
            raise RunError("This run has begun already.")
        self.job.check_key()
        self.take()
        # What gives the key may have to know which call this is part of.
        work = partial(contextvars.copy_context().run, self._work)
        self._thread = threading.Thread(target=work, name="psbridge-run", daemon=True)
        self._thread.start()
        return self

    def take(self) -> None:
        """Take the rows in; nothing is sent.

        Raises:
            RunError: the rows or the ledger cannot be taken, or it is another account's.
        """
        if self._new:
            self.job.take(self._rows)
        else:
            self.job.check_account()

    def _work(self) -> None:
        try:
            self._ending = self._by_batch() if self.job.settings.batch else self.job.work(self._seen)
            if self.job.settings.out:
                self.job.export()
        except BaseException as error:
            self._failure = error
        finally:
            self._ended.set()
            self._changed.set()

    def _by_batch(self, wait: bool = True) -> Ending:
        from .batch import Batches

        return Batches(self.job).run(wait)

    def submit_batches(self) -> Ending:
        """Take the rows in, submit them as batches, and return; `collect` waits for them, in any process."""
        self.job.check_key()
        self.take()
        return self._by_batch(wait=False)

    def collect(self) -> Ending:
        """Wait for the batches that were submitted, and take their answers in."""
        ending = self._by_batch()
        if self.job.settings.out:
            self.job.export()
        return ending

    def _seen(self, view: View) -> None:
        self._changed.set()

    def stop(self) -> None:
        """Begin nothing more; what is under way still ends."""
        self.job.stop("stopped")

    def wait(self, timeout: float | None = None) -> Ending | None:
        """Wait until it has ended; None when `timeout` seconds pass before that.

        Raises:
            RunError: the ledger or the output cannot be written.
        """
        if not self._ended.wait(timeout):
            return None
        if self._failure is not None:
            raise self._failure
        return self._ending

    def __enter__(self) -> Run:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._ended.is_set():
            self.stop()
        self._ended.wait()
        if kind is None and self._failure is not None:
            raise self._failure

    # --- what comes of it

    def __iter__(self) -> Iterator[RunResult]:
        """The rows that were answered or failed, in order, as they come; it ends with the run."""
        if self._thread is None:
            self.start()
        last = 0
        with Ledger(self.job.path) as ledger:
            while True:
                ended = self._ended.is_set()
                self._changed.clear()
                for place, row in results(ledger, self.job.recipe, after=last):
                    if row.State in _FINISHED:
                        yield row
                    elif not ended:
                        break
                    last = place
                if ended:
                    break
                if not self._ended.wait(_GATHER):
                    self._changed.wait(_LOOK_EVERY)
        if self._failure is not None:
            raise self._failure

    def status(self) -> RunStatus:
        """How far it is."""
        with Ledger(self.job.path) as ledger:
            return ledger.status()

    def export(self, out: str | Path | None = None) -> int:
        """Write all rows to a file, and those that failed beside it; returns how many failed."""
        if out is None and not self.job.settings.out:
            raise RunUsageError("Name the output.")
        return self.job.export(out)

    def retry(self) -> int:
        """Have the rows that failed asked again with the next start; returns how many."""
        with Ledger(self.job.path) as ledger:
            return ledger.retry()

    def plan(self) -> RunPlan:
        """What a start would do; sends nothing."""
        return plan(self.job, None if self._rows is None else self._rows.kept())


class AsyncRun:
    """`Run` for asyncio: `async with`, `async for`; takes and does the same."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._run = Run(*arguments, **options)

    async def start(self) -> AsyncRun:
        """See `Run.start`."""
        await asyncio.to_thread(self._run.start)
        return self

    def stop(self) -> None:
        """See `Run.stop`."""
        self._run.stop()

    async def wait(self, timeout: float | None = None) -> Ending | None:
        """See `Run.wait`."""
        return await asyncio.to_thread(self._run.wait, timeout)

    async def __aenter__(self) -> AsyncRun:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._run.__exit__, kind, error, trace)

    async def __aiter__(self) -> AsyncIterator[RunResult]:
        rows = iter(self._run)
        while (row := await asyncio.to_thread(next, rows, None)) is not None:
            yield row

    async def status(self) -> RunStatus:
        """See `Run.status`."""
        return await asyncio.to_thread(self._run.status)

    async def export(self, out: str | Path | None = None) -> int:
        """See `Run.export`."""
        return await asyncio.to_thread(self._run.export, out)

    async def plan(self) -> RunPlan:
        """See `Run.plan`."""
        return await asyncio.to_thread(self._run.plan)


def _prices(table: Any, file: str | Path | None) -> Any:
    if file is None:
        return None if table is None else plain(table)
    if table is not None:
        raise RunUsageError("Give prices by 'price' or by 'price_file'.")
    try:
        return json.loads(Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise RunUsageError(f"'{file}' is no file of prices: {error}.") from None


def _first_of(items: Iterable[Any]) -> tuple[Any, Iterable[Any]]:
    """The first item, None where there is none, and all of them."""
    source = iter(items)
    first = list(islice(source, 1))
    return (first or [None])[0], chain(first, source) if source is items else items


class _Rows:
    """Rows with the ids that a function gives; whole requests in a column of their own, `texts` in Text."""

    def __init__(
        self, items: Iterable[Any], id: str | Callable[[Any], Any] | None, whole: bool, texts: bool
    ) -> None:
        self._items, self._id, self._whole, self._texts = items, id, whole, texts

    def kept(self) -> _Rows:
        """The same, to be gone through more than once."""
        if isinstance(self._items, Iterator):
            self._items = list(self._items)
        return self

    def __iter__(self) -> Iterator[SourceRow]:
        id = self._id
        for item in self._items:
            if self._texts and isinstance(item, str):
                values, problem = SourceRow({"Text": item})
            else:
                ((values, problem),) = rows_of([item])
            if self._whole and not problem:
                members = plain(values)
                name = next(
                    (key for key in members if isinstance(id, str) and key.lower() == id.lower()), None
                )
                values = {} if name is None else {name: members.pop(name)}
                values[REQUEST] = members
            if callable(id):
                values = {**values, _ID: id(item)}
            yield SourceRow(values, problem)

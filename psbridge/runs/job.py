"""One start of a run, from settings and rows to the output: what the command, Python and PowerShell share.

Opens the ledger, takes the rows in, has the engine work, writes the output. Prints nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..client.settings.configuration import (
    DEFAULT_BASE_URL,
    Configuration,
    current_configuration,
    use_configuration,
)
from ..client.settings.secret import Secret
from . import own
from .claims import View
from .engine import AskingEngine, Engine
from .errors import LedgerMismatchError, RunUsageError
from .intake import Intake, Taken
from .ledger import Identity, Ledger, RunStatus
from .reading import Source, SourceRow, source
from .recipes import Recipe, endpoint, recipe
from .settings import Settings
from .writing import check_output, export, failed_path

if TYPE_CHECKING:
    from .cluster import Cluster
    from .limits import SharedLimits

CAPS = ("max-requests", "max-tokens", "max-cost", "deadline")
_FORMAT = b"1"  # of requests made of rows: raised when the same settings begin to make other bytes


@dataclass(frozen=True)
class Ending:
    """How a start ended.

    Attributes:
        why: "" when all rows are answered or failed; else a cap's name, "quota: …", "key: …", "stopped",
            "interrupted", "unreachable: …".
    """

    why: str
    status: RunStatus

    @property
    def exit_code(self) -> int:
        """The command's: 0 all done, 1 rows failed, 2 wrong usage, 3 stopped, 130 interrupted."""
        kind = self.why.partition(":")[0]
        if kind == "interrupted":
            return 130
        if kind in ("", "unreachable", "failed"):
            return 1 if kind or self.status.Failed else 0
        return 2 if kind == "configuration" else 3


class Job:
    """One start.

    Args:
        path: the ledger.
        settings: what is asked for.
        answer_type: a Python type that answers are held to.
        configuration: where and as whom to call; the one in force by default.
    """

    def __init__(
        self,
        path: str | Path,
        settings: Settings,
        *,
        answer_type: Any = None,
        configuration: Configuration | None = None,
    ) -> None:
        self.path = Path(path)
        self.configuration = (configuration or current_configuration()).resolved()
        place, chosen = endpoint(settings.endpoint)
        settings = settings.with_changes(endpoint=place)
        if settings.model is None and self.configuration.model and place == "/chat/completions":
            settings = settings.with_changes(model=self.configuration.model)
        if self.configuration.additional_body:
            settings = settings.with_changes(body={**self.configuration.additional_body, **settings.body})
        self.recipe: Recipe = recipe(settings.requests(), answer_type)
        schema = getattr(self.recipe, "schema", None)
        self.settings = settings.with_changes(schema=schema if answer_type is not None else settings.schema)
        self.caps = self.settings.caps(self.recipe.model)
        self.operation = chosen.operation
        if settings.out:
            check_output(Path(settings.out))
            self._check_files()
        self.taken: Taken | None = None
        self.notes: list[str] = []
        self._engine: Engine | None = None
        self._stop = ""
        self._ends = True

    def _check_files(self) -> None:
        """Refuse an output that would be written over the input or the ledger.

        Raises:
            RunUsageError: naming it.
        """
        out = Path(self.settings.out)
        given = self.settings.input.get("path")
        if given and Path(given).resolve() == out.resolve():
            raise RunUsageError(f"'{out}' is the input: name another output.")
        if self.path.resolve() in (out.resolve(), failed_path(out).resolve()):
            raise RunUsageError(
                f"'{self.path}' is to be the ledger and an output: name one of them otherwise."
            )

    # --- rows in

    def source(self) -> Source | None:
        """The file that the settings name, looked at; None where rows come from elsewhere."""
        given = self.settings.input
        if not given.get("path"):
            return None
        return source(
            given["path"],
            format=given.get("format", ""),
            encoding=given.get("encoding", ""),
            delimiter=given.get("delimiter", ""),
            name=given.get("name", ""),
        )

    def take(self, rows: Iterable[SourceRow] | None = None) -> None:
        """Open the ledger and take the rows in: those given, or the file's. Nothing is sent.

        Raises:
            LedgerMismatchError: the ledger is another run's.
            ChangedItemError, InputError, RunUsageError: the rows cannot be taken.
            LedgerError: the ledger cannot be made or written.
        """
        if self.settings.cluster and own.may_fork():
            from .local import load

            with suppress(ImportError):  # told when the work begins
                self.taken, self.notes = own.beside(partial(self._take, rows), load)
                return
        self.taken, self.notes = self._take(rows)

    def _take(self, rows: Iterable[SourceRow] | None) -> tuple[Taken | None, list[str]]:
        """What came of it, and what there is to say."""
        taken: Taken | None = None
        notes: list[str] = []
        file = self.source() if rows is None else None
        made = not self.path.exists()
        try:
            with Ledger(self.path, create=True) as ledger:
                note = ledger.belong(self.identity())
                if note:
                    notes.append(note)
                digest = None if file is None else self._digest(file)
                intake = Intake(
                    ledger,
                    self.recipe,
                    self.settings.id,
                    rerun=self.settings.changed == "rerun",
                    digest=digest,
                )
                if intake.needed():
                    taken = (
                        intake.take(rows or ()) if file is None else intake.take(file.rows(), file.columns)
                    )
                ledger.keep_settings(self.settings.to_json())
        except BaseException as error:
            if made and not isinstance(error, LedgerMismatchError):
                with suppress(OSError):  # where it could not be made, neither can it be removed
                    remove_files(self.path)
            raise
        return taken, notes

    def check_account(self) -> None:
        """See that the ledger is this account's, where no rows are taken in.

        Raises:
            LedgerMismatchError: it is another one's; nothing was sent.
        """
        with Ledger(self.path) as ledger:
            # The requests are in the ledger, whatever model is the configured one by now.
            note = ledger.belong(dataclasses.replace(self.identity(), model=ledger.run("model")))
        if note:
            self.notes.append(note)

    def identity(self) -> Identity:
        """Whose run this start is."""
        settings = self.configuration
        token = settings.access_token
        key = token.reveal() if isinstance(token, Secret) else ""
        return Identity(
            *(self.settings.endpoint, settings.base_url or settings.azure_endpoint or ""),
            *(settings.organization or "", settings.project or "", self.recipe.model, key),
        )

    def _digest(self, file: Source) -> bytes:
        words = json.dumps(
            [file.format, file.encoding, file.delimiter, self.settings.requests()],
            sort_keys=True,
            default=str,
        )
        return hashlib.sha256(_FORMAT + file.digest + words.encode()).digest()

    def check_key(self) -> None:
        """Refuse to begin where there is no key for the service.

        Raises:
            RunUsageError: there is none.
        """
        settings = self.configuration
        has_key = settings.access_token is not None or settings.api_key or settings.username
        if not has_key and not self.settings.cluster and settings.base_url == DEFAULT_BASE_URL:
            raise RunUsageError(
                "There is no key: set the environment variable OPENAI_API_KEY.",
                error_id="PSBridge.NoKey",
                category="AuthenticationError",
            )

    # --- the work

    def work(self, on_view: Callable[[View], None] | None = None, ends: bool = True) -> Ending:
        """Ask for every row that is left, until there is none or something ends the run.

        Args:
            on_view: told what the run looks like after each commit.
            ends: whether the run has ended then; else it counts as running until `end`, or this process ends.

        Raises:
            LedgerError: the ledger cannot be written any more.
        """
        self._ends = ends
        with Ledger(self.path) as ledger:
            ledger.begin()
            ledger.give_back()
            name = ledger.run("name")
        width = max(1, self.settings.width // self.settings.processes)
        with self._helpers(width) as helpers, use_configuration(self.configuration):
            cluster = self._cluster(name) if self.settings.cluster else None
            why = asyncio.run(self._work(name, width, on_view, cluster))
        with Ledger(self.path) as ledger:
            if helpers and ends:
                ledger.end(why)
            status = ledger.status()
        if not why and status.InBatch:
            why = f"batch: {status.InBatch:,} rows lie in batches, which the line with --batch collects"
        return Ending(why, status)

    def end(self, why: str) -> None:
        """Note the end of a run whose work did not."""
        with Ledger(self.path) as ledger:
            ledger.end(why)

    @contextmanager
    def _helpers(self, width: int) -> Iterator[int]:
        """Further processes beside this one, for as long as it works; how many."""
        count = self.settings.processes - 1
        if count < 1:
            yield 0
            return
        from . import processes

        started = processes.start(self.path, count, width, self.configuration)
        try:
            yield count
        finally:
            processes.end(started)

    async def _work(
        self, name: str, width: int, on_view: Callable[[View], None] | None, cluster: Cluster | None
    ) -> str:
        limits: SharedLimits | None = None

        def seen(view: View) -> None:
            if limits is not None:
                limits.share(view.workers)
            if on_view is not None:
                on_view(view)

        deadline = self.settings.deadline
        more: dict[str, Any] = {
            "caps": self.caps,
            "width": width,
            "deadline": None if deadline is None else time.monotonic() + deadline - time.time(),
            "lease": self.settings.lease,
            "on_view": seen,
            "ends": self._ends,
        }
        if cluster is not None:
            return await self._work_on_cluster(cluster, more)
        from .calling import Calling
        from .limits import SharedLimits

        limits = SharedLimits(self.settings.requests_per_minute, self.settings.tokens_per_minute)
        calling = Calling(
            *(self.configuration, self.operation, self.recipe, name, limits),
            prices=self.settings.price_table(),
        )
        try:
            return await self._run(AskingEngine(self.path, calling.ask, withdraw=limits.withdraw, **more))
        finally:
            await calling.close()

    def _cluster(self, name: str) -> Cluster:
        """The cluster that the settings name, before there is an event loop: it may fork."""
        from .cluster import Cluster

        return Cluster(
            *(self.settings.cluster, self.settings, name, self.configuration, self.settings.cluster_key)
        )

    async def _work_on_cluster(self, cluster: Cluster, more: dict[str, Any]) -> str:
        from .dealing import DealingEngine

        engine = DealingEngine(self.path, cluster, **more)
        try:
            await cluster.start(engine)
            return await self._run(engine)
        finally:
            await cluster.close()

    async def _run(self, engine: Engine) -> str:
        self._engine = engine
        if self._stop:
            engine.stop_before(self._stop)
        return await engine.run()

    @property
    def stopping(self) -> str:
        """Why `stop` was called; "" while it was not."""
        return self._stop

    @property
    def in_flight(self) -> int:
        """Requests of this process that are under way now."""
        return 0 if self._engine is None else self._engine.in_flight

    def stop(self, why: str = "interrupted") -> None:
        """Begin nothing more; `work` returns when what is under way has ended. From any thread."""
        self._stop = why
        if self._engine is not None:
            self._engine.stop_soon(why)

    # --- rows out

    def export(self, out: str | Path | None = None) -> int:
        """Write the output, and what failed beside it; returns how many failed."""
        path = Path(out or self.settings.out)
        with Ledger(self.path) as ledger:
            return export(ledger, self.recipe, path)


def job_of(path: str | Path, configuration: Configuration | None = None, **changes: Any) -> Job:
    """A start like the last one of a ledger, with `changes` of its settings.

    Raises:
        LedgerError: there is no run in it.
    """
    with Ledger(path) as ledger:
        settings = Settings.of_json(ledger.settings())
        identity = ledger.run("endpoint")
    if not settings.endpoint:
        raise RunUsageError(f"'{path}' holds no run.")
    return Job(path, settings.with_changes(endpoint=identity, **changes), configuration=configuration)


def recipe_of(ledger: Ledger) -> Recipe:
    """The recipe that a ledger's run was begun with."""
    return recipe(Settings.of_json(ledger.settings()).requests())


def export_of(path: str | Path, out: str | Path | None = None) -> tuple[Path, int]:
    """Write the output of a ledger as far as it is known: (where, how many rows failed).

    Raises:
        RunUsageError: there is no output to write to.
    """
    with Ledger(path) as ledger:
        place = out or ledger.settings().get("out")
        if not place:
            raise RunUsageError("Name the output: the run has none of its own.")
        return Path(place), export(ledger, recipe_of(ledger), Path(place))


def remove(path: str | Path, force: bool = False) -> None:
    """Remove a ledger.

    Raises:
        LedgerError: it is not there, or no ledger.
        RunUsageError: a process works on it, and `force` is not given.
    """
    with Ledger(path) as ledger:
        busy = not ledger.is_new() and ledger.status().State == "running"
    if busy and not force:
        raise RunUsageError(f"A process works on '{path}'; stop it first, or use --force or -Force.")
    remove_files(Path(path))


def remove_files(path: Path) -> None:
    """Remove a ledger and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)

"""The run cmdlets: their parameters into a run, its rows, its state and its failures out.

A pipeline is one run: its items are the rows. What fails is an error in its row's place, with the row as
target, and the others go on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..chat.schema import plain, read_schema
from ..chat.typed import AnswerType
from ..client import Cancellation
from ..cmdlets.progress import tell
from ..cmdlets.session import cancelling
from ..errors import PSBridgeError
from . import processes
from .errors import RunError, RunUsageError
from .job import export_of, recipe_of, remove
from .ledger import Ledger, RunStatus
from .reading import source as look_at
from .run import Run
from .writing import RunResult, results

Bound = dict[str, Any]
ITEM = "InputObject"
_OPTIONS = {
    "Id": "id",
    "Template": "template",
    "RequestColumn": "request_column",
    "System": "system",
    "Model": "model",
    "Endpoint": "endpoint",
    "OutFile": "out",
    "ThrottleLimit": "throttle_limit",
    "Processes": "processes",
    "Cluster": "cluster",
    "ClusterKey": "cluster_key",
    "RequestsPerMinute": "requests_per_minute",
    "TokensPerMinute": "tokens_per_minute",
    "MaxRequests": "max_requests",
    "MaxTokens": "max_tokens",
    "MaxCost": "max_cost",
    "Price": "price",
    "PriceFile": "price_file",
    "Deadline": "deadline",
    "AsBatch": "batch",
}
_POLL = 0.25  # seconds between two looks at a run in another process
_FINISHED = ("Done", "Failed")


def gathered(source: Iterator[Bound | PSBridgeError], one: Callable[[Bound], Any]) -> Iterator[Any]:
    """A pipeline as one run: the items are its rows."""
    items: list[Any] = []
    settings: Bound | None = None
    for bound in source:
        if isinstance(bound, PSBridgeError):
            yield bound
            return
        settings = settings or bound
        items.append(bound.get(ITEM))
    if settings is not None:
        result = one({**settings, ITEM: items})
        if isinstance(result, Iterator):
            yield from result
        else:
            yield result


def start_run(bound: Bound) -> Any:
    """Begin a run in a process of its own, which outlives this one; its state, or with -DryRun its plan."""
    run = _run(bound)
    if bound.get("DryRun"):
        return run.plan()
    run.job.check_key()
    run.take()
    return _begin_alone(run)


def invoke_run(bound: Bound) -> Any:
    """Do a run here: its rows in order, as they come; what fails is an error in its place."""
    run = _run(bound)
    if bound.get("DryRun"):
        return run.plan()
    return _rows(run)


def resume_run(bound: Bound) -> RunStatus:
    """Go on with a run in a process of its own."""
    if bound.get("Retry"):
        with Ledger(bound["Ledger"]) as ledger:
            ledger.retry()
    run = Run(bound["Ledger"], **_options(bound))
    run.job.check_key()
    run.take()
    return _begin_alone(run)


def get_run(bound: Bound) -> RunStatus:
    """How far a run is."""
    with Ledger(bound["Ledger"]) as ledger:
        return ledger.status()


def wait_run(bound: Bound) -> RunStatus:
    """Wait until nobody works on a run any more, or for -TimeoutSec; its state."""
    until = None if bound.get("TimeoutSec") is None else time.monotonic() + bound["TimeoutSec"]
    cancellation = _cancellation()
    with Ledger(bound["Ledger"]) as ledger:
        while True:
            status = ledger.status()
            ended = status.State != "running" or (until is not None and time.monotonic() >= until)
            if ended or cancellation.wait(_POLL):
                return status
            tell(_line(status))


def receive_run(bound: Bound) -> Iterator[Any]:
    """The rows of a run that are finished, in order; with -Wait as they come, until it ends."""
    cancellation = _cancellation()
    last = 0
    with Ledger(bound["Ledger"]) as ledger:
        recipe = recipe_of(ledger)
        while True:
            ended = not bound.get("Wait") or ledger.status().State != "running"
            for place, row in results(ledger, recipe, after=last):
                if row.State in _FINISHED:
                    yield _shown(row)
                elif not ended:
                    break
                last = place
            if ended or cancellation.wait(_POLL):
                return


def stop_run(bound: Bound) -> RunStatus:
    """Ask whoever works on a run to end what is under way, and wait for that."""
    with Ledger(bound["Ledger"]) as ledger:
        if ledger.status().State == "running":
            ledger.stop()
    return wait_run({"Ledger": bound["Ledger"], "TimeoutSec": bound.get("TimeoutSec")})


def export_run(bound: Bound) -> str:
    """Write the output of a run as far as it is known; its path."""
    path, _ = export_of(bound["Ledger"], bound.get("OutFile"))
    return str(path)


def remove_run(bound: Bound) -> None:
    """Remove a run's ledger."""
    remove(bound["Ledger"], bool(bound.get("Force")))


def _run(bound: Bound) -> Run:
    items, path = bound.get(ITEM), bound.get("Path")
    if (items is None) == (path is None):
        raise RunUsageError("A run takes its rows from the pipeline, or from the file that -Path names.")
    if items is not None and (isinstance(items, (str, Mapping)) or not isinstance(items, (list, tuple))):
        items = [items]
    options = _options(bound)
    wanted = bound.get("As")
    if isinstance(wanted, AnswerType):  # a type of PowerShell's
        options["schema"] = wanted.schema
    elif wanted is not None:
        options["As"] = wanted
    if bound.get("JsonSchema") is not None:
        options["schema"] = read_schema(bound["JsonSchema"])
    if bound.get("Changed") is not None:
        options["changed"] = str(bound["Changed"]).lower()
    if bound.get("Parameters") is not None:
        options["body"] = plain(bound["Parameters"])
    source: Any = items if items is not None else Path(str(path))
    if path is not None and not {"template", "request_column"} & options.keys():
        source = _without_template(Path(str(path)))
    return Run(bound["Ledger"], source, **options)


def _without_template(path: Path) -> Any:
    """A file as `Run` takes it where nothing says what its rows become: of JSON lines, such as a pipeline is
    handed over as, each is a prompt or a whole request.
    """
    file = look_at(path)
    if file.format != "jsonl":
        return path

    def items() -> Iterator[Any]:
        for row in file.rows():
            values = dict(row.values)
            yield row if row.problem else values["Text"] if list(values) == ["Text"] else values

    return items()


def _options(bound: Bound) -> dict[str, Any]:
    given = {ours: bound[name] for name, ours in _OPTIONS.items() if bound.get(name) is not None}
    if "batch" in given:
        given["batch"] = bool(given["batch"])  # a switch
    return given


def _begin_alone(run: Run) -> RunStatus:
    """Have a process of its own work on a ledger; it is at work when its start is in the ledger."""
    configuration = processes.handed_over(run.job.configuration)  # which may ask for a key, and get none
    with Ledger(run.job.path) as ledger:
        ledger.keep_settings(run.job.settings.to_json())
        ledger.starting(os.getpid())
        try:
            ledger.starting(processes.start_alone(run.job.path, configuration))
        except BaseException:
            ledger.begin()
            ledger.end("its process could not be started")
            raise
        return ledger.status()


def _rows(run: Run) -> Iterator[Any]:
    cancellation = _cancellation()
    cancellation.register(run, run.stop)
    try:
        with run:
            said = 0.0
            for row in run:
                yield _shown(row)
                if time.monotonic() > said + _POLL:
                    said = time.monotonic()
                    tell(_line(run.status()))
        ending = run.wait()
        if ending is not None and ending.why:
            yield RunError(f"The run stopped: {ending.why}; Resume-ChatCompletionRun goes on.")
    finally:
        cancellation.register(run, None)


def _shown(row: RunResult) -> Any:
    """A row, or what went wrong with it as an error with the row as target."""
    if row.State != "Failed":
        return row
    return RunError(row.Error, error_id=row.ErrorId or None, category="InvalidResult", target=row)


def _line(status: RunStatus) -> str:
    return (
        f"{status.Done:,} done, {status.Failed:,} failed, {status.InFlight:,} under way of {status.Total:,}"
    )


def _cancellation() -> Cancellation:
    given: Cancellation | None = cancelling().get("cancellation")
    return given if given is not None else Cancellation()

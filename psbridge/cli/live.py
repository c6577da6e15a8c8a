"""The view of a run on a terminal: a bar and figures that change in place."""

from __future__ import annotations

from contextlib import suppress
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..runs.claims import View
from ..runs.job import Job
from .run import Rate


class Live:
    """Call it with each view; use it with `with`."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._rate = Rate()
        console = Console(stderr=True, highlight=False, markup=False)
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=console,
            refresh_per_second=5,
        )
        self._task = self._progress.add_task("starting", total=None)

    def __call__(self, view: View) -> None:
        """Show how far the run is."""
        self._rate.saw(view)
        self._progress.update(
            self._task,
            total=view.total,
            completed=view.done + view.failed,
            description=self._rate.line(view, self._job.in_flight),
        )

    def __enter__(self) -> Live:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # the terminal is gone, and nobody looks
            self._progress.stop()

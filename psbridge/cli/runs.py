"""`psbridge runs`: what is where with a run, and what can be done with its ledger."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Look at runs, go on with them, write their output.", no_args_is_help=True)

_Ledger = Annotated[Path, typer.Argument(help="The ledger: OUT.run.db, unless it was named.")]


@app.command()
def status(
    ledger: _Ledger, as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False
) -> None:
    """Show how far a run is."""
    from ..runs.ledger import Ledger
    from .run import usage
    from .screen import Screen

    with usage(), Ledger(ledger) as opened:
        seen = opened.status()
        parts = opened.parts()
    members = {name.lower() if as_json else name: value for name, value in seen.__ps_properties__().items()}
    if as_json:
        sys.stdout.write(json.dumps({**members, "parts": parts}, indent=2) + "\n")
        return
    screen = Screen()
    for name, value in members.items():
        if value not in (None, "", []):
            screen.line(f"{_words(name)}: {_shown(name, value)}")
    for part in parts:
        screen.line(f"part {part['id']}: {part['state']}, {part['requests']:,} requests {part['why']}")


def _words(name: str) -> str:
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name).strip()


def _shown(name: str, value: Any) -> str:
    if name in ("Created", "Started", "Ended"):
        return datetime.fromtimestamp(value).astimezone().isoformat(" ", "seconds")
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.6f}" if isinstance(value, float) else str(value)
    )


@app.command()
def resume(
    ledger: _Ledger,
    out: Annotated[Path | None, typer.Option(help="Another output.", show_default=False)] = None,
    throttle_limit: Annotated[int | None, typer.Option(help="Requests under way at most.")] = None,
    processes: Annotated[int | None, typer.Option(help="Processes that share the work.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Another cluster; '' for this machine.")] = None,
    requests_per_minute: Annotated[float | None, typer.Option(help="The limit of all processes.")] = None,
    tokens_per_minute: Annotated[float | None, typer.Option(help="The limit of all processes.")] = None,
    max_requests: Annotated[int | None, typer.Option(help="Another cap.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Another cap.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Another cap.")] = None,
    deadline: Annotated[str | None, typer.Option(help="Another deadline.")] = None,
) -> None:
    """Go on with a run as it was last begun; what is given is changed."""
    from ..runs.settings import moment
    from .run import resume as go_on
    from .run import usage

    with usage():
        changes = {
            "out": None if out is None else str(out.absolute()),
            "width": throttle_limit,
            "processes": processes,
            "cluster": cluster,
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
            "max_requests": max_requests,
            "max_tokens": max_tokens,
            "max_cost": max_cost,
            "deadline": moment(deadline),
        }
    raise typer.Exit(go_on(ledger, changes))


@app.command()
def stop(ledger: _Ledger) -> None:
    """Ask whoever works on a run to end what is under way, and to begin nothing more."""
    from ..runs.ledger import Ledger
    from .run import usage

    with usage(), Ledger(ledger) as opened:
        running = opened.status().State == "running"
        if running:
            opened.stop()
    said = "is stopping; what is under way ends first" if running else "is not running"
    sys.stdout.write(f"{ledger} {said}\n")


@app.command()
def retry(ledger: _Ledger) -> None:
    """Ask again for the rows that failed, under new idempotency keys."""
    from ..runs.ledger import Ledger
    from .run import resume as go_on
    from .run import usage

    with usage(), Ledger(ledger) as opened:
        count = opened.retry()
    sys.stderr.write(f"psbridge: {count:,} rows are asked for again\n")
    raise typer.Exit(go_on(ledger, {}))


@app.command()
def export(
    ledger: _Ledger,
    out: Annotated[
        Path | None, typer.Option(help="Output; default: the run's own.", show_default=False)
    ] = None,
) -> None:
    """Write the output as far as it is known: rows without an answer have none."""
    from ..runs.job import export_of
    from .run import usage

    with usage():
        path, failed = export_of(ledger, out)
    sys.stdout.write(f"{path}{f', {failed:,} rows failed' if failed else ''}\n")


@app.command()
def remove(
    ledger: _Ledger,
    force: Annotated[bool, typer.Option("--force", help="Also while a process works on it.")] = False,
) -> None:
    """Remove a ledger: its run cannot be gone on with. The output stays."""
    from ..runs.job import remove as remove_ledger
    from .run import usage

    with usage():
        remove_ledger(ledger, force)


@app.command()
def report(
    ledger: _Ledger,
    out: Annotated[
        Path | None, typer.Option(help="The page; default: the ledger + .html.", show_default=False)
    ] = None,
) -> None:
    """Write one HTML page about a run: progress, times, tokens, errors, costs, slowest rows."""
    from ..runs.ledger import Ledger
    from ..runs.report import report as write_report
    from .run import usage

    path = out or ledger.with_name(ledger.name + ".html")
    with usage(), Ledger(ledger) as opened:
        write_report(opened, path)
    sys.stdout.write(f"{path}\n")

"""A report of a run: one HTML file that needs nothing else, readable on a phone, in the dark and on paper.

Figures are drawn by matplotlib as SVG, in colours that follow the page's. Reads the ledger; sends nothing.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import RunUsageError
from .ledger import Ledger, RunStatus
from .places import replaced
from .writing import one_moment

# Of the figures: what is written takes the page's colour.
_INK = "#010203"
_BLUE, _RED, _AMBER = "#3b82f6", "#dc2626", "#d97706"
_EXAMPLES = 3
_SLOWEST = 10

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --paper: #ffffff; --line: #d0d7de; --soft: #59636e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --line: #3d444d; --soft: #9198a1; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.35rem; }
figure { margin: 1rem 0; } figure svg { width: 100%; min-width: 36rem; height: auto; color: var(--ink); }
figcaption, p.note { color: var(--soft); font-size: .9rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; }
td.number, th.number { text-align: right; white-space: nowrap; }
@media print {
  figure svg { min-width: 0; }
  :root { --ink: #000000; --paper: #ffffff; --line: #999999; --soft: #444444; }
  body { max-width: none; padding: 0; } figure, tr { break-inside: avoid; }
}
"""


def report(ledger: Ledger, out: Path) -> None:
    """Write the report of a ledger's run.

    Raises:
        RunUsageError: matplotlib is not installed.
        RunError: the file cannot be written.
    """
    try:
        import matplotlib  # noqa: F401 - asked for before anything is written
    except ImportError:
        raise RunUsageError('A report needs another library: pip install "psbridge[report]".') from None
    ledger.db.text_factory = _text
    with one_moment(ledger):
        status = _status(ledger)
        parts = [
            _summary(status),
            *_figures(ledger),
            _errors(ledger),
            _costs(ledger, status),
            _slowest(ledger),
        ]
    title = html.escape(f"Run {Path(status.Ledger).name}")
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        + "\n".join(filter(None, parts))
        + "\n</body>\n</html>\n"
    )
    with replaced(out) as file:
        file.write(page)


def _text(given: bytes) -> str:
    """A text of the ledger; one that SQLite took out of a reply may hold half of a surrogate pair."""
    return given.decode("utf-8", "replace")


def _foreign(text: str) -> str:
    """What others wrote, as HTML: a sign that turns the direction of writing ends with it."""
    return f"<bdi>{html.escape(text)}</bdi>"


def _status(ledger: Ledger) -> RunStatus:
    ledger.db.execute("rollback")
    status = ledger.status()
    ledger.db.execute("begin")
    return status


def _summary(status: RunStatus) -> str:
    when = datetime.fromtimestamp(status.Created).astimezone().isoformat(" ", "minutes")
    facts: list[tuple[str, str]] = [
        ("Rows", f"{status.Total:,}"),
        ("Done", f"{status.Done:,}"),
        ("Failed", f"{status.Failed:,}"),
        ("Not asked yet", f"{status.Total - status.Done - status.Failed:,}"),
        ("Calls", f"{status.Calls:,}"),
        ("Refused (429)", f"{status.Refused:,}"),
        ("Tokens", f"{status.PromptTokens + status.CompletionTokens:,}"),
    ]
    if status.Cost is not None:
        facts.append(("Cost", f"{status.Cost:,.4f}"))
    cells = "".join(f"<div><dt>{html.escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts)
    why = f": {status.Why}" if status.Why else ""
    about = f"{status.State}{why}. {status.Model or 'Several models'} at {status.Account}, begun {when}."
    return f'<p class="note">{html.escape(about)}</p>\n<dl>{cells}</dl>'


def _figures(ledger: Ledger) -> list[str]:
    db = ledger.db
    ticks = db.execute("select at, done, failed, refused from tick order by at").fetchall()
    elapsed = [row[0] for row in db.execute("select elapsed from result where elapsed is not null")]
    tokens = [
        row[0]
        for row in db.execute(
            "select prompt_tokens + completion_tokens from result where prompt_tokens + completion_tokens > 0"
        )
    ]
    parts = []
    if ticks:
        parts.append(
            _figure("Progress", "Rows finished so far, rows a second, and refusals.", _progress(ticks))
        )
    if elapsed:
        parts.append(_figure("Time of a call", "Seconds a call took.", _histogram(elapsed, "seconds")))
    if tokens:
        parts.append(_figure("Tokens of a row", "Prompt and answer together.", _histogram(tokens, "tokens")))
    return parts


def _figure(title: str, caption: str, svg: str) -> str:
    shown = f'<figure><div class="wide">{svg}</div><figcaption>{caption}</figcaption></figure>'
    return f"<h2>{title}</h2>\n{shown}"


def _progress(ticks: Sequence[tuple[int, int, int, int]]) -> str:
    first = ticks[0][0]
    # At most 300 points: a run of hours has more seconds than a screen has pixels.
    step = max(1, (ticks[-1][0] - first) // 300 + 1)
    points: dict[int, list[int]] = {}
    for at, done, failed, refused in ticks:
        sums = points.setdefault((at - first) // step, [0, 0])
        sums[0] += done + failed
        sums[1] += refused
    places = range(max(points) + 1)
    finished = [points.get(place, [0, 0])[0] for place in places]
    refusals = [points.get(place, [0, 0])[1] / step for place in places]
    total, so_far = 0, []
    for count in finished:
        total += count
        so_far.append(total)
    # A step is drawn up to the next: the last one too.
    seconds = [place * step for place in (*places, len(places))]
    finished, refusals, so_far = ([*values, values[-1]] for values in (finished, refusals, so_far))

    def draw(axes: Any) -> None:
        axes.fill_between(seconds, so_far, color=_BLUE, alpha=0.25, step="post")
        axes.step(seconds, so_far, color=_BLUE, where="post", label="finished")
        axes.set_xlabel("seconds since the first")
        axes.set_ylabel("rows finished")
        rate = axes.twinx()
        rate.step(seconds, [count / step for count in finished], color=_AMBER, where="post", label="a second")
        rate.step(seconds, refusals, color=_RED, where="post", label="refused a second")
        rate.set_ylabel("a second")
        _plain(rate)
        lines = [*axes.get_lines(), *rate.get_lines()]
        axes.legend(lines, [str(one.get_label()) for one in lines], frameon=False, labelcolor=_INK)

    return _svg(draw, "progress")


def _histogram(values: Sequence[float], label: str) -> str:
    def draw(axes: Any) -> None:
        whole = all(isinstance(value, int) for value in values)
        bins: Any = min(40, max(5, len(values) // 5))
        if whole and max(values) - min(values) < bins:  # a bar for each number
            bins = [number - 0.5 for number in range(int(min(values)) - 1, int(max(values)) + 3)]
        axes.hist(values, bins=bins, color=_BLUE, alpha=0.8)
        axes.locator_params(axis="x", integer=whole)
        axes.set_xlabel(label)
        axes.set_ylabel("rows")

    return _svg(draw, label)


def _plain(axes: Any) -> None:
    axes.tick_params(colors=_INK)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    for side, spine in axes.spines.items():
        spine.set_color(_INK)
        spine.set_visible(side in ("left", "bottom"))


def _svg(draw: Callable[[Any], None], salt: str) -> str:
    """A figure as SVG to stand in a page: no namespaces, no metadata, the page's own colour and letters."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.family": "sans-serif"}):
        figure = Figure(figsize=(8, 3.2), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        _plain(axes)
        text = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=nothing)
    svg = text.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg).replace(_INK, "currentColor")
    return re.sub(r"font: ([^;\"]*?)'[^;\"]*", r"font: \1sans-serif", svg)


def _errors(ledger: Ledger) -> str:
    rows = []
    kinds = ledger.db.execute(
        "select kind, count(*) from result where error is not null group by kind order by 2 desc"
    ).fetchall()
    for kind, count in kinds:
        examples = ledger.db.execute(
            "select i.id, r.error from result r join item i using(seq) "
            "where r.kind is ? and r.error is not null limit ?",
            (kind, _EXAMPLES),
        ).fetchall()
        shown = "<br>".join(f"{_foreign(id)}: {_foreign(error)}" for id, error in examples)
        rows.append([html.escape(kind or "unknown"), f"{count:,}", shown])
    return _table("Errors", ["kind", "#rows", "examples"], rows)


def _costs(ledger: Ledger, status: RunStatus) -> str:
    rows = ledger.db.execute(
        "select cast(coalesce(json_extract(cast(reply as text), '$.model'), '') as text), count(*), "
        "sum(prompt_tokens), "
        "sum(completion_tokens), sum(cost) from result "
        "where status = 200 and json_valid(cast(reply as text)) group by 1 order by 2 desc"
    ).fetchall()
    shown = [
        [
            html.escape(model or "unknown"),
            f"{count:,}",
            f"{prompt or 0:,}",
            f"{answer or 0:,}",
            f"{cost or 0:,.4f}",
        ]
        for model, count, prompt, answer, cost in rows
    ]
    columns = ["model", "#replies", "#prompt tokens", "#answer tokens", "#cost"]
    if status.Cost is None:
        columns, shown = columns[:-1], [row[:-1] for row in shown]
    return _table("Cost by model", columns, shown)


def _slowest(ledger: Ledger) -> str:
    rows = ledger.db.execute(
        "select i.id, r.elapsed, i.attempts, r.error from result r join item i using(seq) "
        "where r.elapsed is not null order by r.elapsed desc limit ?",
        (_SLOWEST,),
    ).fetchall()
    shown = [
        [_foreign(id), f"{elapsed:.2f}", str(attempts), _foreign(error or "")]
        for id, elapsed, attempts, error in rows
    ]
    return _table("Slowest rows", ["id", "#seconds", "#tries", "error"], shown)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a column whose name begins with # holds numbers."""
    rows = list(rows)
    if not rows:
        return ""
    kinds = [' class="number"' if name.startswith("#") else "" for name in columns]
    head = "".join(f"<th{kind}>{name.lstrip('#')}</th>" for name, kind in zip(columns, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>\n"
        for row in rows
    )
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    return f'<h2>{title}</h2>\n<div class="wide">{table}</div>'

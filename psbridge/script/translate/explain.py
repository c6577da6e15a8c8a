"""What each statement of a script became, and why: Markdown or one HTML file. Knows texts, no syntax tree."""

from __future__ import annotations

import re
from html import escape
from importlib import import_module

from . import Note, Pair, Ported

# What is seen in the PowerShell, what in the Python, and why one became the other.
_REASONS: tuple[tuple[str, str, str], ...] = (
    (
        r"^\s*param\s*\(",
        r"argparse",
        "Parameters become options: a switch a flag, what is mandatory a place.",
    ),
    (
        r"Invoke-RestMethod",
        r"ps\.New_ChatCompletion\(",
        "The request is the chat API's own cmdlet; MaxRetryCount=0, since Invoke-RestMethod tries once. "
        "Address and key are the configuration's.",
    ),
    (
        r"\$env:",
        r"os\.environ",
        "Environment variables are os.environ; one that is not set is an empty text.",
    ),
    (r"Write-Host|Write-Output", r"\bprint\(", "What the script shows is printed."),
    (r"Write-(Error|Warning)", r"sys\.stderr", "Errors and warnings go to standard error."),
    (r"\bexit\b", r"sys\.exit\(", "The exit code is the script's."),
    (r"\"[^\"]*\$[^\"]*\"|-f\s", r"\bf\"|\.format\(", "Text with values in it is an f-string."),
    (r"@\{", r"\{\"|Hashtable\(", "A hash table is a dict where its keys' case does not matter."),
    (
        r"Where-Object|ForEach-Object|\||\.Where\(|\.ForEach\(",
        r"\bfor\b.*\bin\b",
        "A pipeline is a comprehension or a loop: objects pass one by one, in the same order.",
    ),
    (
        r"\bforeach\b|\bfor\b",
        r"^\s*for ",
        "The loop is Python's; what it counts or goes through is the same.",
    ),
    (r"\bswitch\b", r"\bmatch\b|\bif\b", "A switch compares in order and without case."),
    (r"\btry\b", r"\btry:", "try stays try; the caught error is the exception, its record what $_ was."),
    (r"ConvertFrom-Json", r"json\.loads", "JSON text becomes dicts and lists."),
    (r"ConvertTo-Json", r"json\.dumps", "Values become JSON text, laid out as ConvertTo-Json does."),
    (r"Get-Content|Set-Content|Out-File|Test-Path", r"Path\(", "Files are pathlib's; texts are UTF-8."),
    (r"Import-Csv|ConvertFrom-Csv", r"csv\.", "Rows are the csv module's."),
    (
        r"\bfunction\b|\bfilter\b",
        r"^\s*def ",
        "A function keeps its parameters; what it puts out it returns.",
    ),
    (r"-split|-join|-replace|\.Trim|\.ToLower", r"\.(split|join|replace|strip|lower)\(", "A str method."),
    (r"\bReturn\b|\breturn\b", r"\byield\b", "It puts out several values, so it is a generator."),
    (r"^\s*\$\w+\s*\+?=", r"^\w+ \+?=", "A variable keeps its name, in Python's manner."),
)
_CODE, _MARKED = re.compile("`([^`]*)`"), r"<code>\1</code>"
_HELPER = re.compile(r"\bposh\.(\w+)")


def reasons(pair: Pair) -> list[str]:
    """Why a statement became what it did: idioms, and what each helper stands in for."""
    made = [
        why
        for powershell, python, why in _REASONS
        if re.search(powershell, pair.powershell, re.IGNORECASE | re.MULTILINE)
        and re.search(python, pair.python, re.MULTILINE)
    ]
    helpers = import_module("psbridge.script.semantics.porting")
    for name in dict.fromkeys(_HELPER.findall(pair.python)):
        if name == "NotPorted":
            continue
        first = (getattr(helpers, name).__doc__ or "").strip().split("\n")[0]
        made.append(f"`posh.{name}`: {first or 'as PowerShell has it.'}")
    return made


def markdown(ported: Ported, title: str) -> str:
    """The script and its Python, statement by statement, as a Markdown page."""
    parts = [f"# {title} in Python", ""]
    if ported.report:
        parts += ["What stays to be done by hand:", ""]
        parts += [f"- {_place(note, title)}: {note.reason}{_hint(note)}" for note in ported.report]
        parts.append("")
    for pair in ported.pieces:
        parts += [f"## {pair.file.name if pair.file else title}, line {pair.line}", ""]
        parts += [_fence("powershell", pair.powershell), "", _fence("python", pair.python.rstrip()), ""]
        parts += [f"- {why}" for why in reasons(pair)]
        parts.append("")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def html(ported: Ported, title: str) -> str:
    """The same as one HTML file, the two languages side by side."""
    rows = []
    for pair in ported.pieces:
        why = "".join(f"<li>{_CODE.sub(_MARKED, escape(one))}</li>" for one in reasons(pair))
        where = escape(f"{pair.file.name}:" if pair.file else "")
        rows.append(
            f"<tr><td>{where}{pair.line}</td><td><pre>{escape(pair.powershell)}</pre></td>"
            f"<td><pre>{escape(pair.python.rstrip())}</pre></td><td><ul>{why}</ul></td></tr>"
        )
    undone = "".join(
        f"<li>{escape(f'{_place(note, title)}: {note.reason}{_hint(note)}')}</li>" for note in ported.report
    )
    left = f"<h2>What stays to be done by hand</h2><ul>{undone}</ul>" if undone else ""
    return _PAGE.format(title=escape(title), left=left, rows="\n".join(rows))


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} in Python</title>
<style>
body {{ font: 15px/1.4 sans-serif; margin: 2rem; }}
table {{ border-collapse: collapse; }}
td, th {{ border: 1px solid #bbb; padding: .4rem; text-align: left; vertical-align: top; }}
pre {{ margin: 0; white-space: pre-wrap; }}
ul {{ margin: 0; padding-left: 1.2rem; }}
</style></head>
<body><h1>{title} in Python</h1>{left}
<table><tr><th>Line</th><th>PowerShell</th><th>Python</th><th>Why</th></tr>
{rows}
</table></body></html>
"""


def _fence(language: str, text: str) -> str:
    longest = max((len(found) for found in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text}\n{marks}"


def _place(note: Note, title: str) -> str:
    return f"{note.file.name if note.file else title}:{note.line}:{note.column}"


def _hint(note: Note) -> str:
    return f" ({note.hint})" if note.hint else ""


__all__ = ["html", "markdown", "reasons"]

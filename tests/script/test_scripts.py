"""Whole scripts measured on PowerShell: the same output, exit code, files and requests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .whole import Line, run_script

DATA = Path(__file__).parents[1] / "data"
LINES: list[Line] = [
    json.loads(text)
    for name in (
        "scripts.jsonl",
        "scripts-more.jsonl",
        "scripts-piped.jsonl",
        "scripts-jobs.jsonl",
        "scripts-sessions.jsonl",
    )
    for text in (DATA / name).read_text(encoding="utf-8").split("\n")
    if text.strip()
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_a_script_does_what_it_does_under_powershell(line: Line) -> None:
    ran = run_script(line)
    assert {key: line[key] for key in ran} == ran

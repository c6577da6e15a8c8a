"""Statements measured on PowerShell: the same output, types and error ids come out here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .measured import Line, run_statement

DATA = Path(__file__).parents[1] / "data"
LINES: list[Line] = [
    json.loads(text)
    for name in ("language.jsonl", "language-2.jsonl", "language-more.jsonl")
    for text in (DATA / name).read_text(encoding="utf-8").split("\n")
    if text.strip()
]


PATHS = {"more-files-051", "more-files-054", "more-a7-005", "more-siblings-x1"}
"""Lines whose output has paths, and so was measured for one kind of system."""


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_a_statement_gives_what_powershell_gives(line: Line) -> None:
    if os.name == "nt" and line["id"] in PATHS:
        pytest.skip("its paths are those of Linux, where it was measured")
    ran = run_statement(line["script"])
    assert ran["output"] == line["output"]
    assert ran["errors"] == line["errors"]

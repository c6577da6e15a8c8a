"""Statements measured on PowerShell: the same output, types and error ids come out here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .measured import LINUX, Line, run_statement

DATA = Path(__file__).parents[1] / "data"
LINES: list[Line] = [
    json.loads(text)
    for name in ("language.jsonl", "language-2.jsonl", "language-more.jsonl", "language-cultures.jsonl")
    for text in (DATA / name).read_text(encoding="utf-8").split("\n")
    if text.strip()
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_a_statement_gives_what_powershell_gives(line: Line) -> None:
    if os.name == "nt" and line["id"] in LINUX:
        pytest.skip("it was measured on Linux")
    ran = run_statement(line["script"])
    assert ran["output"] == line["output"]
    assert ran["errors"] == line["errors"]

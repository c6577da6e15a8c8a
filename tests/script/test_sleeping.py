"""Scripts that sleep while rows wait for others, measured on PowerShell: run, and ported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .whole import Line, run_script

DATA = Path(__file__).parents[1] / "data"
LINES: list[Line] = [
    json.loads(text)
    for text in (DATA / "scripts-slept.jsonl").read_text(encoding="utf-8").split("\n")
    if text.strip()
]


@pytest.mark.parametrize("way", ["run", "port"])
@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_rows_wait_no_longer_than_a_script_sleeps(line: Line, way: str) -> None:
    ran = run_script(line, way)
    assert {key: line[key] for key in ran} == ran

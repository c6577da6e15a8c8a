"""Texts with a token too many, too few or elsewhere: the first error is the one PowerShell's parser gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from psbridge.script import parse

DATA = Path(__file__).parents[1] / "data" / "parse-errors.jsonl"


def _first(text: str) -> dict[str, Any]:
    errors = parse(text).errors
    if not errors:
        return {"text": text, "id": None}
    return {"text": text, "id": errors[0].id, "line": errors[0].line, "column": errors[0].column}


def test_the_first_error_of_a_broken_text_is_powershells_at_its_place() -> None:
    measured = [json.loads(line) for line in DATA.read_text(encoding="utf-8").split("\n") if line]
    assert len(measured) > 100
    assert [_first(line["text"]) for line in measured] == measured

"""The schemas that New-ChatTool makes, beside those that one would write by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .signatures import SIGNATURES, Signature

SHELL = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh") or shutil.which("powershell")
MODULE = Path(__file__).parents[2] / "powershell" / "PSBridge"

ROWS = [row for row in SIGNATURES if row.powershell]
BEGIN = f"""
$ErrorActionPreference = 'Stop'
Import-Module '{MODULE}'
Set-StrictMode -Version Latest
enum Day {{ Monday; Friday }}
"""
ONE = """
function {name} {{ param({parameters}) }}
(New-ChatTool -Command {name} -Description 'x').function | ConvertTo-Json -Depth 20 -Compress
"""


@pytest.fixture(scope="module")
def definitions() -> list[dict[str, Any]]:
    if SHELL is None:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    text = "".join(ONE.format(name=row.function.__name__, parameters=row.powershell) for row in ROWS)
    done = subprocess.run(
        [SHELL, "-NoProfile", "-NonInteractive", "-Command", BEGIN + text],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        env={**os.environ, "PSBRIDGE_PYTHON": sys.executable, "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda number: ROWS[number].function.__name__)
def test_the_schema_is_what_one_would_write_by_hand(definitions: list[dict[str, Any]], number: int) -> None:
    made, row = definitions[number], ROWS[number]
    assert made["name"] == row.function.__name__
    assert made["parameters"]["properties"] == row.properties
    assert sorted(made["parameters"]["required"]) == sorted(row.required)
    assert made["parameters"]["additionalProperties"] is False
    assert made["strict"] is row.strict


def test_thirty_parameter_blocks_are_compared() -> None:
    assert len(ROWS) >= 30 and isinstance(ROWS[0], Signature)

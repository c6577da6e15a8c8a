"""Every call measured on PowerShell binds the same here, value by value, or fails with the same error."""

from __future__ import annotations

import json
from pathlib import Path

import conformance
import pytest

FILES = sorted(conformance.DATA.glob("parameter-binding*.jsonl"))
LINES = [line for file in FILES for line in conformance.lines_of(file)]


@pytest.mark.parametrize("line", LINES, ids=[line["id"] for line in LINES])
def test_binds_as_powershell_does(line: conformance.Line) -> None:
    """Bound values with their types, and errors with id, category, message and exception, are as measured."""
    assert conformance.difference(line, conformance.run_binding(line)) is None


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_file_of_calls_can_be_run_from_the_command_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line counts what passed, and the exit code is 0 when all did."""
    assert conformance.main(["binding", str(file)]) == 0
    count = len(conformance.lines_of(file))
    assert capsys.readouterr().out.splitlines()[-1] == f"passed {count} of {count}"


def test_a_wrong_expectation_is_shown_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that comes out differently is printed with both sides, and the exit code is not 0."""
    line = {**LINES[0], "bound": [{"Content": {"t": "String", "v": "something else"}}]}
    file = tmp_path / "wrong.jsonl"
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert conformance.main(["binding", str(file)]) == 1
    shown = capsys.readouterr().out
    assert "something else" in shown
    assert shown.splitlines()[-1] == "passed 0 of 1"

"""The guide's examples: the Python beside a script does what the script does, and so does a port."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.offline import OfflineServer
from psbridge.script import port

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "porting.md"
PAIRS = re.findall(
    r"```powershell\n(.*?)```\s*becomes\s*```py\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL
)
ARGUMENTS = {2: (["-Word", "yes", "-Loud"], ["yes", "--loud"])}


def test_there_are_three_examples() -> None:
    assert len(PAIRS) == 3


@pytest.mark.parametrize("number", range(3))
def test_an_example_does_what_its_script_does(number: int, tmp_path: Path) -> None:
    script, python = PAIRS[number]
    (tmp_path / "a.ps1").write_text(script, encoding="utf-8")
    (tmp_path / "shown.py").write_text(python, encoding="utf-8")
    ported = port(script)
    assert ported.report == []
    (tmp_path / "ported.py").write_text(ported.text, encoding="utf-8")
    words, options = ARGUMENTS.get(number, ([], []))
    commands = [
        ["-m", "psbridge", "run-script", "a.ps1", *words],
        ["shown.py", *options],
        ["ported.py", *options],
    ]
    made = [_did(tmp_path, command) for command in commands]
    assert made[0][1]
    assert made == [made[0]] * 3


def _did(folder: Path, command: list[str]) -> tuple[int, str, str, list[object]]:
    with OfflineServer() as server:
        ran = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-test"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return (
            ran.returncode,
            ran.stdout,
            ran.stderr,
            [json.loads(one.body or b"null") for one in server.requests],
        )

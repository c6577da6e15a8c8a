"""examples/python/chatapi_policies.py runs as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "python" / "chatapi_policies.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, "-W", "error", str(EXAMPLE), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def test_offline_it_answers_every_question() -> None:
    done = run("--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("200 after ") == done.stdout.count("You said: ") == 3


def test_without_a_key_it_says_so_in_one_line() -> None:
    done = run()
    assert done.returncode == 1
    assert done.stderr == (
        "PSBridge.InvalidConfiguration: "
        "BearerToken may not be empty nor hold a line break or control character.\n"
    )

"""Requests to a server that is not the configured one: ports send what PowerShell 7.6.5 was seen to send."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from psbridge.script import port

from .elsewhere import WITHOUT, Server

HERE = Path(__file__).parent
LINES: dict[str, dict[str, Any]] = {
    line["id"]: line
    for line in map(
        json.loads,
        (HERE.parent / "data" / "scripts-elsewhere.jsonl").read_text(encoding="utf-8").splitlines(),
    )
}
GOLDEN = ("elsewhere-local", "elsewhere-own-key")


@pytest.mark.parametrize("name", sorted(LINES))
def test_a_port_asks_another_server_as_the_script_does(name: str, tmp_path: Path) -> None:
    line = LINES[name]
    with Server() as server:
        ported = port(line["script"].replace("http://chat.test/v1", server.url))
        (tmp_path / "ported.py").write_text(ported.text, encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "ported.py"],
            cwd=tmp_path,
            env={**os.environ, **WITHOUT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert (ran.stdout, ran.returncode) == (line["stdout"], line["exit"]), ran.stderr
    assert server.requests == line["requests"]
    assert ported.report == []


@pytest.mark.parametrize("name", GOLDEN)
def test_a_request_to_another_server_reads_well(name: str) -> None:
    golden = (HERE / "ported" / f"{name}.py").read_text(encoding="utf-8")
    assert port(LINES[name]["script"]).text == golden


def test_what_the_cmdlet_would_change_stays_the_request_it_was() -> None:
    text = port(LINES["elsewhere-unchecked"]["script"]).text
    assert text.count('"Invoke-RestMethod"') == 2
    assert "New_ChatCompletion" not in text


@pytest.mark.parametrize(
    ("request_of", "kept"),
    [
        ("'http://h.test/v1/chat/completions' -Method Put", True),
        ("'http://h.test/v1/chat/completions/' -Method Post", True),
        ("'http://h.test/v1/chat/completions?api-version=1' -Method Post", True),
        ("'http://h.test/v1/chat/completions' -Method Post -SkipCertificateCheck", True),
        ("'http://h.test/v1/chat/completions' -Method Post -Headers (Get-Content h.json)", True),
        ("'http://h.test/v1/chat/completions' -Method Post -Headers @{ N = 5 }", True),
        ('"$($server)/chat/completions" -Method Post', False),
        ("http://h.test/chat/completions -Method Post -Headers @{ Authorization = 'Bearer k' }", False),
    ],
)
def test_only_a_plain_question_becomes_the_cmdlet(request_of: str, kept: bool) -> None:
    text = port(
        "param([string]$Server)\n$body = @{ model = 'm'; messages = @() } | ConvertTo-Json\n"
        f"$r = Invoke-RestMethod -Uri {request_of} -Body $body -ContentType 'application/json'\n"
    ).text
    assert ('"Invoke-RestMethod"' in text) == kept
    assert ("ps.New_ChatCompletion(" in text) != kept

"""Every example of the module's help, run in a real PowerShell against the offline server."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from test_pester import SHELL, run

from psbridge.offline import OfflineServer, Pace

MODULE = Path(__file__).parents[2] / "powershell" / "PSBridge"
COMMAND = "{http://schemas.microsoft.com/maml/dev/command/2004/10}"
CODE = "{http://schemas.microsoft.com/maml/dev/2004/10}code"

# What a test cannot do: it has no proxy and loads no Python into this PowerShell; the environment is its own.
LEFT_OUT = ("-InProcess", "-PythonPath", "proxy.example.com")

RUN = """
$ErrorActionPreference = 'Stop'
Import-Module '{module}'
$examples = Get-Content '{file}' -Raw | ConvertFrom-Json
foreach ($example in $examples) {{
    Set-Location '{folder}'
    try {{ $null = & ([scriptblock]::Create("Set-StrictMode -Version Latest`n$($example.code)")) 6>$null }}
    catch {{ "FAILED $($example.name): $($_.Exception.Message)" }}
}}
'DONE'
"""


LINE = {
    "custom_id": "1",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]},
}


def write_files(folder: Path) -> None:
    """The files that examples find: see `psbridge/generate/families/README.md`."""
    (folder / "requests.jsonl").write_text(json.dumps(LINE) + "\n", encoding="utf-8")
    (folder / "printer.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    command = ["openssl", "genpkey", "-algorithm", "RSA", "-out", str(folder / "support.pem")]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl, which makes the key, is not here")


def examples() -> list[dict[str, str]]:
    root = ET.parse(MODULE / "en-US" / "PSBridge-Help.xml").getroot()
    return [
        {"name": item.findtext(f"{COMMAND}details/{COMMAND}name") or "", "code": code.text or ""}
        for item in root
        for code in item.iter(CODE)
    ]


def test_every_cmdlet_has_an_example() -> None:
    named = {one["name"] for one in examples()}
    assert len(named) > 300
    assert all(one["code"].strip() for one in examples())


def test_they_run(tmp_path: Path) -> None:
    if SHELL is None:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    write_files(tmp_path)
    kept = [one for one in examples() if not any(word in one["code"] for word in LEFT_OUT)]
    file = tmp_path / "examples.json"
    file.write_text(json.dumps(kept), encoding="utf-8")
    script = RUN.format(module=MODULE / "PSBridge.psd1", file=file, folder=tmp_path)
    with OfflineServer(batches=Pace(line_delay=1)) as server:
        done = run(script, OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY="sk-offline")
    assert done.stdout.split("\n")[-2:] == ["DONE", ""], done.stdout[-4000:] + done.stderr[-2000:]
    assert "FAILED" not in done.stdout, done.stdout[-4000:]

"""The guides' PowerShell runs, each block by itself, against the offline server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_pester import reason_to_skip, run

from psbridge import OfflineServer

ROOT = Path(__file__).parents[2]
BLOCKS = [
    (path.name, number, block)
    for path in sorted((ROOT / "docs" / "guides").glob("*.md"))
    for number, block in enumerate(
        re.findall(r"```powershell\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    )
]


@pytest.mark.parametrize(("name", "number", "block"), BLOCKS, ids=lambda value: str(value)[:30])
def test_its_powershell_runs(name: str, number: int, block: str, tmp_path: Path) -> None:
    if reason := reason_to_skip():
        pytest.skip(reason)
    (tmp_path / "tickets.csv").write_text("TicketId,Text\nT1,No paper\nT2,Too slow\n")
    script = tmp_path / "guide.ps1"
    script.write_text(block, encoding="utf-8")
    # A script whose parameters must be given is given a word for each.
    words = "".join(
        f" -{name} word" for name in re.findall(r"\[Parameter\(Mandatory\)\]\[string\]\$(\w+)", block)
    )
    with OfflineServer(default_model="gpt-4o-mini") as server:
        begin = (
            f"$ErrorActionPreference = 'Stop'\nSet-Location '{tmp_path}'\n"
            f"$env:OPENAI_BASE_URL = '{server.base_url}'; $env:OPENAI_API_KEY = 'sk-offline'\n"
            f"Import-Module '{ROOT}/powershell/PSBridge/PSBridge.psd1'\n"
            f"Set-Configuration -BaseUrl '{server.base_url}' -AccessToken 'sk-offline'\n"
        )
        done = run(f"{begin}. '{script}'{words}")
    assert done.returncode == 0, done.stdout + done.stderr

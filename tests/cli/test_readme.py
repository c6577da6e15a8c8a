"""What the README shows is true: its Python runs, its links lead somewhere, its commands exist."""

from __future__ import annotations

import re

import pytest

import psbridge as ps
from psbridge import OfflineServer

from .conftest import ROOT, Run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_python_runs(server: OfflineServer, capsys: pytest.CaptureFixture[str]) -> None:
    first, settings, many, net = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "PowerShellSession" in net  # run by the tests of psbridge.dotnet
    exec(compile(first, "README.md", "exec"), {})
    assert "You said: Say hello." in capsys.readouterr().out
    exec(compile(many, "README.md", "exec"), {"ps": ps, "tickets": ["No paper", "", "Too slow"]})
    replies = capsys.readouterr().out.splitlines()
    assert len(replies) == 3 and "You said: Too slow" in replies[2]
    exec(compile(settings, "README.md", "exec"), {"ps": ps, "fetch_from_vault": lambda: "sk-from-the-vault"})
    assert ps.Get_Configuration().DefaultHeaders == {"X-Team": "blue"}


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links and all((ROOT / link).exists() for link in links), links


def test_its_commands_exist(psbridge: Run) -> None:
    shown = psbridge("--help").stdout
    named = set(re.findall(r"`psbridge ([a-z-]+)", README))
    assert named and all(re.search(rf"^  {name} ", shown, re.MULTILINE) for name in named), named


def test_its_error_ids_exist() -> None:
    from psbridge.client.errors import POWERSHELL

    known = {identity for identity, _ in POWERSHELL.values()} | {ps.InvalidValueError.default_error_id}
    named = set(re.findall(r"`(PSBridge\.\w+)`", README))
    assert len(named) > 8 and named <= known, named - known

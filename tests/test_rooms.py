"""What rooms hold: general ones no word of chat, which has rooms of its own, and none a long module."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from psbridge.models.tables import CMDLETS

ROOT = Path(__file__).parents[1]
# What every family goes through.
GENERAL = (
    "psbridge/bridge/*.py",
    "psbridge/generate/*.py",
    "psbridge/generate/powershell.yaml",
    "psbridge/generate/templates/*",
    "psbridge/models/*.py",
    "psbridge/naming.py",
    "psbridge/client/core.py",
    "psbridge/client/operation.py",
    "psbridge/client/exchange/*.py",
    "psbridge/client/message/*.py",
    "psbridge/client/wire/*.py",
    *(
        f"psbridge/cmdlets/{name}.py"
        for name in (
            *("builders", "cmdlet", "codec", "complete", "functions", "operations", "progress", "session"),
            *("table", "transfers", "written"),
        )
    ),
    "powershell/src/**/*.ps1",
)
# Chat's own, beside general ones; and lists of all names, which are generated.
OWN = (
    "powershell/src/calls/22-shown.ps1",
    "powershell/src/calls/25-chat.ps1",
    "powershell/src/calls/26-sessions.ps1",
    "powershell/src/console/20-console.ps1",
    "powershell/src/offline/10-offline.ps1",
    "powershell/src/tools/10-types.ps1",
    "powershell/src/tools/20-tools.ps1",
    "psbridge/bridge/commands.py",
    "psbridge/models/__init__.py",
)
# A ChatConnection is any family's: the name is what users know it by; so are completion tokens, in what every
# family's usage says, and Windows has completion ports.
WORD = re.compile(
    r"\bchat(?!gpt|connection)|[a-z]chat(?!connection)(?-i:[A-Z])"
    r"|completion(?!result|_tokens| ports)",
    re.IGNORECASE,
)
FILES = sorted(
    path
    for pattern in GENERAL
    for path in ROOT.glob(pattern)
    if path.is_file() and path.relative_to(ROOT).as_posix() not in OWN
)


def test_there_are_such_rooms() -> None:
    assert len(FILES) > 100
    assert WORD.search("ChatStream") and WORD.search("a chat call") and not WORD.search("ChatGPT")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_chat_in_a_general_room(path: Path) -> None:
    said = [line for line in path.read_text(encoding="utf-8").splitlines() if WORD.search(line)]
    assert said == []


@pytest.mark.parametrize("pattern", ["psbridge/bridge/*.py", "psbridge/generate/*.py"])
def test_no_cmdlet_that_calls_is_known_by_name(pattern: str) -> None:
    """Of any family."""
    names = [row.name for row in CMDLETS.values() if row.operations]
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob(pattern))
    assert [name for name in names if name in text] == []


def test_no_module_is_long() -> None:
    """A module that has grown beyond 500 lines has more than one idea; generated ones count."""
    lines = {
        path.relative_to(ROOT).as_posix(): path.read_bytes().count(b"\n")
        for path in (ROOT / "psbridge").rglob("*.py")
    }
    assert len(lines) > 300
    assert {path: count for path, count in lines.items() if count > 500} == {}

"""The guides' code runs: each page's Python from its first block to its last, against the offline server."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge import OfflineServer

from .conftest import ROOT

GUIDES = ROOT / "docs" / "guides"
PAGES = sorted(path.name for path in GUIDES.glob("*.md"))


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """A guide may set logging up; the next test has it as it was."""
    root, own = logging.getLogger(), logging.getLogger("psbridge")
    before = (root.level, list(root.handlers), own.level)
    yield
    root.level, root.handlers, own.level = before


@pytest.mark.usefixtures("logging_as_it_was")
@pytest.mark.parametrize("name", PAGES)
def test_its_python_runs(
    server: OfflineServer, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {"__name__": "guide"}
    for block in re.findall(r"```python\n(.*?)```", (GUIDES / name).read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, name, "exec", dont_inherit=True), space)


def test_links_lead_somewhere() -> None:
    for path in GUIDES.glob("*.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_every_guide_is_listed() -> None:
    listed = (GUIDES / "README.md").read_text(encoding="utf-8")
    assert not [name for name in PAGES if name != "README.md" and f"({name})" not in listed]

"""The committed files against the descriptions they come from, where those are at hand."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge.generate.__main__ import generate
from psbridge.generate.description import load
from psbridge.generate.sources import pinned
from psbridge.models.tables import CMDLETS

from .conftest import Generated

REPOSITORY = Path(__file__).parents[2]
SPEC = Path(os.environ.get("PSBRIDGE_SHARED") or REPOSITORY.parent / "shared") / "spec"
NEWEST, OLDEST = SPEC / "openapi-2026-08.yaml", SPEC / "openapi-2024-12.yaml"
pytestmark = pytest.mark.skipif(
    not (NEWEST.exists() and OLDEST.exists()), reason="the OpenAPI descriptions are not here"
)


def test_generating_gives_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    generate(NEWEST, OLDEST, tmp_path)
    files = Generated(tmp_path).files()
    assert len(files) > 100
    differing = [name for name, content in files.items() if (REPOSITORY / name).read_bytes() != content]
    assert differing == []


def test_the_descriptions_are_the_pinned_ones() -> None:
    pins = pinned()
    for path, name in ((NEWEST, "newest"), (OLDEST, "names")):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == pins[name].sha256


def _prose(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("description", "summary") and isinstance(value, str):
                yield value
            else:
                yield from _prose(value)
    elif isinstance(node, list):
        for value in node:
            yield from _prose(value)


def _runs(text: str, length: int = 6) -> Iterator[tuple[str, ...]]:
    words = [word.lower() for word in re.findall(r"[A-Za-z0-9']+", text)]
    return zip(*(words[start:] for start in range(length)), strict=False)


def test_no_sentence_of_the_descriptions_is_in_the_project() -> None:
    """Six words in a row are a sentence; lists of the API's own values are not."""
    theirs = {run for path in (NEWEST, OLDEST) for text in _prose(load(path)) for run in _runs(text)}
    assert len(theirs) > 10_000
    values = {
        word.lower()
        for cmdlet in CMDLETS.values()
        for row in cmdlet.parameters
        for value in row.values
        for word in (value, *re.findall(r"[A-Za-z0-9']+", value))
    }
    copied = [
        (path.name, " ".join(run))
        for pattern in (
            "psbridge/generate/**/*.yaml",
            "psbridge/models/**/*.py",
            "psbridge/models/**/*.json",
            "docs/*.md",
            "psbridge/**/*.pyi",
        )
        for path in REPOSITORY.glob(pattern)
        for line in path.read_text(encoding="utf-8").splitlines()
        for run in _runs(line)
        if run in theirs and not {*run} <= values | {"one", "of"}
    ]
    assert copied == []

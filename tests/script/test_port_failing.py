"""A statement of literals that can do nothing but fail is reported, as in PowerShell; the next one runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.script import port
from psbridge.script.semantics import session


def test_what_surely_fails_is_reported_and_what_follows_runs() -> None:
    text = port("1 / 0; 'after'").text
    assert "except posh.ERRORS as error:\n    posh.show_error(error)\n" in text
    assert text.endswith('print("after")\n')


@pytest.mark.parametrize(
    "script",
    [
        "'after'; 1 / 0",  # nothing follows
        "1 / 2; 'after'",
        "$a = 0; $a++; 1 / $a; 'after'",  # known only when it runs
        "$ErrorActionPreference = 'Stop'; 1 / 0; 'after'",
        "function F { 1 / 0; 'after' }; F; 'end'",  # a caller may catch it
    ],
)
def test_any_other_statement_is_written_as_it_is(script: str) -> None:
    assert "show_error" not in port(script).text


def test_nothing_that_a_script_does_is_done_while_it_is_ported(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("text", encoding="utf-8")
    before = session._Current.runtime
    for script in (
        f"[IO.File]::Delete('{kept}')",
        f"'{kept}' | Remove-Item",
        f"([IO.FileInfo]'{kept}').Delete()",
    ):
        port(f"{script}; [int]'x'; 'after'")
    assert kept.exists()
    assert session._Current.runtime is before

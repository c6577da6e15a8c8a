"""`%%powershell`: cells of PowerShell in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

interactive = pytest.importorskip("IPython.core.interactiveshell")


@pytest.fixture
def shell() -> Iterator[Any]:
    made = interactive.InteractiveShell.instance()
    made.history_manager.enabled = False
    made.run_cell("%load_ext psbridge.script")
    yield made
    made.history_manager.end_session()
    interactive.InteractiveShell.clear_instance()


def _cell(shell: Any, text: str) -> Any:
    return shell.run_cell(text, store_history=False)


def test_a_cell_shows_what_it_puts_out(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert _cell(shell, "%%powershell\n1..3 | ForEach-Object { $_ * 2 }\nWrite-Host 'done'").success
    assert capsys.readouterr().out == "2\n4\n6\ndone\n"


def test_variables_and_functions_stay_for_the_next_cell(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _cell(shell, "%%powershell\n$n = 4\nfunction Get-Double($x) { $x * 2 }")
    _cell(shell, "%%powershell\nGet-Double $n")
    assert capsys.readouterr().out == "8\n"


def test_values_pass_in_and_out(shell: Any) -> None:
    shell.user_ns["names"] = ["b", "a"]
    assert _cell(shell, "%%powershell -i names -o sorted_names\n$names | Sort-Object").success
    assert shell.user_ns["sorted_names"] == ["a", "b"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%powershell\nthrow 'no'", "no"),
        ("%%powershell\nif (", "ParserError"),
        ("%%powershell -i missing\n1", "there is no Python variable 'missing'"),
        ("%%powershell --wrong\n1", "unrecognized arguments: --wrong"),
        ("%%powershell\nexit 3", "exit code 3"),
    ],
)
def test_an_error_is_powershells_without_a_traceback(
    shell: Any, capsys: pytest.CaptureFixture[str], cell: str, said: str
) -> None:
    assert not _cell(shell, cell).success
    shown = "".join(capsys.readouterr())
    assert said in shown
    assert "Traceback" not in shown
    assert ".py" not in shown


def test_an_error_that_ends_a_statement_is_shown_and_the_cell_goes_on(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _cell(shell, "%%powershell\nGet-Wether\n'after'").success
    shown = capsys.readouterr()
    assert shown.out == "after\n"
    assert "The term 'Get-Wether' is not recognized" in shown.err

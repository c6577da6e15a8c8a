"""What a ported script prints for the reader is told from what it puts out, and both are plain `print`."""

from __future__ import annotations

import ast

import pytest

from psbridge.script import port

from .measured import port_statement, run_statement


def test_what_is_for_the_host_is_known_by_its_place() -> None:
    ported = port("Write-Host 'é'; 5; 'a' | Out-Host; function F { Write-Host 'f'; 'g' }; F")
    calls = [node for node in ast.walk(ast.parse(ported.text)) if isinstance(node, ast.Name)]
    prints = {
        (node.lineno, node.col_offset): ported.text.splitlines()[node.lineno - 1].strip()
        for node in calls
        if node.id == "print"
    }
    assert ported.host <= set(prints)
    assert [prints[place] for place in sorted(ported.host)] == [
        'print("é")',
        'print("a")',
        'print("f")',
    ]
    assert "print(5)" in ported.text


def test_a_name_of_the_script_is_never_taken_for_the_mark() -> None:
    ported = port("$pr0nt = 'pr1nt'; Write-Host $pr0nt; $pr0nt")
    assert ported.text == 'pr0nt = "pr1nt"\nprint(pr0nt)\nprint(pr0nt)\n'
    assert ported.host == {(2, 0)}


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("Write-Host 'x'; 5", ["5"]),
        ('foreach ($i in 1, 2) { Write-Warning "w $i"; Write-Host $i; $i }', ["1", "2"]),
        ("[Console]::WriteLine('z'); 1 | Out-Default; 'y'", ["y"]),
        ("1..3 | ForEach-Object { if ($_ -eq 2) { break }; $_ }; 'no'", ["1"]),
    ],
)
def test_a_measured_port_puts_out_what_is_not_for_the_host(script: str, values: list[str]) -> None:
    assert [one["v"] for one in port_statement(script)["output"]] == values


def test_a_script_that_cannot_be_parsed_puts_out_nothing() -> None:
    text = "'a'; @{ a = 1; A = 2 }"
    assert port_statement(text) == run_statement(text)
    assert [one["id"] for one in port_statement(text)["errors"]] == ["DuplicateKeyInHashLiteral"]


def test_a_script_knows_the_file_that_it_is() -> None:
    text = port("$MyInvocation.MyCommand.Name; Split-Path $MyInvocation.MyCommand.Path").text
    assert 'print(f"{Path(__file__).stem}.ps1")' in text
    assert '"Split-Path", __file__' in text

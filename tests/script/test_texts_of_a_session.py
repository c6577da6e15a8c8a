"""A session runs many texts: what a block, a class or an attribute says is read in its own text."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.script import run

MODULE = """
# Something before the functions, so that no place in this text is one in the script.
function Get-Checked { param([ValidateScript({ $_ -gt 5 })]$n) $n }
class Held { [scriptblock]$Block = { 'inner text' } }
function Get-Held { [Held]::new().Block.ToString() }
"""


def test_a_block_in_a_module_has_its_own_text(tmp_path: Path) -> None:
    module = tmp_path / "m.psm1"
    module.write_text(MODULE, encoding="utf-8")
    ran = run(f"Import-Module '{module}'; Get-Held; try {{ Get-Checked 1 }} catch {{ $_.Exception.Message }}")
    assert ran.output[0] == " 'inner text' "
    assert '" $_ -gt 5 " validation script for the argument with value "1"' in ran.output[1]


@pytest.mark.parametrize("mark", ["\f", "\v", "\u2028", "\x85"])
def test_only_ends_of_lines_end_a_line_of_a_script(mark: str) -> None:
    script = f"$a = 1 # {mark} {mark}\ntry {{ throw 'no' }} catch {{ $_.InvocationInfo.Line.Trim() }}"
    assert run(script).output == ["try { throw 'no' } catch { $_.InvocationInfo.Line.Trim() }"]


def test_every_text_defines_its_own_classes() -> None:
    script = '1..300 | ForEach-Object { Invoke-Expression "class Q$_ { [int]`$v = $_ }; [Q$_]::new().v" }'
    assert run(script).output == list(range(1, 301))


def test_a_default_of_a_property_is_made_anew_for_each_object() -> None:
    script = (
        "class A { [object]$List = @{}; [int]$N = 1 + 1 }; $a, $b = [A]::new(), [A]::new(); $a.List.x = 1"
    )
    assert run(f"{script}; $b.List.Count; $b.N").output == [0, 2]


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("class K { static [int]$N = 1 }; [K]::N += 2; [K]::N", "3"),
        ("class L { static $T = @{a = 1} }; [L]::T.a -= 2; [L]::T.a", "-1"),
        ("enum E { One = 1 + 1; Two }; [int][E]::Two", "3"),
        (
            "$r = Write-Warning x 3>&1; $null -eq $r.TimeGenerated; $null -eq $r.Tags; $r.Message",
            "True True x",
        ),
        ("$r = Write-Information x 6>&1; $r.TimeGenerated -eq $r.TimeGenerated", "True"),
        (
            "foreach ($x in 1, 2) { $foreach.Current; foreach ($y in 3, 4) { $foreach.Current }; "
            "$foreach.Current }",
            "1 3 4 1 2 3 4 2",
        ),
        ("foreach ($x in 1, 2) { $foreach.Current; break }; $null -eq $foreach", "1 True"),
    ],
)
def test_it_goes_as_in_powershell(script: str, shown: str) -> None:
    assert run(f"(& {{ {script} }}) -join ' '").output == [shown]

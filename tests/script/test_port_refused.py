"""A statement that stays to be done by hand leaves the statements after it as they are without it."""

from __future__ import annotations

import pytest

from psbridge.script import port


@pytest.mark.parametrize(
    "refused",
    [
        "$job = Start-Job { Get-It }",
        "$all = @(1, 2).ForEach([scriptblock]$text)",
        "$table = @{ a = [scriptblock]$text }",
        "[scriptblock]$text | Set-Content all.txt",
    ],
)
def test_what_is_refused_changes_nothing_of_what_follows(refused: str) -> None:
    before = "function Get-It { 1 }\n$text = 'x'\n$y = 1\n"
    after = '$block = { $y = 3; $y }\n& $block\n$empty = @{}\n"$y $($empty.Count)"'
    whole, plain = port(f"{before}{refused}\n{after}").text, port(f"{before}{after}").text
    written = whole.partition("raise posh.NotPorted(")[2].partition("\n")[2]
    assert written and plain.endswith(written)


@pytest.mark.parametrize(
    "text", ["foreach ($i in 1..3) { $foreach.Current }", "switch (1) { 1 { $switch.Current } }"]
)
def test_the_enumerator_of_a_loop_is_refused(text: str) -> None:
    assert "has no Python form here" in port(text).report[0].reason

"""Sort-Object leaves what is equal in the order in which .NET's sort does: measured on PowerShell 7.6.5."""

from __future__ import annotations

import random

import pytest

from psbridge.script import run
from psbridge.script.semantics.introsort import introsort

NUMBERS = (
    "1..{n} | ForEach-Object {{ [pscustomobject]@{{ N = $_; K = ($_ * 31 + $_ * $_) % {m} }} }} | "
    "Sort-Object K {how} | ForEach-Object N"
)
WORDS = (
    "'b1', 'B2', 'a3', 'A4', 'c5', 'a6', 'B7' | "
    "ForEach-Object {{ [pscustomobject]@{{ N = $_; K = $_.Substring(0, 1) }} }} | "
    "Sort-Object K {how} | ForEach-Object N"
)


@pytest.mark.parametrize(
    ("n", "m", "how", "order"),
    [
        (3, 3, "", "2,3,1"),
        (3, 3, "-Descending", "1,2,3"),
        (3, 7, "", "2,1,3"),
        (3, 7, "-Descending", "1,3,2"),
        (17, 3, "", "9,15,14,12,11,8,17,6,5,3,2,16,10,4,13,7,1"),
        (17, 3, "-Descending", "1,4,13,7,16,10,15,14,12,11,9,6,5,3,2,8,17"),
        (17, 7, "", "4,14,11,7,9,2,16,15,10,1,3,8,17,6,12,13,5"),
        (17, 7, "-Descending", "13,12,5,6,1,15,10,17,3,8,16,2,9,7,11,4,14"),
        (
            33,
            3,
            "",
            "17,30,29,27,26,24,23,21,20,18,32,15,14,33,12,2,3,5,8,6,11,9,19,22,7,13,25,10,4,28,16,31,1",
        ),
    ],
)
def test_equal_objects_come_in_powershells_order(n: int, m: int, how: str, order: str) -> None:
    ordered = run(NUMBERS.format(n=n, m=m, how=how)).output
    assert ",".join(map(str, ordered)) == order


@pytest.mark.parametrize(
    ("how", "order"),
    [
        ("-Unique", "a3,b1,c5"),
        ("-Unique -Descending", "c5,b1,a3"),
        ("-Unique -Stable", "a3,b1,c5"),
        ("-Top 3", "a3,A4,a6"),
        ("-Bottom 3", "B2,B7,c5"),
        ("-Descending -Top 4", "c5,b1,B2,B7"),
        ("-Unique -Top 2", "a3,b1"),
    ],
)
def test_equal_words_come_in_powershells_order(how: str, order: str) -> None:
    assert ",".join(run(WORDS.format(how=how)).output) == order


def test_groups_of_one_size_come_in_powershells_order() -> None:
    script = "'sshd', 'cron', 'sshd', 'kernel' | Group-Object | Sort-Object Count -Descending"
    assert run(f"{script} | ForEach-Object Name").output == ["sshd", "kernel", "cron"]
    assert run(f"{script} -Stable | ForEach-Object Name").output == ["sshd", "cron", "kernel"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 16, 17, 200, 3000])
@pytest.mark.parametrize("kind", ["as it comes", "in order", "saw"])
def test_what_is_sorted_is_in_order(size: int, kind: str) -> None:
    numbers = random.Random(size).choices(range(40), k=size)
    if kind == "in order":
        numbers.sort()
    elif kind == "saw":
        numbers = [number % 7 for number in range(size)]
    ordered = list(numbers)
    introsort(ordered, lambda one, other: one - other)
    assert ordered == sorted(numbers)

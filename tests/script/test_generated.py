"""Generated programs: what a real PowerShell puts out, where there is one, and never a failure of ours."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import psbridge.script
from psbridge.errors import PSBridgeError

from .measured import port_statement, run_statement

NUMBERS = st.one_of(
    st.integers(-(2**31), 2**31 - 1).map(lambda number: f"({number})"),
    st.integers(-20, 20).map(lambda number: f"({number})"),
    st.sampled_from(["1.5", "0.25", "2d", "3L", "1e3", "'4'", "$true", "$null", "0x1F", "1kb"]),
)
TEXTS = st.sampled_from(["'abc'", "'a b'", "''", "'A'", "'x1y22'", '"t$(1)"', "'é'", "'10'"])
LISTS = st.lists(st.one_of(NUMBERS, TEXTS), min_size=1, max_size=4).map(
    lambda items: f"@({', '.join(items)})"
)
LEAVES = st.one_of(NUMBERS, TEXTS, LISTS)
OPERATORS = st.sampled_from(
    "+ - * / % -eq -ne -lt -gt -le -ge -band -bor -bxor -and -or -xor -like -contains -in -join".split()
)


CASTS = st.sampled_from(
    "[int] [double] [bool] [string] [long] [decimal] [object[]] [string[]] -not -bnot -join".split()
)
FORMATS = st.sampled_from("N2 D4 X F1 P0 E2 000 #.## G3 C".split())


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        inner.map(lambda one: f"(-not {one})"),
        inner.map(lambda one: f"@({one}).Count"),
        inner.map(lambda one: f"[string]{one}"),
        st.tuples(inner, inner).map(lambda parts: f"$(if ({parts[0]}) {{ {parts[1]} }} else {{ 'no' }})"),
        inner.map(lambda one: f'@({one} | ForEach-Object {{ "<$_>" }})'),
        inner.map(lambda one: f"({one} -replace '\\d', '#')"),
        st.tuples(CASTS, inner).map(lambda parts: f"({parts[0]} {parts[1]})"),
        st.tuples(FORMATS, inner).map(lambda parts: f"('{{0:{parts[0]}}}' -f {parts[1]})"),
        inner.map(lambda one: f"@({one} -split '1')"),
        inner.map(lambda one: f"@({one})[0, -1]"),
        inner.map(lambda one: f"$($x = {one}; $x += 1; $x)"),
        inner.map(lambda one: f"$(switch ({one}) {{ 1 {{ 'one' }} 'abc' {{ 'text' }} default {{ $_ }} }})"),
        inner.map(lambda one: f"@({one} | Sort-Object {{ [string]$_ }})"),
        inner.map(lambda one: f"(ConvertTo-Json -Compress -InputObject ({one}))"),
        st.tuples(inner, inner).map(lambda parts: f"('{{0}}|{{1}}' -f {parts[0]}, {parts[1]})"),
    )


EXPRESSIONS = st.recursive(LEAVES, _larger, max_leaves=6)
SERVER = r"""
while ($null -ne ($line = [Console]::In.ReadLine())) {
  $text = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line))
  $global:Error.Clear()
  try {
    $shown = @(. ([scriptblock]::Create($text))) | ForEach-Object {
      if ($null -eq $_) { 'null' } else { $_.GetType().Name + ':' + [string]$_ }
    }
    $result = @{ output = @($shown) }
  } catch { $result = @{ error = $_.FullyQualifiedErrorId.Split(',')[0] } }
  [Console]::Out.WriteLine("@" + ($result | ConvertTo-Json -Compress))
}
"""
SHOWN = """
try {
    $shown = @(. { CODE }) | ForEach-Object {
        if ($null -eq $_) { 'null' } else { $_.GetType().Name + ':' + [string]$_ }
    }
    @{ output = @($shown) } | ConvertTo-Json -Compress
} catch { @{ error = $_.FullyQualifiedErrorId.Split(',')[0] } | ConvertTo-Json -Compress }
"""


@given(st.text(st.sampled_from("$(){}[]'\"@ab1 ,;|-+=%.\n#<>&"), max_size=25))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_script_or_a_parse_error(text: str) -> None:
    try:
        psbridge.script.parse(text)
    except PSBridgeError as error:
        assert str(error)


@given(EXPRESSIONS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_expression_ends_in_a_value_or_an_error_with_an_id(expression: str) -> None:
    ran = psbridge.script.run(SHOWN.replace("CODE", expression))
    assert len(ran.output) == 1
    json.loads(ran.output[0])


@given(EXPRESSIONS)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_ported_expression_gives_what_the_expression_gives(expression: str) -> None:
    assert psbridge.script.port(expression).report == []
    ran, ported = run_statement(expression), port_statement(expression)
    assert [one["id"] for one in ported["errors"]] == [one["id"] for one in ran["errors"]]
    if not ran["errors"]:  # an error ends a ported script; a script of PowerShell goes on after the statement
        assert ported["output"] == ran["output"]


@pytest.fixture(scope="module")
def shell() -> Iterator[Any]:
    program = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    if not program:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    with subprocess.Popen(
        [program, "-NoProfile", "-NonInteractive", "-Command", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_generated_programs_agree_with_powershell(shell: Any) -> None:
    @given(EXPRESSIONS)
    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def agree(expression: str) -> None:
        shell.stdin.write(base64.b64encode(expression.encode()).decode() + "\n")
        shell.stdin.flush()
        line = shell.stdout.readline()
        while line and not line.startswith("@"):
            line = shell.stdout.readline()
        ran = psbridge.script.run(SHOWN.replace("CODE", expression))
        assert json.loads(ran.output[0]) == json.loads(line[1:]), expression

    agree()

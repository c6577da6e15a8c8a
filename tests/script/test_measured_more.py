"""Statements measured on PowerShell 7.6.5: nothing at all before operators, bits of fractions, TryParse."""

from __future__ import annotations

import pytest

from psbridge.errors import PSBridgeError
from psbridge.script import run

SHOWN = "| ForEach-Object { if ($null -eq $_) { 'null' } else { \"$($_.GetType().Name):$_\" } }"


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("$n = & {}; $n -replace 'a','b'", []),
        ("$n = & {}; $n -isplit ','", []),
        ("$n = & {}; $n -csplit ','", []),
        ("$n = & {}; $n -match 'a'", []),
        ("$n = & {}; $n -notlike 'a'", []),
        ("(& {}) -replace 'a','b'", []),
        ("$n = & {}; switch ($n) { default { 'x' } }", []),
        ("switch (& {}) { default { 'x' } }", []),
        ("$null -replace 'a','b'", ["String:"]),
        ("$null -split ','", ["String:"]),
        ("switch ($null) { default { 'x' } }", ["String:x"]),
        ("$n = & {}; $n -join ','", ["String:"]),
        ("$n = & { 'a,b' }; $n -split ','", ["String:a", "String:b"]),
        ("$o = [pscustomobject]@{a = 1}; $o | Add-Member NoteProperty X 5; $o.X", ["Int32:5"]),
        ("$o = [pscustomobject]@{a = 1}; $o | Add-Member X 5; $o.X", ["Int32:5"]),
        (
            "$o = [pscustomobject]@{a = 1}; Add-Member -InputObject $o ScriptProperty V { $this.a }; $o.V",
            ["Int32:1"],
        ),
        ("-bnot 2d", ["Int32:-3"]),
        ("-bnot 3000000000d", ["UInt32:1294967295"]),
        ("-bnot 4294967295d", ["UInt32:0"]),
        ("-bnot 2147483647.6", ["UInt32:2147483647"]),
        ("-bnot -3000000000d", ["Int64:2999999999"]),
        ("-bnot 5000000000.0", ["Int64:-5000000001"]),
        ("2.0 -bor 1", ["UInt64:3"]),
        ("-2d -bor 1", ["Int64:-1"]),
        ("[uint32]1 -bor 2d", ["UInt64:3"]),
        ("2.5d -bxor 1", ["UInt64:3"]),
        ("$null -band 2.0", ["UInt64:0"]),
        ("-1 -band 2d", ["Int64:2"]),
        ("[int]::TryParse('5', [ref]$null)", ["Boolean:True"]),
        ("[double]::TryParse('x', [ref]$null)", ["Boolean:False"]),
        ("[version]::TryParse('1.2', [ref]$null)", ["Boolean:True"]),
        ("$d = [datetime]::Now; [datetime]::TryParse('2024-01-01', [ref]$d)", ["Boolean:True"]),
        ("[System.Text.StringBuilder]5 | ForEach-Object Capacity", ["Int32:5"]),
        ("function f([System.Text.StringBuilder]$b) { $b.ToString() }; f 'hello'", ["String:hello"]),
        ("function h { 'mine' }; function r { 'mine' }; h", []),
        ("$t = 0; [timespan]::TryParse('1:2', [ref]$t); $t", ["Boolean:True", "TimeSpan:01:02:00"]),
        (
            "try { throw [InvalidOperationException]'s' } catch"
            " [System.Management.Automation.RuntimeException] { $_.FullyQualifiedErrorId } catch { 'all' }",
            ["String:s"],
        ),
        (
            "try { throw [InvalidOperationException]'s' } catch"
            " [System.Management.Automation.RuntimeException] { 'runtime' }"
            " catch [InvalidOperationException] { 'its own' }",
            ["String:its own"],
        ),
        (
            "try { Get-Content ./none -ea Stop } catch [DivideByZeroException] { } catch"
            " [System.Management.Automation.RuntimeException] { $_.FullyQualifiedErrorId }",
            ["String:PathNotFound,Microsoft.PowerShell.Commands.GetContentCommand"],
        ),
        (
            "try { Get-Content ./none -ea Stop } catch [DivideByZeroException] { }"
            " catch { $_.FullyQualifiedErrorId }",
            ["String:PathNotFound"],
        ),
        (
            "try { '{' | ConvertFrom-Json } catch [System.Management.Automation.RuntimeException]"
            " { $_.Exception.GetType().Name }",
            ["String:ArgumentException"],
        ),
        (
            "try { Invoke-WebRequest http://127.0.0.1:9 -Headers @{ Authorization = ' ' } }"
            " catch { $_.Exception.Message }",
            ["String:The format of value ' ' is invalid."],
        ),
    ],
)
def test_it_puts_out_what_powershell_does(script: str, shown: list[str]) -> None:
    assert run(f"& {{ {script} }} {SHOWN}").output == shown


@pytest.mark.parametrize(
    ("script", "error_id"),
    [
        (
            "function r { 'mine' }; r",
            "InvokeHistoryNoLastHistoryEntryFound,Microsoft.PowerShell.Commands.InvokeHistoryCommand",
        ),
        (
            "Invoke-History 5",
            "InvokeHistoryNoHistoryForId,Microsoft.PowerShell.Commands.InvokeHistoryCommand",
        ),
        ("[hashtable]1", "ConvertToFinalInvalidCastException"),
        ("-bnot 1e20", "ConvertToFinalInvalidCastException"),
        ("[datetime]::TryParse('2024-01-01', [ref]$null)", "MethodCountCouldNotFindBest"),
        ("$g = $null; [guid]::TryParse('x', [ref]$g)", "MethodCountCouldNotFindBest"),
        ("$t = $null; [timespan]::TryParse('1:2', $null, [ref]$t)", "MethodCountCouldNotFindBest"),
        ("$x = $null; [datetimeoffset]::TryParse('2024-01-01', [ref]$x)", "MethodCountCouldNotFindBest"),
    ],
)
def test_it_fails_with_powershells_id(script: str, error_id: str) -> None:
    assert run(f"try {{ {script} }} catch {{ $_.FullyQualifiedErrorId }}").output == [error_id]
    with pytest.raises(PSBridgeError):
        run(f"$ErrorActionPreference = 'Stop'; {script}")


@pytest.mark.parametrize(
    ("parameter", "first", "shown"),
    [
        (
            "[datetime]$D = '2024-01-02'",
            "'2020-02-02'",
            ["DateTime:01/02/2024 00:00:00", "String:2024-01-02"],
        ),
        ("[timespan]$D = '0:1'", "'0:2'", ["TimeSpan:00:01:00", "String:0:1"]),
        ("[DayOfWeek]$D = 'monday'", "'sunday'", ["DayOfWeek:Monday", "String:monday"]),
        ("[char]$D = 'c'", "'d'", ["Char:c", "String:c"]),
        ("[nullable[int]]$D = '7'", "4", ["Int32:7", "String:7"]),
        ("[ValidateRange(1, 9)][int]$D = '7'", "4", ["Int32:7", "String:7"]),
        ("[bigint]$D = 5", "4", ["BigInteger:5", "Int32:5"]),
        ("[int]$D = '7'", "4", ["Int32:7", "Int32:7"]),
        ("[decimal]$D = 7", "4", ["Decimal:7", "Decimal:7"]),
        ("[bool]$D = 1", "$false", ["Boolean:True", "Boolean:True"]),
        ("[version]$D = '1.2'", "'3.4'", ["Version:1.2", "Version:1.2"]),
        ("[string]$D = 5", "'a'", ["String:5", "String:5"]),
    ],
)
def test_a_default_that_comes_back_after_a_pipeline_object_is_only_sometimes_converted(
    parameter: str, first: str, shown: list[str]
) -> None:
    piped = "[Parameter(ValueFromPipelineByPropertyName)]"
    script = f"""function f {{ param({piped}$N, {piped}{parameter})
        process {{ "$($D.GetType().Name):$D" }} }}
    $none = [pscustomobject]@{{ N = 1 }}
    $none, [pscustomobject]@{{ D = {first} }}, $none | f"""
    put_out = run(script).output
    assert [put_out[0], put_out[2]] == shown

"""`psbridge run-script`: exit codes, standard input, what the switches forbid, and bad input."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.script import port


def run(
    script: str | bytes, folder: Path, *words: str, switches: tuple[str, ...] = (), stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    path = folder / "script.ps1"
    path.write_bytes(script if isinstance(script, bytes) else script.encode())
    return subprocess.run(
        [sys.executable, "-m", "psbridge", "run-script", *switches, str(path), *words],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "output", "code"),
    [
        ("'a'; 1 + 1", "a\n2\n", 0),
        ("exit 7", "", 7),
        ("'before'; throw 'boom'; 'after'", "before\n", 1),
        ("Get-Item nope; 'after'", "after\n", 0),
        ("$ErrorActionPreference = 'Stop'; Get-Item nope; 'after'", "", 1),
        ("function f { exit 3 }; f; 'no'", "", 3),
        ("param($Name, [switch]$Loud) \"$Name $Loud $($args -join '|')\"", "Ann True x|y\n", 0),
    ],
)
def test_a_script_ends_as_with_pwsh_file(tmp_path: Path, script: str, output: str, code: int) -> None:
    words = ("-Name", "Ann", "-Loud", "x", "y") if script.startswith("param") else ()
    done = run(script, tmp_path, *words)
    assert (done.stdout, done.returncode) == (output, code)
    assert "Traceback" not in done.stderr


ROW = "$PSStyle.OutputRendering = 'PlainText'; [pscustomobject]@{ a = 1; b = 2 }; "
SHOWN = "\na b\n- -\n1 2\n"


@pytest.mark.parametrize(
    ("rest", "output", "code"),
    [
        ("'text'; exit 3", "\n", 3),
        ("function f { throw 'x' }; f", "\n", 1),
        ("$ErrorActionPreference = 'Stop'; Get-Item nope", "\n", 1),
        ("Get-Item nope; 'text'; exit 3", SHOWN + "text\n", 3),
        ("Start-Sleep -Milliseconds 400; [pscustomobject]@{ a = 3; b = 2 }; exit 3", SHOWN + "3 2\n", 3),
        ("return", SHOWN + "\n", 0),
    ],
)
def test_rows_that_wait_when_a_script_is_left_are_not_shown(
    tmp_path: Path, rest: str, output: str, code: int
) -> None:
    """PowerShell forgets them at `exit` and at an error that ends the script. So does its Python."""
    done = run(ROW + rest, tmp_path)
    assert (done.stdout, done.returncode) == (output, code)
    (tmp_path / "script.py").write_text(port(ROW + rest).text, encoding="utf-8")
    ported = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ported.stdout, ported.returncode) == (output, code)
    assert "Traceback" not in ported.stderr


def test_errors_go_to_standard_error_as_powershell_shows_them(tmp_path: Path) -> None:
    done = run("\nthrow 'boom'", tmp_path)
    assert "script.ps1:2" in done.stderr
    assert "throw 'boom'" in done.stderr
    assert "boom" in done.stderr


def test_no_error_shows_a_secret_that_stands_in_a_wrong_place(tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "data" / "secrets-in-wrong-places.ps1"
    done = run(script.read_bytes(), tmp_path)
    assert re.fullmatch(r"2\d\d failed\n", done.stdout)
    assert "hush7Kx92Lq" not in done.stderr


def test_a_schema_read_from_json_is_a_table_in_its_order(tmp_path: Path) -> None:
    """By name, by position and out of a pipeline, where any JSON may stand; a table of texts stays one."""
    schema = '{"z":{"type":"string"},"a":[1,null]}'
    script = f"""
$s = '{schema}' | ConvertFrom-Json
(Initialize-FunctionObject -Name f -Parameters $s).parameters | ConvertTo-Json -Compress
(Initialize-FunctionObject d f $s).parameters | ConvertTo-Json -Compress
$piped = [pscustomobject]@{{ Name = 'f'; Parameters = $s }} | Initialize-FunctionObject
$piped.parameters | ConvertTo-Json -Compress
try {{ Initialize-FunctionObject -Name f -Parameters text }} catch {{ $_.FullyQualifiedErrorId }}
try {{ Initialize-CreateChatCompletionRequest hi -LogitBias $s }} catch {{ $_.FullyQualifiedErrorId }}
"""
    refused = "ParameterArgumentTransformationError,Initialize-"
    assert run(script, tmp_path).stdout.splitlines() == [
        *[schema] * 3,
        f"{refused}FunctionObject",
        f"{refused}CreateChatCompletionRequest",
    ]


def test_standard_input_is_input(tmp_path: Path) -> None:
    done = run('$input | ForEach-Object { "<$_>" }', tmp_path, stdin="a\nb\n")
    assert done.stdout == "<a>\n<b>\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_and_line_ends(tmp_path: Path, encoding: str) -> None:
    done = run("$x = 'é'\r\n\r\n\"$x!\"\r\n".encode(encoding), tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("é!\n", "", 0)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Get-Wether", ["Get-Wether", "is not recognized as a name of a cmdlet"]),
        ("\n[No.Such.Type]::Now", ["Unable to find type [No.Such.Type]", ":2"]),
        ("function f { f }; f", ["call depth overflow"]),
        ("if (1 {", ["script.ps1:1"]),
        ("'unfinished", ["script.ps1:1", "terminator"]),
        ("[int]'x'", ['Cannot convert value "x" to type "System.Int32"']),
        ("Get-Content nope.txt", ["Cannot find path", "nope.txt"]),
        ("Get-Item -Nope x", ["A parameter cannot be found that matches parameter name 'Nope'"]),
    ],
)
def test_bad_input_is_an_error_and_never_a_traceback(tmp_path: Path, script: str, words: list[str]) -> None:
    done = run(script, tmp_path)
    shown = " ".join(done.stderr.replace("|", " ").split())
    for word in words:
        assert word in shown
    assert "Traceback" not in done.stderr


def test_a_mistyped_cmdlet_is_told_its_likely_name(tmp_path: Path) -> None:
    done = run("Get-Chlditem", tmp_path)
    assert "Get-ChildItem" in done.stderr


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "psbridge", "run-script", str(tmp_path / "none.ps1")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "none.ps1" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("switch", "script"),
    [
        ("--no-process", f"& '{sys.executable}' --version; 'end'"),
        ("--no-process", f"Start-Process '{sys.executable}'; 'end'"),
        ("--no-network", "Invoke-RestMethod http://127.0.0.1:9/; 'end'"),
        ("--read-only", "Set-Content made.txt x; 'end'"),
        ("--read-only", "'x' > made.txt; 'end'"),
        ("--read-only", "[IO.File]::WriteAllText((Join-Path $PWD 'made.txt'), 'x'); 'end'"),
        ("--read-only", "New-Item made.txt; 'end'"),
    ],
)
def test_what_the_switches_forbid_is_refused(tmp_path: Path, switch: str, script: str) -> None:
    done = run(script, tmp_path, switches=(switch,))
    assert switch in done.stderr, done.stderr
    assert "made" not in done.stdout
    assert not (tmp_path / "made.txt").exists()


def test_offline_answers_without_a_network(tmp_path: Path) -> None:
    script = (
        "$messages = @(@{ role = 'user'; content = 'Hi' })\n"
        "$body = @{ model = 'm'; messages = $messages } | ConvertTo-Json -Depth 5\n"
        '$answer = Invoke-RestMethod "$env:OPENAI_BASE_URL/chat/completions" -Method Post -Body $body '
        "-ContentType 'application/json' -Headers @{ Authorization = \"Bearer $env:OPENAI_API_KEY\" }\n"
        "$answer.choices[0].message.role"
    )
    done = run(script, tmp_path, switches=("--offline",))
    assert (done.stdout, done.stderr) == ("assistant\n", "")


def test_trace_names_the_commands(tmp_path: Path) -> None:
    done = run("Write-Output 'a' | ForEach-Object { $_ }", tmp_path, switches=("--trace",))
    assert done.stdout == "a\n"
    assert "Write-Output" in done.stderr


def test_an_error_is_marked_at_the_call_or_argument_that_powershell_marks(tmp_path: Path) -> None:
    """Measured on PowerShell 7.6.5: a function's own errors stand where it was called."""
    script = """$PSStyle.OutputRendering = 'PlainText'
function Test-One { [CmdletBinding()] param([ValidateRange(1, 3)][int]$N) Write-Error "bad $N" }
1 | ForEach-Object { Test-One $_ }
Test-One -N 5
if ($true) { Get-Item a; Get-Item b }
Write-Error 'top'
Test-One 2 -ErrorAction Stop
'not reached'
"""
    done = run(script, tmp_path)
    assert (done.stdout, done.returncode) == ("", 1)
    marks = [line for line in done.stderr.splitlines() if "~" in line or not line.startswith((" ", "Line"))]
    assert [line.replace(f"{tmp_path}{os.sep}", "") for line in marks] == [
        "Test-One: script.ps1:3",
        "     |                       ~~~~~~~~~~~",
        "Test-One: script.ps1:4",
        "     |              ~",
        "Get-Item: script.ps1:5",
        "     |               ~~~~~~~~~~",
        "Get-Item: script.ps1:5",
        "     |                           ~~~~~~~~~~",
        "Write-Error: top",
        "Test-One: script.ps1:7",
        "     |  ~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
    ]


def test_a_modules_functions_see_its_own_scope_and_only_what_it_exports(tmp_path: Path) -> None:
    (tmp_path / "tools.psm1").write_text(
        "$hidden = 'inside'\nfunction Get-Tool { Get-Hidden }\nfunction Get-Hidden { $hidden }\n"
        "Export-ModuleMember -Function Get-Tool\n"
    )
    script = "Import-Module ./tools.psm1; Get-Tool; \"[$hidden]\"; try { Get-Hidden } catch { 'hidden' }"
    assert run(script, tmp_path).stdout == "inside\n[]\nhidden\n"


def test_a_script_with_cmdletbinding_has_pscmdlet_and_whatif(tmp_path: Path) -> None:
    script = (
        "[CmdletBinding(SupportsShouldProcess)] param([string]$Target = 't')\n"
        "if ($PSCmdlet.ShouldProcess($Target, 'Deploy')) { 'did' } else { 'skipped' }\n"
        "New-Item x.txt | Out-Null"
    )
    done = run(script, tmp_path, "-WhatIf")
    assert done.stdout.splitlines() == [
        'What if: Performing the operation "Deploy" on target "t".',
        "skipped",
        f'What if: Performing the operation "Create File" on target "Destination: {tmp_path / "x.txt"}".',
    ]


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ('process { "p[$_]" }', ["p[]"]),
        ('process { "p[$_]" } end { @($input).Count }', ["p[a]", "p[b]", "0"]),
        ('process { "p[$_]"; function f { $input } }', ["p[]"]),
        ('process { "p[$_]" } end { [Console]::In.ReadLine() }', ["p[]", "a"]),
    ],
)
def test_standard_input_is_a_scripts_input_where_it_reads_that(
    script: str, shown: list[str], tmp_path: Path
) -> None:
    assert run(script, tmp_path, stdin="a\nb\n").stdout.splitlines() == shown


def test_messages_merged_into_the_output_keep_their_heads_on_the_screen_only(tmp_path: Path) -> None:
    script = (
        "Write-Warning 'w' 3>&1; & { Write-Verbose 'v' -Verbose; Write-Information 'i' } *>&1\n"
        "(Write-Warning 'x' 3>&1 | Out-String).Trim(); Write-Warning 'y' 3> warn.txt; Get-Content warn.txt"
    )
    assert run(script, tmp_path).stdout.splitlines() == ["WARNING: w", "VERBOSE: v", "i", "x", "y"]


def test_a_stored_completion_is_left_alone_under_whatif(tmp_path: Path) -> None:
    script = (
        "$r = New-ChatCompletion -Messages a -Model gpt-4o-mini -Store $true\n"
        "Remove-ChatCompletion -CompletionId $r.id -WhatIf 6>$null; (Get-ChatCompletion).data.Count"
    )
    shown = run(script, tmp_path, switches=("--offline",)).stdout.splitlines()
    assert shown[0].startswith(
        'What if: Performing the operation "Remove-ChatCompletion" on target "chatcmpl-'
    )
    assert shown[1:] == ["1"]


def test_a_parse_error_marks_the_token_that_was_not_expected(tmp_path: Path) -> None:
    lines = run("if ($true { 'x' }", tmp_path).stderr.splitlines()
    assert lines[3].count("~") == 1


@pytest.mark.parametrize(("again", "head"), [("throw", "Remove-Item"), ("throw $_", "Exception")])
def test_an_error_that_is_thrown_again_keeps_its_place(again: str, head: str, tmp_path: Path) -> None:
    tried = f"try {{ Remove-Item ./a -ErrorAction Stop }} catch {{ {again} }}"
    script = f"$PSStyle.OutputRendering = 'PlainText'\n{tried}"
    done = run(script, tmp_path)
    lines = done.stderr.splitlines()
    assert lines[0] == f"{head}: {tmp_path / 'script.ps1'}:2"
    assert lines[3] == f"     |        {'~' * len('Remove-Item ./a -ErrorAction Stop')}"
    assert done.returncode == 1


def test_a_server_that_is_not_there_is_told_in_the_sockets_words(tmp_path: Path) -> None:
    script = (
        "try { Invoke-RestMethod http://127.0.0.1:1/x } catch "
        '{ "$_"; $_.ErrorDetails.Message; $_.Exception.InnerException.Message; $_.Exception.Message }'
    )
    shown = run(script, tmp_path).stdout.splitlines()
    assert shown[:3] == [shown[0]] * 3
    assert shown[3] == f"{shown[0]} (127.0.0.1:1)"


def test_a_row_shows_what_its_object_was_when_it_was_put_out(tmp_path: Path) -> None:
    script = "$o = [pscustomobject]@{ a = 1 }; $o; $o.a = 2; $o"
    assert run(script, tmp_path).stdout.split() == ["a", "-", "1", "2"]


def test_a_built_request_takes_members_that_were_not_given(tmp_path: Path) -> None:
    script = (
        "$r = Initialize-CreateChatCompletionRequest -Messages hi -Model m; $r.temperature = 0.5\n"
        "$r | Select-Object model, temperature, seed | ConvertTo-Json -Compress\n"
        "try { $r.nosuch = 1 } catch { $_.FullyQualifiedErrorId }\n"
        "(New-ChatCompletion $r).choices[0].message.content\n(Get-Command New-ChatCompletion).Source"
    )
    done = run(script, tmp_path, switches=("--offline",))
    assert done.stdout.splitlines() == [
        '{"model":"m","temperature":0.5,"seed":null}',
        "ExceptionWhenSetting",
        "I am psbridge's offline server, not a model. You said: hi",
        "PSBridge",
    ]


def test_numbers_are_shown_with_the_digits_that_powershell_shows(tmp_path: Path) -> None:
    script = (
        "76/3; 0.1 + 0.2; 1e15; [single](1/3); @{ a = 76/3 }; [pscustomobject]@{ a = 76/3 } | Format-Table\n"
        "Set-Content q.txt (2/3); Get-Content q.txt"
    )
    numbers = "25.3333333333333 0.3 1E+15 0.3333333"
    assert run(script, tmp_path).stdout.split() == (
        f"{numbers} Name Value ---- ----- a 25.3333333333333 a - 25.33 0.6666666666666666".split()
    )


ASKS = "[CmdletBinding(SupportsShouldProcess)] param(); $PSStyle.OutputRendering = 'PlainText'; "
WOULD = 'What if: Performing the operation "{}" on target "{}".\n'


@pytest.mark.parametrize(
    ("rest", "output"),
    [
        (
            "function f { if ($PSCmdlet.ShouldProcess('x', 'Move')) { 'moved' } }; f",
            WOULD.format("Move", "x"),
        ),
        (
            "1, 2 | ForEach-Object { if ($PSCmdlet.ShouldProcess($_, 'Go')) { 'gone' } }",
            WOULD.format("Go", 1) + WOULD.format("Go", 2),
        ),
        (
            "function f { [CmdletBinding(SupportsShouldProcess)] param() "
            "if ($PSCmdlet.ShouldProcess('x')) { 'done' } }; f",
            WOULD.format("f", "x"),
        ),
    ],
)
def test_a_plain_function_asks_with_the_scripts_cmdlet(tmp_path: Path, rest: str, output: str) -> None:
    """A plain function, and a block, has no `$PSCmdlet` of its own. So has its Python."""
    done = run(ASKS + rest, tmp_path, "-WhatIf")
    assert (done.stdout, done.stderr) == (output, "")
    (tmp_path / "script.py").write_text(port(ASKS + rest).text, encoding="utf-8")
    ported = subprocess.run(
        [sys.executable, "script.py", "--what-if"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ported.stdout, ported.stderr) == (output, "")


def test_cmdlets_of_psbridge_say_what_they_would_do(tmp_path: Path) -> None:
    """-WhatIf of a script is in force for the cmdlets it calls: nothing is asked."""
    script = (
        "New-ChatCompletion -Messages 'x'; Set-Configuration -Model 'm'; (Get-Configuration).Model -eq 'm'"
    )
    done = run(ASKS + script, tmp_path, "-WhatIf")
    names = ("New-ChatCompletion", "Set-Configuration")
    assert done.stdout == "".join(WOULD.format(name, name) for name in names) + "False\n"


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ('"a $($null[0]) b"', "a  b\n"),
        ("\"a $($null.Split(',')[0]) b\"", "a  b\n"),
        ('"a $(1 / 0) b"', "a  b\n"),
        ("\"a $([int]'x') b\"", "a  b\n"),
        ("$y = @($null[0]); $y.Count", "0\n"),
        ("try { \"a $($null[0]) b\" } catch { 'caught' }", "caught\n"),
    ],
)
def test_an_error_in_a_subexpression_ends_the_statement_in_it(
    tmp_path: Path, script: str, output: str
) -> None:
    done = run(script, tmp_path)
    assert (done.stdout, done.returncode) == (output, 0)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ('$l.ForEach({ Write-Host "<$_> $args" })', "<> 1\n<> 2\n"),
        ('1 | ForEach-Object { $l.ForEach({ Write-Host "<$_> $args" }) }', "<1> 1\n<1> 2\n"),
        ("$l.FindAll({ $_ -gt 1 }).Count; $l.FindAll({ $args[0] -gt 1 }).Count", "0\n1\n"),
        ("[regex]::Replace('ab', 'a', { \"<$_$($args[0])>\" })", "<a>b\n"),
        ("try { $l.ForEach('ToString') } catch { 'refused' }", "refused\n"),
    ],
)
def test_a_delegate_leaves_the_current_item_alone(tmp_path: Path, script: str, output: str) -> None:
    """Where .NET takes a delegate, a block has what it is given in `$args`, not in `$_`."""
    done = run("$l = [Collections.Generic.List[int]](1, 2); " + script, tmp_path)
    assert done.stdout == output


def test_using_module_and_a_return_in_a_function_of_begin_have_a_python_form() -> None:
    assert not port("using module PSBridge\n'x'").report
    assert not port("begin { function f { return 1 } } end { f }").report
    assert port("using module Other\n'x'").report

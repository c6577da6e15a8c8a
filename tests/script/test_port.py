"""Scripts as Python: what is written is right, plain, and says what it does not hold."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.errors import PSBridgeError
from psbridge.script import port

from .helpers import helpers_of, lines_of
from .measured import LINUX, Line, port_statement, run_statement
from .whole import run_script

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
GOLDEN = sorted((HERE / "ported").glob("script-*.py"))


def _lines(*names: str) -> list[Line]:
    texts = [text for name in names for text in (DATA / name).read_text(encoding="utf-8").split("\n")]
    return [json.loads(text) for text in texts if text.strip()]


STATEMENTS = _lines("language.jsonl", "language-2.jsonl", "language-cultures.jsonl")
SCRIPTS = {line["id"]: line for line in _lines("scripts.jsonl")}
MORE = {
    line["id"]: line for line in _lines("scripts-more.jsonl", "scripts-piped.jsonl", "scripts-jobs.jsonl")
}


REFUSED: set[str] = set()
"""The measured statements that stay to be done by hand; all others are ported."""
REFUSED_SCRIPTS: set[str] = set()
PORTED_TOO = [
    "script-psb-splat",
    "script-piped-function",
    "script-missing-value",
    "script-pipeline-steps",
    "script-web-errors",
    "script-tables-between",
    "script-script-parts",
    "script-args",
    "script-psb-asked",
    "script-unauth-throw",
    "script-generated-enum",
    "script-psopenai-embeddings",
    "script-psopenai-cost",
    "script-err-places",
    "script-sets-default",
    "script-sets-id",
    "script-sets-clash",
    "script-sets-missing",
    "script-sets-none",
    "script-alias-option",
    "script-switch-colon",
    "script-refused-set",
    "script-refused-int",
    "script-refused-range",
    "script-refused-when",
    "script-refused-name",
    "script-refused-missing",
    "script-refused-value",
    "script-taken-defaults",
    "script-params-sets",
    "script-list-param",
    "script-list-given",
    "script-jobs",
    "script-host-writing",
]


def test_all_other_statements_are_ported() -> None:
    assert {line["id"] for line in STATEMENTS if port(line["script"]).report} == REFUSED


@pytest.mark.parametrize(
    "line", [line for line in STATEMENTS if line["id"] not in REFUSED], ids=lambda line: str(line["id"])
)
def test_a_ported_statement_puts_out_what_powershell_does(line: Line) -> None:
    if os.name == "nt" and line["id"] in LINUX:
        pytest.skip("it was measured on Linux")
    got = port_statement(line["script"])
    assert (got["output"], got["errors"]) == (line["output"], line["errors"])


@pytest.mark.parametrize("text", (DATA / "port-statements.txt").read_text(encoding="utf-8").splitlines())
def test_a_ported_statement_puts_out_what_the_statement_does(text: str) -> None:
    assert port(text).report == []
    ran, ported = run_statement(text), port_statement(text)
    assert ported["output"] == ran["output"]
    assert [one["id"] for one in ported["errors"]] == [one["id"] for one in ran["errors"]]


def test_ported_scripts_are_clean(tmp_path: Path) -> None:
    for name, line in SCRIPTS.items():
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(port(line["script"]).text, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\n", encoding="utf-8")
    lint = ["ruff", "check", "--isolated", "--extend-select", "I,PIE790", "."]
    types = ["mypy", "--config-file", "mypy.ini", "--exclude", "psb_validation", "."]
    for command in (lint, types):  # the script of the exclusion hands over values of wrong types on purpose
        ran = subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert ran.returncode == 0, ran.stdout


def test_what_counts_the_rounds_of_a_loop_is_enumerate() -> None:
    assert port("$n = 0; foreach ($name in 'a', 'b') { $n++; Write-Host \"$n $name\" }").text == (
        'for n, name in enumerate(["a", "b"], 1):\n    print(f"{n} {name}")\n'
    )
    kept = port("$n = 5; foreach ($name in 'a', 'b') { Write-Host \"$n $name\"; $n++ }; Write-Host $n").text
    assert "n += 1" in kept
    shared = port(
        "$n = 1; foreach ($name in 'a') { $n++; if ($name -eq 'a') { $n = 7 } }; Write-Host $n"
    ).text
    assert "n += 1" in shared


@pytest.mark.parametrize(
    "text",
    [
        "foreach ($n in 1..3) { $k = $n * 2; $v = if ($k -gt 2) { $k; 'more' } else { $n }; \"$v\" }",
        'foreach ($n in 1..3) { $b = 1..2 | Where-Object { $_ -ne $n } | Sort-Object { -$_ * $n }; "$b" }',
        "$blocks = foreach ($n in 1..3) { { $n } }; $blocks | ForEach-Object { & $_ }",
        "foreach ($n in 1..3) { if ($n -gt 1) { $late = $n }; $v = if ($n -gt 2) { $late; 0 }; '' + $v }",
    ],
)
def test_a_function_in_a_loop_sees_its_round(text: str) -> None:
    lint = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "B023", "--ignore", "F", "-"]
    ported = port_statement(text)
    assert [one["v"] for one in ported["output"]] == [one["v"] for one in run_statement(text)["output"]]
    if "$late" not in text and "$blocks" not in text:
        ran = subprocess.run(lint, input=port(text).text, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout


def test_ported_scripts_need_few_helpers() -> None:
    texts = {name: port(line["script"]).text for name, line in SCRIPTS.items()}
    helpers = sum(helpers_of(text) for text in texts.values())
    assert helpers <= 0.1 * sum(lines_of(text) for text in texts.values())
    assert helpers_of(texts["script-ask-simple"]) == helpers_of(texts["script-ask-splat"]) == 0


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("if ($PSCmdlet.ShouldProcess('x')) { SET }", True),
        ("if ($Now -and $PSCmdlet.ShouldProcess('x')) { SET }", True),
        ("if (-not $PSCmdlet.ShouldProcess('x')) { return }; SET", True),
        ("if (!($PSCmdlet.ShouldProcess('x'))) { 'no' } else { SET }", True),
        ("SET", False),
        ("if ($Now -or $PSCmdlet.ShouldProcess('x')) { SET }", False),
        ("if (-not $PSCmdlet.ShouldProcess('x')) { SET }", False),
        ("if (-not $PSCmdlet.ShouldProcess('x')) { 'no' }; SET", False),
        ("if ($Now) { 'a' } elseif ($PSCmdlet.ShouldProcess('x')) { 'b' }; SET", False),
    ],
)
def test_a_cmdlet_that_may_only_show_is_called_directly_where_the_script_has_asked(
    body: str, asked: bool
) -> None:
    head = "[CmdletBinding(SupportsShouldProcess)] param([switch]$Now)"
    script = f"function F {{ {head} {body.replace('SET', 'Set-Configuration -Model a')} }}\nF -WhatIf"
    assert ("ps.Set_Configuration" in port(script).text) == asked


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_ported_text_is_python_without_the_parser_or_the_interpreter(name: str) -> None:
    ported = port(SCRIPTS[name]["script"])
    imports = [node for node in ast.walk(ast.parse(ported.text)) if isinstance(node, ast.ImportFrom)]
    own = {(node.module, alias.name) for node in imports for alias in node.names}
    own = {one for one in own if str(one[0]).startswith("psbridge")}
    assert own <= {("psbridge.script.semantics", "porting")}
    assert ported.text.count("raise posh.NotPorted(") == len(ported.report)
    assert bool(ported.report) == (name in REFUSED_SCRIPTS)


def test_a_ported_script_starts_without_the_compiler_and_reads_properties_as_attributes() -> None:
    script = (
        "import sys\n"
        "from psbridge.script.semantics import porting as posh\n"
        "print('psbridge.script.interpreter.compiler' in sys.modules)\n"
        "print(*(one.Key + one.Value for one in posh.items(posh.invoke({'a': 'b'}, 'GetEnumerator'))))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines() == ["False", "ab"], ran.stderr


@pytest.mark.parametrize("name", [*sorted(set(SCRIPTS) - REFUSED_SCRIPTS), *PORTED_TOO])
def test_a_ported_script_does_what_the_script_does(name: str) -> None:
    line = SCRIPTS.get(name) or MORE[name]
    ran = run_script(line, "port")
    assert {key: line[key] for key in ran} == ran


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_script_becomes_the_python_that_a_person_read(file: Path) -> None:
    """`python -m tests.script.ported` writes the files anew, to be read before they are committed."""
    assert port(SCRIPTS[file.stem]["script"]).text == file.read_text(encoding="utf-8")


def test_ask_and_print_needs_no_helper() -> None:
    assert "psbridge.script" not in port(SCRIPTS["script-ask-simple"]["script"]).text


def test_a_line_that_is_not_ported_is_named_in_the_text_and_the_report() -> None:
    ported = port("$n = 1\nGet-Wether -City Bern\nWrite-Host $n")
    assert [(note.line, note.column) for note in ported.report] == [(2, 1)]
    assert 'raise posh.NotPorted("line 2: the command Get-Wether' in ported.text


IN_A_BLOCK = [
    "if ($n) { BEFORE; REFUSED; AFTER }",
    "if (-not $n) { BEFORE } else { REFUSED; AFTER }",
    "foreach ($i in 1..2) { BEFORE; REFUSED; AFTER }",
    "for ($i = 0; $i -lt 2; $i++) { BEFORE; REFUSED; AFTER }",
    "while ($n -lt 3) { $n++; BEFORE; REFUSED; AFTER }",
    "do { $n++; BEFORE; REFUSED; AFTER } while ($n -lt 3)",
    "switch ($n) { 1 { BEFORE; REFUSED; AFTER } default { 'other' } }",
    "switch -Wildcard ('ab') { 'a*' { BEFORE; REFUSED; AFTER } }",
    "1..2 | ForEach-Object { BEFORE; REFUSED; AFTER }",
    "$got = 1..2 | ForEach-Object { BEFORE; REFUSED; AFTER }; $got",
    "$got = foreach ($i in 1..2) { BEFORE; REFUSED; AFTER }; $got",
    "$got = if ($n) { BEFORE; REFUSED; AFTER }; $got",
    "try { BEFORE; REFUSED; AFTER } catch { 'hidden' } finally { 'last' }",
    "try { throw 'x' } catch { BEFORE; REFUSED; AFTER }",
    "function Get-It { BEFORE; REFUSED; AFTER }; Get-It",
    "function Get-It { param([string]$a) BEFORE; REFUSED; return AFTER }; Get-It b",
    "function Get-It { [CmdletBinding()] param($a) process { BEFORE; REFUSED; AFTER } }; Get-It b",
    "$block = { BEFORE; REFUSED; AFTER }; & $block",
    "& { BEFORE; REFUSED; AFTER }",
    "class A { [string] Go() { Write-Host 'before'; REFUSED; return AFTER } }; [A]::new().Go()",
    "if ($n) { foreach ($i in 1..2) { try { BEFORE; REFUSED; AFTER } finally { 'last' } } }",
]
REFUSED_LINES = ["Get-Wether | Out-File x.txt", "$r = Get-Wether $n"]


@pytest.mark.parametrize("refused", REFUSED_LINES)
@pytest.mark.parametrize("around", IN_A_BLOCK)
def test_of_a_block_only_the_line_that_is_not_ported_stays(around: str, refused: str) -> None:
    script = around.replace("REFUSED", refused).replace("BEFORE", "'before'").replace("AFTER", '"after $r"')
    ported = port("$n = 1\n" + script.replace("; ", "\n"))
    assert len(ported.report) == ported.text.count("raise posh.NotPorted(") == 1
    assert "after" in ported.text
    assert around.count("BEFORE") == ported.text.count('"before"') - around.count("'before'")
    _assert_clean_names(ported.text)
    assert _fate(ported.text) == "NotPorted"


def test_a_job_that_calls_the_scripts_functions_is_refused() -> None:
    ported = port(
        "function Get-It { 1 }\n$j = Start-ThreadJob { Get-It }\n1 | ForEach-Object -Parallel { Get-It }"
    )
    assert [note.line for note in ported.report] == [2, 3]
    assert ported.report[0].reason == "the function Get-It is not known inside a job."
    assert port("$j = Start-ThreadJob { function Get-It { 1 }; Get-It }; $j | Receive-Job -Wait").report == []


def test_a_variable_that_a_job_has_beside_that_of_the_script_is_refused() -> None:
    ported = port("$x = 1\n$j = Start-ThreadJob { $x = 2; $using:x + $x }")
    assert [note.reason for note in ported.report] == ["a job's own $x beside $using:x has no Python form."]


@pytest.mark.parametrize(
    ("script", "python"),
    [
        ("Write-Host a 5 -Separator '-'", 'print("a", 5, sep="-")'),
        ("Write-Host a, b -NoNewline", 'print("a", "b", end="")'),
        ("Write-Host (1, 2) -Separator ', '", 'print(1, 2, sep=", ")'),
        ("Write-Host 'one' -Separator ';' -ForegroundColor Red -Verbose", 'print("one")'),
        ("Write-Host 'one' -NoNewline:$false", 'print("one")'),
        ("$a = 'x', 'y'; Write-Host $a -Separator ', '", 'print(*a, sep=", ")'),
        ("$a = $null; Write-Host x $a", 'print("x", "")'),
    ],
)
def test_write_host_with_parameters_is_print(script: str, python: str) -> None:
    assert port(script).text.splitlines()[-1] == python


KEEPS_THE_TABLE = ["Write-Host $k", "$n += $h[$k]", "if ($h.ContainsKey($k)) { $k.ToUpper() }", "'x'"]
CHANGES_THE_TABLE = [
    "$h[$k] = 2",
    "$h.b++",
    "$g[$k] = 1",
    "$h.Remove($k)",
    "Set-It",
    "& $block",
    "foreach ($i in 1..2) { $h.$i = 1 }",
]


@pytest.mark.parametrize("body", [*KEEPS_THE_TABLE, *CHANGES_THE_TABLE])
@pytest.mark.parametrize(
    "loop", ["foreach ($k in @($h.Keys)) { BODY }", "@($h.Keys) | ForEach-Object { $k = $_; BODY }"]
)
def test_a_loop_over_keys_copies_them_where_it_may_change_the_table(loop: str, body: str) -> None:
    start = "$h = @{ a = 1 }; $g = $h; $n = 0; $block = { $h.c = 1 }; function Set-It { $h.z = 1 }; "
    text = port(start + loop.replace("BODY", body)).text
    assert (" in h:" in text) == (body in KEEPS_THE_TABLE)
    assert (" in [*h]:" in text) == (body in CHANGES_THE_TABLE)
    assert _errors_of_running(text) == ""


HEADS = [
    "if (REFUSED) { 'body' }",
    "if ($n -eq 5) { 'one' } elseif (REFUSED) { 'body' }",
    "function Get-It { if (REFUSED) { 'body' } else { 'other' } }; Get-It",
    "foreach ($i in REFUSED) { 'body' }",
    "while (REFUSED) { 'body' }",
    "do { 'body' } until (REFUSED)",
    "for ($i = 0; REFUSED; $i++) { 'body' }",
    "switch (REFUSED) { 1 { 'body' } }",
    "REFUSED | ForEach-Object { 'body' }",
    "REFUSED | Where-Object { $_ } | ForEach-Object { 'body' }",
]


@pytest.mark.parametrize("script", HEADS)
def test_the_blocks_of_a_statement_stay_where_its_head_is_not_ported(script: str) -> None:
    ported = port("$n = 1; " + script.replace("REFUSED", "Get-Wether"))
    assert len(ported.report) == ported.text.count("raise posh.NotPorted(") == 1
    assert '"body"' in ported.text
    _assert_clean_names(ported.text)
    assert _fate(ported.text) == "NotPorted"


def _errors_of_running(text: str) -> str:
    """What a ported text that runs to its end has written to standard error."""
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


def _assert_clean_names(text: str) -> None:
    """That no name is read which nothing sets."""
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F,E9", "-"],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout


def _fate(text: str) -> str:
    """The name of the error that a ported text ends in; no catch of the script's has seen it."""
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert "hidden" not in ran.stdout
    return ran.stderr.strip().rpartition("\n")[2].partition(":")[0].rpartition(".")[2]


def test_a_script_that_cannot_be_parsed_is_an_error_with_its_place() -> None:
    with pytest.raises(PSBridgeError, match="Line 2, column"):
        port("$a = 1\nif ($a {")


@pytest.mark.parametrize("name", ["class", "print", "os", "ps"])
def test_a_name_that_python_has_gets_an_underscore(name: str) -> None:
    assert port(f"${name} = 2; ${name}").text == f"{name}_ = 2\nprint({name}_)\n"


def test_a_function_gives_its_value_and_converts_its_arguments() -> None:
    script = "function Get-Sum([int]$a, [int]$b = 3) { $c = $a + $b; return $c }; Get-Sum -a 4; Get-Sum 1 1"
    assert port(script).report == []
    assert [item["v"] for item in port_statement(script)["output"]] == ["7", "2"]


def test_a_function_that_gives_several_values_is_a_generator() -> None:
    assert port("function f { 1; 2 }; f").text == (
        "from collections.abc import Iterator\n\n\n"
        "def f() -> Iterator[int]:\n    yield 1\n    yield 2\n\n\nfor item in f():\n    print(item)\n"
    )


def test_two_names_that_differ_in_case_are_one() -> None:
    assert port("$Total = 2; $TOTAL").text == "total = 2\nprint(total)\n"


def _psbridge(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "psbridge", "port", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_command_reports_places_of_the_file_and_strict_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Title\n\n```powershell\n1 + 1\nGet-Wether\n```\n", encoding="utf-8")
    ran = _psbridge(tmp_path, "page.md")
    assert ran.returncode == 1
    assert ran.stdout.splitlines()[-2] == "print(1 + 1)"
    assert ran.stderr.startswith("page.md:5:1: the command Get-Wether")
    strict = _psbridge(tmp_path, "page.md", "--strict", "--out", "page.py")
    assert (strict.returncode, strict.stdout, (tmp_path / "page.py").exists()) == (1, "", False)


def test_a_script_in_utf_16_is_ported(tmp_path: Path) -> None:
    (tmp_path / "a.ps1").write_text("'Gr\u00fc\u00dfe'\r\n", encoding="utf-16", newline="")
    ran = _psbridge(tmp_path, "a.ps1", "--out", "a.py")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == 'print("Gr\u00fc\u00dfe")\n'


@pytest.mark.parametrize(
    "address", ["https://api.openai.com/v1", "$env:OPENAI_BASE_URL", "https://x.example/v1"]
)
def test_only_a_request_to_the_service_becomes_its_cmdlet(address: str) -> None:
    text = port(
        "$body = @{ model = 'm'; messages = @(@{ role = 'user'; content = '' }) } | ConvertTo-Json -Depth 5\n"
        f'$reply = Invoke-RestMethod "{address}/chat/completions" -Method Post -Body $body '
        '-Headers @{ Authorization = "Bearer $env:OPENAI_API_KEY" }\n'
        "$reply.choices[0].message.content"
    ).text
    assert ("ps.New_ChatCompletion(body, MaxRetryCount=0)" in text) == ("example" not in address)
    assert ("ConvertTo-Json" in text or "json.dumps" in text) == ("example" in address)


def test_a_function_may_begin_many_variables_as_copies_of_the_scripts_own() -> None:
    names = [f"$n{number}" for number in range(80)]
    text = f"{'; '.join(f'{name} = 1' for name in names)}; function f {{ "
    text += f"{'; '.join(f'$c = {name}; {name} = 2' for name in names)}; $n79 }}; f; $n79"
    assert port(text).report == []
    assert [item["v"] for item in port_statement(text)["output"]] == ["2", "1"]


def test_a_script_may_have_many_functions_with_powershells_binding() -> None:
    names = [f"f{number}" for number in range(70)]
    text = "; ".join(f"function {name} {{ [CmdletBinding()] param($a) $a }}" for name in names)
    text += f"; {'; '.join(f'{name} {name}' for name in names)}"
    assert port(text).report == []
    assert [item["v"] for item in port_statement(text)["output"]] == names


@pytest.mark.parametrize(
    ("text", "output"),
    [
        (
            "function f { param([ValidateScript({ $_ -gt 2 })][ValidateScript({ $_ -lt 9 })][int]$n) $n }; "
            "f 5; try { f 1 } catch { 'low' }; try { f 10 } catch { 'high' }",
            ["5", "low", "high"],
        ),
        (
            ":outer foreach ($i in 1..4) { foreach ($k in 1..2) { if ($i -eq 3) { break outer }; "
            "if ($k -eq 1) { continue outer }; 'never' }; 'nor this' }; $i",
            ["3"],
        ),
        ("$n = 'new'; $b = [System.Text.StringBuilder]::$n(); $b.Length", ["0"]),
        ("function Get-It { [CmdletBinding()][Alias('gotten')] param($a) \"got $a\" }; gotten 5", ["got 5"]),
        ("function f { param([string]$a) $a = 5, 6; $a }; f x", ["5 6"]),
        (
            "function f { param($a) \"see $a\"; if ($a) { throw 'b' } }; try { f 1 } catch { 'c' }",
            ["see 1", "c"],
        ),
        (
            "1..3 | ForEach-Object -Begin { 'a' } -Process { if ($_ -eq 2) { return }; $_ } -End { 'z' }",
            ["a", "1", "3", "z"],
        ),
        (
            "class C {\n C([int]$n) { }\n [int] Twice([int]$k) { return $k * 2 }\n}\n"
            "try { [C]::new('x') } catch { $_.Exception.GetType().Name; \"$_\".Split(',')[0] }\n"
            "try { [C]::new(3).Twice('x') } catch { $_.FullyQualifiedErrorId }",
            [
                "MethodException",
                'Cannot convert argument "n"',
                "MethodArgumentConversionInvalidCastArgument",
            ],
        ),
        ("$m = 5; $q = 'is it'; \"$q $m?, ${m}? $m.\"", ["is it , 5? 5."]),
        (
            "function f { param([ValidateSet('a', 'b', IgnoreCase = $false)][string]$m) $m }; f b; "
            "try { f B } catch { 'refused' }",
            ["b", "refused"],
        ),
        (
            "function f { param([ValidateScript({ $_ -gt 2 }, ErrorMessage = '{0} is low.')][int]$n) $n }; "
            "try { f 1 } catch { $_.Exception.Message }",
            ["Cannot validate argument on parameter 'n'. 1 is low."],
        ),
    ],
)
def test_a_port_of_what_ended_it_once_puts_out_what_the_script_does(text: str, output: list[str]) -> None:
    assert port(text).report == []
    assert [item["v"] for item in port_statement(text)["output"]] == output


def test_a_scripts_parameter_of_a_net_type_and_its_verbose_are_options(tmp_path: Path) -> None:
    script = "[CmdletBinding()] param([datetime]$When = '2024-01-02', [string]$Of = \"of $($When.Year)\")\n"
    script += "$Of; Write-Verbose 'told'"
    (tmp_path / "a.py").write_text(port(script).text, encoding="utf-8")
    command = [sys.executable, "a.py", "--when", "2025-03-04", "--verbose"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.stdout.splitlines() == ["of 2025", "VERBOSE: told"]
    ran = subprocess.run([*command, "--when", "x"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)


def test_what_the_host_is_told_waits_for_no_table(tmp_path: Path) -> None:
    script = """foreach ($i in 1..2) { [pscustomobject]@{ Id = $i; Name = "n$i" } }
Write-Host 'at once'
'between'
[pscustomobject]@{ Id = 10; Name = 'last' }
"""
    (tmp_path / "a.py").write_text(port(script).text, encoding="utf-8")
    ran = subprocess.run([sys.executable, "a.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    rows = ["", "at once", "Id Name", "-- ----", " 1 n1", " 2 n2", "between", "10 last", ""]
    assert ran.stdout.splitlines() == rows


def test_a_body_that_one_request_sends_as_it_is_stays_json() -> None:
    text = port(
        "$body = @{ model = 'm' } | ConvertTo-Json\n"
        'Invoke-RestMethod "$env:OPENAI_BASE_URL/chat/completions" -Method Post -Body $body -Proxy http://p'
    ).text
    assert "json" in text.lower()


def test_a_class_that_is_not_ported_leaves_the_rest_as_it_is() -> None:
    ported = port("class A { [int]M() { $x = 1; return $x } [int]N([System.Nope]$y) { return 1 } }\n'on'")
    names = [type(node).__name__ for node in ast.parse(ported.text).body]
    assert names == ["ImportFrom", "Raise", "Expr"]
    assert len(ported.report) == 1


def test_a_range_that_a_variable_keeps_is_a_list() -> None:
    text = "$a = 1..3; $a += 6; $a -join ','; $b = 1..2; foreach ($n in $b) { $n }; $c = $a + $a; \"$c\""
    assert "b = range(1, 3)\n" in port(text).text
    assert port_statement(text) == run_statement(text)


def test_what_a_reader_does_not_need_is_not_written() -> None:
    text = port(
        "function Get-Sum { param([int[]]$n) $t = 0; foreach ($i in $n) { $t += $i }; return $t }\n"
        "$s = 'a'; \"$s\"\ntry { Get-Sum 1 } catch { 'no' }\ntry { Get-Sum 2 } catch { $_.ScriptStackTrace }"
    ).text
    assert not re.search(r"^ +return$", text, re.MULTILINE)
    assert "print(s)" in text
    assert "record_2" not in text


def test_a_depth_in_quotes_is_a_number() -> None:
    text = "@{ a = 1 } | ConvertTo-Json -Depth '10' -Compress; @{ a = 1 } | ConvertTo-Json -Depth 2 -Compress"
    assert port_statement(text) == run_statement(text)

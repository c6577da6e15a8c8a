"""`psbridge port`: several files, dot-sourced files, explanations, and script and Python compared."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.offline import OfflineServer
from psbridge.script import port
from psbridge.script.translate.explain import html, markdown, reasons

PWSH = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
MAIN = """\
<#
.SYNOPSIS
Greets.
#>
param([string]$Name = 'world')
. ./lib/text.ps1
. "$PSScriptRoot/lib/sums.ps1"
# Say it.
Write-Host (Get-Greeting -Name $Name)
$sum = Get-Sum 1 2
Set-Content sum.txt "$sum"
"""
TEXT = 'function Get-Greeting {\n    param([string]$Name)\n    return "Hello, $Name"\n}\n'
SUMS = "function Get-Sum([int]$A, [int]$B) { $A + $B }\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "main.ps1").write_text(MAIN, encoding="utf-8")
    (tmp_path / "lib" / "text.ps1").write_text(TEXT, encoding="utf-8")
    (tmp_path / "lib" / "sums.ps1").write_text(SUMS, encoding="utf-8")
    return tmp_path


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def _port(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _python(folder, "-m", "psbridge", "port", *words)


def test_a_dot_sourced_file_of_functions_is_a_module_beside(folder: Path) -> None:
    ran = _port(folder, "main.ps1", "--out", "python/greet.py")
    assert (ran.returncode, ran.stderr) == (0, "")
    made = {path.name: path.read_text(encoding="utf-8") for path in (folder / "python").iterdir()}
    assert set(made) == {"greet.py", "text.py", "sums.py"}
    assert "from text import get_greeting\n" in made["greet.py"]
    assert "def " not in made["greet.py"]
    done = _python(folder, "python/greet.py", "--name", "Bob")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Hello, Bob\n", "")
    assert (folder / "sum.txt").read_text(encoding="utf-8") == "3\n"


def test_on_standard_output_it_is_one_text(folder: Path) -> None:
    ran = _port(folder, "main.ps1")
    assert "from text" not in ran.stdout
    assert {node.name for node in ast.parse(ran.stdout).body if isinstance(node, ast.FunctionDef)} == {
        "get_greeting",
        "get_sum",
    }


@pytest.mark.parametrize(
    "library",
    [
        "$script:count = 0\nfunction Get-Next { $script:count = $script:count + 1; $script:count }",
        "function Get-Next { $shared }",
        "Write-Host 'loaded'\nfunction Get-Next { 1 }",
    ],
)
def test_what_would_mean_something_else_apart_stays_in_one_text(tmp_path: Path, library: str) -> None:
    (tmp_path / "lib.ps1").write_text(library, encoding="utf-8")
    main = tmp_path / "main.ps1"
    main.write_text("$shared = 7\n. ./lib.ps1\nGet-Next\n", encoding="utf-8")
    made = port(main.read_text(encoding="utf-8"), path=main, module="main")
    assert made.modules == {}
    assert _port(tmp_path, "main.ps1", "--check").returncode == 0


def test_a_place_in_a_dot_sourced_file_is_that_files(folder: Path) -> None:
    (folder / "lib" / "sums.ps1").write_text(f"{SUMS}\n  Get-Wether\n", encoding="utf-8")
    ran = _port(folder, "main.ps1", "--out", "main.py")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"{Path('lib', 'sums.ps1')}:3:3: the command Get-Wether is not known here")


def test_several_files_go_to_a_folder(folder: Path) -> None:
    ran = _port(folder, "main.ps1", "lib/sums.ps1", "--out", "made")
    assert ran.returncode == 0
    assert {path.name for path in (folder / "made").iterdir()} == {"main.py", "text.py", "sums.py"}
    refused = _port(folder, "main.ps1", "lib/sums.ps1")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Several scripts go to a folder: --out FOLDER." in refused.stderr


def test_a_missing_file_is_named_and_nothing_is_written(folder: Path) -> None:
    ran = _port(folder, "main.ps1", "other.ps1", "--out", "made")
    assert ran.returncode == 2
    assert "'other.ps1' cannot be ported: no such file" in ran.stderr
    assert not (folder / "made").exists()


def test_a_folder_for_one_file_is_where_it_goes(folder: Path) -> None:
    (folder / "made").mkdir()
    assert _port(folder, "main.ps1", "--out", "made").returncode == 0
    assert (folder / "made" / "main.py").is_file()


def test_a_module_of_pythons_own_is_not_hidden(folder: Path) -> None:
    (folder / "csv.ps1").write_text("'a,b', '1,2' | ConvertFrom-Csv | ForEach-Object a", encoding="utf-8")
    (folder / "made").mkdir()
    assert _port(folder, "csv.ps1", "--out", "made").stderr == ""
    assert (folder / "made" / "csv_.py").is_file()
    ran = _port(folder, "csv.ps1", "--out", "csv.py")
    assert ran.returncode == 0 and "and is hidden by it." in ran.stderr


def test_check_runs_both_and_says_that_they_agree(folder: Path) -> None:
    ran = _port(folder, "main.ps1", "--check", "--argument=-Name", "--argument=Bob")
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[0] == "main.ps1: 6 of 6 statements are ported."
    assert "output, exit code, files and requests" in ran.stdout
    assert ("PowerShell" in ran.stdout) == bool(PWSH)
    assert not (folder / "sum.txt").exists()


def test_check_names_what_differs(tmp_path: Path) -> None:
    script = "'same'\nGet-Random -Maximum 2000000000\nSet-Content a.txt (Get-Random -Maximum 2000000000)\n"
    (tmp_path / "a.ps1").write_text(script, encoding="utf-8")
    ran = _port(tmp_path, "a.ps1", "--check")
    assert ran.returncode == 1
    lines = ran.stdout.splitlines()
    assert lines[1].startswith("a.ps1: output: the Python puts out ")
    assert lines[1].endswith(", line 2.")
    assert "a.ps1: files: a.txt differs by the Python." in lines


def test_check_says_what_is_not_ported(tmp_path: Path) -> None:
    (tmp_path / "a.ps1").write_text("1\nGet-Wether\n3\n", encoding="utf-8")
    ran = _port(tmp_path, "a.ps1", "--check")
    assert (ran.returncode, ran.stdout) == (1, "a.ps1: 2 of 3 statements are ported.\n")
    assert ran.stderr.startswith("a.ps1:2:1: the command Get-Wether")


def test_an_explanation_has_every_statement_and_its_python(folder: Path) -> None:
    ran = _port(folder, "main.ps1", "--explain")
    assert ran.returncode == 0
    for line in MAIN.splitlines()[8:]:
        assert line in ran.stdout
    assert "def get_sum(" in ran.stdout
    assert "## sums.ps1, line 1" in ran.stdout


def test_an_explanation_says_why() -> None:
    script = (
        "$body = @{ model = 'm'; messages = @(@{ role = 'user'; content = 'Hi' }) } | ConvertTo-Json\n"
        "$reply = Invoke-RestMethod https://api.openai.com/v1/chat/completions -Method Post -Body $body "
        "-Headers @{ Authorization = \"Bearer $env:OPENAI_API_KEY\" } -ContentType 'application/json'\n"
        "$a = Get-Date; $a -eq 'b'"
    )
    pairs = port(script).pieces
    assert any("MaxRetryCount=0" in why for pair in pairs for why in reasons(pair))
    helpers = {name for pair in pairs for name in _helpers(pair.python)}
    said = "\n".join(why for pair in pairs for why in reasons(pair))
    assert helpers
    assert all(f"`posh.{name}`: " in said for name in helpers)


def _helpers(text: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "posh"
    }


def test_an_explanation_in_html_escapes_what_it_shows(folder: Path) -> None:
    (folder / "a.ps1").write_text("Write-Host '<b>&amp;</b>'\nGet-Wether", encoding="utf-8")
    assert _port(folder, "a.ps1", "--explain", "--out", "a.html").returncode == 1
    page = (folder / "a.html").read_text(encoding="utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;amp;" in page
    assert "a.ps1:2:1: the command Get-Wether" in page


def test_fences_of_an_explanation_hold_what_has_fences() -> None:
    made = port("Write-Host '```'")
    assert "\n````powershell\nWrite-Host '```'\n````\n" in markdown(made, "a.ps1")
    assert html(made, "a.ps1").count("<tr>") == 2


def test_a_scripts_list_is_of_its_type_and_what_has_no_place_is_refused(tmp_path: Path) -> None:
    script = """param([Parameter(Mandatory)][string]$Name, [int[]]$Ids = @(0), [string[]]$Set, $More)
"$Name $Ids $($Ids.GetType().Name) $($null -eq $Set) $($null -eq $More)"
"""
    (tmp_path / "a.py").write_text(port(script).text, encoding="utf-8")

    def ran(*words: str) -> tuple[int, str, str]:
        made = subprocess.run(
            [sys.executable, "a.py", *words], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        return made.returncode, made.stdout.strip(), made.stderr

    assert ran("n", "--ids", "1,2,3") == (0, "n 123 Int32[] True True", "")
    assert ran("n", "--set", "a", "--more", "x") == (0, "n 0 Int32[] False False", "")
    code, _, told = ran("n", "stray", "--set", "a")
    assert (code, "A positional parameter cannot be found that accepts argument 'stray'." in told) == (
        1,
        True,
    )


def test_verbose_is_an_option_where_a_web_cmdlet_has_something_to_say(tmp_path: Path) -> None:
    script = '[CmdletBinding()] param()\n$got = Invoke-WebRequest "$env:OPENAI_BASE_URL/nothing" '
    script += "-SkipHttpErrorCheck\n$got.StatusCode"
    (tmp_path / "a.py").write_text(port(script).text, encoding="utf-8")
    with OfflineServer() as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.base_url}
        ran = subprocess.run(
            [sys.executable, "a.py", "--verbose"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert ran.stdout.splitlines()[0] == f"VERBOSE: WebRequest: v1.1 GET {server.base_url}/nothing"
    assert ran.stdout.splitlines()[1].startswith(
        "VERBOSE: WebResponse: 401 Unauthorized with application/json"
    )
    assert (ran.stdout.splitlines()[2], ran.stderr) == ("401", "")
    asking = script.replace("Invoke-WebRequest", "Write-Output").replace("-SkipHttpErrorCheck", "")
    assert "--verbose" not in port(asking).text

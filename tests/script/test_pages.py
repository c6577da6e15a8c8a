"""Pages of documentation: what a generator left broken is mended, reported with its place, and runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.offline import OfflineServer
from psbridge.script import parse
from psbridge.script.pages import Mending, mended, script_of_page

PAGE = """\
# A page

   ```powershell
   $Audio = Initialize-CreateChatCompletionRequestAudio -Voice "alloy" -Format "wav"

   $Model = Initialize-CreateChatCompletionRequestModel \n   "text"
   $Function = Initialize-FunctionObject -Name "MyName" -Parameters @{ key_example =  } -Strict $false
   $Tool = Initialize-ChatCompletionTool -Type "function" -VarFunction $Function
   $Message = Initialize-ChatCompletionRequestMessage -Content "Hi" -Role "user"
   $Request = Initialize-CreateChatCompletionRequest -Messages $Message -Model $Model -Modalities \n
   $Audio = Initialize-CreateChatCompletionRequestAudio -Voice "alloy" -Format "wav"

   $Model = Initialize-CreateChatCompletionRequestModel \n   "text" -Audio $Audio -Tools $Tool -N 1 # x |

   ```

Words between, with `code` and an empty @{ a = }.

```powershell
try {
    $Result = New-ChatCompletion -CreateChatCompletionRequest $Request
    $Result.choices[0].message.role
} catch {
    Write-Host ("Failed: {0}" -f $_)
}
```
"""
PLACES = [(8, 84), (11, 87)]


def _run(folder: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], list[object]]:
    with OfflineServer() as server:
        environment = {**os.environ, "OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-test"}
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return ran, [request.body for request in server.requests]


def test_a_page_runs_and_its_python_sends_the_same_request(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    ran, asked = _run(tmp_path, "-m", "psbridge", "run-script", "page.md")
    assert (ran.returncode, ran.stdout.splitlines()) == (0, ["text", "assistant"])
    for line, column in PLACES:
        assert f"page.md:{line}:{column}: the " in ran.stderr
    ported, _ = _run(tmp_path, "-m", "psbridge", "port", "page.md", "--out", "page.py")
    assert ported.returncode == 0
    assert [line.split(": ")[0] for line in ported.stderr.splitlines()] == [
        f"page.md:{line}:{column}" for line, column in PLACES
    ]
    again, asked_again = _run(tmp_path, "page.py")
    assert (again.returncode, again.stdout) == (0, ran.stdout)
    assert len(asked) == 1
    assert asked_again == asked


@pytest.mark.parametrize("command", ["port", "run-script"])
def test_strict_refuses_a_page_that_had_to_be_mended(tmp_path: Path, command: str) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    ran, asked = _run(tmp_path, "-m", "psbridge", command, "--strict", "page.md")
    assert (ran.returncode, ran.stdout, asked) == (1, "", [])
    assert len(ran.stderr.splitlines()) == len(PLACES)


@pytest.mark.parametrize("command", ["port", "run-script"])
def test_what_has_no_one_way_to_be_mended_is_powershells_error(tmp_path: Path, command: str) -> None:
    (tmp_path / "page.md").write_text("```powershell\n1 + \n```\n", encoding="utf-8")
    ran, _ = _run(tmp_path, "-m", "psbridge", command, "page.md")
    assert ran.returncode == 1
    assert "You must provide a value expression following the '+' operator." in ran.stderr


def test_a_script_is_not_mended(tmp_path: Path) -> None:
    (tmp_path / "page.ps1").write_text("@{ a = }", encoding="utf-8")
    ran, _ = _run(tmp_path, "-m", "psbridge", "run-script", "page.ps1")
    assert ran.returncode == 1
    assert "Missing statement after '=' in hash literal." in ran.stderr


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("@{ a = }", "@{ a = $null }"),
        ("@{ a =\n}", "@{ a = $null\n}"),
        ("@{ a = ; b = @{ c = } }", "@{ a = $null ; b = @{ c = $null } }"),
        ("f -A @{ k =  } -B @{ k =  }", "f -A @{ k = $null  } -B @{ k = $null  }"),
        ("f -A 1 -B \n'v' -C 2", "f -A 1 -B 'v' -C 2\n"),
        ("f -A 1 -B \n$v -C 2", "f -A 1 -B $v -C 2\n"),
        ("$x = g 1\nf -B \n$x = g 1\n3.5 -C 2", "$x = g 1\nf -B 3.5 -C 2\n\n"),
        ("f -B \n$y = g 2\n@{ k = 1 } -C 2", "\n$y = g 2\nf -B @{ k = 1 } -C 2"),
        ("f -A \n$x = g -B \n'b' -D 1\n'a' -C 2", "\n$x = g -B 'b' -D 1\n\nf -A 'a' -C 2"),
    ],
)
def test_a_broken_place_has_one_mending(broken: str, whole: str) -> None:
    text, mendings = mended(broken)
    assert text == whole
    assert mendings
    assert parse(text).errors == []


@pytest.mark.parametrize("text", ["'a' -C 2", "# f -B \n'a' -C 2", "f -B\n1 + \n", "@{ a }", "if ($a {"])
def test_other_faults_stay(text: str) -> None:
    assert mended(text) == (text, [])


@pytest.mark.parametrize("fence", ["```", "````", "~~~", "   ```"])
@pytest.mark.parametrize(
    "language", ["powershell", "PowerShell", "ps1", "pwsh", " powershell", "{.powershell}"]
)
def test_every_line_of_a_page_keeps_its_number(fence: str, language: str) -> None:
    page = f"a\n\n{fence}{language} title=x\n1\n@'\nb\n'@\n{fence}\n```python\nx = 1\n```\n"
    assert script_of_page(page).text.split("\n") == ["", "", "", "1", "@'", "b", "'@", "", "", "", ""]


def test_columns_are_the_pages() -> None:
    script = script_of_page("- x\n\n  ```powershell\n  @{ a = }\n  ```\n")
    assert script.mendings == [
        Mending(4, 8, "the entry a of the hash literal has no value: $null was put there.")
    ]
    assert script.column(4, 1) == 3


SHARED = Path(os.environ.get("PSBRIDGE_SHARED") or Path(__file__).parents[3] / "shared")


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="the page is not here (PSBRIDGE_SHARED)")
def test_the_chat_page_runs_as_it_is(tmp_path: Path) -> None:
    page = (SHARED / "seeds" / "powershell-ChatApi.md").read_text(encoding="utf-8")
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    assert len(script_of_page(page).mendings) == 4
    ran, asked = _run(tmp_path, "-m", "psbridge", "run-script", "page.md")
    assert (ran.returncode, ran.stdout) == (0, "text\n")
    _run(tmp_path, "-m", "psbridge", "port", "page.md", "--out", "page.py")
    again, asked_again = _run(tmp_path, "page.py")
    assert (again.returncode, again.stdout) == (0, "text\n")
    assert len(asked) == 1
    assert asked_again == asked

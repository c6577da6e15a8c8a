"""What differs between systems: ends of lines, paths, attributes, and the programs that a script starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.script import port, run
from psbridge.script.net.place import fault_of
from psbridge.script.net.programs import exit_code, text_of

windows = pytest.mark.skipif(os.name != "nt", reason="a rule of Windows alone")
unix = pytest.mark.skipif(os.name == "nt", reason="a rule of Unix alone")
WRITES = {
    "'a', 'b' | Set-Content out": "a|b|",
    "Set-Content out 'a'; Add-Content out 'b'": "a|b|",
    'Set-Content out "x`ny"': "x\ny|",
    'Set-Content out "x`r`ny"': "x\r\ny|",
    'Set-Content out "$(1 + 1)`n"': "2\n|",
    "Set-Content out 'a' -NoNewline": "a",
    "'a' > out; 'b' >> out": "a|b|",
    '"x`ny" > out': "x\ny|",
    '"x`r`ny" | Out-File out': "x\r\ny|",
    "'a' | Tee-Object out | Out-Null": "a|",
    "[pscustomobject]@{ a = 1 } | Export-Csv out": '"a"|"1"|',
    "[IO.File]::WriteAllLines(\"$PWD/out\", [string[]]('a', 'b'))": "a|b|",
    '[IO.File]::WriteAllText("$PWD/out", "a`nb")': "a\nb",
    '$w = [IO.StreamWriter]::new("$PWD/out")\n'
    "try { $w.WriteLine('a'); $w.WriteLine() } finally { $w.Dispose() }": "a||",
    'Set-Content out "a$([Environment]::NewLine)b" -NoNewline': "a|b",
    "Set-Content out ('a' | Out-String) -NoNewline": "a|",
    "Set-Content out (\"a`nb\" -replace '\\r?\\n', [Environment]::NewLine) -NoNewline": "a|b",
    "Set-Content out (('a', 'b') -join \"`n\") -NoNewline": "a\nb",
}
"""Scripts and what they write to a file, where `|` is the end of a line that the system has."""
RUN = "import os, sys; os.linesep = {end!r}; sys.argv[0] = 'psbridge'; from psbridge.cli import main; main()"
PORTED = "import os, runpy; os.linesep = {end!r}; runpy.run_path('script.py', run_name='__main__')"


def written(script: str, folder: Path, end: str, how: str) -> bytes:
    """What a script, or its Python, writes where lines end so; in a Python of its own."""
    (folder / "script.ps1").write_text(script, encoding="utf-8")
    (folder / "script.py").write_text(port(script).text, encoding="utf-8")
    code, arguments = (RUN, ["run-script", "script.ps1"]) if how == "run" else (PORTED, [])
    subprocess.run([sys.executable, "-c", code.format(end=end), *arguments], cwd=folder, check=True)
    return (folder / "out").read_bytes()


@pytest.mark.parametrize("how", ["run", "port"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_have_the_systems_ends_of_lines_and_texts_their_own(tmp_path: Path, end: str, how: str) -> None:
    """All scripts in one Python: each writes to a folder of its own."""
    parts = []
    for number, script in enumerate(WRITES):
        (tmp_path / str(number)).mkdir()
        parts.append(f"Set-Location '{tmp_path / str(number)}'\n{script}\n")
    parts.append(f"Set-Content '{tmp_path / 'out'}' 'end'\n")
    assert written("".join(parts), tmp_path, end, how) == f"end{end}".encode()
    found = {
        script: (tmp_path / str(number) / "out").read_bytes().decode() for number, script in enumerate(WRITES)
    }
    assert found == {script: text.replace("|", end) for script, text in WRITES.items()}


@pytest.mark.parametrize("script", [one for one in WRITES if one.startswith(("Set-Content", "$w ="))])
def test_a_port_with_forms_of_pythons_own_writes_the_same(tmp_path: Path, script: str) -> None:
    """Where the folder does not change, writing becomes `Path.write_text` and `Path.open`."""
    assert written(script, tmp_path, "\r\n", "port").decode() == WRITES[script].replace("|", "\r\n")


def test_the_console_ends_no_line_twice(tmp_path: Path) -> None:
    (tmp_path / "script.ps1").write_text('"a`r`nb"; @{ a = 1 } | ConvertTo-Json; "x" | Out-String\n')
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(end="\r\n"), "run-script", "script.ps1"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert done.stdout.replace(os.linesep.encode(), b"\n") == b'a\nb\n{\n  "a": 1\n}\nx\n\n'


def test_a_text_of_several_lines_is_one_to_out_string() -> None:
    assert run('"a`nb", "c" | Out-String -Stream').output == ["a\nb", "c"]


def test_files_of_a_folder_stand_under_one_heading(tmp_path: Path) -> None:
    for name in ("s/a", "s/b", "t/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    shown = run(f"Set-Location '{tmp_path}'; Get-ChildItem s, t | Out-String").output[0].splitlines()
    assert [line.strip() for line in shown if "Directory" in line] == [
        f"Directory: {tmp_path / 's'}",
        f"Directory: {tmp_path / 't'}",
    ]
    assert [line.split()[-1] for line in shown if line.startswith(("-", "d")) and "---- " not in line] == [
        *("a", "b", "c")
    ]


@windows
def test_the_table_of_files_on_windows(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("12")
    (tmp_path / "sub").mkdir()
    shown = run(f"Get-ChildItem '{tmp_path}' | Out-String").output[0].splitlines()
    assert shown[3:5] == [
        "Mode                 LastWriteTime         Length Name",
        "----                 -------------         ------ ----",
    ]
    assert shown[5].startswith("d----   ") and shown[5].endswith("                sub")
    assert shown[6].startswith("-a---   ") and shown[6].endswith("              2 a")


@windows
def test_attributes_are_those_of_the_file_system(tmp_path: Path) -> None:
    script = f"""
        Set-Location '{tmp_path}'
        Set-Content .dot 1; Set-Content hid 1; Set-Content ro 1
        attrib +h hid; attrib +r ro
        (Get-ChildItem).Name -join ','; (Get-ChildItem -Hidden).Name -join ','
        (Get-ChildItem -Force).Mode -join ','
        Remove-Item ro -ErrorAction SilentlyContinue; Test-Path ro
        Remove-Item ro -Force; Test-Path ro
        mkdir d | ForEach-Object Name; Set-Content d/ro 1; attrib +r d\\ro
        Remove-Item d -Recurse -Force; Test-Path d
    """
    assert run(script).output == [*(".dot,ro", "hid", "-a---,-a-h-,-ar--", True, False, "d", False)]


@unix
def test_a_link_says_so_where_a_folder_would(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert run(f"(Get-Item '{tmp_path / 'link'}').Mode").output == ["l----"]


@windows
def test_paths_with_drives() -> None:
    script = r"""
        Join-Path C:\a\ \b; Join-Path C: b; Join-Path a/b c
        Split-Path C:\a\b; Split-Path C:\a; Split-Path C:\; Split-Path C:\ -Leaf; Split-Path C:\a\ -Leaf
        Split-Path \a -IsAbsolute; Split-Path C:\a -IsAbsolute; Split-Path \\server\share\a\b
        [IO.Path]::GetRelativePath('C:\a', 'Q:\b'); Set-Location C:\; $PWD.Drive.Name; $PWD.Drive.Root
        (Get-PSDrive C).Root; (Get-Item C:\Windows\).FullName
        $ExecutionContext.SessionState.Path.Combine('C:\', 'a')
    """
    assert run(script).output == [
        *("C:\\a\\b", "C:\\b", "a\\b\\c", "C:\\a", "C:\\", "", "C:\\", "a", False, True),
        *("\\\\server\\share\\a", "Q:\\b", "C", "C:\\", "C:\\", "C:\\Windows", "C:\\a"),
    ]


def test_a_path_with_a_drive_is_absolute_wherever_it_is_asked() -> None:
    assert run("'a:b', 'Env:x', 'a/b' | Split-Path -IsAbsolute").output == [True, True, False]


@windows
def test_names_of_the_environment_in_any_case() -> None:
    script = "$env:PsBridgeX = '1'; $env:PSBRIDGEX; Test-Path env:psbridgex; cmd /c echo %pSbridgeX%"
    assert run(f"{script}; Remove-Item env:PSBRIDGEX; $null -eq $env:PsBridgeX").output == [
        "1",
        True,
        "1",
        True,
    ]


@windows
def test_known_folders() -> None:
    script = "[Environment]::GetFolderPath('ApplicationData'); [Environment]::OSVersion.Version.Major -ge 6"
    assert run(script).output == [os.environ["APPDATA"], True]


@windows
def test_programs_are_found_by_path_and_extension(tmp_path: Path) -> None:
    (tmp_path / "here.cmd").write_text("@echo got %1 %2\n")
    script = f"""
        Set-Location '{tmp_path}'
        .\\here.cmd 'a b' c; ./here 1; & '{tmp_path}\\here' 2
        try {{ here 3 }} catch {{ $_.FullyQualifiedErrorId }}
    """
    os.chdir(tmp_path)
    try:
        output = [str(one).rstrip() for one in run(script).output]
    finally:
        os.chdir(Path(__file__).parent)
    assert output == ['got "a b" c', "got 1", "got 2", "CommandNotFoundException"]


def test_exit_codes_are_powershells() -> None:
    assert [exit_code(code) for code in (0, 255, 300, 0xC0000005, 0xFFFFFFFF)] == [
        0,
        255,
        300,
        -1073741819,
        -1,
    ]
    script = f"& '{sys.executable}' -c 'import sys; sys.exit(3)'; $LASTEXITCODE; $?"
    assert run(script).output == [3, True]


def test_what_a_program_writes_is_utf_8_or_the_systems_encoding() -> None:
    assert text_of("é €".encode()) == "é €"
    if os.name == "nt":
        from psbridge.script.net.encoding import of_programs

        assert text_of("é".encode(of_programs())) == "é"
    else:
        assert text_of(b"a\xe9").startswith("a")


def test_a_file_in_use_is_said_to_be() -> None:
    refused = PermissionError(13, "in use")
    refused.winerror = 32  # type: ignore[attr-defined]
    assert fault_of(refused, "a").type_name == "IOException"
    assert "being used by another process" in str(fault_of(refused, "a"))


def test_pause_waits_for_a_line() -> None:
    ran = run("pause; Read-Host", stdin="\nnext\n")
    assert ran.output == ["next"]
    assert ran.messages.startswith("Press Enter to continue...: ")

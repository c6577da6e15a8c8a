"""`psbridge install-module`: the module, whole, where PowerShell looks for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.install_module import NAME, PYTHON_FILE, InstallError, install_module, module_paths, source

VERSION = re.findall(r"ModuleVersion\s*=\s*'([^']+)'", (source() / "PSBridge.psd1").read_text())[0]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def copy_of(folder: Path, version: str) -> Path:
    """A copy of the module that says it is of that version."""
    shutil.copytree(source(), folder)
    manifest = folder / f"{NAME}.psd1"
    manifest.write_text(manifest.read_text().replace(f"'{VERSION}'", f"'{version}'"))
    return folder


def test_copies_the_whole_module(tmp_path: Path) -> None:
    """Every file arrives, byte for byte, in a folder of its version, and nothing else is left."""
    (written,) = install_module(path=tmp_path)
    assert written == tmp_path / NAME / VERSION
    copied = contents(written)
    assert copied.pop(PYTHON_FILE).decode().strip() == sys.executable
    assert copied == contents(source())
    assert [entry.name for entry in tmp_path.iterdir()] == [NAME]


def test_replaces_an_earlier_copy_of_this_version(tmp_path: Path) -> None:
    """What an older build left does not stay among the new files."""
    (written,) = install_module(path=tmp_path)
    (written / "PSBridge.Gone.ps1").write_text("old", encoding="ascii")
    install_module(path=tmp_path)
    assert not (written / "PSBridge.Gone.ps1").exists()
    assert (written / f"{NAME}.psd1").is_file()


def test_other_versions_stay(tmp_path: Path) -> None:
    """Sessions that use them go on, and a script that asks for one finds it."""
    older = copy_of(tmp_path / NAME / "0.0.1", "0.0.1")
    before = contents(older)
    install_module(path=tmp_path)
    assert contents(older) == before
    assert sorted(entry.name for entry in (tmp_path / NAME).iterdir()) == ["0.0.1", VERSION]


def test_a_copy_without_a_version_folder_makes_room(tmp_path: Path) -> None:
    """As psbridge once installed it."""
    copy_of(tmp_path / NAME, "0.0.9")
    install_module(path=tmp_path)
    assert [entry.name for entry in (tmp_path / NAME).iterdir()] == [VERSION]


@pytest.mark.parametrize("strange", [".git/HEAD", "notes.md", "src/a.ps1", "en-US/mine.txt"])
def test_what_is_not_a_copy_of_the_module_is_not_touched(tmp_path: Path, strange: str) -> None:
    """A checkout, a module of that name, a copy somebody keeps notes in."""
    for base in (tmp_path / "with manifest", tmp_path / "without"):
        place = base / NAME
        if base.name == "without":
            place.mkdir(parents=True)
        else:
            copy_of(place, VERSION)
        (place / strange).parent.mkdir(exist_ok=True, parents=True)
        (place / strange).write_text("mine")
        before = contents(base)
        for force in (False, True):
            with pytest.raises(InstallError, match="nothing was changed"):
                install_module(path=base, force=force)
        assert contents(base) == before


def test_another_module_of_the_same_name_is_not_touched(tmp_path: Path) -> None:
    for place in (tmp_path / "flat" / NAME, tmp_path / "version" / NAME / VERSION):
        copy_of(place, VERSION)
        manifest = place / f"{NAME}.psd1"
        manifest.write_text(
            re.sub(
                r"GUID( +)= '[^']+'", r"GUID\1= 'aaaaaaaa-0000-0000-0000-000000000000'", manifest.read_text()
            )
        )
        base = tmp_path / place.relative_to(tmp_path).parts[0]
        before = contents(base)
        with pytest.raises(InstallError, match="nothing was changed"):
            install_module(path=base)
        assert contents(base) == before


@pytest.mark.parametrize("layout", ["9.0.0", "."])
def test_a_newer_version_is_replaced_by_force_only(tmp_path: Path, layout: str) -> None:
    copy_of(tmp_path / NAME / layout, "9.0.0")
    before = contents(tmp_path)
    with pytest.raises(InstallError, match=r"9\b.*--force"):
        install_module(path=tmp_path)
    assert contents(tmp_path) == before
    install_module(path=tmp_path, force=True)
    assert [entry.name for entry in (tmp_path / NAME).iterdir()] == [VERSION]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A developer's link to a checkout, even one that leads nowhere."""
    checkout = copy_of(tmp_path / "checkout", VERSION)
    for goal in (checkout, tmp_path / "gone"):
        modules = tmp_path / f"modules of {goal.name}"
        modules.mkdir()
        (modules / NAME).symlink_to(goal)
        with pytest.raises(InstallError, match="is a link"):
            install_module(path=modules)
        assert (modules / NAME).is_symlink()
    assert contents(checkout) == contents(source())


KILLED = """
import os, pathlib, sys
from psbridge import install_module as module
rename, count = pathlib.Path.rename, 0
def stop(self, target):
    global count
    if count == int(sys.argv[2]): os._exit(9)
    count += 1
    return rename(self, target)
pathlib.Path.rename = stop
module.install_module(path=sys.argv[1])
"""


@pytest.mark.parametrize("step", [0, 1])
def test_what_a_kill_left_is_cleared_by_the_next_run(tmp_path: Path, step: int) -> None:
    install_module(path=tmp_path)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(step)], check=False)
    assert done.returncode == 9 and len(list(tmp_path.iterdir())) == 2
    (written,) = install_module(path=tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [NAME]
    assert (written / f"{NAME}.psm1").is_file()


def test_a_folder_that_only_looks_like_a_leftover_is_not_cleared(tmp_path: Path) -> None:
    keep = tmp_path / f".{NAME}-work" / "old" / NAME
    keep.mkdir(parents=True)
    (keep / "thesis.docx").write_text("mine")
    install_module(path=tmp_path)
    assert (keep / "thesis.docx").exists()


def test_several_at_once_end_in_one_whole_module(tmp_path: Path) -> None:
    """No run clears what another is about to put in place."""
    command = [sys.executable, "-m", "psbridge", "install-module", "--path", str(tmp_path)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    outputs = [run.communicate() for run in runs]
    assert any(run.returncode == 0 for run in runs), outputs
    assert all(b"Traceback" not in errors for _, errors in outputs)
    assert [entry.name for entry in tmp_path.iterdir()] == [NAME]
    copied = contents(tmp_path / NAME / VERSION)
    del copied[PYTHON_FILE]
    assert copied == contents(source())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has rights of another kind")
def test_what_is_installed_for_a_machine_can_be_read_by_all_its_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where an administrator's files are for the administrator only."""
    folder = tmp_path / "share" / "powershell" / "Modules"
    monkeypatch.setattr("psbridge.install_module.module_paths", lambda scope: [folder])
    before = os.umask(0o077)
    try:
        install_module("AllUsers")
    finally:
        os.umask(before)
    for entry in (folder, *folder.rglob("*")):
        assert entry.stat().st_mode & 0o777 == (0o755 if entry.is_dir() else 0o644), entry


@pytest.mark.parametrize(
    ("scope", "same"), [("CurrentUser", "user"), ("ALLUSERS", "machine"), ("User", "user")]
)
def test_powershells_own_scopes_are_understood(scope: str, same: str) -> None:
    assert module_paths(scope) == module_paths(same)


def test_a_32_bit_python_finds_the_systems_own_program_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("ProgramFiles", "C:/Program Files (x86)")
    monkeypatch.setenv("ProgramW6432", "C:/Program Files")
    assert module_paths("machine")[0].as_posix() == "C:/Program Files/WindowsPowerShell/Modules"


@pytest.mark.parametrize("option", ["--path", "-Path"])
def test_powershells_way_of_writing_options_is_understood(tmp_path: Path, option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "psbridge", "install-module", option, str(tmp_path), "-Scope", "CurrentUser"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / NAME / VERSION).is_dir()


def test_the_installed_module_finds_the_python_it_came_from(tmp_path: Path) -> None:
    """The first call needs no variable, no active environment and no Python on the path."""
    shell = os.environ.get("PSBRIDGE_PWSH") or shutil.which("pwsh")
    if shell is None:
        pytest.skip("no PowerShell: set PSBRIDGE_PWSH")
    folder = tmp_path / "m\u00f6dules" / "it's"
    done = subprocess.run(
        [sys.executable, "-m", "psbridge", "install-module", "--path", str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    importing = done.stdout.partition("In PowerShell: ")[2]
    asking = """
        (Initialize-ChatCompletionRequestUserMessage -Content hi -Role user).content
        (Get-Module PSBridge).ModuleBase
        (Get-PSBridgeStatus).Python
    """
    names = ("PSBRIDGE_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    shown = subprocess.run(
        [shell, "-NoProfile", "-NonInteractive", "-Command", importing + asking],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**environment, "PATH": os.fspath(tmp_path) + os.pathsep + "/bin", "NO_COLOR": "1"},
    )
    lines = shown.stdout.splitlines()
    assert "hi" in lines and sys.executable in lines, shown
    assert str(folder / NAME / VERSION) in lines


def test_says_what_it_did(tmp_path: Path) -> None:
    """One sentence with the place, and how to import it."""
    done = subprocess.run(
        [sys.executable, "-m", "psbridge", "install-module", "--path", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Installed PSBridge at ") and "Import-Module" in done.stdout


def test_an_unknown_scope_is_refused() -> None:
    """The scopes are named."""
    with pytest.raises(InstallError, match=r"user .*or machine"):
        module_paths("galaxy")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A file where the folder should be is said, and nothing is left behind."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="ascii")
    with pytest.raises(InstallError, match="Cannot write into"):
        install_module(path=blocked)


def test_the_user_folder_is_powershells(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On Linux and macOS the data home is honoured."""
    if sys.platform == "win32":
        pytest.skip("Windows has its own folders")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert module_paths() == [tmp_path / "powershell" / "Modules"]

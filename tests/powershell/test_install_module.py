"""`psbridge install-module`: the module, whole, where PowerShell looks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.install_module import NAME, InstallError, install_module, module_paths, source


def test_copies_the_whole_module(tmp_path: Path) -> None:
    """Every file arrives, byte for byte, and the folder it was made in is gone."""
    (written,) = install_module(path=tmp_path)
    assert written == tmp_path / NAME
    wanted = {file.relative_to(source()): file.read_bytes() for file in source().rglob("*") if file.is_file()}
    assert {
        file.relative_to(written): file.read_bytes() for file in written.rglob("*") if file.is_file()
    } == wanted
    assert [entry.name for entry in tmp_path.iterdir()] == [NAME]


def test_replaces_an_earlier_copy(tmp_path: Path) -> None:
    """What an older version left does not stay among the new files."""
    old = tmp_path / NAME
    old.mkdir()
    (old / "gone.ps1").write_text("old", encoding="ascii")
    install_module(path=tmp_path)
    assert not (old / "gone.ps1").exists()
    assert (old / f"{NAME}.psd1").is_file()


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
    with pytest.raises(InstallError, match="user or machine"):
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

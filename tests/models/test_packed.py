"""psbridge out of a zip file, and the hook that takes it into a frozen program."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import psbridge
from psbridge._pyinstaller import get_hook_dirs

PACKAGE = Path(psbridge.__file__).parent

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import psbridge as ps
assert ".zip" in ps.__file__
with ps.OfflineServer() as server:
    ps.Set_Configuration(BaseUrl=server.base_url, AccessToken="sk-12345678", Proxy="")
    assert ps.New_ChatCompletion(Messages="hi", Model="m").choices
    assert ps.New_Moderation(VarInput="x").results
print("done")
"""


def test_it_runs_from_a_zip_file(tmp_path: Path) -> None:
    """Tables and models of every family are read through the loader."""
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, Path("psbridge") / path.relative_to(PACKAGE))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(packed)], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr


def test_pyinstaller_finds_a_hook() -> None:
    """Where its entry point says that hooks are."""
    (folder,) = get_hook_dirs()
    assert [path.name for path in Path(folder).glob("hook-*.py")] == ["hook-psbridge.py"]

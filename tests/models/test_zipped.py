"""The package out of a zip file, as some programs are shipped: tables and models are found there too."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "psbridge"

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import psbridge as ps

assert ".zip" in ps.__file__
with ps.OfflineServer() as server:
    ps.Set_Configuration(BaseUrl=server.base_url, AccessToken="sk-x")
    print(ps.New_ChatCompletion(Messages="hi", Model="gpt-4o").choices[0].message.content)
    print(len(ps.New_Embedding(VarInput="hi", Model="text-embedding-3-small").data[0].embedding))
"""


def test_a_zipped_package_works(tmp_path: Path) -> None:
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                file.write(path, path.relative_to(PACKAGE.parent))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(archive)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said, size = done.stdout.splitlines()
    assert said.endswith("You said: hi") and size == "1536"

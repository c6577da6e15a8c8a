"""A file of 300 MB goes up and comes down byte for byte, and neither side ever holds it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="this system does not tell a process's peak of memory")

SIZE = 300 * 1024 * 1024
ROOM = 60 * 1024  # kB that both may take beside their own: far less than the file

TRANSFER = """
import hashlib, resource, sys
import psbridge as ps

path, copy = sys.argv[1:]
ps.New_File(File=b"warm", FileName="a.txt", Purpose="user_data")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kept = ps.New_File(path, "user_data", TimeoutSec=300)
ps.Invoke_DownloadFile(kept.id, OutFile=copy, TimeoutSec=300)
print(kept.bytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
SERVE = """
import resource, sys
from psbridge import OfflineServer

with OfflineServer() as server:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(server.base_url, flush=True)
    sys.stdin.read()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, flush=True)
"""


def digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            total.update(piece)
    return total.hexdigest()


def test_three_hundred_megabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, copy = tmp_path / "large.bin", tmp_path / "copy.bin"
    with path.open("wb") as file:
        for number in range(SIZE >> 20):
            file.write(hashlib.sha256(b"%d" % number).digest() * (1 << 15))
    serving = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with serving:
        assert serving.stdin is not None and serving.stdout is not None
        monkeypatch.setenv("OPENAI_BASE_URL", serving.stdout.readline().strip())
        monkeypatch.setenv("OPENAI_API_KEY", "sk-offline")
        done = subprocess.run(
            [sys.executable, "-c", TRANSFER, str(path), str(copy)],
            capture_output=True,
            text=True,
            check=False,
        )
        serving.stdin.close()
        server_growth = int(serving.stdout.read())
    assert done.returncode == 0, done.stderr
    size, growth = map(int, done.stdout.split())
    assert size == SIZE
    assert digest(copy) == digest(path)
    scale = 1024 if sys.platform == "darwin" else 1  # bytes there, kilobytes elsewhere
    assert growth < ROOM * scale
    assert server_growth < ROOM * scale
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.bin", "large.bin"]

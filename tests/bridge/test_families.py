"""The families beside chat, over the wire: bytes, files, progress, and a thread for whatever waits."""

from __future__ import annotations

import base64
from pathlib import Path

from psbridge.models.tables import CMDLETS
from psbridge.offline import Fault, OfflineServer

from .worker_client import WorkerClient


def test_a_file_goes_up_and_its_bytes_come_back(
    connected: WorkerClient, server: OfflineServer, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)))
    kept = connected.run("New-File", {"File": str(path), "Purpose": "user_data"})
    name = kept["set"]["id"]
    content = connected.run("Invoke-DownloadFile", {"FileId": name})
    assert base64.b64decode(content["value"]) == path.read_bytes()
    out = tmp_path / "copy.bin"
    assert connected.run("Invoke-DownloadFile", {"FileId": name, "OutFile": str(out)}) is None
    assert out.read_bytes() == path.read_bytes()


def test_a_slow_download_says_how_far_it_is(
    connected: WorkerClient, server: OfflineServer, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 900_000)
    name = connected.run("New-File", {"File": str(path), "Purpose": "user_data"})["set"]["id"]
    server.faults.add(Fault(path="/content", chunk_bytes=300_000, chunk_delay=0.3))
    id = connected.invoke("Invoke-DownloadFile", {"FileId": name, "OutFile": str(tmp_path / "b.bin")})
    connected.result(id)
    said = [one["text"] for one in connected.notifications("note", id) if one["stream"] == "progress"]
    assert said and all(one.endswith(" of 0.9 MB") for one in said)


def test_whatever_asks_a_server_waits_in_a_thread_of_its_own() -> None:
    """And nothing else does: a worker answers builders on the spot."""
    for row in CMDLETS.values():
        assert row.waits == (bool(row.operations) or row.calls_others), row.name
        assert not row.waits or row.kind == "cmdlet"

"""The families beside chat, from Python against the offline server: what a script does with them."""

from __future__ import annotations

import io
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.offline import Fault, OfflineServer


def requests_file(folder: Path, count: int = 3) -> Path:
    path = folder / "requests.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"ticket {number}"}]}
            line = {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")
    return path


def waited(batch: Any) -> Any:
    """The batch when it is over."""
    deadline = time.monotonic() + 60
    while batch.status in ("validating", "in_progress", "finalizing", "cancelling"):
        assert time.monotonic() < deadline, batch.status
        time.sleep(0.02)
        batch = ps.Invoke_RetrieveBatch(BatchId=batch.id)
    return batch


def test_models_are_listed_fetched_and_a_tuned_one_deleted(server: OfflineServer) -> None:
    names = [model.id for model in ps.Invoke_ListModels().data]
    assert {"gpt-4o", "text-embedding-3-small"} <= set(names)
    assert ps.Invoke_RetrieveModel("gpt-4o").owned_by == "psbridge"
    assert ps.Invoke_DeleteModel(Model="ft:gpt-4o:team::1").deleted is True
    with pytest.raises(ps.ClientError) as caught:
        ps.Invoke_RetrieveModel(Model="ft:gpt-4o:team::1")
    assert caught.value.fully_qualified_error_id.startswith("PSBridge.NotFound")
    assert server.requests[-1].path == "/v1/models/ft%3Agpt-4o%3Ateam%3A%3A1"


def test_a_model_without_a_name_is_refused_before_anything_is_sent(server: OfflineServer) -> None:
    with pytest.raises(ps.PSBridgeError, match="Model must be a text, not empty"):
        ps.Invoke_RetrieveModel()
    assert len(server.requests) == 0


def test_an_embedding_has_unit_length_and_lies_near_a_text_like_it(server: OfflineServer) -> None:
    texts = ["The printer is out of toner.", "The printer has no toner.", "Lunch is at noon today."]
    reply = ps.New_Embedding(VarInput=texts, Model="text-embedding-3-small", Dimensions=128)
    assert [one.index for one in reply.data] == [0, 1, 2]
    one, like, other = (item.embedding for item in reply.data)
    assert len(one) == 128
    for vector in (one, like, other):
        assert math.isclose(math.hypot(*vector), 1, rel_tol=1e-6)
    nearness = [sum(a * b for a, b in zip(one, two, strict=True)) for two in (like, other)]
    assert nearness[0] > nearness[1] + 0.2
    again = ps.New_Embedding(
        ps.Initialize_CreateEmbeddingRequest(texts[0], "text-embedding-3-small", Dimensions=128)
    )
    assert again.data[0].embedding == one


def test_the_configured_model_of_chat_is_not_that_of_an_embedding(server: OfflineServer) -> None:
    with ps.use_configuration(model="gpt-4o"):
        ps.New_Embedding(VarInput="a", Model="text-embedding-3-small")
        with pytest.raises(ps.InvalidValueError, match="'Model' cannot be null"):
            ps.New_Embedding({"input": "a"})
    assert server.requests[-1].json == {"input": "a", "model": "text-embedding-3-small"}


def test_one_input_is_no_array_of_one(server: OfflineServer) -> None:
    for given in ("a", ["a"], [1, 2], [[1, 2], [3]]):
        ps.New_Embedding(VarInput=given, Model="text-embedding-3-small")
        assert server.requests[-1].json["input"] == given


def test_a_moderation_names_what_it_found_by_the_apis_own_names(server: OfflineServer) -> None:
    result = ps.New_Moderation(VarInput="I will kill the process.").results[0]
    assert result.flagged is True
    assert result.categories.violence is True
    members = dict(result.categories)
    assert members["self-harm/intent"] is False
    assert result.categories.SelfHarmIntent is False
    assert json.loads(result.categories.model_dump_json())["hate/threatening"] is False
    assert result.category_applied_input_types.violence == ["text"]


def test_parts_are_told_apart_by_their_type(server: OfflineServer) -> None:
    text = ps.Initialize_CreateModerationRequestInputOneOfInner(Type="text", Text="hello")
    image = ps.Initialize_CreateModerationRequestInputOneOfInner(
        Type="image_url", ImageUrl={"url": "https://example.com/a.png"}
    )
    ps.New_Moderation(VarInput=[text, image])
    assert server.requests[-1].json["input"] == [
        {"type": "text", "text": "hello"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]


@pytest.mark.parametrize("name", ["input", "Input"])
def test_texts_stay_apart_where_a_list_of_them_is_one_of_the_things_meant(
    server: OfflineServer, name: str
) -> None:
    assert len(ps.New_Moderation({name: ["one", "two"]}).results) == 2
    assert server.requests[-1].json["input"] == ["one", "two"]


def test_a_file_goes_up_and_comes_down_byte_for_byte(server: OfflineServer, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000 + b"\r\n--boundary\r\n"
    path = tmp_path / ("a photo 'of' ünit.png" if sys.platform == "win32" else 'a photo "of" ünit.png')
    path.write_bytes(content)
    kept = ps.New_File(path, "vision")
    assert (kept.bytes, kept.filename, kept.purpose) == (len(content), path.name, "vision")
    assert ps.Invoke_DownloadFile(FileId=kept.id) == content
    assert ps.Invoke_DownloadFile(kept.id, OutFile=tmp_path / "copy.png") is None
    assert (tmp_path / "copy.png").read_bytes() == content
    assert sorted(one.name for one in tmp_path.iterdir()) == [path.name, "copy.png"]
    info = ps.Invoke_DownloadFile(kept.id, WithHttpInfo=True)
    assert (info.StatusCode, info.Response) == (200, content)
    assert ps.Invoke_DeleteFile(FileId=kept.id).deleted is True


@pytest.mark.parametrize("seekable", [True, False])
def test_a_stream_is_uploaded_from_where_it_stands(server: OfflineServer, seekable: bool) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return seekable

    stream = Pipe(b"skipped" + b"x" * 300_000)
    stream.read(7)
    kept = ps.New_File(File=stream, FileName="x.txt", Purpose="user_data")
    assert (kept.bytes, kept.filename) == (300_000, "x.txt")


def test_an_upload_that_broke_is_sent_again_from_the_beginning(server: OfflineServer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"y" * 1_000_000)
    server.faults.add(Fault(status=503, times=1, path="/files"))
    assert ps.New_File(tmp_path / "a.txt", "user_data").bytes == 1_000_000
    assert len(server.requests) == 2


def test_what_cannot_be_read_twice_is_sent_once(server: OfflineServer) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    server.faults.add(Fault(status=503, times=1, path="/files"))
    with pytest.raises(ps.ClientError, match="503"):
        ps.New_File(File=Pipe(b"z"), FileName="z.txt", Purpose="user_data")
    assert len(server.requests) == 1


def test_a_file_that_is_not_there_is_one_sentence_and_nothing_is_sent(
    server: OfflineServer, tmp_path: Path
) -> None:
    for given, said in (
        (tmp_path / "none.txt", "cannot be read: (No such file|File not found)"),
        (tmp_path, "cannot be read: it is a folder"),
        (17, "must be a path, bytes or a file open for reading bytes, not int"),
        (io.StringIO("text"), "must be open for reading bytes, not text"),
        (None, "must be a path, bytes or a file open"),
    ):
        with pytest.raises(ps.PSBridgeError, match=said):
            ps.invoke("New-File", File=given, Purpose="batch")
    assert len(server.requests) == 0


def test_a_download_that_breaks_is_taken_up_where_it_broke(server: OfflineServer, tmp_path: Path) -> None:
    content = bytes(range(256)) * 8000
    kept = ps.New_File(File=content, FileName="a.bin", Purpose="user_data")
    server.faults.add(Fault(cut_after_bytes=400_000, times=4, path="/content"))
    ps.Invoke_DownloadFile(kept.id, OutFile=tmp_path / "a.bin", MaxRetryCount=1)
    assert (tmp_path / "a.bin").read_bytes() == content
    asked = [one.headers.get("range") for one in server.requests if one.path.endswith("/content")]
    assert asked[0] is None
    assert all(one is not None and one.startswith("bytes=") for one in asked[1:])
    assert len(asked) == 5


def test_a_download_that_failed_leaves_no_half_file_and_is_resumed(
    server: OfflineServer, tmp_path: Path
) -> None:
    content = b"0123456789" * 100_000
    kept = ps.New_File(File=content, FileName="a.bin", Purpose="user_data")
    out = tmp_path / "a.bin"
    armed = server.faults.add(Fault(stall_after_bytes=300_000, path="/content"))
    with pytest.raises(ps.ClientError):
        ps.Invoke_DownloadFile(kept.id, OutFile=out, TimeoutSec=1)
    assert not out.exists()
    (part,) = tmp_path.iterdir()
    there = part.stat().st_size
    assert 0 < there < len(content)
    server.faults.remove(armed)
    ps.Invoke_DownloadFile(kept.id, OutFile=out, Resume=True)
    assert server.requests[-1].headers["range"] == f"bytes={there}-"
    assert out.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["a.bin"]


def test_a_download_into_nowhere_is_one_sentence(server: OfflineServer, tmp_path: Path) -> None:
    kept = ps.New_File(File=b"x", FileName="a.bin", Purpose="user_data")
    for place in (tmp_path, tmp_path / "none" / "a.bin"):
        with pytest.raises(ps.PSBridgeError, match=r"OutFile: '.*' cannot be written"):
            ps.Invoke_DownloadFile(kept.id, OutFile=place)


def test_a_missing_file_leaves_nothing_behind(server: OfflineServer, tmp_path: Path) -> None:
    with pytest.raises(ps.ClientError, match="No such File object"):
        ps.Invoke_DownloadFile("file-none", OutFile=tmp_path / "a.bin")
    assert [*tmp_path.iterdir()] == []


def test_files_come_page_after_page(server: OfflineServer) -> None:
    names = [ps.New_File(File=b"x", FileName=f"{n}.txt", Purpose="user_data").id for n in range(5)]
    pages = list(ps.Invoke_ListFiles(Purpose="user_data", Limit=2, Order="asc", All=True))
    assert [one.id for one in pages] == names
    assert [one.id for one in ps.Invoke_ListFiles(Limit=2).data] == names[:-3:-1]


def test_a_file_can_go_by_itself(server: OfflineServer) -> None:
    after = ps.Initialize_FileExpirationAfter(Anchor="created_at", Seconds=3600)
    kept = ps.New_File(File=b"x", FileName="a.txt", Purpose="user_data", ExpiresAfter=after)
    assert kept.expires_at == kept.created_at + 3600
    with pytest.raises(ps.ClientError, match="expires_after"):
        ps.New_File(
            File=b"x", FileName="a.txt", Purpose="vision", ExpiresAfter={"anchor": "created_at", "seconds": 5}
        )


def test_a_batch_answers_every_line(server: OfflineServer, tmp_path: Path) -> None:
    kept = ps.New_File(requests_file(tmp_path), "batch")
    batch = ps.New_Batch(
        InputFileId=kept.id,
        Endpoint="/v1/chat/completions",
        CompletionWindow="24h",
        Metadata={"team": "blue"},
    )
    assert batch.status == "validating"
    batch = waited(batch)
    assert (batch.status, batch.model, batch.metadata) == ("completed", "gpt-4o", {"team": "blue"})
    assert batch.request_counts.model_dump() == {"total": 3, "completed": 3, "failed": 0}
    lines = [json.loads(line) for line in ps.Invoke_DownloadFile(batch.output_file_id).splitlines()]
    assert [line["custom_id"] for line in lines] == ["0", "1", "2"]
    alone = ps.New_ChatCompletion(Messages="ticket 1", Model="gpt-4o")
    assert lines[1]["response"]["body"] == json.loads(alone.model_dump_json())
    assert batch.error_file_id is None
    assert [one.id for one in ps.Invoke_ListBatches(All=True)] == [batch.id]


def test_a_batch_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from psbridge.offline import Pace

    with OfflineServer(batches=Pace(line_delay=0.05)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-offline")
        kept = ps.New_File(requests_file(tmp_path, 100), "batch")
        batch = ps.New_Batch(
            {"input_file_id": kept.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        )
        while batch.status == "validating" or not (batch.request_counts and batch.request_counts.completed):
            batch = ps.Invoke_RetrieveBatch(BatchId=batch.id)
        assert ps.Stop_Batch(BatchId=batch.id).status == "cancelling"
        batch = waited(batch)
        assert batch.status == "cancelled"
        assert batch.cancelled_at >= batch.cancelling_at
        refused = [json.loads(line) for line in ps.Invoke_DownloadFile(batch.error_file_id).splitlines()]
        assert {line["error"]["code"] for line in refused} == {"batch_cancelled"}
        assert len(refused) + batch.request_counts.completed == 100
        with pytest.raises(ps.ClientError, match="Cannot cancel a batch with status 'cancelled'"):
            ps.Stop_Batch(BatchId=batch.id)


def test_what_if_deletes_nothing(server: OfflineServer) -> None:
    ps.Invoke_DeleteFile(FileId="file-1", WhatIf=True)
    ps.Stop_Batch(BatchId="batch-1", WhatIf=True)
    assert len(server.requests) == 0

"""Pictures, sound and files: told by what they contain, refused before anything is sent."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest

import psbridge as ps
from psbridge.testing import OfflineOpenAI

ask = ps.New_ChatCompletion
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PDF = b"%PDF-1.7\n%..."


def content(server: OfflineOpenAI) -> Any:
    return server.requests[-1].json["messages"][-1]["content"]


def test_pictures_come_from_paths_addresses_and_bytes(server: OfflineOpenAI, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"  # the name lies
    path.write_bytes(PNG)
    ask(
        Messages="What is it?",
        Model="m",
        Images=[str(path), "https://example.org/a.png", PNG, path],
        ImageDetail="low",
    )
    text, *parts = content(server)
    assert text == {"type": "text", "text": "What is it?"}
    data = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert [part["image_url"]["url"] for part in parts] == [data, "https://example.org/a.png", data, data]
    assert {part["image_url"]["detail"] for part in parts} == {"low"}


def test_sound_and_documents_go_along(server: OfflineOpenAI, tmp_path: Path) -> None:
    (tmp_path / "q.bin").write_bytes(WAV)
    (tmp_path / "doc.pdf").write_bytes(PDF)
    ask(
        Messages="x",
        Model="m",
        InputAudio=str(tmp_path / "q.bin"),
        Files=[str(tmp_path / "doc.pdf"), "file-abc"],
    )
    _, sound, document, known = content(server)
    assert sound["input_audio"]["format"] == "wav"
    assert document["file"]["filename"] == "doc.pdf"
    assert document["file"]["file_data"] == f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}"
    assert known["file"] == {"file_id": "file-abc"}


def test_a_large_picture_is_made_smaller_on_request(server: OfflineOpenAI) -> None:
    image = pytest.importorskip("PIL.Image")
    target = io.BytesIO()
    image.new("RGB", (400, 100)).save(target, "PNG")
    ask(Messages="x", Model="m", Images=target.getvalue(), ImageMaxSide=80)
    sent = base64.b64decode(content(server)[1]["image_url"]["url"].partition(",")[2])
    assert image.open(io.BytesIO(sent)).size == (80, 20)


def test_a_spoken_answer_is_written_to_a_file(server: OfflineOpenAI, tmp_path: Path) -> None:
    target = tmp_path / "answer.mp3"
    reply: Any = ask(Messages="x", Model="gpt-4o-audio-preview", AudioOutFile=str(target))
    assert target.read_bytes() == base64.b64decode(reply.choices[0].message.audio.data)
    assert server.requests[-1].json["modalities"] == ["text", "audio"]
    assert server.requests[-1].json["audio"]["format"] == "mp3"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"Images": b"plain text"}, "must be a PNG, JPEG, GIF or WebP"),
        ({"Images": ["/no/such.png"]}, "cannot be read"),
        ({"Images": [PNG, b""]}, r"'Images\[1\]'"),
        ({"Images": PNG, "ImageMaxSide": 0}, "1 or more"),
        ({"InputAudio": PNG}, "must be WAV or MP3"),
        ({"Files": PNG}, "must be a PDF"),
        ({"Images": 5}, "must be a path or bytes"),
        ({"AudioOutFile": "answer.txt"}, "must end in"),
        ({"AudioOutFile": "/no/such/folder/a.mp3"}, "folder that exists"),
        ({"Images": PNG + b"\0" * (20 * 1024 * 1024)}, "at most 20 MiB"),
    ],
)
def test_the_wrong_kind_gets_a_sentence_before_anything_is_sent(
    server: OfflineOpenAI, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(ps.InvalidValueError, match=says):
        ask(Messages="x", Model="m", **more)
    assert not server.requests

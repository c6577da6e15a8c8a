"""The families beside chat, by the official `openai` client: what it accepts, the server says rightly."""

from __future__ import annotations

import base64
import json
import math
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from psbridge.offline import Fault, OfflineServer, Pace

openai = pytest.importorskip("openai", reason="the official client is not installed")

CHAT = "/v1/chat/completions"


@pytest.fixture
def own() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


@pytest.fixture
def client(own: OfflineServer) -> Iterator[Any]:
    with openai.OpenAI(base_url=own.base_url, api_key="sk-x", max_retries=0) as made:
        yield made


def client_of(server: OfflineServer) -> Any:
    return openai.OpenAI(base_url=server.base_url, api_key="sk-x", max_retries=0)


def line(number: int, **changes: Any) -> dict[str, Any]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"ticket {number}"}]}
    return {"custom_id": str(number), "method": "POST", "url": CHAT, "body": body, **changes}


def upload(client: Any, lines: list[Any], name: str = "requests.jsonl") -> str:
    text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
    made = client.files.create(file=(name, text.encode()), purpose="batch")
    return str(made.id)


def run(client: Any, lines: list[Any], endpoint: str = CHAT) -> Any:
    """The batch over these lines, when it is over."""
    batch = client.batches.create(
        input_file_id=upload(client, lines), endpoint=endpoint, completion_window="24h"
    )
    assert batch.status == "validating"
    return waited(client, batch)


def waited(client: Any, batch: Any) -> Any:
    deadline = time.monotonic() + 60
    while batch.status in ("validating", "in_progress", "finalizing", "cancelling"):
        assert time.monotonic() < deadline, batch.status
        time.sleep(0.01)
        batch = client.batches.retrieve(batch.id)
    return batch


def read(client: Any, name: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in client.files.content(name).text.splitlines()]


# --- models


def test_models(client: Any) -> None:
    names = [model.id for model in client.models.list()]
    assert {"gpt-4o", "text-embedding-3-small", "omni-moderation-latest"} <= set(names)
    assert client.models.retrieve("gpt-4o").owned_by
    assert client.models.delete("ft:gpt-4o:x::1").deleted
    for name, error in (("ft:gpt-4o:x::1", openai.NotFoundError), ("gpt-4o", openai.PermissionDeniedError)):
        with pytest.raises(error):
            client.models.delete(name)


# --- embeddings


def test_embeddings_are_the_same_as_numbers_and_as_bytes(client: Any) -> None:
    asked = {"model": "text-embedding-3-small", "input": ["a cat sat", "the dog ran"], "dimensions": 64}
    numbers = client.embeddings.create(**asked, encoding_format="float")
    packed = client.with_raw_response.embeddings.create(**asked, encoding_format="base64")
    raw = json.loads(packed.http_response.content)
    for index, one in enumerate(numbers.data):
        values = struct.unpack("<64f", base64.b64decode(raw["data"][index]["embedding"]))
        assert list(values) == pytest.approx(one.embedding, abs=1e-8)
        assert math.isclose(math.hypot(*one.embedding), 1, rel_tol=1e-6)
    assert numbers.usage.total_tokens > 0


@pytest.mark.parametrize(
    ("model", "size"), [("text-embedding-3-small", 1536), ("text-embedding-3-large", 3072), ("other", 1536)]
)
def test_a_model_has_its_length_of_vector(client: Any, model: str, size: int) -> None:
    data = client.embeddings.create(model=model, input="x").data
    assert len(data[0].embedding) == size


def product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("dimensions", [1, 2, 64, 1536])
def test_near_texts_lie_near_each_other_however_short_the_vectors(client: Any, dimensions: int) -> None:
    texts = [
        "the printer on floor two is out of toner",
        "printer on floor two has no toner",
        "lunch will be served at noon in the garden",
    ]
    reply = client.embeddings.create(model="text-embedding-3-small", input=texts, dimensions=dimensions)
    one, near, far = (item.embedding for item in reply.data)
    for vector in (one, near, far):
        assert math.isclose(math.hypot(*vector), 1, rel_tol=1e-6)
    if dimensions >= 64:
        assert product(one, near) > product(one, far) + 0.2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"input": []}, "empty_array"),
        ({"input": ""}, "invalid_value"),
        ({"input": ["a", ""]}, "invalid_value"),
        ({"input": ["a", 1]}, "invalid_type"),
        ({"input": {"a": 1}}, "invalid_type"),
        ({"input": ["a"] * 2049}, "array_above_max_length"),
        ({"input": "word " * 9000}, "context_length_exceeded"),
        ({"input": "a", "dimensions": 0}, "integer_below_min_value"),
        ({"input": "a", "dimensions": 1537}, "integer_above_max_value"),
        ({"input": "a", "model": "text-embedding-ada-002", "dimensions": 5}, "invalid_value"),
        ({"input": "a", "encoding_format": "hex"}, "invalid_value"),
        ({"input": "a", "temperature": 1}, "unknown_parameter"),
        ({}, "missing_required_parameter"),
    ],
)
def test_a_wrong_embedding_request_is_refused(own: OfflineServer, body: dict[str, Any], code: str) -> None:
    reply = httpx.post(
        f"{own.base_url}/embeddings",
        headers={"Authorization": "Bearer x"},
        json={"model": "text-embedding-3-small", **body},
        trust_env=False,
    )
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == code


def test_azure_has_embeddings_below_a_deployment_and_files_beside_it(own: OfflineServer) -> None:
    with openai.AzureOpenAI(azure_endpoint=own.origin, api_key="k", api_version="2024-10-21") as azure:
        assert azure.embeddings.create(model="mine", input="x").model == "mine"
        assert azure.files.create(file=("a.jsonl", b"{}\n"), purpose="batch").id


# --- moderations


def test_moderations(client: Any) -> None:
    reply = client.moderations.create(input=["I hate this and will kill it.", "Good morning."])
    bad, good = reply.results
    assert (bad.flagged, bad.categories.violence, bad.categories.hate) == (True, True, True)
    assert bad.category_scores.violence > 0.9 > good.category_scores.violence
    assert good.flagged is False
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    (both,) = client.moderations.create(model="omni-moderation-latest", input=parts).results
    assert both.category_applied_input_types.violence == ["text", "image"]
    with pytest.raises(openai.BadRequestError):
        client.moderations.create(model="text-moderation-latest", input=parts)
    with pytest.raises(openai.BadRequestError):
        client.moderations.create(input=["text", parts[0]])


# --- files


def test_files(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_bytes(b"line\n" * 400_000)
    made = client.files.create(file=path, purpose="user_data")
    assert (made.bytes, made.filename, made.status) == (2_000_000, "data.txt", "processed")
    assert client.files.content(made.id).content == path.read_bytes()
    assert client.files.retrieve(made.id) == made
    others = [client.files.create(file=(f"{n}.txt", b"x"), purpose="vision").id for n in range(3)]
    assert [one.id for one in client.files.list(purpose="vision", limit=2)] == others[::-1]
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.content(made.id)


@pytest.mark.parametrize(
    ("file", "purpose"),
    [
        (("a.jsonl", b"{}\n"), "nothing"),
        (("a.txt", b"{}\n"), "batch"),
        (("a.jsonl", b""), "batch"),
    ],
)
def test_a_wrong_file_is_refused(client: Any, file: Any, purpose: str) -> None:
    with pytest.raises(openai.BadRequestError):
        client.files.create(file=file, purpose=purpose)


def test_files_for_assistants_are_not_given_out(client: Any) -> None:
    made = client.files.create(file=("a.txt", b"x"), purpose="assistants")
    with pytest.raises(openai.BadRequestError, match="Not allowed to download"):
        client.files.content(made.id)


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=7-99", 206, b"789"),
        ("bytes=10-", 416, b""),
        ("bytes=5-2", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_a_part_of_a_file(client: Any, own: OfflineServer, asked: str, status: int, content: bytes) -> None:
    made = client.files.create(file=("a.bin", b"0123456789"), purpose="user_data")
    url = f"{own.base_url}/files/{made.id}/content"
    headers = {"Authorization": "Bearer x", "Range": asked}
    reply = httpx.get(url, headers=headers, trust_env=False)
    assert (reply.status_code, reply.content) == (status, content)
    changed = httpx.get(url, headers={**headers, "If-Range": '"other"'}, trust_env=False)
    assert (changed.status_code, changed.content) == (200, b"0123456789")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=b", b"nothing"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx'),
        ("multipart/form-data", b""),
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(own: OfflineServer, kind: str, body: bytes) -> None:
    reply = httpx.post(
        f"{own.base_url}/files",
        headers={"Authorization": "Bearer x", "Content-Type": kind},
        content=body,
        trust_env=False,
    )
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]


# --- batches


def test_a_batch_says_what_the_same_calls_say(client: Any) -> None:
    batch = run(client, [line(number) for number in range(5)])
    assert batch.status == "completed"
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    answers = read(client, batch.output_file_id)
    for number, answer in enumerate(answers):
        alone = client.chat.completions.create(**line(number)["body"])
        assert (
            answer["response"]["body"]["choices"][0]["message"]["content"] == alone.choices[0].message.content
        )
        assert (answer["custom_id"], answer["response"]["status_code"], answer["error"]) == (
            str(number),
            200,
            None,
        )
    assert client.files.retrieve(batch.output_file_id).purpose == "batch_output"


def test_embeddings_and_moderations_run_in_batches_too(client: Any) -> None:
    for endpoint, body in (
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"}),
        ("/v1/moderations", {"input": "x"}),
    ):
        batch = run(client, [line(1, url=endpoint, body=body)], endpoint)
        assert (batch.status, batch.request_counts.completed) == ("completed", 1)


def test_lines_that_are_refused_go_into_the_error_file(client: Any, own: OfflineServer) -> None:
    wrong = line(1)
    wrong["body"] = {"model": "gpt-4o", "messages": "none"}
    streamed = line(2)
    streamed["body"] = {**streamed["body"], "stream": True}
    own.faults.add(Fault(status=429, when=lambda request: b"ticket 3" in request.body))
    batch = run(client, [line(0), wrong, streamed, line(3)])
    counts = batch.request_counts
    assert (batch.status, counts.total, counts.completed, counts.failed) == ("completed", 4, 1, 3)
    refused = {one["custom_id"]: one for one in read(client, batch.error_file_id)}
    assert {key: one["response"]["status_code"] for key, one in refused.items()} == {
        "1": 400,
        "2": 400,
        "3": 429,
    }
    assert refused["1"]["response"]["body"]["error"]["param"] == "messages"
    assert [one["custom_id"] for one in read(client, batch.output_file_id)] == ["0"]


@pytest.mark.parametrize(
    ("lines", "code", "number"),
    [
        (["{not json"], "invalid_json_line", 1),
        (["[1]"], "invalid_json_line", 1),
        ([line(0), {"method": "POST", "url": CHAT, "body": {}}], "missing_required_parameter", 2),
        ([line(0), line(0)], "duplicate_custom_id", 2),
        ([line(0, url="/v1/embeddings")], "mismatched_url", 1),
        ([line(0, method="GET")], "invalid_method", 1),
        ([line(0, body="x")], "invalid_type", 1),
        (["", " "], "empty_file", None),
    ],
)
def test_an_input_file_that_is_wrong_fails_the_batch(
    client: Any, lines: list[Any], code: str, number: int | None
) -> None:
    batch = run(client, lines)
    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("failed", None, None)
    assert [(one.code, one.line) for one in batch.errors.data] == [(code, number)]
    assert batch.failed_at >= batch.created_at


def test_a_batch_that_cannot_be_made_is_refused(client: Any) -> None:
    name = upload(client, [line(0)])
    other = client.files.create(file=("a.txt", b"x"), purpose="user_data").id
    for changes in (
        {"input_file_id": "file-none"},
        {"input_file_id": other},
        {"endpoint": "/v1/files"},
        {"completion_window": "1h"},
        {"metadata": {"a": "x" * 600}},
    ):
        asked = {"input_file_id": name, "endpoint": CHAT, "completion_window": "24h", **changes}
        with pytest.raises(openai.BadRequestError):
            client.batches.create(**asked)
    with pytest.raises(openai.NotFoundError):
        client.batches.retrieve("batch_none")


def test_a_batch_that_takes_too_long_expires_and_keeps_what_is_done() -> None:
    with OfflineServer(batches=Pace(line_delay=0.02, window=0.3)) as server, client_of(server) as client:
        batch = run(client, [line(number) for number in range(60)])
        assert batch.status == "expired"
        done, left = read(client, batch.output_file_id), read(client, batch.error_file_id)
        assert len(done) == batch.request_counts.completed
        assert len(done) + len(left) == batch.request_counts.total == 60
        assert {one["error"]["code"] for one in left} == {"batch_expired"}


def test_a_batch_beyond_the_enqueued_tokens_is_made_and_then_fails() -> None:
    pace = Pace(line_delay=0.05, tokens=200)
    with OfflineServer(batches=pace) as server, client_of(server) as client:
        first = client.batches.create(
            input_file_id=upload(client, [line(n) for n in range(10)]), endpoint=CHAT, completion_window="24h"
        )
        second = run(client, [line(n) for n in range(10)])
        assert second.status == "failed"
        (problem,) = second.errors.data
        assert problem.code == "token_limit_exceeded"
        assert "Limit: 200 enqueued tokens" in problem.message
        assert waited(client, first).status == "completed"
        assert run(client, [line(n) for n in range(10)]).status == "completed"


def test_ten_thousand_lines(client: Any) -> None:
    """While they run, the server answers others."""
    batch = client.batches.create(
        input_file_id=upload(client, [line(number) for number in range(10_000)]),
        endpoint=CHAT,
        completion_window="24h",
    )
    seen: set[int] = set()
    while batch.status in ("validating", "in_progress", "finalizing"):
        batch = client.batches.retrieve(batch.id)
        seen.add(batch.request_counts.completed)
    assert batch.request_counts.completed == 10_000
    assert len(seen) > 3
    answers = read(client, batch.output_file_id)
    assert [one["custom_id"] for one in answers] == [str(number) for number in range(10_000)]

"""Any operation of the API by the client itself, blocking and on asyncio: calls, pages, forms, downloads."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from psbridge.client import (
    ClientError,
    Configuration,
    FilePart,
    FileSink,
    Form,
    Operation,
    Sink,
)
from psbridge.offline import Fault, OfflineServer

from .conftest import KEY, Caller
from .faulty import RESET_KEEPS

EMBED = Operation("POST", "/embeddings", "CreateEmbeddingResponse", of_model=True, idempotent=True)
UPLOAD = Operation("POST", "/files", "OpenAIFile")
FILES = Operation("GET", "/files", "ListFilesResponse", idempotent=True)
FILE = Operation("GET", "/files/{file_id}", "OpenAIFile", idempotent=True)
CONTENT = Operation("GET", "/files/{file_id}/content", "bytes", idempotent=True)


def form(content: Any, name: str = "a.bin", **more: Any) -> Form:
    return Form({"purpose": "user_data"}, {"file": FilePart(content, name)}, **more)


def uploaded(caller: Caller, client: Any, content: bytes) -> str:
    value = caller.run(client.call(UPLOAD, body=form(content))).value
    return str(value["id"])


def test_a_call_answers_with_what_came(caller: Caller, configuration: Configuration) -> None:
    client = caller.client(configuration)
    body = {"model": "text-embedding-3-small", "input": "x", "dimensions": 4}
    reply = caller.run(client.call(EMBED, body=body))
    assert len(reply.value["data"][0]["embedding"]) == 4
    assert (reply.status, reply.method) == (200, "POST")
    assert reply.url.endswith("/v1/embeddings")


def test_only_what_is_not_idempotent_has_a_key(
    caller: Caller, configuration: Configuration, server: OfflineServer
) -> None:
    client = caller.client(configuration)
    name = uploaded(caller, client, b"x")
    caller.run(client.call(EMBED, body={"model": "m", "input": "x"}))
    caller.run(client.call(FILE, places={"file_id": name}, idempotency_key="mine"))
    assert [one.headers.get("idempotency-key", "")[:9] for one in server.requests] == [
        "psbridge-",
        "",
        "mine",
    ]


@pytest.mark.parametrize("name", ["", ".", "..", None, True, ["x"]])
def test_what_names_no_place_is_refused(caller: Caller, configuration: Configuration, name: Any) -> None:
    client = caller.client(configuration)
    with pytest.raises(ClientError, match="FileId must be a text, not empty"):
        caller.run(client.call(FILE, places={"file_id": name}))


def test_a_place_is_one_segment(caller: Caller, configuration: Configuration, server: OfflineServer) -> None:
    client = caller.client(configuration)
    for name, path in (("a/b", "a%2Fb"), ("a b?c", "a%20b%3Fc"), ("\u00fc", "%C3%BC"), (7, "7")):
        with pytest.raises(ClientError):
            caller.run(client.call(FILE, places={"file_id": name}))
        assert server.requests[-1].path == f"/v1/files/{path}"


def test_pages_come_as_they_are_asked_for(caller: Caller, configuration: Configuration) -> None:
    client = caller.client(configuration)
    names = [uploaded(caller, client, b"x") for _ in range(5)]
    items = caller.items(client.pages(FILES, query={"limit": 2, "order": "asc"}))
    assert [one["id"] for one in items] == names


def test_a_form_says_how_far_it_is(caller: Caller, configuration: Configuration) -> None:
    client = caller.client(configuration)
    said: list[tuple[int, int | None]] = []
    caller.run(client.call(UPLOAD, body=form(b"x" * 600_000, progress=lambda *far: said.append(far))))
    done = [far for far, _ in said]
    assert done == sorted(done) and len(done) > 3
    assert said[-1][0] == said[-1][1]


def test_a_download_goes_where_it_is_told(
    caller: Caller, configuration: Configuration, tmp_path: Path
) -> None:
    client = caller.client(configuration)
    content = bytes(range(256)) * 4000
    name = uploaded(caller, client, content)
    places = {"file_id": name}
    said: list[tuple[int, int | None]] = []
    sink = Sink(progress=lambda *far: said.append(far))
    assert caller.run(client.download(CONTENT, sink, places=places)).value == content
    assert said[-1] == (len(content), len(content))
    target = tmp_path / "a.bin"
    reply = caller.run(client.download(CONTENT, FileSink(target, name), places=places))
    assert (reply.value, reply.status) == (target, 200)
    assert target.read_bytes() == content


def test_a_download_into_memory_has_a_limit(caller: Caller, configuration: Configuration) -> None:
    client = caller.client(configuration)
    places = {"file_id": uploaded(caller, client, b"x" * 1000)}
    with pytest.raises(ClientError, match="larger than 999 bytes"):
        caller.run(client.download(CONTENT, Sink(999), places=places))
    assert caller.run(client.download(CONTENT, Sink(1000), places=places)).value == b"x" * 1000


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut_after_bytes=70_000),
        pytest.param(Fault(cut_after_bytes=70_000, reset=True), marks=RESET_KEEPS),
    ],
)
def test_a_broken_download_asks_for_the_rest(
    caller: Caller, configuration: Configuration, server: OfflineServer, fault: Fault
) -> None:
    """However often it breaks, as long as something comes."""
    client = caller.client(configuration)
    content = bytes(range(256)) * 1000
    places = {"file_id": uploaded(caller, client, content)}
    server.faults.add(fault)
    reply = caller.run(client.download(CONTENT, Sink(), places=places, max_retries=0))
    assert reply.value == content
    assert (reply.attempts, reply.status) == (4, 206)
    server.faults.clear()
    server.faults.add(Fault(cut_after_bytes=0))
    with pytest.raises(ClientError):
        caller.run(client.download(CONTENT, Sink(), places=places, max_retries=0))


def test_a_server_that_knows_no_ranges_sends_the_whole_again(caller: Caller, faulty: Any) -> None:
    """And what it sends is kept once."""
    content = b"0123456789" * 1000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"
    served: list[int] = []

    async def handler(connection: Any) -> None:
        await connection.request()
        served.append(1)
        await connection.send(head + (content[:4000] if len(served) < 2 else content))

    server = faulty(handler)
    client = caller.client(Configuration(base_url=server.base_url, access_token=KEY))
    reply = caller.run(client.download(CONTENT, Sink(), places={"file_id": "x"}, max_retries=0))
    assert reply.value == content


def test_a_part_that_was_not_asked_for_is_not_taken(caller: Caller, faulty: Any) -> None:
    content = b"0123456789" * 1000
    served: list[int] = []

    async def handler(connection: Any) -> None:
        await connection.request()
        served.append(1)
        if len(served) == 1:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + content[:4000])
        elif len(served) == 2:
            head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5000-9999/10000\r\n"
            await connection.send(head + b"Content-Length: 5000\r\n\r\n" + content[5000:])
        else:
            await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + content)

    server = faulty(handler)
    client = caller.client(Configuration(base_url=server.base_url, access_token=KEY))
    reply = caller.run(client.download(CONTENT, Sink(), places={"file_id": "x"}))
    assert reply.value == content


def test_a_pipe_is_sent_in_chunks(
    caller: Caller, configuration: Configuration, server: OfflineServer
) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    client = caller.client(configuration)
    value = caller.run(client.call(UPLOAD, body=form(Pipe(b"y" * 500_000)))).value
    assert value["bytes"] == 500_000
    headers = server.requests[-1].headers
    assert headers["transfer-encoding"] == "chunked" and "content-length" not in headers


def test_a_file_that_shrinks_while_it_is_sent_is_one_sentence(
    caller: Caller, configuration: Configuration, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 900_000)
    body = form(path)
    path.write_bytes(b"x" * 10)
    with pytest.raises(ClientError, match="became shorter while it was sent"):
        caller.run(caller.client(configuration).call(UPLOAD, body=body))


def test_azure_has_only_what_names_a_model_below_a_deployment(caller: Caller, server: OfflineServer) -> None:
    azure = Configuration(azure_endpoint=server.origin, api_version="2024-10-21", access_token=KEY)
    client = caller.client(azure)
    caller.run(client.call(EMBED, body={"model": "mine", "input": "x"}))
    uploaded(caller, client, b"x")
    assert [one.path for one in server.requests] == ["/openai/deployments/mine/embeddings", "/openai/files"]

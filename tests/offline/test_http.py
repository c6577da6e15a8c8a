"""The server as an HTTP server: keys, paths, methods, sizes, connections, and what it leaves behind."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from psbridge.offline import OfflineServer, fingerprint

from .conftest import AUTHORISED, DIRECT, Ask

HELLO = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
KEY = "sk-very-secret-value-1234"


# --- keys


def test_a_key_is_demanded(server: OfflineServer) -> None:
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Basic dTpw"}, {"api-key": ""}):
        reply = httpx.post(f"{server.base_url}/chat/completions", json=HELLO, headers=headers, **DIRECT)
        assert reply.status_code == 401
        assert reply.json()["error"]["type"] == "invalid_request_error"
        assert "API key" in reply.json()["error"]["message"]


def test_only_the_key_expected_is_accepted_and_none_is_echoed() -> None:
    with (
        OfflineServer(api_key=KEY) as server,
        httpx.Client(base_url=server.base_url, **DIRECT) as client,
    ):

        def post(headers: dict[str, str]) -> httpx.Response:
            return client.post("/chat/completions", json=HELLO, headers=headers)

        assert post({"authorization": f"Bearer {KEY}"}).status_code == 200
        assert post({"authorization": f"bearer {KEY}"}).status_code == 200
        assert post({"api-key": KEY}).status_code == 200
        wrong = post({"authorization": "Bearer sk-another-secret"})
        assert wrong.status_code == 401
        assert wrong.json()["error"]["code"] == "invalid_api_key"
        assert "another" not in wrong.text


def test_any_of_several_keys_is_accepted() -> None:
    with OfflineServer(api_key={"one", "two"}) as server:
        for key, status in (("one", 200), ("two", 200), ("three", 401)):
            headers = {"authorization": f"Bearer {key}"}
            reply = httpx.post(f"{server.base_url}/chat/completions", json=HELLO, headers=headers, **DIRECT)
            assert reply.status_code == status


def test_the_log_tells_keys_apart_and_keeps_none() -> None:
    with OfflineServer() as server, httpx.Client(base_url=server.base_url, **DIRECT) as client:
        headers = {"authorization": f"Bearer {KEY}", "api-key": KEY, "x-my-token": KEY, "cookie": KEY}
        client.post("/chat/completions?key=" + KEY, json=HELLO, headers={**headers, "x-kept": "kept"})
        entry = server.requests[-1]
        assert KEY not in repr(entry)
        assert entry.headers["authorization"] == f"Bearer {fingerprint(KEY)}"
        assert fingerprint(KEY) != fingerprint(KEY + "5")
        assert entry.headers["x-kept"] == "kept"


# --- the log


def test_the_log_shows_what_was_received(server: OfflineServer, client: httpx.Client) -> None:
    client.post("/chat/completions?a=1%202", json=HELLO)
    entry = server.requests[-1]
    assert (entry.method, entry.path, entry.query) == ("POST", "/v1/chat/completions", {"a": "1 2"})
    assert entry.json == HELLO
    assert json.loads(entry.body) == HELLO
    client.get("/models")
    assert server.requests[-1].json is None
    assert [entry.method for entry in server.requests[-2:]] == ["POST", "GET"]


def test_the_log_is_bounded_but_counts_on() -> None:
    with (
        OfflineServer(log_entries=2) as server,
        httpx.Client(base_url=server.base_url, **DIRECT) as client,
    ):
        for number in range(5):
            client.get(f"/models?n={number}", headers=AUTHORISED)
        assert [entry.query["n"] for entry in server.requests] == ["3", "4"]
        assert server.requests.total == 5
        server.requests.clear()
        assert (len(server.requests), server.requests.total) == (0, 0)


# --- paths and methods


def test_an_unknown_path_is_404(server: OfflineServer) -> None:
    for path in (
        "/",
        "/v1",
        "/v1/",
        "/v1/chat",
        "/v1/completions",
        "/v1/chat/completions/a/b",
        "/chat/completions",
    ):
        reply = httpx.get(server.origin + path, headers=AUTHORISED, **DIRECT)
        assert reply.status_code == 404, path
        assert reply.json()["error"]["message"] == f"Invalid URL (GET {path})"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/chat/completions", "GET, POST"),
        ("HEAD", "/chat/completions", "GET, POST"),
        ("PATCH", "/chat/completions/x", "GET, POST, DELETE"),
        ("POST", "/chat/completions/x/messages", "GET"),
        ("DELETE", "/models", "GET"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(
    client: httpx.Client, method: str, path: str, allowed: str
) -> None:
    reply = client.request(method, path)
    assert reply.status_code == 405
    assert reply.headers["allow"] == allowed


def test_azures_paths_take_the_model_from_the_deployment(server: OfflineServer) -> None:
    url = f"{server.origin}/openai/deployments/my-model/chat/completions"
    body = {"messages": HELLO["messages"]}
    with httpx.Client(headers={"api-key": "k"}, **DIRECT) as client:
        reply = client.post(url, params={"api-version": "2024-10-21"}, json=body)
        assert reply.status_code == 200
        assert reply.json()["model"] == "my-model"
        named = client.post(url, params={"api-version": "2024-10-21"}, json={**body, "model": "gpt-4o"})
        assert named.json()["model"] == "gpt-4o"
        assert client.post(url, json=body).status_code == 404
        assert client.get(url, params={"api-version": "2024-10-21"}).status_code == 405
        assert client.post(f"{server.origin}/openai/v1/chat/completions", json=HELLO).status_code == 200
        assert client.post(f"{server.origin}/openai/v1/chat/completions", json=body).status_code == 400


def test_a_default_model_stands_in_for_a_missing_one() -> None:
    with OfflineServer(default_model="stand-in") as server:
        body = {"messages": HELLO["messages"]}
        reply = httpx.post(f"{server.base_url}/chat/completions", json=body, headers=AUTHORISED, **DIRECT)
        assert reply.json()["model"] == "stand-in"


# --- the wire


def _talk(server: OfflineServer, *parts: bytes) -> bytes:
    """Send `parts` on one socket and return all that comes back until the server closes."""
    with socket.create_connection((server.host, server.port), timeout=30) as peer:
        for part in parts:
            peer.sendall(part)
        received = b""
        while piece := peer.recv(65536):
            received += piece
        return received


def _request(body: bytes, *headers: bytes) -> bytes:
    lines = [
        b"POST /v1/chat/completions HTTP/1.1",
        b"host: offline",
        b"authorization: Bearer k",
        b"content-type: application/json",
        *headers,
    ]
    return b"\r\n".join([*lines, b"", body])


def test_a_body_in_chunks_is_read(server: OfflineServer) -> None:
    body = json.dumps(HELLO).encode()
    chunked = b"".join(b"%x\r\n%s\r\n" % (1, body[at : at + 1]) for at in range(len(body))) + b"0\r\n\r\n"
    received = _talk(server, _request(chunked, b"transfer-encoding: chunked", b"connection: close"))
    assert received.startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_order(server: OfflineServer) -> None:
    def said(text: str, *headers: bytes) -> bytes:
        body = json.dumps({**HELLO, "messages": [{"role": "user", "content": text}]}).encode()
        return _request(body, b"content-length: %d" % len(body), *headers)

    slow = b"x-offline-fault: delay=0.05"
    received = _talk(server, said("first", slow) + said("second") + said("third", b"connection: close"))
    assert received.count(b"HTTP/1.1 200 ") == 3
    assert received.index(b"said: first") < received.index(b"said: second") < received.index(b"said: third")


def test_a_client_that_waits_for_100_gets_it(server: OfflineServer) -> None:
    body = json.dumps(HELLO).encode()
    head = _request(b"", b"content-length: %d" % len(body), b"expect: 100-continue", b"connection: close")
    with socket.create_connection((server.host, server.port), timeout=30) as peer:
        peer.sendall(head)
        assert peer.recv(65536).startswith(b"HTTP/1.1 100 ")
        peer.sendall(body)
        assert peer.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_what_is_no_http_is_refused(server: OfflineServer) -> None:
    received = _talk(server, b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert _talk(server, _request(b"", b"content-length: 5", b"content-length: 6")).startswith(
        b"HTTP/1.1 400 "
    )


def test_too_long_headers_are_refused(server: OfflineServer) -> None:
    received = _talk(server, _request(b"", b"x: " + b"y" * 200_000))
    assert received.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_413(chunked: bool) -> None:
    text = json.dumps({**HELLO, "messages": [{"role": "user", "content": "x" * 3_000_000}]}).encode()

    def pieces() -> Any:
        for at in range(0, len(text), 65536):
            yield text[at : at + 65536]

    with OfflineServer(max_body=100_000) as server, httpx.Client(**DIRECT) as client:
        headers = {**AUTHORISED, "content-type": "application/json"}
        content = pieces() if chunked else text
        reply = client.post(f"{server.base_url}/chat/completions", content=content, headers=headers)
        assert reply.status_code == 413
        assert reply.json()["error"]["code"] == "request_too_large"
        assert (
            client.post(f"{server.base_url}/chat/completions", json=HELLO, headers=headers).status_code == 200
        )


def test_sixty_four_megabytes_go_through(ask: Ask) -> None:
    said = "x" * (64 * 1024 * 1024 - 1024)
    reply = ask(said, max_tokens=5)
    assert reply.status_code == 200
    assert reply.json()["usage"]["prompt_tokens"] > 16_000_000


def test_one_connection_serves_many_requests(server: OfflineServer, ask: Ask) -> None:
    with httpx.Client(headers=AUTHORISED, **DIRECT) as client:
        with client.stream("POST", f"{server.base_url}/chat/completions", json=HELLO) as reply:
            reply.read()
            local = reply.extensions["network_stream"].get_extra_info("client_addr")
        for _ in range(20):
            with client.stream("POST", f"{server.base_url}/chat/completions", json=HELLO) as reply:
                reply.read()
                assert reply.extensions["network_stream"].get_extra_info("client_addr") == local


def test_hundreds_of_connections_at_once_are_all_answered() -> None:
    async def one(server: OfflineServer, number: int) -> None:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        for turn in range(3):
            said = f"number {number}, turn {turn}"
            body = json.dumps({"model": "m", "messages": [{"role": "user", "content": said}]}).encode()
            writer.write(_request(body, b"content-length: %d" % len(body)))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            reply = json.loads(await reader.readexactly(length))
            assert reply["choices"][0]["message"]["content"].endswith(said)
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        async with OfflineServer(delay=0.05) as server:
            await asyncio.gather(*(one(server, number) for number in range(400)))
            assert server.requests.total == 1200

    asyncio.run(run())


# --- beginning and end


def test_leaving_closes_connections_and_the_thread() -> None:
    before = threading.active_count()
    with OfflineServer() as server:
        idle = socket.create_connection((server.host, server.port), timeout=30)
        stalled = socket.create_connection((server.host, server.port), timeout=30)
        stalled.sendall(_request(b"{}", b"content-length: 2", b"x-offline-fault: stall"))
        while not server.requests:
            time.sleep(0.001)
    for peer in (idle, stalled):
        with peer:
            try:
                assert peer.recv(1) == b""
            except ConnectionResetError:
                continue
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=30)


def test_one_server_object_can_serve_again() -> None:
    server = OfflineServer()
    for _ in range(2):
        with server:
            assert httpx.get(f"{server.base_url}/models", headers=AUTHORISED, **DIRECT).status_code == 200


def test_a_taken_port_is_an_error_at_once(server: OfflineServer) -> None:
    with pytest.raises(OSError) as caught:
        OfflineServer(port=server.port).start()
    assert caught.value.errno in (errno.EADDRINUSE, errno.EACCES)


def test_starting_twice_is_an_error(server: OfflineServer) -> None:
    with pytest.raises(RuntimeError, match="already listening"):
        server.start()


def test_a_peer_that_leaves_mid_stream_does_no_harm(server: OfflineServer, client: httpx.Client) -> None:
    body = {**HELLO, "stream": True}
    for _ in range(5):
        headers = {"x-offline-fault": "chunk-delay=0.01"}
        with client.stream("POST", "/chat/completions", json=body, headers=headers) as reply:
            next(reply.iter_raw())
    assert client.post("/chat/completions", json=HELLO).status_code == 200

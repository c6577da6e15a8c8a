"""Every fault, asked for by header or added by a test, as a client meets it on the wire."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from psbridge.offline import Fault, OfflineServer
from psbridge.offline.faults import NAMES, parse

from .conftest import AUTHORISED, DIRECT

Post = Callable[..., httpx.Response]


@pytest.fixture
def server() -> Iterator[OfflineServer]:
    with OfflineServer() as running:
        yield running


@pytest.fixture
def post(server: OfflineServer) -> Iterator[Post]:
    """Post a small request with a fault header, `key` as idempotency key, and more members."""
    with httpx.Client(base_url=server.base_url, headers=AUTHORISED, timeout=30, **DIRECT) as client:

        def send(fault: str = "", key: str = "", said: str = "hi", **members: Any) -> httpx.Response:
            headers = {"x-offline-fault": fault} if fault else {}
            if key:
                headers["idempotency-key"] = key
            body = {"model": "m", "messages": [{"role": "user", "content": said}], **members}
            return client.post("/chat/completions", json=body, headers=headers)

        yield send


def _streamed(server: OfflineServer, fault: str, timeout: float = 30) -> tuple[list[str], Exception | None]:
    """The data of the events that arrived, and what ended the stream if it was not its end."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    headers = {**AUTHORISED, "x-offline-fault": fault}
    received = b""
    error: Exception | None = None
    try:
        with (
            httpx.Client(**DIRECT, timeout=timeout) as client,
            client.stream("POST", f"{server.base_url}/chat/completions", json=body, headers=headers) as reply,
        ):
            assert reply.status_code == 200
            for piece in reply.iter_raw():
                received += piece
    except httpx.TransportError as caught:
        error = caught
    parts = received.decode().split("\n\n")
    return [part[len("data: ") :] for part in parts if part], error


# --- error replies


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 418, 599]
)
def test_a_status_comes_with_an_error_in_openais_shape(post: Post, status: int) -> None:
    reply = post(f"status={status}")
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    assert reply.headers["x-request-id"]


def test_rate_limit_and_quota_are_told_apart(post: Post) -> None:
    limit = post("status=429").json()["error"]
    quota = post("status=429; code=insufficient_quota").json()["error"]
    assert limit["code"] == "rate_limit_exceeded"
    assert (quota["code"], quota["type"]) == ("insufficient_quota", "insufficient_quota")
    assert post("status=400; code=content_filter").json()["error"]["code"] == "content_filter"
    assert post("status=503; message=Come back later").json()["error"]["message"] == "Come back later"


@pytest.mark.parametrize(
    ("fault", "header", "value"),
    [
        ("status=429; retry-after=2", "retry-after", "2"),
        (
            "status=429; retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
            "retry-after",
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ),
        ("status=503; retry-after-ms=250", "retry-after-ms", "250"),
        ("status=500; should-retry=false", "x-should-retry", "false"),
        ("status=400; should-retry", "x-should-retry", "true"),
    ],
)
def test_advice_on_retrying_is_a_header(post: Post, fault: str, header: str, value: str) -> None:
    assert post(fault).headers[header] == value


def test_headers_and_body_can_be_anything(server: OfflineServer, post: Post) -> None:
    page = b"<html>proxy error</html>"
    server.faults.add(Fault(status=502, headers={"Content-Type": "text/html", "Server": "proxy"}, body=page))
    reply = post()
    assert (reply.status_code, reply.content) == (502, page)
    assert (reply.headers["content-type"], reply.headers["server"]) == ("text/html", "proxy")


def test_a_redirect_has_a_location_and_no_body(server: OfflineServer, post: Post) -> None:
    server.faults.add(Fault(status=307, headers={"location": "https://example.com/"}))
    reply = post()
    assert (reply.status_code, reply.headers["location"], reply.content) == (307, "https://example.com/", b"")


def test_a_valid_json_body_of_another_kind_can_be_sent(server: OfflineServer, post: Post) -> None:
    server.faults.add(Fault(body=b"[]"))
    reply = post()
    assert (reply.status_code, reply.json()) == (200, [])


# --- the wire


@pytest.mark.parametrize("fault", ["cut", "cut; status=500", "cut; reset"])
def test_a_connection_can_be_cut_before_the_reply(post: Post, fault: str) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        post(fault)


@pytest.mark.parametrize("count", [0, 1, 10, 100])
@pytest.mark.parametrize("reset", ["", "; reset"])
def test_a_connection_can_be_cut_within_the_body(post: Post, count: int, reset: str) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        post(f"cut-after-bytes={count}{reset}")


def test_a_cut_within_the_body_lets_that_many_bytes_through(server: OfflineServer) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    headers = {**AUTHORISED, "x-offline-fault": "cut-after-bytes=37"}
    received = b""
    with (
        httpx.Client(**DIRECT) as client,
        pytest.raises(httpx.RemoteProtocolError),
        client.stream("POST", f"{server.base_url}/chat/completions", json=body, headers=headers) as reply,
    ):
        for piece in reply.iter_raw():
            received += piece
    assert len(received) == 37


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_stream_can_be_cut_after_so_many_chunks(server: OfflineServer, count: int) -> None:
    found, error = _streamed(server, f"cut-after-chunks={count}")
    assert len(found) == count
    assert isinstance(error, httpx.RemoteProtocolError)


def test_a_stream_can_end_too_soon_in_good_order(server: OfflineServer) -> None:
    found, error = _streamed(server, "end-after-chunks=3")
    assert error is None
    assert len(found) == 3
    assert all(json.loads(item)["choices"][0]["finish_reason"] is None for item in found)


def test_a_stream_can_lack_only_its_done(server: OfflineServer) -> None:
    found, error = _streamed(server, "no-done")
    assert error is None
    assert json.loads(found[-1])["choices"][0]["finish_reason"] == "stop"


def test_a_stream_can_carry_an_error(server: OfflineServer) -> None:
    found, error = _streamed(server, "error-after-chunks=2; message=It broke")
    assert error is None
    assert len(found) == 3
    assert json.loads(found[-1])["error"]["message"] == "It broke"


def test_a_stream_can_stall(server: OfflineServer) -> None:
    found, error = _streamed(server, "stall-after-chunks=2", timeout=0.3)
    assert len(found) == 2
    assert isinstance(error, httpx.ReadTimeout)


def test_a_chunk_can_be_broken_json(server: OfflineServer) -> None:
    found, _ = _streamed(server, "malformed")
    json.loads(found[0])
    with pytest.raises(json.JSONDecodeError):
        json.loads(found[1])
    assert found[-1] == "[DONE]"


def test_a_body_can_be_broken_json(post: Post) -> None:
    reply = post("malformed")
    assert reply.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        reply.json()


@pytest.mark.parametrize("fault", ["stall", "stall-after-bytes=20", "delay=60"])
def test_a_reply_can_stall(server: OfflineServer, fault: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    headers = {**AUTHORISED, "x-offline-fault": fault}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.base_url}/chat/completions", json=body, headers=headers, timeout=0.3, **DIRECT)


def test_a_reply_can_be_late_but_whole(post: Post) -> None:
    late = post("delay=0.05")
    assert late.content == post().content


def test_a_reply_can_dribble(server: OfflineServer, post: Post) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    headers = {**AUTHORISED, "x-offline-fault": "chunk-bytes=50; chunk-delay=0.02"}
    with (
        httpx.Client(**DIRECT) as client,
        client.stream("POST", f"{server.base_url}/chat/completions", json=body, headers=headers) as reply,
    ):
        pieces = list(reply.iter_raw())
    assert len(pieces) > 3
    assert b"".join(pieces) == post().content


def test_the_bytes_of_a_stream_can_be_split_anywhere(server: OfflineServer) -> None:
    whole, _ = _streamed(server, "key=none")
    split, _ = _streamed(server, "chunk-bytes=1")
    assert split == whole


# --- how often


def test_a_header_fault_happens_on_the_first_tries_of_a_key(post: Post) -> None:
    fault = "status=500; times=2"
    assert [post(fault, key="a").status_code for _ in range(4)] == [500, 500, 200, 200]
    assert post(fault, key="b").status_code == 500
    assert [post(fault, said="no key").status_code for _ in range(3)] == [500, 500, 200]
    assert post(fault, said="another").status_code == 500


def test_a_header_fault_can_name_its_own_key(post: Post) -> None:
    assert [post("status=500; times=1; key=k", said=said).status_code for said in "abc"] == [500, 200, 200]


def test_an_added_fault_counts_requests(server: OfflineServer, post: Post) -> None:
    armed = server.faults.add(Fault(status=503, times=2))
    assert [post().status_code for _ in range(4)] == [503, 503, 200, 200]
    assert (armed.hits, armed.seen) == (2, 4)


def test_every_third_request_can_fail(server: OfflineServer, post: Post) -> None:
    armed = server.faults.add(Fault(status=500, every=3))
    assert [post().status_code for _ in range(7)] == [200, 200, 500, 200, 200, 500, 200]
    server.faults.remove(armed)
    assert [post().status_code for _ in range(3)] == [200, 200, 200]


def test_every_second_call_can_fail_on_its_first_try(server: OfflineServer, post: Post) -> None:
    server.faults.add(Fault(status=500, every=2, times=1, per_key=True))
    sent = ["a", "b", "b", "a", "c", "d", "d", "d"]
    assert [post(key=key).status_code for key in sent] == [200, 500, 200, 200, 200, 500, 200, 200]


def test_a_fault_can_be_for_one_key_one_path_or_one_kind_of_request(
    server: OfflineServer, post: Post
) -> None:
    server.faults.add(Fault(status=409, key="k"))
    server.faults.add(Fault(status=404, path="/models"))
    server.faults.add(Fault(status=422, when=lambda request: b"strange" in request.body))
    assert post().status_code == 200
    assert post(key="k").status_code == 409
    assert post(said="strange").status_code == 422
    assert httpx.get(f"{server.base_url}/models", headers=AUTHORISED, **DIRECT).status_code == 404


def test_the_fault_added_first_happens_and_clearing_ends_all(server: OfflineServer, post: Post) -> None:
    server.faults.add(Fault(status=500, times=1))
    server.faults.add(Fault(status=429))
    assert [post().status_code for _ in range(2)] == [500, 429]
    assert post("status=409; times=1").status_code == 409
    server.faults.clear()
    assert post().status_code == 200
    assert post("status=409; times=1").status_code == 409


# --- the header's grammar


def test_the_header_knows_every_field_that_is_text(post: Post) -> None:
    values = {"status": "429", "code": "x", "message": "m", "retry-after": "1", "key": "k", "path": "/p"}
    for name in NAMES:
        fault = parse(f"{name}={values.get(name, '1')}")
        assert getattr(fault, name.replace("-", "_")) not in (None, False, 0.0)
    assert {item.name for item in dataclasses.fields(Fault)} - {name.replace("-", "_") for name in NAMES} == {
        "headers",
        "body",
        "when",
    }


@pytest.mark.parametrize("text", ["", " ; ; ", "Status = 429 ;; Retry-After = 3"])
def test_spaces_case_and_empty_pieces_do_not_matter(text: str) -> None:
    assert parse(text) == (Fault(status=429, retry_after="3") if "429" in text else Fault())


@pytest.mark.parametrize(
    "text",
    [
        "stauts=429",
        "status=abc",
        "status=200",
        "status",
        "delay=-1",
        "every=0",
        "cut=perhaps",
        "times=-1",
        "code",
    ],
)
def test_a_header_that_cannot_be_read_is_refused(post: Post, text: str) -> None:
    reply = post(text)
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "invalid_fault"


@pytest.mark.parametrize(
    "fields", [{"status": 200}, {"every": 0}, {"times": -1}, {"delay": -1.0}, {"chunk_bytes": 0}]
)
def test_an_impossible_fault_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields)).replace("delay", "a delay")):
        Fault(**fields)

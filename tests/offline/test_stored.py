"""Stored completions: kept, found, changed, paged through and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from psbridge.offline import OfflineServer

from .conftest import AUTHORISED, DIRECT


@pytest.fixture
def own() -> Iterator[httpx.Client]:
    """A client of a server that nothing else uses."""
    with (
        OfflineServer() as server,
        httpx.Client(base_url=server.base_url, headers=AUTHORISED, **DIRECT) as made,
    ):
        yield made


def _store(own: httpx.Client, said: str = "hi", **members: Any) -> dict[str, Any]:
    body = {"model": "gpt-4o", "store": True, "messages": [{"role": "user", "content": said}], **members}
    reply = own.post("/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def _pages(own: httpx.Client, path: str, **params: str | int) -> list[dict[str, Any]]:
    """Everything on all pages."""
    found: list[dict[str, Any]] = []
    while True:
        reply = own.get(path, params=params)
        assert reply.status_code == 200, reply.text
        page = reply.json()
        assert page["object"] == "list"
        if page["data"]:
            assert page["first_id"] == page["data"][0]["id"]
            assert page["last_id"] == page["data"][-1]["id"]
        found += page["data"]
        if not page["has_more"]:
            return found
        params["after"] = page["last_id"]


def test_the_life_of_a_stored_completion(own: httpx.Client) -> None:
    made = _store(own, metadata={"ticket": "7"})
    path = f"/chat/completions/{made['id']}"
    assert own.get(path).json() == made
    assert made["metadata"] == {"ticket": "7"}
    changed = own.post(path, json={"metadata": {"ticket": "8"}})
    assert changed.status_code == 200
    assert changed.json()["metadata"] == {"ticket": "8"}
    assert own.get(path).json()["metadata"] == {"ticket": "8"}
    assert own.post(path, json={"metadata": None}).json()["metadata"] == {}
    deleted = own.delete(path)
    assert deleted.json() == {"object": "chat.completion.deleted", "id": made["id"], "deleted": True}
    for method in ("GET", "DELETE"):
        gone = own.request(method, path)
        assert gone.status_code == 404
        assert gone.json()["error"]["param"] == "completion_id"
    assert own.get(path + "/messages").status_code == 404
    assert own.get("/chat/completions").json()["data"] == []


def test_what_is_not_to_be_stored_is_not(own: httpx.Client) -> None:
    made = _store(own, store=False)
    assert own.get(f"/chat/completions/{made['id']}").status_code == 404


def test_a_streamed_completion_is_stored_whole(own: httpx.Client) -> None:
    body = {"model": "m", "store": True, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    assert own.post("/chat/completions", json=body).status_code == 200
    [kept] = own.get("/chat/completions").json()["data"]
    assert kept["choices"][0]["message"]["content"].endswith("You said: hi")


def test_equal_requests_are_stored_under_different_ids(own: httpx.Client) -> None:
    assert len({_store(own)["id"] for _ in range(3)}) == 3
    assert len(own.get("/chat/completions").json()["data"]) == 3


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 3, 7, 50, 1000])
def test_paging_shows_everything_once_and_in_order(own: httpx.Client, order: str, limit: int) -> None:
    made = [_store(own, f"number {number}")["id"] for number in range(7)]
    found = [item["id"] for item in _pages(own, "/chat/completions", limit=limit, order=order)]
    assert found == (made if order == "asc" else made[::-1])


def test_a_page_has_twenty_and_starts_with_the_oldest(own: httpx.Client) -> None:
    made = [_store(own, f"number {number}")["id"] for number in range(21)]
    page = own.get("/chat/completions").json()
    assert [item["id"] for item in page["data"]] == made[:20]
    assert page["has_more"] is True


def test_lists_are_filtered_by_model_and_metadata(own: httpx.Client) -> None:
    _store(own, "a", model="one", metadata={"team": "x", "kind": "bug"})
    _store(own, "b", model="two", metadata={"team": "x"})
    _store(own, "c", model="two")

    def said(**params: str) -> list[str]:
        page = own.get("/chat/completions", params=params).json()
        return [item["choices"][0]["message"]["content"][-1] for item in page["data"]]

    assert said() == ["a", "b", "c"]
    assert said(model="two") == ["b", "c"]
    assert said(**{"metadata[team]": "x"}) == ["a", "b"]
    assert said(**{"metadata[team]": "x", "metadata[kind]": "bug"}) == ["a"]
    assert said(model="two", **{"metadata[team]": "x"}) == ["b"]
    assert said(model="three") == []


def test_an_empty_list_is_a_list(own: httpx.Client) -> None:
    assert own.get("/chat/completions").json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_messages_are_listed_with_their_parts(own: httpx.Client) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
    text = {"type": "text", "text": "Look"}
    messages = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": [text, picture], "name": "ann"},
    ]
    made = _store(own, messages=messages)
    path = f"/chat/completions/{made['id']}/messages"
    first, second = own.get(path).json()["data"]
    assert (first["role"], first["content"], first["content_parts"]) == ("system", "Be brief", None)
    assert (second["name"], second["content_parts"]) == ("ann", [text, picture])
    assert second["id"] == f"{made['id']}-1"
    assert [item["id"] for item in _pages(own, path, limit=1, order="desc")] == [second["id"], first["id"]]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"limit": "0"}, "integer_below_min_value", "limit"),
        ({"limit": "-1"}, "invalid_type", "limit"),
        ({"limit": "ten"}, "invalid_type", "limit"),
        ({"order": "up"}, "invalid_value", "order"),
        ({"after": "chatcmpl-none"}, "invalid_value", "after"),
    ],
)
def test_a_bad_query_is_refused(own: httpx.Client, params: dict[str, str], code: str, param: str) -> None:
    reply = own.get("/chat/completions", params=params)
    assert reply.status_code == 400
    assert (reply.json()["error"]["code"], reply.json()["error"]["param"]) == (code, param)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "metadata"),
        ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
        ({"metadata": {}, "model": "x"}, "unknown_parameter", "model"),
        ([], "invalid_type", None),
    ],
)
def test_an_update_is_checked(own: httpx.Client, body: object, code: str, param: str | None) -> None:
    reply = own.post(f"/chat/completions/{_store(own)['id']}", json=body)
    assert reply.status_code == 400
    assert (reply.json()["error"]["code"], reply.json()["error"]["param"]) == (code, param)

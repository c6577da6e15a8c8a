"""A request is made once: what it sends, and what limits and spans ask of it, are the same in every form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psbridge.client.errors import RequestError
from psbridge.client.message.form import FilePart, Form
from psbridge.client.message.payload import Payload

MEMBERS: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "é"}],
    "max_tokens": 7,
    "n": 3,
}


@pytest.mark.parametrize("added", [{}, {"model": "other"}, {"base": {"user": "u"}}, {"streamed": True}])
def test_bytes_and_members_say_the_same(added: dict[str, Any]) -> None:
    """Whatever a configuration or the call adds."""
    members = Payload.of(MEMBERS, **added)
    read = Payload.of(json.dumps(MEMBERS, ensure_ascii=False, separators=(",", ":")).encode(), **added)
    assert json.loads(members.content) == json.loads(read.content)  # type: ignore[arg-type]  # it is bytes
    for one in (members, read, Payload(members.content)):
        assert (one.model, one.answer_tokens) == ("m", 21)
        assert one.tokens == len(members.content) // 4 + 22  # type: ignore[arg-type]
    assert members.streamed is read.streamed is bool(added.get("streamed"))


def test_bytes_to_which_nothing_is_added_go_out_as_they_are() -> None:
    """Blanks, repeated names and all."""
    given = b' { "model" : "a", "model": "b" } '
    assert Payload.of(given).content == given
    assert Payload.of(given).model == "b"


def test_what_wins() -> None:
    """What the call adds, then the request, then the configuration; its model only where none is named."""
    payload = Payload.of({"a": 1, "b": 1}, model="m", base={"a": 0, "c": 0}, additional={"b": 2})
    assert json.loads(payload.content) == {"a": 1, "b": 2, "c": 0, "model": "m"}  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", [b"no json", b"[1]", b"\xff", b""])
def test_bytes_that_are_no_object_count_by_their_length(odd: bytes) -> None:
    """They go out, and the server says what is wrong with them."""
    payload = Payload.of(odd)
    assert payload.content == odd and payload.model is None
    assert payload.tokens == (len(odd) // 4 + 1 if odd else 0)


def test_a_form_counts_nothing() -> None:
    """A file is no prompt."""
    payload = Payload(Form({"purpose": "batch"}, {"file": FilePart(b"x" * 10_000, "x.txt")}))
    assert (payload.model, payload.tokens, payload.streamed) == (None, 0, False)


@pytest.mark.parametrize("wrong", [{"x": float("nan")}, {"x": object()}, [1], None])
def test_what_is_no_json_object_is_refused(wrong: Any) -> None:
    with pytest.raises(RequestError):
        Payload.of(wrong)


def test_one_that_is_given_is_read_once() -> None:
    """What was asked of it already is not read again; it is changed only where something is added."""
    payload = Payload(b'{"model":"m","max_tokens":7}')
    assert payload.answer_tokens == 7
    assert Payload.of(payload) is payload
    added = Payload.of(payload, additional={"n": 2})
    assert added.answer_tokens == 14
    assert payload.content == b'{"model":"m","max_tokens":7}'
    for content in (b"[1]", b"{", b""):
        odd = Payload(content)
        assert odd.answer_tokens == 0
        with pytest.raises(RequestError):
            Payload.of(odd, model="m")

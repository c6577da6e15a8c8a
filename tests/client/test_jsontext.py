"""JSON in: what may stand around it, and what is none."""

from __future__ import annotations

import pytest

from psbridge.client.message import jsontext


@pytest.mark.parametrize("text", [b"[1]", b" [1]", b"[1] \r\n\t", b"\xef\xbb\xbf[1]\n"])
def test_white_space_and_a_mark_around_json_are_nothing(text: bytes) -> None:
    assert jsontext.read(text) == jsontext.loads(text) == [1]


@pytest.mark.parametrize(
    "text", [b"[1] x", b"", b"  ", b"[1][2]", b"[1]\x0b", b"\xef\xbb\xbf\xef\xbb\xbf[1]", b"[1"]
)
def test_what_is_more_or_less_than_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        jsontext.read(text)

"""What goes out and what is kept is byte for byte what an encoder makes of it: hashes hold over versions."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from psbridge.client.message import jsontext
from psbridge.runs.intake import _AT_A_TIME, Intake
from psbridge.runs.ledger import Ledger
from psbridge.runs.reading import SourceRow
from psbridge.runs.recipes import recipe

from .test_ledger import IDENTITY

TEXTS = [
    "plain",
    'a "quote"',
    "back\\slash",
    "two\nlines\t",
    "ünïcödé 😀",
    "\x00\x01\x7f\u2028",
    "{braces}",
    "",
]
SETTINGS: list[dict[str, Any]] = [
    {"template": "p {Text} {{x}} {text}"},
    {"template": "{Text}{Text}", "system": 'be "kind"', "body": {"temperature": 0.5}, "model": "m"},
    {"template": "{Text}", "endpoint": "embeddings"},
    {"template": "{Text}", "endpoint": "moderations", "model": "m"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_request_is_what_an_encoder_makes_of_it(settings: dict[str, Any]) -> None:
    made = recipe(settings)
    for text in [*TEXTS, None, 1.5, ["a", {"b": "ü"}]]:
        body = made.request({"Text": text})
        assert jsontext.dumps(json.loads(body)) == body
        question = json.loads(body)
        question = question["messages"][-1]["content"] if "messages" in question else question["input"]
        assert isinstance(text, list) or ("" if text is None else str(text)) in question


@pytest.mark.parametrize("settings", SETTINGS)
def test_half_of_a_surrogate_pair_is_named_and_not_sent(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        recipe(settings).request({"Text": "\ud83d"})


def test_rows_taken_together_are_what_rows_taken_one_by_one_are(tmp_path: Path) -> None:
    """More than are written at once; a row that is bad, and one that stands twice, across the seams."""
    texts = [TEXTS[number % len(TEXTS)] for number in range(2 * _AT_A_TIME + 3)]
    rows: list[SourceRow] = [SourceRow({"Id": str(n), "Text": text}) for n, text in enumerate(texts)]
    rows.insert(_AT_A_TIME + 1, SourceRow({"Id": "bad"}, "it is bad"))
    rows.append(rows[5])
    rows.append(SourceRow({"Id": "last", "Text": "x", "More": [1, None]}))
    made = recipe({"template": "{Text}"})
    with Ledger(tmp_path / "t.db", create=True) as ledger:
        ledger.belong(IDENTITY)
        taken = Intake(ledger, made, "Id", digest=None).take(iter(rows))
        assert (taken.rows, taken.new, taken.bad, taken.duplicates) == (len(rows), len(rows) - 1, 1, 1)
        del rows[-2]
        kept = ledger.db.execute(
            "select seq, id, hash, body, row from item join source using(seq) order by seq"
        ).fetchall()
        assert [row[0] for row in kept] == list(range(1, len(rows) + 1))
        for (_, id, hash, body, text), row in zip(kept, rows, strict=True):
            assert id == row.values["Id"]
            assert text == json.dumps(dict(row.values), ensure_ascii=False, separators=(",", ":"))
            if not row.problem:
                assert body == made.request(row.values) and hash == hashlib.sha256(body).digest()
        again = Intake(ledger, made, "Id", digest=None).take(iter(rows))
        assert (again.new, again.known) == (0, len(rows) - 1), "a row that is bad is looked at anew"
        assert ledger.counts() == (len(rows), 0, 1)


def test_an_input_of_duplicates_alone_is_taken_once(tmp_path: Path) -> None:
    made = recipe({"template": "{Text}"})
    rows = [SourceRow({"Id": "1", "Text": "x"})] * (_AT_A_TIME + 2)
    with Ledger(tmp_path / "t.db", create=True) as ledger:
        ledger.belong(IDENTITY)
        taken = Intake(ledger, made, "Id", digest=None).take(iter(rows))
        assert (taken.new, taken.duplicates, ledger.counts()) == (1, _AT_A_TIME + 1, (1, 0, 0))

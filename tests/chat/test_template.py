"""Templates of prompts: what they name, what they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from psbridge.binding import PSCustomObject
from psbridge.chat.template import Template, TemplateError


@dataclass
class Ticket:
    Text: str
    Id: int = 7


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"Text": "a", "Id": 1}, "1: a"),
        ({"text": "a", "ID": 1}, "1: a"),
        (Ticket("a"), "7: a"),
        (PSCustomObject({"Text": "a", "Id": 1}), "1: a"),
        ('{"Text": "a", "Id": 1}', "1: a"),
        ({"Text": None, "Id": ""}, ": "),
        ({"Text": {"a": [1, "ü"]}, "Id": True}, 'True: {"a": [1, "ü"]}'),
    ],
)
def test_an_item_fills_the_names_in_any_case(item: Any, expected: str) -> None:
    assert Template("{Id}: {Text}").fill(item) == expected


def test_doubled_braces_stand_for_braces() -> None:
    assert Template('{{"a": {{{A}}}}}').fill({"A": 1}) == '{"a": {1}}'


def test_a_name_may_have_blanks_and_appear_twice() -> None:
    template = Template("{Ticket Id}/{Ticket Id}")
    assert template.names == ("Ticket Id",)
    assert template.fill({"Ticket Id": 5}) == "5/5"


def test_what_a_template_names_is_never_read_as_a_template_again() -> None:
    assert Template("{A}").fill({"A": "{B} {{", "B": "no"}) == "{B} {{"


@pytest.mark.parametrize(
    "text", ["{", "}", "a { b", "a } b", "{}", "{ }", "{a.b}", "{a[0]}", "{a:>3}", "{a!r}", "{{{", '{"a": 1}']
)
def test_what_is_no_name_between_braces_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(TemplateError, match=r"invalid value for 'Template'.*character"):
        Template(text)


@pytest.mark.parametrize("item", [{"Text": 1}, Ticket("x"), "plain text", 5, None, ["Text"]])
def test_a_missing_property_is_named(item: Any) -> None:
    with pytest.raises(TemplateError, match="names 'Nope', which the item does not have"):
        Template("{Nope}").fill(item)

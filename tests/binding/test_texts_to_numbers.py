"""Texts into numbers, dates and patterns where a text is longer, or of other digits, than one expects."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest

from psbridge.binding import convert, net_type, property_of, to_text
from psbridge.binding.errors import InvalidCast, NetError
from psbridge.binding.regexes import compile_net

LONG = "9" * 5000


@pytest.mark.parametrize(
    ("text", "type_name", "why"),
    [
        (LONG, "Int32", "too large or too small for an Int32"),
        (LONG, "UInt64", "too large or too small for a UInt64"),
        (LONG, "Decimal", "too large or too small for a Decimal"),
        (f"1.{LONG}", "Version", "too large or too small for an Int32"),
        (LONG, "TimeSpan", "could not be parsed because at least one of the numeric components is out"),
        (LONG, "DayOfWeek", "too large or too small for an Int32"),
        (f"{LONG}.1", "SemanticVersion", "was not in a correct format"),
        (f"http://host:{LONG}/", "Uri", "Invalid port"),
        ("http://host:²/", "Uri", "Invalid port"),
    ],
)
def test_a_number_of_thousands_of_digits_is_refused_as_dotnet_refuses_it(
    text: str, type_name: str, why: str
) -> None:
    with pytest.raises(InvalidCast, match=why):
        convert(text, net_type(type_name))


def test_a_big_integer_has_as_many_digits_as_it_has() -> None:
    assert to_text(convert(LONG, net_type("BigInteger"))) == LONG
    assert to_text(convert(f"-{LONG}", net_type("BigInteger"))) == f"-{LONG}"


def test_a_decimal_of_a_text_takes_time_by_its_length_alone() -> None:
    assert convert("1e-9999999999d", net_type("Decimal")) == 0
    with pytest.raises(InvalidCast):
        convert("1e9999999999d", net_type("Decimal"))
    assert convert("0." + "3" * 5000 + "d", net_type("Decimal")) == Decimal("0." + "3" * 28)


def test_a_fraction_of_a_second_is_rounded_to_ticks_and_may_make_a_whole_one() -> None:
    day = datetime.datetime(2024, 1, 1, 10)
    assert convert(f"2024-01-01 10:00:00.{LONG}", net_type("DateTime")) == day.replace(second=1)
    assert convert("2024-01-01 10:00:00.12345678", net_type("DateTime")).rest == 8


def test_an_enumeration_is_one_type_by_whichever_name() -> None:
    assert net_type("IO.FileShare") is net_type("System.IO.FileShare")


@pytest.mark.parametrize(("ticks", "milliseconds"), [(-5_000_000, -500), (15_000_000, 500), (-1, 0)])
def test_the_parts_of_a_negative_time_span_are_negative(ticks: int, milliseconds: int) -> None:
    span = datetime.timedelta(microseconds=ticks / 10)
    assert property_of(span, ["Milliseconds"]) == (True, milliseconds)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a(?i)b|C", "c", True),
        ("a(?i)b|c", "C", True),
        ("a(?i)b|c", "AB", False),
        ("(a(?i)b|c)d", "CD", False),
        ("(?:(?i)a(?-i)b|c)", "C", False),
        ("(?x) a # it's (one\n b", "ab", True),
        ("(?x: a +) b", "aa b", True),
        ("(?x) a #", "a", True),
        (r"(?x) a\ b [ #]", "a b#", True),
        (r"\²", "²", True),
        ("a{٣}", "a{٣}", True),
        (r"[(](a)\1", "(aa", True),
    ],
)
def test_a_pattern_means_what_it_means_in_dotnet(pattern: str, text: str, matches: bool) -> None:
    assert (compile_net(pattern).fullmatch(text) is not None) is matches


def test_blanks_of_a_pattern_are_left_out_where_its_options_say_so() -> None:
    assert compile_net("a b # c", re.VERBOSE).fullmatch("ab")
    assert compile_net("(?-x)a b", re.VERBOSE).fullmatch("a b")


@pytest.mark.parametrize("pattern", [r"[(]\1", r"[(](a)\2", r"\((a)\2"])
def test_a_bracket_that_opens_no_group_is_not_counted(pattern: str) -> None:
    with pytest.raises(NetError, match="Reference to undefined group number"):
        compile_net(pattern)

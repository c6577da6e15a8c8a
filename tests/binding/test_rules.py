"""Rules that single measured calls show, on more values than were measured."""

from __future__ import annotations

from typing import Any

import pytest

from psbridge.binding import (
    Argument,
    Char,
    Command,
    InvalidCast,
    Parameter,
    ParameterBindingError,
    PSCustomObject,
    ValidateCount,
    ValidateLength,
    ValidateRange,
    ValidateScript,
    ValidateSet,
    net_text,
    net_type,
    transform,
    type_of,
)


def to(type_name: str, value: Any) -> str:
    """The value as one of the type: its type's name and its text."""
    made = transform(value, net_type(type_name))
    return f"{type_of(made).short_name} {net_text(made)}"


@pytest.mark.parametrize(
    ("type_name", "value", "made"),
    [
        ("bigint", "12345678901234567890", "BigInteger 12345678901234567890"),
        ("bigint", "0x10", "BigInteger 16"),
        ("bigint", -7.9, "BigInteger -7"),
        ("ipaddress", "1.2", "IPAddress 1.0.0.2"),
        ("ipaddress", "0x7f.1", "IPAddress 127.0.0.1"),
        ("ipaddress", "FE80::0:1", "IPAddress fe80::1"),
        ("mailaddress", "Me <a@b.c>", 'MailAddress "Me" <a@b.c>'),
        ("cultureinfo", "EN-us", "CultureInfo en-US"),
        ("cultureinfo", 1031, "CultureInfo de-DE"),
        ("semver", "1", "SemanticVersion 1.0.0"),
        ("semver", "1.2.3-rc.1+x5", "SemanticVersion 1.2.3-rc.1+x5"),
        ("type", "int[]", "RuntimeType System.Int32[]"),
        ("xml", "<a><b/></a>", "XmlDocument System.Xml.XmlDocument"),
        ("System.Drawing.Point", "3, 4", "Point {X=3,Y=4}"),
        ("System.IO.FileAttributes", "r", "FileAttributes ReadOnly"),
        ("System.IO.FileAttributes", ["ReadOnly", 2], "FileAttributes ReadOnly, Hidden"),
        ("System.IO.FileShare", 3, "FileShare ReadWrite"),
        ("System.Net.HttpStatusCode", "Moved", "HttpStatusCode MovedPermanently"),
        ("datetimeoffset", "2024-01-02 03:04 -05:30", "DateTimeOffset 01/02/2024 03:04:00 -05:30"),
        ("System.Collections.IDictionary", {"a": 1}, "Hashtable System.Collections.Hashtable"),
    ],
)
def test_values_become_seldom_types(type_name: str, value: Any, made: str) -> None:
    assert to(type_name, value) == made


@pytest.mark.parametrize(
    ("type_name", "value", "told"),
    [
        ("ipaddress", "1.2.3.4.5", "An invalid IP address was specified."),
        ("ipaddress", "256.1.1.1", "An invalid IP address was specified."),
        ("mailaddress", "a,b@c", "An invalid character was found in the mail header"),
        ("xml", "x", "cannot be inserted as the valid child"),
        ("xml", "<a></b>", "The 'a' start tag on line 1 position 2"),
        ("type", "no.such", '"no.such" value of type "System.String" to type "System.Type".'),
        ("System.IO.FileAttributes", 1 << 30, "enumeration values that are not valid"),
        ("System.Collections.ArrayList", 5, 'Cannot convert the "5" value of type "System.Int32"'),
        ("datetime", PSCustomObject({"Year": 1}), '"Year" is a ReadOnly property.'),
        ("version", {"Major": 1}, '"Major" is a ReadOnly property.'),
        ("datetime", {"Nope": 1}, "The property 'Nope' was not found"),
        ("datetimeoffset", "2024-01-02T00:00:00+15:00", "within plus or minus 14 hours"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_says_why(type_name: str, value: Any, told: str) -> None:
    with pytest.raises(InvalidCast) as caught:
        transform(value, net_type(type_name))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("allowed", "given", "taken"),
    [
        ("ß", "SS", False),
        ("Ä", "ä", True),
        ("\u017f", "S", False),
        ("K", "\u212a", True),
        ("ß", "\u1e9e", True),
        ("Ä", "a\u0308", True),
        ("\u03c3", "\u03a3", True),
    ],
)
def test_case_is_folded_one_character_to_one(allowed: str, given: str, taken: bool) -> None:
    validator = ValidateSet(allowed)
    if taken:
        validator.check(given)
        return
    with pytest.raises(Exception, match="does not belong to the set"):
        validator.check(given)


def test_texts_are_in_range_by_the_cultures_order() -> None:
    """Small before capital of the same letter, whatever their codes."""
    letters = ValidateRange("b", "d")
    for inside in ("b", "B", "bb", "C", "ç", "d"):
        letters.check(inside)
    for outside in ("a", "A", "D", "da", "e", "1", " "):
        with pytest.raises(Exception, match=r"is (less|greater) than"):
            letters.check(outside)


def test_a_script_that_throws_says_why() -> None:
    def throw(value: object) -> object:
        raise RuntimeError("custom failure")

    command = Command("Test-It", [Parameter("P", "string", validate=[ValidateScript("throw", throw)])])
    with pytest.raises(ParameterBindingError) as caught:
        command.bind_call((), {"P": "x"})
    assert caught.value.message == "Cannot validate argument on parameter 'P'. custom failure"
    assert caught.value.error_id == "ParameterArgumentValidationError"


@pytest.mark.parametrize(("attribute", "limits"), [(ValidateLength, (0, 0)), (ValidateCount, (-1, 2))])
def test_an_attribute_that_cannot_be_built_is_an_error(attribute: Any, limits: tuple[int, int]) -> None:
    with pytest.raises(ParameterBindingError) as caught:
        attribute(*limits)
    assert caught.value.fully_qualified_error_id == "ExceptionConstructingAttribute"
    assert (caught.value.category, caught.value.exception_type) == ("InvalidOperation", "RuntimeException")


def test_a_splatted_text_is_its_characters() -> None:
    command = Command(
        "Test-It",
        [Parameter("A", "string", position=0), Parameter("B", "int", position=1), Parameter("C", position=2)],
    )
    assert command.bind([], splat="x5z").bound == {"A": "x", "B": 53, "C": Char("z")}
    assert command.bind([Argument("C"), Argument(value=1)], splat="q").bound["A"] == "q"

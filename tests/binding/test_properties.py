"""Properties that hold for any name, number and call."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import conformance
from hypothesis import given
from hypothesis import strategies as st

from psbridge.binding import (
    Command,
    InvalidCast,
    Parameter,
    ParameterBindingError,
    PSCustomObject,
    SecureString,
    convert,
    net_text,
    net_type,
    to_text,
)
from psbridge.binding.ordinal import folded

REFERENCE = [one for one in conformance.commands().values() if isinstance(one, Command) and one.parameters]
WITHOUT_ALIASES = [one for one in REFERENCE if not any(parameter.aliases for parameter in one.parameters)]
INT32 = st.integers(-(2**31), 2**31 - 1)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**28), max_value=10**28, places=3),
    st.sampled_from(["user", "5", " 7 ", "0x1F", "1kb", "true", "2024-01-02", "a b"]),
    st.builds(SecureString, st.text(max_size=3)),
    st.uuids(),
    st.timedeltas(),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=3), SCALARS, max_size=2),
    st.builds(PSCustomObject, st.dictionaries(st.sampled_from(["a", "b"]), SCALARS)),
)


def outcome(call: Any, *arguments: Any, **keywords: Any) -> object:
    """What a call returns, with each value's type, or what its error says."""
    try:
        found = call(*arguments, **keywords)
    except ParameterBindingError as error:
        return (type(error), error.fully_qualified_error_id, error.category, error.message)
    return [(name, type(value), repr(value)) for name, value in found.items()]


@given(st.sampled_from(REFERENCE), st.data())
def test_the_short_path_and_the_full_algorithm_agree(command: Command, data: st.DataObject) -> None:
    """A keyword call binds the same values, in the same order, or fails the same way, by both."""
    parameters = data.draw(st.lists(st.sampled_from(command.parameters), max_size=3, unique_by=id))
    keywords = {parameter.name: data.draw(VALUES) for parameter in parameters}

    def full() -> dict[str, Any]:
        return command.bind(command._call_arguments((), keywords)).bound

    assert outcome(command.bind_call, (), keywords) == outcome(full)


@given(st.sampled_from(REFERENCE), st.data())
def test_the_two_binders_agree_on_any_spelling(command: Command, data: st.DataObject) -> None:
    """One parameter under two of its names included; asked twice, for the short path learns names."""
    wired = Command(
        command.name,
        [
            Parameter(one.name, one.type, sets=one.sets, aliases=one.aliases, validate=one.validators,
                      wire_name=f"{one.name.lower()}_wire")
            for one in command.parameters
        ],
        default_set=command.default_set,
    )  # fmt: skip
    keywords: dict[str, Any] = {}
    for parameter in data.draw(st.lists(st.sampled_from(wired.parameters), max_size=4, unique=True)):
        spellings = [parameter.name, parameter.wire_name or "", parameter.name.upper(), *parameter.aliases]
        for spelling in data.draw(st.lists(st.sampled_from(spellings), min_size=1, max_size=2, unique=True)):
            keywords[spelling] = data.draw(VALUES)

    def full() -> dict[str, Any]:
        return wired.bind(wired._call_arguments((), keywords)).bound

    expected = outcome(full)
    for _ in range(2):
        assert outcome(wired.bind_call, (), keywords) == expected


@given(st.sampled_from(WITHOUT_ALIASES), st.data())
def test_a_prefix_binds_exactly_when_it_is_one_parameters_alone(
    command: Command, data: st.DataObject
) -> None:
    """An exact name always binds; a prefix of several names is ambiguous, listed in their order."""
    names = [parameter.name for parameter in command.parameters]
    name = data.draw(st.sampled_from(names))
    prefix = name[: data.draw(st.integers(1, len(name)))]
    spelt = data.draw(st.sampled_from([prefix, prefix.lower(), prefix.upper()]))
    matching = [known for known in names if known.lower().startswith(spelt.lower())]
    try:
        entry = command.metadata.match(spelt)
    except ParameterBindingError as error:
        assert error.error_id == "AmbiguousParameter"
        listed = error.message.partition("include:")[2].rstrip(".").split()
        assert [f"-{known}" for known in matching] == listed[: len(matching)]
        assert spelt.lower() not in [known.lower() for known in names]
    else:
        assert entry is not None
        exact = [known for known in names if known.lower() == spelt.lower()]
        if folded(spelt) in command.metadata.aliases and not exact:
            return
        assert entry.parameter.name == (exact or matching)[0]
        assert exact or len(matching) == 1


@given(INT32)
def test_an_integer_survives_its_own_text(value: int) -> None:
    """Int32 -> String -> Int32."""
    assert convert(to_text(value), net_type("Int32")) == value


@given(st.floats(allow_nan=False))
def test_a_double_survives_its_shortest_text(value: float) -> None:
    """`ToString()` of a Double reads back as the same Double."""
    assert convert(net_text(value), net_type("Double")) == value


@given(st.floats(min_value=-1e14, max_value=1e14))
def test_a_double_rounds_to_even_on_its_way_to_an_integer(value: float) -> None:
    """Banker's rounding, as Python's own round."""
    assert convert(value, net_type("Int64")) == round(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=5))
def test_a_decimal_keeps_its_digits_as_text(value: Decimal) -> None:
    """A Decimal's text is plain notation with the same value."""
    assert Decimal(to_text(value)) == value
    assert "E" not in to_text(value)


@given(st.uuids())
def test_a_guid_survives_its_own_text(value: uuid.UUID) -> None:
    """Guid -> String -> Guid."""
    assert convert(to_text(value), net_type("Guid")) == value


@given(
    st.timedeltas(
        max_value=datetime.timedelta(days=10_000_000), min_value=datetime.timedelta(days=-10_000_000)
    )
)
def test_a_time_span_survives_its_own_text(value: datetime.timedelta) -> None:
    """TimeSpan -> String -> TimeSpan."""
    assert convert(to_text(value), net_type("TimeSpan")) == value


@given(st.datetimes(min_value=datetime.datetime(1900, 1, 1)))
def test_a_date_survives_iso_8601(value: datetime.datetime) -> None:
    """An ISO date and time, with or without a fraction, reads as what it says."""
    assert convert(value.isoformat(), net_type("DateTime")) == value


@given(
    VALUES,
    st.sampled_from(["Int32", "String", "Nullable[Decimal]", "Boolean", "String[]", "Guid", "DateTime"]),
)
def test_a_value_binds_or_is_refused_with_a_sentence(value: object, type_name: str) -> None:
    """No value makes the binder fail in any other way."""
    command = Command("Set-It", [Parameter("Value", type_name)])
    try:
        assert list(command.bind_call((), {"Value": value})) == ["Value"]
    except ParameterBindingError as error:
        assert error.message.startswith("Cannot ")


TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="()[]{}?*+|\\\\^$.-<>:'=!#abzdkpPxu019,&~", max_size=12),
    st.text(alphabet="0123456789:.,-/ TZamp+", max_size=14),
    st.text(alphabet="htp:/%@[].?#0af\\\\ ", max_size=14),
)


@given(
    TEXTS,
    st.sampled_from(["Regex", "Uri", "DateTime", "TimeSpan", "Version", "Guid", "DayOfWeek", "Decimal"]),
)
def test_any_text_converts_or_is_refused_with_a_sentence(text: str, type_name: str) -> None:
    """No text crashes a parser, and none makes one warn."""
    try:
        convert(text, net_type(type_name))
    except InvalidCast as error:
        assert str(error).startswith("Cannot convert ")


@given(st.text(max_size=12))
def test_an_escaped_text_is_a_pattern_for_itself(text: str) -> None:
    """What .NET's Regex.Escape gives matches the text it was given, and is kept as the pattern's text."""
    escaped = "".join(f"\\{item}" if item in "\\*+?|{[()^$.# " else item for item in text)
    pattern = convert(escaped, net_type("Regex"))
    assert pattern.fullmatch(text)
    assert net_text(pattern) == escaped

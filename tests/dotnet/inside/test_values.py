"""Values to .NET and back on a real runtime: nothing lost, thousands of generated values."""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import psbridge as ps
from psbridge import binding
from psbridge.dotnet import LOCAL, ConversionError, DateTime, TimeSpan, edge, from_dotnet, load, to_dotnet
from psbridge.models import CreateChatCompletionRequest

load()
UTC = datetime.timezone.utc
System = edge.namespace("System")


def same(one: Any, two: Any) -> Any:
    """Equal in type, value and everything a value has: sign of zero, digits, zone, tick."""
    if isinstance(one, list):
        return isinstance(two, list) and len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, dict):
        ordered = not isinstance(one, binding.OrderedDictionary) or list(one) == list(two)
        return (
            type(one) is type(two)
            and one.keys() == two.keys()
            and ordered
            and all(same(one[key], two[key]) for key in one)
        )
    if type(one) is not type(two):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(two)) or (
            one == two and math.copysign(1, one) == math.copysign(1, two)
        )
    if isinstance(one, decimal.Decimal):
        return one.as_tuple() == two.as_tuple()
    if isinstance(one, datetime.datetime):
        return (
            one.replace(tzinfo=None) == two.replace(tzinfo=None)
            and one.utcoffset() == two.utcoffset()
            and (one.tzinfo is None, one.tzinfo is UTC, one.tzinfo is LOCAL)
            == (two.tzinfo is None, two.tzinfo is UTC, two.tzinfo is LOCAL)
            and getattr(one, "tick", 0) == getattr(two, "tick", 0)
        )
    if isinstance(one, datetime.timedelta):
        return one == two and getattr(one, "tick", 0) == getattr(two, "tick", 0)
    if isinstance(one, binding.SecureString):
        return one.reveal() == two.reveal()
    return bool(one == two)


def whole(cls: type, bits: int, signed: bool) -> st.SearchStrategy[Any]:
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return st.integers(low, high).map(cls)


def offset(minutes: int) -> datetime.timezone:
    span = datetime.timedelta(minutes=minutes)
    return datetime.timezone(span) if minutes else datetime.timezone(span, "+00:00")


ZONES = st.one_of(
    st.none(),
    st.just(UTC),
    st.just(LOCAL),
    st.integers(-14 * 60, 14 * 60).map(offset),
)
MOMENTS = st.builds(
    lambda moment, zone, tick: (
        DateTime.of(moment.replace(tzinfo=zone), tick) if tick else moment.replace(tzinfo=zone)
    ),
    st.datetimes(datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 29)),
    ZONES,
    st.integers(0, 9),
)
SPANS = st.builds(
    lambda span, tick: TimeSpan.of(span, tick) if tick else span,
    st.timedeltas(datetime.timedelta(days=-10_675_198), datetime.timedelta(days=10_675_198)),
    st.integers(0, 9),
)
DECIMALS = st.builds(
    lambda number, scale, negative: decimal.Decimal((int(negative), tuple(map(int, str(number))), -scale)),
    st.integers(0, (1 << 96) - 1),
    st.integers(0, 28),
    st.booleans(),
)
SINGLES = st.floats(width=32).map(binding.Single)
TEXTS = st.text()
CHARS = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]).map(binding.Char)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 31), (1 << 31) - 1),
    st.integers(),
    st.floats(),
    TEXTS,
    st.binary(),
    SINGLES,
    CHARS,
    DECIMALS,
    MOMENTS,
    SPANS,
    st.uuids(),
    TEXTS.map(binding.SecureString),
    st.sampled_from(binding.DayOfWeek),
    st.lists(st.integers(0, (1 << 31) - 1), min_size=2, max_size=4).map(binding.Version),
    whole(binding.SByte, 8, True),
    whole(binding.Byte, 8, False),
    whole(binding.Int16, 16, True),
    whole(binding.UInt16, 16, False),
    whole(binding.UInt32, 32, False),
    st.integers(-(1 << 31), (1 << 31) - 1).map(binding.Int64),
    whole(binding.UInt64, 64, False),
)
KEYS = st.one_of(TEXTS, st.integers(-(1 << 31), (1 << 31) - 1))


def ordered(values: Any) -> binding.OrderedDictionary:
    return binding.OrderedDictionary(values)


VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(KEYS, inner, max_size=5),
        st.dictionaries(KEYS, inner, max_size=5).map(ordered),
    ),
    max_leaves=12,
)


@settings(max_examples=1500, deadline=None, database=None)
@given(SCALARS)
def test_a_value_comes_back_as_it_went(value: object) -> None:
    assert same(value, from_dotnet(to_dotnet(value)))


@settings(max_examples=250, deadline=None, database=None)
@given(VALUES)
def test_a_structure_comes_back_as_it_went(value: object) -> None:
    assert same(value, from_dotnet(to_dotnet(value)))


@settings(max_examples=120, deadline=None, database=None)
@given(st.lists(SCALARS, max_size=8))
def test_every_collection_reads_as_a_list(values: list[object]) -> None:
    generic = edge.namespace("System.Collections.Generic")
    for make in (
        generic.List[System.Object],
        edge.net("System.Collections.ArrayList"),
        generic.Queue[System.Object],
    ):
        collection = make()
        add = getattr(collection, "Add", None) or collection.Enqueue
        for value in values:
            add(to_dotnet(value))
        assert same(values, from_dotnet(collection))


@settings(max_examples=120, deadline=None, database=None)
@given(st.dictionaries(TEXTS, SCALARS, max_size=8))
def test_every_dictionary_reads_as_a_dict(values: dict[str, object]) -> None:
    generic = edge.namespace("System.Collections.Generic")
    table = generic.Dictionary[System.String, System.Object]()
    expando = edge.net("System.Dynamic.ExpandoObject")()
    put = generic.IDictionary[System.String, System.Object](expando)
    shared = edge.net("System.Collections.Concurrent.ConcurrentDictionary")[System.String, System.Object]()
    for key, value in values.items():
        table[key] = to_dotnet(value)
        put.Add(key, to_dotnet(value))
        shared[key] = to_dotnet(value)
    assert same(values, from_dotnet(table))
    assert same(values, from_dotnet(shared))
    assert same(values, dict(from_dotnet(expando)))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("Int32", [1, -2]),
        ("Int64", [binding.Int64(1), 1 << 40]),
        ("Double", [0.5, 1.0]),
        ("Single", [binding.Single(0.5)]),
        ("Byte", b"\x00\xff"),
        ("Char", [binding.Char("a")]),
        ("Boolean", [True, False]),
        ("String", ["a", None, "bc"]),
        ("DateTime", [datetime.datetime(2024, 1, 2)]),
        ("Guid", [uuid.UUID(int=5)]),
    ],
)
def test_a_typed_array_reads_as_its_items(kind: str, values: Any) -> None:
    items = [System.Byte(item) for item in values] if kind == "Byte" else [to_dotnet(item) for item in values]
    array = System.Array[getattr(System, kind)](items)
    found = from_dotnet(array)
    assert found == values
    assert [type(item) for item in found] == [type(item) for item in values]


def test_a_boxed_number_keeps_its_type_inside_a_table() -> None:
    table = edge.net("System.Collections.Hashtable")()
    table["long"], table["byte"], table["int"] = System.Int64(5), System.Byte(6), System.Int32(7)
    table["single"], table["char"], table["double"] = System.Single(0.5), System.Char("x"), 0.5
    found = from_dotnet(table)
    assert {name: type(value) for name, value in found.items()} == {
        "long": binding.Int64,
        "byte": binding.Byte,
        "int": int,
        "single": binding.Single,
        "char": binding.Char,
        "double": float,
    }


def test_a_table_made_here_ignores_the_case_of_its_keys_unless_two_differ_in_it() -> None:
    assert to_dotnet({"Role": "user"})["role"] == "user"
    for table in ({"a": 1, "A": 2}, {"": 1, "\b": 2}, {"\u017f": 1, "s": 2, "S": 3}):
        assert from_dotnet(to_dotnet(table)) == table


def test_json_elements_and_nodes_read_as_their_json() -> None:
    text = '{"a": [1, 1.5, 0.1, true, null, "\\u00e9"], "big": 123456789012345678901234567890}'
    wanted = {
        "a": [1, 1.5, 0.1, True, None, "é"],
        "big": 123456789012345678901234567890,
    }
    document = edge.net("System.Text.Json.JsonDocument").Parse(text)
    assert from_dotnet(document) == from_dotnet(document.RootElement) == wanted
    assert from_dotnet(edge.net("System.Text.Json.Nodes.JsonNode").Parse(text)) == wanted
    exact = edge.net("System.Text.Json.JsonDocument").Parse("0.10000000000000000001")
    assert from_dotnet(exact) == decimal.Decimal("0.10000000000000000001")
    twice = edge.net("System.Text.Json.JsonDocument").Parse('{"a": 1, "a": 2}')
    with pytest.raises(ConversionError, match="two members of one name"):
        from_dotnet(twice)


def test_null_and_dbnull_are_none() -> None:
    assert from_dotnet(None) is None
    assert from_dotnet(System.DBNull.Value) is None
    assert from_dotnet(edge.object_array([System.DBNull.Value, None])) == [None, None]


def test_enumerations_keep_names_flags_and_values_without_a_name() -> None:
    attributes = edge.net("System.IO.FileAttributes")
    both = from_dotnet(attributes.Hidden | attributes.System)
    assert both.value == 6
    assert to_dotnet(both).Equals(attributes.Hidden | attributes.System)
    unnamed = System.Enum.ToObject(edge.runtime_type(System.TypeCode), 99)
    assert from_dotnet(unnamed).value == 99
    assert to_dotnet(from_dotnet(unnamed)).Equals(unnamed)
    assert from_dotnet(System.DayOfWeek.Friday) is binding.DayOfWeek.Friday


def test_wide_integers_and_halves_read_as_their_values() -> None:
    assert from_dotnet(System.Int128.Parse("-170141183460469231731687303715884105728")) == -(1 << 127)
    assert from_dotnet(System.Half.Parse("0.5", edge.invariant())) == 0.5
    assert from_dotnet(to_dotnet(10**5000)) == 10**5000


def test_patterns_uris_and_versions() -> None:
    for value in (re.compile("a.b", re.I | re.S), binding.Uri("relative/é"), binding.Uri("http://x/y?z=1")):
        assert from_dotnet(to_dotnet(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "half \ud800",
        binding.Char("\udfff"),
        {"a": ["\udfff"]},
        decimal.Decimal("NaN"),
        decimal.Decimal("0.00000000000000000000000000001"),
        decimal.Decimal("79228162514264337593543950336"),
        decimal.Decimal("1e40"),
        datetime.timedelta.max,
        datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(seconds=30))),
        datetime.datetime.min.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=5))),
        {None: 1},
        ps.UNSET,
        object(),
        print,
        re.compile(b"x"),
        3 + 4j,
    ],
)
def test_what_has_no_equal_is_refused_in_a_sentence(value: object) -> None:
    with pytest.raises(ConversionError) as caught:
        to_dotnet(value)
    assert caught.value.message.endswith(".")


def test_a_value_that_contains_itself_is_refused_both_ways() -> None:
    loop: list[Any] = []
    loop.append(loop)
    table = edge.net("System.Collections.Hashtable")()
    table["self"] = table
    for convert, value in ((to_dotnet, loop), (from_dotnet, table)):
        with pytest.raises(ConversionError, match="contains itself"):
            convert(value)
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    with pytest.raises(ConversionError, match="deeper than 100"):
        to_dotnet(deep)


def test_a_model_goes_over_as_an_ordered_table_and_comes_back_as_the_model() -> None:
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=ps.Initialize_ChatCompletionRequestUserMessage(Content="hi", Role="user"),
        Model="gpt-4o",
        Temperature=0.5,
        Stop=None,
    )
    sent = to_dotnet(request)
    assert list(sent.Keys) == list(request.__ps_properties__())
    assert from_dotnet(sent, CreateChatCompletionRequest) == request
    with pytest.raises(ps.InvalidValueError):
        from_dotnet(to_dotnet({"model": 3}), CreateChatCompletionRequest)


def test_cmdlets_take_dotnet_values_by_the_binders_rules() -> None:
    message = edge.net("System.Collections.Hashtable")()
    message["ROLE"], message["content"] = "user", "hi"
    tokens = edge.net("System.Collections.Generic.Dictionary")[System.String, System.Int32]()
    tokens["50256"] = -100
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=[message],
        Model=to_dotnet(binding.Uri("gpt-4o")),
        MaxTokens=System.Int64(5),
        Temperature=System.Decimal.Parse("0.5", edge.invariant()),
        LogitBias=tokens,
        Stop=edge.object_array(["a", "b"]),
        Metadata={"inner": {"id": System.Int16(7)}["id"]} and edge.net("System.Collections.Hashtable")(),
    )
    assert request.model_dump() == {
        "messages": [{"role": "user", "content": "hi"}],
        "model": "gpt-4o",
        "max_tokens": 5,
        "temperature": 0.5,
        "logit_bias": {"50256": -100},
        "stop": ["a", "b"],
        "metadata": {},
    }
    with pytest.raises(ps.ParameterBindingError) as caught:
        ps.Initialize_CreateChatCompletionRequest(Messages=[message], Model="m", MaxTokens=message)
    assert caught.value.parameter == "MaxTokens"


def test_a_dotnet_object_that_is_no_value_stays_what_it_is() -> None:
    process = edge.net("System.IO.MemoryStream")()
    assert from_dotnet(process) is process
    assert from_dotnet([process, 1])[0] is process


def test_a_secure_string_never_shows() -> None:
    token = from_dotnet(to_dotnet(binding.SecureString("sk-very-secret")))
    assert "secret" not in f"{token!r}{token}"

"""A whole tree crosses in one call: what is in it keeps its type and its place, whatever lies beside it."""

from __future__ import annotations

import decimal
import enum
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import psbridge as ps
from psbridge import binding
from psbridge.dotnet import ConversionError, edge, from_dotnet, load, to_dotnet, tokens
from psbridge.dotnet.flatten import flatten
from psbridge.models import CreateChatCompletionRequest

from .test_values import SCALARS, VALUES, same

load()
System = edge.namespace("System")
Generic = edge.namespace("System.Collections.Generic")

# With the mark that ends a token in them, and about as long as goes into the tree's own text.
ODD_TEXTS = st.one_of(
    st.text(alphabet="a\0\u00e9\U0001f600", max_size=6),
    st.builds("".ljust, st.integers(tokens.LONG - 2, tokens.LONG + 2), st.sampled_from("x\u00e9")),
)


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(ODD_TEXTS, max_size=4), st.dictionaries(ODD_TEXTS, ODD_TEXTS, max_size=4))
def test_texts_that_go_beside_the_tree_come_back_in_their_places(
    texts: list[str], table: dict[str, str]
) -> None:
    value = [*texts, binding.OrderedDictionary(table), table, "end"]
    assert same(value, from_dotnet(to_dotnet(value)))


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(VALUES, max_size=3), st.dictionaries(st.text(), VALUES, max_size=3))
def test_collections_made_in_dotnet_keep_what_is_inside(
    items: list[object], table: dict[str, object]
) -> None:
    listed, queue = Generic.List[System.Object](), Generic.Queue[System.Object]()
    dictionary = Generic.Dictionary[System.String, System.Object]()
    for item in items:
        listed.Add(to_dotnet(item))
        queue.Enqueue(to_dotnet(item))
    for key, item in table.items():
        dictionary[key] = to_dotnet(item)
    whole = edge.object_array([listed, dictionary, queue])
    assert same([items, table, items], from_dotnet(whole))


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(SCALARS.filter(lambda value: value is not None), max_size=4))
def test_a_value_has_the_dotnet_type_inside_a_tree_that_it_has_alone(values: list[object]) -> None:
    alone = edge.object_array([to_dotnet(value) for value in values])
    within = to_dotnet({"values": values})["values"]
    assert types(within) == types(alone)


def types(array: Any) -> list[str]:
    """The .NET types of the items; pythonnet would make some of them Python's own."""
    return [str(one.FullName) for one in System.Type.GetTypeArray(array)]


@pytest.fixture
def odd_culture() -> Iterator[None]:
    """A thread that writes numbers unlike anybody else."""
    thread = edge.net("System.Globalization.CultureInfo")
    before = thread.CurrentCulture
    culture = edge.invariant().Clone()
    culture.NumberFormat.NegativeSign = "~"
    culture.NumberFormat.NumberDecimalSeparator = ";"
    thread.CurrentCulture = culture
    yield
    thread.CurrentCulture = before


def test_numbers_cross_whatever_the_culture(odd_culture: None) -> None:
    values = [-5, -(1 << 40), -0.5, binding.Single(-1.5), binding.SByte(-1), decimal.Decimal("-1.10")]
    assert same(values, from_dotnet(to_dotnet(values)))


@pytest.mark.parametrize("around", [list, tuple, "table", "queue"])
def test_nesting_is_refused_beyond_the_same_depth_both_ways(around: Any) -> None:
    def inside(value: Any, wrap: Any) -> Any:
        if wrap == "table":
            return binding.OrderedDictionary({"in": value})
        return wrap([value])

    def queue_of(value: Any) -> Any:
        made = edge.net("System.Collections.Queue")()
        made.Enqueue(value)
        return made

    deep: Any = "bottom"
    for _ in range(tokens.MAX_DEPTH - 1):
        deep = [deep] if around == "queue" else inside(deep, around)
    there = to_dotnet(deep)
    outer = queue_of(there) if around == "queue" else edge.object_array([there])
    assert from_dotnet(outer)
    for one in (edge.object_array([outer]), queue_of(outer)):
        with pytest.raises(ConversionError, match="deeper than 100"):
            from_dotnet(one)
    with pytest.raises(ConversionError, match="deeper than 100"):
        to_dotnet([[deep]])


def test_what_has_no_place_in_the_text_keeps_its_place_in_the_tree() -> None:
    """Objects, enumerations, JSON and arrays of one type, each told from the values around it."""
    stream = edge.net("System.IO.MemoryStream")()
    value = {
        "stream": stream,
        "day": binding.DayOfWeek.Friday,
        "json": edge.net("System.Text.Json.Nodes.JsonNode").Parse('{"a": [1, 0.5]}'),
        "longs": System.Array[System.Int64]([1, 2]),
        "bytes": [b"\x00", bytearray(b"x")],
        "none": [None, System.DBNull.Value],
    }
    found = from_dotnet(to_dotnet(value))
    assert found["stream"].Equals(stream)
    assert found["day"] is binding.DayOfWeek.Friday
    assert found["json"] == {"a": [1, 0.5]}
    assert [type(one) for one in found["longs"]] == [binding.Int64, binding.Int64]
    assert found["bytes"] == [b"\x00", b"x"]
    assert found["none"] == [None, None]


class Mine(str):
    """A text with a class of its own."""


class Level(enum.IntEnum):
    """An enumeration that .NET does not know."""

    LOW = 1


def test_subclasses_cross_as_what_they_are_subclasses_of() -> None:
    class Message(ps.models.ChatCompletionRequestUserMessage):
        """A model of the caller's own."""

    value = {Mine("key"): Mine("text"), "level": Level.LOW, "set": {1}, "range": range(2), "flag": True}
    assert same(
        {"key": "text", "level": 1, "set": [1], "range": [0, 1], "flag": True}, from_dotnet(to_dotnet(value))
    )
    message = Message(content="hi", role="user")
    assert list(to_dotnet([message])[0].Keys) == ["content", "role"]


def test_keys_that_are_one_key_are_refused_both_ways() -> None:
    table = edge.net("System.Collections.Hashtable")()
    table[System.Int32(1)], table[System.Int64(1)] = "int", "long"
    with pytest.raises(ConversionError, match="one key in Python"):
        from_dotnet([table])
    with pytest.raises(ConversionError, match=r"one key in \.NET"):
        to_dotnet([{1: 1, Twin(1): 2}])


class Twin(int):
    """An int that is a key of its own in Python, and the same Int32 in .NET."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def test_a_request_of_models_crosses_as_text_alone() -> None:
    """Nothing in it needs an object of its own, so that there and back is one call each way."""
    request = ps.Initialize_CreateChatCompletionRequest(
        Messages=[{"role": "user", "content": "hi"}], Model="m", Temperature=0.5, MaxTokens=5, Store=True
    )
    made = to_dotnet(request)
    assert flatten(made, 0)[1] == []
    assert from_dotnet(made, CreateChatCompletionRequest) == request

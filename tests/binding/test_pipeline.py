"""Input objects bind by value and by property name, one at a time; a bad one does not stop the rest."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from psbridge.binding import (
    Argument,
    Binding,
    Command,
    OrderedDictionary,
    Parameter,
    ParameterBindingError,
    PSCustomObject,
    Uri,
    Version,
)

MESSAGE = Command(
    "Initialize-Message",
    [
        Parameter("Content", "PSCustomObject", position=0, from_pipeline_by_property_name=True),
        Parameter("Role", "String", position=1, validate_set=["user"], from_pipeline_by_property_name=True),
        Parameter("Name", "String", from_pipeline_by_property_name=True, aliases=["nm"]),
    ],
)
CHAT = Command(
    "New-Chat",
    [
        Parameter("Request", "PSCustomObject", position=0, from_pipeline=True),
        Parameter("Text", "String", from_pipeline=True),
        Parameter("WithHttpInfo", "SwitchParameter"),
    ],
)


def test_properties_bind_in_any_case_and_by_alias() -> None:
    """`content`, `Role` and the alias `nm` find their parameters."""
    item = PSCustomObject({"content": "hi", "Role": "user", "nm": "bob"})
    assert list(MESSAGE.pipe_call((), {}, [item])) == [{"Name": "bob", "Role": "user", "Content": "hi"}]


def test_an_object_that_cannot_be_bound_leaves_the_others_alone() -> None:
    """Its error comes in its place, with the object as the target."""
    bad = PSCustomObject(Role="nobody")
    results = list(MESSAGE.pipe_call((), {}, [PSCustomObject(Content=1), bad, PSCustomObject(Content=2)]))
    assert results[0] == {"Content": 1}
    assert isinstance(results[1], ParameterBindingError)
    assert results[1].target is bad
    assert results[2] == {"Content": 2}


def test_nothing_of_one_object_shows_up_in_the_next() -> None:
    """What PowerShell leaves behind in $PSBoundParameters is told apart from what the object bound."""
    items = [PSCustomObject(Content="a", Name="n"), PSCustomObject(Content="b")]
    assert list(MESSAGE.pipe_call((), {}, items)) == [{"Name": "n", "Content": "a"}, {"Content": "b"}]
    second = list(MESSAGE.pipe([], items))[1]
    assert isinstance(second, Binding)
    assert second.carried == {"Name": "n"}
    assert second.ps_bound_parameters == {"Name": "n", "Content": "b"}


def test_a_wrong_call_raises_before_any_object_is_taken() -> None:
    """The call's own mistake is not one object's error: it ends the pipeline."""
    taken = []

    def objects() -> Iterator[str]:
        taken.append(1)
        yield "x"

    with pytest.raises(ParameterBindingError, match="Nope"):
        next(MESSAGE.pipe_call((), {"Nope": 1}, objects()))
    assert taken == []


def test_objects_are_taken_one_at_a_time() -> None:
    """An endless input works as far as it is asked for."""

    def endless() -> Iterator[dict[str, object]]:
        while True:
            yield {"model": "m"}

    results = CHAT.pipe_call((), {}, endless())
    assert next(results)["Request"] == {"model": "m"}  # type: ignore[index]
    assert next(results)["Request"] == {"model": "m"}  # type: ignore[index]


@pytest.mark.parametrize("request_", [{"model": "m"}, OrderedDictionary(model="m"), PSCustomObject(a=1)])
def test_an_object_binds_as_a_whole_and_unchanged(request_: object) -> None:
    """By value, the very object arrives."""
    bound = next(CHAT.pipe_call((), {}, [request_]))
    assert bound["Request"] is request_  # type: ignore[index]


def test_what_the_call_gave_does_not_take_input() -> None:
    """With every pipeline parameter given, an object has nowhere to go."""
    (error,) = CHAT.pipe_call(({"m": 1},), {"Text": "t"}, ["x"])
    assert isinstance(error, ParameterBindingError)
    assert error.error_id == "InputObjectNotBound"


def test_a_callable_is_run_for_each_object() -> None:
    """A script block given to a pipeline parameter is called with the object, as `{ $_.role }` is."""
    items = [{"who": "user", "what": 1}, {"who": "user", "what": 2}]
    arguments: list[object] = [
        Argument("Role"),
        lambda item: item["who"],
        Argument("Content"),
        lambda item: item["what"],
    ]
    results = [result.bound for result in MESSAGE.pipe(arguments, items) if isinstance(result, Binding)]
    assert results == [{"Role": "user", "Content": 1}, {"Role": "user", "Content": 2}]


def test_a_callable_that_fails_is_that_objects_error() -> None:
    """The exception's text is in the message, the exception itself is the cause."""

    def fail(item: object) -> object:
        raise RuntimeError("no luck")

    (error,) = MESSAGE.pipe_call((), {"Content": fail}, ["x"])
    assert isinstance(error, ParameterBindingError)
    assert error.message == "The input to the script block for parameter 'Content' failed. no luck"
    assert isinstance(error.__cause__, RuntimeError)


def test_a_callable_without_input_is_refused() -> None:
    """As PowerShell: a script block cannot be evaluated without input."""
    with pytest.raises(ParameterBindingError) as caught:
        MESSAGE.bind_call((), {"Role": lambda item: item})
    assert caught.value.error_id == "ScriptBlockArgumentNoInput"
    assert caught.value.category == "MetadataError"


def test_a_missing_mandatory_property_is_named() -> None:
    """The object's error lists what it lacked."""
    command = Command(
        "Add-Thing",
        [
            Parameter("Id", "Int32", mandatory=True, from_pipeline_by_property_name=True),
            Parameter("Note", "String", from_pipeline_by_property_name=True),
        ],
    )
    results = list(command.pipe_call((), {}, [PSCustomObject(Id="7"), PSCustomObject(Note="n")]))
    assert results[0] == {"Id": 7}
    assert isinstance(results[1], ParameterBindingError)
    assert results[1].error_id == "InputObjectMissingMandatory"
    assert results[1].message.endswith(":  Id")


@pytest.mark.parametrize(
    ("item", "name", "value"),
    [
        ("abc", "Length", 3),
        ({"a": 1, "b": 2}, "Count", 2),
        ({"Name": "n"}, "Keys", ["Name"]),
        ([1, 2, 3], "Length", 3),
        (datetime.datetime(2024, 1, 2, 3, 4, 5), "DayOfYear", 2),
        (datetime.timedelta(hours=-25), "Hours", -1),
        (Version("1.2"), "Build", -1),
        (Uri("http://a:81/b"), "Port", 81),
    ],
)
def test_a_values_own_properties_bind_too(item: object, name: str, value: object) -> None:
    """A string has a Length and a hashtable a Count, as in .NET; a hashtable's keys are no properties."""
    command = Command("Get-It", [Parameter(name, "Object", from_pipeline_by_property_name=True)])
    assert list(command.pipe_call((), {}, [item])) == [{name: value}]
    other = Command("Get-It", [Parameter("Name", "Object", from_pipeline_by_property_name=True)])
    (error,) = other.pipe_call((), {}, [item])
    assert isinstance(error, ParameterBindingError)
    assert error.error_id == "InputObjectNotBound"

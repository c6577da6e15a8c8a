"""Cmdlets called from Python: positional values, and keywords in any spelling PowerShell takes."""

from __future__ import annotations

import pytest

from psbridge.binding import (
    Command,
    Parameter,
    ParameterBindingError,
    ParameterBindingTransformationError,
    ParameterBindingValidationError,
    SetOptions,
    Switch,
    ValidateRange,
)

MESSAGE = Command(
    "Initialize-Message",
    [
        Parameter("Content", "PSCustomObject", position=0, from_pipeline_by_property_name=True),
        Parameter("Role", "String", position=1, validate_set=["user", "system"]),
        Parameter("MaxTokens", "Nullable[Int32]", wire_name="max_tokens", aliases=["mt"]),
        Parameter("MaxCompletionTokens", "Nullable[Int32]", wire_name="max_completion_tokens"),
        Parameter("VarFunction", "PSCustomObject", wire_name="function"),
        Parameter("FunctionCall", "PSCustomObject", wire_name="function_call"),
        Parameter("Functions", "PSCustomObject[]", wire_name="functions"),
        Parameter("Temperature", "Nullable[Decimal]", wire_name="temperature"),
        Parameter("WithHttpInfo", "SwitchParameter"),
    ],
)


@pytest.mark.parametrize("keyword", ["MaxTokens", "maxtokens", "MAXTOKENS", "MaxT", "mt", "MT", "max_tokens"])
def test_a_keyword_may_be_any_spelling_of_the_parameter(keyword: str) -> None:
    """Any case, an unambiguous prefix, an alias or the wire name all bind the parameter's proper name."""
    assert MESSAGE.bind_call((), {keyword: 5}) == {"MaxTokens": 5}


def test_a_wire_name_wins_over_a_prefix() -> None:
    """`function` is the wire name of VarFunction, though it begins two other parameters' names too."""
    assert MESSAGE.bind_call((), {"function": {"name": "f"}}) == {"VarFunction": {"name": "f"}}


def test_a_wire_name_is_no_prefix() -> None:
    """What begins a wire name only does not bind."""
    with pytest.raises(ParameterBindingError) as caught:
        MESSAGE.bind_call((), {"max_t": 1})
    assert caught.value.error_id == "NamedParameterNotFound"


def test_an_ambiguous_prefix_lists_the_matches_in_order() -> None:
    """The message is PowerShell's own."""
    with pytest.raises(ParameterBindingError) as caught:
        MESSAGE.bind_call((), {"Max": 1})
    assert caught.value.message == (
        "Parameter cannot be processed because the parameter name 'Max' is ambiguous. "
        "Possible matches include: -MaxTokens -MaxCompletionTokens."
    )
    assert caught.value.fully_qualified_error_id == "AmbiguousParameter,Initialize-Message"


def test_positions_fill_what_keywords_left_open() -> None:
    """A keyword takes its parameter out of the row of positions."""
    assert MESSAGE.bind_call(("hi", "user"), {}) == {"Content": "hi", "Role": "user"}
    assert MESSAGE.bind_call(("hi",), {"role": "user"}) == {"Role": "user", "Content": "hi"}


def test_an_unknown_name_gets_powershells_sentence_and_a_hint() -> None:
    """The message is PowerShell's; the nearest name and all names are in the hint, and the notes."""
    with pytest.raises(ParameterBindingError) as caught:
        MESSAGE.bind_call((), {"Contnet": "hi"})
    error = caught.value
    assert str(error) == "A parameter cannot be found that matches parameter name 'Contnet'."
    assert error.hint is not None
    assert "Did you mean -Content?" in error.hint
    assert "-WithHttpInfo" in error.hint
    assert error.__notes__ == [error.hint]


def test_one_parameter_by_two_spellings_is_refused() -> None:
    """PowerShell calls it ParameterAlreadyBound, and names the spelling that came second."""
    with pytest.raises(ParameterBindingError) as caught:
        MESSAGE.bind_call((), {"MaxTokens": 1, "max_tokens": 2})
    assert caught.value.error_id == "ParameterAlreadyBound"


def test_one_value_too_many_is_refused() -> None:
    """A value with no position left is shown in the message."""
    with pytest.raises(ParameterBindingError, match="cannot be found that accepts argument 'extra'"):
        MESSAGE.bind_call(("hi", "user", "extra"), {})


def test_a_switch_is_given_as_true_or_false() -> None:
    """The bound value is a Switch that is truthy or not, and equal to the bool."""
    bound = MESSAGE.bind_call((), {"WithHttpInfo": True})
    assert isinstance(bound["WithHttpInfo"], Switch)
    assert bound == {"WithHttpInfo": True}
    assert not MESSAGE.bind_call((), {"WithHttpInfo": False})["WithHttpInfo"]


def test_only_what_was_given_is_bound() -> None:
    """Nothing is None or a default unless the call said so; None is $null."""
    assert MESSAGE.bind_call((), {}) == {}
    assert MESSAGE.bind_call((), {"MaxTokens": None}) == {"MaxTokens": None}


def test_objects_pass_through_unchanged() -> None:
    """A PSCustomObject parameter binds the very object, whatever its type."""
    content = {"a": [1, 2]}
    assert MESSAGE.bind_call((), {"Content": content})["Content"] is content


@pytest.mark.parametrize(
    ("keywords", "kind", "error_id"),
    [
        ({"Role": "usr"}, ParameterBindingValidationError, "ParameterArgumentValidationError"),
        ({"MaxTokens": "five"}, ParameterBindingTransformationError, "ParameterArgumentTransformationError"),
        ({"Temperature": []}, ParameterBindingTransformationError, "ParameterArgumentTransformationError"),
        (
            {"WithHttpInfo": "true"},
            ParameterBindingTransformationError,
            "ParameterArgumentTransformationError",
        ),
    ],
)
def test_a_bad_value_names_parameter_and_command(
    keywords: dict[str, object], kind: type[ParameterBindingError], error_id: str
) -> None:
    """Every error carries the parameter's proper name, the command, and PowerShell's exception class name."""
    with pytest.raises(kind) as caught:
        MESSAGE.bind_call((), keywords)
    assert caught.value.error_id == error_id
    assert caught.value.parameter == next(iter(keywords))
    assert caught.value.command == "Initialize-Message"
    assert caught.value.category == "InvalidData"
    assert caught.value.exception_type.startswith("ParameterBinding")


def test_a_missing_mandatory_parameter_is_named() -> None:
    """All that are missing are listed, in order."""
    command = Command(
        "Set-Thing",
        [Parameter("Id", "String", mandatory=True), Parameter("Value", "Int32", mandatory=True)],
    )
    assert command.bind_call((), {"Id": "a", "Value": 1}) == {"Id": "a", "Value": 1}
    with pytest.raises(ParameterBindingError) as caught:
        command.bind_call((), {})
    assert str(caught.value).endswith("missing mandatory parameters: Id Value.")


def test_a_mandatory_string_may_not_be_empty_unless_allowed() -> None:
    """As PowerShell: empty and null are refused for a mandatory string, with ids of their own."""
    strict = Command("Set-Thing", [Parameter("Id", "String", mandatory=True)])
    with pytest.raises(ParameterBindingValidationError) as caught:
        strict.bind_call((), {"Id": ""})
    assert caught.value.error_id == "ParameterArgumentValidationErrorEmptyStringNotAllowed"
    lax = Command("Set-Thing", [Parameter("Id", "String", mandatory=True, allow_empty_string=True)])
    assert lax.bind_call((), {"Id": ""}) == {"Id": ""}


def test_parameters_of_two_sets_do_not_mix() -> None:
    """The default set counts until a parameter of another is given."""
    command = Command(
        "Get-Thing",
        [
            Parameter("Name", "String", sets={"ByName": SetOptions(mandatory=True, position=0)}),
            Parameter("Id", "Int32", sets={"ById": SetOptions(mandatory=True)}),
        ],
        default_set="ByName",
    )
    assert command.bind(["bob"]).parameter_set == "ByName"
    assert command.bind_call((), {"Id": "7"}) == {"Id": 7}
    with pytest.raises(ParameterBindingError) as caught:
        command.bind_call((), {"Id": 1, "Name": "bob"})
    assert caught.value.error_id == "AmbiguousParameterSet"


def test_a_call_named_like_an_earlier_one_is_bound_like_it() -> None:
    """Names that were bound before take a shorter way to the same result, and to the same errors."""
    command = Command(
        "Get-Thing",
        [
            Parameter("Name", "String", wire_name="name", sets={"ByName": SetOptions(mandatory=True)}),
            Parameter("Id", "Int32", sets={"ById": SetOptions(mandatory=True)}),
            Parameter("Quiet", "SwitchParameter"),
            Parameter("Part", "String", validate_set=["head", "body"]),
        ],
        default_set="ByName",
    )
    for _ in range(3):
        assert list(command.bind_call((), {"Part": "Head", "name": 5}).items()) == [
            ("Part", "Head"),
            ("Name", "5"),
        ]
        assert command.bind_call((), {"Id": "7", "quiet": True}) == {"Id": 7, "Quiet": Switch(True)}
        for wrong, error_id in (
            ({"Part": "tail", "name": "bob"}, "ParameterArgumentValidationError"),
            ({"Part": "head", "name": ""}, "ParameterArgumentValidationErrorEmptyStringNotAllowed"),
            ({"Part": "head", "name": "bob", "Name": "eve"}, "ParameterAlreadyBound"),
            ({"Id": "x", "quiet": True}, "ParameterArgumentTransformationError"),
            ({"Id": 1, "name": "bob"}, "AmbiguousParameterSet"),
            ({"Part": "head"}, "MissingMandatoryParameter"),
        ):
            with pytest.raises(ParameterBindingError) as caught:
                command.bind_call((), wrong)
            assert caught.value.error_id == error_id


def test_common_parameters_come_with_every_command() -> None:
    """They bind by name, prefix and alias; -WhatIf only where the command supports it."""
    assert MESSAGE.bind_call((), {"ea": "Stop", "Verbose": True}) == {"ErrorAction": 1, "Verbose": True}
    careful = Command("Remove-Thing", [], supports_should_process=True)
    assert careful.bind_call((), {"WhatIf": True}) == {"WhatIf": True}
    with pytest.raises(ParameterBindingError, match="WhatIf"):
        MESSAGE.bind_call((), {"WhatIf": True})


def test_a_range_error_shows_value_and_limit() -> None:
    """The sentence says which limit was passed and what is allowed."""
    command = Command("Set-Heat", [Parameter("Temperature", "Double", validate=[ValidateRange(0.0, 2.0)])])
    with pytest.raises(ParameterBindingValidationError, match=r"2\.5 argument is greater .* range of 2"):
        command.bind_call((), {"Temperature": 2.5})


def test_a_range_of_integers_rounds_what_it_checks() -> None:
    """As PowerShell: the value is converted to the limits' type first, so 2.5 counts as 2."""
    command = Command("Set-Heat", [Parameter("Temperature", "Double", validate=[ValidateRange(0, 2)])])
    assert command.bind_call((), {"Temperature": 2.5}) == {"Temperature": 2.5}
    with pytest.raises(ParameterBindingValidationError, match="The 3 argument is greater"):
        command.bind_call((), {"Temperature": 3.0})


def test_an_unknown_type_is_refused_when_the_parameter_is_made() -> None:
    """A typo in a table shows at once, with the name."""
    with pytest.raises(ValueError, match="Strnig"):
        Parameter("Name", "Strnig")

"""The values PowerShell has and Python has not: secrets, property bags, foreign objects, typed numbers."""

from __future__ import annotations

import copy
import pickle
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from psbridge.binding import (
    Byte,
    Char,
    Command,
    Int64,
    Literal,
    OrderedDictionary,
    Parameter,
    ParameterBindingError,
    PSCustomObject,
    SecureString,
    Single,
    Switch,
    Uri,
    Version,
    net_text,
    register_adapter,
    register_property_bag,
    to_text,
    type_of,
)
from psbridge.binding import objects as objects_module

SECRET = "sk-only-the-vault-knows"


@pytest.mark.parametrize(
    "shown",
    [repr, str, "{}".format, lambda value: f"{value!r:>10}", lambda value: repr([value]), to_text, net_text],
)
def test_a_secure_string_does_not_show_its_text(shown: object) -> None:
    """However it is printed or formatted, the secret stays inside."""
    assert SECRET not in shown(SecureString(SECRET))  # type: ignore[operator]


def test_a_secure_string_is_revealed_by_name_only() -> None:
    """`reveal()` is the one way to the text; pickling is refused, copying keeps the object."""
    secret = SecureString(SECRET)
    assert secret.reveal() == SECRET
    assert len(secret) == len(SECRET)
    assert copy.deepcopy([secret])[0] is secret
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(secret)
    with pytest.raises(AttributeError):
        secret.text  # type: ignore[attr-defined]  # noqa: B018 - the access is what must fail


@pytest.mark.parametrize("type_name", ["Int32", "DateTime", "Hashtable", "Guid", "Nullable[Boolean]"])
def test_an_error_about_a_secure_string_does_not_show_its_text(type_name: str) -> None:
    """Neither message, hint nor traceback has it."""
    command = Command("Set-Thing", [Parameter("Value", type_name)])
    with pytest.raises(ParameterBindingError) as caught:
        command.bind_call((), {"Value": SecureString(SECRET)})
    error = caught.value
    printed = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    assert SECRET not in printed + repr(error) + str(error.hint) + repr(vars(error))


def test_plain_text_for_a_secure_string_is_refused_without_showing_it() -> None:
    """As PowerShell: the message has the types, not the value."""
    command = Command("Set-Key", [Parameter("Key", "SecureString")])
    with pytest.raises(ParameterBindingError) as caught:
        command.bind_call((), {"Key": SECRET})
    assert SECRET not in str(caught.value)
    assert 'type "System.String" to type "System.Security.SecureString"' in str(caught.value)


@dataclass
class Row:
    """Stands for a model of another package."""

    content: str
    role: str


def test_a_registered_class_counts_as_a_custom_object() -> None:
    """Its instances pass through unchanged, bind by property name, and print as objects do."""
    register_property_bag(Row, vars)
    row = Row("hi", "user")
    command = Command(
        "Initialize-Message",
        [
            Parameter("Content", "String", from_pipeline_by_property_name=True),
            Parameter("Role", "String", from_pipeline_by_property_name=True),
        ],
    )
    whole = Command("New-Chat", [Parameter("Request", "PSCustomObject")])
    assert next(command.pipe_call((), {}, [row])) == {"Role": "user", "Content": "hi"}
    assert whole.bind_call((), {"Request": row})["Request"] is row
    assert to_text(row) == "@{content=hi; role=user}"


def test_a_class_can_say_itself_what_its_properties_are() -> None:
    """`__ps_properties__` does what registering does."""

    class Bag:
        def __ps_properties__(self) -> Mapping[str, object]:
            return {"Name": "n"}

    command = Command("Get-It", [Parameter("Name", "String", from_pipeline_by_property_name=True)])
    assert next(command.pipe_call((), {}, [Bag()])) == {"Name": "n"}


def test_foreign_objects_are_adapted_before_they_bind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registered adapter's value is what binds, from a call and from the pipeline."""

    class Foreign:
        def __init__(self, value: object) -> None:
            self.value = value

    monkeypatch.setattr(objects_module, "_ADAPTERS", {})
    register_adapter(Foreign, lambda foreign: foreign.value)
    command = Command("Set-It", [Parameter("Count", "Int32", position=0, from_pipeline=True)])
    assert command.bind_call((), {"Count": Foreign("7")}) == {"Count": 7}
    assert command.bind_call((Foreign(8),), {}) == {"Count": 8}
    assert list(command.pipe_call((), {}, [Foreign(9)])) == [{"Count": 9}]


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (True, "Boolean"),
        (1, "Int32"),
        (2**31, "Int64"),
        (2**63, "Decimal"),
        (1.5, "Double"),
        ("a", "String"),
        ([1], "Object[]"),
        ((1,), "Object[]"),
        ({}, "Hashtable"),
        (OrderedDictionary(), "OrderedDictionary"),
        (PSCustomObject(), "PSCustomObject"),
        (Int64(1), "Int64"),
        (Byte(1), "Byte"),
        (Single(1.5), "Single"),
        (Char("a"), "Char"),
        (Uri("http://a/"), "Uri"),
        (Version("1.2"), "Version"),
        (Switch(), "SwitchParameter"),
        (len, "ScriptBlock"),
        (Literal(1.0, "1.0"), "Double"),
        (b"a", "Byte[]"),
    ],
)
def test_a_python_value_has_the_type_powershell_would_give_it(value: object, type_name: str) -> None:
    """The .NET view of Python's values and of the wrappers."""
    assert type_of(value).name == type_name


@pytest.mark.parametrize(
    "value", [Int64(5), Byte(7), Single(0.5), Char("x"), Version("1.2.3"), Switch(False), PSCustomObject(a=1)]
)
def test_wrapped_values_survive_pickling(value: object) -> None:
    """A ledger or another process gets an equal value of the same class."""
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert type(again) is type(value)


def test_a_wrapped_number_keeps_to_its_range() -> None:
    """A Byte is 0 to 255."""
    with pytest.raises(ValueError, match="0 to 255"):
        Byte(256)


def test_an_objects_properties_are_found_in_any_case_and_keep_their_order() -> None:
    """As attributes, as items, and when set again."""
    made = PSCustomObject({"Role": "user"}, Content="hi")
    made.role = "system"
    assert (made.ROLE, made["content"], list(made)) == ("system", "hi", ["Role", "Content"])
    assert "ROLE" in made
    with pytest.raises(AttributeError, match="nothing"):
        made.nothing  # noqa: B018 - the access is what must fail

"""Unset, null and a value are three things, for every member of every model."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from psbridge.models import (
    ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest,
    InvalidValueError,
    Model,
)
from psbridge.models.base import Json
from psbridge.naming import parameter_name

from .strategies import MODELS, alternatives, hints, inner, plainest, smallest

EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
REQUEST = {"messages": [{"role": "user", "content": "hi"}], "model": "gpt-4o"}


@EVERY_MODEL
def test_only_required_members_are_sent_when_only_they_are_given(model: type[Model]) -> None:
    data = smallest(model)
    assert json.loads(model.build(data).model_dump_json()) == data


@EVERY_MODEL
def test_null_is_sent_where_it_is_given_and_refused_where_it_is_not_allowed(model: type[Model]) -> None:
    for wire, hint in hints(model).items():
        nullable = hint is Json or type(None) in alternatives(hint)
        assert nullable or wire in model.__required__, f"{wire} may be left out, so null must be allowed"
        data = {**smallest(model), wire: None}
        if nullable:
            assert json.loads(model.build(data).model_dump_json()) == data
        else:
            name = parameter_name(wire)
            with pytest.raises(InvalidValueError) as caught:
                model.build(data)
            assert str(caught.value) == f"invalid value for '{name}', '{name}' cannot be null."


@EVERY_MODEL
def test_every_required_member_is_asked_for_by_name(model: type[Model]) -> None:
    for wire in model.__required__:
        data = smallest(model)
        del data[wire]
        name = parameter_name(wire)
        with pytest.raises(InvalidValueError) as caught:
            model.build(data)
        assert str(caught.value) == f"invalid value for '{name}', '{name}' cannot be null."
        assert (caught.value.parameter, caught.value.path, caught.value.model) == (name, name, model.__name__)


@EVERY_MODEL
def test_a_member_left_open_on_purpose_is_unset_and_the_others_are_still_asked_for(
    model: type[Model],
) -> None:
    for wire in model.__required__:
        data = smallest(model)
        del data[wire]
        built = model.build(data, [wire])
        assert wire not in built.model_fields_set
        assert json.loads(built.model_dump_json()) == data
    if len(model.__required__) > 1:
        with pytest.raises(InvalidValueError):
            model.build({}, [model.__required__[0]])


@EVERY_MODEL
def test_members_are_read_set_and_unset_by_their_powershell_names(model: type[Model]) -> None:
    """`request.MaxTokens` is `request.max_tokens`, whatever the case; `del` makes it unset again."""
    data = smallest(model)
    for wire in model.model_fields:
        name = parameter_name(wire)
        value = plainest(inner(model, wire))
        built = model.build(data)
        for spelling in (name, name.lower(), name.upper(), wire):
            setattr(built, spelling, value)
            assert getattr(built, name) == getattr(built, spelling) == getattr(built, wire)
            assert json.loads(built.model_dump_json()) == {**data, wire: value}
            assert wire in built.model_fields_set
            delattr(built, spelling)
            assert getattr(built, name) is None
            assert wire not in built.model_fields_set
            assert wire not in json.loads(built.model_dump_json())


@EVERY_MODEL
def test_unset_and_null_are_not_equal(model: type[Model]) -> None:
    for wire, hint in hints(model).items():
        if type(None) in alternatives(hint) and wire not in model.__required__:
            unset, null = model.build(smallest(model)), model.build({**smallest(model), wire: None})
            assert getattr(unset, wire) is getattr(null, wire) is None
            assert unset != null
            assert unset == model.build(smallest(model))


@EVERY_MODEL
def test_a_repr_shows_what_is_set_and_nothing_else(model: type[Model]) -> None:
    built = model.build({**smallest(model), "newer": 1})
    shown = ", ".join(f"{wire}={getattr(built, wire)!r}" for wire in [*built.__ps_properties__()])
    assert repr(built) == f"{model.__name__}({shown})"
    assert {*built.__ps_properties__()} == {*model.__required__, "newer"}


def test_a_member_can_be_null_unset_and_set_again() -> None:
    request = CreateChatCompletionRequest.build(REQUEST)
    states = []
    for change in ("null", "value", "unset"):
        if change == "unset":
            del request.Stop
        else:
            request.Stop = None if change == "null" else ["\n"]
        states.append(json.loads(request.model_dump_json()).get("stop", "absent"))
    assert states == [None, ["\n"], "absent"]


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_keep_the_three_states(twin: Any) -> None:
    request = CreateChatCompletionRequest.build({**REQUEST, "stop": None, "newer": {"a": None}})
    del request.Model
    copied = twin(request)
    assert copied == request
    assert copied.model_fields_set == request.model_fields_set == {"messages", "stop", "newer"}
    assert copied.model_dump_json() == request.model_dump_json()
    copied.Temperature = 0.0
    assert "temperature" not in request.model_fields_set


def test_a_model_copy_can_change_members_and_leaves_the_first_alone() -> None:
    request = CreateChatCompletionRequest.build(REQUEST)
    changed = request.model_copy(update={"model": "gpt-5"})
    assert (request.model, changed.model) == ("gpt-4o", "gpt-5")
    assert changed != request


def test_a_refused_assignment_changes_nothing() -> None:
    request = CreateChatCompletionRequest.build({**REQUEST, "temperature": 1})
    before = request.model_dump_json()
    for name, value, message in (
        ("Temperature", 3, "invalid value for 'Temperature', must be smaller than or equal to 2."),
        ("TopLogprobs", 21, "invalid value for 'TopLogprobs', must be smaller than or equal to 20."),
        ("Messages", [], "invalid value for 'Messages', number of items must be greater than or equal to 1."),
        ("Messages", None, "invalid value for 'Messages', 'Messages' cannot be null."),
        ("newer", float("nan"), "invalid value for 'newer', must be a finite number, not nan."),
    ):
        with pytest.raises(InvalidValueError) as caught:
            setattr(request, name, value)
        assert str(caught.value) == message
        assert caught.value.parameter == name
    assert request.model_dump_json() == before


def test_members_the_model_does_not_know_are_set_read_and_removed_by_their_exact_name() -> None:
    message = ChatCompletionRequestUserMessage(content="hi", role="user", Newer=[1])
    assert message.Newer == [1]
    message.Newer = {"a": {1, 2}}
    assert json.loads(message.model_dump_json())["Newer"] == {"a": [1, 2]}
    assert message == ChatCompletionRequestUserMessage(content="hi", role="user", Newer={"a": [1, 2]})
    del message.Newer
    assert message == ChatCompletionRequestUserMessage(content="hi", role="user")
    assert json.loads(message.model_dump_json()) == {"content": "hi", "role": "user"}
    for missing in ("newer", "Newer", "_content", "__name__"):
        assert not hasattr(message, missing)
        with pytest.raises(AttributeError):
            delattr(message, missing)


def test_iterating_gives_the_members_that_are_set() -> None:
    message = ChatCompletionRequestUserMessage(content="hi", role="user", newer=1)
    assert dict(message) == {"content": "hi", "role": "user", "newer": 1}


def test_a_model_is_not_equal_to_a_dict_or_to_another_model_with_the_same_members() -> None:
    from psbridge.models import ChatCompletionFunctionCallOption, ChatCompletionNamedToolChoiceCustomCustom

    one = ChatCompletionFunctionCallOption(name="f")
    assert one != {"name": "f"}
    assert one != ChatCompletionNamedToolChoiceCustomCustom(name="f")

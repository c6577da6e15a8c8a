"""Every model, with data made up from its own annotations: what goes in comes out, and nothing else."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.models import Model

from .strategies import MODELS, members

EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


@EVERY_MODEL
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
def test_what_is_given_is_sent_and_nothing_else(model: type[Model], data: Any) -> None:
    """Unset, null, empty, zero, false, unknown and non-ASCII: the JSON written says what the data said."""
    given_members = data.draw(members(model))
    before = copy.deepcopy(given_members)

    built = model.build(given_members)
    text = built.model_dump_json()

    assert json.loads(text) == before
    assert given_members == before, "the caller's own data was changed"
    assert built.__ps_properties__().keys() == before.keys()
    assert model(**given_members) == built
    assert model.from_reply(text) == built
    assert model.from_reply(text.encode()) == built
    assert model.model_validate_json(text) == built
    assert json.loads(json.dumps(built.model_dump())) == before
    for twin in (
        pickle.loads(pickle.dumps(built)),
        copy.deepcopy(built),
        copy.copy(built),
        built.model_copy(),
    ):
        assert twin == built
        assert twin.model_dump_json() == text

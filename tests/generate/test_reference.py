"""The generated table against the reference module's own, as read from it by Get-Command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import psbridge.models as models
from psbridge.models.tables import CMDLETS, ParameterRow

DATA = Path(__file__).parents[1] / "data"
REFERENCE = json.loads((DATA / "reference-cmdlets.json").read_text(encoding="utf-8"))
FAMILIES = [
    json.loads(line) for line in (DATA / "reference-families.jsonl").read_text(encoding="utf-8").splitlines()
]
EVERY_CMDLET = pytest.mark.parametrize(
    "cmdlet", [*REFERENCE["cmdlets"], *FAMILIES], ids=lambda cmdlet: cmdlet["name"]
)


def test_there_is_something_to_compare() -> None:
    assert len(REFERENCE["models"]) == 64
    assert len(REFERENCE["namedInTheDocsButNotDefined"]) == 14
    assert len(REFERENCE["cmdlets"]) > 100
    assert len(FAMILIES) > 70


@pytest.mark.parametrize("cmdlet", FAMILIES, ids=lambda cmdlet: cmdlet["name"])
def test_a_cmdlet_that_calls_asks_for_what_the_references_does(cmdlet: dict[str, Any]) -> None:
    asked = [(one.method, one.path) for one in CMDLETS[cmdlet["name"]].operations]
    assert asked == ([(cmdlet["method"], cmdlet["path"])] if "method" in cmdlet else [])


@pytest.mark.parametrize("name", REFERENCE["models"])
def test_every_model_of_the_reference_exists_and_can_be_read_from_json(name: str) -> None:
    assert hasattr(models, name)
    assert f"Initialize-{name}" in CMDLETS
    assert f"ConvertFrom-JsonTo{name}" in CMDLETS


@pytest.mark.parametrize("name", REFERENCE["namedInTheDocsButNotDefined"])
def test_a_builder_that_the_reference_only_documents_is_defined(name: str) -> None:
    row = CMDLETS[name]
    assert row.kind in ("union", "value")
    assert f"Initialize-{row.output}" == name
    assert row.summary
    assert row.parameters


def _measured(parameter: dict[str, Any]) -> tuple[Any, ...]:
    return (
        parameter["name"],
        parameter["type"],
        parameter.get("position"),
        bool(parameter.get("fromPipeline")),
        bool(parameter.get("fromPipelineByPropertyName")),
        bool(parameter.get("mandatory")),
    )


def _generated(row: ParameterRow) -> tuple[Any, ...]:
    return row.name, row.dotnet, row.position, row.pipeline, row.by_name, row.mandatory


@EVERY_CMDLET
def test_names_order_types_positions_and_pipeline_flags_are_the_references(cmdlet: dict[str, Any]) -> None:
    """What was added since comes after, so that scripts bind as they always did."""
    ours = CMDLETS[cmdlet["name"]].parameters
    theirs = cmdlet["parameters"]
    assert [_generated(row) for row in ours[: len(theirs)]] == [_measured(one) for one in theirs]
    taken = [row.position for row in ours if row.position is not None]
    assert len(set(taken)) == len(taken)


@EVERY_CMDLET
def test_listed_values_are_the_references_and_newer_ones_after(cmdlet: dict[str, Any]) -> None:
    for row, parameter in zip(CMDLETS[cmdlet["name"]].parameters, cmdlet["parameters"], strict=False):
        theirs = tuple(parameter.get("validateSet") or ())
        assert row.values[: len(theirs)] == theirs
        assert bool(row.values) == bool(theirs)


@EVERY_CMDLET
def test_no_parameter_that_was_added_is_mandatory_beside_the_old_ones(cmdlet: dict[str, Any]) -> None:
    for row in CMDLETS[cmdlet["name"]].parameters[len(cmdlet["parameters"]) :]:
        assert not row.mandatory or row.sets, "an old call would not bind any more"

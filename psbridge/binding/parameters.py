"""What a command says about its parameters: names, types, positions, sets, and what they validate."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from psbridge.binding import nettypes
from psbridge.binding.nettypes import NetType, net_type
from psbridge.binding.validation import ValidateRange, ValidateSet, ValidateVariableName, Validator

ALL_SETS: Final = "__AllParameterSets"


@dataclass(frozen=True)
class SetOptions:
    """What one [Parameter()] attribute says, for one parameter set.

    Attributes:
        mandatory: the parameter must be given.
        position: zero-based position among the unnamed arguments, or None.
        from_pipeline: an input object binds to the parameter as a whole.
        from_pipeline_by_property_name: the input object's property of that name, or of an alias, binds.
        from_remaining_arguments: takes the arguments nothing else took.
    """

    mandatory: bool = False
    position: int | None = None
    from_pipeline: bool = False
    from_pipeline_by_property_name: bool = False
    from_remaining_arguments: bool = False


class Parameter:
    """One parameter of a command.

    Args:
        name: PowerShell's name, such as `MaxTokens`.
        type: a .NET type name (`String`, `Nullable[Int32]`, `PSCustomObject[]`, `SwitchParameter`) or a
            Python Enum class.
        position, mandatory, from_pipeline, from_pipeline_by_property_name, from_remaining_arguments: as in
            [Parameter()], for all parameter sets.
        sets: parameter set name -> SetOptions, for a parameter that belongs to some sets only; leaves the
            five arguments above unused.
        aliases: other names, which count for prefixes too.
        validate: Validate attributes, in the order they are checked (PowerShell checks the last one written
            first).
        validate_set: short for a ValidateSet of these values.
        allow_null, allow_empty_string, allow_empty_collection: what a mandatory parameter lets through.
        wire_name: one more name for `bind_call` keywords, matched exactly and never as a prefix.
        transform: convert as script functions do (the default); False converts as compiled cmdlets do, which
            is what the common parameters are.
    """

    __slots__ = (
        "aliases",
        "allow_empty_collection",
        "allow_empty_string",
        "allow_null",
        "common",
        "name",
        "sets",
        "transform",
        "type",
        "validators",
        "wire_name",
    )

    def __init__(
        self,
        name: str,
        type: str | NetType | type[enum.Enum] = "Object",
        *,
        position: int | None = None,
        mandatory: bool = False,
        from_pipeline: bool = False,
        from_pipeline_by_property_name: bool = False,
        from_remaining_arguments: bool = False,
        sets: Mapping[str, SetOptions] | None = None,
        aliases: Iterable[str] = (),
        validate: Sequence[Validator] = (),
        validate_set: Sequence[str] | None = None,
        allow_null: bool = False,
        allow_empty_string: bool = False,
        allow_empty_collection: bool = False,
        wire_name: str | None = None,
        transform: bool = True,
    ) -> None:
        self.name = name
        self.type = net_type(type)
        self.sets: Mapping[str, SetOptions] = sets or {
            ALL_SETS: SetOptions(
                mandatory=mandatory,
                position=position,
                from_pipeline=from_pipeline,
                from_pipeline_by_property_name=from_pipeline_by_property_name,
                from_remaining_arguments=from_remaining_arguments,
            )
        }
        self.aliases = tuple(aliases)
        self.validators: tuple[Validator, ...] = tuple(validate)
        if validate_set is not None:
            self.validators = (ValidateSet(*validate_set), *self.validators)
        self.allow_null = allow_null
        self.allow_empty_string = allow_empty_string
        self.allow_empty_collection = allow_empty_collection
        self.wire_name = wire_name
        self.transform = transform
        self.common = False

    @property
    def mandatory(self) -> bool:
        """Mandatory in some parameter set."""
        return any(options.mandatory for options in self.sets.values())

    @property
    def takes_pipeline_input(self) -> bool:
        """Takes pipeline input, by value or by property name, in some parameter set."""
        return any(
            options.from_pipeline or options.from_pipeline_by_property_name for options in self.sets.values()
        )

    def place(self, position: int) -> None:
        """Give the parameter this position in all parameter sets."""
        self.sets = {ALL_SETS: replace(self.sets[ALL_SETS], position=position)}

    def __repr__(self) -> str:
        return f"<Parameter -{self.name} [{self.type.name}]>"


def give_positions(parameters: Sequence[Parameter]) -> None:
    """Positions in order, switches left out, unless a parameter has a position or sets of its own."""
    for parameter in parameters:
        options = parameter.sets.get(ALL_SETS)
        if options is None or len(parameter.sets) > 1 or options.position is not None:
            return
    position = 0
    for parameter in parameters:
        if parameter.type is not nettypes.SWITCH:
            if not parameter.sets[ALL_SETS].from_remaining_arguments:
                parameter.place(position)
            position += 1


def _common(name: str, type_name: str, alias: str, *validate: Validator) -> Parameter:
    parameter = Parameter(name, type_name, aliases=(alias,), validate=validate, transform=False)
    parameter.common = True
    return parameter


_ACTION = "System.Management.Automation.ActionPreference"
_NAME = ValidateVariableName()

COMMON: Final = (
    _common("Verbose", "SwitchParameter", "vb"),
    _common("Debug", "SwitchParameter", "db"),
    _common("ErrorAction", _ACTION, "ea"),
    _common("WarningAction", _ACTION, "wa"),
    _common("InformationAction", _ACTION, "infa"),
    _common("ProgressAction", _ACTION, "proga"),
    _common("ErrorVariable", "String", "ev", _NAME),
    _common("WarningVariable", "String", "wv", _NAME),
    _common("InformationVariable", "String", "iv", _NAME),
    _common("OutVariable", "String", "ov", _NAME),
    _common("OutBuffer", "Int32", "ob", ValidateRange(0, 2147483647)),
    _common("PipelineVariable", "String", "pv", _NAME),
)
SHOULD_PROCESS: Final = (
    _common("WhatIf", "SwitchParameter", "wi"),
    _common("Confirm", "SwitchParameter", "cf"),
)

"""A param block as the binder's parameters, and variables with types and validation."""

from __future__ import annotations

from typing import Any

from psbridge import binding
from psbridge.binding import nettypes
from psbridge.binding.metadata import Metadata
from psbridge.binding.nettypes import NetType
from psbridge.binding.parameters import (
    ALL_SETS,
    COMMON,
    SHOULD_PROCESS,
    Parameter,
    SetOptions,
    give_positions,
)
from psbridge.binding.text import to_text
from psbridge.binding.values import ScriptBlock, Switch
from psbridge.script import syntax as s
from psbridge.script.semantics.casts import cast_value
from psbridge.script.semantics.comparison import truth
from psbridge.script.semantics.types import unknown_type

from .scope import Rule, Scope


class Signature:
    """What a block takes: its parameters for the binder, their defaults, and what kind of function it is."""

    __slots__ = (
        *("advanced", "confirm", "defaults", "metadata", "names", "parameters", "pipeline", "rules"),
        "simple_positions",
    )

    def __init__(self) -> None:
        self.advanced = False
        self.confirm = "Medium"
        self.parameters: list[Parameter] = []
        self.names: list[str] = []
        self.defaults: dict[str, Any] = {}
        self.rules: dict[str, Rule] = {}
        self.metadata: Metadata | None = None
        self.pipeline = False
        self.simple_positions: list[Parameter] | None = None


def signature_of(S: Scope, name: str, code: Any) -> Signature:
    """The signature of a compiled block."""
    block = code.param
    nodes = list(block.parameters) if block is not None else list(code.parameters or ())
    attributes = list(block.attributes) if block is not None else []
    advanced = should_process = False
    default_set = None
    positional = True
    confirm = "Medium"
    for attribute in attributes:
        kind = attribute.type_name.name.lower().removesuffix("attribute")
        if kind == "cmdletbinding":
            advanced = True
            options = named_arguments(S, attribute, code.unit)
            default_set = options.get("defaultparametersetname")
            positional = truth(options.get("positionalbinding", True))
            should_process = truth(options.get("supportsshouldprocess", False))
            confirm = to_text(options.get("confirmimpact", "Medium"))
    parameters = []
    for node in nodes:
        parameter, explicit = _parameter(S, node, code.unit)
        advanced = advanced or explicit
        parameters.append(parameter)
    return laid_out(
        name,
        parameters,
        code.defaults,
        advanced=advanced,
        positional=positional,
        should_process=should_process,
        default_set=to_text(default_set) if default_set else None,
        confirm=confirm,
    )


def laid_out(
    name: str,
    parameters: list[Parameter],
    defaults: dict[str, Any],
    *,
    advanced: bool = False,
    positional: bool = True,
    should_process: bool = False,
    default_set: str | None = None,
    confirm: str = "Medium",
) -> Signature:
    """The signature of a block that has these parameters.

    Args:
        name: the function's, for its errors.
        parameters: in order.
        defaults: by lower-case name, functions of the scope.
        advanced: it has [CmdletBinding()] or a [Parameter()]: it knows the common parameters.
        positional, should_process, default_set, confirm: as [CmdletBinding()] says.
    """
    made = Signature()
    made.advanced = advanced
    made.confirm = confirm
    made.parameters = parameters
    for parameter in parameters:
        folded = parameter.name.lower()
        made.names.append(folded)
        if parameter.type is not nettypes.OBJECT or parameter.validators:
            rule = Rule(parameter.type if parameter.type is not nettypes.OBJECT else None)
            rule.validators = parameter.validators
            made.rules[folded] = rule
    made.defaults = defaults
    if positional:
        give_positions(made.parameters)
    common: tuple[Parameter, ...] = ()
    if advanced:
        common = (*COMMON, *SHOULD_PROCESS) if should_process else COMMON
    declared = list(parameters)
    if not advanced:
        declared.append(Parameter("\0args", from_remaining_arguments=True))
    made.metadata = Metadata(name, (*declared, *common), default_set)
    made.pipeline = any(parameter.takes_pipeline_input for parameter in parameters)
    if not advanced:
        made.simple_positions = made.parameters
    return made


def _parameter(S: Scope, node: Any, unit: Any) -> tuple[Parameter, bool]:
    type_: NetType = nettypes.OBJECT
    sets: dict[str, SetOptions] = {}
    aliases: list[str] = []
    validators: list[Any] = []
    allowed: set[str] = set()
    explicit = False
    for attribute in node.attributes:
        if isinstance(attribute, s.TypeConstraint):
            type_ = _type(S, attribute.type_name.full_name)
            continue
        kind = attribute.type_name.name.lower().removesuffix("attribute").rpartition(".")[2]
        if kind == "parameter":
            explicit = True
            options = named_arguments(S, attribute, unit)
            position = options.get("position")
            sets[to_text(options.get("parametersetname", ALL_SETS)) or ALL_SETS] = SetOptions(
                mandatory=truth(options.get("mandatory", False)),
                position=int(position) if position is not None and int(position) >= 0 else None,
                from_pipeline=truth(options.get("valuefrompipeline", False)),
                from_pipeline_by_property_name=truth(options.get("valuefrompipelinebypropertyname", False)),
                from_remaining_arguments=truth(options.get("valuefromremainingarguments", False)),
            )
        elif kind == "alias":
            aliases += [to_text(item) for item in _flat(positional_arguments(S, attribute, unit))]
        elif kind in ("allownull", "allowemptystring", "allowemptycollection"):
            allowed.add(kind)
        else:
            validator = validator_of(S, attribute, unit)
            if validator is not None:
                validators.append(validator)
    made = Parameter(
        node.name.variable_path,
        type_,
        # PowerShell takes the attributes last to first.
        sets=dict(reversed(sets.items())) or {ALL_SETS: SetOptions()},
        aliases=aliases,
        validate=validators[::-1],
        allow_null="allownull" in allowed,
        allow_empty_string="allowemptystring" in allowed,
        allow_empty_collection="allowemptycollection" in allowed,
    )
    return made, explicit


def _type(S: Scope, name: str) -> NetType:
    found = S.rt.type_named(name)
    if found is None:
        raise unknown_type(name)
    if found.full_name == "System.Management.Automation.PSCustomObject":
        return nettypes.PSOBJECT
    return found


def _flat(items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        flat += item if isinstance(item, list) else [item]
    return flat


def validator_of(S: Scope, attribute: Any, unit: Any) -> Any:
    """The validator that a Validate attribute asks for; None for other attributes."""
    kind = attribute.type_name.name.lower().removesuffix("attribute").rpartition(".")[2]
    values = positional_arguments(S, attribute, unit)
    options = named_arguments(S, attribute, unit)
    message = to_text(options["errormessage"]) if options.get("errormessage") else None
    if kind == "validateset":
        ignore = truth(options.get("ignorecase", True))
        return binding.ValidateSet(*map(to_text, _flat(values)), ignore_case=ignore, message=message)
    if kind == "validatepattern":
        flags = options.get("options")
        ignore = flags is None or "ignorecase" in to_text(flags).lower()
        return binding.ValidatePattern(to_text(values[0]), ignore_case=ignore, message=message)
    if kind == "validatescript":
        block = values[0]
        assert isinstance(block, ScriptBlock)
        return binding.ValidateScript(block.text, block.value, message=message)  # type: ignore[attr-defined]
    if kind == "validaterange":
        if len(values) == 1:
            return binding.ValidateRange(to_text(values[0]))
        return binding.ValidateRange(*values)
    makers = {
        "validatelength": binding.ValidateLength,
        "validatecount": binding.ValidateCount,
        "validatenotnull": binding.ValidateNotNull,
        "validatenotnullorempty": binding.ValidateNotNullOrEmpty,
        "validatenotnullorwhitespace": binding.ValidateNotNullOrWhiteSpace,
    }
    maker: Any = makers.get(kind)
    return None if maker is None else maker(*values)


def positional_arguments(S: Scope, attribute: Any, unit: Any) -> list[Any]:
    """An attribute's arguments without a name."""
    return [S.rt.constant(S, node, unit) for node in attribute.positional_arguments or ()]


def named_arguments(S: Scope, attribute: Any, unit: Any) -> dict[str, Any]:
    """An attribute's named arguments; one without a value is true."""
    return {
        node.argument_name.lower(): True if node.expression_omitted else S.rt.constant(S, node.argument, unit)
        for node in attribute.named_arguments or ()
    }


def aliases_of(S: Scope, code: Any) -> list[str]:
    """The other names that a function's [Alias()] gives it."""
    block = code.param
    attributes = block.attributes if hasattr(block, "attributes") else ()
    return [
        to_text(item)
        for one in attributes
        if one.type_name.name.lower().removesuffix("attribute") == "alias"
        for item in _flat(positional_arguments(S, one, code.unit))
    ]


def rule_of(S: Scope, attributes: list[Any], unit: Any) -> Rule:
    """What the types and attributes before an assignment's variable ask of it."""
    rule = Rule()
    validators = []
    for attribute in attributes:
        if isinstance(attribute, str):
            type_ = _type(S, attribute)
            rule.type = type_ if type_ is not nettypes.OBJECT else None
        else:
            validator = validator_of(S, attribute, unit)
            if validator is not None:
                validators.append(validator)
    rule.validators = tuple(reversed(validators))
    return rule


def empty_value(type_: NetType) -> Any:
    """What a parameter of this type is when it is not given and has no default."""
    if type_ is nettypes.STRING:
        return ""
    if type_ is nettypes.SWITCH:
        return Switch(False)
    if type_ is nettypes.BOOLEAN:
        return False
    if type_ in nettypes.NUMERIC:
        return cast_value(0, type_)
    return None

"""Reads a PowerShell `param(...)` block, as text, into the binder's Parameters.

Knows attributes and types only, no statements: the few validation scripts the measured functions use are
listed in `SCRIPTS` with the Python that does the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import psbridge.binding as binding
from psbridge.binding import ALL_SETS, Command, Parameter, SetOptions, Validator

SCRIPTS: dict[str, Callable[[Any], object]] = {
    "$_ % 2 -eq 0": lambda value: value % 2 == 0,
    "$_ -gt 10": lambda value: value > 10,
    "$true": lambda value: True,
    "$false": lambda value: False,
    "$null": lambda value: None,
}


def script(text: str) -> Callable[[Any], object] | None:
    """What a script block does, when it is one of `SCRIPTS`, `$_`, a property of it, or a constant."""
    text = text.strip()
    if text in SCRIPTS:
        return SCRIPTS[text]
    if re.fullmatch(r"\$_(\.\w+)*", text):
        return lambda value: reduce(_member, text.split(".")[1:], value)
    if re.fullmatch(r"'[^']*'|-?\d+", text):
        return lambda value: _value(text)
    return None


def script_of(text: str) -> Callable[[Any], object]:
    """What a validation script does.

    Raises:
        ValueError: it is none of those that are known here.
    """
    thrown = re.fullmatch(r"\s*throw\s+'([^']*)'\s*", text)
    if thrown is not None:

        def throw(value: object) -> object:
            raise ScriptError(thrown[1])

        return throw
    run = script(text)
    if run is None:
        raise ValueError(f"the script {text!r} is not known")
    return run


class ScriptError(Exception):
    """What a script threw."""


def _member(value: object, name: str) -> object:
    return None if value is None else binding.property_of(value, (name,))[1]


_NAME = re.compile(r"\s*(?P<name>[\w.]+)\s*(?P<arguments>\(|$)")


@dataclass
class _Attributes:
    """What the attributes before one parameter say."""

    type: str = "Object"
    sets: dict[str, SetOptions] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    validators: list[Validator] = field(default_factory=list)
    allow: set[str] = field(default_factory=set)


def command_from(name: str, param_block: str, cmdlet_binding: str) -> Command:
    """The command that `function name { [CmdletBinding(...)] param(...) }` defines."""
    parameters = [_parameter(text) for text in split(param_block, ",")]
    options = dict(_named(cmdlet_binding))
    default = options.get("defaultparametersetname")
    return Command(
        name,
        parameters,
        default_set=str(default) if default else None,
        supports_should_process=bool(options.get("supportsshouldprocess")),
        positional_binding=bool(options.get("positionalbinding", True)),
    )


def _parameter(text: str) -> Parameter:
    found = _Attributes()
    text = text.strip()
    while text.startswith("["):
        end = _closing(text, 0)
        _apply(found, text[1:end])
        text = text[end + 1 :].strip()
    name = text.removeprefix("$").split("=")[0].strip()
    return Parameter(
        name,
        found.type,
        # PowerShell takes the attributes last to first.
        sets=dict(reversed(found.sets.items())) or {ALL_SETS: SetOptions()},
        aliases=found.aliases,
        validate=found.validators[::-1],
        allow_null="allownull" in found.allow,
        allow_empty_string="allowemptystring" in found.allow,
        allow_empty_collection="allowemptycollection" in found.allow,
    )


def _apply(found: _Attributes, text: str) -> None:
    match = _NAME.match(text)
    if match is None or not match["arguments"]:
        found.type = text
        return
    name = match["name"].lower()
    arguments = text[match.end() : _closing(text, match.end() - 1)]
    values = [_value(item) for item in split(arguments, ",") if "=" not in _outside_quotes(item)]
    named = dict(_named(arguments))
    if name == "parameter":
        flags = {str(value).lower() for value in values}
        flags |= {key for key, value in named.items() if value is True}
        position = named.get("position")
        found.sets[str(named.get("parametersetname", ALL_SETS))] = SetOptions(
            mandatory="mandatory" in flags,
            position=int(str(position)) if position is not None else None,
            from_pipeline="valuefrompipeline" in flags,
            from_pipeline_by_property_name="valuefrompipelinebypropertyname" in flags,
            from_remaining_arguments="valuefromremainingarguments" in flags,
        )
    elif name == "alias":
        found.aliases += [str(value) for value in values]
    elif name.startswith("allow"):
        found.allow.add(name)
    else:
        found.validators.append(_validator(name, values, named))


def _validator(name: str, values: list[Any], named: dict[str, object]) -> Validator:
    ignore_case = bool(named.get("ignorecase", True))
    message = str(named["errormessage"]) if "errormessage" in named else None
    if name == "validateset":
        return binding.ValidateSet(*map(str, values), ignore_case=ignore_case, message=message)
    if name == "validatepattern":
        return binding.ValidatePattern(values[0], ignore_case="options" not in named, message=message)
    if name == "validatescript":
        script = values[0]
        return binding.ValidateScript(script, script_of(script), message=message)
    makers: dict[str, Callable[..., Validator]] = {
        "validaterange": binding.ValidateRange,
        "validatelength": binding.ValidateLength,
        "validatecount": binding.ValidateCount,
        "validatenotnull": binding.ValidateNotNull,
        "validatenotnullorempty": binding.ValidateNotNullOrEmpty,
        "validatenotnullorwhitespace": binding.ValidateNotNullOrWhiteSpace,
    }
    return makers[name](*values)


def _named(arguments: str) -> Iterator[tuple[str, object]]:
    for item in split(arguments, ","):
        plain = _outside_quotes(item)
        if "=" in plain:
            key, _, value = item.partition("=")
            yield key.strip().lower(), _value(value)
        elif re.fullmatch(r"\s*[A-Za-z]\w*\s*", item):
            yield item.strip().lower(), True


def _value(text: str) -> Any:
    text = text.strip()
    if text[:1] in ("'", '"'):
        return text[1:-1].replace("''", "'")
    if text.startswith("{"):
        return text[1:-1]
    if text.lower() in ("$true", "$false"):
        return text.lower() == "$true"
    if re.fullmatch(r"[-+\d.]+(e\d+)?", text):
        return float(text) if "." in text else int(text)
    return text


def _outside_quotes(text: str) -> str:
    return re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|\{.*\}", "", text)


def _closing(text: str, start: int) -> int:
    """Where the bracket opened at `start` closes."""
    depth = 0
    quote = ""
    for index in range(start, len(text)):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return index
    raise ValueError(f"unclosed bracket in {text!r}")


def split(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that no bracket or quote encloses."""
    parts = [""]
    depth = 0
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if character == separator and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part.strip()]

"""`-PipelineVariable`: what a command puts out has a name in the blocks after it.

It becomes a block of ForEach-Object that sets the variable, and runs the blocks that read it. Knows the
syntax tree alone.
"""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .nodes import command_of_alias, path_of, word_of

_STAGES = ("foreach-object", "where-object", "%", "?", "foreach", "where")


def without_pipeline_variables(tree: s.ScriptBlock) -> None:
    """Write them as blocks; those that cannot be are left as they are."""
    for node in list(tree.walk()):
        if isinstance(node, s.Pipeline):
            for place, command in enumerate(node.pipeline_elements):
                name = _take(command, node.pipeline_elements[place + 1 :])
                if name:
                    node.pipeline_elements = _named(node.pipeline_elements, place, name)
                    break


def _take(command: Any, later: list[Any]) -> str:
    """The name that a command gives to what it puts out, taken out of its arguments; empty without one."""
    if not isinstance(command, s.Command):
        return ""
    elements = command.command_elements
    for place, one in enumerate(elements):
        if not isinstance(one, s.CommandParameter) or not _is_wanted(one.parameter_name.lower()):
            continue
        end = place + (1 if one.argument is not None else 2)
        value = one.argument if one.argument is not None else (elements[place + 1 : end] or [None])[0]
        name = word_of(value)
        if not isinstance(value, s.StringConstantExpression) or not all(
            map(_is_block, _readers(later, name))
        ):
            return ""
        del elements[place:end]
        return name
    return ""


def _is_wanted(name: str) -> bool:
    return name == "pv" or (len(name) > 1 and "pipelinevariable".startswith(name))


def _readers(later: list[Any], name: str) -> list[Any]:
    """The stages up to the last one that reads the variable."""
    reading = [
        number
        for number, stage in enumerate(later)
        if any(isinstance(one, s.VariableExpression) and path_of(one) == name for one in stage.walk())
    ]
    return later[: reading[-1] + 1] if reading else []


def _is_block(stage: Any) -> bool:
    """Whether a stage is one block for each object."""
    if not isinstance(stage, s.Command) or stage.redirections or len(stage.command_elements) != 2:
        return False
    first, block = stage.command_elements
    return command_of_alias(word_of(first)) in _STAGES and isinstance(block, s.ScriptBlockExpression)


def _named(elements: list[Any], place: int, name: str) -> list[Any]:
    stages = _readers(elements[place + 1 :], name)
    if not stages:
        return elements
    at = stages[0]
    item = s.CommandExpression(s.VariableExpression("_"))
    sets = s.AssignmentStatement(s.VariableExpression(name), "Equals", item)
    rest = s.Pipeline([s.CommandExpression(s.VariableExpression("_")), *stages])
    block = s.ScriptBlockExpression(s.ScriptBlock(end_block=s.NamedBlock("End", [sets, rest])))
    each = s.Command([s.StringConstantExpression("ForEach-Object", "BareWord"), block])
    for made in (sets, rest, block, each):
        made.start = made.end = at.start
        made.line, made.column = at.line, at.column
    return [*elements[: place + 1], each, *elements[place + 1 + len(stages) :]]


__all__ = ["without_pipeline_variables"]

"""`--` among a command's arguments: what follows it are values, also where it looks like a parameter.

Knows the syntax tree and the names of commands, nothing of Python.
"""

from __future__ import annotations

from typing import Any

from .. import syntax as s
from .nodes import command_of_alias


def without_dashes(tree: s.ScriptBlock) -> None:
    """Take `--` out of the commands that read it as PowerShell does; other programs get it as it is."""
    nodes = list(tree.walk())
    own = {one.name.lower() for one in nodes if isinstance(one, s.FunctionDefinition)}
    for node in nodes:
        if not isinstance(node, s.Command):
            continue
        first, *rest = node.command_elements
        if any(_is_dashes(one) for one in rest) and _binds(first, own):
            node.command_elements[1:] = _values_after(rest)


def _is_dashes(node: Any) -> bool:
    return isinstance(node, s.StringConstantExpression) and (node.value, node.string_constant_type) == (
        "--",
        "BareWord",
    )


def _binds(first: Any, own: set[str]) -> bool:
    """Whether a command binds its arguments to parameters: all but other programs do."""
    from psbridge.script.commands.table import find_cmdlet

    if not isinstance(first, s.StringConstantExpression):
        return True
    name = first.value.lower()
    return name in own or find_cmdlet(command_of_alias(name)) is not None


def _values_after(elements: list[Any]) -> list[Any]:
    made: list[Any] = []
    values = False
    for element in elements:
        if _is_dashes(element):
            values = True
        elif values and isinstance(element, s.CommandParameter):
            colon = ":" if element.argument is not None else ""
            text = s.StringConstantExpression(f"-{element.parameter_name}{colon}")
            text.start, text.end, text.line, text.column = (
                *(element.start, element.end),
                *(element.line, element.column),
            )
            made.append(text)
        else:
            made.append(element)
    return made


__all__ = ["without_dashes"]

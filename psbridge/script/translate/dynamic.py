"""Functions that read a variable of whoever calls them: in Python that is one more parameter.

In PowerShell a function sees the variables of its callers. Where a caller has its own of a name that the
function reads and does not set, each call passes it on. Knows the syntax tree alone.
"""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from .nodes import targets_of

_SET_ELSEWHERE = re.compile(
    r"_|psitem|args|input|this|true|false|null|matches|error|host|home|pid|pwd|ofs|psboundparameters|pscmdlet|"
    r"myinvocation|psscriptroot|pscommandpath|lastexitcode|foreach|switch|profile|is(windows|linux|macos)|"
    r"ps\w*|\w*preference|.*:.*"
)
"""Variables that PowerShell sets, and those with a scope of their own."""


def pass_on(tree: s.ScriptBlock) -> None:
    """Add the parameters, and the arguments of the calls."""
    functions: dict[str, s.FunctionDefinition] = {}
    for one in tree.walk():
        if isinstance(one, s.FunctionDefinition):
            if one.name.lower() in functions:
                return
            functions[one.name.lower()] = one
    own = {name: _own(one) for name, one in functions.items()}
    first = {name: _set_first(one) for name, one in functions.items()}
    calls = {
        name: [one for one in _parts(each.body) if _called(one) in functions]
        for name, each in functions.items()
    }
    reads = {name: _reads(one) - first[name] for name, one in functions.items()}
    wanted: dict[str, set[str]] = {name: set() for name in functions}
    before: Any = None
    while before != (before := [len(paths) for paths in (*reads.values(), *wanted.values())]):
        for caller, made in calls.items():
            for called in {_called(one) for one in made} - {caller}:
                reads[caller] |= reads[called] - own[caller]  # to be passed on
                wanted[called] |= reads[called] & (own[caller] | wanted[caller])
    for node in list(tree.walk()):
        for path in sorted(wanted.get(_called(node), ())):
            if isinstance(node, s.Command):
                node.command_elements.append(
                    _at(s.CommandParameter(path, _at(s.VariableExpression(path), node)), node)
                )
    for name, paths in wanted.items():
        for path in sorted(paths):
            _add(functions[name], path)


def _add(node: s.FunctionDefinition, path: str) -> None:
    parameter = _at(s.Parameter(_at(s.VariableExpression(path), node), []), node)
    if node.body.param_block is not None:
        node.body.param_block.parameters.append(parameter)
    else:
        node.parameters = [*(node.parameters or []), parameter]


def _at(made: Any, node: s.Node) -> Any:
    """A node of no text of its own, at the end of another."""
    made.start = made.end = node.end
    made.line, made.column = node.line, node.column
    return made


def _called(node: Any) -> str:
    """The name of the function that a command calls; empty for anything else."""
    first = node.command_elements[0] if isinstance(node, s.Command) else None
    return first.value.lower() if isinstance(first, s.StringConstantExpression) else ""


def _parts(node: Any) -> Any:
    """The nodes of a function, but for those of the functions in it."""
    for child in node.children():
        if not isinstance(child, s.FunctionDefinition):
            yield child
            yield from _parts(child)


def _parameters(node: s.FunctionDefinition) -> list[s.Parameter]:
    block = node.body.param_block
    return list(block.parameters if block is not None else node.parameters or [])


def _set_first(node: s.FunctionDefinition) -> set[str]:
    """The variables that a function sets before it reads them, and its parameters."""
    targets: set[int] = set()
    places: list[tuple[int, str, bool]] = []
    for one in _parts(node.body):
        if isinstance(one, (s.AssignmentStatement, s.ForEachStatement)):
            at = one.end if isinstance(one, s.AssignmentStatement) else one.body.start
            for each in targets_of(one):
                targets.add(id(each))
                places.append((at, each.variable_path.lower(), True))
        elif isinstance(one, s.VariableExpression) and id(one) not in targets:
            places.append((one.start, one.variable_path.lower(), False))
    made: dict[str, bool] = {}
    for _, path, is_set in sorted(places):
        made.setdefault(path, is_set)
    parameters = {one.name.variable_path.lower() for one in _parameters(node)}
    return parameters | {path for path, is_set in made.items() if is_set}


def _own(node: s.FunctionDefinition) -> set[str]:
    """The variables that a function has itself: its parameters, and what it sets."""
    own = {one.name.variable_path.lower() for one in _parameters(node)}
    own |= {each.variable_path.lower() for one in _parts(node.body) for each in targets_of(one)}
    return {path for path in own if not _SET_ELSEWHERE.fullmatch(path)}


def _reads(node: s.FunctionDefinition) -> set[str]:
    return {
        one.variable_path.lower()
        for one in _parts(node.body)
        if isinstance(one, s.VariableExpression) and not _SET_ELSEWHERE.fullmatch(one.variable_path.lower())
    }


__all__ = ["pass_on"]

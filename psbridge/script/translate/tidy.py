"""Loops of the Python text as Python has them: what counts is `enumerate`, what is bound stays bound.

A function that is made in a loop keeps what it reads of that round as a default, and a number that only
counts the rounds is the loop's own. Knows nothing of PowerShell: lines in, lines out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any

_LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_SCOPES = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
_CALLING = frozenset(
    "sort-object where-object foreach-object group-object select-object measure-object format-table "
    "format-list compare-object".split()
)
"""Commands that call the blocks that they are given, and keep none."""
_HEAD = re.compile(r"( *)for (\w+) in (.+):")


def tidied(lines: Sequence[str], hint: str = "") -> list[str | None]:
    """The lines with both; None for each that is not needed any more.

    Args:
        lines: of a whole text, each with its indentation; a text of several lines may be one of them.
        hint: the type that a function's new parameters are given, such as `: Any`.

    >>> tidied(["n = 0", "for name in names:", "    n += 1", "    print(n, name)"])
    [None, 'for n, name in enumerate(names, 1):', None, '    print(n, name)']
    >>> tidied(["for name in names:", "    run('Sort-Object', lambda item: item + name)"])
    ['for name in names:', "    run('Sort-Object', lambda item, name=name: item + name)"]
    """
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        return list(lines)
    bound = _bound(list(lines), hint)
    return [line if line or not before else None for line, before in zip(_counted(bound), lines, strict=True)]


# Counting


def _counted(lines: list[str]) -> list[str]:
    for place, line in enumerate(lines):
        head = _HEAD.fullmatch(line)
        if head is None or "\n" in line:
            continue
        end = _end_of(lines, place)
        inner = [number for number in range(place + 1, end) if lines[number].strip()]
        step = head[1] + "    "
        for at in {inner[0], inner[-1]} if len(inner) > 1 else ():
            counter = re.fullmatch(rf"{step}(\w+) \+= 1", lines[at])
            start = _start_of(lines, place, counter[1]) if counter else None
            if counter is None or start is None or _is_set(lines, counter[1], start, at):
                continue
            name = counter[1]
            outside = [*lines[: start[0]], *lines[start[0] + 1 : place], *lines[end:]]
            is_own = not any(_names(one, name) for one in outside)
            first = start[1] + (at == inner[0])
            body = [lines[number] for number in inner if number != at]
            if at != inner[0] and (not is_own or any("continue" in one for one in body)):
                continue
            if _names(head[3], name) or head[2] == name or not any(_names(one, name) for one in body):
                continue
            given = head[3] if _is_argument(head[3]) else f"({head[3]})"
            number_text = f", {first}" if first else ""
            lines[place] = f"{head[1]}for {name}, {head[2]} in enumerate({given}{number_text}):"
            lines[at] = ""
            if is_own:
                lines[start[0]] = ""
            break
    return lines


def _end_of(lines: list[str], place: int) -> int:
    """The line after the block whose head is this one."""
    indent = len(lines[place]) - len(lines[place].lstrip())
    end = place + 1
    while end < len(lines) and (
        not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent
    ):
        end += 1
    return end


def _start_of(lines: list[str], place: int, name: str) -> tuple[int, int] | None:
    """Where in the same block a counter gets its first number before a loop, and the number."""
    indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
    for number in range(place - 1, -1, -1):
        line = lines[number]
        if not line.strip():
            continue
        if not line.startswith(indent):
            return None
        found = re.fullmatch(rf"{indent}{name} = (-?\d+)", line)
        if found:
            return number, int(found[1])
        if _names(line, name):
            return None
    return None


def _is_set(lines: list[str], name: str, start: tuple[int, int], step: int) -> bool:
    """Whether a name is set anywhere else, or is another's to set."""
    elements = [number for number, line in enumerate(lines) for _ in range(line.count("\n") + 1)]
    for one in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(one, (ast.Global, ast.Nonlocal)) and name in one.names:
            return True
        is_set = isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load)
        if is_set and elements[one.lineno - 1] not in (start[0], step):  # type: ignore[attr-defined]
            return True
    return False


def _is_argument(text: str) -> bool:
    call = ast.parse(f"f({text})", mode="eval").body
    assert isinstance(call, ast.Call)
    return len(call.args) == 1 and not isinstance(call.args[0], (ast.GeneratorExp, ast.Starred))


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


# What functions in loops read


def _bound(lines: list[str], hint: str) -> list[str]:
    tree = ast.parse("\n".join(lines))
    edits: list[tuple[int, int, str]] = []
    for loop, scope in _loops(tree, tree):
        for function in _functions(loop):
            names = sorted(_unbound(function, loop, scope))
            plain = not function.args.vararg and not function.args.kwarg
            if names and plain and _is_used_at_once(function, tree):
                edits.append(_edit(function, names, hint))
    firsts: list[int] = []
    for number, line in enumerate(lines):
        firsts += [number] + [-1] * line.count("\n")
    for row, column, text in sorted(set(edits), reverse=True):
        if firsts[row - 1] < 0:
            continue  # inside a text of several lines
        whole = lines[firsts[row - 1]].encode()
        lines[firsts[row - 1]] = (whole[:column] + text.encode() + whole[column:]).decode()
    return lines


def _is_used_at_once(function: Any, tree: ast.Module) -> bool:
    """Whether a function is called where it is made, or goes to a command that calls it: it is not kept."""
    around = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    places = [function]
    if isinstance(function, ast.FunctionDef):
        names = (one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == function.name)
        places = [one for one in names if isinstance(one.ctx, ast.Load)]
    return all(_is_call(place, around) for place in places)


def _is_call(place: Any, around: dict[int, Any]) -> bool:
    inner, node = place, around.get(id(place))
    while isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.keyword)) or _is_wrapper(node, inner):
        inner, node = node, around.get(id(node))
    if not isinstance(node, ast.Call):
        return False
    command = node.args[0] if node.args else None
    return node.func is place or (
        isinstance(command, ast.Constant) and str(command.value).lower() in _CALLING
    )


def _is_wrapper(node: Any, inner: Any) -> bool:
    if not isinstance(node, ast.Call) or node.func is inner:
        return False
    return str(getattr(node.func, "attr", "")) in ("block", "command_block")


def _loops(node: Any, scope: Any) -> Iterator[tuple[Any, Any]]:
    """Each outermost loop of a function, and the function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _LOOPS):
            yield child, scope
            for inner in _functions(child):
                yield from _loops(inner, inner)
        else:
            yield from _loops(child, child if isinstance(child, _SCOPES) else scope)


def _functions(node: Any) -> Iterator[Any]:
    """The functions that are made in a loop, but for those that are made in these."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.Lambda)):
            yield child
        elif not isinstance(child, ast.ClassDef):
            yield from _functions(child)


def _unbound(function: Any, loop: Any, scope: Any) -> set[str]:
    """The names that a function reads and a round of the loop sets before it, and nothing sets after it."""
    own = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    body = function.body if isinstance(function.body, list) else [function.body]
    inside = [one for part in body for one in ast.walk(part)]
    own |= {one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    own |= {one.arg for one in inside if isinstance(one, ast.arg)}
    shared = {name for one in inside if isinstance(one, (ast.Global, ast.Nonlocal)) for name in one.names}
    read = {one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    place = (function.lineno, function.col_offset)
    sets = [
        one
        for one in _of_frame(loop)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and one.id in read - own - shared
    ]
    targets = {id(one) for node in _of_frame(loop) for part in _targets(node) for one in ast.walk(part)}
    later = {one.id for one in sets if id(one) not in targets and (one.lineno, one.col_offset) > place}
    if isinstance(scope, ast.Module):
        later |= _globals(scope)
    before = {
        one.id
        for one in _of_frame(scope)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and one.lineno < loop.lineno
    }
    return {one.id for one in sets} & (before | _surely(loop, function)) - later


def _surely(node: Any, function: Any) -> set[str]:
    """The names that are set whenever a round comes to a function."""
    names = {one.id for part in _targets(node) for one in ast.walk(part) if isinstance(one, ast.Name)}
    for _, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else [value]
        for number, part in enumerate(parts):
            if isinstance(part, ast.AST) and any(one is function for one in _of_frame(part)):
                for one in parts[:number]:
                    names |= {name.id for name in _assigned(one) if isinstance(name, ast.Name)}
                return names | (set() if part is function else _surely(part, function))
    return names


def _assigned(statement: Any) -> list[Any]:
    if isinstance(statement, ast.Assign):
        return [name for target in statement.targets for name in ast.walk(target)]
    return [statement.target] if isinstance(statement, ast.AnnAssign) and statement.value else []


def _targets(node: Any) -> list[ast.AST]:
    if isinstance(node, ast.For):
        return [node.target]
    return [one.target for one in getattr(node, "generators", ())]


def _globals(tree: ast.Module) -> set[str]:
    """The variables of the module that a function sets."""
    return {name for one in ast.walk(tree) if isinstance(one, ast.Global) for name in one.names}


def _of_frame(node: Any) -> Iterator[Any]:
    """A node and all below it that run in the same function."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.Lambda)):
            yield child
        elif not isinstance(child, ast.ClassDef):
            yield from _of_frame(child)


def _edit(function: Any, names: list[str], hint: str) -> tuple[int, int, str]:
    """The defaults of a function, and where in the text they go."""
    given = function.args
    is_lambda = isinstance(function, ast.Lambda)
    text = ", ".join(
        f"{name}={name}" if is_lambda else f"{name}{hint} = {name}" if hint else f"{name}={name}"
        for name in names
    )
    last = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    if last:
        ends = [*last, *given.defaults, *[one for one in given.kw_defaults if one is not None]]
        end = max((one.end_lineno or 0, one.end_col_offset or 0) for one in ends)
        return (*end, f", {text}")
    if is_lambda:
        return function.lineno, function.col_offset + len("lambda"), f" {text}"
    return function.lineno, function.col_offset + len(f"def {function.name}("), text

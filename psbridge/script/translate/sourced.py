"""A script with the files that it dot-sources: one text to port, and a module for each file afterwards.

A file that is dot-sourced at the top of a script, by a path that is known without running it, is read in
place of the command. Its functions become a module of their own where that means the same; else they stay in
the script's module.
"""

from __future__ import annotations

import ast
import builtins
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psbridge.errors import PSBridgeError

from .. import syntax as s
from ..net.place import read_text
from ..parsing import parse
from .code import module_name
from .hostprints import unmarked
from .module import Piece, Written, laid_out
from .nodes import word_of


@dataclass
class Part:
    """A run of the whole text that is one file's: where it begins in both, and the file."""

    start: int
    file: Path | None
    offset: int


@dataclass
class Gathered:
    """The text of a script and of what it dot-sources.

    Attributes:
        text: the whole.
        tree: its syntax tree; lines and columns are those of the files.
        parts: the runs of the text, in order.
    """

    text: str
    tree: s.ScriptBlock
    parts: list[Part] = field(default_factory=list)

    def part(self, offset: int) -> Part:
        """The run that this place of the text is in."""
        return self.parts[bisect_right([one.start for one in self.parts], offset) - 1]

    def file(self, offset: int) -> Path | None:
        """The dot-sourced file that this place of the text is from; None for the script's own."""
        return self.part(offset).file


def gathered(text: str, path: Path | None) -> Gathered:
    """The script with the files that it dot-sources.

    Args:
        text: the script.
        path: where it lies; None if it has no folder, and no file is read then.

    Raises:
        PSBridgeError: a file cannot be parsed.
    """
    pieces: list[tuple[Path | None, int, str]] = []
    sources: dict[Path | None, str] = {}
    _read(text, None, path, pieces, sources, {path.resolve()} if path is not None else set())
    whole, parts = "", []
    for file, offset, piece in pieces:
        parts.append(Part(len(whole), file, offset))
        whole += piece
    tree = _parsed(whole, None) if len(pieces) > 1 else _parsed(text, None)
    made = Gathered(whole, tree, parts)
    if len(pieces) > 1:
        _number(made, sources)
    return made


def _parsed(text: str, file: Path | None) -> s.ScriptBlock:
    parsed = parse(text)
    if parsed.errors:
        first = parsed.errors[0]
        where = f"{file}: line" if file is not None else "Line"
        raise PSBridgeError(f"{where} {first.line}, column {first.column}: {first.message}")
    return parsed.tree


def _read(
    text: str,
    file: Path | None,
    path: Path | None,
    pieces: list[tuple[Path | None, int, str]],
    sources: dict[Path | None, str],
    seen: set[Path],
) -> None:
    sources[file] = text
    block = _parsed(text, file).end_block
    done = 0
    for statement in block.statements if block is not None and path is not None else ():
        target = _dotted(statement, path.parent) if path is not None else None
        if target is None or not target.is_file() or target.resolve() in seen:
            continue
        inner = read_text(str(target))
        tree = _parsed(inner, target)
        if tree.param_block is not None or tree.using_statements or tree.process_block is not None:
            continue
        seen.add(target.resolve())
        pieces.append((file, done, text[done : statement.start]))
        _read(inner, target, target, pieces, sources, seen)
        pieces.append((file, statement.end, "\n"))
        done = statement.end
    pieces.append((file, done, text[done:]))


def _dotted(statement: Any, folder: Path) -> Path | None:
    """The file of `. ./file.ps1` or `Import-Module ./file.psm1`, where its path is plainly there."""
    if not isinstance(statement, s.Pipeline) or len(statement.pipeline_elements) != 1:
        return None
    command = statement.pipeline_elements[0]
    if not isinstance(command, s.Command) or command.redirections:
        return None
    words = command.command_elements
    suffixes: tuple[str, ...] = (".ps1",)
    if command.invocation_operator != "Dot":
        if word_of(words[0]) not in ("import-module", "ipmo"):
            return None
        plain = ("name", "force", "disablenamechecking")
        given = [one for one in words[1:] if isinstance(one, s.CommandParameter)]
        if any(one.parameter_name.lower() not in plain or one.argument is not None for one in given):
            return None
        words = [one for one in words[1:] if one not in given]
        suffixes = (".ps1", ".psm1")
    if len(words) != 1:
        return None
    name = _known_path(words[0])
    if name is None or not name.lower().endswith(suffixes):
        return None
    return folder / name.replace("$PSScriptRoot", str(folder)).replace("\\", "/")


def _known_path(node: Any) -> str | None:
    if isinstance(node, s.StringConstantExpression):
        return str(node.value)
    if isinstance(node, s.ExpandableStringExpression):
        name = re.sub(r"\$\{?PSScriptRoot\}?", "$PSScriptRoot", node.value, flags=re.IGNORECASE)
        return None if "$" in name.replace("$PSScriptRoot", "") else name
    if isinstance(node, s.VariableExpression):
        return "$PSScriptRoot" if node.variable_path.lower() == "psscriptroot" else None
    if isinstance(node, s.ParenExpression) and isinstance(node.pipeline, s.Pipeline):
        elements = node.pipeline.pipeline_elements
        command = elements[0] if len(elements) == 1 else None
        words = command.command_elements if isinstance(command, s.Command) else []
        named = [one for one in words if not isinstance(one, s.CommandParameter)]
        if len(named) == 3 and word_of(named[0]) == "join-path":
            parts = [_known_path(one) for one in named[1:]]
            return "/".join(part for part in parts if part) if all(parts) else None
    return None


def _number(made: Gathered, sources: dict[Path | None, str]) -> None:
    """Give every node the line and column of its file."""
    starts = {
        file: [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", text))]
        for file, text in sources.items()
    }
    nodes: list[s.Node] = [made.tree]
    while nodes:
        node = nodes.pop()
        nodes += node.children()
        part = made.part(node.start)
        place = part.offset + node.start - part.start
        lines = starts[part.file]
        node.line = bisect_right(lines, place)
        node.column = place - lines[node.line - 1] + 1


def modules_of(made: Gathered, module: Written, stem: str) -> tuple[str, dict[str, str]]:
    """The script's own module, and a module for each dot-sourced file of functions, by file name.

    Args:
        made: the script and its files.
        module: what the whole became.
        stem: the name of the script's own module, which no other may have.
    """
    texts: dict[str, str] = {}
    own = module.pieces
    imports: list[str] = []
    for file in dict.fromkeys(part.file for part in made.parts if part.file is not None):
        theirs = [piece for piece in own if made.file(piece.node.start) == file]
        rest = [piece for piece in own if piece not in theirs]
        name = module_name(file.stem, {stem, *(one.removesuffix(".py") for one in texts)})
        used = _apart(theirs, rest, _bound(module.head) | {module.mark})
        if used:
            text = laid_out([*_needed(module.head, theirs), *_lines(theirs)])
            texts[f"{name}.py"] = unmarked(text, module.mark)
            imports.append(f"from {name} import {', '.join(used)}")
            own = rest
    if not texts:
        return module.text, {}
    head = _needed(module.head, own, docstring=True)
    return unmarked(laid_out([*head, *imports, "", *_lines(own)]), module.mark), texts


def _lines(pieces: list[Piece]) -> list[str]:
    return [line for piece in pieces for line in piece.lines]


def _tree(pieces: list[Piece]) -> ast.Module:
    return ast.parse("\n".join(_lines(pieces)))


def _bound(lines: list[str]) -> set[str]:
    """The names that imports in these lines bind."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def _set(tree: ast.Module) -> set[str]:
    """The names that a module's text binds at its top, or as globals."""
    names: set[str] = set()
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
            names |= {name for one in ast.walk(node) if isinstance(one, ast.Global) for name in one.names}
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        stack += ast.iter_child_nodes(node)
    return names


def _names(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _apart(theirs: list[Piece], rest: list[Piece], imported: set[str]) -> list[str]:
    """What the rest takes from a file of functions; nothing where a module would mean something else."""
    tree, other = _tree(theirs), _tree(rest)
    if not all(isinstance(node, ast.FunctionDef) for node in tree.body):
        return []
    bound, outside = _set(tree), _set(other)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    local = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.id]
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            else [node.arg]
            if isinstance(node, ast.arg)
            else []
        )
    }
    foreign = _names(tree) - local - functions - imported - set(dir(builtins))
    if foreign or bound & outside or bound != functions:
        return []
    return sorted(functions & _names(other))


def _needed(head: list[str], pieces: list[Piece], *, docstring: bool = False) -> list[str]:
    """The imports of a head that these pieces use."""
    used = _names(_tree(pieces))
    lines: list[str] = []
    for line in head:
        found = re.match(r"(?:from (\S+) )?import (\S+)(?: as (\w+))?$", line)
        if found is None:
            if docstring or not line:
                lines.append(line)
        elif (found[3] or found[2]) in used:
            lines.append(line)
    return lines


__all__ = ["Gathered", "gathered", "modules_of"]

"""A whole script as a Python module: its parameters, imports and docstring."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .. import syntax as s
from .code import Again, Code, Refused, python_name, quoted
from .dashes import without_dashes
from .dynamic import pass_on
from .helptext import docstring
from .hostprints import places, unmarked
from .layout import wrapped
from .nodes import word_of
from .pipelinevariables import without_pipeline_variables
from .scriptparameters import ScriptParameters
from .tidy import tidied
from .uses import Uses
from .writer import Known

_OURS = ("psbridge", "psopenapitools", "psopenai")


@dataclass
class Piece:
    """A statement of the script, from the comments before it to its end, and the lines it became."""

    start: int
    end: int
    node: Any
    lines: list[str]
    mark: str

    @property
    def text(self) -> str:
        """The lines as they stand in a file."""
        return unmarked(laid_out(self.lines), self.mark)


@dataclass
class Written:
    """A module: its imports and docstring, what its statements became, and what is refused of them.

    Where it prints for the reader alone, its lines have `mark` for `print`.
    """

    head: list[str]
    pieces: list[Piece]
    refusals: list[Refused]
    mark: str

    @property
    def text(self) -> str:
        """The whole module."""
        return unmarked(self.marked, self.mark)

    @property
    def host(self) -> frozenset[tuple[int, int]]:
        """Where the module prints for the reader alone."""
        return frozenset(places(self.marked, self.mark))

    @property
    def marked(self) -> str:
        """The whole module as it was written."""
        body = [line for piece in self.pieces for line in piece.lines]
        while body and not body[0]:
            body.pop(0)
        return laid_out([*self.head, *body])


def laid_out(lines: list[str]) -> str:
    """The text of lines: long ones broken, and spaced as Python has them."""
    return wrapped(_spaced(lines))


class Module(ScriptParameters):
    """Writes a module."""

    def __init__(self, text: str, known: Known, tree: s.ScriptBlock, uses: Uses) -> None:
        super().__init__(text, known, tree, uses)
        self.refusals: list[Refused] = []
        self.marks: list[tuple[int, Any, int, int]] = []
        self.taken = {
            python_name(one.variable_path) for one in uses.nodes if isinstance(one, s.VariableExpression)
        }
        self.defaults: dict[str, str] = {}
        self.late: list[tuple[s.Parameter, str, str]] = []
        self.has_parameters = tree.param_block is not None

    def module(self) -> Written:
        """The module."""
        tree = self.tree
        for using in tree.using_statements or []:
            kind = using.using_statement_kind.lower()
            known = kind == "module" and using.name is not None and word_of(using.name) in _OURS
            if kind != "namespace" and not known:
                self._visible(using, Refused(using, "a using statement has no Python form yet."))
        self.define_types(tree)
        after = 0
        if tree.param_block is not None:
            self.comments(0, tree.param_block.start)
            try:
                self.parameters(tree.param_block)
            except Refused as refusal:
                self.refuse(refusal.node, refusal)
            self.write("")
            after = tree.param_block.end
        for other in (tree.dynamic_param_block, tree.clean_block):
            if other is not None:
                self._visible(
                    other, Refused(other, "clean and dynamicparam of a script have no Python form.")
                )
        for part in (tree.begin_block, tree.process_block, tree.end_block):
            if part is None:
                continue
            if part is not tree.end_block and _returns(part):
                self._visible(
                    part, Refused(part, "a return in begin or process of a script has no Python form.")
                )
                continue
            if part is tree.process_block:
                self.current.append(Code("None", "none"))  # nothing comes down a pipeline to a script
            self.block(part.statements, after, part.traps)
            if part is tree.process_block:
                self.current.pop()
            after = part.end
        pieces = self._pieces(tree)
        self.known.web = any(
            re.search(r'"(Invoke-RestMethod|Invoke-WebRequest)"', line) for line in self.lines
        )
        asked = re.compile(r"posh\.(show_run|run|get|function|call|block|command_block|variable)\(")
        if not any(asked.search(line) for line in self.lines):
            for piece in pieces:
                piece.lines = [
                    line
                    for before, line in zip(["", *piece.lines], piece.lines, strict=False)
                    if "posh.set_variable(" not in line or "OFS" in line or before.endswith(":")
                ]
        self.lines = [line for piece in pieces for line in piece.lines]
        self.uses_posh = any(re.search(r"\bposh\.\w+", line) for line in self.lines)
        return Written(self._head(), pieces, self.refusals, self.host)

    def _pieces(self, tree: s.ScriptBlock) -> list[Piece]:
        """The body by the script's statements; what stands before the first is the parameters'."""
        pieces: list[Piece] = []
        done = 0
        for start, statement, first, last in self.marks:
            if first > done:
                block = tree.param_block or tree
                pieces.append(Piece(block.start, block.end, block, self.lines[done:first], self.host))
            pieces.append(Piece(start, statement.end, statement, self.lines[first:last], self.host))
            done = last
        if self.lines[done:]:
            block = tree.param_block or tree
            pieces.append(Piece(tree.start, tree.end, block, self.lines[done:], self.host))
        return pieces

    def _visible(self, node: Any, refusal: Refused) -> None:
        self.refuse(node, refusal)

    def _head(self) -> list[str]:
        head: list[str] = []
        found = self.help_block()
        if found:
            head += [*docstring(found, self.names), ""]
        unset = [path for where, path in sorted(self.known.unset) if where == ""]
        text = "\n".join(self.lines)
        plain = [
            f"import {name}"
            for name in sorted(self.modules - {"psbridge", "pathlib", "typing", "collections.abc"})
            if re.search(rf"\b{name}\.\w", text)
        ]
        froms = []
        if re.search(r"\bIterator\[", text):
            froms.append("from collections.abc import Iterator")
        if unset or re.search(r"\bAny\b", text):
            self.modules.add("typing")
        else:
            self.modules.discard("typing")
        if "pathlib" in self.modules:
            froms.append("from pathlib import Path")
        if "typing" in self.modules:
            froms.append("from typing import Any")
        own = ["import psbridge as ps"] if "psbridge" in self.modules else []
        if self.uses_posh:
            own.append("from psbridge.script.semantics import porting as posh")
        for group in ([*plain, *froms], own):
            if group:
                head += [*group, ""]
        if unset:
            head += [f"{self.name(path)}: Any = None" for path in unset]
        return head


def _spaced(lines: list[str]) -> str:
    """The lines with two empty ones around functions, as Python has them, and none at the end."""
    made: list[str] = []
    for line in lines:
        if not line:
            if made and made[-1]:
                made.append("")
            continue
        starts = line.startswith(("def ", "class "))
        ended = not line.startswith((" ", "#", ")", "]", "}")) and _in_function(made)
        if (starts or ended) and made:
            comments = []
            while starts and made and made[-1].startswith("#"):
                comments.append(made.pop())
            while made and not made[-1]:
                made.pop()
            made += ["", ""] if made else []
            made += reversed(comments)
        made.append(line)
    return "\n".join(made).rstrip() + "\n"


def _in_function(made: list[str]) -> bool:
    for line in reversed(made):
        if line and not line.startswith(" "):
            return line.startswith(("def ", "class "))
    return False


def _returns(node: Any) -> bool:
    """Whether a part of a script has a return of its own, not one of a function or block in it."""
    if isinstance(node, (s.FunctionDefinition, s.ScriptBlockExpression, s.TypeDefinition)):
        return False
    return isinstance(node, s.ReturnStatement) or any(_returns(child) for child in node.children())


def written(text: str, tree: s.ScriptBlock) -> Written:
    """The module of a script."""
    without_dashes(tree)
    without_pipeline_variables(tree)
    pass_on(tree)
    known, uses = Known(), Uses(tree)
    passes = 0
    while passes < 60:
        before = known.state()
        try:
            made = Module(text, known, tree, uses).module()
        except Again:
            continue  # each time a function more is told from a plain one: that ends by itself
        passes += 1
        if known.state() == before:
            break
    hint = ": Any" if "from typing import Any" in made.head else ""
    lines = iter(tidied([line for piece in made.pieces for line in piece.lines], hint))
    for piece in made.pieces:
        piece.lines = [line for line in islice(lines, len(piece.lines)) if line is not None]
    return made


__all__ = ["Code", "Piece", "Written", "laid_out", "quoted", "written"]
